//! The `growqr asks` commands.

use crate::CommandResult;
use crate::args::{Asks, Scope};
use crate::page_text::diff_line;
use crate::print::{Out, Style, sanitized, sanitized_line, shortened, time, usd};
use growqr_app::{AppError, Environment, Library, Profile, send_request};
use growqr_wire::event::{Ask, AskAnswer, AskDetail, AskKind, AskReason, AskScope, ConflictPage, SettledBy};
use growqr_wire::{AskRow, AskSettlement, FileChange, Reply, Request};

pub async fn asks(profile: Profile, environment: &Environment, out: &Out, command: Asks) -> CommandResult {
    match command {
        Asks::List { settled } => {
            let library = Library::open(profile).await?;
            let rows = match settled {
                Some(count) => library.settled_asks(count).await?,
                None => library.asks().await?,
            };
            for row in &rows {
                out.row(row, || line(out, row));
            }
            if rows.is_empty() && !out.is_json() {
                out.notice("nothing waits for your answer");
            }
            Ok(true)
        }
        Asks::Show { id } => {
            let row = find(&profile, &id).await?;
            out.row(&row, || full(out, &row));
            if row.settled.is_none() && is_write(&row.ask) {
                print_file_change(out, &row.ask.id, &file_change(&profile, &row.ask.id).await?, usize::MAX);
            }
            Ok(true)
        }
        Asks::Answer { id, answer, note, scope, by } => {
            let row = find(&profile, &id).await?;
            let answer = parse_answer(&row.ask, answer, note, scope, by)?;
            settle(profile, environment, out, row.ask.id, Some(answer)).await
        }
        Asks::Withdraw { id } => {
            let row = find(&profile, &id).await?;
            settle(profile, environment, out, row.ask.id, None).await
        }
    }
}

/// Whether an ask is about a file that an agent wants to write.
pub fn is_write(ask: &Ask) -> bool {
    matches!(&ask.detail, Some(AskDetail::Call { tool, .. }) if tool == "write_file")
}

/// The most lines of a difference that a conversation shows.
const SHOWN_LINES: usize = 200;

/// What allowing these writes would change now, in a conversation. What cannot be found out is left to `growqr asks show`.
pub async fn print_file_changes(profile: &Profile, out: &Out, asks: Vec<String>) {
    for ask in asks {
        match file_change(profile, &ask).await {
            Ok(change) => print_file_change(out, &ask, &change, SHOWN_LINES),
            Err(error) => {
                out.notice(&format!("what it would change cannot be shown: {error}. To try again: growqr asks show {ask}"))
            }
        }
    }
}

async fn file_change(profile: &Profile, ask: &str) -> Result<FileChange, AppError> {
    Library::open(profile.clone()).await?.file_change(ask).await
}

/// What allowing a write would change now, and the first lines of the difference.
fn print_file_change(out: &Out, ask: &str, change: &FileChange, most: usize) {
    if out.is_json() {
        return out.json(change);
    }
    let place = change.place.as_deref().unwrap_or(&change.path);
    match &change.problem {
        Some(problem) => out.line(&format!("\nIf you allow it, nothing is written: {}", sanitized_line(problem))),
        None => {
            let what = if change.is_new { "creates" } else { "changes" };
            out.line(&format!("\nAllowing it {what} {}:", sanitized_line(place)));
            change.diff.lines().take(most).for_each(|line| out.line(&diff_line(out, line)));
            let left_out = change.diff.lines().skip(most).count();
            if left_out > 0 {
                out.line(&format!("… {left_out} more lines of the change: growqr asks show {ask}"));
            }
        }
    }
}

/// The ask with this id, or the only open one whose id begins so, with or without `ask-`.
pub async fn find(profile: &Profile, id: &str) -> Result<AskRow, AppError> {
    let library = Library::open(profile.clone()).await?;
    let mut open = library.asks().await?;
    open.retain(|row| row.ask.id.starts_with(id) || row.ask.id.strip_prefix("ask-").is_some_and(|rest| rest.starts_with(id)));
    match (open.pop(), open.is_empty()) {
        (Some(row), true) if !id.is_empty() => Ok(row),
        _ => library.ask(id).await,
    }
}

