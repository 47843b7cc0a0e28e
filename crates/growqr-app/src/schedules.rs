//! Work at a set time: lists schedules and what became of their runs, adds, pauses, resumes, removes and starts them.

use crate::SystemClock;
use crate::agents::used_of_limits;
use crate::client_ids::is_id;
use crate::error::AppError;
use crate::library::Library;
use growqr_core::ask::AskKind;
use growqr_core::clock::Clock;
use growqr_core::id::{AgentId, AskId, ScheduleId, child_id};
use growqr_core::journal::{Status, Store};
use growqr_core::money::Money;
use growqr_core::schedule::{
    Fate, MAX_SCHEDULES, MissedBecause, NewSchedule, NewScheduleError, Occurrence, OnMissed, Schedule, ScheduleState, When,
    is_full, words,
};
use growqr_wire as wire;
use growqr_wire::{Reply, RunOutcome, ScheduleRun};
use std::collections::BTreeMap;

/// How many times of a preview are shown.
const PREVIEW: usize = 3;

/// How often a change is tried again while the host claims an occurrence at the same time.
const TRIES: u32 = 5;

/// How long a schedule that is done stays in the list, in milliseconds.
const LISTED: i64 = 7 * 86_400_000;

impl Library {
    /// All schedules that are not removed, in the order in which they were made; what was done more than a week ago is left out.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn schedules(&self) -> Result<Vec<wire::Schedule>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        let since = SystemClock.now().0.saturating_sub(LISTED);
        for schedule in store.schedules().await? {
            if schedule.state != ScheduleState::Done || schedule.settled_to.0 >= since {
                rows.push(row(&**store, &schedule).await?);
            }
        }
        Ok(rows)
    }

    /// What became of the occurrences of one schedule or of all, the last first, at most `limit`.
    ///
    /// # Errors
    /// If the store cannot be read; [`AppError::Missing`] if there never was such a schedule.
    pub async fn schedule_runs(&self, schedule: Option<&str>, limit: u32) -> Result<Vec<ScheduleRun>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let only = match schedule {
            Some(id) => Some(found(&**store, id).await?.id),
            None => None,
        };
        let mut names = BTreeMap::new();
        let mut runs = Vec::new();
        for occurrence in store.occurrences(only.as_ref(), limit).await? {
            let id = &occurrence.schedule;
            if !names.contains_key(id) {
                let name = store.schedule(id).await.ok().flatten().map_or_else(|| id.to_string(), |schedule| schedule.name);
                names.insert(id.clone(), name);
            }
            runs.push(run(&**store, &occurrence, &names[id]).await?);
        }
        Ok(runs)
    }
}

/// What words about a time mean now. `zone` is `None` for the zone of this computer.
///
/// # Errors
/// [`AppError::BadRequest`]: what is not understood.
pub fn preview_schedule(text: &str, zone: Option<&str>) -> Result<wire::SchedulePreview, AppError> {
    let new = NewSchedule {
        id: ScheduleId::new("preview"),
        name: "preview".to_owned(),
        task: "preview".to_owned(),
        words: text.to_owned(),
        zone: zone.map(str::to_owned),
        on_missed: OnMissed::default(),
        budget: None,
        by_agent: None,
    };
    let made = new.make(&SystemClock).map_err(refused)?;
    let next = made.times_after(made.created_at, PREVIEW, &SystemClock);
    let zone = made.when.zone().or(zone).map(str::to_owned);
    let zone = zone.or_else(|| SystemClock.zone(made.created_at).name).unwrap_or_else(|| "UTC".to_owned());
    Ok(wire::SchedulePreview { cron: cron(&made), zone, next: next.into_iter().map(|at| at.0).collect() })
}

/// Adds a schedule of the person. The same one again changes nothing.
pub(crate) async fn add(store: &dyn Store, new: wire::NewSchedule) -> Result<Reply, AppError> {
    let wire::NewSchedule { id, name, task, words, zone, on_missed, budget } = new;
    if !is_id(&id, "s-") {
        return Err(AppError::bad_request("the id of a schedule begins with s- and has no spaces", "Choose another id."));
    }
    let id = ScheduleId::new(id);
    if store.schedule(&id).await?.is_none() {
        if is_full(&store.schedules().await?) {
            return Err(AppError::bad_request(
                format!("there are {MAX_SCHEDULES} schedules already"),
                "Remove some that you no longer need: growqr schedule list",
            ));
        }
        let on_missed = match on_missed {
            wire::OnMissed::RunOnce => OnMissed::RunOnce,
            wire::OnMissed::Skip => OnMissed::Skip,
            wire::OnMissed::Ask => OnMissed::Ask,
        };
        let budget = budget.map(Money);
        let new = NewSchedule { id: id.clone(), name, task, words, zone, on_missed, budget, by_agent: None };
        store.add_schedule(&new.make(&SystemClock).map_err(refused)?).await?;
    }
    reply(store, id.as_str()).await
}

