//! How much of a model's context window the tools of other programs may fill. One server with a hundred tools fills a small window, and
//! then no request succeeds any more.

use growqr_core::tool::OfferedTool;
use std::collections::BTreeSet;

/// The part of the window, in percent.
const PERCENT: u64 = 15;

/// Bytes of a description or schema in one token, roughly.
const BYTES_PER_TOKEN: u64 = 4;

/// Splits the tools on offer: those that a model with this window gets, in their order, and the names of those for which it has no room.
/// Tools of GrowQR always have room.
pub(super) fn fitting(offered: &[OfferedTool], context_tokens: u64) -> (Vec<OfferedTool>, BTreeSet<String>) {
    let mut bytes_left = context_tokens.saturating_mul(BYTES_PER_TOKEN) / 100 * PERCENT;
    let (mut fitting, mut without_room) = (Vec::new(), BTreeSet::new());
    for offered in offered {
        let tool = &offered.tool;
        let is_foreign = offered.hash.is_some();
        let bytes = (tool.name.len() + tool.description.len() + tool.input_schema.text().len()) as u64;
        if is_foreign && bytes > bytes_left {
            without_room.insert(tool.name.clone());
            continue;
        }
        if is_foreign {
            bytes_left -= bytes;
        }
        fitting.push(offered.clone());
    }
    (fitting, without_room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::id::ExecutorId;
    use growqr_core::prompt::Tool;
    use growqr_core::raw::RawJson;
    use growqr_core::tool::Repeat;
    use serde_json::json;

    fn tool(name: &str, bytes: usize, hash: Option<&str>) -> OfferedTool {
        let input_schema = RawJson::of(&json!({"type": "object"}));
        let tool = Tool { name: name.to_owned(), description: "x".repeat(bytes), input_schema };
        let executor = ExecutorId::new("mcp:files");
        OfferedTool { tool, executor, repeat: Repeat::Unknown, argument: None, hash: hash.map(str::to_owned) }
    }

    #[test]
    fn a_large_server_does_not_fill_a_small_window() {
        let mut offered = vec![tool("read_memory", 100_000, None)];
        offered.extend((0..100).map(|number| tool(&format!("github__{number}"), 1_800, Some("0a"))));
        offered.push(tool("time__now", 100, Some("0b")));
        let (small, without_room) = fitting(&offered, 8_000);
        let foreign: usize = small.iter().filter(|tool| tool.hash.is_some()).map(|tool| tool.tool.description.len()).sum();
        assert!(foreign <= 8_000 * 4 * 15 / 100, "{foreign}");
        assert_eq!(small.len() + without_room.len(), offered.len());
        assert_eq!(small[0].tool.name, "read_memory");
        assert!(small.iter().any(|tool| tool.tool.name == "time__now"), "a small tool still fits");
        let (all, none) = fitting(&offered, 1_000_000);
        assert_eq!((all, none), (offered, BTreeSet::new()));
    }
}
