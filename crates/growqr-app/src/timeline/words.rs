//! Tool calls in plain words.

use growqr_core::names::written_out;
use growqr_core::raw::RawJson;
use serde_json::Value;

/// The most characters of what a call is about.
const ABOUT: usize = 80;

/// A tool call in words, for while it runs and for afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolWords {
    /// While it runs.
    pub(crate) doing: String,
    /// Once it has ended.
    pub(crate) done: String,
}

/// The words for a call of this tool with this input. A tool that is not known is called by its name.
pub(crate) fn tool_words(name: &str, input: &RawJson) -> ToolWords {
    let (doing, done, field) = match name {
        "read_memory" => ("Reading", "Read", "path"),
        "read_message" => ("Reading on in a long message", "Read on in a long message", ""),
        "list_memory" => ("Listing memory", "Listed memory", "prefix"),
        "search_memory" => ("Searching memory for", "Searched memory for", "query"),
        "fetch_page" => ("Fetching", "Fetched", "url"),
        "search_tools" => ("Searching tools for", "Searched tools for", "query"),
        "read_skill" => ("Reading the skill", "Read the skill", "path"),
        "commit_memory" => ("Writing", "Wrote", "path"),
        "delete_memory" => ("Deleting", "Deleted", "path"),
        "read_file" => ("Reading", "Read", "path"),
        "list_files" => ("Listing files", "Listed files", "path"),
        "search_files" => ("Searching files for", "Searched files for", "query"),
        "write_file" => ("Writing", "Wrote", "path"),
        "spawn_sub_agent" => ("Starting sub-agent", "Started sub-agent", "name"),
        "wait_for_sub_agents" => ("Waiting for sub-agents", "Waited for sub-agents", ""),
        "schedule_work" => ("Scheduling", "Scheduled", "name"),
        "start_quest" => ("Starting the quest", "Started the quest", "path"),
        "ask_user" => ("Asking you", "Asked you", "question"),
        "message_sub_agent" => ("Messaging sub-agent", "Messaged sub-agent", "id"),
        "cancel_sub_agent" => ("Stopping sub-agent", "Stopped sub-agent", "id"),
        other => (other, other, ""),
    };
    let input = serde_json::from_str::<Value>(input.text()).unwrap_or_default();
    let about = input.get(field).and_then(Value::as_str).map(|text| one_line(text, ABOUT)).unwrap_or_default();
    let with = |verb: &str| format!("{verb} {about}").trim_end().to_owned();
    ToolWords { doing: with(doing), done: with(done) }
}

/// The beginning of a text, on one line, with its invisible characters written out.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = written_out(&line.replace(char::is_control, ""));
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
