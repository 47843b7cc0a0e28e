//! The `growqr memory undo` command.

use crate::CommandResult;
use crate::page_text::{diff_line, touched};
use crate::print::{Out, sanitized_line};
use growqr_app::{Environment, Library, Profile, send_request};
use growqr_wire::{Reply, Request};

/// Undoes all changes of a turn of an agent, or all of an agent. Without `yes`, prints what would change.
pub async fn memory_undo(
    profile: Profile,
    environment: &Environment,
    out: &Out,
    (agent, turn): (String, Option<u64>),
    yes: bool,
) -> CommandResult {
    if !yes {
        let preview = Library::open_memory(profile).memory_undo_preview(&agent, turn)?;
        if out.is_json() {
            out.json(&preview);
            return Ok(true);
        }
        preview.diff.lines().for_each(|line| out.line(&diff_line(out, line)));
        print_left(out, &preview.left);
        out.notice(&match (preview.paths.is_empty(), preview.left.is_empty()) {
            (true, true) => "all of it is undone already".to_owned(),
            (true, false) => "nothing can be undone".to_owned(),
            (false, _) => format!("{} change(s) would be undone. To do it, add --yes", preview.changes),
        });
        return Ok(true);
    }
    let reply = send_request(profile, environment, Request::UndoMemory { agent, turn, seen: None }).await?;
    if let Reply::UndoneMemory { commit, paths, more_paths, left } = &reply {
        out.row(&reply, || match commit {
            Some(commit) => {
                format!("{}  {}", commit.get(..12).unwrap_or(commit), sanitized_line(&touched(paths, *more_paths)))
            }
            None => "nothing was undone".to_owned(),
        });
        if !out.is_json() {
            print_left(out, left);
        }
    }
    Ok(true)
}

fn print_left(out: &Out, left: &[String]) {
    for page in left {
        out.notice(&format!("left as it is, because it has changed since: {}", sanitized_line(page)));
    }
}