pub async fn settle(
    profile: Profile,
    environment: &Environment,
    out: &Out,
    ask: String,
    answer: Option<AskAnswer>,
) -> CommandResult {
    let stops = answer.as_ref().is_none_or(|answer| answer.option.as_deref() == Some("stop"));
    let reply = send_request(profile.clone(), environment, Request::AnswerAsk { ask: ask.clone(), answer }).await?;
    let row = Library::open(profile).await?.ask(&ask).await?;
    out.row(&row, || full(out, &row));
    if let Reply::Said { agent } = reply {
        let goes_on =
            if stops && row.ask.kind == AskKind::Budget { "ends its turn; what it has done is kept" } else { "goes on" };
        if agent.asks > 0 {
            out.notice(&format!("{} has other questions that wait: growqr asks list", agent.name));
        } else if agent.is_at_work() {
            out.notice(&format!("{} {goes_on} (if GrowQR is not running, start it with: growqr chat)", agent.name));
        }
    }
    Ok(true)
}

/// An option by its label, its id, or (for a permission) yes or no; or else free text.
pub fn parse_answer(
    ask: &Ask,
    answer: String,
    note: Option<String>,
    scope: Scope,
    by: Option<String>,
) -> Result<AskAnswer, AppError> {
    let amount = by.map(|by| growqr_app::parse_usd(&by)).transpose()?;
    let scope = match scope {
        Scope::Once => AskScope::Once,
        Scope::Agent => AskScope::Agent,
        Scope::Always => AskScope::Always,
    };
    let option = option(ask, answer.trim());
    // What is no option is the answer to a question; for other asks the host says which answers there are.
    let text = if option.is_some() { note } else { Some(answer) };
    Ok(AskAnswer { option, text, scope, amount, edited: None })
}

fn option(ask: &Ask, answer: &str) -> Option<String> {
    let answer = match answer.to_lowercase().as_str() {
        "yes" | "y" if ask.kind == AskKind::Permission => "allow",
        "no" | "n" if ask.kind == AskKind::Permission => "deny",
        "yes" | "y" if ask.kind == AskKind::Schedule => "run",
        "no" | "n" if ask.kind == AskKind::Schedule => "skip",
        "yes" | "y" if ask.kind == AskKind::Review => "approve",
        "no" | "n" if ask.kind == AskKind::Review => "reject",
        _ => answer,
    };
    // No id is the label of another option.
    let is_named = |name: &str| name.eq_ignore_ascii_case(answer);
    let found = ask.options.iter().find(|option| is_named(&option.id) || is_named(&option.label));
    found.map(|option| option.id.clone())
}

/// An answer in words; `None` if it has none.
pub fn answer_text(ask: &Ask, answer: &AskAnswer) -> Option<String> {
    let label = answer.option.as_ref().and_then(|id| ask.options.iter().find(|option| option.id == *id));
    let raise = answer.amount.map(|amount| format!("Raise by {} for this message", usd(amount)));
    let chosen = raise.as_deref().or(label.map(|option| option.label.as_str()));
    let parts: Vec<&str> = [chosen, answer.text.as_deref()].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}

pub fn line(out: &Out, row: &AskRow) -> String {
    let about = match &row.ask.detail {
        Some(AskDetail::Call { argument: Some(argument), .. }) => format!(" ({argument})"),
        Some(AskDetail::Session { permission: Some(permission), .. }) => {
            let about = permission.command.as_ref().or(permission.path.as_ref()).or(permission.url.as_ref());
            about.map_or_else(String::new, |about| format!(" ({about})"))
        }
        _ => String::new(),
    };
    let text = shortened(&format!("{}{about}", row.ask.text), 100);
    let state = match &row.settled {
        None => out.style(Style::Bad, "open"),
        Some(settlement) => out.style(Style::Dim, settled_by(settlement)),
    };
    format!("{}  {state}  {}  {text}", row.ask.id, shortened(&row.agent_name, 24))
}

fn is_approved(settlement: &AskSettlement) -> bool {
    settlement.answer.as_ref().and_then(|answer| answer.option.as_deref()) == Some("approve")
}

