//! The port to a service with the Messages API, for requests that another program wrote. Nothing is translated: the reply arrives
//! in the service's own bytes. The implementation adds the key of the person; no caller ever sees it.

use crate::id::AgentId;
use crate::model::{Failure, ModelCard, Usage};
use crate::money::Money;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a request has left this program. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct SentMark(Arc<AtomicBool>);

impl SentMark {
    /// The service may get the request from now on.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// False as long as the service cannot have the request, and so cannot bill it.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A request for one message.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// The agent that pays; for fair queueing only, never sent.
    pub agent: AgentId,
    /// The API version that the body is written for, if the program named one.
    pub version: Option<String>,
    /// Names of beta features.
    pub betas: Vec<String>,
    /// The JSON body.
    pub body: Vec<u8>,
    /// Set by [`Upstream::send`] just before the body goes out.
    pub sent: SentMark,
}

/// The reply of the service, whatever its status.
pub struct RawReply {
    /// The HTTP status.
    pub status: u16,
    /// Headers that may be passed on, with names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The bytes, as they arrive.
    pub body: Box<dyn RawBody>,
}

/// What is known about the bill of a forwarded call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Billed {
    /// The service refused the request before the reply began, or never got it.
    Nothing,
    /// The reply is complete and names its usage.
    Complete {
        /// Tokens counted.
        usage: Usage,
        /// `None`: unknown price.
        cost: Option<Money>,
    },
    /// The reply is not complete; it may have been billed.
    #[default]
    Unknown,
}

/// The body of a reply. Dropping it closes the connection.
#[async_trait]
pub trait RawBody: Send {
    /// The next bytes, as soon as they arrive; `None` at the end.
    ///
    /// # Errors
    /// [`Failure`] if the connection breaks or nothing arrives for too long.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure>;

    /// The bill, as far as the bytes returned so far tell.
    fn billed(&self) -> Billed;
}

/// A service with the Messages API.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// What is known about a model; `None` if the service has no such model as far as this program knows.
    fn find_card(&self, model: &str) -> Option<ModelCard>;

    /// Sends a request once and returns as soon as the status of the reply is known. Never retries: the other program does.
    /// Dropping the future closes the connection; [`RawRequest::sent`] then says whether the service may have the request.
    ///
    /// # Errors
    /// [`Failure`] if there is no reply, not even an error of the service.
    async fn send(&self, request: RawRequest) -> Result<RawReply, Failure>;
}
