//! What the guide has been told last, and what it has done about it since: read from the conversation.

use growqr_core::id::CallId;
use growqr_core::prompt::{Block, Message, Role, blocks};

/// A tool call with its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub name: String,
    pub text: String,
    pub is_error: bool,
}

/// The work on one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// What was said.
    pub told: String,
    /// What was done about it, in order.
    pub done: Vec<Done>,
}

impl Turn {
    /// The turn that the conversation is in. Words that stand beside tool results came in between and begin no turn.
    pub fn of(messages: &[Message]) -> Turn {
        let read: Vec<(Role, Vec<Block>)> = messages.iter().map(|message| (message.role, blocks(&message.content))).collect();
        let begins = |(role, blocks): &(Role, Vec<Block>)| {
            *role == Role::User
                && blocks.iter().any(|block| matches!(block, Block::Text(_)))
                && !blocks.iter().any(|block| matches!(block, Block::Result { .. }))
        };
        let Some(at) = read.iter().rposition(begins) else { return Turn::default() };
        let mut texts = read[at].1.iter().filter_map(|block| match block {
            Block::Text(text) => Some(text.trim()),
            _ => None,
        });
        // Mail may stand before the person's own words; the last block is what they said last.
        let told = texts.next_back().unwrap_or_default().to_owned();
        Turn { told, done: done(&read[at..]) }
    }

    /// The results of the calls to one tool.
    pub fn results<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Done> {
        self.done.iter().filter(move |done| done.name == name)
    }
}

fn done(messages: &[(Role, Vec<Block>)]) -> Vec<Done> {
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
                Some(Done { name: name_of(id)?, text: content.clone(), is_error: *is_error })
            }
            _ => None,
        })
        .collect()
}
