//! A raw HTTP client, which corrects nothing in a request.

use growqr_testkit::anthropic::AnthropicStub;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A response.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub text: String,
    /// Whether the body is complete.
    pub whole: bool,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// The message of an error.
    pub fn error(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The data of each event.
    pub fn events(&self) -> Vec<Value> {
        self.text.lines().filter_map(|line| line.strip_prefix("data: ")).map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

/// Sends a request with these headers and this body, and reads the response.
pub async fn send(claude: &AnthropicStub, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    send_to(claude.base_url(), method, target, headers, body).await
}

/// Like [`send`], for a server at this base URL. The path of the URL is ignored.
pub async fn send_to(base: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let address = base.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    read(stream).await
}

async fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    loop {
        if let Some(answer) = parse(&bytes, false) {
            return answer;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return parse(&bytes, true).unwrap_or(Answer { status: 0, head: String::new(), text: String::new(), whole: false });
        }
    }
}

fn parse(bytes: &[u8], ended: bool) -> Option<Answer> {
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let rest = &bytes[split + 4..];
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map(|n| n.parse::<usize>().unwrap());
    let (body, whole) = match length {
        Some(length) => (rest.to_vec(), rest.len() >= length),
        None => unchunk(rest),
    };
    (whole || ended).then(|| Answer { status, head, text: String::from_utf8_lossy(&body).into_owned(), whole })
}

fn unchunk(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line) = bytes.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        let Some(chunk) = bytes.get(line + 2..line + 2 + size) else { break };
        body.extend_from_slice(chunk);
        bytes = bytes.get(line + 4 + size..).unwrap_or_default();
    }
    (body, false)
}

/// Posts a body to `/v1/messages` with valid headers.
pub async fn post(claude: &AnthropicStub, body: &Value) -> Answer {
    post_with(claude, body, &[]).await
}

/// Like [`post`], with more headers.
pub async fn post_with(claude: &AnthropicStub, body: &Value, more: &[(&str, &str)]) -> Answer {
    let mut headers =
        vec![("x-api-key", claude.key()), ("anthropic-version", "2023-06-01"), ("content-type", "application/json")];
    headers.extend_from_slice(more);
    send(claude, "POST", "/v1/messages", &headers, body.to_string().as_bytes()).await
}

/// A request that every model accepts, for `model`.
pub fn hello(model: &str) -> Value {
    json!({"model": model, "max_tokens": 1000, "messages": [user("hello")]})
}

/// Like [`hello`], with these fields added or replaced.
pub fn hello_with(model: &str, more: Value) -> Value {
    let mut body = hello(model);
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

pub fn user(text: &str) -> Value {
    json!({"role": "user", "content": [{"type": "text", "text": text}]})
}

pub fn assistant(content: Value) -> Value {
    json!({"role": "assistant", "content": content})
}

pub fn tool(name: &str) -> Value {
    json!({"name": name, "description": "A tool.", "input_schema": {"type": "object", "properties": {}}})
}

pub fn tool_use(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "look", "input": {}})
}

pub fn result(id: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": "seen"})
}

/// Asserts that the request was refused with this status and a message that contains `fragment`.
pub fn refused(answer: &Answer, status: u16, fragment: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.error().contains(fragment), "{:?} should contain {fragment:?}", answer.error());
}
