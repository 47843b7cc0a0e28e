//! The daemon's events about one profile's containers. They are hints only: events are lost while the connection is away, so
//! after each hint, and each time the stream ends, the state is read again.

use crate::daemon::Daemon;
use crate::error::{self, StackError};
use crate::labels::{ContainerPart, PART, Scope};
use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::{Stream, StreamExt};

/// Something happened to a container of the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The container's part.
    pub part: ContainerPart,
    /// The container's id.
    pub container: String,
    /// What happened.
    pub kind: HintKind,
}

/// What happened to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintKind {
    /// It was created.
    Created,
    /// It runs.
    Started,
    /// It ran out of memory. If it dies of that, [`HintKind::Died`] follows.
    OutOfMemory,
    /// It has ended with this exit code.
    Died(i64),
    /// It is frozen.
    Paused,
    /// It goes on.
    Unpaused,
    /// It was removed.
    Removed,
}

impl Daemon {
    /// The events of a profile's containers from now on. After an error or the end of the stream, connect again and read the
    /// state. A frozen daemon does not end it: ping from time to time.
    pub fn events(&self, scope: &Scope) -> impl Stream<Item = Result<Hint, StackError>> + Send + use<> {
        let mut filter = scope.filter();
        filter.insert("type".to_owned(), vec!["container".to_owned()]);
        let options = EventsOptionsBuilder::new().filters(&filter).build();
        let daemon = self.clone();
        let messages = daemon.docker().events(Some(options));
        messages.filter_map(move |message| {
            let read = |problem| error::read(daemon.call("watch events", "daemon", ""), problem);
            let hint = message.map_err(read).map(hint).transpose();
            async move { hint }
        })
    }
}

/// `None` for events that change nothing, such as those of a command inside the container.
fn hint(message: EventMessage) -> Option<Hint> {
    let actor = message.actor?;
    let attributes = actor.attributes.unwrap_or_default();
    let word = attributes.get(PART)?;
    let part = ContainerPart::ALL.into_iter().find(|part| part.word() == word)?;
    let code = || attributes.get("exitCode").and_then(|code| code.parse().ok()).unwrap_or_default();
    let kind = match message.action?.as_str() {
        "create" => HintKind::Created,
        "start" => HintKind::Started,
        "oom" => HintKind::OutOfMemory,
        "die" => HintKind::Died(code()),
        "pause" => HintKind::Paused,
        "unpause" => HintKind::Unpaused,
        "destroy" => HintKind::Removed,
        _ => return None,
    };
    Some(Hint { part, container: actor.id.unwrap_or_default(), kind })
}
