//! The loopback server: accepts the callback of a sign-in on a port of this machine. Its pages never repeat anything from the
//! request. It knows nothing of the sign-in: whose callback it is says the caller.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const PATH: &str = "/callback";
/// The longest request, in bytes.
const MAX_REQUEST_BYTES: usize = 8 * 1024;
/// Limit for one connection. Some browsers open connections that they never use.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(5);
/// The most connections that are served at the same time.
const MAX_CONNECTIONS: usize = 16;

/// The result of one request to the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackResult {
    /// The callback of the attempt, with a code.
    Accepted,
    /// The callback of the attempt, but the sign-in has failed.
    Denied,
    /// Not the callback of the attempt. The attempt continues.
    Ignored,
}

/// Opens a loopback port. Returns the listener and the redirect URI.
///
/// # Errors
/// If no port is free.
pub async fn bind() -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let uri = format!("http://{}{PATH}", listener.local_addr()?);
    Ok((listener, uri))
}

/// Serves the port until the callback of the attempt has arrived or `stop` is cancelled. `handle` gets the callback as a
/// whole URL.
pub async fn listen<H>(listener: TcpListener, stop: CancellationToken, handle: H)
where
    H: Fn(&str) -> CallbackResult + Clone + Send + Sync + 'static,
{
    let Ok(address) = listener.local_addr() else { return };
    let handle: Arc<dyn Fn(&str) -> CallbackResult + Send + Sync> = Arc::new(handle);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(done) = connections.join_next() => if matches!(done, Ok(Some(CallbackResult::Accepted | CallbackResult::Denied))) { return },
            () = stop.cancelled() => break,
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                if let Ok((stream, _)) = accepted {
                    let handle = handle.clone();
                    connections.spawn(async move { timeout(CONNECTION_TIMEOUT, serve(stream, address, &*handle)).await.ok().flatten() });
                }
            }
        }
    }
    // The port is closed. Open connections still get their page.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(
    mut stream: TcpStream,
    address: SocketAddr,
    handle: &(dyn Fn(&str) -> CallbackResult + Send + Sync),
) -> Option<CallbackResult> {
    let head = read_head(&mut stream).await.ok()?;
    let (status, result) = match target(&head, address) {
        Err(status) => (status, CallbackResult::Ignored),
        Ok(target) => match handle(&format!("http://{address}{target}")) {
            CallbackResult::Ignored => (400, CallbackResult::Ignored),
            result => (200, result),
        },
    };
    // The browser may have closed the connection; the result is valid anyway.
    let _ = respond(&mut stream, status, result).await;
    Some(result)
}

async fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(1024);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        if head.len() > MAX_REQUEST_BYTES || stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(head)
}

/// The path and query of a valid request, otherwise the status to respond with. The check of the Host header prevents DNS
/// rebinding: a web page whose host name resolves to this machine.
fn target(head: &[u8], address: SocketAddr) -> Result<String, u16> {
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut slots);
    if !request.parse(head).is_ok_and(|status| status.is_complete()) {
        return Err(400);
    }
    let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    let is_ours = hosts.next().is_some_and(|host| host.value == address.to_string().as_bytes()) && hosts.next().is_none();
    if !is_ours {
        return Err(400);
    }
    if request.method != Some("GET") {
        return Err(405);
    }
    let target = request.path.unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    if path == PATH { Ok(target.to_owned()) } else { Err(404) }
}

/// Removes the code from the browser's address bar and history.
const SCRIPT: &str = "history.replaceState(null,'','/')";

/// Sends a fixed page, which contains nothing from the request.
async fn respond(stream: &mut TcpStream, status: u16, result: CallbackResult) -> io::Result<()> {
    let text = match result {
        CallbackResult::Accepted => "You can close this page and go back to GrowQR.",
        CallbackResult::Denied => "Nothing was granted. You can close this page and go back to GrowQR.",
        CallbackResult::Ignored => "This is not the page that GrowQR waits for.",
    };
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>GrowQR</title><script>{SCRIPT}</script><p>{text}</p></html>"
    );
    let script = STANDARD.encode(Sha256::digest(SCRIPT));
    let head = format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         content-security-policy: default-src 'none'; script-src 'sha256-{script}'; base-uri 'none'; frame-ancestors 'none'\r\n\
         referrer-policy: no-referrer\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n",
        reason(status),
        body.len(),
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.shutdown().await
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "Bad Request",
    }
}
