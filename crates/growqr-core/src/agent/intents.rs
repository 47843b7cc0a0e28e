//! The open intents of an agent.

use super::exchange::Intent;
use super::state::State;
use super::turn::{Call, Phase, Progress};
use crate::tool::ToolCall;

impl State {
    fn intent(&self, call: &Call) -> Option<Intent> {
        let plan = match &call.progress {
            Progress::Running | Progress::Interrupted => None,
            Progress::Committing(plan) => Some(plan.clone()),
            Progress::AwaitingPermission(_) | Progress::Permitted | Progress::Waiting(_) | Progress::Done(_) => return None,
        };
        let origin = self.origin(call.effect.clone());
        let (executor, name, input, at, held) =
            (call.executor.clone(), call.name.clone(), call.input.clone(), call.at, call.held.is_some());
        let is_interrupted = call.progress == Progress::Interrupted;
        let call = ToolCall { executor, name, input, origin, at, held };
        Some(if is_interrupted { Intent::LookUpTool { call } } else { Intent::RunTool { call, plan } })
    }

    /// Intents that are announced in the journal and not settled.
    #[must_use]
    pub fn open_intents(&self) -> Vec<Intent> {
        let mut intents = match &self.phase {
            Phase::Idle | Phase::Waiting => Vec::new(),
            Phase::Calling { attempt, request_hash, .. } => {
                vec![Intent::CallModel { attempt: *attempt, request_hash: request_hash.clone() }]
            }
            Phase::Tools(calls) => calls.iter().filter_map(|call| self.intent(call)).collect(),
            Phase::Session(open) => self.session_intents(open),
        };
        intents.extend(self.review_intents());
        intents
    }
}
