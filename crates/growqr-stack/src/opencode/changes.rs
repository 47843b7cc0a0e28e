//! Which files a run changed. In a git repository OpenCode compares snapshots, which also shows what shell commands did.
//! Elsewhere, and for names that it cannot handle, the tool calls tell.

use super::paths::{relative_to, unquote};
use super::wire::{FileDiff, Message, Part, ToolCall};
use serde_json::Value;
use std::collections::BTreeMap;

/// The status of a tool call that ended well.
const COMPLETED: &str = "completed";

/// A file that a run changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileChange {
    /// Its path relative to the session's directory; absolute if it is outside.
    pub path: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Added lines, if known.
    pub additions: u64,
    /// Removed lines, if known.
    pub deletions: u64,
    /// Unified diffs, one for each known change. `None` if the content before is not known.
    pub patch: Option<String>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// Its content changed.
    #[default]
    Modified,
    /// It is gone.
    Deleted,
}

/// The files changed by a run: from the snapshots in its prompt, completed by the tool calls of the run and its children.
pub(super) fn changes(directory: &str, turn: &[Message], children: &[Message]) -> Vec<FileChange> {
    let mut from_tools: BTreeMap<String, FileChange> = BTreeMap::new();
    let calls = turn.iter().chain(children).flat_map(|message| &message.parts).filter_map(completed_call);
    for change in calls.filter_map(|call| of_call(directory, call)) {
        match from_tools.get_mut(&change.path) {
            Some(known) => add(known, change),
            None => drop(from_tools.insert(change.path.clone(), change)),
        }
    }
    let mut all = from_tools.clone();
    for diff in turn.iter().flat_map(|message| message.info.diffs()) {
        let change = of_snapshot(directory, &diff, &from_tools);
        all.insert(change.path.clone(), change);
    }
    all.into_values().collect()
}

fn completed_call(part: &Part) -> Option<&ToolCall> {
    match part {
        Part::Tool(call) if call.state.status == COMPLETED => Some(call),
        _ => None,
    }
}

fn of_snapshot(directory: &str, diff: &FileDiff, from_tools: &BTreeMap<String, FileChange>) -> FileChange {
    let path = relative_to(directory, &unquote(&diff.file));
    // Only the lines of a hunk make a patch: for a quoted name OpenCode sends a head without them.
    let own = diff.patch.contains("\n@@ ").then(|| diff.patch.clone());
    let patch = own.or_else(|| from_tools.get(&path).and_then(|known| known.patch.clone()));
    FileChange { path, kind: kind(&diff.status), additions: diff.additions, deletions: diff.deletions, patch }
}

fn kind(status: &str) -> ChangeKind {
    match status {
        "added" => ChangeKind::Added,
        "deleted" => ChangeKind::Deleted,
        _ => ChangeKind::Modified,
    }
}

/// What a tool call changed.
fn of_call(directory: &str, call: &ToolCall) -> Option<FileChange> {
    let input = |name: &str| call.state.input.get(name).and_then(Value::as_str);
    let path = relative_to(directory, input("filePath")?);
    let metadata = &call.state.metadata;
    match call.tool.as_str() {
        "write" if metadata.get("exists").and_then(Value::as_bool) == Some(false) => {
            let content = input("content").unwrap_or_default();
            let additions = content.lines().count() as u64;
            let patch = Some(patch_of_new(&path, content));
            Some(FileChange { path, kind: ChangeKind::Added, additions, deletions: 0, patch })
        }
        "write" => Some(FileChange { path, ..FileChange::default() }),
        "edit" => {
            let diff = metadata.get("filediff").cloned().and_then(|diff| serde_json::from_value::<FileDiff>(diff).ok());
            let diff = diff.unwrap_or_default();
            let patch = Some(diff.patch).filter(|patch| !patch.is_empty());
            Some(FileChange { path, kind: ChangeKind::Modified, additions: diff.additions, deletions: diff.deletions, patch })
        }
        _ => None,
    }
}

