//! Calls that the service of the model carries out itself: the calls and their results are blocks of its answers.

use super::state::State;
use crate::prompt::{Message, Role};
use crate::raw::RawJson;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A block, as far as it concerns such calls.
#[derive(Deserialize)]
struct ServerBlock<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tool_use_id: Option<Cow<'a, str>>,
}

impl State {
    /// How many answers the model has given since the last message to it.
    pub(super) fn answers_in_a_row(&self) -> usize {
        self.last_answers().count()
    }

    /// Whether the service still carries out a call of its last answers. Only the results of other calls may be sent to it then.
    pub(super) fn has_open_server_call(&self) -> bool {
        !open_calls(self.last_answers()).is_empty()
    }

    /// Whether a call that the service was to carry out has no result and will get none, because its turn is over. The service
    /// refuses a past with such a call.
    pub(super) fn has_broken_server_call(&self) -> bool {
        let is_of_last_turn =
            |message: &&Message| message.role == Role::Assistant || message.content.text().contains(r#""tool_result""#);
        !open_calls(self.transcript.messages().iter().rev().take_while(is_of_last_turn)).is_empty()
    }

    /// The answers after the last message to the model, the latest one first.
    fn last_answers(&self) -> impl Iterator<Item = &Message> {
        self.transcript.messages().iter().rev().take_while(|message| message.role == Role::Assistant)
    }
}

/// The ids of the calls without a result in these messages, the latest one of which comes first.
fn open_calls<'a>(messages: impl Iterator<Item = &'a Message>) -> BTreeSet<String> {
    let (mut calls, mut settled) = (BTreeSet::new(), BTreeSet::new());
    for content in messages
        .map(|message| &message.content)
        .filter(|content| content.text().contains(r#""server_tool_use""#) || content.text().contains(r#"_tool_result""#))
    {
        for block in server_blocks(content) {
            match (block.kind.as_ref(), block.id, block.tool_use_id) {
                ("server_tool_use", Some(id), _) => _ = calls.insert(id.into_owned()),
                ("tool_result", ..) => {}
                (kind, _, Some(id)) if kind.ends_with("_tool_result") => _ = settled.insert(id.into_owned()),
                _ => {}
            }
        }
    }
    calls.retain(|id| !settled.contains(id));
    calls
}

fn server_blocks(content: &RawJson) -> Vec<ServerBlock<'_>> {
    serde_json::from_str(content.text()).unwrap_or_default()
}
