//! What a session does, decided from one look at the server. No calls, no clock.

use crate::opencode::asks::PendingRequest;
use crate::opencode::wire::{Message, Part, Role, Status, ToolCall};
use std::time::Duration;

/// A session that is idle for this long and has no ending will not go on. One look can fall between two steps.
const SETTLED: Duration = Duration::from_secs(2);
/// A prompt that was just sent may take this long to begin: the first one starts the directory's instance, which takes seconds,
/// and many directories may be started at once on a slow machine.
const BEGINS_WITHIN: Duration = Duration::from_secs(60);
const TOOL_CALLS: &str = "tool-calls";

/// One look at a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// What it does. Read before the messages, so that an idle session has its last message.
    pub status: Status,
    /// The prompt and all messages after it; empty if the prompt is unknown.
    pub turn: Vec<Message>,
    /// What waits for a reply in it and its children.
    pub pending: Vec<PendingRequest>,
}

/// What the driver knows besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Whether this run of the driver sent the prompt. Otherwise an earlier one did.
    pub is_prompted_now: bool,
    /// For how long all looks have found the session idle and without new messages.
    pub quiet: Duration,
    /// The last error that the server reported for the session.
    pub error: Option<String>,
}

/// What a session does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// The prompt has not begun.
    #[default]
    Starting,
    /// It works.
    Running,
    /// It repeats a call of the model later.
    Retrying {
        /// The number of the coming attempt.
        attempt: u32,
        /// Why the call failed.
        message: String,
        /// When, in milliseconds since 1970.
        next_ms: u64,
    },
    /// It, or a child, waits for a reply.
    Waiting,
    /// The run is over.
    Ended(Ending),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The model finished, with its reason: `stop`, `length` or another.
    Finished(String),
    /// It failed.
    Failed(Failure),
    /// The server died or dropped the run. Unfinished tool calls may have had effects.
    Interrupted,
    /// It was aborted.
    Aborted,
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no agent of this name. Nothing was sent.
    UnknownAgent,
    /// The server accepted the prompt, but never began.
    NotStarted,
    /// A permission or question was rejected without a message.
    Rejected,
    /// Nobody answered at the model's address.
    NoConnection {
        /// The reason in words.
        message: String,
    },
    /// The model or OpenCode failed.
    Error {
        /// The kind, such as `APIError`.
        name: String,
        /// The reason in words.
        message: String,
    },
}

/// Decides what the session does.
#[must_use]
pub fn phase(snapshot: &Snapshot, known: &Known) -> Phase {
    match &snapshot.status {
        Status::Idle => at_rest(snapshot, known),
        _ if !snapshot.pending.is_empty() => Phase::Waiting,
        Status::Retry { attempt, message, next } => {
            Phase::Retrying { attempt: *attempt, message: message.clone(), next_ms: *next }
        }
        Status::Busy | Status::Unknown => Phase::Running,
    }
}

fn at_rest(snapshot: &Snapshot, known: &Known) -> Phase {
    let Some(reply) = snapshot.turn.iter().rfind(|message| message.info.role == Role::Assistant) else {
        return without_reply(snapshot, known);
    };
    if let Some(error) = &reply.info.error {
        let message = error.message().to_owned();
        let failed = match error.is_lost_connection() {
            true => Failure::NoConnection { message },
            false => Failure::Error { name: error.name.clone(), message },
        };
        return Phase::Ended(if error.is_abort() { Ending::Aborted } else { Ending::Failed(failed) });
    }
    match reply.info.finish.as_deref() {
        Some(finish) if finish != TOOL_CALLS => return Phase::Ended(Ending::Finished(finish.to_owned())),
        _ if known.quiet < SETTLED => return Phase::Running,
        _ => {}
    }
    Phase::Ended(if reply.info.finish.is_some() && tool_calls(reply).any(is_rejected) {
        Ending::Failed(Failure::Rejected)
    } else {
        Ending::Interrupted
    })
}

fn without_reply(snapshot: &Snapshot, known: &Known) -> Phase {
    let begins_within = if known.is_prompted_now && known.error.is_none() { BEGINS_WITHIN } else { SETTLED };
    if known.quiet < begins_within {
        return Phase::Starting;
    }
    Phase::Ended(match &known.error {
        Some(message) => Ending::Failed(Failure::Error { name: "session.error".into(), message: message.clone() }),
        None if snapshot.turn.is_empty() => Ending::Failed(Failure::NotStarted),
        None => Ending::Interrupted,
    })
}

