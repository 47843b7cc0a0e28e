//! HTTP calls to the server: password, time limits, sizes, and the several formats of its errors.

use super::error::OpenCodeError;
use base64::Engine;
use growqr_core::secret::Secret;
use growqr_http::Target;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// The largest answer: a page of messages with long tool output, or a file.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
/// The longest text of a refusal that is kept.
const MAX_MESSAGE_CHARS: usize = 400;
const USER: &str = "opencode";

/// Time limits of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For opening a connection.
    pub connect: Duration,
    /// For a call with its answer. The first call in a directory starts an instance, which takes seconds on a slow machine.
    pub call: Duration,
    /// For one attempt to find the server ready.
    pub probe: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), call: Duration::from_secs(30), probe: Duration::from_secs(1) }
    }
}

pub(super) struct Transport {
    base: Url,
    authorization: HeaderValue,
    client: Client,
    /// Keeps no connection: one that was opened while the server started is never answered.
    probing: Client,
    pub limits: Limits,
}

/// A call, before it is sent.
pub(super) struct Call<'a> {
    method: Method,
    segments: Vec<&'a str>,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl<'a> Call<'a> {
    /// The segments of the path are escaped one by one.
    pub fn new(method: Method, segments: &[&'a str]) -> Call<'a> {
        Call { method, segments: segments.to_vec(), query: Vec::new(), body: None }
    }

    pub fn get(segments: &[&'a str]) -> Call<'a> {
        Call::new(Method::GET, segments)
    }

    pub fn post(segments: &[&'a str], body: Value) -> Call<'a> {
        Call { body: Some(body), ..Call::new(Method::POST, segments) }
    }

    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Call<'a> {
        self.query.push((name, value.into()));
        self
    }
}

/// A successful answer.
pub(super) struct Answer {
    body: Vec<u8>,
    is_json: bool,
    /// The cursor of the next page.
    pub next: Option<String>,
}

impl Answer {
    /// The size of the body in bytes.
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// Unknown paths are answered with a web page, so the content type is checked.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, OpenCodeError> {
        if !self.is_json {
            return Err(OpenCodeError::Unreadable("it is not JSON".into()));
        }
        serde_json::from_slice(&self.body).map_err(|error| OpenCodeError::Unreadable(error.to_string()))
    }
}

impl Transport {
    pub fn new(address: &str, password: &Secret, limits: Limits) -> Result<Transport, OpenCodeError> {
        let invalid = || OpenCodeError::InvalidAddress(address.to_owned());
        let base = Url::parse(address).map_err(|_| invalid())?;
        if base.scheme() != "http" || base.host_str().is_none() || !base.username().is_empty() || base.password().is_some() {
            return Err(invalid());
        }
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{}", password.expose()));
        let mut authorization = HeaderValue::from_str(&format!("Basic {pair}")).map_err(|_| invalid())?;
        authorization.set_sensitive(true);
        let client = |idle: usize| {
            let builder = growqr_http::builder(Target::LOOPBACK).map_err(|_| invalid())?;
            let builder = builder.connect_timeout(limits.connect).pool_max_idle_per_host(idle);
            builder.retry(reqwest::retry::never()).build().map_err(|_| invalid())
        };
        Ok(Transport { base, authorization, client: client(4)?, probing: client(0)?, limits })
    }

    /// Sends a call with the usual time limit.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, OpenCodeError> {
        self.exchange(&self.client, call, self.limits.call).await
    }

    /// Sends a call on a connection of its own, with the short time limit.
    pub async fn probe(&self, call: Call<'_>) -> Result<Answer, OpenCodeError> {
        self.exchange(&self.probing, call, self.limits.probe).await
    }

    /// Opens a stream. Only its beginning has a time limit.
    pub async fn stream(&self, call: Call<'_>) -> Result<Response, OpenCodeError> {
        let limit = self.limits.call;
        let opened = tokio::time::timeout(limit, self.begin(&self.probing, call)).await;
        opened.map_err(|_| OpenCodeError::TimedOut(limit))?
    }

    async fn exchange(&self, client: &Client, call: Call<'_>, limit: Duration) -> Result<Answer, OpenCodeError> {
        let whole = async {
            let mut response = self.begin(client, call).await?;
            let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
            let is_json = header(CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("application/json"));
            let next = header("x-next-cursor").map(str::to_owned);
            Ok(Answer { body: read(&mut response).await?, is_json, next })
        };
        tokio::time::timeout(limit, whole).await.map_err(|_| OpenCodeError::TimedOut(limit))?
    }

    /// Returns once there is a successful status; turns any other one into an error.
    async fn begin(&self, client: &Client, call: Call<'_>) -> Result<Response, OpenCodeError> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| OpenCodeError::Unreachable)?.pop_if_empty().extend(&call.segments);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let mut request = client.request(call.method, url);
        request = request.header(AUTHORIZATION, self.authorization.clone()).header(ACCEPT, "*/*");
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let mut response = request.send().await.map_err(|_| OpenCodeError::Unreachable)?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED => Err(OpenCodeError::WrongPassword),
            status => {
                let message = message_of(&read(&mut response).await?);
                Err(match status {
                    StatusCode::NOT_FOUND => OpenCodeError::NotFound(message),
                    _ => OpenCodeError::Refused { status: status.as_u16(), message },
                })
            }
        }
    }
}

async fn read(response: &mut Response) -> Result<Vec<u8>, OpenCodeError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| OpenCodeError::Unreachable)? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(OpenCodeError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The message in one of the formats that OpenCode uses for errors.
fn message_of(body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let found = ["/data/message", "/message", "/data/issues/0/message", "/name", "/_tag"]
        .iter()
        .find_map(|pointer| value.pointer(pointer).and_then(Value::as_str))
        .unwrap_or("no reason given");
    let issue = value.pointer("/data/issues/0/path").map(|path| format!(" at {path}")).unwrap_or_default();
    format!("{found}{issue}").chars().filter(|c| !c.is_control()).take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_found_in_every_format_of_an_error() {
        let table = [
            (
                r#"{"name":"BadRequest","data":{"message":"Missing key\n  at [\"parts\"]","kind":"Payload"}}"#,
                "Missing key  at [\"parts\"]",
            ),
            (r#"{"_tag":"PermissionNotFoundError","requestID":"per_x","message":"gone"}"#, "gone"),
            (
                r#"{"name":"ConfigInvalidError","data":{"path":"x","issues":[{"path":["permission","bash"],"message":"Expected string"}]}}"#,
                "Expected string at [\"permission\",\"bash\"]",
            ),
            (r#"{"name":"ConfigJsonError","data":{}}"#, "ConfigJsonError"),
            ("<html>", "no reason given"),
        ];
        for (body, expected) in table {
            assert_eq!(message_of(body.as_bytes()), expected);
        }
    }

    #[test]
    fn only_plain_http_addresses_without_a_user_are_accepted() {
        for address in ["", "https://127.0.0.1:1", "file:///etc", "http://user:pass@127.0.0.1:1", "127.0.0.1:1"] {
            let made = Transport::new(address, &Secret::new("x"), Limits::default());
            assert_eq!(made.err(), Some(OpenCodeError::InvalidAddress(address.into())), "{address}");
        }
        assert!(Transport::new("http://127.0.0.1:4096", &Secret::new("x"), Limits::default()).is_ok());
    }
}
