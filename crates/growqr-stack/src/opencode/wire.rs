//! What the server sends, read leniently: unknown fields are ignored, and what is not needed may be missing.

use super::id::{MessageId, PermissionId, QuestionId, SessionId};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A session.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The directory it works in, absolute.
    pub directory: String,
    /// Its title. GrowQR's sessions have the agent's id as title.
    #[serde(default)]
    pub title: String,
    /// The session whose `task` tool started it.
    #[serde(default, rename = "parentID")]
    pub parent: Option<SessionId>,
    /// The cost of its own model calls in US dollars, without those of its children.
    #[serde(default)]
    pub cost: f64,
    /// The tokens of its own model calls.
    #[serde(default)]
    pub tokens: Tokens,
}

/// Counts of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Tokens {
    /// Neither read from nor written to the cache.
    #[serde(deserialize_with = "whole")]
    pub input: u64,
    /// Of replies.
    #[serde(deserialize_with = "whole")]
    pub output: u64,
    /// Of thinking.
    #[serde(deserialize_with = "whole")]
    pub reasoning: u64,
    /// Of the cache.
    pub cache: CacheTokens,
}

/// Counts of tokens of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CacheTokens {
    /// Read from it.
    #[serde(deserialize_with = "whole")]
    pub read: u64,
    /// Written to it.
    #[serde(deserialize_with = "whole")]
    pub write: u64,
}

/// A number that JavaScript may have written as a fraction or as null. Casting limits it to the range.
fn whole<'de, D: Deserializer<'de>>(source: D) -> Result<u64, D::Error> {
    Ok(Option::<f64>::deserialize(source)?.unwrap_or_default() as u64)
}

/// What a session does now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Status {
    /// Nothing.
    #[default]
    Idle,
    /// It works, or waits for a reply to a request.
    Busy,
    /// It waits, then repeats a call of the model that failed.
    Retry {
        /// The number of the coming attempt.
        #[serde(default)]
        attempt: u32,
        /// Why the call failed.
        #[serde(default)]
        message: String,
        /// When it repeats the call, in milliseconds since 1970.
        #[serde(default, deserialize_with = "whole")]
        next: u64,
    },
    /// A state of a newer version. Taken for busy.
    #[serde(other)]
    Unknown,
}

/// A message with its parts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Message {
    /// What is known of the whole message.
    pub info: MessageInfo,
    /// Its content.
    #[serde(default)]
    pub parts: Vec<Part>,
}

/// What is known of a whole message.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct MessageInfo {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub role: Role,
    /// Its times.
    #[serde(default)]
    pub time: Times,
    /// Why the reply ended: `stop`, `length`, `tool-calls` for all but the last step, or another reason of the provider.
    #[serde(default)]
    pub finish: Option<String>,
    /// Why the reply failed.
    #[serde(default)]
    pub error: Option<RunError>,
    /// `true` for a reply that summarises the conversation; for a prompt an object with the changed files.
    #[serde(default)]
    summary: Value,
}

impl MessageInfo {
    /// Whether this reply is a summary of the conversation that OpenCode asked for.
    #[must_use]
    pub fn is_summary(&self) -> bool {
        self.summary == Value::Bool(true)
    }

    /// The files that the run of this prompt changed. Only known in a git repository, shortly after the end of the run.
    #[must_use]
    pub fn diffs(&self) -> Vec<FileDiff> {
        let diffs = self.summary.get("diffs").cloned().unwrap_or_default();
        serde_json::from_value(diffs).unwrap_or_default()
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The client, or OpenCode itself when it goes on after a summary.
    User,
    /// The model.
    Assistant,
    /// A role of a newer version.
    #[serde(other)]
    Unknown,
}

/// When something began and ended, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Times {
    /// When it began.
    #[serde(deserialize_with = "whole")]
    pub created: u64,
    /// When it ended, also by an error. `None` for a reply that is being written, or was when the server died.
    #[serde(deserialize_with = "maybe_whole")]
    pub completed: Option<u64>,
}

fn maybe_whole<'de, D: Deserializer<'de>>(source: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<f64>::deserialize(source)?.map(|number| number as u64))
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RunError {
    /// The kind, such as `APIError`.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    data: ErrorData,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[serde(rename_all = "camelCase")]
struct ErrorData {
    message: String,
    /// The status of the provider's answer, if there was one.
    status_code: Option<u16>,
    is_retryable: bool,
}

impl RunError {
    /// The reason in words, of OpenCode or the provider.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.data.message
    }

    /// Whether the run ended because nobody answered at the provider's address, also not after several attempts.
    #[must_use]
    pub fn is_lost_connection(&self) -> bool {
        self.name == "APIError" && self.data.is_retryable && self.data.status_code.is_none()
    }

    /// Whether the run ended because it was aborted.
    #[must_use]
    pub fn is_abort(&self) -> bool {
        self.name == "MessageAbortedError"
    }
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Part {
    /// Text.
    Text {
        /// The text.
        #[serde(default)]
        text: String,
        /// Whether OpenCode added it, so that people should not see it.
        #[serde(default)]
        synthetic: bool,
    },
    /// A tool call.
    Tool(ToolCall),
    /// Files that changed during a step. The paths are not exact.
    Patch {},
    /// Anything else.
    #[serde(other)]
    Other,
}

/// A tool call in a reply.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ToolCall {
    /// The tool's name; `invalid` for an unknown tool or unreadable input.
    #[serde(default)]
    pub tool: String,
    /// How far it is.
    #[serde(default)]
    pub state: ToolState,
}

