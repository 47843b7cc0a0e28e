//! A stand-in for all web sites: a page is a host, a path, and the exact bytes that are sent for it.
//!
//! It is strict: a request with something that a fetch of a page must not send (cookies, a referer, keys, another method, an
//! address in the form for proxies) is answered with 400 and recorded as a problem.

use crate::http::{Connection, HttpRequest};
use crate::server_thread::ServerThread;
use std::collections::HashMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What must not be in a request.
const FORBIDDEN: [&str; 7] =
    ["cookie", "referer", "authorization", "proxy-authorization", "proxy-connection", "x-forwarded-for", "origin"];

/// What is sent for a page.
#[derive(Clone)]
pub enum WebAnswer {
    /// These bytes, head included; then the connection ends.
    Whole(Vec<u8>),
    /// The head, then the piece again and again until the client goes.
    Endless {
        /// Sent once.
        head: Vec<u8>,
        /// Sent without an end.
        piece: Vec<u8>,
    },
    /// These bytes one by one, with this pause after each.
    Drip(Vec<u8>, Duration),
    /// Nothing.
    Silence,
}

impl WebAnswer {
    /// An answer with this status line, headers, and body.
    #[must_use]
    pub fn of(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> WebAnswer {
        let mut bytes = head(status, headers);
        bytes.extend_from_slice(body.as_ref());
        WebAnswer::Whole(bytes)
    }

    /// A page of this type.
    #[must_use]
    pub fn page(content_type: &str, body: impl AsRef<[u8]>) -> WebAnswer {
        WebAnswer::of("200 OK", &[("content-type", content_type)], body)
    }

    /// A page of HTML in UTF-8.
    #[must_use]
    pub fn html(body: &str) -> WebAnswer {
        WebAnswer::page("text/html; charset=utf-8", body)
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(status: &str, to: &str) -> WebAnswer {
        WebAnswer::of(status, &[("location", to)], "")
    }

    /// A page that is compressed as `gzip`.
    ///
    /// # Panics
    /// Never: memory takes every byte.
    #[must_use]
    pub fn gzip(content_type: &str, body: &[u8]) -> WebAnswer {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(body).expect("memory takes every byte");
        let body = gzip.finish().expect("memory takes every byte");
        WebAnswer::of("200 OK", &[("content-type", content_type), ("content-encoding", "gzip")], body)
    }
}

/// The head of an answer.
#[must_use]
pub fn head(status: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\n{lines}\r\n").into_bytes()
}

/// The sites, on one loopback port. They end when this is dropped.
pub struct WebSites {
    thread: ServerThread,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    pages: Mutex<HashMap<String, WebAnswer>>,
    seen: Mutex<Vec<String>>,
    problems: Mutex<Vec<String>>,
}

impl WebSites {
    /// Starts without any page, on a thread of their own.
    ///
    /// # Panics
    /// If no port or thread is free.
    #[must_use]
    pub fn start() -> WebSites {
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        WebSites { thread: ServerThread::start(|listener| accept(listener, serving)), shared }
    }

    /// Where all hosts are.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.thread.address
    }

    /// Sets what is sent for a page, such as `example.com/a?b`.
    pub fn set(&self, page: &str, answer: WebAnswer) {
        lock(&self.shared.pages).insert(page.to_owned(), answer);
    }

    /// The pages that were asked for, in order. Those without an answer are 404.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        lock(&self.shared.seen).clone()
    }

    /// What was wrong with requests.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        lock(&self.shared.problems).clone()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let (read, write) = client.into_split();
        connections.spawn(async move {
            let mut client = Connection { read, write, buffer: Vec::new() };
            if let Ok(Some(request)) = client.request().await {
                // The client may go before it has read everything.
                let _ = answer(&shared, &mut client, &request).await;
                let _ = client.write.shutdown().await;
            }
        });
    }
}

async fn answer(shared: &Shared, client: &mut Connection, request: &HttpRequest) -> io::Result<()> {
    let problems = problems(request);
    if !problems.is_empty() {
        lock(&shared.problems).extend(problems);
        return client.write.write_all(&head("400 Bad Request", &[])).await;
    }
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let page = format!("{}{}{query}", header(request, "host").unwrap_or_default(), request.path);
    lock(&shared.seen).push(page.clone());
    let answer = lock(&shared.pages).get(&page).cloned();
    match answer {
        None => client.write.write_all(&head("404 Not Found", &[("content-length", "0")])).await,
        Some(WebAnswer::Whole(bytes)) => client.write.write_all(&bytes).await,
        Some(WebAnswer::Endless { head, piece }) => {
            client.write.write_all(&head).await?;
            loop {
                client.write.write_all(&piece).await?;
            }
        }
        Some(WebAnswer::Drip(bytes, pause)) => {
            for byte in bytes {
                client.write.write_all(&[byte]).await?;
                tokio::time::sleep(pause).await;
            }
            Ok(())
        }
        Some(WebAnswer::Silence) => {
            client.wait_until_closed().await;
            Ok(())
        }
    }
}

fn problems(request: &HttpRequest) -> Vec<String> {
    let mut problems: Vec<String> =
        FORBIDDEN.iter().filter(|name| header(request, name).is_some()).map(|name| format!("it has the header {name}")).collect();
    if request.method != "GET" || !request.body.is_empty() {
        problems.push(format!("it is a {} with {} bytes", request.method, request.body.len()));
    }
    if !request.path.starts_with('/') {
        problems.push(format!("it is a request for a proxy: {}", request.path));
    }
    for name in ["host", "user-agent", "accept"] {
        if header(request, name).is_none() {
            problems.push(format!("it lacks the header {name}"));
        }
    }
    problems
}

fn header<'a>(request: &'a HttpRequest, wanted: &str) -> Option<&'a str> {
    request.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
