//! Looks through the tool calls that an agent's journal has recorded.

use growqr_core::event::{Event, ToolStarted};
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::{Records, StoreError};

/// How many events are read at once.
const PAGE: u32 = 1_000;

/// Calls `look` with each tool call that an agent has recorded, oldest first, until it returns something.
///
/// # Errors
/// If the journal cannot be read.
pub async fn find_recorded_call<T>(
    records: &dyn Records,
    agent: &AgentId,
    mut look: impl FnMut(ToolStarted) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    let mut after = Position(0);
    loop {
        let events = records.events(after, Some(agent), PAGE).await?;
        let Some(last) = events.last() else { return Ok(None) };
        after = last.position;
        for stored in events.iter().filter(|stored| stored.kind == "tool_started") {
            if let Event::ToolStarted(call) = stored.entry()?.event
                && let Some(found) = look(call)
            {
                return Ok(Some(found));
            }
        }
    }
}
