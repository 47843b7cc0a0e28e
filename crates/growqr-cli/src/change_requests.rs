//! The `growqr memory requests` commands: changes of memory that wait for the person's approval.

use crate::CommandResult;
use crate::args::Requests;
use crate::asks;
use crate::page_text::{diff_line, read_text};
use crate::print::Out;
use growqr_app::{AppError, Environment, Library, Profile};
use growqr_wire::event::{AskAnswer, AskDetail, AskKind, CommitPlan, EditedPage};
use growqr_wire::{AskRow, HeldChange};
use std::path::Path;

pub async fn requests(profile: Profile, environment: &Environment, out: &Out, command: Option<Requests>) -> CommandResult {
    match command {
        None | Some(Requests::List) => {
            let mut rows = Library::open(profile).await?.asks().await?;
            rows.retain(|row| row.ask.kind == AskKind::Review);
            for row in &rows {
                out.row(row, || asks::line(out, row));
            }
            if rows.is_empty() && !out.is_json() {
                out.notice("no change waits for your approval");
            }
        }
        Some(Requests::Show { id }) => {
            let row = find(&profile, &id).await?;
            out.row(&row, || asks::full(out, &row));
            let change = Library::open_memory(profile).held_change(held(&row)?)?;
            if out.is_json() { out.json(&change) } else { print_change(out, &change) }
        }
        Some(Requests::Approve { id, text, base }) => {
            let row = find(&profile, &id).await?;
            let edited = match text {
                Some(file) => Some(edited_page(&file, base)?),
                None => None,
            };
            let answer = AskAnswer { option: Some("approve".to_owned()), edited, ..AskAnswer::default() };
            return asks::settle(profile, environment, out, row.ask.id, Some(answer)).await;
        }
        Some(Requests::Reject { id, reason }) => {
            let row = find(&profile, &id).await?;
            let answer = AskAnswer { option: Some("reject".to_owned()), text: reason, ..AskAnswer::default() };
            return asks::settle(profile, environment, out, row.ask.id, Some(answer)).await;
        }
    }
    Ok(true)
}

/// What an approval commits. If the page has changed since, what each side has changed is before it.
fn print_change(out: &Out, change: &HeldChange) {
    let print = |title: &str, diff: &str| {
        out.line(&format!("\n{title}"));
        diff.lines().for_each(|line| out.line(&diff_line(out, line)));
    };
    if change.yours.is_empty() {
        return change.diff.lines().for_each(|line| out.line(&diff_line(out, line)));
    }
    print("Changed in the page since the proposal:", &change.yours);
    print("The proposal:", &change.proposal);
    print("What an approval commits:", &change.diff);
    if change.is_conflict {
        let version = change.version.as_deref().unwrap_or("none");
        out.notice(&format!(
            "Both have changed the same lines, and an approval takes the proposal. To keep both, write the page as it should be into \
             a file and approve with --text FILE --base {version}"
        ));
    }
}

/// The file's text as the new text of the page, made from this version, or from the one that the ask names: what has changed since
/// is merged.
fn edited_page(file: &Path, base: Option<String>) -> Result<EditedPage, AppError> {
    let text = if file == Path::new("-") {
        read_text()?
    } else {
        let unreadable = |source| AppError::File { doing: "read", path: file.to_owned(), source };
        std::fs::read_to_string(file).map_err(unreadable)?
    };
    Ok(EditedPage { text, base })
}

async fn find(profile: &Profile, id: &str) -> Result<AskRow, AppError> {
    let row = asks::find(profile, id).await?;
    held(&row)?;
    Ok(row)
}

fn held(row: &AskRow) -> Result<&CommitPlan, AppError> {
    match &row.ask.detail {
        Some(AskDetail::Review { held, .. }) => Ok(held),
        _ => Err(AppError::BadRequest {
            message: format!("{} is not about a change of memory", row.ask.id),
            next_step: "List the changes that wait: growqr memory requests".to_owned(),
        }),
    }
}
