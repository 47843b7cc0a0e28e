//! An MCP server over streamable HTTP that demands a sign-in, and its authorization server, on one loopback port. Strict: it refuses what
//! real ones refuse, and records it as a problem: no PKCE, another way back, a code or a refresh token that comes twice, another resource,
//! an unknown client.

use crate::http::{Connection, HttpRequest};
use crate::server_thread::ServerThread;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A client that is registered from the beginning, for any port of a loopback address.
pub const KNOWN_CLIENT: &str = "known-client";

/// Begins every access token, so that a test finds one anywhere.
pub const ACCESS_CANARY: &str = "access-canary-";

/// Begins every refresh token.
pub const REFRESH_CANARY: &str = "refresh-canary-";

/// What the servers do otherwise than usual.
#[derive(Clone, Debug, Default)]
pub struct Switches {
    /// How long access tokens hold, as they say; the server does not look at it.
    pub token_seconds: Option<u64>,
    /// Sign-ins bring no refresh token.
    pub gives_no_refresh: bool,
    /// Refresh tokens are refused.
    pub refuses_refresh: bool,
    /// A refresh takes place, and its answer is lost.
    pub loses_refresh: bool,
    /// How long a refresh takes.
    pub refresh_takes: Duration,
    /// The authorization server fails.
    pub fails: bool,
    /// Every token is refused by the MCP server.
    pub refuses_tokens: bool,
    /// Documents in the place of its own, by path; `null`: none.
    pub documents: BTreeMap<String, Value>,
    /// The parameters of `WWW-Authenticate`, in the place of its own; an empty text: no such header.
    pub challenge: Option<String>,
    /// Clients get a secret when they register.
    pub gives_secrets: bool,
}

/// The servers. They end when this is dropped.
pub struct OauthMcp {
    thread: ServerThread,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    origin: String,
    switches: Switches,
    /// What each client may come back to; `None`: any port.
    clients: HashMap<String, Client>,
    codes: HashMap<String, Code>,
    /// Access tokens that hold.
    access: Vec<String>,
    refresh: HashMap<String, Refresh>,
    /// Everything that was made, in order.
    made: Vec<String>,
    requests: Vec<String>,
    renewals_begun: usize,
    calls: Vec<String>,
    problems: Vec<String>,
}

#[derive(Clone)]
struct Client {
    redirects: Option<Vec<String>>,
    secret: Option<String>,
}

struct Code {
    client: String,
    redirect: String,
    challenge: String,
    is_used: bool,
}

struct Refresh {
    client: String,
    is_used: bool,
}

impl OauthMcp {
    /// Starts both.
    ///
    /// # Panics
    /// If no port or thread is free.
    #[must_use]
    pub fn start() -> OauthMcp {
        let state = Arc::new(Mutex::new(State::default()));
        let serving = Arc::clone(&state);
        let thread = ServerThread::start(|listener| accept(listener, serving));
        let known = Client { redirects: None, secret: None };
        let mut first = lock(&state);
        first.origin = format!("http://{}", thread.address);
        first.clients.insert(KNOWN_CLIENT.to_owned(), known);
        drop(first);
        OauthMcp { thread, state }
    }

    /// The address of the MCP server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/mcp", self.origin())
    }

    /// The origin of both servers.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.thread.address)
    }

    /// Changes what they do otherwise than usual.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut lock(&self.state).switches);
    }

    /// Lets all access tokens expire.
    pub fn expire(&self) {
        lock(&self.state).access.clear();
    }

    /// The tools that were called, with their input.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        lock(&self.state).calls.clone()
    }

    /// The number of requests of this kind, such as `POST /as/token refresh_token`.
    #[must_use]
    pub fn count(&self, request: &str) -> usize {
        lock(&self.state).requests.iter().filter(|known| *known == request).count()
    }

    /// The number of renewals whose request has come.
    #[must_use]
    pub fn renewals_begun(&self) -> usize {
        lock(&self.state).renewals_begun
    }

    /// What was refused because no real server bears it.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        lock(&self.state).problems.clone()
    }

    /// All codes, tokens and client secrets of all time.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        lock(&self.state).made.iter().filter(|made| made.contains("canary")).cloned().collect()
    }

    /// The number of refresh tokens that hold.
    #[must_use]
    pub fn open_sign_ins(&self) -> usize {
        lock(&self.state).refresh.values().filter(|refresh| !refresh.is_used).count()
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        let (read, write) = client.into_split();
        connections.spawn(async move {
            let mut client = Connection { read, write, buffer: Vec::new() };
            while let Ok(Some(request)) = client.request().await {
                if !matches!(answer(&state, &mut client, &request).await, Ok(true)) {
                    return;
                }
            }
        });
    }
}

