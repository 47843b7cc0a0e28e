//! What is known about a call before it is sent.

use crate::charge::OpenCharge;
use crate::message::MessageRequest;
use crate::ports::Caller;
use crate::prompt_size::PromptParts;
use bytes::Bytes;
use growqr_core::id::AgentId;
use growqr_core::model::ModelCard;

/// A request that was received completely.
pub(crate) struct Call {
    pub caller: Caller,
    pub version: Option<String>,
    pub betas: Vec<String>,
    pub body: Bytes,
}

/// A call that is paid for.
pub(crate) struct Paid<'a> {
    pub agent: AgentId,
    pub request: MessageRequest<'a>,
    pub prompt: PromptParts,
    /// The model to use.
    pub card: ModelCard,
    pub charge: OpenCharge,
}