/// Pauses a schedule: what is due meanwhile is no occurrence, and what has not begun does not begin.
pub(crate) async fn pause(store: &dyn Store, id: &str) -> Result<Reply, AppError> {
    change(store, id, |schedule| match schedule.state {
        ScheduleState::Active => Ok(Some(schedule.paused())),
        ScheduleState::Paused => Ok(None),
        ScheduleState::Done | ScheduleState::Removed => {
            Err(AppError::bad_request("it is finished, so there is nothing to pause", "See all schedules: growqr schedule list"))
        }
    })
    .await?;
    without_unbegun(store, id).await
}

/// Lets a paused schedule go on.
pub(crate) async fn resume(store: &dyn Store, id: &str) -> Result<Reply, AppError> {
    change(store, id, |schedule| match (schedule.state, schedule.when.time_zone(&SystemClock)) {
        (ScheduleState::Paused, Some(zone)) => {
            let resumed = schedule.resumed(SystemClock.now(), &zone);
            match resumed.state {
                ScheduleState::Active => Ok(Some(resumed)),
                _ => Err(AppError::bad_request("its time has passed", "Start it by hand: growqr schedule run-now ID")),
            }
        }
        (ScheduleState::Paused, None) => {
            Err(refused(NewScheduleError::Zone(schedule.when.zone().unwrap_or_default().to_owned())))
        }
        (ScheduleState::Active, _) => Ok(None),
        (ScheduleState::Done | ScheduleState::Removed, _) => {
            Err(AppError::bad_request("it is finished, so it cannot be resumed", "Make a new one: growqr schedule add"))
        }
    })
    .await
}

/// Removes a schedule. What has begun goes on, what has not begun does not begin, and its history stays.
pub(crate) async fn remove(store: &dyn Store, id: &str) -> Result<Reply, AppError> {
    change(store, id, |schedule| Ok(if schedule.state == ScheduleState::Removed { None } else { Some(schedule.removed()) }))
        .await?;
    without_unbegun(store, id).await
}

/// What is claimed, or was started by hand, and has not begun counts as missed.
async fn without_unbegun(store: &dyn Store, id: &str) -> Result<Reply, AppError> {
    store.miss_unposted(Some(&ScheduleId::new(id))).await?;
    reply(store, id).await
}

/// Pauses all schedules; what is claimed and has not begun does not begin. Returns those that were not paused, in words.
pub(crate) async fn pause_all(store: &dyn Store) -> Result<Vec<String>, AppError> {
    let paused = store.pause_schedules().await?;
    store.miss_unposted(None).await?;
    Ok(paused.into_iter().map(|it| format!("{} ({}, {})", it.name, it.id, it.words)).collect())
}

/// Starts a run by hand, now or, if no agents run, once they do.
pub(crate) async fn run_now(store: &dyn Store, id: &str) -> Result<Reply, AppError> {
    let schedule = found(store, id).await?;
    if schedule.state == ScheduleState::Removed || !store.add_run(&Occurrence::by_hand(&schedule, SystemClock.now())).await? {
        return Err(AppError::bad_request("it cannot be started now", "See all schedules: growqr schedule list"));
    }
    reply(store, id).await
}

/// Changes a schedule, whatever the host does with it at the same time.
async fn change(
    store: &dyn Store,
    id: &str,
    changed: impl Fn(Schedule) -> Result<Option<Schedule>, AppError>,
) -> Result<Reply, AppError> {
    for _ in 0..TRIES {
        let is_done = match changed(found(store, id).await?)? {
            Some(changed) => store.change_schedule(&changed).await?,
            None => true,
        };
        if is_done {
            return reply(store, id).await;
        }
    }
    Err(AppError::TooManyRequests)
}

async fn reply(store: &dyn Store, id: &str) -> Result<Reply, AppError> {
    Ok(Reply::Schedule { schedule: Box::new(row(store, &found(store, id).await?).await?) })
}

async fn found(store: &dyn Store, id: &str) -> Result<Schedule, AppError> {
    store.schedule(&ScheduleId::new(id)).await?.ok_or_else(|| AppError::Missing {
        what: format!("schedule {id:?}"),
        next_step: "See all schedules: growqr schedule list".to_owned(),
    })
}

fn refused(problem: NewScheduleError) -> AppError {
    let next_step = match &problem {
        NewScheduleError::Words(_) => format!("Examples: {}", words::EXAMPLES),
        NewScheduleError::Text { .. } => "Write it shorter, or write one.".to_owned(),
        NewScheduleError::Zone(_) | NewScheduleError::NoZone => {
            "Give the zone of a large city near you, such as Asia/Kolkata.".to_owned()
        }
        NewScheduleError::Budget => "Write it like this: 0.50".to_owned(),
    };
    AppError::bad_request(problem.to_string(), next_step)
}

fn cron(schedule: &Schedule) -> Option<String> {
    match &schedule.when {
        When::Repeated { pattern, .. } => Some(pattern.as_str().to_owned()),
        When::Once(_) => None,
    }
}

