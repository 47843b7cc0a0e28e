//! Commit messages: the author's text, then trailers with the agent, turn and tool call that the change comes from, and how the
//! person has approved it.
//! The text is escaped so that it cannot forge trailers.

use crate::git_config::GitConfig;
use git2::{Commit, Signature, Time};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::{Approval, Origin};

/// The longest first line, in characters. A longer one is cut, and repeated in full in the body.
const MAX_TITLE: usize = 72;
/// The longest message, in characters.
const MAX_MESSAGE: usize = 4000;
/// Email suffix of agents. Trailers are read only from commits with such an author.
const AGENT_EMAIL_SUFFIX: &str = "@agents.growqr.local";

/// The beginning of the trailer that says how the person has approved a held change.
const APPROVED: &str = "Approved: ";

/// The beginning of the line of an undo that names a change.
pub(crate) const UNDOES: &str = "Undoes ";

/// Email of this program.
const PROGRAM_EMAIL: &str = "growqr@growqr.local";

/// The author of a commit.
pub(crate) enum Author<'a> {
    /// An agent, and how the person has approved its change, if it was held.
    Agent(&'a Origin, Option<Approval>),
    /// The person.
    Person(PersonName),
    /// The author of an earlier commit, which is made again with the same message.
    SameAs(&'a Commit<'a>),
    /// This program, for the first commit and merges with the server.
    Program,
}

/// The name and the email address under which the person's changes are committed.
pub(crate) struct PersonName {
    name: String,
    email: String,
}

impl Default for PersonName {
    fn default() -> PersonName {
        PersonName { name: "You".to_owned(), email: "you@growqr.local".to_owned() }
    }
}

impl PersonName {
    /// What git's settings say. An address of an agent or of this program is not taken: it would make the change theirs.
    pub(crate) fn of_settings(settings: &GitConfig) -> PersonName {
        let text = |name: &str| settings.get(name).map(one_line).filter(|text| !text.is_empty());
        let is_the_persons = |email: &String| !email.ends_with(AGENT_EMAIL_SUFFIX) && email != PROGRAM_EMAIL;
        let unnamed = PersonName::default();
        PersonName {
            name: text("user.name").unwrap_or(unnamed.name),
            email: text("user.email").filter(is_the_persons).unwrap_or(unnamed.email),
        }
    }
}

impl Author<'_> {
    /// Name, email and time for git. The time is in whole seconds, UTC.
    pub(crate) fn signature(&self, at: Timestamp) -> Result<Signature<'static>, git2::Error> {
        let time = Time::new(at.seconds(), 0);
        match self {
            // git refuses some names.
            Author::Person(PersonName { name, email }) => {
                Signature::new(name, email, &time).or_else(|_| Author::Person(PersonName::default()).signature(at))
            }
            Author::SameAs(commit) => {
                let author = commit.author();
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                Signature::new(&text(author.name_bytes()), &text(author.email_bytes()), &time)
            }
            Author::Program => Signature::new("GrowQR", PROGRAM_EMAIL, &time),
            Author::Agent(origin, _) => {
                let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
                let address = format!("{}{AGENT_EMAIL_SUFFIX}", origin.agent.as_str().chars().map(plain).collect::<String>());
                // git trims punctuation from names and refuses a name that is then empty.
                Signature::new(&one_line(&origin.name), &address, &time).or_else(|_| Signature::new("Agent", &address, &time))
            }
        }
    }
}

/// The whole message of a commit. `default_title` is the first line if `text` is empty.
pub(crate) fn compose(text: &str, default_title: &str, author: &Author<'_>) -> String {
    if let Author::SameAs(commit) = author {
        return String::from_utf8_lossy(commit.message_bytes()).into_owned();
    }
    let text: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).take(MAX_MESSAGE).collect();
    let mut lines = text.lines().map(str::trim_end).skip_while(|line| line.trim().is_empty());
    let first = lines.next().unwrap_or(default_title).trim();
    let mut body: Vec<String> = lines.map(quote_if_trailer).collect();
    let mut message: String = first.chars().take(MAX_TITLE).collect();
    if first.chars().nth(MAX_TITLE).is_some() {
        message.push('…');
        body.splice(0..0, [String::new(), quote_if_trailer(first)]);
    }
    let body = body.join("\n");
    for part in [body.trim(), &trailers(author)] {
        if !part.is_empty() {
            message.push_str("\n\n");
            message.push_str(part);
        }
    }
    message.push('\n');
    message
}

fn trailers(author: &Author<'_>) -> String {
    let Author::Agent(origin, approval) = author else { return String::new() };
    let (agent, name) = (one_line(origin.agent.as_str()), one_line(&origin.name));
    let approved = match approval {
        None => String::new(),
        Some(Approval::AsProposed) => format!("\n{APPROVED}as proposed"),
        Some(Approval::Edited) => format!("\n{APPROVED}edited"),
    };
    format!("Agent: {agent} ({name})\nTurn: {}\nTool-Call: {}{approved}", origin.turn, one_line(origin.effect.as_str()))
}

/// Prefixes a line with `> ` if git or this module could read it as one of our trailers.
fn quote_if_trailer(line: &str) -> String {
    let key = line.trim_start().split(':').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    if line.contains(':') && matches!(key.as_str(), "agent" | "turn" | "tool-call" | "approved") {
        format!("> {line}")
    } else {
        line.to_owned()
    }
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !"<>".contains(*c)).collect::<String>().trim().to_owned()
}

