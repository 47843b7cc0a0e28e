//! The turn machine: what an agent is, and every rule of its conversation.
//!
//! [`decide`] says which events an input leads to, [`State::apply`] applies one event, [`State::open_intents`] names what
//! must be done outside. All three are pure; a driver (in `growqr-actors`) records before it acts.
//!
//! Phases of a turn: `Idle -> Calling -> (Tools -> Calling)* -> Idle`. A sub-agent whose model is done while its own
//! sub-agents still work is `Waiting`, and goes on when the last of them reports. One that is stopped stops its own
//! first, and ends when they have: what it reports covers all that was spent below it.

mod apply;
mod calls;
mod charge;
mod charges;
mod child;
mod children;
mod decide;
mod draft;
mod exchange;
mod judge;
mod reach;
mod render;
mod state;
pub mod tools;
mod transcript;
mod version_1;
mod view;

#[cfg(test)]
mod tests;

pub use calls::wanted_calls;
pub use charge::Charge;
pub use charges::ChargeStanding;
pub use decide::decide;
pub use exchange::{Input, Intent, Setup};
pub use state::{STATE_VERSION, State};
pub use transcript::Transcript;
pub use view::views;
