//! One of several computers that run the agents of many profiles on a Rivet engine.
//!
//! The engine decides where an agent is awake. The journal in PostgreSQL is the only store: the engine knows the ids of agents,
//! and when to wake one again. A second writer is refused by the journal, whatever the engine does.
//! [`watch`] tells others how this computer does, [`signals`] when it is to stop. `engine` joins the engine and is a placement;
//! `own_engine` starts one.

#[cfg(feature = "engine")]
pub mod engine;
pub mod metrics;
#[cfg(feature = "engine")]
pub mod own_engine;
pub mod signals;
pub mod watch;
