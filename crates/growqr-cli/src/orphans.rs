//! `growqr stack orphans`: what is left over in Docker, and its removal.

use crate::CommandResult;
use crate::print::{Out, sanitized_line};
use crate::stack_work::{finish, status};
use growqr_app::{AppError, Environment, Profile};
use growqr_wire::{DockerState, OrphanKey, OrphanState, Request, Stack, StackOrphan};
use std::collections::{BTreeMap, BTreeSet};

/// The word for a data folder that is not known.
const UNKNOWN: &str = "unknown";

/// What to do about things that somebody may use.
const UNCLEAR: &str = "What is left over of another computer, or of another system on this one, is found and removed by \
                       growqr stack orphans there. What an earlier version made stays until its data folder is used again";

/// Whose leftovers are removed.
pub enum Chosen {
    /// Those of this data folder.
    Own,
    /// Those of another one, as the list names it.
    Of(String),
}

/// Lists everything with this program's labels that is not of this data folder's profiles. Removes the chosen leftovers if `yes`.
pub async fn orphans(profile: Profile, environment: &Environment, out: &Out, chosen: Option<Chosen>, yes: bool) -> CommandResult {
    let state = status(profile.clone(), environment).await?;
    if state.docker.state != DockerState::Ready {
        return Err(AppError::Docker {
            message: format!("what is left over in Docker cannot be listed: {}", state.docker.found),
            retryable: true,
            next_step: state.docker.next_step.unwrap_or_default(),
        });
    }
    match chosen {
        None => {
            state.orphans.iter().chain(&state.others).for_each(|thing| show(out, thing));
            say_what_to_do(out, &state);
            Ok(true)
        }
        Some(chosen) => remove(profile, environment, out, &state, &chosen, yes).await,
    }
}

async fn remove(
    profile: Profile,
    environment: &Environment,
    out: &Out,
    state: &Stack,
    chosen: &Chosen,
    yes: bool,
) -> CommandResult {
    let is_chosen = |thing: &&StackOrphan| match chosen {
        Chosen::Own => thing.own,
        Chosen::Of(folder) => folder_of(thing) == named(folder),
    };
    let found: Vec<&StackOrphan> = state.orphans.iter().filter(is_chosen).collect();
    if found.is_empty() {
        return nothing_chosen(out, state, chosen);
    }
    found.iter().for_each(|thing| show(out, thing));
    if !yes {
        out.notice(&format!("To remove {} with their data: {}", things(found.len()), command(found[0])));
        return Ok(false);
    }
    let keys: Vec<OrphanKey> = found.iter().map(|thing| OrphanKey { kind: thing.kind.clone(), id: thing.id.clone() }).collect();
    let left = finish(profile, environment, out, Request::StackRemoveOrphans { orphans: keys }, |_| {}).await?.orphans;
    let left = left.iter().filter(is_chosen).count();
    if left > 0 {
        out.notice("Something else has been found meanwhile. To see it: growqr stack orphans");
    }
    Ok(left == 0)
}

fn nothing_chosen(out: &Out, state: &Stack, chosen: &Chosen) -> CommandResult {
    let Chosen::Of(folder) = chosen else {
        out.notice("Nothing in Docker belongs to a profile of this data folder that is gone.");
        return Ok(true);
    };
    let kept = state.others.iter().find(|thing| folder_of(thing) == named(folder));
    Err(match kept {
        Some(thing) => AppError::BadRequest {
            message: format!("what belongs to {folder} is not removed: {}", thing.why),
            next_step: match thing.state {
                OrphanState::InUse => format!("Remove it with: {}", reset(folder)),
                OrphanState::LeftOver | OrphanState::Unclear => UNCLEAR.to_owned(),
            },
        },
        None => AppError::BadRequest {
            message: format!("nothing is left over of the data folder {folder}"),
            next_step: "See what is left over: growqr stack orphans".to_owned(),
        },
    })
}

fn show(out: &Out, thing: &StackOrphan) {
    out.row(thing, || {
        let whose = if thing.own { String::new() } else { format!("{}: ", folder_of(thing)) };
        sanitized_line(&format!("{:<9}  {}  ({whose}{})", thing.kind, thing.name, thing.why))
    });
}

fn say_what_to_do(out: &Out, state: &Stack) {
    if out.is_json() {
        return;
    }
    if state.orphans.is_empty() {
        out.notice("Nothing in Docker belongs to a profile or a data folder that is gone.");
    }
    let mut commands: BTreeMap<String, usize> = BTreeMap::new();
    for thing in &state.orphans {
        *commands.entry(command(thing)).or_default() += 1;
    }
    for (command, count) in commands {
        out.notice(&sanitized_line(&format!("To remove {} with their data: {command}", things(count))));
    }
    let in_use = state.others.iter().filter(|thing| thing.state == OrphanState::InUse);
    for folder in in_use.map(folder_of).collect::<BTreeSet<_>>() {
        out.notice(&sanitized_line(&format!("What {folder} uses is kept. It can be removed with: {}", reset(folder))));
    }
    if state.others.iter().any(|thing| thing.state == OrphanState::Unclear) {
        out.notice(&format!("What may be in use is kept. {UNCLEAR}"));
    }
}

/// The command that removes a leftover, and all others of its data folder.
fn command(thing: &StackOrphan) -> String {
    let folder = if thing.own { String::new() } else { format!(" --folder {}", quoted(folder_of(thing))) };
    format!("growqr stack orphans --remove{folder} --yes")
}

fn reset(folder: &str) -> String {
    format!("growqr --data-dir {} stack reset", quoted(folder))
}

fn folder_of(thing: &StackOrphan) -> &str {
    thing.folder.as_deref().unwrap_or(UNKNOWN)
}

/// A folder as the person writes it.
fn named(folder: &str) -> &str {
    match folder.trim_end_matches('/') {
        "" => folder,
        trimmed => trimmed,
    }
}

fn things(count: usize) -> String {
    if count == 1 { "1 thing".to_owned() } else { format!("{count} things") }
}

/// A word of a command in this system's shell. No name of a file on Windows has a quotation mark in it.
fn quoted(word: &str) -> String {
    if cfg!(windows) { format!("\"{word}\"") } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
