//! The `growqr agents` and `growqr memory` commands.

use crate::Done;
use crate::args::{Agents, Memory};
use crate::print::{Look, Out, plain, plain_lines, short, time, usd};
use growqr_app::{AppError, Client, Environment, Library, Profile, send_request};
use growqr_wire::{Agent, Author, Needs, Reply, Request};
use std::io::Read;

/// Number of messages that `agents show` prints.
const SHOWN: u32 = 50;

/// The most bytes that are read from standard input for one page; the limit of memory itself is lower.
const PAGE_LIMIT: u64 = 64 * 1024 * 1024;

pub async fn agents(profile: Profile, environment: &Environment, out: &Out, command: Agents) -> Done {
    match command {
        Agents::List => {
            let agents = Library::open(profile.clone()).await?.agents().await?;
            for agent in &agents {
                out.row(agent, || row(out, agent));
            }
            if agents.iter().any(Agent::is_at_work) && nobody_runs(profile, environment).await {
                out.notice("No GrowQR is running: whoever is at work goes on as soon as one does, such as: growqr chat");
            }
            if agents.is_empty() && !out.is_json() {
                out.notice("nobody yet; say something with: growqr chat \"hello\"");
            }
            Ok(true)
        }
        Agents::Show { id } => show(&Library::open(profile).await?, out, &id).await,
        Agents::Say { id, text } => {
            let request = Request::Say { agent: id.clone(), id: growqr_app::new_message_id(), text };
            crate::chat::tell(profile, environment, out, &id, request).await
        }
        Agents::Resume { id } => {
            let request = Request::Resume { agent: id.clone(), id: growqr_app::new_message_id() };
            crate::chat::tell(profile, environment, out, &id, request).await
        }
        Agents::Cancel { id } => {
            Library::open(profile.clone()).await?.agent(&id).await?;
            let reply = send_request(profile, environment, Request::Cancel { agent: id }).await?;
            if let Reply::Said { agent } = reply {
                out.row(&agent, || row(out, &agent));
            }
            Ok(true)
        }
    }
}

/// True if no process runs the agents. A host that does not answer counts as running.
async fn nobody_runs(profile: Profile, environment: &Environment) -> bool {
    let opened = Client::open(profile, environment, Needs::Nothing).await;
    opened.is_ok_and(|(client, _)| !client.is_attached())
}

fn row(out: &Out, agent: &Agent) -> String {
    let indent = "  ".repeat(agent.depth as usize);
    let status = match agent.status.as_str() {
        "failed" | "limit" => out.style(Look::Bad, &format!("{:<9}", agent.status)),
        "done" => out.style(Look::Good, &format!("{:<9}", agent.status)),
        other => format!("{other:<9}"),
    };
    let name = format!("{indent}{}", short(&agent.name, 24));
    let task = agent.task.as_deref().map(|task| out.style(Look::Dim, &short(task, 60))).unwrap_or_default();
    format!("{:<20} {name:<28} {status} {:>9}  {task}", agent.id, usd(agent.spent + agent.unknown))
}

async fn show(library: &Library, out: &Out, id: &str) -> Done {
    let agent = library.agent(id).await?;
    let messages = library.messages(id, None, SHOWN).await?;
    out.row(&agent, || {
        let model = if agent.model == "guide" { "built-in guide (no AI)" } else { &agent.model };
        format!(
            "{}\n{}",
            row(out, &agent),
            out.style(Look::Dim, &format!("model {model}, turn {}, {} events", agent.turn, agent.seq))
        )
    });
    for message in &messages {
        out.row(message, || {
            let author = match &message.author {
                Author::Person => "you".to_owned(),
                Author::Agent(id) => id.clone(),
            };
            let head = format!("{} {}", out.style(Look::Bold, &author), out.style(Look::Dim, &time(message.at)));
            format!("\n{head}\n{}", plain_lines(&message.text))
        });
    }
    Ok(true)
}

pub async fn memory(profile: Profile, environment: &Environment, out: &Out, command: Memory) -> Done {
    match command {
        Memory::Write { path, base } => {
            let text = read_text()?;
            change(profile, environment, out, Request::WriteMemory { path, text, base }).await
        }
        Memory::Delete { path, base } => change(profile, environment, out, Request::DeleteMemory { path, base }).await,
        Memory::Restore { rev } => change(profile, environment, out, Request::RestoreMemory { rev }).await,
        reading => read_memory(&Library::open_memory(profile)?, out, reading),
    }
}

async fn change(profile: Profile, environment: &Environment, out: &Out, request: Request) -> Done {
    let reply = send_request(profile, environment, request).await?;
    if let Reply::Changed { commit, paths } = &reply {
        out.row(&reply, || format!("{}  {}", commit.get(..12).unwrap_or(commit), paths.join(", ")));
    }
    Ok(true)
}

fn read_text() -> Result<String, AppError> {
    let mut bytes = Vec::new();
    let unreadable = |source| AppError::File { doing: "read", path: "standard input".into(), source };
    std::io::stdin().take(PAGE_LIMIT).read_to_end(&mut bytes).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| AppError::BadRequest {
        message: "this is not text; memory holds UTF-8 text".to_owned(),
        next_step: "Keep such a file elsewhere and note its place in memory.".to_owned(),
    })
}

fn read_memory(library: &Library, out: &Out, command: Memory) -> Done {
    match command {
        Memory::List { prefix } => {
            for page in library.memory_list(prefix.as_deref().unwrap_or_default())? {
                out.row(&page, || format!("{:>8}  {}", page.bytes, plain(&page.path)));
            }
        }
        Memory::Read { path } => {
            let page = library.memory_read(&path)?;
            if out.is_json() { out.json(&page) } else { out.raw(&page.text) }
        }
        Memory::Log { path } => {
            for change in library.memory_log(path.as_deref())? {
                out.row(&change, || {
                    let who = change.origin.as_ref().map_or_else(
                        || change.author.clone(),
                        |origin| format!("{} ({}, turn {})", change.author, origin.agent, origin.turn),
                    );
                    let head = out.style(Look::Bold, change.commit.get(..12).unwrap_or(&change.commit));
                    let paths = out.style(Look::Dim, &plain(&change.paths.join(", ")));
                    format!("{head}  {}  {}\n    {}  {paths}", time(change.at), plain(&who), short(&change.message, 100))
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
                        format!("{} {:<26} {:>4}", line.commit.get(..12).unwrap_or(&line.commit), short(&who, 26), line.line);
                    format!("{}  {}", out.style(Look::Dim, &head), plain(&line.text))
                });
            }
        }
        Memory::Search { text } => {
            for found in library.memory_search(&text)? {
                out.row(&found, || {
                    format!("{}:{}: {}", out.style(Look::Bold, &plain(&found.path)), found.line, plain(&found.text))
                });
            }
        }
        Memory::Write { .. } | Memory::Delete { .. } | Memory::Restore { .. } => {}
    }
    Ok(true)
}

fn diff_line(out: &Out, line: &str) -> String {
    let text = plain_lines(line);
    match line.as_bytes().first() {
        Some(b'+') => out.style(Look::Good, &text),
        Some(b'-') => out.style(Look::Bad, &text),
        Some(b'@') => out.style(Look::Dim, &text),
        _ => text,
    }
}
