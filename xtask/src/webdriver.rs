//! As much of the WebDriver protocol as the test of the real window needs: JSON over HTTP on loopback.

use crate::Failure;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long the driver may take for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open window of the program.
pub struct Session {
    port: u16,
    id: String,
}

impl Session {
    /// Starts the program through the driver on `port` and takes its window.
    pub fn start(port: u16, program: &str) -> Result<Session, Failure> {
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "wry",
            "webkitgtk:browserOptions": {"binary": program, "args": []},
        }}});
        let made = call(port, "POST", "/session", Some(&wanted))?;
        let id = made["sessionId"].as_str().ok_or("the driver gave no session")?.to_owned();
        Ok(Session { port, id })
    }

    /// Runs JavaScript in the page; `return` gives its value.
    pub fn run(&self, script: &str) -> Result<Value, Failure> {
        self.call("POST", "/execute/sync", Some(&json!({"script": script, "args": []})))
    }

    /// A picture of the page, as PNG.
    pub fn picture(&self) -> Result<Vec<u8>, Failure> {
        use base64::Engine;
        let coded = self.call("GET", "/screenshot", None)?;
        Ok(base64::engine::general_purpose::STANDARD.decode(coded.as_str().unwrap_or_default())?)
    }

    /// Closes the window and ends the program.
    pub fn end(self) -> Result<(), Failure> {
        self.call("DELETE", "", None).map(drop)
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        call(self.port, method, &format!("/session/{}{path}", self.id), body)
    }
}

fn call(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8(answer)?;
    let (_, body) = text.split_once("\r\n\r\n").ok_or("the driver's answer has no body")?;
    let mut body: Value = serde_json::from_str(body)?;
    let value = body["value"].take();
    match value.get("error") {
        Some(error) => Err(format!("{error}: {}", value["message"]).into()),
        None => Ok(value),
    }
}
