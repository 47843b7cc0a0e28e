//! Answers that are too large, from a server of this test.

use growqr_core::secret::Secret;
use growqr_stack::opencode::{Limits, OpenCode, OpenCodeError};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// Serves messages of this size, the newest first, in pages of the wanted number. The cursor is the number of the next one.
fn serve(count: usize, bytes: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, count, bytes));
        }
    });
    address
}

fn answer(mut stream: TcpStream, count: usize, bytes: usize) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let first = lines.next()?.ok()?;
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let number = |name: &str| first.split(['?', '&', ' ']).find_map(|pair| pair.strip_prefix(name)?.parse::<usize>().ok());
    let (limit, end) = (number("limit=")?, number("before=").unwrap_or(count));
    // Messages without bytes are left out, as if each page were filtered.
    let start = end.saturating_sub(limit);
    let message = |number: usize| {
        json!({
            "info": {"id": format!("msg_{number}"), "sessionID": "ses_1", "role": "user", "time": {"created": 1}},
            "parts": [{"type": "text", "text": "x".repeat(bytes)}],
        })
    };
    let body = serde_json::Value::from((start..end).filter(|_| bytes > 0).map(message).collect::<Vec<_>>()).to_string();
    let next = if start > 0 { format!("X-Next-Cursor: {start}\r\n") } else { String::new() };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{next}", body.len());
    write!(stream, "{head}Connection: close\r\n\r\n{body}").ok()
}

fn client(address: &str) -> OpenCode {
    OpenCode::new(address, &Secret::new("x"), Limits::default()).unwrap()
}

#[tokio::test]
async fn messages_that_are_too_large_together_are_read_one_by_one() {
    let client = client(&serve(8, 10 << 20));
    let messages = client.messages(&"ses_1".parse().unwrap()).await.unwrap();
    let ids: Vec<String> = messages.iter().map(|message| message.info.id.to_string()).collect();
    assert_eq!(ids, (0..8).map(|number| format!("msg_{number}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_message_that_is_too_large_is_named_as_such() {
    let client = client(&serve(1, 40 << 20));
    assert_eq!(client.messages(&"ses_1".parse().unwrap()).await.unwrap_err(), OpenCodeError::TooLarge);
}

#[tokio::test]
async fn an_empty_page_that_names_a_next_one_ends_the_reading() {
    let client = client(&serve(100, 0));
    let error = client.messages(&"ses_1".parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, OpenCodeError::Unreadable(_)), "{error}");
}
