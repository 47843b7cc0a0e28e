//! The `growqr agents` commands.

use crate::CommandResult;
use crate::args::Agents;
use crate::missing_host::notice_missing_host;
use crate::print::{Out, Style, sanitized, sanitized_line, shortened, time, usd};
use crate::transcript::web_lines;
use growqr_app::{AppError, Environment, Library, Profile, health, send_request};
use growqr_wire::event::{EndingText, Mind};
use growqr_wire::{Agent, AgentTrouble, Author, Health, Message, Reply, Request};
use serde::Serialize;

/// Number of messages that `agents show` prints.
const MESSAGES_SHOWN: u32 = 50;

pub async fn agents(profile: Profile, environment: &Environment, out: &Out, command: Agents) -> CommandResult {
    match command {
        Agents::List => {
            let agents = Library::open(profile.clone()).await?.agents().await?;
            let health = health(&profile).await.unwrap_or_default();
            for agent in &agents {
                print_row(out, agent, trouble_of(&health, &agent.id));
            }
            notice_missing_host(profile, environment, out, &agents).await;
            if agents.is_empty() && !out.is_json() {
                out.notice("no agents yet; send the first message with: growqr chat \"hello\"");
            }
            Ok(true)
        }
        Agents::Tree => crate::agent_tree::tree(profile, environment, out).await,
        Agents::Timeline { id, turn } => crate::timeline::timeline(profile, environment, out, &id, turn).await,
        Agents::Show { id } => {
            let health = health(&profile).await.unwrap_or_default();
            show_agent(&Library::open(profile).await?, out, &id, trouble_of(&health, &id)).await
        }
        Agents::Say { id, text } => {
            let request = Request::Say { agent: id.clone(), id: growqr_app::new_message_id(), text, attachments: Vec::new() };
            crate::chat::send_and_print(profile, environment, out, &id, request).await
        }
        Agents::Resume { id } => {
            let request = Request::Resume { agent: id.clone(), id: growqr_app::new_message_id() };
            crate::chat::send_and_print(profile, environment, out, &id, request).await
        }
        Agents::Cancel { id, only } => control(profile, environment, out, Request::Cancel { agent: id, tree: !only }).await,
        Agents::Finish { id, only } => control(profile, environment, out, Request::Finish { agent: id, tree: !only }).await,
        Agents::Queue { id } => {
            let queued = Library::open(profile).await?.queued(&id).await?;
            for message in &queued {
                out.row(message, || {
                    let files: String = files_of(message).map(|(_, words)| format!("  [{words}]")).collect();
                    format!("{:>6}  {}{files}", message.seq, shortened(&message.text, 100))
                });
            }
            if queued.is_empty() && !out.is_json() {
                out.notice("the agent has read every message");
            }
            Ok(true)
        }
        Agents::Withdraw { id, message } => {
            control(profile, environment, out, Request::WithdrawMessage { agent: id, message }).await
        }
        Agents::Edit { id, message, text } => {
            control(profile, environment, out, Request::EditMessage { agent: id, message, text }).await
        }
    }
}

/// Sends a request that controls an agent, and prints the agent afterwards.
async fn control(profile: Profile, environment: &Environment, out: &Out, request: Request) -> CommandResult {
    if let Reply::Said { agent } = send_request(profile, environment, request).await? {
        out.row(&agent, || row(out, &agent));
    }
    Ok(true)
}

/// An agent with what keeps it from going on.
#[derive(Serialize)]
struct AgentLine<'a> {
    #[serde(flatten)]
    agent: &'a Agent,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a AgentTrouble>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ending: Option<EndingLine>,
}

/// Why an agent's last turn did not end normally, and what to do.
#[derive(Serialize)]
struct EndingLine {
    reason: String,
    next_step: Option<String>,
}

impl EndingLine {
    async fn of(library: &Library, agent: &Agent) -> Result<Option<EndingLine>, AppError> {
        if agent.is_at_work() {
            return Ok(None);
        }
        let turn = library.last_ending(&agent.id).await?;
        let ending = turn.and_then(|turn| turn.ended.ending_text(turn.shortfall, &agent.id));
        Ok(ending.map(|EndingText { title, next_step, .. }| EndingLine { reason: title, next_step }))
    }

    fn text(&self, out: &Out) -> String {
        let next_step = self.next_step.as_deref().unwrap_or_default();
        format!("\n    {}", out.style(Style::Bad, sanitized_line(&format!("{} {next_step}", self.reason)).trim_end()))
    }
}

