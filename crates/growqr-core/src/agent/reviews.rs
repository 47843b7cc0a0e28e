//! Held changes of memory: asks the person to approve each, and has the decision carried out.
//!
//! A held change is a commit on a branch of its own. The agent goes on without it. The person's decision is settled apart from
//! turns, so that it needs no model call.

use super::asks::ask_id;
use super::bounded_text::beginning;
use super::draft::Draft;
use super::intent::Intent;
use super::state::State;
use super::turn::{Counters, Pending, Progress, Reviewed};
use crate::ask::{APPROVE, Ask, AskDetail, AskKind, AskOption, AskOutcome, REJECT};
use crate::event::{AskRaised, AskSettled, ReviewClosed, ReviewIntended};
use crate::id::{AskId, EffectId};
use crate::memory::{CommitPlan, Review, ReviewProblem};
use serde_json::Value;

/// The most bytes of the agent's reason in the ask.
const SHOWN_MESSAGE: usize = 500;

impl Draft<'_> {
    /// What the ask says about the change of this call, if it is a held one.
    pub(super) fn held_change(&self, effect: &EffectId) -> Option<AskDetail> {
        let call = self.state.call(effect)?;
        let (Some(rule), Progress::Committing(held)) = (&call.held, &call.progress) else { return None };
        let input: Option<Value> = serde_json::from_str(call.input.text()).ok();
        let message = input.as_ref().and_then(|input| input.get("message")?.as_str()).unwrap_or_default();
        Some(AskDetail::Review {
            effect: effect.clone(),
            turn: self.state.turn,
            held: Box::new(held.clone()),
            base: held.old_blob.clone(),
            message: beginning(message, SHOWN_MESSAGE).to_owned(),
            rule: rule.clone(),
            problem: None,
        })
    }

    /// Asks the person to approve a held change. The agents above are not told: none waits for it.
    pub(super) fn ask_for_review(&mut self, detail: AskDetail) {
        let AskDetail::Review { effect, held, .. } = &detail else { return };
        let does = match (&held.old_blob, &held.new_blob) {
            (_, None) => "delete",
            (None, _) => "add",
            (Some(_), Some(_)) => "change",
        };
        let text = format!("{} wants to {does} the page {}.", self.state.title(), held.path);
        let ask = Ask {
            id: ask_id(effect),
            kind: AskKind::Review,
            text,
            detail: Some(detail),
            options: vec![AskOption::new(APPROVE, "Approve"), AskOption::new(REJECT, "Reject")],
            scopes: Vec::new(),
            deadline: None,
            default: None,
        };
        self.push(AskRaised { ask, notices: Vec::new() });
    }

    /// Records the commit of an approved change, before it is made.
    pub(super) fn on_review_prepared(&mut self, ask: AskId, plan: CommitPlan) {
        if self.state.reviewed.get(&ask).is_some_and(|reviewed| reviewed.review.approved) {
            self.push(ReviewIntended { ask, plan });
        }
    }

    /// Records the result of a decision. If the change could not be committed, the person is asked again.
    pub(super) fn on_review_settled(&mut self, ask: AskId, settled: Result<Option<String>, ReviewProblem>) {
        let Some(reviewed) = self.state.reviewed.get(&ask).cloned() else { return };
        let (commit, failed) = match settled {
            Ok(commit) => (commit, None),
            Err(problem) => (None, Some(problem)),
        };
        self.push(ReviewClosed { ask, commit, problem: failed.as_ref().map(|failed| failed.text.clone()) });
        if let (Some(failed), Ask { detail: Some(AskDetail::Review { effect, turn, held, message, rule, .. }), .. }) =
            (failed, &reviewed.asked)
        {
            let place = format!("{}/review/{effect}", self.state.id);
            let id = AskId::new(format!("ask-{}", self.state.scope(&place).effect(self.state.seq.next().0)));
            let detail = AskDetail::Review {
                effect: effect.clone(),
                turn: *turn,
                held: held.clone(),
                message: message.clone(),
                rule: rule.clone(),
                base: failed.base,
                problem: Some(failed.text),
            };
            let ask = Ask { id, detail: Some(detail), ..reviewed.asked.clone() };
            self.push(AskRaised { ask, notices: Vec::new() });
        } else {
            self.on_continue();
        }
    }
}

impl State {
    pub(super) fn review_intents(&self) -> impl Iterator<Item = Intent> + '_ {
        self.reviewed.iter().map(|(ask, reviewed)| Intent::SettleReview {
            ask: ask.clone(),
            review: reviewed.review.clone(),
            plan: reviewed.plan.clone(),
        })
    }

    pub(super) fn review_answered(&mut self, asked: Ask, body: &AskSettled) {
        let Some(AskDetail::Review { effect, turn, held, base, message, .. }) = &asked.detail else { return };
        let answer = body.answer.as_ref();
        let edited = answer.and_then(|answer| answer.edited.as_ref());
        let mut origin = self.origin(effect.clone());
        origin.turn = *turn;
        let review = Review {
            held: CommitPlan::clone(held),
            origin,
            message: message.clone(),
            at: self.updated_at,
            approved: body.outcome == Some(AskOutcome::Approved),
            base: edited.and_then(|edited| edited.base.as_ref()).or(base.as_ref()).cloned(),
            edited: edited.map(|edited| edited.text.clone()),
        };
        let remark = answer.and_then(|answer| answer.text.clone());
        self.reviewed.insert(body.ask.clone(), Reviewed { review, asked, remark, plan: None });
    }

    pub(super) fn review_intended(&mut self, body: &ReviewIntended) {
        if let Some(reviewed) = self.reviewed.get_mut(&body.ask) {
            reviewed.plan = Some(body.plan.clone());
        }
    }

    /// The agent is told the decision with its next request. A rejection with a remark is a message to the Grow Agent, which works
    /// on it at once.
    pub(super) fn review_closed(&mut self, body: &ReviewClosed) {
        let Some(Reviewed { review, remark, .. }) = self.reviewed.remove(&body.ask) else { return };
        if body.problem.is_some() {
            return;
        }
        if !review.approved && self.depth() == 0 && remark.as_ref().is_some_and(|remark| !remark.trim().is_empty()) {
            if self.is_at_work() {
                self.counters = Counters::default();
            } else {
                self.new_message();
            }
            self.must_continue = true;
        }
        let (path, edited) = (review.held.path, review.edited.is_some());
        self.pending.push(Pending::Reviewed { ask: body.ask.clone(), path, approved: review.approved, edited, remark });
    }
}
