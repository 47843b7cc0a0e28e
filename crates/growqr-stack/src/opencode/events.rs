//! Events of the server. They are hints: after each of them, and after each reconnection, the state is read by REST.

use super::id::{MessageId, SessionId};
use super::wire::Status;
use serde::Deserialize;
use serde_json::Value;

/// An event of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The directory it belongs to; `None` for the server as a whole.
    pub directory: Option<String>,
    /// The session it belongs to, which may be a child.
    pub session: Option<SessionId>,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The stream begins, after a break too. What happened before is not repeated.
    Connected,
    /// The server is alive.
    Heartbeat,
    /// The session does something else now.
    Status(Status),
    /// The session has ended a run.
    Idle,
    /// Something failed, with the reason. The run may go on.
    Failed(String),
    /// A session was created, changed or deleted.
    SessionChanged,
    /// A message or one of its parts changed.
    MessageChanged,
    /// More text, or more thinking, of a reply. For a preview only: after a repeated call the text begins anew.
    Text {
        /// The message.
        message: MessageId,
        /// The part of the message.
        part: String,
        /// The added text.
        text: String,
    },
    /// A permission or a question was asked, answered or rejected.
    RequestsChanged,
    /// The directory's instance ended, and with it all its runs.
    Disposed,
}

#[derive(Deserialize)]
struct Frame {
    #[serde(default)]
    directory: Option<String>,
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    properties: Value,
}

/// Reads an event. `None` if it is one that nobody needs, or cannot be read.
pub(super) fn decode(data: &str) -> Option<Event> {
    let Frame { directory, payload } = serde_json::from_str(data).ok()?;
    let text = |pointer: &str| payload.properties.pointer(pointer).and_then(Value::as_str);
    let kind = match payload.kind.as_str() {
        "server.connected" => EventKind::Connected,
        "server.heartbeat" => EventKind::Heartbeat,
        "server.instance.disposed" => EventKind::Disposed,
        "session.status" => EventKind::Status(serde_json::from_value(payload.properties.get("status")?.clone()).ok()?),
        "session.idle" => EventKind::Idle,
        "session.error" => EventKind::Failed(text("/error/data/message").or(text("/error/name"))?.to_owned()),
        "session.created" | "session.updated" | "session.deleted" => EventKind::SessionChanged,
        "message.updated" | "message.removed" | "message.part.updated" => EventKind::MessageChanged,
        "message.part.delta" if text("/field") == Some("text") => EventKind::Text {
            message: text("/messageID")?.parse().ok()?,
            part: text("/partID")?.to_owned(),
            text: text("/delta")?.to_owned(),
        },
        "permission.asked" | "permission.replied" | "question.asked" | "question.replied" | "question.rejected" => {
            EventKind::RequestsChanged
        }
        _ => return None,
    };
    let session = ["/sessionID", "/info/id", "/part/sessionID"].into_iter().find_map(|pointer| text(pointer)?.parse().ok());
    Some(Event { directory, session, kind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn frame(kind: &str, properties: Value) -> Option<Event> {
        decode(&json!({"directory": "/w", "payload": {"id": "evt_1", "type": kind, "properties": properties}}).to_string())
    }

    fn kind(kind: &str, properties: Value) -> Option<EventKind> {
        frame(kind, properties).map(|event| event.kind)
    }

    #[test]
    fn the_events_that_matter_are_read() {
        let delta = json!({"sessionID": "ses_1", "messageID": "msg_1", "partID": "prt_1", "field": "text", "delta": "hi"});
        let said = EventKind::Text { message: "msg_1".parse().unwrap(), part: "prt_1".into(), text: "hi".into() };
        let table = [
            ("session.status", json!({"sessionID": "ses_1", "status": {"type": "busy"}}), EventKind::Status(Status::Busy)),
            ("session.idle", json!({"sessionID": "ses_1"}), EventKind::Idle),
            ("session.error", json!({"sessionID": "ses_1", "error": {"name": "X", "data": {}}}), EventKind::Failed("X".into())),
            ("session.created", json!({"info": {"id": "ses_1"}}), EventKind::SessionChanged),
            ("message.part.updated", json!({"part": {"sessionID": "ses_1"}}), EventKind::MessageChanged),
            ("message.part.delta", delta, said),
            ("permission.asked", json!({"id": "per_1", "sessionID": "ses_1"}), EventKind::RequestsChanged),
        ];
        for (name, properties, expected) in table {
            let event = frame(name, properties).unwrap_or_else(|| panic!("{name} is skipped"));
            assert_eq!(event.kind, expected, "{name}");
            assert_eq!(event.session, Some("ses_1".parse().unwrap()), "{name}");
            assert_eq!(event.directory.as_deref(), Some("/w"));
        }
    }

    #[test]
    fn unknown_repeated_and_broken_events_are_skipped() {
        assert_eq!(kind("plugin.added", json!({})), None);
        assert_eq!(kind("sync", json!({"sessionID": "ses_1"})), None);
        assert_eq!(kind("session.status", json!({"sessionID": "ses_1"})), None);
        assert_eq!(kind("message.part.delta", json!({"field": "text", "messageID": "../x", "partID": "p", "delta": ""})), None);
        assert_eq!(decode("not json"), None);
        assert_eq!(decode("{}"), None);
    }
}
