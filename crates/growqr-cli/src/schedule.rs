//! The `growqr schedule` commands.

use crate::CommandResult;
use crate::args::{IfMissed, Schedule as Command};
use crate::print::{Out, Style, sanitized_line, shortened, time, usd};
use growqr_app::{AppError, Environment, Library, Profile, new_schedule_id, parse_usd, send_request};
use growqr_wire::{NewSchedule, OnMissed, Reply, Request, RunOutcome, Schedule, ScheduleRun, ScheduleState};

/// The most characters of a name that is taken from the task.
const NAME: usize = 40;

pub async fn schedule(profile: Profile, environment: &Environment, out: &Out, command: Command) -> CommandResult {
    let request = match command {
        Command::Add { when, task, name, if_missed, budget, zone } => {
            let budget = budget.map(|budget| parse_usd(&budget)).transpose()?;
            let name = name.unwrap_or_else(|| name_of(&task));
            let on_missed = match if_missed {
                IfMissed::RunOnce => OnMissed::RunOnce,
                IfMissed::Skip => OnMissed::Skip,
                IfMissed::Ask => OnMissed::Ask,
            };
            let id = new_schedule_id();
            Request::AddSchedule { schedule: NewSchedule { id, name, task, words: when, zone, on_missed, budget } }
        }
        Command::List => {
            let all = Library::open(profile).await?.schedules().await?;
            for schedule in &all {
                out.row(schedule, || described(out, schedule));
            }
            if all.is_empty() && !out.is_json() {
                out.notice("No schedules yet. To add one: growqr schedule add \"every weekday at 8\" \"TASK\"");
            }
            return Ok(true);
        }
        Command::History { id, limit } => {
            for run in &Library::open(profile).await?.schedule_runs(id.as_deref(), limit).await? {
                out.row(run, || described_run(out, run));
            }
            return Ok(true);
        }
        Command::Pause { id } => Request::PauseSchedule { id },
        Command::Resume { id } => Request::ResumeSchedule { id },
        Command::Remove { id } => Request::RemoveSchedule { id },
        Command::RunNow { id } => Request::RunSchedule { id },
    };
    changed(out, send_request(profile, environment, request).await?)
}

fn changed(out: &Out, reply: Reply) -> CommandResult {
    let Reply::Schedule { schedule } = reply else {
        return Err(AppError::Protocol { problem: "gave an answer to something else".to_owned() });
    };
    out.row(&*schedule, || described(out, &schedule));
    let is_due = schedule.last.as_ref().is_some_and(|run| run.outcome == RunOutcome::Due);
    if is_due {
        out.notice("It begins as soon as GrowQR is open.");
    } else if schedule.state == ScheduleState::Active {
        out.notice("GrowQR must be open at that time; its window may be closed to the tray.");
    }
    Ok(true)
}

/// The beginning of the task, in one line.
fn name_of(task: &str) -> String {
    let line = task.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    shortened(line, NAME)
}

fn described(out: &Out, schedule: &Schedule) -> String {
    let state = match (schedule.state, schedule.next_at) {
        (ScheduleState::Active, Some(next)) => out.style(Style::Good, &format!("next {}", time(next))),
        (ScheduleState::Active | ScheduleState::Done, _) => out.style(Style::Dim, "finished"),
        (ScheduleState::Paused, _) => "paused".to_owned(),
        (ScheduleState::Removed, _) => out.style(Style::Dim, "removed"),
    };
    let mut lines =
        vec![format!("{}  {}  {state}", sanitized_line(&schedule.id), out.style(Style::Bold, &sanitized_line(&schedule.name)))];
    let zone = schedule.zone.as_ref().map(|zone| format!(" ({})", sanitized_line(zone))).unwrap_or_default();
    let if_missed = match schedule.on_missed {
        OnMissed::RunOnce => "run once",
        OnMissed::Skip => "skip",
        OnMissed::Ask => "ask",
    };
    let budget = usd(schedule.budget);
    lines.push(format!("  {}{zone}, up to {budget} a run, if missed: {if_missed}", sanitized_line(&schedule.words)));
    if !schedule.has_price {
        lines.push("  your model has no known price: tokens and calls limit a run instead (growqr budget show)".to_owned());
    }
    lines.push(format!("  {}", out.style(Style::Dim, &shortened(&sanitized_line(&schedule.task), 100))));
    lines.extend(schedule.last.as_ref().map(|run| format!("  last: {}", outcome(run))));
    lines.extend(schedule.problem.as_ref().map(|problem| out.style(Style::Bad, &format!("  {}", sanitized_line(problem)))));
    if let Some(agent) = &schedule.by_agent {
        lines.push(format!("  asked for by {}", sanitized_line(agent)));
    }
    lines.join("\n")
}

fn described_run(out: &Out, run: &ScheduleRun) -> String {
    let agent = run.agent.as_ref().map(|agent| format!("  {}", sanitized_line(agent))).unwrap_or_default();
    format!("{}  {}{}", out.style(Style::Bold, &sanitized_line(&run.name)), outcome(run), out.style(Style::Dim, &agent))
}

fn outcome(run: &ScheduleRun) -> String {
    let words = run.outcome.words();
    let hand = if run.by_hand { ", started by hand" } else { "" };
    match run.count {
        1 => format!("{}  {words}{hand}", time(run.due)),
        count => {
            let more = if count >= 1_000 { " or more" } else { "" };
            format!("{} to {}  {count}{more} {words}", time(run.due), time(run.last))
        }
    }
}
