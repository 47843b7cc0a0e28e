//! `growqr fresh`: starts the conversation afresh.

use crate::CommandResult;
use crate::print::Out;
use growqr_app::{Environment, Profile, new_message_id, send_request};
use growqr_wire::{Agent, Reply, Request};

/// The command in the prompt loop of `growqr chat`.
pub const IN_CHAT: &str = "/fresh";

/// The request for a fresh start.
pub fn request() -> Request {
    Request::StartFresh { id: new_message_id() }
}

/// Starts the conversation afresh, and says when that takes effect.
pub async fn fresh(profile: Profile, environment: &Environment, out: &Out) -> CommandResult {
    if let Reply::Said { agent } = send_request(profile, environment, request()).await? {
        out.row(&agent, || when(&agent).to_owned());
    }
    Ok(true)
}

/// When a fresh start takes effect that this agent has recorded.
pub fn when(agent: &Agent) -> &'static str {
    if agent.is_at_work() {
        "The agent is at work. The conversation starts afresh once it has finished; it reads your next message after that."
    } else {
        "The conversation starts afresh with your next message. What was said before can still be read and searched."
    }
}
