//! The `growqr quest` commands.

use crate::CommandResult;
use crate::args::Quest as Command;
use crate::print::{Out, Style, sanitized_line, usd};
use growqr_app::{AppError, Environment, Library, Profile, new_quest_id, parse_usd, send_request};
use growqr_wire::{NewQuest, Quest, QuestState, QuestStep, Reply, Request, StepState};

/// How wide the picture of progress is at most.
const PICTURE: usize = 25;

pub async fn quest(profile: Profile, environment: &Environment, out: &Out, command: Command) -> CommandResult {
    let request = match command {
        Command::Start { path, budget } => {
            let budget = budget.map(|budget| parse_usd(&budget)).transpose()?;
            Request::StartQuest { quest: NewQuest { id: new_quest_id(), path, budget } }
        }
        Command::List => {
            let all = Library::open_all(profile).await?.quests().await?;
            for quest in &all {
                out.row(quest, || headed(out, quest));
            }
            if all.is_empty() && !out.is_json() {
                out.notice("No quests yet. To start one: growqr quest start quests/NAME.md");
            }
            return Ok(true);
        }
        Command::Show { id } => {
            let quest = Library::open_all(profile).await?.quest(&id).await?;
            out.row(&quest, || described(out, &quest));
            return Ok(true);
        }
        Command::Pause { id } => Request::PauseQuest { id },
        Command::Resume { id } => Request::ResumeQuest { id },
        Command::Cancel { id } => Request::CancelQuest { id },
        Command::Budget { id, amount } => Request::SetQuestBudget { id, budget: parse_usd(&amount)? },
        Command::Retry { id, step } => Request::RetryStep { id, step },
        Command::Skip { id, step } => Request::SkipStep { id, step },
    };
    changed(out, send_request(profile, environment, request).await?)
}

fn changed(out: &Out, reply: Reply) -> CommandResult {
    let Reply::Quest { quest } = reply else {
        return Err(AppError::Protocol { problem: "gave an answer to something else".to_owned() });
    };
    out.row(&*quest, || described(out, &quest));
    match quest.state {
        QuestState::AtWork => out.notice("Its steps are done while GrowQR is open; its window may be closed to the tray."),
        QuestState::NoMoney => out.notice("Too little is left for the next step. Raise it: growqr quest budget ID AMOUNT"),
        QuestState::Blocked => out.notice("A step did not succeed: growqr quest retry ID STEP, or growqr quest skip ID STEP"),
        QuestState::Paused | QuestState::Done | QuestState::Cancelled => {}
    }
    Ok(true)
}

/// A quest in two lines.
fn headed(out: &Out, quest: &Quest) -> String {
    let style = match quest.state {
        QuestState::AtWork | QuestState::Done => Style::Good,
        QuestState::Blocked | QuestState::NoMoney => Style::Bad,
        QuestState::Paused | QuestState::Cancelled => Style::Dim,
    };
    let state = out.style(style, quest.state.words());
    let name = out.style(Style::Bold, &sanitized_line(&quest.name));
    let money = format!("{} of {} spent", usd(quest.spent), usd(quest.budget));
    let reserved = if quest.reserved > 0 { format!(", {} set aside", usd(quest.reserved)) } else { String::new() };
    let path = out.style(Style::Dim, &sanitized_line(&quest.path));
    format!("{}  {name}  {state}\n  {}  {money}{reserved}  {path}", sanitized_line(&quest.id), picture(&quest.steps))
}

/// A quest with its steps.
fn described(out: &Out, quest: &Quest) -> String {
    let mut lines = vec![headed(out, quest)];
    lines.extend(quest.steps.iter().map(|step| described_step(out, step)));
    if quest.page_changed {
        lines.push("  The page has changed since. The quest keeps the plan that it was started with.".to_owned());
    }
    if let Some(agent) = &quest.by_agent {
        lines.push(format!("  asked for by {}", sanitized_line(agent)));
    }
    lines.join("\n")
}

fn described_step(out: &Out, step: &QuestStep) -> String {
    let words = match step.state {
        StepState::Done => out.style(Style::Good, step.state.words()),
        StepState::Failed | StepState::Limit | StepState::Cancelled => out.style(Style::Bad, step.state.words()),
        StepState::Waiting | StepState::Due | StepState::AtWork | StepState::Skipped => step.state.words().to_owned(),
    };
    let spent = if step.spent > 0 { format!("  {}", usd(step.spent)) } else { String::new() };
    let attempt = if step.attempt > 1 { format!("  attempt {}", step.attempt) } else { String::new() };
    let agent = step.agent.as_ref().map(|agent| format!("  {}", sanitized_line(agent))).unwrap_or_default();
    let title = sanitized_line(&step.title);
    format!("  {} {:>2}  {title}  {words}{spent}{attempt}{}", mark(step.state), step.number, out.style(Style::Dim, &agent))
}

fn mark(state: StepState) -> &'static str {
    match state {
        StepState::Done => "[x]",
        StepState::Skipped => "[-]",
        StepState::Due | StepState::AtWork => "[>]",
        StepState::Failed | StepState::Limit | StepState::Cancelled => "[!]",
        StepState::Waiting => "[ ]",
    }
}

/// One sign for each step, or for several, and how many are done.
fn picture(steps: &[QuestStep]) -> String {
    let done = steps.iter().filter(|step| matches!(step.state, StepState::Done | StepState::Skipped)).count();
    let width = steps.len().min(PICTURE);
    let sign = |place: usize| match steps[place * steps.len() / width].state {
        StepState::Done => '#',
        StepState::Skipped => '-',
        StepState::Due | StepState::AtWork => '>',
        StepState::Failed | StepState::Limit | StepState::Cancelled => '!',
        StepState::Waiting => '.',
    };
    let signs: String = (0..width).map(sign).collect();
    format!("[{signs}] {done} of {}", steps.len())
}