/// Splits the message of a commit into its text and its origin (the trailers).
pub(crate) fn read(commit: &Commit<'_>) -> (String, Option<Origin>) {
    let message = String::from_utf8_lossy(commit.message_bytes()).trim_end().to_owned();
    if !is_by_agent(commit) {
        return (message, None);
    }
    match message.rsplit_once("\n\n").and_then(|(text, tail)| Some((text, origin(tail)?))) {
        Some((text, origin)) => (text.trim_end().to_owned(), Some(origin)),
        None => (message, None),
    }
}

/// The author's text of a composed message: a first line that was cut is whole.
pub(crate) fn author_text(message: &str) -> &str {
    let Some((title, rest)) = message.split_once("\n\n") else { return message };
    let cut = title.strip_suffix('…').filter(|cut| cut.chars().count() == MAX_TITLE);
    if cut.is_some_and(|cut| rest.trim_start_matches("> ").starts_with(cut)) { rest } else { message }
}

/// Whether the commit's author is this program.
pub(crate) fn is_by_program(commit: &Commit<'_>) -> bool {
    commit.author().email_bytes() == PROGRAM_EMAIL.as_bytes()
}

/// Whether the commit's author is an agent.
pub(crate) fn is_by_agent(commit: &Commit<'_>) -> bool {
    commit.author().email_bytes().ends_with(AGENT_EMAIL_SUFFIX.as_bytes())
}

/// Whether the commit undoes changes: its text is not of the one who has made it. A person who writes such a message by hand only hides
/// that they have written a page.
pub(crate) fn is_undo(commit: &Commit<'_>) -> bool {
    let message = String::from_utf8_lossy(commit.message_bytes());
    message.starts_with("Undo") && message.lines().any(|line| line.starts_with(UNDOES))
}

fn origin(tail: &str) -> Option<Origin> {
    let mut lines = tail.lines();
    let (agent, name) = lines.next()?.strip_prefix("Agent: ")?.split_once(" (")?;
    let turn = lines.next()?.strip_prefix("Turn: ")?.parse().ok()?;
    let effect = lines.next()?.strip_prefix("Tool-Call: ")?;
    let is_approval = |line: &str| line.starts_with(APPROVED);
    (lines.next().is_none_or(is_approval) && lines.next().is_none()).then_some(())?;
    let name = name.strip_suffix(')')?.to_owned();
    Some(Origin { agent: AgentId::new(agent), name, turn, effect: EffectId::new(effect) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grow() -> Origin {
        Origin { agent: AgentId::grow(), name: "Grow (you)".into(), turn: 3, effect: EffectId::new("00ff") }
    }

    fn split(message: &str) -> (String, Option<Origin>) {
        let (text, tail) = message.trim_end().rsplit_once("\n\n").unwrap();
        (text.to_owned(), origin(tail))
    }

    #[test]
    fn a_message_keeps_its_text_and_gets_trailers() {
        let message = compose("Learned a name\n\nShe said so.", "-", &Author::Agent(&grow(), None));
        assert_eq!(message, "Learned a name\n\nShe said so.\n\nAgent: grow (Grow (you))\nTurn: 3\nTool-Call: 00ff\n");
        assert_eq!(split(&message), ("Learned a name\n\nShe said so.".to_owned(), Some(grow())));
    }

    #[test]
    fn an_empty_message_gets_a_title_and_a_long_title_is_cut_and_repeated() {
        assert_eq!(compose(" \n ", "Change a.md", &Author::Person(PersonName::default())), "Change a.md\n");
        let long = "word ".repeat(40);
        let message = compose(&long, "-", &Author::Person(PersonName::default()));
        assert!(message.lines().next().unwrap().chars().count() <= MAX_TITLE + 1);
        assert!(message.contains(long.trim()));
    }

    #[test]
    fn message_text_cannot_forge_trailers() {
        let forged = "x\n\nAgent: grow (Grow)\nTurn: 1\ntool-call : dead\r\nTool-Call: beef";
        let message = compose(forged, "-", &Author::Person(PersonName::default()));
        assert!(message.lines().skip(1).all(|line| line.is_empty() || line.starts_with("> ")), "{message}");
        let (_, origin) = split(&compose(forged, "-", &Author::Agent(&grow(), None)));
        assert_eq!(origin, Some(grow()));
    }

    #[test]
    fn an_approval_is_a_trailer_and_keeps_the_origin() {
        let message = compose("Learned a name", "-", &Author::Agent(&grow(), Some(Approval::Edited)));
        assert!(message.ends_with("Tool-Call: 00ff\nApproved: edited\n"), "{message}");
        assert_eq!(split(&message), ("Learned a name".to_owned(), Some(grow())));
    }

    proptest! {
        #[test]
        fn a_composed_message_is_composed_again_from_its_authors_text(text in "[a-z:\n ]{0,300}") {
            let person = Author::Person(PersonName::default());
            let message = compose(&text, "nothing said", &person);
            prop_assert_eq!(compose(author_text(message.trim_end()), "nothing said", &person), message.clone());
        }

        #[test]
        fn any_message_text_keeps_the_real_origin(text in any::<String>(), name in "[a-zA-Z() é]{0,20}") {
            let origin = Origin { name: name.trim().to_owned(), ..grow() };
            let message = compose(&text, "nothing said", &Author::Agent(&origin, None));
            prop_assert_eq!(split(&message).1, Some(origin));
            prop_assert!(!message.lines().next().unwrap().is_empty());
            prop_assert!(!message.chars().any(|c| c != '\n' && c.is_control()));
        }
    }
}
