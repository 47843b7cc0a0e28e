//! The part of the WebDriver protocol that window tests need: JSON over HTTP on loopback.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

/// An error with a message for the output of the failed test.
pub type Failure = Box<dyn std::error::Error>;

/// Timeout of a response of the driver. Longer than the timeout of scripts in the page.
const DRIVER_TIMEOUT: Duration = Duration::from_secs(60);

/// An animation that makes the page draw in every frame.
const KEEP_DRAWING_SCRIPT: &str =
    "document.documentElement.animate([{opacity: 0.99}, {opacity: 1}], {duration: 1000, iterations: Infinity})";

/// Interval and number of attempts to connect to the driver, which gives no signal when it listens.
const POLL_INTERVAL: Duration = Duration::from_millis(10);
const MAX_POLLS: usize = 1_000;

/// The JSON field of an element reference, defined by the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A driver session: an open window.
pub(super) struct Session {
    port: u16,
    id: String,
}

impl Session {
    /// Waits for the driver on `port` and lets it start the program.
    pub fn start(port: u16, (program, arguments): (&Path, &[&str]), script_timeout_ms: u64) -> Result<Session, Failure> {
        let mut polls = 0;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            polls += 1;
            if polls == MAX_POLLS {
                return Err("the driver does not listen".into());
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "wry",
            "pageLoadStrategy": "none",
            "timeouts": {"script": script_timeout_ms},
            "webkitgtk:browserOptions": {"binary": program, "args": arguments},
        }}});
        let made = call(port, "POST", "/session", Some(&wanted))?;
        let id = made["sessionId"].as_str().ok_or("the driver gave no session")?.to_owned();
        Ok(Session { port, id })
    }

    /// Sends a command.
    pub fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        call(self.port, "POST", &format!("/session/{}{path}", self.id), Some(&body))
    }

    /// Reads something.
    pub fn get(&self, path: &str) -> Result<Value, Failure> {
        call(self.port, "GET", &format!("/session/{}{path}", self.id), None)
    }

    /// A screenshot of the page as PNG.
    pub fn picture(&self) -> Result<Vec<u8>, Failure> {
        use base64::Engine;
        // The screenshot is taken at the next frame, and a page without changes draws no frame.
        self.post("/execute/sync", json!({"script": KEEP_DRAWING_SCRIPT, "args": []}))?;
        let coded = self.get("/screenshot")?;
        Ok(base64::engine::general_purpose::STANDARD.decode(coded.as_str().unwrap_or_default())?)
    }

    /// Closes the window and ends the program.
    pub fn end(&self) -> Result<(), Failure> {
        call(self.port, "DELETE", &format!("/session/{}", self.id), None).map(drop)
    }
}

/// A free port.
pub(super) fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The element reference that a script has returned.
pub(super) fn reference(found: &Value) -> Result<String, Failure> {
    Ok(found[ELEMENT].as_str().ok_or("the driver gave no element")?.to_owned())
}

fn call(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(DRIVER_TIMEOUT))?;
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
