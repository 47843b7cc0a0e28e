//! Who may call, and what.

use crate::world::{World, error, hello};
use growqr_core::limits::LimitReached;
use growqr_core::money::Money;
use growqr_testkit::anthropic::{Script, says};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn without_a_valid_token_there_is_no_answer() {
    let world = World::new().await;
    let old = world.token.clone();
    let send = async |path: &str, name: &str, value: &str| {
        let response =
            world.bare("POST", path).header(name, value).header("x-session-id", "ses_1").body("{}").send().await.unwrap();
        (response.status().as_u16(), error(&response.text().await.unwrap()).0)
    };
    let refused = (401, "authentication_error".to_owned());
    assert_eq!(send("/v1/messages", "x-other", "").await, refused);
    assert_eq!(send("/v1/messages", "x-api-key", "growqr-wrong").await, refused);
    assert_eq!(send("/v1/messages", "authorization", "Bearer growqr-wrong").await, refused);
    assert_eq!(send("/anything", "x-other", "").await, refused, "not even whether a path exists");
    assert_eq!(send("/growqr/self-test", "x-api-key", "").await, refused);
    world.gateway.tokens().revoke("box");
    assert_eq!(send("/v1/messages", "x-api-key", old.expose()).await, refused);
    assert!(world.claude.requests().is_empty());
}

#[tokio::test]
async fn the_self_test_names_this_run_and_nothing_else_is_served() {
    let world = World::new().await;
    let get = async |method: &str, path: &str| {
        let bearer = format!("Bearer {}", world.token.expose());
        let response = world.bare(method, path).header("authorization", bearer).send().await.unwrap();
        (response.status().as_u16(), serde_json::from_str::<Value>(&response.text().await.unwrap()).unwrap())
    };
    let (status, body) = get("GET", "/growqr/self-test").await;
    let nonce = format!("{:016x}{:016x}", 7, 7);
    assert_eq!((status, body), (200, json!({"service": "growqr-gateway", "nonce": nonce, "container": "box"})));
    for (method, path) in [("GET", "/v1/messages"), ("GET", "/v1/models"), ("POST", "/v1/messages/count_tokens"), ("GET", "/")] {
        assert_eq!(get(method, path).await.0, 404, "{method} {path}");
    }
}

