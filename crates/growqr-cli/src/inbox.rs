//! The `growqr inbox` command.

use crate::CommandResult;
use crate::print::{Out, Style, sanitized_line, shortened, time};
use growqr_app::{Environment, Profile, send_request};
use growqr_wire::{InboxEntry, InboxKind, Reply, Request};

pub async fn inbox(profile: Profile, environment: &Environment, out: &Out, read: bool) -> CommandResult {
    let entries = match send_request(profile.clone(), environment, Request::Inbox).await? {
        Reply::Inbox { entries } => entries,
        _ => Vec::new(),
    };
    for entry in &entries {
        out.row(entry, || line(out, entry));
    }
    if entries.is_empty() && !out.is_json() {
        out.notice("nothing has failed, and no long work has ended; questions: growqr asks list");
    }
    if read && entries.iter().any(|entry| !entry.is_seen) {
        let entries = entries.into_iter().map(|entry| entry.id).collect();
        send_request(profile, environment, Request::SeeInbox { entries }).await?;
    }
    Ok(true)
}

fn line(out: &Out, entry: &InboxEntry) -> String {
    let state = match (entry.is_seen, entry.kind) {
        (true, _) => out.style(Style::Dim, "read"),
        (false, InboxKind::Finished) => out.style(Style::Good, "new"),
        (false, _) => out.style(Style::Bad, "new"),
    };
    let about = format!("{}: {}", title(entry), text(entry));
    format!("{} UTC  {state}  {}", time(entry.since), sanitized_line(&about))
}

fn title(entry: &InboxEntry) -> String {
    let name = shortened(&entry.name, 24);
    let name = entry.agent.as_ref().map_or_else(|| name.clone(), |id| format!("{name} ({id})"));
    match entry.kind {
        InboxKind::Failed => format!("{name} could not finish"),
        InboxKind::Trouble => format!("{name} cannot go on"),
        InboxKind::Mail => format!("mail for {name} is held up"),
        InboxKind::Memory => "memory cannot be changed".to_owned(),
        InboxKind::Stack | InboxKind::Quest => format!("{name} needs you"),
        InboxKind::Finished => format!("{name} is done"),
    }
}

fn text(entry: &InboxEntry) -> String {
    if let Some(took) = entry.took {
        return format!("it took {} min", took / 60_000);
    }
    let ended = entry.ended.as_ref().and_then(|ended| {
        let agent = entry.agent.as_deref().unwrap_or_default();
        ended.ending_text(entry.shortfall, agent).map(|ending| ending.text())
    });
    let next_step = entry.next_step.as_deref().unwrap_or_default();
    ended.unwrap_or_else(|| format!("{}. {next_step}", entry.text.as_deref().unwrap_or_default().trim_end_matches('.')))
}
