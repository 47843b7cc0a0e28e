//! Makes the spendings of events that builds before 0.3.0 recorded. The migration only notes up to which position they are
//! missing (`unfilled_spendings`); opening a database for writing adds them, a page in one transaction, so that an open that was
//! interrupted continues after its last page. Pure; the same for both databases.

use crate::rows::EventRow;
use crate::views::SpendingRow;
use growqr_core::agent::spending;
use growqr_core::journal::{StoreError, StoredEvent};

/// Events per transaction.
pub(crate) const PAGE: i64 = 2000;

/// Selects [`EventRow`]s. Earlier builds recorded costs in these two kinds of events only.
macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash from events ",
            "where kind in ('model_answered', 'charge_settled') and ",
            $rest
        )
    };
}
pub(crate) use select_events;

/// One row of `unfilled_spendings`: the spendings of the events after `position`, up to `last_position`, are missing.
#[derive(sqlx::FromRow)]
pub(crate) struct Unfilled {
    pub(crate) profile_id: String,
    pub(crate) position: i64,
    pub(crate) last_position: i64,
}

/// A page of events and their spendings.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) spendings: Vec<(String, SpendingRow)>,
    events: i64,
    last: i64,
}

impl Page {
    /// Adds the next event. One that this build cannot read is logged and has no spending: it must not stop the open.
    pub(crate) fn add(&mut self, position: i64, event: Result<EventRow, sqlx::Error>) {
        match spending_of(event) {
            Ok(spending) => self.spendings.extend(spending),
            Err(error) => tracing::warn!(position, %error, "an event cannot be read; its spending is left out"),
        }
        self.events += 1;
        self.last = position;
    }

    /// The position to continue after; `None` after the last page.
    pub(crate) fn next(&self) -> Option<i64> {
        (self.events == PAGE).then_some(self.last)
    }
}

fn spending_of(event: Result<EventRow, sqlx::Error>) -> Result<Option<(String, SpendingRow)>, StoreError> {
    let event = event.map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let event = StoredEvent::try_from(event)?;
    // Only a failed call takes the model from the segment, and earlier builds recorded no cost with it.
    let Some(view) = spending(&event.entry()?) else { return Ok(None) };
    Ok(Some((event.agent.as_str().to_owned(), SpendingRow::of(&view)?)))
}