#[tokio::test]
async fn several_addresses_serve_the_same_containers() {
    let world = World::new().await;
    let second = world.gateway.listen(([127, 0, 0, 2], 0).into()).await;
    // Not every system has a second loopback address.
    let second = match second {
        Ok(second) => second,
        Err(_) => world.gateway.listen(([127, 0, 0, 1], 0).into()).await.unwrap(),
    };
    world.claude.will(says("hi"));
    let request = world.message("ses_1", &hello()).build().unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let again = client.post(format!("http://{second}/v1/messages")).headers(request.headers().clone()).body(hello().to_string());
    assert_eq!(again.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_session_that_nobody_pays_for_is_refused() {
    let world = World::new().await;
    let (status, body) = world.ask("ses_2", &hello()).await;
    assert_eq!((status, error(&body).0.as_str()), (403, "permission_error"));
    let without = world.bare("POST", "/v1/messages").header("x-api-key", world.token.expose()).body(hello().to_string());
    assert_eq!(without.send().await.unwrap().status(), 403);
    let other = world.gateway.tokens().register("other box", [2; 32]);
    let elsewhere = world.bare("POST", "/v1/messages").header("x-api-key", other.expose()).header("x-session-id", "ses_1");
    assert_eq!(elsewhere.body(hello().to_string()).send().await.unwrap().status(), 403, "another container's session");
    assert!(world.claude.requests().is_empty());
}

#[tokio::test]
async fn a_child_session_is_paid_for_by_its_parent() {
    let world = World::new().await;
    world.claude.will(says("done"));
    let request = world.message("ses_child", &hello()).header("x-parent-session-id", "ses_1");
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(world.books.settled("ada", 1).await.len(), 1);
}

#[tokio::test]
async fn the_service_gets_the_key_and_nothing_else_of_the_container() {
    let world = World::new().await;
    world.claude.will(says("hi"));
    let betas = "thinking-binding-controls-2026-08-01,fast-mode-2026-02-01,structured-outputs-2025-11-13";
    let request =
        world.message("ses_1", &hello()).header("anthropic-beta", betas).header("cookie", "a=b").header("x-inject", "1");
    let response = request.header("authorization", "Bearer other").header("x-forwarded-for", "8.8.8.8").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let passed: Vec<String> = response.headers().keys().map(ToString::to_string).collect();
    assert!(
        passed.iter().all(|name| ["content-type", "request-id", "date", "transfer-encoding"].contains(&name.as_str())),
        "{passed:?}"
    );
    world.claude.assert_all_accepted();
    let sent = world.claude.messages().remove(0);
    assert_eq!(sent.header("x-api-key"), Some(world.claude.key()));
    assert_eq!(sent.header("anthropic-beta"), Some("thinking-binding-controls-2026-08-01"));
    for name in ["authorization", "cookie", "x-inject", "x-forwarded-for", "x-session-id"] {
        assert_eq!(sent.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn headers_that_try_to_add_headers_are_refused() {
    let world = World::new().await;
    let token = world.token.expose();
    let address = world.url.trim_start_matches("http://").to_owned();
    for session in ["ses_1\r x-api-key: stolen", "ses_1, ses_2", "ses_1/../x", &"s".repeat(200)] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: {token}\r\nx-session-id: {session}\r\ncontent-length: 2\r\n\
             connection: close\r\n\r\n{{}}"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 ") || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    assert!(world.claude.requests().is_empty());
}

#[tokio::test]
async fn a_body_or_a_head_above_the_limit_is_refused() {
    let world = World::with(|settings| settings.max_body = 100_000).await;
    let mut large = hello();
    large["messages"][0]["content"] = json!("x".repeat(150_000));
    let (status, body) = world.ask("ses_1", &large).await;
    assert_eq!((status, error(&body).0.as_str()), (413, "request_too_large"));
    let head = world.message("ses_1", &hello()).header("x-filler", "y".repeat(64 * 1024)).send().await.unwrap();
    assert_eq!(head.status(), 431);
    assert!(world.claude.requests().is_empty());
    world.books.assert_all_settled();
}

#[tokio::test]
async fn a_large_body_within_the_limit_passes() {
    let world = World::new().await;
    world.books.pays("ses_1", "ada", Money::usd(1_000));
    world.claude.will(says("read"));
    let mut large = hello();
    large["messages"][0]["content"] = json!("word ".repeat(600_000));
    let (status, body) = world.ask("ses_1", &large).await;
    assert_eq!(status, 200, "{body}");
    world.claude.assert_all_accepted();
}

#[tokio::test]
async fn a_client_that_sends_slowly_is_disconnected() {
    let world = World::with(|settings| {
        settings.head_timeout = Duration::from_millis(200);
        settings.body_timeout = Duration::from_millis(200);
    })
    .await;
    let address = world.url.trim_start_matches("http://").to_owned();
    let mut slow_head = TcpStream::connect(&address).await.unwrap();
    slow_head.write_all(b"POST /v1/messages HTTP/1.1\r\nx-api").await.unwrap();
    let mut rest = Vec::new();
    // The connection ends without an answer to the unfinished head, or with a 408.
    let _ = slow_head.read_to_end(&mut rest).await;
    let token = world.token.expose();
    let mut slow_body = TcpStream::connect(&address).await.unwrap();
    let head =
        format!("POST /v1/messages HTTP/1.1\r\nx-api-key: {token}\r\nx-session-id: ses_1\r\ncontent-length: 900\r\n\r\n{{");
    slow_body.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = slow_body.read_to_end(&mut answer).await;
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
    world.books.assert_all_settled();
}

#[tokio::test]
async fn requests_that_may_cost_more_than_tokens_are_refused() {
    let world = World::new().await;
    let with = |field: &str, value: Value| {
        let mut body = hello();
        body[field] = value;
        body
    };
    let image = json!([{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "http://x/leak"}}]}]);
    let nested =
        json!([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": image[0]["content"]}]}]);
    for body in [
        with("speed", json!("fast")),
        with("tools", json!([{"type": "web_search_20250305", "name": "web_search"}])),
        with("mcp_servers", json!([])),
        with("messages", image),
        with("messages", nested),
    ] {
        let (status, answer) = world.ask("ses_1", &body).await;
        assert_eq!((status, error(&answer).0.as_str()), (400, "invalid_request_error"), "{body}");
    }
    assert!(world.claude.requests().is_empty());
    assert_eq!(world.books.limits_hit("ada"), Vec::<LimitReached>::new());
}

#[tokio::test]
async fn blocks_that_are_nested_without_end_are_refused_and_the_gateway_lives_on() {
    let world = World::new().await;
    let deep = format!("{}\"x\"{}", "[{\"type\":\"tool_result\",\"content\":".repeat(20_000), "}]".repeat(20_000));
    let body = format!("{{\"model\":\"growqr\",\"max_tokens\":10,\"messages\":[{{\"role\":\"user\",\"content\":{deep}}}]}}");
    let response = world.message("ses_1", &hello()).body(body).send().await.unwrap();
    let status = response.status().as_u16();
    let answer = response.text().await.unwrap();
    assert_eq!((status, error(&answer).0.as_str()), (400, "invalid_request_error"), "{answer}");
    world.claude.will(growqr_testkit::anthropic::says("still here"));
    assert_eq!(world.ask("ses_1", &hello()).await.0, 200);
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_the_key_nor_a_token_is_in_an_answer_or_in_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    // Applies to this thread, which runs the gateway too: the runtime of the test has no other.
    let guard = tracing::subscriber::set_default(subscriber);
    let world = World::new().await;
    let key = world.claude.key().to_owned();
    let leak = format!("invalid x-api-key {key}");
    world.claude.will(Script::error(401, "authentication_error", &leak));
    world.claude.will(says("hi"));
    world.claude.will(Script::hang_up());
    let (status, refused) = world.ask("ses_1", &hello()).await;
    assert_eq!(status, 401);
    assert_eq!(error(&refused).1, "invalid x-api-key (key)");
    world.ask("ses_1", &hello()).await;
    world.ask("ses_1", &hello()).await;
    world.ask("ses_unknown", &hello()).await;
    let token = world.token.clone();
    world.gateway.stop().await;
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("growqr_gateway"), "something was logged: {text}");
    assert!(!text.contains(&key), "the key is in the log");
    assert!(!text.contains(token.expose()), "the token is in the log");
}
