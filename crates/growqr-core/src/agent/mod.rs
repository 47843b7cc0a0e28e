//! The turn machine: the state of an agent, and every rule of its conversation.
//!
//! [`decide`] returns the events for an input, [`State::apply`] applies one event, and [`State::open_intents`] lists the actions
//! to perform outside. All three are pure; a driver (in `growqr-actors`) records the events before it acts.
//!
//! Phases of a turn: `Idle -> Calling -> (Tools -> Calling)* -> Idle`. A sub-agent is `Waiting` if its model has finished while
//! its own sub-agents still work; its turn continues when the last of them reports. A sub-agent that is told to stop first stops
//! its own sub-agents and ends after them, so that its report covers all that was spent below it.
//!
//! The turn of a sub-agent whose mind is a session of the workbench: `Idle -> (Session -> Waiting)* -> Idle`.

mod apply;
mod asks;
mod attached;
mod bounded_text;
mod bounds;
mod calls;
mod charge;
mod charges;
mod child;
mod children;
mod conflicts;
mod decide;
mod draft;
mod end;
mod exchange;
mod failure;
mod finish;
mod fresh;
mod intent;
mod judge;
mod limit;
mod messages;
mod named;
mod open_session;
mod past;
mod render;
mod reviews;
mod scheduled;
pub mod searched;
mod server_calls;
mod session;
mod session_requests;
mod session_state;
mod state;
pub mod tools;
mod transcript;
mod turn;
mod version_1;
mod view;
mod web_calls;

#[cfg(test)]
mod tests;

pub use calls::wanted_calls;
pub use charge::{Charge, ChargeBounds};
pub use charges::{ChargeState, Spendable};
pub use decide::decide;
pub use exchange::{Input, Setup, Surroundings};
pub use fresh::BeforeMessage;
pub use intent::Intent;
pub use state::{STATE_VERSION, State};
pub use transcript::Transcript;
pub use view::{spending, views};
