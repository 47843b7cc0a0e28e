//! The texts of pull requests. What an agent has written is data: it names nobody, closes nothing, and leads nowhere.

use super::steps::Commented;
use crate::export::safe_text::fenced;
use crate::timeline::words::one_line;
use growqr_core::ask::{APPROVE, AskDetail};
use growqr_core::id::AskId;
use growqr_core::journal::AskView;
use growqr_stack::gitea_server::PullComment;
use std::fmt::Write as _;

/// How the comments of this program begin. What follows is the kind of the comment and the id of the ask. Gitea shows it to nobody.
const MARK: &str = "<!-- growqr: ";
const MARK_END: &str = " -->";

/// The kinds of comments: how the change was settled, and that its pull request is open again.
const SETTLED: &str = "settled";
const OPEN_AGAIN: &str = "open";

/// The most characters of a title. Gitea cuts at 255.
const MAX_TITLE: usize = 200;

/// The title: the subject of the change.
pub(crate) fn title(message: &str) -> String {
    let subject = message.lines().map(|line| one_line(line, MAX_TITLE)).find(|line| !line.is_empty());
    let subject = subject.as_deref().unwrap_or("Change a page");
    let plain: String = subject.char_indices().map(|(at, c)| harmless(c, &subject[at + c.len_utf8()..])).collect();
    // Gitea takes it for a draft that cannot be merged.
    if plain.to_lowercase().trim_start_matches(['[', '［']).starts_with("wip") { format!("Change: {plain}") } else { plain }
}

/// Characters of Markdown, mentions, references and addresses, by others that look alike. `next` is what follows.
fn harmless(c: char, next: &str) -> char {
    match c {
        '@' => '＠',
        '[' => '［',
        ']' => '］',
        '<' => '＜',
        '>' => '＞',
        '`' => '｀',
        '#' if next.starts_with(|c: char| c.is_ascii_digit()) => '＃',
        '!' if next.starts_with(|c: char| c.is_ascii_digit()) => '！',
        ':' if next.starts_with("//") => '：',
        c => c,
    }
}

/// The description of the pull request of a held change.
pub(crate) fn description(view: &AskView) -> String {
    let mut about = view.ask.text.clone();
    if let Some(AskDetail::Review { message, rule, .. }) = &view.ask.detail {
        let _ = write!(about, "\n\n{message}\n\nIt is held because of the rule: {rule}");
    }
    format!(
        "GrowQR holds this change of memory until you decide.\n\n{}\n\nMerge it to approve the change. Close it to reject the change; \
         the agent is told your last comment as the reason. Commits that you add here count as your edit. You can also decide in \
         GrowQR: `growqr memory requests`.\n",
        verbatim(&about)
    )
}

/// The comment on the pull request of a change that was settled here. `commit`: the change in memory. `is_late`: the pull request
/// was closed or merged meanwhile. `stays`: the branch has commits that were added there.
pub(crate) fn settled(view: &AskView, commit: Option<&str>, is_late: bool, stays: bool) -> String {
    let answer = view.settled.as_ref().and_then(|settlement| settlement.answer.as_ref());
    let is_approved = answer.and_then(|answer| answer.option.as_deref()) == Some(APPROVE);
    let mut text = if is_approved { "Approved in GrowQR".to_owned() } else { "Rejected in GrowQR".to_owned() };
    text.push_str(if is_late { ", before it was settled here: that decision counts." } else { "." });
    match (is_approved, commit) {
        (true, Some(commit)) => {
            let _ = write!(text, " It is in memory, with the text that was approved there, as commit {commit}.");
        }
        (false, Some(commit)) => {
            let _ = write!(text, " It is in memory all the same, as commit {commit}; it can be undone like every change.");
        }
        (_, None) => {}
    }
    if stays {
        text.push_str(" The branch stays: it has commits that were added here.");
    }
    if let Some(remark) = answer.and_then(|answer| answer.text.as_deref()).filter(|remark| !remark.trim().is_empty()) {
        let _ = write!(text, "\n\n{}", verbatim(remark));
    }
    marked(SETTLED, &view.ask.id, &text)
}

/// The comment on a pull request that is open again.
pub(crate) fn open_again(ask: &AskId) -> String {
    let text = "Open again: the change still waits for you, because the decision in GrowQR could not be carried out.";
    marked(OPEN_AGAIN, ask, text)
}

fn marked(kind: &str, ask: &AskId, text: &str) -> String {
    format!("{MARK}{kind} {ask}{MARK_END}\n{text}\n")
}

/// What the last comment of this program says, whose account is `own`. `ask` is the one that counts now.
pub(crate) fn last_own(comments: &[PullComment], own: &str, ask: &AskId) -> Commented {
    match comments.iter().rev().find_map(|comment| mark(comment, own)) {
        None => Commented::Nothing,
        Some((OPEN_AGAIN, _)) => Commented::OpenAgain,
        Some((_, about)) if about == ask.as_str() => Commented::Decision,
        Some(_) => Commented::EarlierDecision,
    }
}

/// The last comment that is not one of this program.
pub(crate) fn last_comment<'a>(comments: &'a [PullComment], own: &str) -> Option<&'a PullComment> {
    let newest_first = comments.iter().rev().filter(|comment| mark(comment, own).is_none());
    newest_first.into_iter().find(|comment| !comment.text.trim().is_empty())
}

/// The kind of a comment of this program, and the id of its ask; an earlier build has not written the id. A comment that only contains
/// such a mark, or of another account, is none.
fn mark<'a>(comment: &'a PullComment, own: &str) -> Option<(&'a str, &'a str)> {
    if !comment.user.eq_ignore_ascii_case(own) {
        return None;
    }
    let (mark, _) = comment.text.strip_prefix(MARK)?.split_once(MARK_END)?;
    let (kind, ask) = mark.split_once(' ').unwrap_or((mark, ""));
    matches!(kind, SETTLED | OPEN_AGAIN).then_some((kind, ask))
}

/// The text as a block of code that it cannot end.
fn verbatim(text: &str) -> String {
    fenced(text.trim_end(), "text")
}

#[cfg(test)]
mod tests;
