//! The HTTP client for Clerk: limits time and size of responses, and follows no redirects.

use growqr_http::{BuildError, Cause, ProxyError, Target};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;
use std::sync::OnceLock;
use std::time::Duration;
use zeroize::Zeroizing;

/// The largest response body. Responses of Clerk are far smaller.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Timeouts of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpTimeouts {
    /// For opening a connection.
    pub connect: Duration,
    /// For a whole request with its response.
    pub response: Duration,
    /// For a revocation. Short, because the user waits for the sign-out.
    pub revocation: Duration,
}

impl Default for HttpTimeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), response: Duration::from_secs(10), revocation: Duration::from_secs(3) }
    }
}

/// Why there is no usable response. None of these means that the sign-in has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The trusted certificates of this computer cannot be loaded.
    #[error("this computer's trusted certificates cannot be read")]
    NoCertificates,
    /// A proxy of the environment cannot be used.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// No connection, a connection that is not trusted, a broken connection, or a timeout.
    #[error("{0}")]
    Unreachable(Cause),
    /// Too many requests, or a fault of the server.
    #[error("Clerk is overloaded or has a fault (status {status})")]
    Busy {
        /// The HTTP status, 429 or 5xx.
        status: u16,
        /// Seconds to wait, if the server sent `retry-after`.
        retry_after: Option<u64>,
    },
    /// A redirect. It is not followed, because it could send codes and tokens to another server.
    #[error("Clerk's server redirected to another address")]
    Redirected,
    /// Any other unexpected status.
    #[error("Clerk's server refused (status {0})")]
    Refused(u16),
    /// The response is larger than the limit.
    #[error("Clerk's response is too large")]
    TooLarge,
    /// The response is not the expected JSON.
    #[error("Clerk's response cannot be read")]
    Unreadable,
}

/// The client. It is built with the first request, because loading the certificates takes milliseconds that a start without
/// sign-in need not spend.
pub(crate) struct Http {
    client: OnceLock<Result<Client, HttpError>>,
    timeouts: HttpTimeouts,
    loopback: bool,
}

/// A response with status 2xx or 4xx.
pub(crate) struct Response {
    pub status: StatusCode,
    /// The server's clock when it answered, in seconds.
    pub server_time: Option<i64>,
    body: Zeroizing<Vec<u8>>,
}

impl Response {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(|_| HttpError::Unreadable)
    }
}

impl Http {
    /// `issuer` decides whether proxies are used: a proxy cannot reach loopback addresses of this machine.
    pub fn new(timeouts: HttpTimeouts, issuer: &str) -> Self {
        // Only the stub server of a test build has an http issuer.
        Self { client: OnceLock::new(), timeouts, loopback: issuer.starts_with("http://") }
    }

    fn client(&self) -> Result<&Client, HttpError> {
        let made = self.client.get_or_init(|| build(self.timeouts, self.loopback).map_err(|error| not_built(&error)));
        made.as_ref().map_err(|error| *error)
    }

    /// Gets a JSON document. Any status other than 2xx is an error.
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

    /// Posts a form once, without retries. A 4xx is returned as a response, because its body has the error code.
    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Result<Response, HttpError> {
        self.send(self.form(address, fields)?).await
    }

    /// Like [`Http::post`], with the short timeout of revocations.
    pub async fn post_revocation(&self, address: &str, fields: &[(&str, &str)]) -> Result<Response, HttpError> {
        self.send(self.form(address, fields)?.timeout(self.timeouts.revocation)).await
    }

    fn form(&self, address: &str, fields: &[(&str, &str)]) -> Result<RequestBuilder, HttpError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client()?.post(parse(address)?).header("accept", "application/json");
        Ok(request.header("content-type", "application/x-www-form-urlencoded").body(body))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, HttpError> {
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(HttpError::Redirected);
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(HttpError::Busy { status: status.as_u16(), retry_after: retry_after(response.headers()) });
        }
        let server_time = growqr_http::server_time(response.headers());
        Ok(Response { status, server_time, body: read(&mut response).await? })
    }
}

fn build(timeouts: HttpTimeouts, loopback: bool) -> Result<Client, BuildError> {
    let target = if loopback { Target::LOOPBACK } else { Target::INTERNET };
    let builder = growqr_http::builder(target)?
        .user_agent(concat!("growqr/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.response)
        // A code can be used only once, and a broken request may have used it.
        .retry(reqwest::retry::never());
    Ok(builder.https_only(!loopback).build()?)
}

fn not_built(error: &BuildError) -> HttpError {
    tracing::debug!(?error, "the HTTP client for sign-in could not be built");
    match error {
        BuildError::Proxy(error) => HttpError::Proxy(*error),
        BuildError::Certificates(_) => HttpError::NoCertificates,
    }
}

/// Logs the whole chain: the cause alone does not say which certificate or address is meant.
fn unreachable(error: reqwest::Error) -> HttpError {
    let cause = Cause::of(&error);
    // The URL may contain a code.
    let error = error.without_url();
    tracing::debug!(?cause, ?error, "the sign-in service did not answer");
    HttpError::Unreachable(cause)
}

fn parse(address: &str) -> Result<Url, HttpError> {
    Url::parse(address).map_err(|_| HttpError::Unreadable)
}

async fn read(response: &mut reqwest::Response) -> Result<Zeroizing<Vec<u8>>, HttpError> {
    let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY_BYTES));
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Parses `retry-after` in seconds. Dates are ignored: Clerk sends none, and they would need a correct clock.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}
