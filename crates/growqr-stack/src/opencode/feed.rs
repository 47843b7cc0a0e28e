//! One event stream for all sessions of a server, kept open and opened again after each break.

use super::client::OpenCode;
use super::events::{Event, decode};
use super::sse::Parser;
use super::transport::Call;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// A slow subscriber loses older events, is told so, and reads the state again.
const CAPACITY: usize = 256;
/// The server sends a heartbeat every 10 s. After this silence the connection is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The events of a server, for any number of subscribers. Reading ends when it is dropped.
pub struct EventFeed {
    events: broadcast::Sender<Event>,
    task: JoinHandle<()>,
}

impl EventFeed {
    /// Begins to read in a task of its own.
    #[must_use]
    pub fn start(client: &OpenCode) -> EventFeed {
        let (events, _) = broadcast::channel(CAPACITY);
        let task = tokio::spawn(read_for_ever(client.clone(), events.clone()));
        EventFeed { events, task }
    }

    /// All events from now on. The stream may be broken at this moment; the next one then is [`super::EventKind::Connected`].
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}

impl Drop for EventFeed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read_for_ever(client: OpenCode, events: broadcast::Sender<Event>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let was_connected = read(&client, &events).await;
        pause = if was_connected { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        tokio::time::sleep(pause).await;
    }
}

/// Reads until the stream breaks. Returns whether there was one.
async fn read(client: &OpenCode, events: &broadcast::Sender<Event>) -> bool {
    let mut response = match client.transport.stream(Call::get(&["global", "event"])).await {
        Ok(response) => response,
        Err(error) => {
            tracing::debug!(%error, "no event stream");
            return false;
        }
    };
    let mut parser = Parser::default();
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout(SILENCE, response.chunk()).await {
        let Ok(found) = parser.push(&chunk) else { break };
        for event in found.iter().filter_map(|data| decode(data)) {
            // Without subscribers nobody needs it.
            let _ = events.send(event);
        }
    }
    tracing::debug!("the event stream ended");
    true
}
