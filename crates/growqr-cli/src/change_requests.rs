//! The `growqr memory requests` commands: changes of memory that wait for the person's approval.

use crate::CommandResult;
use crate::args::Requests;
use crate::asks;
use crate::page_parts::{parts, with_parts};
use crate::page_text::{diff_line, read_text};
use crate::print::{Out, sanitized_line};
use crate::stack_work::status;
use growqr_app::{AppError, Environment, Library, Profile};
use growqr_wire::event::{AskAnswer, AskDetail, AskKind, CommitPlan, EditedPage};
use growqr_wire::{AskRow, HeldChange, PullRequest};
use std::path::Path;
use std::time::Duration;

/// How long a host may take to say whether Gitea has a pull request.
const HOST_LIMIT: Duration = Duration::from_secs(3);

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
            let held = held(&row)?;
            let change = Library::open_memory(profile.clone()).held_change(held)?;
            if out.is_json() {
                out.json(&change)
            } else {
                print_change(out, &change)
            }
            if let Some(pull) = pull_request(profile, environment, &held.commit).await {
                print_pull_request(out, &pull);
            }
        }
        Some(Requests::Approve { id, text, base, only }) => {
            let row = find(&profile, &id).await?;
            let edited = match text {
                Some(file) => Some(edited_page(&file, base)?),
                None if only.is_empty() => None,
                None => Some(chosen_parts(Library::open_memory(profile.clone()).held_change(held(&row)?)?, &only)?),
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

/// The pull request of a held change, if Gitea has one. Only a host that runs knows it.
async fn pull_request(profile: Profile, environment: &Environment, commit: &str) -> Option<PullRequest> {
    let stack = tokio::time::timeout(HOST_LIMIT, status(profile, environment)).await.ok()?.ok()?;
    stack.memory?.pulls.into_iter().find(|pull| pull.commit == commit)
}

fn print_pull_request(out: &Out, pull: &PullRequest) {
    if out.is_json() {
        return out.json(pull);
    }
    out.line(&format!("\nIn Gitea, where it can be decided too: {}", sanitized_line(&pull.url)));
    if pull.changed {
        out.notice("It was changed in Gitea: look at it there again before you decide. What is shown here is the proposal");
    }
}

/// What an approval commits. If the page has changed since, what each side has changed is before it.
fn print_change(out: &Out, change: &HeldChange) {
    let print = |title: &str, diff: &str| {
        out.line(&format!("\n{title}"));
        diff.lines().for_each(|line| out.line(&diff_line(out, line)));
    };
    if change.yours.is_empty() {
        return print_parts(out, change);
    }
    print("Changed in the page since the proposal:", &change.yours);
    print("The proposal:", &change.proposal);
    out.line("\nWhat an approval commits:");
    print_parts(out, change);
    if let Some(version) = change.version.as_ref().filter(|_| change.is_conflict) {
        out.notice(&format!(
            "Both have changed the same lines, and an approval takes the proposal. To keep both, write the page as it should be into \
             a file and approve with --text FILE --base {version}"
        ));
    }
}

/// What an approval commits, with the numbers of its parts if there are several to choose from.
fn print_parts(out: &Out, change: &HeldChange) {
    let count = if change.result.is_some() { parts(&change.diff).len() } else { 1 };
    let mut number = 0;
    for line in change.diff.lines() {
        if line.starts_with("@@") && count > 1 {
            number += 1;
            out.line(&format!("Part {number} of {count}:"));
        }
        out.line(&diff_line(out, line));
    }
    if count > 1 {
        out.notice("To approve only some parts: --only NUMBER,NUMBER");
    }
}

/// The page with only these parts of what an approval would commit.
fn chosen_parts(change: HeldChange, only: &[usize]) -> Result<EditedPage, AppError> {
    let refused = |message: String| AppError::BadRequest {
        message,
        next_step: "See the parts of the change: growqr memory requests show ID".to_owned(),
    };
    if change.result.is_none() {
        return Err(refused("a change that deletes the page has no parts".to_owned()));
    }
    let parts = parts(&change.diff);
    if let Some(unknown) = only.iter().find(|number| !(1..=parts.len()).contains(*number)) {
        return Err(refused(format!("the change has {} parts, and no part {unknown}", parts.len())));
    }
    Ok(EditedPage { text: with_parts(&change.now.unwrap_or_default(), &parts, only), base: change.version })
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
