//! Asking Clerk over HTTP: bounded in time and size, and never led to another address.

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;
use std::sync::OnceLock;
use std::time::Duration;
use zeroize::Zeroizing;

/// No answer of Clerk's comes near it.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpTimeouts {
    /// For a connection.
    pub connect: Duration,
    /// For a whole answer.
    pub response: Duration,
    /// For the answer to a revocation, which a person who signs out waits for.
    pub revocation: Duration,
}

impl Default for HttpTimeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), response: Duration::from_secs(10), revocation: Duration::from_secs(3) }
    }
}

/// Why there was no usable answer. None of these says anything about who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The certificates that this computer trusts cannot be read.
    #[error("this computer's trusted certificates cannot be read")]
    NoCertificates,
    /// No network, no such host, no connection, a broken one, or no answer in time.
    #[error("Clerk cannot be reached")]
    Unreachable,
    /// Too many requests, or a fault of the server. Holds the seconds to wait, if it said so.
    #[error("Clerk is busy or out of order (status {status})")]
    Busy {
        /// The HTTP status, 429 or 5xx.
        status: u16,
        /// Seconds, as far as the server named them.
        retry_after: Option<u64>,
    },
    /// A redirect. Codes and tokens are not carried elsewhere.
    #[error("Clerk's server pointed to another address")]
    Redirected,
    /// Any other status than expected.
    #[error("Clerk's server refused (status {0})")]
    Refused(u16),
    /// Above the limit in size.
    #[error("Clerk's answer is too large")]
    TooLarge,
    /// Not the JSON that was due.
    #[error("Clerk's answer cannot be read")]
    Unreadable,
}

/// The client. It is made at the first request: reading the machine's certificates takes milliseconds that a start
/// without a sign-in need not spend.
pub(crate) struct Http {
    client: OnceLock<Result<Client, HttpError>>,
    timeouts: HttpTimeouts,
    loopback: bool,
}

/// An answer with status 2xx or 4xx.
pub(crate) struct Response {
    pub status: StatusCode,
    body: Zeroizing<Vec<u8>>,
}

impl Response {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(|_| HttpError::Unreadable)
    }
}

impl Http {
    /// `issuer` decides whether a proxy can be of use: it cannot reach this machine's own addresses.
    pub fn new(timeouts: HttpTimeouts, issuer: &str) -> Self {
        // An http issuer is only ever the stand-in on this machine.
        Self { client: OnceLock::new(), timeouts, loopback: issuer.starts_with("http://") }
    }

    fn client(&self) -> Result<&Client, HttpError> {
        let made = self.client.get_or_init(|| build(self.timeouts, self.loopback).map_err(|_| HttpError::NoCertificates));
        made.as_ref().map_err(|error| *error)
    }

    /// Reads a JSON document; anything but a 2xx is an error.
    pub async fn get<T: DeserializeOwned>(&self, address: &str, bearer: Option<&str>) -> Result<T, HttpError> {
        let mut request = self.client()?.get(parse(address)?).header("accept", "application/json");
        if let Some(token) = bearer {
            request = request.bearer_auth(token);
        }
        let answer = self.send(request).await?;
        if !answer.status.is_success() {
            return Err(HttpError::Refused(answer.status.as_u16()));
        }
        answer.json()
    }

    /// Posts a form, once. A 4xx is an answer: what it means stands in its body.
    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Result<Response, HttpError> {
        self.send(self.form(address, fields)?).await
    }

    /// The same, with the short patience of signing out.
    pub async fn post_revocation(&self, address: &str, fields: &[(&str, &str)]) -> Result<Response, HttpError> {
        self.send(self.form(address, fields)?.timeout(self.timeouts.revocation)).await
    }

    fn form(&self, address: &str, fields: &[(&str, &str)]) -> Result<RequestBuilder, HttpError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client()?.post(parse(address)?).header("accept", "application/json");
        Ok(request.header("content-type", "application/x-www-form-urlencoded").body(body))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, HttpError> {
        let mut response = request.send().await.map_err(|_| HttpError::Unreachable)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(HttpError::Redirected);
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(HttpError::Busy { status: status.as_u16(), retry_after: retry_after(response.headers()) });
        }
        Ok(Response { status, body: read(&mut response).await? })
    }
}

fn build(timeouts: HttpTimeouts, loopback: bool) -> Result<Client, reqwest::Error> {
    let builder = Client::builder()
        .user_agent(concat!("growqr/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.response)
        .redirect(reqwest::redirect::Policy::none())
        // A code may be used once; whether a request that broke off has used it cannot be known.
        .retry(reqwest::retry::never());
    // Over plain http there is nothing to verify, so the machine's certificates stay unread.
    if loopback { builder.no_proxy().tls_certs_only([]).build() } else { builder.https_only(true).build() }
}

fn parse(address: &str) -> Result<Url, HttpError> {
    Url::parse(address).map_err(|_| HttpError::Unreadable)
}

async fn read(response: &mut reqwest::Response) -> Result<Zeroizing<Vec<u8>>, HttpError> {
    let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY_BYTES));
    while let Some(chunk) = response.chunk().await.map_err(|_| HttpError::Unreachable)? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Seconds only: Clerk sends no dates, and a date needs a clock that agrees.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}
