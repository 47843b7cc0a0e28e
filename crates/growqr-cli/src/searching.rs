//! `growqr search`: messages of all conversations, the newest first, then lines of memory. Each with its place.

use crate::CommandResult;
use crate::args::Search;
use crate::print::{Out, Style, sanitized_line, shortened, time};
use growqr_app::{Library, Profile};
use growqr_wire::{Author, Found, Message};
use serde::Serialize;

pub async fn search(profile: Profile, out: &Out, search: &Search) -> CommandResult {
    let library = Library::open_all(profile).await?;
    // One more than is printed, to know whether there are more.
    let wanted = search.skip.saturating_add(search.limit).saturating_add(1);
    let found = library.search(&search.text, search.agent.as_deref(), wanted).await?;
    let (skip, limit) = (search.skip as usize, search.limit as usize);
    let messages = found.get(skip..).unwrap_or_default();
    messages.iter().take(limit).for_each(|message| out.row(message, || message_text(out, message)));
    // A conversation has no pages, and they were searched with the first messages.
    let has_pages = search.agent.is_none() && search.skip == 0;
    let lines = if has_pages { lines(library, search.text.clone(), limit + 1).await? } else { Vec::new() };
    lines.iter().take(limit).for_each(|line| out.row(&PageRow { kind: "page", line }, || line_text(out, line)));
    if out.is_json() {
        return Ok(true);
    }
    if messages.is_empty() && lines.is_empty() {
        out.notice("nothing found");
    }
    if messages.len() > limit {
        let next = search.skip.saturating_add(search.limit);
        out.notice(&format!("There are older messages: add --skip {next}, or words."));
    }
    if lines.len() > limit {
        out.notice(&format!("There are more lines of memory than these {limit}: add words, or a higher --limit."));
    }
    Ok(true)
}

/// A line of memory in JSON. Messages have no `kind`: they were there before.
#[derive(Serialize)]
struct PageRow<'a> {
    kind: &'static str,
    #[serde(flatten)]
    line: &'a Found,
}

/// The lines of memory, found on a thread that may block.
async fn lines(library: Library, text: String, limit: usize) -> Result<Vec<Found>, growqr_app::AppError> {
    let found = tokio::task::spawn_blocking(move || library.memory_search_up_to(&text, limit)).await;
    found.map_err(|error| growqr_app::AppError::Internal(error.to_string()))?
}

fn message_text(out: &Out, message: &Message) -> String {
    let author = match &message.author {
        Author::Person => "you",
        Author::Agent(id) => id,
    };
    let head = out.style(Style::Dim, &format!("{}  {} {}", time(message.at), message.agent, message.seq));
    format!("{head}  {}: {}", out.style(Style::Bold, author), shortened(&message.text, 200))
}

fn line_text(out: &Out, line: &Found) -> String {
    let place = sanitized_line(&format!("{}:{}", line.path, line.line));
    format!("{}  {}", out.style(Style::Dim, &place), shortened(&line.text, 200))
}