/// The longest summary of a tool call, in characters.
const MAX_SUMMARY_CHARS: usize = 160;

impl ToolCall {
    /// What it does or did, in one short line: the tool, and the command, path or address. From outside: show it, never act on
    /// it.
    #[must_use]
    pub fn summary(&self) -> String {
        let names = ["command", "filePath", "path", "url", "pattern", "query", "description"];
        let about = names.iter().find_map(|name| self.state.input.get(name).and_then(Value::as_str));
        let about = about.map_or_else(String::new, |about| format!(": {about}"));
        let failed = if self.state.status == "error" { " (failed)" } else { "" };
        let line: String = format!("{}{about}", self.tool).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        match line.char_indices().nth(MAX_SUMMARY_CHARS) {
            Some((end, _)) => format!("{}…{failed}", &line[..end]),
            None => format!("{line}{failed}"),
        }
    }
}

/// The state of a tool call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ToolState {
    /// `pending`, `running`, `completed` or `error`. One that was running when the server died keeps that state.
    pub status: String,
    /// The input of the model.
    pub input: Value,
    /// The output for the model, shortened.
    pub output: String,
    /// A title for people.
    pub title: String,
    /// Why it failed.
    pub error: String,
    /// What the tool adds, such as a diff or the id of a child session.
    pub metadata: Value,
}

/// A file that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FileDiff {
    /// The path; git's quoted form if it contains special characters.
    pub file: String,
    /// A unified diff. Empty for a quoted path.
    pub patch: String,
    /// Added lines.
    #[serde(deserialize_with = "whole")]
    pub additions: u64,
    /// Removed lines.
    #[serde(deserialize_with = "whole")]
    pub deletions: u64,
    /// `added`, `deleted` or `modified`.
    pub status: String,
}

/// A tool call that waits for a permission.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PermissionRequest {
    /// Its id.
    pub id: PermissionId,
    /// The session that asks; a child's for a call of a child.
    #[serde(rename = "sessionID")]
    pub session: SessionId,
    /// What it wants to do, such as `bash` or `edit`.
    #[serde(default)]
    pub permission: String,
    /// With what: commands, paths or addresses.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// What `always` would allow for all sessions of the directory until the server restarts.
    #[serde(default)]
    pub always: Vec<String>,
    /// Details: `command`, `filepath`, `diff`, `parentDir`.
    #[serde(default)]
    pub metadata: Value,
}

impl PermissionRequest {
    /// A detail as text, such as `command`, `filepath` or `diff`.
    #[must_use]
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.metadata.get(name).and_then(Value::as_str)
    }
}

/// One or more questions of the model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct QuestionRequest {
    /// Its id.
    pub id: QuestionId,
    /// The session that asks.
    #[serde(rename = "sessionID")]
    pub session: SessionId,
    /// The questions. A reply has one list of answers for each.
    #[serde(default)]
    pub questions: Vec<Question>,
}

/// A question of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Question {
    /// The question.
    pub question: String,
    /// A short title.
    pub header: String,
    /// The offered answers.
    pub options: Vec<Choice>,
    /// Whether several answers may be chosen.
    pub multiple: bool,
    /// Whether another answer may be typed; absent means yes.
    pub custom: Option<bool>,
}

/// An offered answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// The answer itself.
    pub label: String,
    /// What it means.
    pub description: String,
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FileEntry {
    /// Its path, relative to the directory.
    pub path: String,
    /// `file` or `directory`.
    #[serde(rename = "type")]
    pub kind: FileKind,
    /// Whether git ignores it.
    #[serde(default)]
    pub ignored: bool,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A file.
    File,
    /// A folder.
    Directory,
    /// A kind of a newer version.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_fields_parts_and_states_do_not_make_a_message_unreadable() {
        let message: Message = serde_json::from_value(json!({
            "info": {"id": "msg_1", "role": "assistant", "time": {"created": 1.5, "later": true}, "news": {}},
            "parts": [
                {"type": "hologram", "depth": 3},
                {"type": "text", "text": "hi", "id": "prt_1"},
                {"type": "tool", "tool": "bash", "state": {"status": "running", "input": {"command": "ls"}, "time": {"start": 1}}},
                {"type": "step-start"},
            ],
        }))
        .unwrap();
        assert_eq!(message.info.time, Times { created: 1, completed: None });
        assert_eq!(message.parts[0], Part::Other);
        assert_eq!(message.parts[1], Part::Text { text: "hi".into(), synthetic: false });
        assert!(matches!(&message.parts[2], Part::Tool(call) if call.state.status == "running"));
        assert_eq!(message.parts[3], Part::Other);
        let status: Status = serde_json::from_value(json!({"type": "dreaming", "of": "sheep"})).unwrap();
        assert_eq!(status, Status::Unknown);
        let tokens: Tokens = serde_json::from_value(json!({"input": 2.0, "output": null, "cache": {}})).unwrap();
        assert_eq!(tokens, Tokens { input: 2, ..Tokens::default() });
    }

    #[test]
    fn the_summary_of_a_prompt_and_of_a_reply_are_told_apart() {
        let info = |summary: Value| -> MessageInfo {
            serde_json::from_value(json!({"id": "msg_1", "role": "user", "summary": summary})).unwrap()
        };
        assert!(info(json!(true)).is_summary());
        let prompt = info(json!({"diffs": [{"file": "a", "patch": "p", "additions": 1, "deletions": 0, "status": "added"}]}));
        assert!(!prompt.is_summary());
        assert_eq!(prompt.diffs().len(), 1);
        assert!(info(json!(null)).diffs().is_empty());
    }
}
