//! Commands for inspection (events, search, models, audit, doctor) and for the database.

use crate::Done;
use crate::args::{Db, Events};
use crate::print::{Look, Out, plain, short, time};
use growqr_app::{Environment, Library, Profile, doctor as checks};
use growqr_wire::{Author, CheckState, EventLine};
use std::time::Duration;

/// Number of events in one read.
const PAGE: u32 = 1_000;

/// How often `--follow` polls for new events.
const LOOK: Duration = Duration::from_millis(200);

pub async fn events(profile: Profile, out: &Out, events: Events) -> Done {
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
            tokio::time::sleep(LOOK).await;
            if library.is_empty() {
                library = Library::open(profile.clone()).await?;
            }
        }
    }
}

fn event(out: &Out, line: &EventLine) -> String {
    let head = format!("{:>6}  {}  {} {}", line.position, time(line.at), line.agent, line.seq);
    format!("{}  {}  {}", out.style(Look::Dim, &head), line.kind, out.style(Look::Dim, &short(line.data.get(), 160)))
}

/// The most messages that a search prints.
const FOUND: u16 = 200;

pub async fn search(profile: Profile, out: &Out, text: &str, agent: Option<&str>) -> Done {
    let library = Library::open(profile).await?;
    // One more than is printed, to know whether there are more.
    let found = library.search(text, agent, u32::from(FOUND) + 1).await?;
    for message in found.iter().take(usize::from(FOUND)) {
        out.row(message, || {
            let author = match &message.author {
                Author::Person => "you",
                Author::Agent(id) => id,
            };
            let head = out.style(Look::Dim, &format!("{}  {} {}", time(message.at), message.agent, message.seq));
            format!("{head}  {}: {}", out.style(Look::Bold, author), short(&message.text, 200))
        });
    }
    if found.is_empty() && !out.is_json() {
        out.notice("nothing found");
    } else if found.len() > usize::from(FOUND) {
        out.notice(&format!("These are the newest {FOUND}; search for more words to find older ones."));
    }
    Ok(true)
}

/// Prints the possible values of the setting `model`: the known models, then the models of the servers that answer now.
pub async fn models(profile: Profile, environment: &Environment, out: &Out) -> Done {
    let servers = growqr_app::local_servers(&profile, environment).await?;
    let known = growqr_app::models().into_iter().map(|row| (row, String::new()));
    let local = servers
        .iter()
        .flat_map(|server| server.models.iter().map(|row| (row.clone(), format!("{} at {}", server.name, server.url))));
    for (row, place) in known.chain(local) {
        out.row(&row, || {
            let place = if place.is_empty() { row.provider.clone() } else { place };
            format!("{:<32}  {:<24}  {}", plain(&row.id), plain(&row.name), out.style(Look::Dim, &plain(&place)))
        });
    }
    if servers.is_empty() && !out.is_json() {
        out.notice("no model server answers on this computer; Ollama is one: https://ollama.com");
    }
    Ok(true)
}

pub async fn verify(profile: Profile, out: &Out) -> Done {
    let events = Library::open(profile).await?.verify().await?;
    out.row(&serde_json::json!({"events": events, "sound": true}), || format!("{events} events, every one as it was written"));
    Ok(true)
}

pub async fn db(profile: Profile, out: &Out, command: Db) -> Done {
    let state = match command {
        Db::Status => profile.database_status().await?,
        Db::Migrate => profile.migrate().await?,
        Db::Rebuild => return rebuild(profile, out).await,
    };
    out.row(&state, || {
        let applied = state
            .applied
            .map_or_else(|| "nothing there yet".to_owned(), |applied| format!("migration {applied} of {}", state.known));
        let search = if state.indexed == Some(false) { "\nsearches read every message: no extension pg_trgm" } else { "" };
        format!("{}  {}\n{applied}{search}", state.backend, plain(&state.location))
    });
    Ok(true)
}

async fn rebuild(profile: Profile, out: &Out) -> Done {
    let rebuilt = profile.rebuild().await?;
    out.row(&rebuilt, || {
        let counts = [
            (rebuilt.changed_agents, "agents"),
            (rebuilt.changed_messages, "messages"),
            (rebuilt.changed_mail, "mail"),
            (rebuilt.deleted, "rows of no agent deleted"),
        ];
        let changed: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let changed =
            if changed.is_empty() { "nothing differed".to_owned() } else { format!("corrected: {}", changed.join(", ")) };
        format!("read {} events of {} agents and made the search index anew; {changed}", rebuilt.events, rebuilt.agents)
    });
    Ok(true)
}

pub async fn doctor(profile: Profile, environment: &Environment, out: &Out) -> Done {
    let checks = checks(&profile, environment).await;
    for check in &checks {
        out.row(check, || {
            let mark = match check.state {
                CheckState::Ok => out.style(Look::Good, "ok     "),
                CheckState::Missing => out.style(Look::Dim, "missing"),
                CheckState::Failed => out.style(Look::Bad, "failed "),
            };
            let step = check.next_step.as_ref().map(|step| format!("\n                      {step}")).unwrap_or_default();
            format!("{mark}  {:<12}  {}{step}", check.name, plain(&check.found))
        });
    }
    Ok(checks.iter().all(|check| check.state != CheckState::Failed))
}