fn settled_by(settlement: &AskSettlement) -> &'static str {
    match settlement.by {
        SettledBy::Person if settlement.answer.is_none() => "dismissed",
        SettledBy::Person => "answered",
        SettledBy::Gitea if is_approved(settlement) => "approved in Gitea",
        SettledBy::Gitea => "rejected in Gitea",
        SettledBy::Rule => "by a rule",
        SettledBy::Deadline => "not answered in time",
        SettledBy::Withdrawn => "no longer needed",
    }
}

/// Everything about an ask, for a terminal.
pub fn full(out: &Out, row: &AskRow) -> String {
    let mut lines = vec![line(out, row), String::new()];
    lines.extend(question(&row.ask));
    lines.extend(details(&row.ask));
    lines.push(String::new());
    lines.push(format!("asked by {} ({}), {}", sanitized_line(&row.agent_name), row.agent, time(row.raised_at)));
    match &row.settled {
        None => lines.extend(how_to_answer(&row.ask)),
        Some(settlement) => {
            let answer = settlement.answer.as_ref().and_then(|answer| answer_text(&row.ask, answer));
            let answer = answer.map_or_else(String::new, |answer| format!(": {}", shortened(&answer, 2_000)));
            lines.push(format!("{}, {}{answer}", settled_by(settlement), time(settlement.at)));
            lines.extend(settlement.rule.as_ref().map(|rule| format!("the rule: {}", sanitized_line(rule))));
        }
    }
    lines.join("\n")
}

/// The question, each line behind a mark: a model may have written it, and its lines must not look like those of this program.
pub fn question(ask: &Ask) -> Vec<String> {
    sanitized(&ask.text).lines().map(|line| format!("│ {line}")).collect()
}

/// What exactly an answer decides, and what counts without one.
pub fn details(ask: &Ask) -> Vec<String> {
    let mut lines = detail_lines(ask);
    if let Some(deadline) = ask.deadline {
        let default = ask.default.as_ref().and_then(|default| answer_text(ask, default));
        let default = default.map_or_else(
            || "the agent goes on without an answer".to_owned(),
            |default| format!("this counts: {}", sanitized_line(&default)),
        );
        lines.push(format!("  without an answer until {}, {default}", time(deadline)));
    }
    lines
}

fn detail_lines(ask: &Ask) -> Vec<String> {
    match &ask.detail {
        Some(AskDetail::Call { tool, argument, input, cut, why, rule, .. }) => {
            let why = reason(why);
            let argument = argument
                .as_ref()
                .filter(|argument| *argument != "*")
                .map_or_else(String::new, |argument| format!(" {}", sanitized_line(argument)));
            let more = if *cut > 0 { format!(" … and {cut} more bytes") } else { String::new() };
            let mut lines = vec![format!("  {}{argument}", sanitized_line(tool))];
            if is_write(ask) {
                lines.push(format!("  see the change: growqr asks show {}", ask.id));
            } else {
                lines.extend((input.trim() != "{}").then(|| format!("  input: {}{more}", shortened(input, 2_000))));
            }
            lines.push(format!("  {why}"));
            lines.extend(rule_line(rule.as_ref()));
            lines
        }
        Some(AskDetail::Session { permission: Some(permission), cut, why, rule, .. }) => {
            let mut lines = vec![format!("  {} in the workbench", sanitized_line(&permission.what))];
            let about = [("command", &permission.command), ("path", &permission.path), ("address", &permission.url)];
            let about = about.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
            lines.extend(about.map(|(name, text)| format!("  {name}: {}", shortened(text, 2_000))));
            let diff = sanitized(permission.diff.as_deref().unwrap_or_default());
            lines.extend(diff.lines().map(|line| format!("  │ {line}")));
            if *cut > 0 {
                lines.push(format!("  … and {cut} more bytes"));
            }
            lines.extend(why.as_ref().map(|why| format!("  {}", reason(why))));
            lines.extend(rule_line(rule.as_ref()));
            lines
        }
        Some(AskDetail::Limit { shortfall: Some(short), .. }) => {
            vec![format!("  the next step can cost up to {}, and {} is left", usd(short.needed), usd(short.available))]
        }
        Some(AskDetail::Conflict { pages, more, .. }) => {
            let line = |page: &ConflictPage| {
                format!("  {}  and Gitea's version: {}", sanitized_line(&page.path), sanitized_line(&page.copy))
            };
            let mut lines: Vec<String> = pages.iter().map(line).collect();
            if *more > 0 {
                lines.push(format!("  … and {more} more pages"));
            }
            lines
        }
        Some(AskDetail::Review { held, message, rule, untrusted, problem, edited, remark, .. }) => {
            let mut lines = vec![format!("  {}", sanitized_line(&held.path))];
            lines.push(format!("  reason: {}", shortened(message, 500)));
            if !untrusted.is_empty() {
                lines.push(format!("  the agent has read text from: {}", sanitized_line(&untrusted.join(", "))));
            }
            lines.extend(problem.as_ref().map(|problem| format!("  not committed: {}", sanitized_line(problem))));
            if let Some(edited) = edited {
                lines.push("  the text that you approved, which counts for the next approval:".to_owned());
                lines.extend(sanitized(edited).lines().map(|line| format!("  │ {line}")));
            }
            lines.extend(remark.as_ref().map(|remark| format!("  your remark: {}", shortened(remark, 500))));
            lines.push(format!("  held by the rule: {}", sanitized_line(rule)));
            lines.push(format!("  see the change: growqr memory requests show {}", ask.id));
            lines
        }
        Some(AskDetail::Work(work)) => {
            vec![format!("  up to {}: {}", usd(work.budget), shortened(&work.task, 500))]
        }
        Some(AskDetail::Limit { .. } | AskDetail::Session { permission: None, .. }) | None => Vec::new(),
    }
}

