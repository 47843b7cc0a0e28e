//! Which conditions hold, over time: when each began, and which have ended. Containers that are restarted, and a Docker that does
//! not answer for a moment, end nothing.

use super::seen::Seen;
use growqr_core::clock::Timestamp;
use growqr_wire::InboxEntry;
use std::collections::HashMap;

/// A condition that was not found for this long has ended, in ms. Found again later, it is a new one.
const AWAY: i64 = 60_000;

/// What is known about conditions since this process began to look.
#[derive(Default)]
pub(super) struct Presence {
    holding: HashMap<String, Holding>,
}

struct Holding {
    since: i64,
    /// Since when it is not found any more.
    away_since: Option<i64>,
    /// How it was last found.
    entry: Option<InboxEntry>,
}

impl Presence {
    /// Dates the entries that are found now, and adds those of which nothing is known now but that held before. Removes from `seen`
    /// what has ended; says whether that has changed it.
    pub(super) fn update(
        &mut self,
        entries: &mut Vec<InboxEntry>,
        is_known: impl Fn(&str) -> bool,
        seen: &mut Seen,
        now: Timestamp,
    ) -> bool {
        for (id, since) in seen.conditions() {
            self.holding.entry(id.to_owned()).or_insert(Holding { since, away_since: None, entry: None });
        }
        let ended: Vec<String> = self
            .holding
            .iter_mut()
            .filter_map(|(id, holding)| {
                let is_listed = entries.iter().any(|entry| entry.id == *id);
                if !is_listed && is_known(id) && holding.away_since.is_none() {
                    holding.away_since = Some(now.0);
                }
                let has_ended = holding.away_since.is_some_and(|since| now.0.saturating_sub(since) >= AWAY);
                if is_listed && !has_ended {
                    holding.away_since = None;
                }
                has_ended.then(|| id.clone())
            })
            .collect();
        let mut is_changed = false;
        for id in ended {
            self.holding.remove(&id);
            is_changed |= seen.forget(&id);
        }
        for entry in entries.iter_mut() {
            let holding = self.holding.entry(entry.id.clone()).or_insert(Holding { since: now.0, away_since: None, entry: None });
            if entry.since > 0 {
                holding.since = entry.since;
            }
            entry.since = holding.since;
            holding.entry = Some(entry.clone());
        }
        let unknown = self.holding.iter().filter(|(id, holding)| holding.away_since.is_none() && !is_known(id));
        let unknown: Vec<InboxEntry> = unknown.filter_map(|(_, holding)| holding.entry.clone()).collect();
        for entry in unknown {
            if !entries.iter().any(|listed| listed.id == entry.id) {
                entries.push(entry);
            }
        }
        is_changed
    }
}
