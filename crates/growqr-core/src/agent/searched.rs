//! Tools that are not in the segment, because there are too many: the model finds them with `search_tools` and calls them through
//! `call_tool`. Such a call is decided, recorded and carried out as a call of the tool that it names.

use super::draft::Draft;
use super::judge::WantedCall;
use crate::id::ExecutorId;
use crate::raw::RawJson;
use crate::tool::{CatalogueEntry, OfferedTool, Repeat};
use crate::tool_input::{ToolInput, describe, parse};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

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

impl Draft<'_> {
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
