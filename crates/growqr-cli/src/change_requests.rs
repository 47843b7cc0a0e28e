//! The `growqr memory requests` commands: changes of memory that wait for the person's approval.

use crate::CommandResult;
use crate::args::Requests;
use crate::asks;
use crate::page_text::{diff_line, read_text};
use crate::print::Out;
use growqr_app::{AppError, Environment, Library, Profile};
use growqr_wire::AskRow;
use growqr_wire::event::{AskAnswer, AskDetail, AskKind, CommitPlan, EditedPage};
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
            let diff = Library::open_memory(profile).memory_diff(&held(&row)?.commit)?;
            if out.is_json() { out.json(&diff) } else { diff.text.lines().for_each(|line| out.line(&diff_line(out, line))) }
        }
        Some(Requests::Approve { id, text }) => {
            let row = find(&profile, &id).await?;
            let edited = match text {
                Some(file) => Some(edited_page(&file)?),
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

/// The file's text as the new text of the page, made from the version that the ask names: what has changed since is merged.
fn edited_page(file: &Path) -> Result<EditedPage, AppError> {
    let text = if file == Path::new("-") {
        read_text()?
    } else {
        let unreadable = |source| AppError::File { doing: "read", path: file.to_owned(), source };
        std::fs::read_to_string(file).map_err(unreadable)?
    };
    Ok(EditedPage { text, base: None })
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