fn rule_line(rule: Option<&String>) -> Option<String> {
    rule.map(|rule| format!("  allow --scope always adds the rule: {}", sanitized_line(rule)))
}

/// Why a call needs a question.
fn reason(why: &AskReason) -> String {
    match why {
        AskReason::Rule(line) => format!("a rule says so: {}", sanitized_line(line)),
        AskReason::Untrusted(sources) => {
            format!("it is risky, and the agent has read text from: {}", sanitized_line(&sources.join(", ")))
        }
        AskReason::Repeated(times) => format!("it would be the same call {times} times in a row"),
    }
}

/// The possible answers, each with its command.
pub fn how_to_answer(ask: &Ask) -> Vec<String> {
    // The id, not the label: a model has written the label, and the shell of the person would read what is in it.
    let option = |option: &growqr_wire::event::AskOption| {
        format!("  growqr asks answer {} {:<8} {}", ask.id, option.id, sanitized_line(&option.label))
    };
    let mut lines: Vec<String> = ask.options.iter().map(option).collect();
    if lines.is_empty() {
        lines.push(format!("  growqr asks answer {} \"…\"", ask.id));
    }
    if ask.scopes.contains(&AskScope::Always) {
        lines.push("  add --scope agent or --scope always to be asked less".to_owned());
    } else if ask.scopes.contains(&AskScope::Agent) {
        lines.push("  add --scope agent to be asked less".to_owned());
    }
    lines
}

/// What a message to the agent `target` waits for while these asks are open, with the command that answers the first one, and the
/// one that ends the turn instead. `None` if no turn waits for them.
pub fn what_message_waits_for(target: &str, open: &[AskRow]) -> Option<String> {
    let mut rows = open.iter().filter(|row| !matches!(row.ask.kind, AskKind::Conflict | AskKind::Review | AskKind::Schedule));
    let (ask, others) = (&rows.next()?.ask, rows.count());
    let until = if others == 0 { "this question is answered" } else { "these questions are answered; the first" };
    let is_limit = ask.kind == AskKind::Budget;
    let mut options = ask.options.iter().map(|option| option.id.as_str()).filter(|id| !is_limit || *id != "stop");
    let first = options.next().unwrap_or("\"…\"");
    let rest: Vec<&str> = options.collect();
    let rest = if rest.is_empty() { String::new() } else { format!(" (or {})", rest.join(", ")) };
    let end = if is_limit { format!("growqr asks answer {} stop", ask.id) } else { format!("growqr agents cancel {target}") };
    Some(format!("Your message waits until {until}: growqr asks answer {} {first}{rest}. To end the turn instead: {end}", ask.id))
}