/// What is sent.
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Reply {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Reply { status, headers, body: body.to_string() }
    }

    fn empty(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), body: String::new() }
    }

    fn with(mut self, name: &str, value: String) -> Reply {
        self.headers.push((name.to_owned(), value));
        self
    }
}

/// Answers a request. `false` if the connection is to be closed.
async fn answer(state: &Mutex<State>, client: &mut Connection, request: &HttpRequest) -> io::Result<bool> {
    let form: HashMap<String, String> = form_urlencoded::parse(&request.body).into_owned().collect();
    let is_refresh = form.get("grant_type").is_some_and(|kind| kind == "refresh_token");
    let takes = {
        let mut state = lock(state);
        state.renewals_begun += usize::from(is_refresh);
        if is_refresh { state.switches.refresh_takes } else { Duration::ZERO }
    };
    if !takes.is_zero() {
        tokio::time::sleep(takes).await;
    }
    let (reply, is_lost) = {
        let mut state = lock(state);
        let kind = form.get("grant_type").map(|kind| format!(" {kind}")).unwrap_or_default();
        state.requests.push(format!("{} {}{kind}", request.method, request.path));
        let reply = state.route(request, &form);
        (reply, is_refresh && state.switches.loses_refresh)
    };
    if is_lost {
        return Ok(false);
    }
    client.respond(reply.status, &reply.headers, reply.body.as_bytes()).await?;
    Ok(true)
}

impl State {
    fn route(&mut self, request: &HttpRequest, form: &HashMap<String, String>) -> Reply {
        let path = request.path.as_str();
        if let Some(document) = self.switches.documents.get(path) {
            return if document.is_null() { Reply::empty(404) } else { Reply::json(200, document) };
        }
        if self.switches.fails && path.starts_with("/as/") {
            return Reply::empty(503);
        }
        let origin = &self.origin;
        match (request.method.as_str(), path) {
            ("GET", "/.well-known/oauth-protected-resource/mcp") => Reply::json(
                200,
                &json!({
                    "resource": format!("{origin}/mcp"),
                    "authorization_servers": [format!("{origin}/as")],
                    "scopes_supported": ["tools"],
                }),
            ),
            ("GET", "/.well-known/oauth-authorization-server/as") => Reply::json(200, &self.description()),
            ("POST", "/as/register") => self.register(&request.body),
            ("GET", "/as/authorize") => self.authorize(&request.query),
            ("POST", "/as/token") => self.token(request, form),
            ("POST", "/as/revoke") => self.revoke(form),
            (method, "/mcp") => self.mcp(method, request),
            _ => Reply::empty(404),
        }
    }

