//! Tools that are not in the segment, because there are too many: the model finds them with `search_tools` and calls them through
//! `call_tool`. Such a call is decided, recorded and carried out as a call of the tool that it names.
//!
//! The descriptions that a search returns are untrusted text of the servers, which can concern other servers' tools: after them a risky
//! call needs an answer. Only a call of the server's own tool needs none, if no other server's descriptions came with them: about that
//! tool, with that description, the person has decided. The descriptions in a segment have no source. The agent has not fetched them,
//! they are of servers that the person has added, and counted, they would make every rule that allows something useless in every turn.

use super::draft::Draft;
use super::judge::WantedCall;
use crate::id::ExecutorId;
use crate::raw::RawJson;
use crate::tool::{CatalogueEntry, OfferedTool, Repeat, ToolResult};
use crate::tool_input::{ToolInput, describe, parse};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The tool that calls another one.
pub const CALL_TOOL: &str = CallToolInput::NAME;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    description = "Calls a tool that search_tools has found. Give its name and an input that fits its input_schema. The result is that of the tool. The rules of the person decide about each call, so the person may be asked first."
)]
struct CallToolInput {
    #[schemars(description = "The name of the tool, as search_tools gives it")]
    name: String,
    #[schemars(description = "The input of the tool; left out if it has none", with = "Option<Map<String, Value>>")]
    input: Option<RawJson>,
}

impl ToolInput for CallToolInput {
    const NAME: &'static str = "call_tool";
}

/// The tool that calls another one, as it is offered. No executor ever gets a call of it.
#[must_use]
pub fn call_tool() -> OfferedTool {
    let (tool, executor) = (describe::<CallToolInput>(), ExecutorId::tool_search());
    OfferedTool { tool, executor, repeat: Repeat::Unknown, argument: None, hash: None }
}

/// The source of what a search has found, if it is of several servers.
const SEVERAL: &str = "descriptions of tools";

/// The source of what a search has found, if it is of one server.
fn of_one(executor: &ExecutorId) -> String {
    format!("{SEVERAL} of {executor}")
}

/// The names of the tools that the result of a search describes: each is one line of JSON.
pub fn described(found: &str) -> impl Iterator<Item = String> + '_ {
    #[derive(Deserialize)]
    struct Described {
        name: String,
    }
    found.lines().filter_map(|line| serde_json::from_str(line).ok()).map(|Described { name }| name)
}

impl Draft<'_> {
    /// The source of the result of a search. `None` if it describes no tool.
    pub(super) fn source_of_found(&self, result: &ToolResult) -> Option<String> {
        let text = result.content.plain();
        let executors: Option<BTreeSet<&ExecutorId>> =
            described(&text).map(|name| self.foreign_tool(&name).map(|entry| &entry.executor)).collect();
        // A tool that is not on offer any more can be of any server.
        let Some(executors) = executors else { return Some(SEVERAL.to_owned()) };
        match executors.len() {
            0 => None,
            1 => executors.first().map(|executor| of_one(executor)),
            _ => Some(SEVERAL.to_owned()),
        }
    }

    /// The sources of the untrusted text on which a call of this tool may be based: without the descriptions of its own server.
    pub(super) fn untrusted_for(&self, name: &str) -> Vec<String> {
        let own = self.foreign_tool(name).map(|entry| of_one(&entry.executor));
        self.state.untrusted().into_iter().filter(|source| Some(source) != own.as_ref()).collect()
    }

    /// The call that is meant, with its tool: for a call through `call_tool` that of the tool which it names. The error is a sentence
    /// for the model.
    pub(super) fn meant(&self, call: &WantedCall) -> Result<(WantedCall, CatalogueEntry), String> {
        let is_searched = self.state.tool(CALL_TOOL).is_some();
        if is_searched && call.name == CALL_TOOL {
            return self.meant_through_call_tool(call);
        }
        // Some models call a tool that they have found by its own name.
        let found = || self.foreign_tool(&call.name).filter(|_| is_searched);
        let entry = self.state.tool(&call.name).or_else(found);
        let entry = entry.ok_or_else(|| format!("there is no tool {:?}; use one of the tools you were given", call.name))?;
        Ok((call.clone(), entry.clone()))
    }

    fn meant_through_call_tool(&self, call: &WantedCall) -> Result<(WantedCall, CatalogueEntry), String> {
        let CallToolInput { name, input } = parse(&call.input)?;
        let Some(entry) = self.foreign_tool(&name) else {
            let is_own = self.state.tool(&name).is_some();
            let advice = if is_own { "is one of your own tools: call it directly" } else { "does not exist: use search_tools" };
            return Err(format!("{CALL_TOOL}: the tool {name:?} {advice}"));
        };
        let input = input.map_or_else(|| RawJson::of(&Map::new()), object_in_text);
        Ok((WantedCall { id: call.id.clone(), name, input }, entry.clone()))
    }

    /// The tool of another program that is on offer under this name, in the next segment or to be searched for.
    fn foreign_tool(&self, name: &str) -> Option<&CatalogueEntry> {
        let mut all = self.setup.searched.iter().chain(&self.setup.tools);
        all.find(|entry| entry.name == name && self.setup.hashes.contains_key(name))
    }
}

/// Smaller models send an object as a text that has it.
fn object_in_text(input: RawJson) -> RawJson {
    let text = serde_json::from_str::<String>(input.text()).ok();
    text.and_then(|text| RawJson::parse(text).ok()).unwrap_or(input)
}
