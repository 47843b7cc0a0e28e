//! Result rows of the databases and their conversion to the types of `growqr-core`. Both databases use the same column types, so
//! the rows are defined once. A value that this build cannot have written is [`StoreError::Corrupt`].

mod agents;
mod asks;
mod attachments;
mod journal;
mod messages;
mod people;
mod quests;
mod schedules;
mod spendings;
mod stack;
mod tool_servers;

pub(crate) use agents::{AgentRow, SessionRow, select_agents};
pub(crate) use asks::{AskRow, RuleRow};
pub(crate) use attachments::{AttachmentRow, described, undamaged};
pub(crate) use journal::{EntryRow, EventRow, HeadRow, JournalRow, SnapshotRow, UndeliveredRow, entries};
pub(crate) use messages::{MessageRow, UnreadRow};
pub(crate) use people::{MemoryLinkRow, UserRow};
pub(crate) use quests::{
    AttemptRow, EndValues, QuestRow, QuestValues, attempt_columns, paused_quests, quest_columns, quests_to_tend,
};
pub(crate) use schedules::{
    OccurrenceRow, PausedRow, ScheduleRow, ScheduleValues, UnpostedRow, occurrence_columns, paused, schedule_columns,
};
pub(crate) use spendings::SpendingSumRow;
pub(crate) use stack::{ContainerRow, PortRow, RepoRow};
pub(crate) use tool_servers::ToolServerRow;

use growqr_core::journal::StoreError;

fn json<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

/// Converts the rows; leaves out those that cannot be read, so that a damaged one does not hide the others. `what` names one of them.
pub(crate) fn readable<Row, T: TryFrom<Row, Error = StoreError>>(what: &str, rows: Vec<Row>) -> Vec<T> {
    let convert = |row| T::try_from(row).inspect_err(|error| tracing::warn!(%error, "{what} cannot be read")).ok();
    rows.into_iter().filter_map(convert).collect()
}

/// Converts the rows; stops at the first invalid one.
pub(crate) fn all<Row, T: TryFrom<Row, Error = StoreError>>(rows: Vec<Row>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}

/// Converts a column that is never negative.
pub(crate) fn number<T: TryFrom<i64>>(column: &str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| damaged(column, value))
}

fn hash(column: &str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| damaged(column, format!("{} bytes", bytes.len())))
}

fn damaged(column: &str, value: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{column} cannot be {value}"))
}
