//! The HTTP client of a server that may want a sign-in: each request has the access token of the moment, and one whose token is refused
//! is sent once more with a renewed one. A refused request was not carried out.

use crate::connect_error::is_refused_without_challenge;
use crate::sign_in::{AccessTokens, TokenError};
use growqr_core::secret::Secret;
use http::{HeaderName, HeaderValue};
use rmcp::model::ClientJsonRpcMessage;
use rmcp::transport::common::client_side_sse::BoxedSseResponse;
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse, StreamableHttpResponseLimits,
};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

type Error = StreamableHttpError<reqwest::Error>;
type Headers = HashMap<HeaderName, HeaderValue>;

/// A client with the sign-in at one server.
#[derive(Clone)]
pub(crate) struct SignedInClient {
    pub client: reqwest::Client,
    pub tokens: AccessTokens,
}

impl SignedInClient {
    /// Sends a request, once more if its token is refused.
    async fn send<T, S>(&self, send: impl Fn(Option<String>) -> S) -> Result<T, Error>
    where
        S: Future<Output = Result<T, Error>>,
    {
        let text = |token: &Secret| token.expose().to_owned();
        let token = self.tokens.current().await.map_err(failure)?;
        let refused = match send(token.as_ref().map(text)).await.map_err(challenged) {
            Err(Error::AuthRequired(challenge)) => challenge,
            answer => return answer,
        };
        tracing::debug!("the server refuses the access token");
        match self.tokens.after_refusal(token).await {
            Ok(other) => match send(Some(text(&other))).await.map_err(challenged) {
                Err(Error::AuthRequired(challenge)) => {
                    self.tokens.is_refused();
                    Err(Error::AuthRequired(challenge))
                }
                answer => answer,
            },
            Err(TokenError::NeedsSignIn(_)) => Err(Error::AuthRequired(refused)),
            Err(error) => Err(failure(error)),
        }
    }
}

/// A refusal without a challenge as one with it: there are servers that send none.
fn challenged(error: Error) -> Error {
    if is_refused_without_challenge(&error) { Error::AuthRequired(AuthRequiredError::new(String::new())) } else { error }
}

fn failure(error: TokenError) -> Error {
    match error {
        TokenError::NeedsSignIn(reason) => Error::AuthRequired(AuthRequiredError::new(reason)),
        later => Error::Io(io::Error::other(later)),
    }
}

impl StreamableHttpClient for SignedInClient {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Error> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session_id, auth_header, custom_headers, limits).await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _auth_header: Option<String>,
        custom_headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Result<StreamableHttpPostResponse, Error> {
        self.send(|token| {
            let (message, headers) = (message.clone(), custom_headers.clone());
            self.client.post_message_with_response_limits(uri.clone(), message, session_id.clone(), token, headers, limits)
        })
        .await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<(), Error> {
        // The end of a session is worth no renewal, least of all that of a session whose tokens are refused.
        let token = self.tokens.current().await.map_err(failure)?;
        self.client.delete_session(uri, session_id, token.map(|token| token.expose().to_owned()), custom_headers).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<BoxedSseResponse, Error> {
        self.send(|token| {
            let (event, headers) = (last_event_id.clone(), custom_headers.clone());
            self.client.get_stream(uri.clone(), session_id.clone(), event, token, headers)
        })
        .await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _auth_header: Option<String>,
        custom_headers: Headers,
        max_sse_event_size: usize,
    ) -> Result<BoxedSseResponse, Error> {
        self.send(|token| {
            let (event, headers) = (last_event_id.clone(), custom_headers.clone());
            let (uri, session_id) = (uri.clone(), session_id.clone());
            self.client.get_stream_with_max_sse_event_size(uri, session_id, event, token, headers, max_sse_event_size)
        })
        .await
    }
}
