//! Reads the events of one turn from a journal.

use super::fold::{TurnFold, begins};
use crate::error::AppError;
use growqr_core::event::Event;
use growqr_core::id::Seq;
use growqr_core::journal::{AgentView, Store, StoredEvent};

/// How many events are read at once.
const PAGE: u32 = 512;

/// The turn with this number, as far as it is recorded.
///
/// # Errors
/// If the store cannot be read.
pub(super) async fn turn(store: &dyn Store, agent: &AgentView, turn: u64) -> Result<TurnFold, AppError> {
    let mut newest_first: Vec<StoredEvent> = Vec::new();
    let mut before = None;
    // A turn that waits to begin has no start: its events are those after the end of the turn before.
    let mut has_start = turn > agent.turn;
    'pages: loop {
        let page = store.events_before(before, Some(&agent.agent), PAGE).await?;
        before = page.first().map(|first| first.position);
        let is_last = page.len() < PAGE as usize;
        for event in page.into_iter().rev() {
            match event.kind.as_str() {
                "turn_started" => match event.entry()?.event {
                    // What comes after the start of a later turn belongs to that one.
                    Event::TurnStarted(body) if body.turn > turn => newest_first.clear(),
                    _ => has_start = true,
                },
                "turn_ended" if has_start => break 'pages,
                _ => {}
            }
            newest_first.push(event);
        }
        if is_last {
            break;
        }
    }
    let mut fold = TurnFold::default();
    for event in newest_first.iter().rev() {
        let entry = event.entry()?;
        if fold.has_read(turn) && begins(&entry.event) {
            break;
        }
        fold.apply(&entry);
    }
    Ok(fold)
}

/// A turn that was read up to `seq`, with what was recorded since.
///
/// # Errors
/// If the store cannot be read.
pub(super) async fn further(
    store: &dyn Store,
    agent: &AgentView,
    mut seq: Seq,
    mut fold: TurnFold,
) -> Result<(Seq, TurnFold), AppError> {
    while seq < agent.seq {
        let (entries, _) = store.entries(&agent.agent, seq, PAGE).await?;
        let Some(last) = entries.last() else { break };
        seq = last.seq;
        entries.iter().for_each(|entry| fold.apply(entry));
    }
    Ok((seq, fold))
}
