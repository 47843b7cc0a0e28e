//! Whether a call fetches a page that the person has named.

use super::draft::Draft;
use super::named::{NamedAs, is_same_page};
use crate::id::ExecutorId;
use crate::prompt::{Block, blocks};
use crate::rules::CallFacts;
use std::collections::BTreeSet;

/// What is recorded in place of a rule with a call that is allowed because the person has named its address.
pub(super) const NAMED_LINE: &str = "the person has named the address";

impl Draft<'_> {
    /// How the person has named what a call fetches; `None` if not, or if the call fetches nothing. A page that was fetched in this
    /// segment counts as named: its host knows the address, so that a long page can be read on.
    pub(super) fn named(&self, call: &CallFacts) -> Option<NamedAs> {
        if self.state.tool(call.tool)?.executor != ExecutorId::web() {
            return None;
        }
        let address = call.argument_text()?;
        match self.state.named.find(&address) {
            Some(NamedAs::Page) => Some(NamedAs::Page),
            _ if self.was_fetched(call.tool, &address) => Some(NamedAs::Page),
            other => other,
        }
    }

    /// Whether a call of this tool for this page has succeeded.
    fn was_fetched(&self, tool: &str, address: &str) -> bool {
        // An id belongs to one answer only.
        let mut open = BTreeSet::new();
        let messages = self.state.transcript.messages().iter();
        messages.flat_map(|message| blocks(&message.content)).any(|block| match block {
            Block::Call { id, name, input } if name == tool => {
                let call = CallFacts::new(tool, self.setup.arguments.get(tool), &input, &self.state.id, 0);
                if call.argument_text().is_some_and(|earlier| is_same_page(&earlier, address)) {
                    open.insert(id);
                }
                false
            }
            Block::Result { id, is_error, .. } => open.remove(&id) && !is_error,
            _ => false,
        })
    }
}
