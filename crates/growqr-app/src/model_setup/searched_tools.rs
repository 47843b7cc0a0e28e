//! Whether the tools of other programs are sent with each request. Many of them would fill the context window and make each request
//! dear; then the model searches for them instead ([`growqr_core::agent::searched`]).

use growqr_core::id::ExecutorId;
use growqr_core::tool::{CatalogueEntry, OfferedTool};

/// The most tools that are sent, and the most tokens of them.
const MAX_SENT: u64 = 40;
const MAX_SENT_TOKENS: u64 = 8_000;

/// The part of the window that they may fill, in percent.
const PERCENT: u64 = 15;

/// Bytes of a description or schema in one token, roughly.
const BYTES_PER_TOKEN: u64 = 4;

/// Splits the tools on offer for a model with this window: those of the segment, in their order, and those to search for. Either all
/// tools of other programs are sent, or all are searched for: which ones a model is given depends on no order. If they `were_searched`
/// for until now, they are sent again only when there are a quarter fewer than could be: a change of mode ends what a conversation has
/// cached, and one tool more or less is not worth that.
pub(super) fn split(
    offered: &[OfferedTool],
    context_tokens: u64,
    were_searched: bool,
) -> (Vec<OfferedTool>, Vec<CatalogueEntry>) {
    let (search, others): (Vec<&OfferedTool>, Vec<&OfferedTool>) =
        offered.iter().partition(|offered| offered.executor == ExecutorId::tool_search());
    let (foreign, own): (Vec<&OfferedTool>, Vec<&OfferedTool>) =
        others.iter().copied().partition(|offered| offered.hash.is_some());
    let bytes: usize = foreign.iter().copied().map(size).sum();
    let of = |most: u64| if were_searched { most / 4 * 3 } else { most };
    let most_bytes = of(MAX_SENT_TOKENS.min(context_tokens / 100 * PERCENT)) * BYTES_PER_TOKEN;
    if foreign.len() as u64 <= of(MAX_SENT) && bytes as u64 <= most_bytes {
        return (others.into_iter().cloned().collect(), Vec::new());
    }
    let sent = own.into_iter().chain(search).cloned().collect();
    (sent, foreign.into_iter().map(OfferedTool::entry).collect())
}

/// The bytes of a tool in a request.
fn size(offered: &OfferedTool) -> usize {
    let tool = &offered.tool;
    tool.name.len() + tool.description.len() + tool.input_schema.text().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::prompt::Tool;
    use growqr_core::raw::RawJson;
    use growqr_core::tool::{Executor, Repeat};
    use growqr_tools::ToolSearch;
    use serde_json::json;

    fn tool(name: &str, bytes: usize, hash: Option<&str>) -> OfferedTool {
        let input_schema = RawJson::of(&json!({"type": "object"}));
        let tool = Tool { name: name.to_owned(), description: "x".repeat(bytes), input_schema };
        let executor = ExecutorId::new("mcp:files");
        OfferedTool { tool, executor, repeat: Repeat::Unknown, argument: None, hash: hash.map(str::to_owned) }
    }

    /// A tool of our own, this many of another program, and the search in them.
    fn offered(count: usize, bytes: usize) -> Vec<OfferedTool> {
        let foreign: Vec<OfferedTool> = (0..count).map(|number| tool(&format!("files__{number}"), bytes, Some("0a"))).collect();
        let mut offered = vec![tool("read_memory", 100_000, None)];
        offered.extend(ToolSearch::new(foreign.clone()).tools());
        offered.extend(foreign);
        offered
    }

    fn names(tools: &[OfferedTool]) -> Vec<&str> {
        tools.iter().map(|offered| offered.tool.name.as_str()).collect()
    }

    #[test]
    fn a_few_tools_are_sent_as_they_are() {
        let (sent, searched) = split(&offered(2, 500), 200_000, false);
        assert_eq!((names(&sent), searched.len()), (vec!["read_memory", "files__0", "files__1"], 0));
        let (none, searched) = split(&offered(0, 0), 200_000, true);
        assert_eq!((names(&none), searched.len()), (vec!["read_memory"], 0));
    }

    #[test]
    fn many_tools_are_searched_for_and_cost_little() {
        let offered = offered(300, 400);
        let (sent, searched) = split(&offered, 1_000_000, false);
        assert_eq!(names(&sent), ["read_memory", "search_tools", "call_tool"]);
        assert_eq!(searched.len(), 300);
        let tokens: usize = sent[1..].iter().map(size).sum::<usize>() / 4;
        assert!(tokens < 3_000, "{tokens}");
    }

    #[test]
    fn a_few_tools_that_fill_a_small_window_are_searched_for() {
        let offered = offered(20, 900);
        assert_eq!(split(&offered, 200_000, false).1.len(), 0);
        assert_eq!(split(&offered, 8_000, false).1.len(), 20);
        assert_eq!(split(&self::offered(10, 4_000), 1_000_000, false).1.len(), 10, "and a few large ones in every window");
    }

    #[test]
    fn one_tool_more_or_less_does_not_change_back_what_is_done() {
        let is_searched =
            |count: usize, bytes: usize, were_searched| !split(&offered(count, bytes), 1_000_000, were_searched).1.is_empty();
        assert!(!is_searched(40, 100, false) && is_searched(41, 100, false));
        assert!(is_searched(31, 100, true) && !is_searched(30, 100, true));
        assert!(
            !is_searched(10, 3_000, false) && is_searched(10, 3_000, true) && !is_searched(10, 2_000, true),
            "nor do a few bytes"
        );
    }
}
