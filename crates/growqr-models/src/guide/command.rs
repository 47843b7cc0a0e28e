//! Parser for the few sentences that the guide understands.

/// The most helpers that the guide starts at once.
pub(super) const MAX_HELPERS: usize = 8;

/// A command to the guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Help,
    Remember(String),
    Recall(String),
    List(String),
    Read(String),
    Send { helpers: usize, task: String },
    NotUnderstood,
}

const RECALL: &[&str] = &[
    "what do you know about",
    "what do you remember about",
    "what do i know about",
    "search memory for",
    "search the memory for",
    "search for",
    "search",
    "recall",
    "look up",
];

const LIST: &[&str] = &["list memory", "list the memory", "list my memory", "list pages", "show memory", "what do you remember"];

/// Parses a message.
pub(super) fn read(text: &str) -> Command {
    let text = text.trim().trim_end_matches(['?', '!']).trim_end();
    let text = after(text, "please").unwrap_or(text);
    if ["help", "?", "what can you do", "who are you"].iter().any(|known| text.eq_ignore_ascii_case(known)) || text.is_empty() {
        return Command::Help;
    }
    if let Some(rest) = after(text, "remember").or_else(|| after(text, "note")) {
        let what = after(rest, "that").unwrap_or(rest).trim_start_matches(':').trim();
        return if what.is_empty() { Command::Help } else { Command::Remember(what.to_owned()) };
    }
    if let Some(helpers) = send(text) {
        return helpers;
    }
    if let Some(what) = RECALL.iter().find_map(|known| after(text, known)).filter(|what| !what.is_empty()) {
        return Command::Recall(what.to_owned());
    }
    if let Some(prefix) = LIST.iter().find_map(|known| after(text, known)) {
        return Command::List(prefix.to_owned());
    }
    match after(text, "read").or_else(|| after(text, "show")) {
        Some(path) if !path.is_empty() && !path.contains(char::is_whitespace) => Command::Read(path.to_owned()),
        _ => Command::NotUnderstood,
    }
}

/// The rest of the text after `words`, if the text begins with them. Ignores case.
fn after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(words.len())?;
    let ends_there = rest.is_empty() || rest.starts_with([' ', ':', ',', '\n', '\t']);
    (start.eq_ignore_ascii_case(words) && ends_there).then(|| rest.trim_start_matches([' ', ',', '\n', '\t']))
}

/// Parses `send three helpers to find out …`.
fn send(text: &str) -> Option<Command> {
    let rest = ["send", "start", "spawn"].iter().find_map(|verb| after(text, verb))?;
    let (number, rest) = rest.split_once(' ')?;
    let (helpers, rest) = rest.trim_start().split_once(' ')?;
    let is_helper = ["helper", "helpers", "sub-agent", "sub-agents", "subagent", "subagents", "agent", "agents"]
        .iter()
        .any(|known| helpers.eq_ignore_ascii_case(known));
    let task = after(rest.trim_start(), "to").unwrap_or(rest).trim();
    let helpers = count(number)?.min(MAX_HELPERS);
    (is_helper && helpers > 0 && !task.is_empty()).then(|| Command::Send { helpers, task: task.to_owned() })
}

fn count(word: &str) -> Option<usize> {
    const WORDS: [&str; 11] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "a" | "an" => Some(1),
        "some" | "several" => Some(3),
        _ => word.parse().ok().or_else(|| WORDS.iter().position(|known| *known == word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentences_of_the_help_are_understood() {
        let table = [
            ("Help", Command::Help),
            ("Remember that I like tea.", Command::Remember("I like tea.".into())),
            ("please remember: Grüße", Command::Remember("Grüße".into())),
            ("What do you know about tea?", Command::Recall("tea".into())),
            ("recall tea", Command::Recall("tea".into())),
            ("search green tea", Command::Recall("green tea".into())),
            ("list memory", Command::List(String::new())),
            ("list memory projects/", Command::List("projects/".into())),
            ("read goals/README.md", Command::Read("goals/README.md".into())),
            ("send 3 helpers to find tea", Command::Send { helpers: 3, task: "find tea".into() }),
            ("Send two sub-agents to find tea", Command::Send { helpers: 2, task: "find tea".into() }),
            ("send a helper to look", Command::Send { helpers: 1, task: "look".into() }),
            ("send 99 helpers to look", Command::Send { helpers: 8, task: "look".into() }),
            ("send no helpers to look", Command::NotUnderstood),
            ("rememberance of things past", Command::NotUnderstood),
            ("read all about it", Command::NotUnderstood),
            ("größer", Command::NotUnderstood),
        ];
        for (text, command) in table {
            assert_eq!(read(text), command, "{text}");
        }
    }
}