fn tool_calls(message: &Message) -> impl Iterator<Item = &ToolCall> {
    message.parts.iter().filter_map(|part| match part {
        Part::Tool(call) => Some(call),
        _ => None,
    })
}

fn is_rejected(call: &ToolCall) -> bool {
    call.state.status == "error" && call.state.metadata.get("interrupted").is_none()
}

impl Snapshot {
    /// The text of the last reply that has one, without summaries.
    #[must_use]
    pub fn text(&self) -> String {
        let replies = self.turn.iter().rev().filter(|message| message.info.role == Role::Assistant && !message.info.is_summary());
        let text = |message: &Message| {
            let parts = message.parts.iter().filter_map(|part| match part {
                Part::Text { text, synthetic: false } => Some(text.as_str()),
                _ => None,
            });
            parts.collect::<String>()
        };
        replies.map(text).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// The tool calls that have not ended.
    #[must_use]
    pub fn unfinished_calls(&self) -> Vec<ToolCall> {
        let is_open = |call: &&ToolCall| matches!(call.state.status.as_str(), "pending" | "running");
        self.turn.iter().flat_map(tool_calls).filter(is_open).cloned().collect()
    }

    /// The tool calls that have ended, one short text for each.
    #[must_use]
    pub fn steps(&self) -> Vec<String> {
        let has_ended = |call: &&ToolCall| matches!(call.state.status.as_str(), "completed" | "error");
        self.turn.iter().flat_map(tool_calls).filter(has_ended).map(ToolCall::summary).collect()
    }

    /// Whether OpenCode has yet to tell which files the run changed.
    pub(super) fn awaits_diffs(&self) -> bool {
        let is_patch = |part: &Part| matches!(part, Part::Patch {});
        let has_patch = self.turn.iter().flat_map(|message| &message.parts).any(is_patch);
        has_patch && self.turn.iter().all(|message| message.info.diffs().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn turn(messages: Value) -> Vec<Message> {
        serde_json::from_value(messages).unwrap()
    }

    fn prompt() -> Value {
        json!({"info": {"id": "msg_p", "role": "user"}})
    }

    fn reply(info: Value, parts: Value) -> Value {
        let mut whole = json!({"id": "msg_a", "role": "assistant"});
        whole.as_object_mut().unwrap().extend(info.as_object().unwrap().clone());
        json!({"info": whole, "parts": parts})
    }

    fn idle(messages: Value) -> Snapshot {
        Snapshot { turn: turn(messages), ..Snapshot::default() }
    }

    fn quiet(seconds: u64) -> Known {
        Known { quiet: Duration::from_secs(seconds), ..Known::default() }
    }

    fn permission() -> PendingRequest {
        PendingRequest::Permission(serde_json::from_value(json!({"id": "per_1", "sessionID": "ses_1"})).unwrap())
    }

    #[test]
    fn a_busy_session_runs_retries_or_waits() {
        let busy = Snapshot { status: Status::Busy, ..Snapshot::default() };
        assert_eq!(phase(&busy, &quiet(0)), Phase::Running);
        let retry = Status::Retry { attempt: 2, message: "overloaded".into(), next: 5 };
        let retrying = Snapshot { status: retry, ..Snapshot::default() };
        let expected = Phase::Retrying { attempt: 2, message: "overloaded".into(), next_ms: 5 };
        assert_eq!(phase(&retrying, &quiet(0)), expected);
        assert_eq!(phase(&Snapshot { pending: vec![permission()], ..busy }, &quiet(0)), Phase::Waiting);
    }

    #[test]
    fn the_last_reply_says_how_an_idle_session_ended() {
        let rejected = json!([{"type": "tool", "tool": "bash", "state": {"status": "error", "error": "rejected"}}]);
        let aborted = json!([{"type": "tool", "state": {"status": "error", "metadata": {"interrupted": true}}}]);
        let error = json!({"error": {"name": "APIError", "data": {"message": "no"}}});
        let abort = json!({"error": {"name": "MessageAbortedError", "data": {}}});
        let api_error = |data: Value| json!({"error": {"name": "APIError", "data": data}});
        // As 1.18.33 reports a refused connection.
        let lost = api_error(json!({"message": "Unable to connect.", "isRetryable": true, "metadata": {"url": "http://h/v1"}}));
        let overloaded = api_error(json!({"message": "Overloaded", "isRetryable": true, "statusCode": 529}));
        let overloaded_failure = Failure::Error { name: "APIError".into(), message: "Overloaded".into() };
        let table = [
            (reply(json!({"finish": "stop"}), json!([])), Ending::Finished("stop".into())),
            (reply(json!({"finish": "length"}), json!([])), Ending::Finished("length".into())),
            (reply(error, json!([])), Ending::Failed(Failure::Error { name: "APIError".into(), message: "no".into() })),
            (reply(abort, json!([])), Ending::Aborted),
            (reply(lost, json!([])), Ending::Failed(Failure::NoConnection { message: "Unable to connect.".into() })),
            (reply(overloaded, json!([])), Ending::Failed(overloaded_failure)),
            (reply(json!({"finish": "tool-calls"}), rejected), Ending::Failed(Failure::Rejected)),
            (reply(json!({"finish": "tool-calls"}), aborted), Ending::Interrupted),
            (reply(json!({"finish": "tool-calls"}), json!([])), Ending::Interrupted),
            (reply(json!({"time": {"created": 1}}), json!([])), Ending::Interrupted),
        ];
        for (last, expected) in table {
            let snapshot = idle(json!([prompt(), reply(json!({"finish": "tool-calls"}), json!([])), last]));
            assert_eq!(phase(&snapshot, &quiet(3)), Phase::Ended(expected), "{last}");
        }
    }

    #[test]
    fn a_look_between_two_steps_ends_nothing() {
        for last in [json!({"finish": "tool-calls"}), json!({"time": {"created": 1}})] {
            assert_eq!(phase(&idle(json!([prompt(), reply(last, json!([]))])), &quiet(1)), Phase::Running);
        }
    }

    #[test]
    fn a_step_is_told_in_one_short_line() {
        let call = |tool: &str, status: &str, input: Value| json!({"type": "tool", "tool": tool, "state": {"status": status, "input": input}});
        let calls = json!([
            call("bash", "completed", json!({"command": "make\ntest", "description": "x"})),
            call("write", "completed", json!({"filePath": "/w/a.txt", "content": "long"})),
            call("todowrite", "completed", json!({"todos": []})),
            call("webfetch", "error", json!({"url": "https://example.org"})),
            call("bash", "running", json!({"command": "sleep 9"})),
        ]);
        let steps = idle(json!([prompt(), reply(json!({}), calls)])).steps();
        assert_eq!(steps, ["bash: make test", "write: /w/a.txt", "todowrite", "webfetch: https://example.org (failed)"]);
    }

    #[test]
    fn a_prompt_has_time_to_begin_only_if_it_was_just_sent() {
        let accepted = idle(json!([prompt()]));
        let now = |seconds| Known { is_prompted_now: true, ..quiet(seconds) };
        assert_eq!(phase(&accepted, &now(10)), Phase::Starting);
        assert_eq!(phase(&accepted, &now(61)), Phase::Ended(Ending::Interrupted));
        assert_eq!(phase(&accepted, &quiet(1)), Phase::Starting);
        assert_eq!(phase(&accepted, &quiet(3)), Phase::Ended(Ending::Interrupted));
        assert_eq!(phase(&idle(json!([])), &now(61)), Phase::Ended(Ending::Failed(Failure::NotStarted)));
        let failed = Known { error: Some("no such model".into()), ..now(3) };
        let failure = Failure::Error { name: "session.error".into(), message: "no such model".into() };
        assert_eq!(phase(&accepted, &failed), Phase::Ended(Ending::Failed(failure)));
    }

    #[test]
    fn an_error_that_was_overcome_is_no_failure() {
        let snapshot = idle(json!([prompt(), reply(json!({"finish": "stop"}), json!([]))]));
        let known = Known { error: Some("prompt is too long".into()), ..quiet(0) };
        assert_eq!(phase(&snapshot, &known), Phase::Ended(Ending::Finished("stop".into())));
    }

    #[test]
    fn the_text_is_that_of_the_last_reply_without_summaries_and_additions() {
        let said = |text: &str| json!([{"type": "text", "text": "hidden", "synthetic": true}, {"type": "text", "text": text}]);
        let summary = reply(json!({"summary": true}), said("summary"));
        let snapshot = idle(json!([prompt(), reply(json!({}), said("first")), reply(json!({}), said("last")), summary]));
        assert_eq!(snapshot.text(), "last");
    }
}
