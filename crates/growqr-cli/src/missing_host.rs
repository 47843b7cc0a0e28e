//! The notice that no GrowQR runs the agents.

use crate::print::Out;
use growqr_app::{Client, Environment, Profile};
use growqr_wire::{Agent, Needs};

/// Says that nothing runs the agents, if some of these are at work.
pub async fn notice_missing_host(profile: Profile, environment: &Environment, out: &Out, agents: &[Agent]) {
    if agents.iter().any(Agent::is_at_work) && is_host_missing(profile, environment).await {
        out.notice("No GrowQR is running. Agents that are at work continue when it runs, for example with: growqr chat");
    }
}

/// True if no process runs the agents. A host that does not answer counts as running.
async fn is_host_missing(profile: Profile, environment: &Environment) -> bool {
    let opened = Client::open(profile, environment, Needs::Nothing).await;
    opened.is_ok_and(|(client, _)| !client.is_attached())
}