    /// What the authorization server says about itself.
    fn description(&self) -> Value {
        let place = |name: &str| format!("{}/as/{name}", self.origin);
        json!({
            "issuer": format!("{}/as", self.origin),
            "authorization_endpoint": place("authorize"),
            "token_endpoint": place("token"),
            "registration_endpoint": place("register"),
            "revocation_endpoint": place("revoke"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["tools", "offline_access"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    fn refuse(&mut self, code: &str, problem: impl Into<String>) -> Reply {
        self.problems.push(problem.into());
        Reply::json(400, &json!({ "error": code }))
    }

    fn make(&mut self, kind: &str) -> String {
        let number = self.made.len();
        let made = format!("{kind}{}", URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{kind}{number}{}", self.origin))));
        self.made.push(made.clone());
        made
    }

    fn register(&mut self, body: &[u8]) -> Reply {
        let Ok(wanted) = serde_json::from_slice::<Value>(body) else {
            return self.refuse("invalid_client_metadata", "a registration is no JSON");
        };
        let redirects: Vec<String> =
            wanted["redirect_uris"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if redirects.is_empty() || wanted["token_endpoint_auth_method"] != "none" {
            return self.refuse("invalid_redirect_uri", "a registration has no way back, or is for no public client");
        }
        let (id, secret) = (self.make("client-"), self.switches.gives_secrets.then(|| self.make("secret-canary-")));
        let method = if secret.is_some() { "client_secret_basic" } else { "none" };
        let answer = json!({
            "client_id": id, "client_secret": secret, "redirect_uris": redirects, "token_endpoint_auth_method": method,
        });
        self.clients.insert(id, Client { redirects: Some(redirects), secret });
        Reply::json(201, &answer)
    }

    /// The page on which the person agrees: they do at once.
    fn authorize(&mut self, query: &str) -> Reply {
        let asked: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let get = |name: &str| asked.get(name).cloned().unwrap_or_default();
        let (client, redirect) = (get("client_id"), get("redirect_uri"));
        let is_way_back = match self.clients.get(&client) {
            None => false,
            Some(Client { redirects: Some(known), .. }) => known.contains(&redirect),
            Some(Client { redirects: None, .. }) => redirect.starts_with("http://127.0.0.1:"),
        };
        if !is_way_back {
            return self.refuse("invalid_request", format!("the client {client:?} may not come back to {redirect:?}"));
        }
        if get("response_type") != "code" || get("code_challenge_method") != "S256" || get("code_challenge").len() != 43 {
            return self.refuse("invalid_request", "no code with PKCE and S256 is asked for");
        }
        if get("resource") != format!("{}/mcp", self.origin) || get("state").is_empty() || !get("scope").contains("tools") {
            return self.refuse("invalid_target", "another resource, no state or no scope");
        }
        let code = self.make("code-canary-");
        let answer = form_urlencoded::Serializer::new(String::new())
            .append_pair("code", &code)
            .append_pair("state", &get("state"))
            .append_pair("iss", &format!("{}/as", self.origin))
            .finish();
        let challenge = get("code_challenge");
        self.codes.insert(code, Code { client, redirect: redirect.clone(), challenge, is_used: false });
        Reply::empty(302).with("location", format!("{redirect}?{answer}"))
    }

    fn token(&mut self, request: &HttpRequest, form: &HashMap<String, String>) -> Reply {
        let get = |name: &str| form.get(name).cloned().unwrap_or_default();
        let client = match self.client_of(request, form) {
            Ok(client) => client,
            Err(refused) => return refused,
        };
        if get("resource") != format!("{}/mcp", self.origin) {
            return self.refuse("invalid_target", "a token for another resource is asked for");
        }
        match get("grant_type").as_str() {
            "authorization_code" => {
                let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier")));
                let is_good = self.codes.get_mut(&get("code")).is_some_and(|code| {
                    let is_first = !std::mem::replace(&mut code.is_used, true);
                    is_first && code.client == client && code.redirect == get("redirect_uri") && code.challenge == challenge
                });
                if is_good { self.tokens(client) } else { self.refuse("invalid_grant", "a code does not hold") }
            }
            "refresh_token" if self.switches.refuses_refresh => Reply::json(400, &json!({"error": "invalid_grant"})),
            "refresh_token" => {
                let is_known = self.refresh.get_mut(&get("refresh_token")).map(|token| {
                    let is_first = !std::mem::replace(&mut token.is_used, true);
                    is_first && token.client == client
                });
                match is_known {
                    Some(true) => self.tokens(client),
                    // Its family ends: somebody else may have it.
                    _ => {
                        self.refresh.clear();
                        self.access.clear();
                        self.refuse("invalid_grant", "a refresh token does not hold, or came twice")
                    }
                }
            }
            other => self.refuse("unsupported_grant_type", format!("{other:?} is asked for")),
        }
    }

    /// The client that asks, with its secret if it has one.
    fn client_of(&mut self, request: &HttpRequest, form: &HashMap<String, String>) -> Result<String, Reply> {
        let login = header(request, "authorization").and_then(|value| value.strip_prefix("Basic "));
        let decoded = login.and_then(|login| base64::engine::general_purpose::STANDARD.decode(login).ok());
        let basic = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let (id, secret) = match basic.as_deref().and_then(|login| login.split_once(':')) {
            Some((id, secret)) => (id.to_owned(), Some(secret.to_owned())),
            None => (form.get("client_id").cloned().unwrap_or_default(), form.get("client_secret").cloned()),
        };
        match self.clients.get(&id) {
            Some(client) if client.secret == secret => Ok(id),
            _ => Err(self.refuse("invalid_client", format!("the client {id:?} is not known, or has another secret"))),
        }
    }

    fn tokens(&mut self, client: String) -> Reply {
        let (access, refresh) = (self.make(ACCESS_CANARY), self.make(REFRESH_CANARY));
        self.access.push(access.clone());
        self.refresh.insert(refresh.clone(), Refresh { client, is_used: false });
        let mut answer = json!({"access_token": access, "token_type": "Bearer", "refresh_token": refresh, "scope": "tools"});
        if self.switches.gives_no_refresh {
            answer["refresh_token"] = Value::Null;
        }
        if let Some(seconds) = self.switches.token_seconds {
            answer["expires_in"] = json!(seconds);
        }
        Reply::json(200, &answer)
    }

    fn revoke(&mut self, form: &HashMap<String, String>) -> Reply {
        let token = form.get("token").cloned().unwrap_or_default();
        if self.refresh.remove(&token).is_none() {
            self.problems.push("an unknown token is revoked".to_owned());
        }
        self.access.clear();
        Reply::empty(200)
    }

    fn mcp(&mut self, method: &str, request: &HttpRequest) -> Reply {
        let token = header(request, "authorization").and_then(|value| value.strip_prefix("Bearer "));
        if self.switches.refuses_tokens || !token.is_some_and(|token| self.access.iter().any(|known| known == token)) {
            let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", self.origin);
            let own = format!("realm=\"tools\", resource_metadata=\"{metadata}\", scope=\"tools\"");
            let challenge = self.switches.challenge.clone().unwrap_or(own);
            if challenge.is_empty() {
                return Reply::empty(401);
            }
            return Reply::empty(401).with("www-authenticate", format!("Bearer {challenge}"));
        }
        if method != "POST" {
            return Reply::empty(if method == "DELETE" { 200 } else { 405 });
        }
        let Ok(message) = serde_json::from_slice::<Value>(&request.body) else { return Reply::empty(400) };
        let Some(id) = message.get("id") else { return Reply::empty(202) };
        let result = match message["method"].as_str().unwrap_or_default() {
            "initialize" => json!({
                "protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "signed in", "version": "1"},
            }),
            "tools/list" => json!({"tools": [{"name": "read", "inputSchema": {"type": "object"}}]}),
            "tools/call" => {
                let (name, input) = (message["params"]["name"].clone(), &message["params"]["arguments"]);
                let text = format!("{} {input}", name.as_str().unwrap_or_default());
                self.calls.push(text.clone());
                json!({"content": [{"type": "text", "text": text}]})
            }
            _ => {
                return Reply::json(
                    200,
                    &json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "no such method"}}),
                );
            }
        };
        let reply = Reply::json(200, &json!({"jsonrpc": "2.0", "id": id, "result": result}));
        reply.with("mcp-session-id", "one".to_owned())
    }
}

fn header<'a>(request: &'a HttpRequest, wanted: &str) -> Option<&'a str> {
    request.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
