//! Held changes of memory: asks the person to approve each, and has the decision carried out.
//!
//! A held change is a commit on a branch of its own. The agent goes on without it. The person's decision is settled apart from
//! turns, so that it needs no model call.

use super::asks::ask_id;
use super::bounded_text::beginning;
use super::draft::Draft;
use super::intent::Intent;
use super::state::State;
use super::turn::{NextPast, Pending, Phase, Progress, Reviewed};
use crate::ask::{APPROVE, Answer, Ask, AskDetail, AskKind, AskOption, AskOutcome, EditedPage, REJECT, SettledBy};
use crate::event::{AskRaised, AskSettled, ReviewClosed, ReviewIntended};
use crate::id::{AgentId, AskId, EffectId};
use crate::mail::{ChangeDecided, Mail, MailBody};
use crate::memory::{CommitPlan, DecidedInGitea, Review, ReviewProblem, Settled};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The most bytes of the agent's reason in the ask.
const SHOWN_MESSAGE: usize = 500;

/// The most bytes of a comment in Gitea that the agent reads.
const SHOWN_COMMENT: usize = 2_000;

/// The longest name of an account in Gitea, in characters: Gitea allows no longer one.
const MAX_ACCOUNT: usize = 40;

/// The most bytes of a rejected text that the agent reads again.
const SHOWN_PROPOSAL: usize = 20_000;

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
            untrusted: self.state.untrusted(),
            problem: None,
            edited: None,
            remark: None,
        })
    }

    /// Asks the person to approve a held change. The agents above are not told: none waits for it.
    pub(super) fn ask_for_review(&mut self, detail: AskDetail) {
        let AskDetail::Review { effect, held, untrusted, .. } = &detail else { return };
        let does = match (&held.old_blob, &held.new_blob) {
            (_, None) => "delete",
            (None, _) => "add",
            (Some(_), Some(_)) => "change",
        };
        let mut text = format!("{} wants to {does} the page {}", self.state.title(), held.path);
        if !untrusted.is_empty() {
            let _ = write!(text, ", after it has read text from {}", untrusted.join(", "));
        }
        text.push('.');
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
        self.push(AskRaised { ask: Box::new(ask), notices: Vec::new() });
    }

    /// Records what the person has decided in Gitea. A comment is bounded, and so is the name of its account: anybody with access to
    /// Gitea may have written it.
    pub(super) fn on_decided_in_gitea(&mut self, ask: &AskId, decided: DecidedInGitea) {
        let open = self.state.open_asks.get(ask).filter(|ask| ask.kind == AskKind::Review);
        let Some(ask) = open.cloned() else { return };
        let (option, comment, edited, merged) = match decided {
            DecidedInGitea::Merged { commit, edited } => (APPROVE, None, edited, Some(commit)),
            DecidedInGitea::Closed { comment } => (REJECT, comment, None, None),
        };
        let comment = comment.filter(|comment| !comment.text.trim().is_empty());
        let commented_by = comment.as_ref().map(|comment| account(&comment.user));
        let text = comment.map(|comment| beginning(comment.text.trim(), SHOWN_COMMENT).to_owned());
        let edited = edited.map(|text| EditedPage { text, base: None });
        let answer = Answer { option: Some(option.to_owned()), text, edited, ..Answer::default() };
        let (by, outcome, notices, counts_with_work) = (SettledBy::Gitea, ask.outcome(&answer), Vec::new(), false);
        let (ask, answer, rule) = (ask.id, Some(answer), None);
        self.push(AskSettled { ask, by, answer, rule, outcome, merged, commented_by, notices, counts_with_work });
    }

    /// Records the commit of an approved change, before it is made.
    pub(super) fn on_review_prepared(&mut self, ask: AskId, plan: CommitPlan) {
        if self.state.reviewed.get(&ask).is_some_and(|reviewed| reviewed.review.approved) {
            self.push(ReviewIntended { ask, plan });
        }
    }

    /// Records the result of a decision. If the change could not be committed, the person is asked again.
    pub(super) fn on_review_settled(&mut self, ask: AskId, settled: Result<Settled, ReviewProblem>) {
        let Some(reviewed) = self.state.reviewed.get(&ask).cloned() else { return };
        match settled {
            Ok(settled) => self.close_review(ask, &reviewed, settled),
            Err(failed) => self.ask_for_review_again(ask, &reviewed, failed),
        }
    }

    fn close_review(&mut self, ask: AskId, reviewed: &Reviewed, settled: Settled) {
        let decided = reviewed.decided(&ask, settled.commit.is_some());
        let proposed = settled.proposed.filter(|_| decided.objection().is_some());
        let proposed = proposed.map(|text| beginning(&text, SHOWN_PROPOSAL).to_owned());
        // The agent above has not seen the text.
        let mut untrusted: BTreeSet<String> = self.state.untrusted().into_iter().collect();
        untrusted.extend(decided.source().map(str::to_owned));
        let told = ChangeDecided { proposed: proposed.clone(), untrusted: untrusted.into_iter().collect(), ..decided };
        let notices = self.mail_above(&told);
        let proposed = proposed.filter(|_| self.state.began_after(reviewed.review.origin.turn));
        let counts_with_work = self.state.counts_with_work(&told);
        self.push(ReviewClosed { ask, commit: settled.commit, problem: None, proposed, notices, counts_with_work });
        self.on_continue();
    }

    fn ask_for_review_again(&mut self, ask: AskId, reviewed: &Reviewed, failed: ReviewProblem) {
        let problem = Some(failed.text.clone());
        let (proposed, notices, counts_with_work) = (None, Vec::new(), false);
        self.push(ReviewClosed { ask, commit: None, problem, proposed, notices, counts_with_work });
        let Some(AskDetail::Review { effect, turn, held, message, rule, untrusted, .. }) = reviewed.asked.detail.clone() else {
            return;
        };
        let place = format!("{}/review/{effect}", self.state.id);
        let id = AskId::new(format!("ask-{}", self.state.scope(&place).effect(self.state.seq.next().0)));
        // A comment in Gitea would become the person's remark.
        let remark = reviewed.remark.clone().filter(|_| reviewed.remark_by.is_none());
        let edited = reviewed.review.edited.clone();
        let (base, problem) = (failed.base, Some(failed.text));
        let detail = AskDetail::Review { effect, turn, held, message, rule, untrusted, base, problem, edited, remark };
        let ask = Ask { id, detail: Some(detail), ..reviewed.asked.clone() };
        self.push(AskRaised { ask: Box::new(ask), notices: Vec::new() });
    }

    /// Mail with a decision to the agent above, if this one works no longer.
    pub(super) fn mail_above(&self, decided: &ChangeDecided) -> Vec<Mail> {
        let is_ended = !self.state.is_at_work() && !self.state.can_continue();
        let above = self.state.parent.clone().filter(|_| is_ended);
        above.into_iter().map(|above| self.mail(above, MailBody::ChangeDecided(Box::new(decided.clone())))).collect()
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
        let Some(AskDetail::Review { effect, turn, held, base, message, edited, remark, .. }) = &asked.detail else { return };
        let answer = body.answer.as_ref();
        let approved = body.outcome == Some(AskOutcome::Approved);
        let given = answer.and_then(|answer| answer.edited.as_ref());
        // What the person has written for an approval that failed still counts.
        let typed_before = edited.as_ref().filter(|_| body.merged.is_none());
        let edited = given.map(|given| &given.text).or(typed_before).filter(|_| approved).cloned();
        let mut origin = self.origin(effect.clone());
        origin.turn = *turn;
        let review = Review {
            held: CommitPlan::clone(held),
            origin,
            message: message.clone(),
            at: self.updated_at,
            approved,
            base: given.and_then(|given| given.base.as_ref()).or(base.as_ref()).cloned(),
            edited,
            merged: body.merged.clone(),
        };
        let given = answer.and_then(|answer| answer.text.clone());
        let is_comment = given.is_some() && body.by == SettledBy::Gitea;
        let remark_by = is_comment.then(|| body.commented_by.clone().unwrap_or_default());
        let remark = given.or_else(|| remark.clone());
        self.reviewed.insert(body.ask.clone(), Reviewed { review, asked, remark, remark_by, plan: None });
    }

    pub(super) fn review_intended(&mut self, body: &ReviewIntended) {
        if let Some(reviewed) = self.reviewed.get_mut(&body.ask) {
            reviewed.plan = Some(body.plan.clone());
        }
    }

    /// The agent is told the decision with its next request.
    pub(super) fn review_closed(&mut self, body: &ReviewClosed) {
        let Some(reviewed) = self.reviewed.remove(&body.ask) else { return };
        if body.problem.is_none() {
            let decided = reviewed.decided(&body.ask, body.commit.is_some());
            let decided = ChangeDecided { proposed: body.proposed.clone(), ..decided };
            self.change_decided(None, decided, body.counts_with_work);
        }
    }

    /// Whether what the agent does about this decision counts with the work that is under way.
    pub(super) fn counts_with_work(&self, decided: &ChangeDecided) -> bool {
        self.is_work(decided) && self.has_work_under_way()
    }

    /// A rejection with a remark is work for the Grow Agent, which begins it at once.
    fn is_work(&self, decided: &ChangeDecided) -> bool {
        self.depth() == 0 && decided.objection().is_some()
    }

    pub(super) fn change_decided(&mut self, from: Option<AgentId>, decided: ChangeDecided, counts_with_work: bool) {
        if self.is_work(&decided) {
            self.work_given(counts_with_work);
            self.must_continue = true;
        }
        // What the person has written meanwhile does not make it their text.
        if let Some(source) = decided.source() {
            self.untrusted.insert(source.to_owned());
            self.untrusted_pending.insert(source.to_owned());
        }
        self.pending.push(Pending::Reviewed { from, decided: Box::new(decided) });
    }

    /// The calls whose held changes the person will be asked about.
    pub(super) fn changes_to_ask_about(&self) -> usize {
        let Phase::Tools(calls) = &self.phase else { return 0 };
        calls.iter().filter(|call| call.held.is_some() && !call.is_done()).count()
    }

    /// Whether what the model sees began after this turn, so that it does not see the calls of that turn.
    fn began_after(&self, turn: u64) -> bool {
        matches!(self.next_past, NextPast::Only(_)) || self.segment.as_ref().is_some_and(|segment| segment.turn > turn)
    }
}

impl Reviewed {
    fn decided(&self, ask: &AskId, is_in_memory: bool) -> ChangeDecided {
        let Review { held, origin, approved, edited, .. } = &self.review;
        ChangeDecided {
            ask: ask.clone(),
            agent: origin.agent.clone(),
            name: origin.name.clone(),
            path: held.path.clone(),
            approved: *approved,
            edited: edited.is_some(),
            is_in_memory,
            remark: self.remark.clone(),
            remark_by: self.remark_by.clone(),
            proposed: None,
            untrusted: Vec::new(),
        }
    }
}

/// The name of an account in Gitea, with only the characters that Gitea allows in one.
fn account(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(MAX_ACCOUNT).collect()
}
