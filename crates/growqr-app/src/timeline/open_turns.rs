//! What is known of the turns that go on.

use super::fold::TurnFold;
use growqr_core::id::{AgentId, Seq};
use std::collections::HashMap;
use tokio::sync::Mutex;

/// The turns of the agents at work, as far as they are read, so that the next reading reads only what is new.
#[derive(Default)]
pub(crate) struct OpenTurns(pub(super) Mutex<HashMap<AgentId, (Seq, TurnFold)>>);