/// A unified diff that adds all lines of a text.
fn patch_of_new(path: &str, content: &str) -> String {
    let lines = content.lines().count();
    let added: String = content.lines().map(|line| format!("+{line}\n")).collect();
    let end = if content.is_empty() || content.ends_with('\n') { "" } else { "\\ No newline at end of file\n" };
    let hunk = if lines == 0 { String::new() } else { format!("@@ -0,0 +1,{lines} @@\n") };
    // A line break in the name would look like a line of the diff.
    let name: String = path.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    format!("--- /dev/null\n+++ {name}\n{hunk}{added}{end}")
}

/// Adds a later change of the same file.
fn add(known: &mut FileChange, later: FileChange) {
    known.additions += later.additions;
    known.deletions += later.deletions;
    known.patch = match (known.patch.take(), later.patch) {
        (Some(first), Some(second)) => Some(format!("{first}{second}")),
        // One unknown change makes the sum of the others misleading.
        _ => None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prompt(diffs: Value) -> Message {
        serde_json::from_value(json!({"info": {"id": "msg_p", "role": "user", "summary": {"diffs": diffs}}})).unwrap()
    }

    fn call(tool: &str, status: &str, input: Value, metadata: Value) -> Message {
        let state = json!({"status": status, "input": input, "metadata": metadata});
        let parts = json!([{"type": "tool", "tool": tool, "state": state}]);
        serde_json::from_value(json!({"info": {"id": "msg_a", "role": "assistant"}, "parts": parts})).unwrap()
    }

    fn write(path: &str, content: &str, exists: bool) -> Message {
        call("write", "completed", json!({"filePath": path, "content": content}), json!({"exists": exists}))
    }

    #[test]
    fn a_new_file_is_a_patch_that_adds_its_lines() {
        let found = changes("/w", &[write("/w/a.txt", "one\ntwo", false)], &[]);
        let patch = "--- /dev/null\n+++ a.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n\\ No newline at end of file\n";
        let expected =
            FileChange { path: "a.txt".into(), kind: ChangeKind::Added, additions: 2, deletions: 0, patch: Some(patch.into()) };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn an_overwritten_file_has_no_patch_because_its_old_content_is_unknown() {
        let found = changes("/w", &[write("/w/a.txt", "one", false), write("/w/a.txt", "two", true)], &[]);
        assert_eq!((found.len(), found[0].kind, found[0].patch.clone()), (1, ChangeKind::Added, None));
    }

    #[test]
    fn snapshots_decide_where_there_are_some() {
        let diff = json!({"file": "a.txt", "patch": "--- a\n+++ a\n@@ -1 +1 @@\n-x\n+y\n", "additions": 1, "deletions": 1, "status": "modified"});
        let found = changes("/w", &[prompt(json!([diff])), write("/w/a.txt", "y", true)], &[]);
        assert_eq!(found.len(), 1);
        assert!(found[0].patch.as_ref().unwrap().contains("+y"));
    }

    #[test]
    fn a_quoted_name_gets_its_patch_from_the_tool_call() {
        let diff = json!({"file": "\"a \\\"b\\\".txt\"", "patch": "Index: x\n--- x\n+++ x\n", "additions": 1, "status": "added"});
        let found = changes("/w", &[prompt(json!([diff])), write("/w/a \"b\".txt", "one\n", false)], &[]);
        assert_eq!((found.len(), found[0].path.as_str()), (1, "a \"b\".txt"));
        assert!(found[0].patch.as_ref().unwrap().contains("+one"));
    }

    #[test]
    fn failed_calls_change_nothing_and_children_count() {
        let failed = call("write", "error", json!({"filePath": "/w/a"}), json!({}));
        let edit = json!({"filediff": {"file": "/w/b", "patch": "@@\n", "additions": 1, "deletions": 1}});
        let child = call("edit", "completed", json!({"filePath": "/w/b"}), edit);
        let found = changes("/w", &[failed], &[child]);
        assert_eq!(found.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_file_outside_the_directory_keeps_its_whole_path() {
        assert_eq!(changes("/w", &[write("/tmp/x", "", false)], &[])[0].path, "/tmp/x");
    }
}
