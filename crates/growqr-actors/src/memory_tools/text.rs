//! Renders the results of the memory tools as text for the model.

use growqr_core::memory::{CommitPlan, FoundLine, MemoryError, Page, PageInfo};
use growqr_core::tool::ToolResult;
use std::collections::BTreeMap;

/// Renders a page.
pub(super) fn page_result(page: &Page) -> ToolResult {
    ToolResult::ok(format!("version: {}\n\n{}", page.version, page.content))
}

/// The most lines of a listing. A longer listing names only the folders.
const MAX_LISTED_LINES: usize = 500;

/// Renders a list of the pages that begin with `prefix`.
pub(super) fn list_result(pages: &[PageInfo], prefix: &str) -> ToolResult {
    if pages.is_empty() {
        return ToolResult::ok("no pages");
    }
    let describe = |page: &PageInfo| format!("{} ({} bytes)", page.path, page.bytes);
    if pages.len() <= MAX_LISTED_LINES {
        return ToolResult::ok(pages.iter().map(describe).collect::<Vec<_>>().join("\n"));
    }
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for page in pages {
        let rest = page.path.strip_prefix(prefix).unwrap_or(&page.path);
        // The prefix may end before a slash, so that `rest` begins with it.
        let from = page.path.len() - rest.trim_start_matches('/').len();
        match page.path[from..].find('/') {
            Some(end) => *folders.entry(&page.path[..from + end + 1]).or_default() += 1,
            None => lines.push(describe(page)),
        }
    }
    lines.extend(folders.into_iter().map(|(folder, count)| format!("{folder} ({count} pages)")));
    let left = lines.len().saturating_sub(MAX_LISTED_LINES);
    lines.truncate(MAX_LISTED_LINES);
    let more = if left > 0 { format!(" {left} lines are left out.") } else { String::new() };
    lines.push(format!("({} pages; list one of the folders to see what is in it.{more})", pages.len()));
    ToolResult::ok(lines.join("\n"))
}

/// Renders search results.
pub(super) fn search_result(found: &[FoundLine], limit: usize) -> ToolResult {
    if found.is_empty() {
        return ToolResult::ok("nothing found; try fewer or other words");
    }
    let mut lines: Vec<String> = found.iter().map(|hit| format!("{}:{}: {}", hit.path, hit.line, hit.text)).collect();
    if found.len() >= limit {
        lines.push("(there may be more; use more words)".to_owned());
    }
    ToolResult::ok(lines.join("\n"))
}

/// Renders a committed change, with what the person should know about it.
pub(super) fn commit_result(plan: &CommitPlan, remark: Option<&str>) -> ToolResult {
    let remark = remark.map(|remark| format!(". Tell the person: {remark}")).unwrap_or_default();
    let short = plan.commit.get(..12).unwrap_or(&plan.commit);
    let merged = if plan.merged { ", merged with a change that another author made" } else { "" };
    ToolResult::ok(match &plan.new_blob {
        Some(version) => format!("committed {short} to {} (version {version}){merged}{remark}", plan.path),
        None => format!("committed {short}: {} is removed{remark}", plan.path),
    })
}

/// Renders a held change.
pub(super) fn held_result(plan: &CommitPlan) -> ToolResult {
    ToolResult::ok(format!(
        "the change of {} is not in memory yet: it waits for the person's approval, and you will be told the decision. Go on \
         without it, and do not send it again",
        plan.path
    ))
}

/// Renders a failure, with a hint on what the model can do.
pub(super) fn error_result(error: &MemoryError) -> ToolResult {
    ToolResult::error(match error {
        MemoryError::Missing { .. } => format!("{error}; list_memory shows what there is"),
        MemoryError::UnknownVersion { .. } => {
            format!("{error}; read it with read_memory, then write it again with base = its version")
        }
        // Without its text: a rule may say that the page is not to be read.
        MemoryError::Conflict { version, .. } => {
            format!("{error} (version {version}); read it with read_memory, then write it again with base = its version")
        }
        _ => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_listing_names_only_the_folders() {
        let page = |path: String| PageInfo { path, bytes: 3 };
        let mut pages = vec![page("README.md".to_owned())];
        pages.extend((0..700).map(|number| page(format!("journal/{number:03}.md"))));
        pages.extend((0..4).map(|number| page(format!("projects/tea/{number}.md"))));
        let listed = list_result(&pages, "").content.plain().into_owned();
        assert_eq!(
            listed,
            "README.md (3 bytes)\njournal/ (700 pages)\nprojects/ (4 pages)\n\
            (705 pages; list one of the folders to see what is in it.)"
        );
        let listed = list_result(&pages[1..701], "journal").content.plain().into_owned();
        assert!(listed.starts_with("journal/000.md") && listed.ends_with("200 lines are left out.)"), "{listed}");
        let listed = list_result(&pages[..2], "").content.plain().into_owned();
        assert_eq!(listed, "README.md (3 bytes)\njournal/000.md (3 bytes)");
    }
}