fn trouble_of<'a>(health: &'a Health, agent: &str) -> Option<&'a AgentTrouble> {
    health.agents.iter().find(|trouble| trouble.agent == agent)
}

fn print_row(out: &Out, agent: &Agent, trouble: Option<&AgentTrouble>) {
    out.row(&AgentLine { agent, trouble, ending: None }, || format!("{}{}", row(out, agent), trouble_text(out, trouble)));
}

/// The line below an agent that cannot go on.
fn trouble_text(out: &Out, trouble: Option<&AgentTrouble>) -> String {
    let Some(AgentTrouble { agent, error, since, has_given_up }) = trouble else { return String::new() };
    let tries = if *has_given_up { "to try again" } else { "it tries again; to try at once" };
    let text = format!("cannot go on since {} UTC: {}; {tries}: growqr agents resume {agent}", time(*since), error.message);
    format!("\n    {}", out.style(Style::Bad, &sanitized_line(&text)))
}

fn row(out: &Out, agent: &Agent) -> String {
    let indent = "  ".repeat(agent.depth as usize);
    let status = match agent.status.as_str() {
        _ if agent.asks > 0 => out.style(Style::Bad, &format!("{:<9}", "asks you")),
        "failed" | "limit" => out.style(Style::Bad, &format!("{:<9}", agent.status)),
        "done" => out.style(Style::Good, &format!("{:<9}", agent.status)),
        other => format!("{other:<9}"),
    };
    let name = format!("{indent}{}", shortened(&agent.name, 24));
    let task = agent.task.as_deref().map(|task| out.style(Style::Dim, &shortened(task, 60))).unwrap_or_default();
    let new = match agent.unread {
        0 => String::new(),
        count => format!("{}  ", out.style(Style::Bold, &format!("{count} new"))),
    };
    format!("{:<20} {name:<28} {status} {:>9}  {new}{task}", agent.id, usd(agent.spent + agent.unknown))
}

async fn show_agent(library: &Library, out: &Out, id: &str, trouble: Option<&AgentTrouble>) -> CommandResult {
    let agent = library.agent(id).await?;
    let messages = library.messages(id, None, MESSAGES_SHOWN).await?;
    let ending = EndingLine::of(library, &agent).await?;
    let why_ended = ending.as_ref().map_or_else(String::new, |ending| ending.text(out));
    out.row(&AgentLine { agent: &agent, trouble, ending }, || {
        let model = if agent.model == "guide" { "built-in guide (no AI)" } else { &agent.model };
        let mind = match agent.mind {
            Mind::Model => format!("model {model}"),
            Mind::Session => "a session in the workbench".to_owned(),
        };
        let why = agent.why.as_deref().map_or_else(String::new, |why| format!(" ({})", shortened(why, 120)));
        format!(
            "{}{}{why_ended}\n{}",
            row(out, &agent),
            trouble_text(out, trouble),
            out.style(Style::Dim, &format!("{mind}{why}, turn {}, {} events", agent.turn, agent.seq))
        )
    });
    for message in &messages {
        let missing = missing_files(library, message).await?;
        let web = library.answer(message).await?.map_or_else(Vec::new, |answer| web_lines(&answer));
        out.row(message, || {
            let author = match &message.author {
                Author::Person => "you".to_owned(),
                Author::Agent(id) => id.clone(),
            };
            let head = format!(
                "{} {}",
                out.style(Style::Bold, &author),
                out.style(Style::Dim, &format!("{} · {}", time(message.at), message.seq))
            );
            let files = files_of(message).map(|(file, words)| {
                let note = if missing.contains(&file) { ": its content is missing on this computer" } else { "" };
                format!("\n{}", out.style(Style::Dim, &format!("[attached: {words}{note}]")))
            });
            let web = web.iter().map(|line| format!("\n{}", out.style(Style::Dim, line)));
            format!("\n{head}\n{}{}", sanitized(&message.text), files.chain(web).collect::<String>())
        });
    }
    Ok(true)
}

/// The attached files of a message, each with its name, kind and size.
fn files_of(message: &Message) -> impl Iterator<Item = (&str, String)> {
    message.attachments.iter().map(|file| (file.hash.as_str(), sanitized_line(&file.words())))
}

/// The hashes of the attached files whose content is missing.
async fn missing_files<'a>(library: &Library, message: &'a Message) -> Result<Vec<&'a str>, AppError> {
    let mut missing = Vec::new();
    for file in &message.attachments {
        if !library.has_file(&file.hash).await? {
            missing.push(file.hash.as_str());
        }
    }
    Ok(missing)
}
