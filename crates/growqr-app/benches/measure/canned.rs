//! A loopback server for benches that answers every request at once, with a fixed text or with one tool call. The
//! strict stub is not used here: it checks each request, which takes longer than the program itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Selects the answer to a request with this body: a tool call (the tool's name and its input), or `None` for text.
pub type Wanted = fn(body: &str) -> Option<(&'static str, String)>;

/// Bodies of all requests, in the order in which they arrived.
pub type Bodies = Arc<Mutex<Vec<String>>>;

/// Starts a server that answers with text only, and returns its address. The server ends with this process.
pub fn start() -> String {
    start_with(|_| None).0
}

/// Starts a server that answers with the tool calls that `wanted` selects. Returns its address and the bodies that it
/// receives.
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
    // Any error means that the client has left.
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
        // Stored before the answer is sent: a client that has the answer may read the bodies at once.
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

/// The id must be new in the conversation. It is the length of the body, which grows with every request.
fn tool_call(body: &str, tool: &str, input: &str) -> String {
    let (id, input) = (body.len(), serde_json::Value::from(input));
    let block = format!(r#"{{"type":"tool_use","id":"toolu_{id}","name":"{tool}","input":{{}}}}"#);
    message(&block, &format!(r#"{{"type":"input_json_delta","partial_json":{input}}}"#), "tool_use")
}

/// One message with one content block, as six events.
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

/// Reads the head of a request or a response, and returns the length of the body.
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
