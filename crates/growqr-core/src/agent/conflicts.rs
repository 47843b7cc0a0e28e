//! Conflicts of memory: asks the person once about each merge that has kept pages in two versions, and has the Grow Agent merge
//! the pages if the person wants that.

use super::draft::Draft;
use super::state::State;
use super::turn::Pending;
use crate::ask::{Ask, AskDetail, AskKind, AskOption, BY_HAND, MERGE};
use crate::event::AskSettled;
use crate::id::AskId;
use crate::memory::{ConflictPage, MemoryConflict};
use std::sync::Arc;

/// The most pages in one ask.
const MAX_PAGES: usize = 20;

impl Draft<'_> {
    /// Asks about the conflicts that were never asked about, and withdraws the asks about those that are settled. `open` are all
    /// conflicts that are in memory now.
    pub(super) fn on_memory_conflicts(&mut self, open: Vec<MemoryConflict>) {
        if self.state.seq.0 == 0 || self.state.depth() > 0 {
            return;
        }
        let is_settled = |ask: &&Ask| matches!(&ask.detail, Some(AskDetail::Conflict { merge, .. }) if !open.iter().any(|conflict| conflict.merge == *merge));
        let settled: Vec<AskId> = self.state.open_asks.values().filter(is_settled).map(|ask| ask.id.clone()).collect();
        settled.into_iter().for_each(|ask| self.withdraw_ask(ask));
        for conflict in open {
            if !conflict.pages.is_empty() && !self.state.asked_conflicts.contains(&conflict.merge) {
                self.ask_about_conflict(conflict);
            }
        }
    }

    fn ask_about_conflict(&mut self, conflict: MemoryConflict) {
        let MemoryConflict { merge, mut pages } = conflict;
        let text = question(&pages);
        let more = pages.len().saturating_sub(MAX_PAGES) as u64;
        pages.truncate(MAX_PAGES);
        let place = format!("{}/conflict/{merge}", self.state.id);
        let id = AskId::new(format!("ask-{}", self.state.scope(&place).effect(self.state.seq.next().0)));
        self.raise(Ask {
            id,
            kind: AskKind::Conflict,
            text,
            detail: Some(AskDetail::Conflict { merge, pages, more }),
            options: vec![AskOption::new(MERGE, "Let the Grow Agent merge them"), AskOption::new(BY_HAND, "I will do it myself")],
            scopes: Vec::new(),
            deadline: None,
            default: None,
        });
    }
}

fn question(pages: &[ConflictPage]) -> String {
    match pages {
        [ConflictPage { path, copy }] => format!(
            "The page {path} was changed on this computer and in Gitea. Both versions are kept: Gitea's is {copy}. Who merges them?"
        ),
        pages => format!(
            "{} pages were changed on this computer and in Gitea. Both versions of each are kept. Who merges them?",
            pages.len()
        ),
    }
}

impl State {
    pub(super) fn conflict_asked(&mut self, ask: &Ask) {
        if let Some(AskDetail::Conflict { merge, .. }) = &ask.detail {
            Arc::make_mut(&mut self.asked_conflicts).insert(merge.clone());
        }
    }

    /// The person's answer is work for the agent if the agent is to merge the pages.
    pub(super) fn conflict_answered(&mut self, ask: Ask, body: &AskSettled) {
        let Some(answer) = body.answer.as_ref().filter(|answer| answer.option.as_deref() == Some(MERGE)) else { return };
        let Some(AskDetail::Conflict { pages, more, .. }) = ask.detail else { return };
        self.work_given(body.counts_with_work);
        self.must_continue = true;
        self.pending.push(Pending::MergePages { ask: ask.id, pages, more, remark: answer.text.clone() });
    }

    /// The open asks that end with the turn. A conflict of memory, a held change and a scheduled run are no matter of a turn.
    pub(super) fn asks_of_turn(&self) -> impl Iterator<Item = &Ask> {
        self.open_asks.values().filter(|ask| !matches!(ask.kind, AskKind::Conflict | AskKind::Review | AskKind::Schedule))
    }
}
