//! The guide's rules: derives the next step from the conversation.

use super::Action;
use super::command::{self, Command, MAX_HELPERS};
use super::turn::{ToolResult, Turn, also_said};
use growqr_core::model::ModelRequest;
use serde_json::json;

/// The memory page to which `remember` appends.
const NOTES_PAGE: &str = "journal/notes.md";

const INTRODUCTION: &str = "I am the built-in guide: I answer by fixed rules, there is no AI in me.";

const COMMAND_LIST: &str = "What I understand:\n\
    - remember that … (I write it into your memory)\n\
    - what do you know about …, or search … (I look through your memory)\n\
    - list memory, or read PATH\n\
    - send three helpers to … (they are guides like me, and look through your memory)\n\
    - help";

const ADD_KEY_HINT: &str = "For real answers, add an Anthropic key: in the window's settings, with `growqr keys set anthropic`, or as ANTHROPIC_API_KEY.";

/// Words that are too common to search for.
const STOP_WORDS: [&str; 42] = [
    "a",
    "about",
    "all",
    "also",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "by",
    "can",
    "do",
    "everything",
    "find",
    "for",
    "from",
    "how",
    "i",
    "in",
    "is",
    "it",
    "look",
    "me",
    "my",
    "of",
    "on",
    "or",
    "out",
    "please",
    "that",
    "the",
    "there",
    "this",
    "to",
    "up",
    "we",
    "what",
    "with",
    "you",
    "your",
];

/// The next step in the conversation.
pub(super) fn next(request: &ModelRequest) -> Action {
    let turn = Turn::of(&request.messages);
    let offers = |tool: &str| request.segment.tools.iter().any(|offered| offered.name == tool);
    // Ids of sub-agents begin with "a-".
    let is_helper = request.agent.as_str().starts_with("a-");
    let step = |turn: &Turn| if is_helper { work_as_helper(turn, &offers) } else { answer_user(turn, &offers) };
    match step(&turn) {
        // The user wrote during the turn: answer the first message, then quote the second one and continue with it.
        Action::Say(text) if !turn.added.is_empty() => {
            let text = format!("{text}\n\n{}", also_said(&turn.added));
            match step(&Turn { text: turn.added, ..Turn::default() }) {
                Action::Say(more) => Action::Say(format!("{text}\n\n{more}")),
                Action::Call(more, calls) => Action::Call(format!("{text}\n\n{more}").trim_end().to_owned(), calls),
            }
        }
        next => next,
    }
}

/// The next step for a message of the user.
fn answer_user(turn: &Turn, offers: &dyn Fn(&str) -> bool) -> Action {
    if turn.text.is_empty() && !turn.mail.is_empty() {
        return Action::Say(format!("News has come:\n\n{}", turn.mail.join("\n\n")));
    }
    let command = command::read(&turn.text);
    let needed: &[&str] = match &command {
        Command::Remember(_) => &["read_memory", "commit_memory"],
        Command::Recall(_) => &["search_memory"],
        Command::List(_) => &["list_memory"],
        Command::Read(_) => &["read_memory"],
        Command::Send { .. } => &["spawn_sub_agent", "wait_for_sub_agents"],
        Command::Help | Command::NotUnderstood => &[],
    };
    if let Some(missing) = needed.iter().find(|tool| !offers(tool)) {
        return Action::Say(format!("I cannot do that here: the tool {missing} is not available. {INTRODUCTION}"));
    }
    match command {
        Command::Help => Action::Say(format!("{INTRODUCTION}\n\n{COMMAND_LIST}\n\n{ADD_KEY_HINT}")),
        Command::Remember(what) => remember(turn, &what),
        Command::Recall(what) => recall(turn, &what),
        Command::List(prefix) => list(turn, &prefix),
        Command::Read(path) => show(turn, &path),
        Command::Send { helpers, task } => send(turn, helpers, &task),
        Command::NotUnderstood => {
            Action::Say(format!("{INTRODUCTION} I did not understand that.\n\n{COMMAND_LIST}\n\n{ADD_KEY_HINT}"))
        }
    }
}

