//! Runs one prompt in one session to its end: [`phase`] decides from what the server says, [`run_session`] asks and acts.

mod phase;
mod run;

pub use phase::{Ending, Failure, Known, Phase, Snapshot, phase};
pub use run::{SessionJob, SessionOutcome, SessionView, run_session};
