//! A minimal browser for tests: opens pages and submits their forms.

use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A page or a redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// The target, if it is a redirect.
    pub location: Option<String>,
    /// The response head as received.
    pub head: String,
    /// The body.
    pub text: String,
}

impl Page {
    /// The values of a header, whose name is in lower case.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Opens a URL on this machine. Does not follow redirects.
///
/// # Errors
/// If there is no response.
pub async fn open(url: &str) -> io::Result<Page> {
    request("GET", url, "").await
}

/// Opens the authorization URL, signs in if needed, and presses Allow. Returns the callback URL.
///
/// # Panics
/// If the server responds with an error page.
pub async fn allow(url: &str) -> String {
    press(url, "allow").await
}

/// Like [`allow`], but presses Deny.
///
/// # Panics
/// If the server responds with an error page.
pub async fn deny(url: &str) -> String {
    press(url, "deny").await
}

async fn press(url: &str, button: &str) -> String {
    let origin: String = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let mut page = open(url).await.expect("the stub responds");
    loop {
        if let Some(location) = page.location {
            return location;
        }
        assert_eq!(page.status, 200, "the page refuses: {}", page.text);
        let button = if page.text.contains("id=\"sign-in\"") { "sign-in" } else { button };
        let (action, ticket) = form(&page.text, button).unwrap_or_else(|| panic!("no button {button}: {}", page.text));
        let body = format!("ticket={ticket}&decision={button}");
        page = request("POST", &format!("{origin}{action}"), &body).await.expect("the stub responds");
    }
}

/// The action and the ticket of the form with this button.
fn form(page: &str, button: &str) -> Option<(String, String)> {
    let form = page.split("<form ").find(|form| form.contains(&format!("id=\"{button}\"")))?;
    let after = |start: &str| Some(form.split_once(start)?.1.split('"').next()?.to_owned());
    Some((after("action=\"")?, after("name=\"ticket\" value=\"")?))
}

async fn request(method: &str, url: &str, body: &str) -> io::Result<Page> {
    let rest = url.strip_prefix("http://").ok_or(io::ErrorKind::InvalidInput)?;
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let head = format!("host: {host}\r\ncontent-type: application/x-www-form-urlencoded\r\n");
    send(host, &format!("{method} {path} HTTP/1.1\r\n{head}content-length: {}\r\n\r\n{body}", body.len())).await
}

/// Sends these bytes to an address on this machine and reads one response.
///
/// # Errors
/// If there is no complete HTTP response.
pub async fn send(address: &str, bytes: &str) -> io::Result<Page> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(bytes.as_bytes()).await?;
    let mut answer = Vec::new();
    loop {
        if let Some(page) = parse(&answer) {
            return Ok(page);
        }
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn parse(answer: &[u8]) -> Option<Page> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let page = Page { status, location: None, head: head.to_owned(), text: body.to_owned() };
    let length: usize = page.header("content-length").next()?.parse().ok()?;
    let location = page.header("location").next().map(str::to_owned);
    (body.len() >= length).then_some(Page { location, ..page })
}