fn remember(turn: &Turn, what: &str) -> Action {
    let line = format!("- {}", what.lines().map(str::trim).collect::<Vec<_>>().join("\n  "));
    if let Some(committed) = turn.results_of("commit_memory").last() {
        return Action::Say(if committed.is_error {
            format!("I could not write it down: {}", committed.text)
        } else {
            format!("I have written it down in {NOTES_PAGE}: {what}")
        });
    }
    let Some(page) = turn.results_of("read_memory").last() else {
        return Action::Call(String::new(), vec![("read_memory", json!({"path": NOTES_PAGE}))]);
    };
    let (base, text) = if page.is_error { (None, "# Notes\n") } else { version_and_text(&page.text) };
    if format!("\n{text}\n").contains(&format!("\n{line}\n")) {
        return Action::Say(format!("That is in {NOTES_PAGE} already: {what}"));
    }
    let blank = if text.trim().is_empty() || text.trim_end().lines().last().is_some_and(|last| last.starts_with('#')) {
        "\n\n"
    } else {
        "\n"
    };
    let content = format!("{}{blank}{line}\n", text.trim_end());
    let first: String = what.lines().next().unwrap_or_default().chars().take(60).collect();
    let mut input =
        json!({"path": NOTES_PAGE, "content": content.trim_start_matches('\n'), "message": format!("Remember: {first}")});
    if let Some(base) = base {
        input["base"] = base.into();
    }
    Action::Call(String::new(), vec![("commit_memory", input)])
}

/// Splits the result of `read_memory`: the version in the first line, a blank line, the text.
fn version_and_text(result: &str) -> (Option<&str>, &str) {
    let Some(rest) = result.strip_prefix("version:") else { return (None, result) };
    let (version, text) = rest.split_once('\n').unwrap_or((rest, ""));
    (Some(version.trim()), text.strip_prefix('\n').unwrap_or(text))
}

fn recall(turn: &Turn, what: &str) -> Action {
    let searched: Vec<&ToolResult> = turn.results_of("search_memory").collect();
    // Search for the phrase first. If nothing is found, search for its longest word.
    let query = match (searched.len(), longest_words(what, 1).pop()) {
        (0, _) => Some(what.to_owned()),
        (1, Some(word)) if search_hits(searched[0]).is_empty() && word != what && !searched[0].is_error => Some(word),
        _ => None,
    };
    if let Some(query) = query {
        return Action::Call(String::new(), vec![("search_memory", json!({"query": query}))]);
    }
    let Some(last) = searched.last() else { return Action::Say(INTRODUCTION.to_owned()) };
    let lines = search_hits(last);
    Action::Say(match (last.is_error, lines.is_empty()) {
        (true, _) => format!("I could not search. {}", last.text),
        (false, true) => format!("Your memory says nothing about {what:?}."),
        (false, false) => format!("Your memory says about {what:?}:\n{}", lines.join("\n")),
    })
}

/// The lines of a search result that are hits: `path:line: text`.
fn search_hits(result: &ToolResult) -> Vec<String> {
    let hits = result.text.lines().filter_map(|line| {
        let (path, rest) = line.split_once(':')?;
        let (number, text) = rest.split_once(':')?;
        let is_hit = !path.is_empty() && number.trim().parse::<u64>().is_ok();
        is_hit.then(|| format!("- {} ({path}, line {})", text.trim().trim_start_matches("- "), number.trim()))
    });
    if result.is_error { Vec::new() } else { hits.collect() }
}

fn longest_words(text: &str, most: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let is_search_word = |word: &&str| word.chars().count() > 1 && !STOP_WORDS.contains(&word.to_lowercase().as_str());
    for word in text.split(|letter: char| !letter.is_alphanumeric()).filter(is_search_word) {
        if !words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            words.push(word.to_owned());
        }
    }
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(most);
    words
}