async fn row(store: &dyn Store, schedule: &Schedule) -> Result<wire::Schedule, AppError> {
    let last = match store.occurrences(Some(&schedule.id), 1).await?.first() {
        Some(last) => Some(run(store, last, &schedule.name).await?),
        None => None,
    };
    let zone = schedule.when.zone().map(str::to_owned);
    let is_unknown = schedule.when.time_zone(&SystemClock).is_none();
    let problem = zone.as_ref().filter(|_| is_unknown).map(|zone| format!("this computer does not know the time zone {zone}"));
    let grow = used_of_limits(store, &AgentId::grow()).await?;
    Ok(wire::Schedule {
        has_price: grow.has_price != Some(false),
        id: schedule.id.to_string(),
        name: schedule.name.clone(),
        task: schedule.task.clone(),
        words: schedule.words.clone(),
        cron: cron(schedule),
        zone,
        on_missed: match schedule.on_missed {
            OnMissed::RunOnce => wire::OnMissed::RunOnce,
            OnMissed::Skip => wire::OnMissed::Skip,
            OnMissed::Ask => wire::OnMissed::Ask,
        },
        budget: schedule.budget.0,
        state: match schedule.state {
            ScheduleState::Active => wire::ScheduleState::Active,
            ScheduleState::Paused => wire::ScheduleState::Paused,
            ScheduleState::Done => wire::ScheduleState::Done,
            ScheduleState::Removed => wire::ScheduleState::Removed,
        },
        next_at: schedule.next_at.map(|at| at.0),
        by_agent: schedule.by_agent.as_ref().map(ToString::to_string),
        created_at: schedule.created_at.0,
        last,
        problem,
    })
}

/// What became of an occurrence: its row says what was claimed, the views of the journals what came of it.
async fn run(store: &dyn Store, occurrence: &Occurrence, name: &str) -> Result<ScheduleRun, AppError> {
    let (agent, ask) = (child_id(&occurrence.effect()), AskId::new(format!("ask-{}", occurrence.effect())));
    let begun = match occurrence.fate {
        Fate::Run | Fate::Ask => store.agent(&agent).await?.map(|view| outcome_of(view.status)),
        Fate::Missed(_) => None,
    };
    // The run, or a sub-agent of it, cannot go on without an answer, and until then no later one begins.
    let waits_for = match begun {
        Some(RunOutcome::AtWork) => ask_of_run(store, &agent).await?,
        _ => None,
    };
    let asked = match occurrence.fate {
        Fate::Ask => store.ask(&ask).await?,
        Fate::Run | Fate::Missed(_) => None,
    };
    let outcome = match (occurrence.fate, begun) {
        (Fate::Missed(MissedBecause::Away), _) => RunOutcome::Missed,
        (Fate::Missed(MissedBecause::Busy), _) => RunOutcome::Busy,
        (_, Some(_)) if waits_for.is_some() => RunOutcome::Asked,
        (_, Some(outcome)) => outcome,
        (Fate::Run, None) => RunOutcome::Due,
        (Fate::Ask, None) => match &asked {
            Some(view) if view.settled.is_some() => RunOutcome::Skipped,
            _ => RunOutcome::Asked,
        },
    };
    Ok(ScheduleRun {
        schedule: occurrence.schedule.to_string(),
        name: name.to_owned(),
        due: occurrence.due.0,
        last: occurrence.last.0,
        count: occurrence.count,
        outcome,
        agent: begun.map(|_| agent.to_string()),
        ask: waits_for.or(asked.map(|_| ask)).map(|ask| ask.to_string()),
        by_hand: occurrence.by_hand,
    })
}

/// The oldest question of a run or of the sub-agents below it that one of them waits for: a held change stops nobody.
async fn ask_of_run(store: &dyn Store, run: &AgentId) -> Result<Option<AskId>, AppError> {
    let mut asks = store.open_asks().await?;
    asks.retain(|view| stops_a_turn(view.ask.kind));
    if asks.is_empty() {
        return Ok(None);
    }
    let parents: BTreeMap<AgentId, Option<AgentId>> =
        store.agents().await?.into_iter().map(|view| (view.agent, view.parent)).collect();
    let is_below = |agent: &AgentId| {
        let line = std::iter::successors(Some(agent), |agent| parents.get(*agent).and_then(Option::as_ref));
        line.take(parents.len() + 1).any(|agent| agent == run)
    };
    Ok(asks.into_iter().find(|view| is_below(&view.agent)).map(|view| view.ask.id))
}

fn stops_a_turn(kind: AskKind) -> bool {
    !matches!(kind, AskKind::Conflict | AskKind::Review | AskKind::Schedule)
}

fn outcome_of(status: Status) -> RunOutcome {
    match status {
        Status::Done => RunOutcome::Done,
        Status::Failed => RunOutcome::Failed,
        Status::Limit => RunOutcome::Limit,
        Status::Cancelled => RunOutcome::Cancelled,
        Status::Idle | Status::Queued | Status::Thinking | Status::Working | Status::Waiting => RunOutcome::AtWork,
    }
}
