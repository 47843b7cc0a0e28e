//! A loopback server that answers every request at once: with the same words, or with one tool call first. For measuring
//! a program and nothing else: the strict stand-in judges each request, which takes longer than the program itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The tool call, if any, that a request with this body gets for an answer: the tool's name and its input.
pub type Wanted = fn(body: &str) -> Option<(&'static str, String)>;

/// Bodies of all requests, in their order.
pub type Bodies = Arc<Mutex<Vec<String>>>;

/// Starts one that only speaks, and gives its address. It ends with this process.
pub fn start() -> String {
    start_with(|_| None).0
}

/// Starts one that calls a tool where `wanted` says so, and gives its address and what it was sent.
pub fn start_with(wanted: Wanted) -> (String, Bodies) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    let bodies = Bodies::default();
    let sent = Arc::clone(&bodies);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sent = Arc::clone(&sent);
            std::thread::spawn(move || serve(stream, wanted, &sent));
        }
    });
    (address, bodies)
}

fn serve(stream: TcpStream, wanted: Wanted, sent: &Bodies) {
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    // Whatever goes wrong, the client has left.
    while let Some(length) = head(&mut stream) {
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).is_err() {
            return;
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        let events = match wanted(&body) {
            None => words(),
            Some((tool, input)) => tool_call(&body, tool, &input),
        };
        // Before the answer: whoever has the answer may look for what was sent.
        sent.lock().expect("nothing panicked").push(body);
        let length = events.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\n\r\n{events}");
        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn words() -> String {
    let delta = r#"{"type":"text_delta","text":"Here is a short answer to what you said."}"#;
    message(r#"{"type":"text","text":""}"#, delta, "end_turn")
}

/// Its id is new in the conversation: a longer one has a longer body.
fn tool_call(body: &str, tool: &str, input: &str) -> String {
    let (id, input) = (body.len(), serde_json::Value::from(input));
    let block = format!(r#"{{"type":"tool_use","id":"toolu_{id}","name":"{tool}","input":{{}}}}"#);
    message(&block, &format!(r#"{{"type":"input_json_delta","partial_json":{input}}}"#), "tool_use")
}

/// One message of one block, in six events.
fn message(block: &str, delta: &str, stop: &str) -> String {
    format!(
        concat!(
            "event: message_start\ndata: {{\"type\":\"message_start\",\"message\":{{\"id\":\"msg_1\",\"type\":\"message\",",
            "\"role\":\"assistant\",\"model\":\"claude-opus-4-7\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,",
            "\"usage\":{{\"input_tokens\":25,\"output_tokens\":1}}}}}}\n\n",
            "event: content_block_start\ndata: {{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{block}}}\n\n",
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{delta}}}\n\n",
            "event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":0}}\n\n",
            "event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{stop}\",",
            "\"stop_sequence\":null}},\"usage\":{{\"output_tokens\":12}}}}\n\n",
            "event: message_stop\ndata: {{\"type\":\"message_stop\"}}\n\n",
        ),
        block = block,
        delta = delta,
        stop = stop,
    )
}

/// Reads the head of a request or an answer; the length of its body.
pub fn head(stream: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            return Some(length);
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
}
