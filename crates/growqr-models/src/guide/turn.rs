//! Reads the current turn from the conversation: the last message to the guide, and the tool results since.

use growqr_core::id::CallId;
use growqr_core::prompt::{Block, Message, Role, blocks};

/// A tool call with its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ToolResult {
    pub name: String,
    pub text: String,
    pub is_error: bool,
}

/// The current turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// The message of the user, or the task of a sub-agent.
    pub text: String,
    /// Mail that arrived with the message, without its `<mail>` element.
    pub mail: Vec<String>,
    /// Results of the tool calls of this turn, in order.
    pub results: Vec<ToolResult>,
    /// What the user wrote while the tools ran.
    pub added: String,
}

impl Turn {
    /// The current turn of a conversation. User text in a message with tool results was written during a turn and does not
    /// begin a new one.
    pub fn of(messages: &[Message]) -> Turn {
        let read: Vec<(Role, Vec<Block>)> = messages.iter().map(|message| (message.role, blocks(&message.content))).collect();
        let begins = |(role, blocks): &(Role, Vec<Block>)| {
            *role == Role::User
                && blocks.iter().any(|block| matches!(block, Block::Text(_)))
                && !blocks.iter().any(|block| matches!(block, Block::Result { .. }))
        };
        let Some(mut at) = read.iter().rposition(begins) else { return Turn::default() };
        let (mut text, mut mail) = unwrap_elements(&texts(&read[at..=at]));
        // Text that the user wrote during the turn becomes the current message once an answer of the guide has quoted it.
        for answer in at + 1..read.len() {
            let (added, _) = unwrap_elements(&texts(&read[at + 1..answer]));
            let quotes_it = |block: &Block| matches!(block, Block::Text(text) if text.contains(&also_said(&added)));
            if read[answer].0 == Role::Assistant && !added.is_empty() && read[answer].1.iter().any(quotes_it) {
                (at, text, mail) = (answer, added, Vec::new());
            }
        }
        let (added, _) = unwrap_elements(&texts(&read[at + 1..]));
        Turn { text, mail, results: tool_results(&read[at..]), added }
    }

    /// The results of the calls to one tool.
    pub fn results_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ToolResult> {
        self.results.iter().filter(move |done| done.name == name)
    }
}

/// The sentence with which the guide quotes a text that the user wrote during the turn, before it answers it.
pub(super) fn also_said(text: &str) -> String {
    format!("You also said: {text}")
}

/// All user texts.
fn texts(messages: &[(Role, Vec<Block>)]) -> String {
    let of_user = messages.iter().filter(|(role, _)| *role == Role::User).flat_map(|(_, blocks)| blocks);
    let texts = of_user.filter_map(|block| match block {
        Block::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n\n")
}

/// Splits a text into the user's words (including the content of a `<task>` element) and the content of each `<mail>`
/// element. Drops `<earlier_conversation>` elements.
fn unwrap_elements(text: &str) -> (String, Vec<String>) {
    let mut words = Vec::new();
    let mut mail = Vec::new();
    let mut rest = text;
    while let Some((before, element, inner, after)) = next_element(rest) {
        words.push(before.trim());
        match element {
            "mail" => mail.push(inner.trim().to_owned()),
            "task" => words.push(inner.trim()),
            _ => {}
        }
        rest = after;
    }
    words.push(rest.trim());
    words.retain(|part| !part.is_empty());
    (words.join("\n\n"), mail)
}

/// The first of these elements: the text before it, its name, its content, the text after it.
fn next_element(text: &str) -> Option<(&str, &'static str, &str, &str)> {
    let found = ["mail", "task", "earlier_conversation"].into_iter().filter_map(|element| {
        let start = text.find(&format!("<{element}"))?;
        let body = start + text[start..].find('>')? + 1;
        let end = body + text[body..].find(&format!("</{element}>"))?;
        Some((&text[..start], element, &text[body..end], &text[end + element.len() + 3..]))
    });
    found.min_by_key(|(before, ..)| before.len())
}

fn tool_results(messages: &[(Role, Vec<Block>)]) -> Vec<ToolResult> {
    let all = || messages.iter().flat_map(|(_, blocks)| blocks);
    let name_of = |wanted: &CallId| {
        all().find_map(|block| match block {
            Block::Call { id, name, .. } if id == wanted => Some(name.clone()),
            _ => None,
        })
    };
    all()
        .filter_map(|block| match block {
            Block::Result { id, content, is_error } => {
                Some(ToolResult { name: name_of(id)?, text: content.clone(), is_error: *is_error })
            }
            _ => None,
        })
        .collect()
}