fn list(turn: &Turn, prefix: &str) -> Action {
    let Some(listed) = turn.results_of("list_memory").last() else {
        let input = if prefix.is_empty() { json!({}) } else { json!({"prefix": prefix}) };
        return Action::Call(String::new(), vec![("list_memory", input)]);
    };
    Action::Say(match (listed.is_error, listed.text.trim().is_empty()) {
        (true, _) => format!("I could not list your memory. {}", listed.text),
        (false, true) => "There is nothing there yet.".to_owned(),
        (false, false) => format!("Your memory:\n{}", listed.text.trim_end()),
    })
}

fn show(turn: &Turn, path: &str) -> Action {
    let Some(page) = turn.results_of("read_memory").last() else {
        return Action::Call(String::new(), vec![("read_memory", json!({"path": path}))]);
    };
    if page.is_error {
        return Action::Say(format!("I could not read {path}. {}", page.text));
    }
    let (_, text) = version_and_text(&page.text);
    Action::Say(if text.trim().is_empty() { format!("{path} is empty.") } else { text.trim_end().to_owned() })
}

fn send(turn: &Turn, helpers: usize, task: &str) -> Action {
    let sent: Vec<&ToolResult> = turn.results_of("spawn_sub_agent").collect();
    if sent.is_empty() {
        let text = match helpers {
            1 => "I send one helper.".to_owned(),
            MAX_HELPERS => format!("I send {MAX_HELPERS} helpers, the most I can."),
            some => format!("I send {some} helpers."),
        };
        let spawn = |number: usize| ("spawn_sub_agent", json!({"name": format!("helper {number}"), "task": task}));
        return Action::Call(text, (1..=helpers).map(spawn).collect());
    }
    let ids: Vec<&str> = sent.iter().filter(|done| !done.is_error).filter_map(|done| sub_agent_id(&done.text)).collect();
    let refused: Vec<&str> = sent.iter().filter(|done| done.is_error).map(|done| done.text.as_str()).collect();
    let mut words = Vec::new();
    if let Some(first) = refused.first() {
        words.push(format!("{} of {} helpers could not start: {first}", refused.len(), sent.len()));
    }
    if refused.len() == sent.len() {
        return Action::Say(words.join("\n\n"));
    }
    let Some(waited) = turn.results_of("wait_for_sub_agents").last() else {
        let input = if ids.is_empty() { json!({}) } else { json!({"ids": ids}) };
        return Action::Call(String::new(), vec![("wait_for_sub_agents", input)]);
    };
    let reports = waited.text.matches("report from ").count();
    words.push(match (waited.is_error, reports) {
        (true, _) => format!("I could not wait for them. {}", waited.text),
        (false, 0) => format!("No report has come yet. {}", waited.text.trim()),
        (false, 1) => format!("One report has come back:\n\n{}", waited.text.trim()),
        (false, count) => format!("{count} reports have come back:\n\n{}", waited.text.trim()),
    });
    Action::Say(words.join("\n\n"))
}

/// Reads the id from the tool result `sub-agent <id> (<name>) is at work; …`.
fn sub_agent_id(result: &str) -> Option<&str> {
    result.strip_prefix("sub-agent ")?.split_whitespace().next()
}

/// The next step of a guide that runs as a sub-agent: search memory for the words of the task and report the hits.
fn work_as_helper(turn: &Turn, offers: &dyn Fn(&str) -> bool) -> Action {
    let task = if turn.text.is_empty() { turn.mail.join("\n") } else { turn.text.clone() };
    let words = longest_words(&task, 3);
    let searched: Vec<&ToolResult> = turn.results_of("search_memory").collect();
    if searched.is_empty() && !words.is_empty() && offers("search_memory") {
        let search = |word: &String| ("search_memory", json!({"query": word}));
        return Action::Call(String::new(), words.iter().map(search).collect());
    }
    let mut lines: Vec<String> = Vec::new();
    for line in searched.iter().flat_map(|done| search_hits(done)) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let looked = if searched.is_empty() {
        "I could not look anything up.".to_owned()
    } else if lines.is_empty() {
        format!("I looked through memory for {} and found nothing.", words.join(", "))
    } else {
        format!("I looked through memory for {} and found:\n{}", words.join(", "), lines.join("\n"))
    };
    Action::Say(format!("{looked}\n\nI have no AI in me: I can look things up, but not work on a task."))
}
