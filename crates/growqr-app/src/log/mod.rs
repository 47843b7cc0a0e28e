//! The log in channels: the events of the journals in plain words, and what the host knows besides. It is read in parts, by
//! cursors, so that no line is lost or read twice however slow the reader is.

mod export;
mod host_log;
mod words;

pub(crate) use host_log::HostLog;

use crate::error::AppError;
use crate::library::Library;
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::{Store, StoreError, StoredEvent};
use growqr_wire::{CHANNEL_ALL, CHANNEL_MEMORY, CHANNEL_STACK, LogCursor, LogLine, LogPage, LogTone};
use std::collections::HashMap;

/// How many events are read at once.
const PAGE: u32 = 500;

/// The most events that one answer looks through for lines with a text.
const LOOKED_AT: usize = 20_000;

/// The most lines of one answer.
const LIMIT: u32 = 1_000;

/// What is wanted of the log.
pub(crate) struct LogQuery {
    /// `#all`, `#stack`, `#memory`, or the id of an agent.
    pub(crate) channel: String,
    /// Only lines with this text, in any case.
    pub(crate) filter: Option<String>,
    /// The lines after this; without it, the last ones.
    pub(crate) after: Option<LogCursor>,
    /// The lines before this position.
    pub(crate) before: Option<u64>,
    /// The most lines.
    pub(crate) limit: u32,
}

/// A part of a channel. `host` is what the host keeps, with the number of its run.
///
/// # Errors
/// [`AppError::Missing`] for a channel that does not exist, or if the store cannot be read.
pub(crate) async fn read(library: &Library, host: Option<(&HostLog, u64)>, query: LogQuery) -> Result<LogPage, AppError> {
    let query =
        LogQuery { limit: query.limit.clamp(1, LIMIT), filter: query.filter.filter(|text| !text.trim().is_empty()), ..query };
    let mut page = LogPage { lines: Vec::new(), after: query.after.unwrap_or_default(), before: None, has_more: false, lost: 0 };
    let agent = match query.channel.as_str() {
        CHANNEL_ALL | CHANNEL_STACK | CHANNEL_MEMORY => None,
        id if library.agent(id).await.is_ok() => Some(AgentId::new(id)),
        other => {
            return Err(AppError::Missing {
                what: format!("channel {other:?}"),
                next_step: "The channels are #all, #stack, #memory, and the id of each agent: growqr agents list".to_owned(),
            });
        }
    };
    if let (Some(store), true) = (&library.store, query.channel != CHANNEL_STACK) {
        let names = store.agents().await?.into_iter().map(|agent| (agent.agent.to_string(), agent.name)).collect();
        Events { store: &**store, agent, names, query: &query }.read(&mut page).await?;
    }
    if let (Some((log, run)), None) = (host, query.before) {
        let known = query.after.filter(|after| after.run == run).map(|after| after.host);
        let newer = log.after(&query.channel, known);
        page.lost = newer.lost;
        page.lines.extend(newer.lines.into_iter().filter(|line| matches(line, query.filter.as_deref())));
        // Lines of one time keep the order in which they were read.
        page.lines.sort_by_key(|line| line.at);
        page.after = host_log::cursor(page.after.events, newer.read_to, run);
    }
    Ok(page)
}

/// Reads the journals for a query.
struct Events<'a> {
    store: &'a dyn Store,
    agent: Option<AgentId>,
    names: HashMap<String, String>,
    query: &'a LogQuery,
}

impl Events<'_> {
    async fn read(&self, page: &mut LogPage) -> Result<(), AppError> {
        match self.query.after {
            Some(after) => self.newer(after.events, page).await,
            None => self.older(page).await,
        }
    }

    async fn newer(&self, after: u64, page: &mut LogPage) -> Result<(), AppError> {
        let (mut after, mut looked_at) = (after, 0);
        loop {
            let events = self.store.events(Position(after), self.agent.as_ref(), PAGE).await?;
            for event in &events {
                if page.lines.len() >= self.query.limit as usize || looked_at >= LOOKED_AT {
                    page.has_more = true;
                    page.after.events = after;
                    return Ok(());
                }
                (after, looked_at) = (event.position.0, looked_at + 1);
                page.lines.extend(self.line(event)?);
            }
            if events.len() < PAGE as usize {
                page.after.events = after;
                return Ok(());
            }
        }
    }

    async fn older(&self, page: &mut LogPage) -> Result<(), AppError> {
        // Read first: what is recorded meanwhile is newer than this part, and read with the next one.
        let end = self.query.before.unwrap_or(self.store.position().await?.0 + 1);
        page.after.events = end.saturating_sub(1);
        let (mut before, mut looked_at) = (end, 0);
        'pages: loop {
            let events = self.store.events_before(Some(Position(before)), self.agent.as_ref(), PAGE).await?;
            for event in events.iter().rev() {
                if page.lines.len() >= self.query.limit as usize || looked_at >= LOOKED_AT {
                    (page.before, page.has_more) = (Some(before), true);
                    break 'pages;
                }
                (before, looked_at) = (event.position.0, looked_at + 1);
                page.lines.extend(self.line(event)?);
            }
            if events.len() < PAGE as usize {
                break;
            }
        }
        page.lines.reverse();
        Ok(())
    }

    /// The line of an event, if it has words and the query wants it.
    fn line(&self, event: &StoredEvent) -> Result<Option<LogLine>, AppError> {
        if self.query.channel == CHANNEL_MEMORY && !words::is_about_memory(&event.kind) {
            return Ok(None);
        }
        let name_of = |id: &str| self.names.get(id).cloned().unwrap_or_else(|| id.to_owned());
        let (text, tone) = match event.entry() {
            Ok(entry) => match words::words(&entry.event, event.agent.as_str(), name_of) {
                Some(found) => found,
                None => return Ok(None),
            },
            Err(StoreError::Newer(_)) => ("did something that only a newer GrowQR understands".to_owned(), LogTone::Warn),
            Err(StoreError::Corrupt(_)) => ("has a damaged record here; growqr audit verify says more".to_owned(), LogTone::Bad),
            Err(error) => return Err(error.into()),
        };
        let agent = event.agent.to_string();
        let line =
            LogLine { id: event.position.0.to_string(), at: event.at.0, name: name_of(&agent), agent: Some(agent), text, tone };
        Ok(Some(line).filter(|line| matches(line, self.query.filter.as_deref())))
    }
}

/// Whether a line contains the text, in any case, in its name or its words.
fn matches(line: &LogLine, filter: Option<&str>) -> bool {
    filter.is_none_or(|filter| {
        let wanted = filter.trim().to_lowercase();
        line.text.to_lowercase().contains(&wanted) || line.name.to_lowercase().contains(&wanted)
    })
}

#[cfg(test)]
mod tests;
