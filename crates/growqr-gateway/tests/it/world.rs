//! Fixtures: a gateway in front of the stub server, with budgets in memory.

use async_trait::async_trait;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::limits::LimitReached;
use growqr_core::model::{Failure, Model};
use growqr_core::money::Money;
use growqr_core::secret::Secret;
use growqr_core::upstream::Upstream;
use growqr_gateway::{
    Available, Backend, Backends, Caller, Gateway, Meter, MeterError, Ports, Reservation, Sessions, Settings, Settlement,
    SizeStore,
};
use growqr_models::anthropic::{Anthropic, Config};
use growqr_testkit::anthropic::AnthropicStub;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, watch};

/// The model of the requests; the stub server has it, and it does not think unless it is told to.
pub const MODEL: &str = "claude-opus-4-7";

/// The budgets and the sessions.
pub struct Books {
    accounts: Mutex<HashMap<AgentId, Account>>,
    payers: Mutex<HashMap<(String, String), AgentId>>,
    pub max_output: Mutex<u64>,
    changes: watch::Sender<u64>,
    disk: Mutex<Arc<Semaphore>>,
    sizes: Mutex<Option<Vec<u8>>>,
}

#[derive(Default)]
struct Account {
    money: Money,
    open: HashMap<EffectId, Reservation>,
    settled: Vec<(EffectId, Reservation, Settlement)>,
    limits: Vec<LimitReached>,
    reserved: Vec<Reservation>,
    models: Vec<String>,
}

impl Books {
    fn new() -> Arc<Books> {
        Arc::new(Books {
            accounts: Mutex::default(),
            payers: Mutex::default(),
            max_output: Mutex::new(16_000),
            changes: watch::Sender::new(0),
            disk: Mutex::new(Arc::new(Semaphore::new(1))),
            sizes: Mutex::default(),
        })
    }

    fn account<T>(&self, agent: &AgentId, change: impl FnOnce(&mut Account) -> T) -> T {
        let result = change(self.accounts.lock().unwrap().entry(agent.clone()).or_default());
        self.changes.send_modify(|count| *count += 1);
        result
    }

    /// Adds a session, and money for its agent.
    pub fn pays(&self, session: &str, agent: &str, money: Money) {
        self.payers.lock().unwrap().insert(("box".to_owned(), session.to_owned()), AgentId::new(agent));
        self.account(&AgentId::new(agent), |account| account.money = money);
    }

    /// Waits until this many charges are settled; returns their reservations and settlements.
    pub async fn settled(&self, agent: &str, count: usize) -> Vec<(Reservation, Settlement)> {
        let agent = AgentId::new(agent);
        let mut changes = self.changes.subscribe();
        loop {
            changes.borrow_and_update();
            let settled = self.account_settled(&agent);
            if settled.len() >= count {
                return settled;
            }
            changes.changed().await.unwrap();
        }
    }

    fn account_settled(&self, agent: &AgentId) -> Vec<(Reservation, Settlement)> {
        let accounts = self.accounts.lock().unwrap();
        let settled = accounts.get(agent).map(|account| account.settled.clone()).unwrap_or_default();
        settled.into_iter().map(|(_, reservation, settlement)| (reservation, settlement)).collect()
    }

    /// What was ever reserved, in order.
    pub fn reserved(&self, agent: &str) -> Vec<Reservation> {
        self.account(&AgentId::new(agent), |account| account.reserved.clone())
    }

    /// The models of all reservations, in order.
    pub fn models(&self, agent: &str) -> Vec<String> {
        self.account(&AgentId::new(agent), |account| account.models.clone())
    }

    /// Every reservation is made and never reported from now on: the disk does not answer.
    pub fn stall(&self) {
        *self.disk.lock().unwrap() = Arc::new(Semaphore::new(0));
    }

    /// Waits until this many reservations are made.
    pub async fn until_reserved(&self, agent: &str, count: usize) {
        let mut changes = self.changes.subscribe();
        while self.account_reserved(agent) < count {
            changes.changed().await.unwrap();
        }
    }

    fn account_reserved(&self, agent: &str) -> usize {
        self.accounts.lock().unwrap().get(&AgentId::new(agent)).map_or(0, |account| account.reserved.len())
    }

    /// All known costs of an agent.
    pub fn spent(&self, agent: &str) -> Money {
        self.account_settled(&AgentId::new(agent)).iter().filter_map(|(_, settlement)| settlement.cost).sum()
    }

    pub fn limits_hit(&self, agent: &str) -> Vec<LimitReached> {
        self.account(&AgentId::new(agent), |account| account.limits.clone())
    }

    /// Fails the test if a reservation is still open.
    pub fn assert_all_settled(&self) {
        for (agent, account) in self.accounts.lock().unwrap().iter() {
            assert!(account.open.is_empty(), "open reservations of {agent}");
        }
    }
}

#[async_trait]
impl Sessions for Books {
    async fn payer(&self, caller: &Caller) -> Option<AgentId> {
        let payers = self.payers.lock().unwrap();
        let find = |session: &String| payers.get(&(caller.container.clone(), session.clone())).cloned();
        find(&caller.session).or_else(|| find(caller.parent.as_ref()?))
    }

    async fn limit_hit(&self, agent: &AgentId, limit: LimitReached) {
        self.account(agent, |account| account.limits.push(limit));
    }
}

#[async_trait]
impl Meter for Books {
    async fn available(&self, agent: &AgentId) -> Result<Available, MeterError> {
        let max_output = *self.max_output.lock().unwrap();
        let money = self.account(agent, |account| {
            let reserved: Money = account.open.values().filter_map(|reservation| reservation.money).sum();
            account.money.saturating_sub(reserved)
        });
        Ok(Available { money, limit: LimitReached::Allowance, tokens: 100_000, max_output })
    }

