//! Forwards requests that another program wrote, and reads the usage from the reply while its bytes pass through.

use super::Anthropic;
use super::bill::BillReader;
use super::call::CallErrors;
use super::table;
use crate::http::{Permit, body_of, failure, header, idle_timeout_failure, request_id};
use async_trait::async_trait;
use futures_util::stream;
use growqr_core::model::{Failure, FailureKind, Model, ModelCard};
use growqr_core::upstream::{Billed, RawBody, RawReply, RawRequest, Upstream};
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Response};
use std::convert::Infallible;
use std::sync::PoisonError;
use std::time::Duration;

/// Response headers that are passed on. The others may name the account.
const PASSED_ON: [&str; 5] = ["content-type", "request-id", "retry-after", "retry-after-ms", "x-should-retry"];

/// At most this many bytes of an error response are passed on.
const ERROR_LIMIT: usize = 64 * 1024;

#[async_trait]
impl Upstream for Anthropic {
    fn find_card(&self, model: &str) -> Option<ModelCard> {
        let is_listed = self.overlay.read().unwrap_or_else(PoisonError::into_inner).contains_key(model);
        (is_listed || table::is_known(model)).then(|| self.card(model))
    }

    async fn send(&self, request: RawRequest) -> Result<RawReply, Failure> {
        let errors = CallErrors { provider: self, model: "", has_history: false };
        let mut http = self.request(Method::POST, "/v1/messages")?;
        let headers = http.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        if let Some(version) = request.version.as_deref().and_then(|version| HeaderValue::from_str(version).ok()) {
            headers.insert("anthropic-version", version);
        }
        if !request.betas.is_empty() {
            let betas = HeaderValue::from_str(&request.betas.join(",")).map_err(|_| {
                failure(FailureKind::Rejected, "The name of a beta feature has characters that are not allowed.", None)
            })?;
            headers.insert("anthropic-beta", betas);
        }
        headers.insert(CONTENT_LENGTH, request.body.len().into());
        let (body, sent) = (request.body, request.sent);
        // The body is asked for once there is a connection.
        let body = stream::once(async move {
            sent.set();
            Ok::<_, Infallible>(body)
        });
        *http.body_mut() = Some(reqwest::Body::wrap_stream(body));
        let limit = self.config.idle_timeout;
        let (response, permit) = self.service.send_once(http, &request.agent, limit, &errors).await?;
        let status = response.status().as_u16();
        let headers = PASSED_ON.iter().filter_map(|name| Some((*name, header(response.headers(), name)?))).collect();
        if status != 200 {
            // A body that does not arrive in time counts as empty: the status is enough.
            let body =
                tokio::time::timeout(self.config.connect_timeout, body_of(response, ERROR_LIMIT)).await.unwrap_or_default();
            let body = redact(body, self.config.key.expose());
            return Ok(RawReply { status, headers, body: Box::new(ErrorBody(Some(body))) });
        }
        let kind = header(response.headers(), "content-type").unwrap_or_default();
        let Some(bill) = BillReader::for_content_type(&kind) else {
            let text = "The response did not come from Anthropic: a proxy or a login page of the network may have intercepted the \
                        request.";
            return Err(failure(FailureKind::Unavailable, text, request_id(response.headers())));
        };
        let body = Body { idle_timeout: limit, response, bill, _permit: permit };
        Ok(RawReply { status, headers, body: Box::new(body) })
    }
}

/// Replaces the key, in case the service repeats it. Bytes without the key stay as they are.
fn redact(body: Vec<u8>, key: &str) -> Vec<u8> {
    match std::str::from_utf8(&body) {
        Ok(text) if !key.is_empty() && text.contains(key) => text.replace(key, "(key)").into_bytes(),
        _ => body,
    }
}

/// The body of an error response, which is never billed.
struct ErrorBody(Option<Vec<u8>>);

#[async_trait]
impl RawBody for ErrorBody {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.0.take())
    }

    fn billed(&self) -> Billed {
        Billed::Nothing
    }
}

/// A body that is still arriving. Keeps the permit of its call until it is dropped.
struct Body {
    idle_timeout: Duration,
    response: Response,
    bill: BillReader,
    _permit: Permit,
}

#[async_trait]
impl RawBody for Body {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let received = tokio::time::timeout(self.idle_timeout, self.response.chunk()).await;
        let request_id = || request_id(self.response.headers());
        match received {
            Err(_) => Err(idle_timeout_failure("Anthropic", self.idle_timeout, request_id())),
            Ok(Err(_)) => Err(failure(FailureKind::Broken, "The answer broke off before it was complete.", request_id())),
            Ok(Ok(None)) => {
                self.bill.end();
                Ok(None)
            }
            Ok(Ok(Some(bytes))) => {
                self.bill.push(&bytes);
                Ok(Some(bytes.into()))
            }
        }
    }

    fn billed(&self) -> Billed {
        self.bill.billed()
    }
}
