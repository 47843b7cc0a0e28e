//! What the tests share.

use async_trait::async_trait;
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, EffectId, ExecutorId};
use growqr_core::memory::Origin;
use growqr_core::raw::RawJson;
use growqr_core::tool::{Executor, Performed, ToolCall, ToolResult};
use growqr_testkit::web::{WebAnswer, WebSites};
use growqr_tools::web::{Network, WebLimits, WebTools};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An address of the internet that every host has unless a test says otherwise.
pub const PUBLIC: &str = "93.184.215.14";

/// A network in which all addresses lead to the stand-in.
pub struct TestNetwork {
    sites: SocketAddr,
    /// What each look-up of a host answers; the last one stays.
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    /// The hosts that were looked up, in order.
    pub looked_up: Mutex<Vec<String>>,
    /// The addresses that were connected to, in order.
    pub connected: Mutex<Vec<IpAddr>>,
}

#[async_trait]
impl Network for TestNetwork {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.looked_up.lock().expect("no test panics here").push(host.to_owned());
        let mut answers = self.answers.lock().expect("no test panics here");
        match answers.get_mut(host) {
            Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
            Some(answers) => Ok(answers[0].clone()),
            None if host.ends_with(".unknown") => Err(io::ErrorKind::NotFound.into()),
            None => Ok(vec![PUBLIC.parse().expect("an address")]),
        }
    }

    fn socket(&self, address: IpAddr) -> SocketAddr {
        self.connected.lock().expect("no test panics here").push(address);
        self.sites
    }
}

/// The tools, and the sites that they find.
pub struct World {
    pub sites: WebSites,
    pub network: Arc<TestNetwork>,
    pub tools: WebTools,
}

impl World {
    pub async fn new() -> World {
        World::with_limits(WebLimits::default()).await
    }

    pub async fn with_limits(limits: WebLimits) -> World {
        let sites = WebSites::start();
        let network = Arc::new(TestNetwork {
            sites: sites.address(),
            answers: Mutex::default(),
            looked_up: Mutex::default(),
            connected: Mutex::default(),
        });
        let tools = WebTools::new(Arc::clone(&network) as Arc<dyn Network>, limits);
        World { sites, network, tools }
    }

    /// A world with one page.
    pub async fn with(page: &str, answer: WebAnswer) -> World {
        let world = World::new().await;
        world.sites.set(page, answer);
        world
    }

    /// Sets the addresses that the look-ups of a host find, one list for each look-up.
    pub fn resolves(&self, host: &str, answers: &[&[&str]]) {
        let addresses = |answer: &&[&str]| answer.iter().map(|text| text.parse().expect("an address")).collect();
        let answers = answers.iter().map(addresses).collect();
        self.network.answers.lock().expect("no test panics here").insert(host.to_owned(), answers);
    }

    pub async fn call(&self, input: Value) -> ToolResult {
        let origin =
            Origin { agent: AgentId::new("grow"), name: "Grow Agent".to_owned(), turn: 1, effect: EffectId::new("effect") };
        let (name, input) = ("fetch_page".to_owned(), RawJson::of(&input));
        let call = ToolCall { executor: ExecutorId::web(), name, input, origin, at: Timestamp(0), held: false, definition: None };
        let performed = tokio::time::timeout(Duration::from_secs(60), self.tools.perform(&call, None)).await;
        let Performed::Finished(result) = performed.expect("it ends") else { panic!("a result") };
        assert_eq!(self.sites.problems(), Vec::<String>::new());
        result
    }

    /// Fetches a page that must be there; its text with what is said about it.
    pub async fn text(&self, url: &str) -> String {
        let result = self.call(json!({"url": url})).await;
        let text = result.content.plain().into_owned();
        assert!(!result.is_error, "{text}");
        text
    }

    /// Fetches a page that must fail; why it did.
    pub async fn problem(&self, url: &str) -> String {
        let result = self.call(json!({"url": url})).await;
        let text = result.content.plain().into_owned();
        assert!(result.is_error, "{text}");
        text
    }
}