    async fn reserve(&self, agent: &AgentId, charge: &EffectId, model: &str, most: Reservation) -> Result<(), MeterError> {
        self.account(agent, |account| {
            let reserved: Money = account.open.values().filter_map(|reservation| reservation.money).sum();
            if most.money.unwrap_or_default() > account.money.saturating_sub(reserved) {
                let others_are_open = !account.open.is_empty();
                return Err(if others_are_open { MeterError::NotNow } else { MeterError::Limit(LimitReached::Allowance) });
            }
            account.reserved.push(most);
            account.models.push(model.to_owned());
            let earlier = account.open.insert(charge.clone(), most);
            assert_eq!(earlier, None, "the charge {charge} was reserved twice");
            Ok(())
        })?;
        let disk = self.disk.lock().unwrap().clone();
        // As long as a test has it, the disk is busy.
        drop(disk.acquire().await.unwrap());
        Ok(())
    }

    async fn settle(&self, agent: &AgentId, charge: &EffectId, settlement: Settlement) {
        self.account(agent, |account| {
            let reservation = account.open.remove(charge).expect("a charge is settled once");
            let cost = settlement.cost.or(reservation.money).unwrap_or_default();
            account.money = account.money.saturating_sub(cost);
            account.settled.push((charge.clone(), reservation, settlement));
        });
    }
}

#[async_trait]
impl SizeStore for Books {
    async fn load(&self) -> Option<Vec<u8>> {
        self.sizes.lock().unwrap().clone()
    }

    async fn save(&self, sizes: Vec<u8>) {
        *self.sizes.lock().unwrap() = Some(sizes);
    }
}

/// Always the same backend.
struct Always(Backend);

#[async_trait]
impl Backends for Always {
    async fn backend(&self, _agent: &AgentId) -> Result<Backend, Failure> {
        Ok(self.0.clone())
    }
}

/// A gateway, the stub server, the budgets, and a client with a valid token for the session `ses_1` of the agent `ada`.
pub struct World {
    pub claude: AnthropicStub,
    pub books: Arc<Books>,
    pub gateway: Gateway,
    pub token: Secret,
    pub url: String,
    client: reqwest::Client,
    backend: Backend,
    settings: Settings,
}

async fn serve(books: &Arc<Books>, backend: &Backend, settings: Settings) -> (Gateway, Secret, String) {
    let backends = Arc::new(Always(backend.clone()));
    let ports = Ports { sessions: books.clone(), meter: books.clone(), backends, sizes: books.clone() };
    let gateway = Gateway::new(ports, settings);
    let token = gateway.tokens().register("box", [1; 32]);
    let address = gateway.listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    (gateway, token, format!("http://{address}"))
}

impl World {
    pub async fn new() -> World {
        World::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> World {
        World::configured(|_| (), change).await
    }

    /// A gateway whose client of the service is changed.
    pub async fn configured(client: impl FnOnce(&mut Config), change: impl FnOnce(&mut Settings)) -> World {
        let claude = AnthropicStub::start().await;
        let mut config = Config::new(Secret::new(claude.key()), 1);
        config.base_url = claude.base_url().to_owned();
        client(&mut config);
        let upstream: Arc<dyn Upstream> = Arc::new(Anthropic::new(config));
        World::build(claude, Backend::Relay { upstream, model: MODEL.to_owned() }, change).await
    }

    /// A gateway in front of another provider.
    pub async fn translating(model: Arc<dyn Model>, id: &str) -> World {
        let backend = Backend::Translate { model, id: id.to_owned() };
        World::build(AnthropicStub::start().await, backend, |_| ()).await
    }

    async fn build(claude: AnthropicStub, backend: Backend, change: impl FnOnce(&mut Settings)) -> World {
        let books = Books::new();
        books.pays("ses_1", "ada", Money::usd(10));
        let mut settings = Settings::new(7, 7);
        change(&mut settings);
        let (gateway, token, url) = serve(&books, &backend, settings.clone()).await;
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        World { claude, books, gateway, token, url, client, backend, settings }
    }

    /// Another run of the program: a new gateway with the same budgets.
    pub async fn restart(self) -> World {
        let (gateway, token, url) = serve(&self.books, &self.backend, self.settings.clone()).await;
        World { gateway, token, url, ..self }
    }

    /// A request without a token.
    pub fn bare(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    /// A request for a message, as OpenCode sends it.
    pub fn message(&self, session: &str, body: &Value) -> reqwest::RequestBuilder {
        self.bare("POST", "/v1/messages")
            .header("x-api-key", self.token.expose())
            .header("anthropic-version", "2023-06-01")
            .header("content-type", "application/json")
            .header("x-session-id", session)
            .body(body.to_string())
    }

    /// Sends a request for a message; returns the status and the body.
    pub async fn ask(&self, session: &str, body: &Value) -> (u16, String) {
        let response = self.message(session, body).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert!(!text.contains(self.claude.key()), "the key in {text}");
        (status, text)
    }
}

/// A streamed request with one short message.
pub fn hello() -> Value {
    json!({"model": MODEL, "max_tokens": 2_000, "messages": [{"role": "user", "content": "hello"}], "stream": true})
}

/// The message of an error in the format of the Messages API.
pub fn error(body: &str) -> (String, String) {
    let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("not JSON: {body}"));
    assert_eq!(body["type"], "error", "{body}");
    let text = |field: &str| body["error"][field].as_str().unwrap().to_owned();
    (text("type"), text("message"))
}
