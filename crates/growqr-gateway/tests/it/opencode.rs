//! The real OpenCode behind the gateway.

use crate::world::World;
use growqr_core::limits::LimitReached;
use growqr_core::money::Money;
use growqr_testkit::anthropic::{calls, says};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A model that the built-in catalogue of OpenCode lacks.
const MODEL: &str = "claude-sonnet-5-5";

/// Starting takes a few seconds, on a loaded machine many.
const START_LIMIT: Duration = Duration::from_secs(90);

/// A running OpenCode whose only provider is the gateway. Dropping it ends the process.
struct OpenCode {
    process: Child,
    url: String,
    client: reqwest::Client,
    _folder: TempDir,
}

impl OpenCode {
    /// Starts it; `None` if there is none to start.
    async fn start(world: &World) -> Option<OpenCode> {
        let program = growqr_testkit::opencode::binary()?;
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let home = folder.path().join("home");
        let work = folder.path().join("work");
        std::fs::create_dir_all(home.join("config/opencode")).unwrap();
        std::fs::create_dir_all(&work).unwrap();
        let process = Command::new(program)
            .args(["serve", "--hostname", "127.0.0.1", "--port", &port.to_string()])
            .current_dir(&work)
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("OPENCODE_CONFIG_CONTENT", config(world).to_string())
            .env("OPENCODE_DISABLE_PROJECT_CONFIG", "1")
            .env("OPENCODE_DISABLE_MODELS_FETCH", "1")
            .env("OPENCODE_DISABLE_AUTOUPDATE", "1")
            .env_remove("ANTHROPIC_API_KEY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("OpenCode starts");
        // A request that arrives while it starts is never answered, so each attempt has its own connection and a short limit.
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).pool_max_idle_per_host(0).build().unwrap();
        let this = OpenCode { process, url: format!("http://127.0.0.1:{port}"), client, _folder: folder };
        tokio::time::timeout(START_LIMIT, this.until_healthy()).await.expect("OpenCode starts");
        Some(this)
    }

    async fn until_healthy(&self) {
        let mut attempts = tokio::time::interval(Duration::from_millis(300));
        loop {
            attempts.tick().await;
            let attempt = self.client.get(format!("{}/global/health", self.url)).timeout(Duration::from_secs(1)).send().await;
            if attempt.is_ok_and(|response| response.status() == 200) {
                return;
            }
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await.unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// A new session. The title saves the call that would make one.
    async fn session(&self, title: &str) -> String {
        self.post("/session", &json!({"title": title})).await["id"].as_str().unwrap().to_owned()
    }

    /// Waits for the end of the whole run.
    async fn prompt(&self, session: &str, text: &str) -> Value {
        self.post(&format!("/session/{session}/message"), &json!({"parts": [{"type": "text", "text": text}]})).await
    }
}

impl Drop for OpenCode {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn config(world: &World) -> Value {
    let model = format!("anthropic/{MODEL}");
    json!({
        "autoupdate": false, "share": "disabled", "enabled_providers": ["anthropic"], "model": model, "small_model": model,
        "permission": {"*": "deny", "task": "allow"},
        "provider": {"anthropic": {
            "options": {"baseURL": format!("{}/v1", world.url), "apiKey": world.token.expose()},
            "whitelist": [MODEL],
            "models": {MODEL: {"name": "Sonnet", "tool_call": true, "limit": {"context": 1_000_000, "output": 128_000}}},
        }},
    })
}

fn text_of(answer: &Value) -> String {
    let parts = answer["parts"].as_array().unwrap_or_else(|| panic!("no parts: {answer}"));
    parts.iter().filter_map(|part| part["text"].as_str()).collect()
}

#[tokio::test]
async fn sessions_of_the_real_opencode_are_billed_to_their_payers() {
    let world = World::new().await;
    let Some(opencode) = OpenCode::start(&world).await else { return };
    world.claude.route(|request| {
        let task = json!({"description": "look", "prompt": "the task of the child", "subagent_type": "general"});
        Some(match request.first_user_text().as_str() {
            text if text.contains("the task of the child") => says("the child is done"),
            text if text.contains("start a child") && !request.has_tool_results() => calls([("task", task)]),
            text if text.contains("start a child") => says("ada is done"),
            _ => says("ben is done"),
        })
    });
    let (ada, ben) = (opencode.session("one").await, opencode.session("two").await);
    world.books.pays(&ada, "ada", Money::usd(10));
    world.books.pays(&ben, "ben", Money::usd(10));
    let (first, second) = tokio::join!(opencode.prompt(&ada, "start a child"), opencode.prompt(&ben, "hello"));
    assert_eq!((text_of(&first), text_of(&second)), ("ada is done".to_owned(), "ben is done".to_owned()));
    world.claude.assert_all_accepted();
    assert_eq!(world.books.settled("ada", 3).await.len(), 3, "two calls of the parent and one of the child");
    assert_eq!(world.books.settled("ben", 1).await.len(), 1);
    let (ada, ben) = (world.books.spent("ada"), world.books.spent("ben"));
    // Which of the two pays for writing the shared prompt to the cache depends on who comes first.
    assert!(ada > Money::ZERO && ben > Money::ZERO);
    assert_eq!(ada + ben, Money(world.claude.total_micro_cents()));
    assert!(world.claude.messages().iter().all(|request| request.header("x-api-key") == Some(world.claude.key())));
    world.books.assert_all_settled();
}

#[tokio::test]
async fn the_real_opencode_does_not_retry_after_a_limit_or_in_an_unknown_session() {
    let world = World::new().await;
    let Some(opencode) = OpenCode::start(&world).await else { return };
    let session = opencode.session("one").await;
    let unknown = &opencode.prompt(&session, "hello").await["info"]["error"]["data"];
    let fields = |data: &Value| (data["statusCode"].clone(), data["isRetryable"].clone(), data["message"].clone());
    let message = "GrowQR does not know this session, so nobody pays for its model calls.";
    assert_eq!(fields(unknown), (json!(403), json!(false), json!(message)));
    world.books.pays(&session, "ada", Money(1_000));
    let limited = &opencode.prompt(&session, "hello").await["info"]["error"]["data"];
    let message = "This agent has reached a limit: its allowance.";
    assert_eq!(fields(limited), (json!(403), json!(false), json!(message)));
    assert_eq!(world.books.limits_hit("ada"), [LimitReached::Allowance], "one call, which was not sent again");
    assert!(world.claude.requests().is_empty());
    // The session goes on once there is money.
    world.books.pays(&session, "ada", Money::usd(10));
    world.claude.will(says("now it works"));
    assert_eq!(text_of(&opencode.prompt(&session, "again").await), "now it works");
}
