//! Commands for inspection (events, models, audit, doctor) and for the database.

use crate::CommandResult;
use crate::args::{Db, Events, Export};
use crate::print::{Out, Style, sanitized_line, shortened, time};
use crate::work_files::Target;
use growqr_app::{AttachedFiles, Environment, Library, MISSING_FILES, Profile, destinations, doctor as run_checks, send_request};
use growqr_wire::{CheckState, EventLine, Reply, Request};
use std::time::Duration;

/// Number of events in one read.
const PAGE: u32 = 1_000;

/// How often `--follow` polls for new events.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

pub async fn events(profile: Profile, out: &Out, events: Events) -> CommandResult {
    let mut since = events.since;
    let mut library = Library::open(profile.clone()).await?;
    if let Some(last) = events.last {
        for line in library.events_before(None, None, last).await? {
            out.row(&line, || event(out, &line));
            since = line.position;
        }
        if !events.follow {
            return Ok(true);
        }
    }
    loop {
        let page = library.events(None, since, PAGE).await?;
        for line in &page {
            out.row(line, || event(out, line));
            since = line.position;
        }
        if page.len() < PAGE as usize {
            if !events.follow {
                return Ok(true);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
            if library.is_empty() {
                library = Library::open(profile.clone()).await?;
            }
        }
    }
}

/// Exports a conversation as Markdown. Reads it page by page; half of an export does not stay.
pub async fn export(profile: Profile, out: &Out, export: &Export) -> CommandResult {
    let library = Library::open(profile).await?;
    let mut to = Target::open(export.output.as_deref())?;
    let exported = library.export_markdown(&export.agent, to.writer()).await;
    to.finish(out, exported)
}

fn event(out: &Out, line: &EventLine) -> String {
    let head = format!("{:>6}  {}  {} {}", line.position, time(line.at), line.agent, line.seq);
    format!("{}  {}  {}", out.style(Style::Dim, &head), line.kind, out.style(Style::Dim, &shortened(line.data.get(), 160)))
}

/// Prints the possible values of the setting `model`: the known models, then the models of the servers that answer now.
pub async fn models(profile: Profile, environment: &Environment, out: &Out) -> CommandResult {
    let servers = growqr_app::local_servers(&profile, environment).await?;
    let known = growqr_app::models().into_iter().map(|row| (row, String::new()));
    let local = servers
        .iter()
        .flat_map(|server| server.models.iter().map(|row| (row.clone(), format!("{} at {}", server.name, server.url))));
    for (row, place) in known.chain(local) {
        out.row(&row, || {
            let place = if place.is_empty() { row.provider.clone() } else { place };
            let place = row.retires.as_ref().map_or(place.clone(), |end| format!("{place}; {}", end.text()));
            format!(
                "{:<32}  {:<24}  {}",
                sanitized_line(&row.id),
                sanitized_line(&row.name),
                out.style(Style::Dim, &sanitized_line(&place))
            )
        });
    }
    if !out.is_json() && !has_anthropic_key(profile, environment).await {
        out.notice("the models of Anthropic need a key: growqr keys set anthropic");
    }
    if servers.is_empty() && !out.is_json() {
        out.notice("no model server answers on this computer; for example, install Ollama: https://ollama.com");
    }
    Ok(true)
}

async fn has_anthropic_key(profile: Profile, environment: &Environment) -> bool {
    if environment.get("ANTHROPIC_API_KEY").is_some() {
        return true;
    }
    match send_request(profile, environment, Request::Keys).await {
        Ok(Reply::Keys { keys, .. }) => keys.iter().any(|key| key.name == "anthropic"),
        _ => true,
    }
}

pub async fn verify(profile: Profile, out: &Out) -> CommandResult {
    let library = Library::open(profile).await?;
    let events = library.verify().await?;
    let AttachedFiles { count, missing } = library.attached_files().await?;
    let row = serde_json::json!({"events": events, "sound": true, "files": count, "missing_files": missing});
    out.row(&row, || match count {
        0 => format!("{events} events, none altered"),
        _ => format!("{events} events, none altered; {count} attached files, {} missing or damaged", missing.len()),
    });
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|name| sanitized_line(name)).collect();
        out.notice(&format!("without their content: {}\n{MISSING_FILES}", names.join(", ")));
    }
    Ok(missing.is_empty())
}

pub async fn db(profile: Profile, out: &Out, command: Db) -> CommandResult {
    let state = match command {
        Db::Status => profile.database_status().await?,
        Db::Migrate => profile.migrate().await?,
        Db::Rebuild => return rebuild(profile, out).await,
    };
    out.row(&state, || {
        let applied = state
            .applied
            .map_or_else(|| "not created yet".to_owned(), |applied| format!("migration {applied} of {}", state.known));
        let search =
            if state.indexed == Some(false) { "\nsearches read every message: the extension pg_trgm is missing" } else { "" };
        format!("{}  {}\n{applied}{search}", state.backend, sanitized_line(&state.location))
    });
    Ok(true)
}

async fn rebuild(profile: Profile, out: &Out) -> CommandResult {
    let rebuilt = profile.rebuild().await?;
    out.row(&rebuilt, || {
        let counts = [
            (rebuilt.changed_agents, "agents"),
            (rebuilt.changed_messages, "messages"),
            (rebuilt.changed_mail, "mail"),
            (rebuilt.deleted, "rows without an agent deleted"),
        ];
        let changed: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let changed =
            if changed.is_empty() { "nothing differed".to_owned() } else { format!("corrected: {}", changed.join(", ")) };
        format!("read {} events of {} agents and rebuilt the search index; {changed}", rebuilt.events, rebuilt.agents)
    });
    Ok(true)
}

pub async fn doctor(profile: Profile, environment: &Environment, out: &Out) -> CommandResult {
    let checks = run_checks(&profile, environment).await;
    for check in &checks {
        out.row(check, || {
            let mark = match check.state {
                CheckState::Ok => out.style(Style::Good, "ok     "),
                CheckState::Missing => out.style(Style::Dim, "missing"),
                CheckState::Failed => out.style(Style::Bad, "failed "),
            };
            let step = check.next_step.as_ref().map(|step| format!("\n                      {step}")).unwrap_or_default();
            format!("{mark}  {:<12}  {}{step}", check.name, sanitized_line(&check.found))
        });
    }
    Ok(checks.iter().all(|check| check.state != CheckState::Failed))
}

/// Lists where data goes: what is in use first.
pub async fn privacy(profile: Profile, environment: &Environment, out: &Out) -> CommandResult {
    for one in destinations(&profile, environment).await? {
        out.row(&one, || {
            let mark = match (one.in_use, one.is_local) {
                (false, _) => "not in use",
                (true, true) => "on this computer",
                (true, false) => "leaves this computer",
            };
            let address = one.address.as_deref().map(|address| format!("  {}", sanitized_line(address))).unwrap_or_default();
            let head = out.style(Style::Bold, &one.name);
            format!("{head}{address}  {}\n  what: {}\n  when: {}", out.style(Style::Dim, mark), one.sends, one.when)
        });
    }
    Ok(true)
}
