//! The `growqr memory undo` command.

use crate::CommandResult;
use crate::page_text::{diff_line, touched};
use crate::print::{Out, sanitized_line};
use growqr_app::{Environment, Library, Profile, send_request};
use growqr_wire::{OtherChanges, Reply, Request};

/// Undoes all changes of a turn of an agent, or all of an agent. Without `yes`, prints what would change.
pub async fn memory_undo(
    profile: Profile,
    environment: &Environment,
    out: &Out,
    (agent, turn): (String, Option<u64>),
    yes: bool,
) -> CommandResult {
    if !yes {
        let library = Library::open_all(profile).await?;
        let of = library.changes_of(&agent, turn).await?;
        let preview = library.memory_undo_preview(&of)?;
        if out.is_json() {
            out.json(&preview);
            return Ok(true);
        }
        preview.diff.lines().for_each(|line| out.line(&diff_line(out, line)));
        print_left(out, &preview.left);
        print_others(out, &preview.others);
        out.notice(&match (preview.paths.is_empty(), preview.left.is_empty()) {
            (true, _) if preview.changes == 0 => "this conversation has no such change".to_owned(),
            (true, true) => "all of it is undone already".to_owned(),
            (true, false) => "nothing can be undone".to_owned(),
            (false, _) => format!("{} change(s) would be undone. To do it, add --yes", preview.changes),
        });
        return Ok(true);
    }
    let reply = send_request(profile, environment, Request::UndoMemory { agent, turn, seen: None }).await?;
    if let Reply::UndoneMemory { commit, paths, more_paths, left, others } = &reply {
        out.row(&reply, || match commit {
            Some(commit) => {
                format!("{}  {}", commit.get(..12).unwrap_or(commit), sanitized_line(&touched(paths, *more_paths)))
            }
            None => "nothing was undone".to_owned(),
        });
        if !out.is_json() {
            print_left(out, left);
            print_others(out, others);
        }
    }
    Ok(true)
}

fn print_others(out: &Out, others: &OtherChanges) {
    for change in &others.named {
        let (commit, title) = (&change.commit, change.message.lines().next().unwrap_or_default());
        let commit = commit.get(..12).unwrap_or(commit);
        out.notice(&format!("stays, because another conversation made it: {commit}  {}", sanitized_line(title)));
    }
    if others.more > 0 {
        out.notice(&format!("and {} more of other conversations", others.more));
    }
}

fn print_left(out: &Out, left: &[String]) {
    for page in left {
        out.notice(&format!("left as it is, because it has changed since: {}", sanitized_line(page)));
    }
}
