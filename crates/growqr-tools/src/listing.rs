//! The tools of a server, read one by one: what cannot be read is left out by name, with the reason.

use crate::bounded_text::{SHOWN_BYTES, cut};
use crate::input_schema::{self, SchemaError};
use crate::server_name::ServerName;
use crate::tool_name::tool_name;
use growqr_core::prompt::Tool;
use growqr_core::raw::RawJson;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most tools of one server that are named as left out.
const MAX_LEFT_OUT: usize = 50;

/// The most tools of one server.
pub(crate) const MAX_TOOLS: usize = 1_000;

/// The most bytes of descriptions and schemas of one server's tools together.
const MAX_BYTES: usize = 2 << 20;

/// The longest name of a tool at its server, in bytes.
const MAX_NAME_BYTES: usize = 200;

/// The most bytes of a tool's description that the model gets.
const MAX_DESCRIPTION_BYTES: usize = 4_000;

/// What a server says about what a tool does. It may lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    /// The tool changes nothing.
    pub reads_only: bool,
    /// It may destroy something. `true` unless the server says otherwise.
    pub destroys: bool,
    /// It reaches the outside world. `true` unless the server says otherwise.
    pub reaches_outside: bool,
}

/// One tool of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedTool {
    /// Its name at the server.
    pub name: String,
    /// The tool as the model sees it.
    pub tool: Tool,
    /// What the server says about it.
    pub hints: Hints,
}

/// A tool that is not offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its name at the server, or its number in the list.
    pub name: String,
    /// Why, as the end of a sentence.
    pub reason: String,
}

/// The tools of one server. It can be kept and used before the server runs again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The tools, in the order of their names for the model, which no answer of the server changes.
    pub tools: Vec<ListedTool>,
    /// Those that are left out.
    pub left_out: Vec<LeftOut>,
}

impl Listing {
    /// Reads the tools that a server has listed.
    #[must_use]
    pub(crate) fn read(server: &ServerName, listed: &[Value]) -> Listing {
        let mut listing = Listing::default();
        let mut bytes = 0;
        for (index, value) in listed.iter().enumerate() {
            let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
            let is_too_long = name.len() > MAX_NAME_BYTES;
            let shown = if name.is_empty() || is_too_long { format!("tool {}", index + 1) } else { name.to_owned() };
            if listing.left_out.len() == MAX_LEFT_OUT {
                listing.left_out.push(LeftOut { name: shown, reason: "too many tools are left out to name them all".to_owned() });
                break;
            }
            let read = if name.is_empty() {
                Err(ToolError::NoName)
            } else if is_too_long {
                Err(ToolError::LongName)
            } else if listing.tools.iter().any(|tool| tool.name == name) {
                Err(ToolError::Twice)
            } else if listing.tools.len() == MAX_TOOLS {
                Err(ToolError::TooMany)
            } else {
                read_tool(server, name, value).and_then(|listed| {
                    bytes += listed.tool.description.len() + listed.tool.input_schema.text().len();
                    if bytes > MAX_BYTES { Err(ToolError::TooLarge) } else { Ok(listed) }
                })
            };
            match read {
                Ok(tool) => listing.tools.push(tool),
                Err(error) => listing.left_out.push(LeftOut { name: shown, reason: cut(&error.to_string(), SHOWN_BYTES) }),
            }
        }
        listing.tools.sort_by(|one, other| one.tool.name.cmp(&other.tool.name));
        listing
    }

    /// Says that the server lists more tools than were read.
    pub(crate) fn leave_out_the_rest(&mut self) {
        let reason = "the list of the server is too long; what comes after these tools was not read".to_owned();
        self.left_out.push(LeftOut { name: "all others".to_owned(), reason });
    }

    /// The tool that the model knows under this name.
    #[must_use]
    pub(crate) fn find(&self, name: &str) -> Option<&ListedTool> {
        self.tools.iter().find(|tool| tool.tool.name == name)
    }
}

/// Why a tool is left out.
#[derive(Debug, thiserror::Error)]
enum ToolError {
    #[error("it has no name")]
    NoName,
    #[error("its name is too long")]
    LongName,
    #[error("the server lists this name twice")]
    Twice,
    #[error("the server lists more than {MAX_TOOLS} tools")]
    TooMany,
    #[error("the tools of this server are larger than {} MB together", MAX_BYTES >> 20)]
    TooLarge,
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

fn read_tool(server: &ServerName, name: &str, value: &Value) -> Result<ListedTool, ToolError> {
    let schema = input_schema::mended(value.get("inputSchema").or_else(|| value.get("input_schema")))?;
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let words = text("description").or_else(|| text("title")).unwrap_or(name);
    let end = words.floor_char_boundary(MAX_DESCRIPTION_BYTES);
    let cut = if end < words.len() { " …" } else { "" };
    let description = format!("{}{cut} (Tool {name} of {server}, a program that the person has added.)", &words[..end]);
    let hint = |key: &str, default| value.pointer(&format!("/annotations/{key}")).and_then(Value::as_bool).unwrap_or(default);
    let reads_only = hint("readOnlyHint", false);
    Ok(ListedTool {
        name: name.to_owned(),
        tool: Tool { name: tool_name(server, name), description, input_schema: RawJson::of(&schema) },
        hints: Hints {
            reads_only,
            destroys: !reads_only && hint("destructiveHint", true),
            reaches_outside: hint("openWorldHint", true),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn listing(tools: &[Value]) -> Listing {
        Listing::read(&ServerName::new("odd").unwrap(), tools)
    }

    #[test]
    fn one_odd_tool_does_not_cost_the_others() {
        let listing = listing(&[
            json!({"name": "zoom", "inputSchema": {"type": "object"}}),
            json!({"name": "bad", "inputSchema": {"type": "string"}}),
            json!({"name": "no_schema"}),
            json!({"description": "nameless"}),
            json!({"name": "zoom"}),
            json!("a text"),
            json!({"name": "odd_hint", "inputSchema": null, "annotations": {"readOnlyHint": "yes"}}),
        ]);
        let names: Vec<&str> = listing.tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["no_schema", "odd_hint", "zoom"]);
        let left_out: Vec<&str> = listing.left_out.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(left_out, ["bad", "tool 4", "zoom", "tool 6"]);
        assert!(listing.left_out[0].reason.contains("not an object"));
    }

    #[test]
    fn hints_are_pessimistic_where_the_server_is_silent() {
        let listing =
            listing(&[json!({"name": "a"}), json!({"name": "b", "annotations": {"readOnlyHint": true, "openWorldHint": false}})]);
        assert_eq!(listing.tools[0].hints, Hints { reads_only: false, destroys: true, reaches_outside: true });
        assert_eq!(listing.tools[1].hints, Hints { reads_only: true, destroys: false, reaches_outside: false });
    }

    #[test]
    fn the_order_of_the_server_does_not_matter_and_the_listing_can_be_kept() {
        let (a, b) = (json!({"name": "a", "description": "x".repeat(9_000)}), json!({"name": "b"}));
        let one = listing(&[a.clone(), b.clone()]);
        assert_eq!(one, listing(&[b, a]));
        assert!(one.tools[0].tool.description.len() < MAX_DESCRIPTION_BYTES + 100);
        let kept = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Listing>(&kept).unwrap(), one);
        assert_eq!(one.find("odd__b").unwrap().name, "b");
    }
}
