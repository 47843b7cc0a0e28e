//! The `growqr memory` commands.

use crate::CommandResult;
use crate::args::Memory;
use crate::change_requests::requests;
use crate::memory_undo::memory_undo;
use crate::page_text::{diff_line, read_text, touched};
use crate::print::{Out, Style, sanitized_line, shortened, time};
use growqr_app::{Environment, Library, Profile, send_request};
use growqr_wire::{Reply, Request, Text};

/// How many files that are no pages a list names.
const SHOWN_LEFT_ALONE: usize = 10;

/// How many lines a search prints.
const SHOWN: usize = 200;

pub async fn memory(profile: Profile, environment: &Environment, out: &Out, command: Memory) -> CommandResult {
    match command {
        Memory::Write { path, base } => {
            let text = read_text()?;
            send_change(profile, environment, out, Request::WriteMemory { path, text, base }).await
        }
        Memory::Delete { path, base } => send_change(profile, environment, out, Request::DeleteMemory { path, base }).await,
        Memory::Restore { rev } => send_change(profile, environment, out, Request::RestoreMemory { rev }).await,
        Memory::Undo { turn, agent, yes } => {
            let agent = agent.unwrap_or_else(|| "grow".to_owned());
            memory_undo(profile, environment, out, (agent, turn), yes).await
        }
        Memory::Requests { command } => requests(profile, environment, out, command).await,
        Memory::Confirm => {
            let folder = profile.memory();
            let reply = send_request(profile, environment, Request::ConfirmMemory).await?;
            out.row(&reply, || format!("This conversation uses the memory in {}.", folder.display()));
            Ok(true)
        }
        Memory::Path => {
            let text = profile.memory().display().to_string();
            out.row(&Text { text: text.clone() }, || text);
            Ok(true)
        }
        read_command => read_memory(&Library::open_memory(profile), out, read_command),
    }
}

async fn send_change(profile: Profile, environment: &Environment, out: &Out, request: Request) -> CommandResult {
    let library = Library::open_memory(profile.clone());
    let reply = send_request(profile, environment, request).await?;
    if let Reply::Changed { commit, paths, more_paths } = &reply {
        let shown = || format!("{}  {}", commit.get(..12).unwrap_or(commit), sanitized_line(&touched(paths, *more_paths)));
        out.row(&reply, shown);
    }
    print_notes(&library, out);
    Ok(true)
}

/// What the person should know before they go on.
fn print_notes(library: &Library, out: &Out) {
    for note in library.memory_notes() {
        out.notice(&note.text);
    }
}

fn read_memory(library: &Library, out: &Out, command: Memory) -> CommandResult {
    match command {
        Memory::List { prefix } => {
            let (pages, left_alone, ignored) = library.memory_listing(prefix.as_deref().unwrap_or_default())?;
            for page in pages {
                out.row(&page, || {
                    let note = |of: &String| out.style(Style::Dim, &format!("  (conflict copy of {})", sanitized_line(of)));
                    let note = page.conflict_copy_of.as_ref().map(note).unwrap_or_default();
                    format!("{:>8}  {}{note}", page.bytes, sanitized_line(&page.path))
                });
            }
            if !left_alone.is_empty() {
                let more = left_alone.len().saturating_sub(SHOWN_LEFT_ALONE);
                let shown = left_alone[..left_alone.len() - more].iter().map(|file| format!("\n  {}", sanitized_line(file)));
                let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
                out.notice(&format!(
                    "{} files are no pages and are left alone:{}{more}",
                    left_alone.len(),
                    shown.collect::<String>()
                ));
            }
            if ignored > 0 {
                let are = if ignored == 1 { "file or folder is" } else { "files or folders are" };
                out.notice(&format!("{ignored} {are} not listed, because git ignores them (growqr doctor counts the pages)."));
            }
            print_notes(library, out);
        }
        Memory::Read { path } => {
            let page = library.memory_read(&path)?;
            if out.is_json() { out.json(&page) } else { out.raw(&page.text) }
        }
        Memory::Log { path } => {
            let changes = library.memory_log(path.as_deref())?;
            print_notes(library, out);
            for change in changes {
                out.row(&change, || {
                    let who = change.origin.as_ref().map_or_else(
                        || change.author.clone(),
                        |origin| format!("{} ({}, turn {})", change.author, origin.agent, origin.turn),
                    );
                    let head = out.style(Style::Bold, change.commit.get(..12).unwrap_or(&change.commit));
                    let paths = out.style(Style::Dim, &sanitized_line(&touched(&change.paths, change.more_paths)));
                    format!(
                        "{head}  {}  {}\n    {}  {paths}",
                        time(change.at),
                        sanitized_line(&who),
                        shortened(&change.message, 100)
                    )
                });
            }
        }
        Memory::Diff { rev } => {
            let diff = library.memory_diff(&rev)?;
            if out.is_json() { out.json(&diff) } else { diff.text.lines().for_each(|line| out.line(&diff_line(out, line))) }
        }
        Memory::Blame { path } => {
            for line in library.memory_blame(&path)? {
                out.row(&line, || {
                    let who = line
                        .origin
                        .as_ref()
                        .map_or_else(|| line.author.clone(), |origin| format!("{} turn {}", origin.agent, origin.turn));
                    let head =
                        format!("{} {:<26} {:>4}", line.commit.get(..12).unwrap_or(&line.commit), shortened(&who, 26), line.line);
                    format!("{}  {}", out.style(Style::Dim, &head), sanitized_line(&line.text))
                });
            }
        }
        Memory::Search { text } => {
            // One more than is printed, to know whether there are more.
            let found = library.memory_search_up_to(&text, SHOWN + 1)?;
            if found.is_empty() {
                out.notice("Nothing found.");
            }
            if found.len() > SHOWN && !out.is_json() {
                out.notice(&format!("There are more than these {SHOWN}: add words, or use growqr search with --limit."));
            }
            for found in found.into_iter().take(SHOWN) {
                out.row(&found, || {
                    format!(
                        "{}:{}: {}",
                        out.style(Style::Bold, &sanitized_line(&found.path)),
                        found.line,
                        sanitized_line(&found.text)
                    )
                });
            }
        }
        Memory::Write { .. }
        | Memory::Delete { .. }
        | Memory::Restore { .. }
        | Memory::Undo { .. }
        | Memory::Requests { .. }
        | Memory::Confirm
        | Memory::Path => {}
    }
    Ok(true)
}
