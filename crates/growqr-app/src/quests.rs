//! Quests: lists them and the pages that can be started, starts, pauses, resumes and cancels them, tries steps again, goes on without
//! them, and changes budgets.

use crate::SystemClock;
use crate::blocking::blocking;
use crate::client_ids::is_id;
use crate::error::AppError;
use crate::library::Library;
use growqr_core::clock::Clock;
use growqr_core::id::{AgentId, QuestId};
use growqr_core::journal::Store;
use growqr_core::memory::{Memory, MemoryError};
use growqr_core::money::Money;
use growqr_core::quest::{
    AgentFacts, FOLDER, HOW, MAX_QUESTS, NewQuest, NewQuestError, Plan, PlanError, Quest, QuestStanding, QuestState, RetryError,
    Standing, StepState, checked_budget, facts, has_changed, is_full, retry, standing,
};
use growqr_memory::MemoryRepo;
use growqr_wire as wire;
use growqr_wire::Reply;
use std::collections::HashMap;
use std::sync::Arc;

/// How often a change is tried again while the host changes the quest at the same time.
const TRIES: u32 = 5;

/// How long a quest that has ended stays in the list, in milliseconds.
const LISTED: i64 = 7 * 86_400_000;

/// Of how many pages the plans are listed.
const PLANS: usize = 200;

const ALL: &str = "See all quests: growqr quest list";

impl Library {
    /// All quests, the last started first; what ended more than a week ago is left out, and what cannot be read.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn quests(&self) -> Result<Vec<wire::Quest>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let since = SystemClock.now().0.saturating_sub(LISTED);
        let known = facts(&store.agents().await?);
        let mut rows = Vec::new();
        for quest in store.quests().await? {
            if !quest.state.is_open() && quest.changed_at.0 < since {
                continue;
            }
            let id = quest.id.clone();
            match self.quest_row(&**store, quest, &known).await {
                Ok(row) => rows.push(row),
                Err(error) => tracing::warn!(quest = %id, %error, "a quest is not listed"),
            }
        }
        Ok(rows)
    }

    /// One quest, however long ago it ended.
    ///
    /// # Errors
    /// [`AppError::Missing`]; or the store cannot be read.
    pub async fn quest(&self, id: &str) -> Result<wire::Quest, AppError> {
        let Some(store) = &self.store else { return Err(missing(id)) };
        self.quest_row(&**store, found(&**store, id).await?, &facts(&store.agents().await?)).await
    }

    /// What a page of memory would be as a quest.
    ///
    /// # Errors
    /// If there is no such page, or it is no plan.
    pub fn quest_plan(&self, path: &str) -> Result<wire::QuestPlan, AppError> {
        let pages = self.pages().ok_or_else(|| MemoryError::Missing { path: path.to_owned() })?;
        let page = pages.read(path)?;
        let plan = Plan::parse(&page.path, &page.content).map_err(|problem| no_plan(&problem))?;
        Ok(plan_row(page.path, plan))
    }

    /// The pages of the folder for plans that can be started; of very many, the first ones.
    ///
    /// # Errors
    /// If the repository cannot be read.
    pub fn quest_plans(&self) -> Result<Vec<wire::QuestPlan>, AppError> {
        let Some(pages) = self.pages() else { return Ok(Vec::new()) };
        let read = |path: String| {
            let page = pages.read(&path).ok()?;
            Some(plan_row(page.path, Plan::parse(&path, &page.content).ok()?))
        };
        Ok(pages.list(FOLDER)?.into_iter().take(PLANS).filter_map(|page| read(page.path)).collect())
    }

    async fn quest_row(
        &self,
        store: &dyn Store,
        quest: Quest,
        known: &HashMap<AgentId, AgentFacts>,
    ) -> Result<wire::Quest, AppError> {
        let stands = standing(&quest, &store.attempts(&quest.id).await?, known);
        let page_changed = quest.state.is_open() && self.is_plan_changed(&quest).await?;
        Ok(row(quest, stands, page_changed))
    }

    /// Whether the page of a quest is another one by now, besides its ticks. One that cannot be read now counts as the same.
    async fn is_plan_changed(&self, quest: &Quest) -> Result<bool, AppError> {
        if self.pages().is_none() {
            return Ok(false);
        }
        let Some(memory) = self.memory.get().cloned() else { return Ok(false) };
        let (path, plan) = (quest.path.clone(), quest.plan.clone());
        blocking(move || match memory.read(&path) {
            Ok(page) => Ok::<_, AppError>(has_changed(&plan, &page.content)),
            Err(MemoryError::Missing { .. }) => Ok(true),
            Err(_) => Ok(false),
        })
        .await
    }
}

/// Starts a quest of the person. The same one again changes nothing.
pub(crate) async fn start(
    library: &Library,
    store: &dyn Store,
    memory: &Arc<MemoryRepo>,
    new: wire::NewQuest,
) -> Result<Reply, AppError> {
    let wire::NewQuest { id, path, budget } = new;
    if !is_id(&id, "q-") {
        return Err(AppError::bad_request("the id of a quest begins with q- and has no spaces", "Choose another id."));
    }
    let quest_id = QuestId::new(id.as_str());
    let started = store.quest(&quest_id).await?;
    if started.as_ref().is_some_and(|started| started.path != path) {
        return Err(AppError::bad_request(format!("the quest {id} has another plan"), "Choose another id."));
    }
    if started.is_none() {
        if is_full(&store.quests().await?) {
            return Err(AppError::bad_request(
                format!("there are {MAX_QUESTS} quests already"),
                "Cancel some that you no longer need: growqr quest list",
            ));
        }
        let memory = Arc::clone(memory);
        let page = blocking(move || memory.read(&path)).await?;
        let new = NewQuest { id: quest_id, page, budget: budget.map(Money), by_agent: None };
        let quest = new.make(SystemClock.now()).map_err(refused)?;
        if !add(store, &quest).await? {
            return Err(AppError::bad_request(format!("a quest with the plan {} is under way already", quest.path), ALL));
        }
    }
    reply(library, store, &id).await
}

/// Adds a quest, unless one of this page is under way. One whose steps are all done is not, even if no host has noted that yet.
async fn add(store: &dyn Store, quest: &Quest) -> Result<bool, AppError> {
    if store.add_quest(quest).await? {
        return Ok(true);
    }
    let now = SystemClock.now();
    for other in store.quests().await?.into_iter().filter(|other| other.path == quest.path && other.state.is_open()) {
        if stands(store, &other).await?.state == QuestStanding::Done {
            store.change_quest(&Quest { state: QuestState::Done, changed_at: now, ..other }).await?;
        }
    }
    Ok(store.add_quest(quest).await?)
}

/// Pauses a quest: what is at work goes on, and nothing further begins.
pub(crate) async fn pause(library: &Library, store: &dyn Store, id: &str) -> Result<Reply, AppError> {
    change(library, store, id, |quest, _| match quest.state {
        QuestState::Active => Ok(Some(Quest { state: QuestState::Paused, ..quest })),
        _ => Ok(None),
    })
    .await
}

/// Lets a paused quest go on.
pub(crate) async fn resume(library: &Library, store: &dyn Store, id: &str) -> Result<Reply, AppError> {
    change(library, store, id, |quest, _| match quest.state {
        QuestState::Paused => Ok(Some(Quest { state: QuestState::Active, ..quest })),
        _ => Ok(None),
    })
    .await
}

/// Cancels a quest. The host stops what is at work for it, now or when it starts.
pub(crate) async fn cancel(library: &Library, store: &dyn Store, id: &str) -> Result<Reply, AppError> {
    if found(store, id).await?.state == QuestState::Cancelled {
        return reply(library, store, id).await;
    }
    change(library, store, id, |quest, _| Ok(Some(Quest { state: QuestState::Cancelled, ..quest }))).await
}

/// Sets what a quest may spend.
pub(crate) async fn set_budget(library: &Library, store: &dyn Store, id: &str, budget: u64) -> Result<Reply, AppError> {
    let budget = checked_budget(Money(budget)).map_err(refused)?;
    change(library, store, id, |quest, _| Ok((quest.budget != budget).then_some(Quest { budget, ..quest }))).await
}

/// Goes on without a step.
pub(crate) async fn skip(library: &Library, store: &dyn Store, id: &str, step: u32) -> Result<Reply, AppError> {
    change(library, store, id, |mut quest, stands| {
        let Some(own) = stands.step(step) else { return Err(not_tried_again(RetryError::NoStep(step))) };
        match own.state {
            StepState::Skipped => return Ok(None),
            StepState::Due => {
                return Err(AppError::bad_request(
                    format!("step {step} is about to begin"),
                    "Resume the quest first, or cancel it.",
                ));
            }
            StepState::AtWork => {
                return Err(AppError::bad_request(
                    format!("step {step} is at work"),
                    "Cancel its sub-agent first, or wait for its report.",
                ));
            }
            StepState::Done => return Err(AppError::bad_request(format!("step {step} is done"), ALL)),
            StepState::Waiting | StepState::Failed | StepState::Limit | StepState::Cancelled => {}
        }
        quest.skipped.insert(step);
        let is_over = stands.steps.iter().all(|other| other.number == step || other.state.has_ended_well());
        Ok(Some(Quest { state: if is_over { QuestState::Done } else { quest.state }, ..quest }))
    })
    .await
}

/// Begins a step again, now or, if no agents run, once they do.
pub(crate) async fn try_again(library: &Library, store: &dyn Store, id: &str, step: u32) -> Result<Reply, AppError> {
    for _ in 0..TRIES {
        let quest = found(store, id).await?;
        let stands = stands(store, &quest).await?;
        let attempts = store.attempts(&quest.id).await?;
        let begin = retry(&quest, &stands, &attempts, step, SystemClock.now()).map_err(not_tried_again)?;
        if store.begin_steps(&begin).await? {
            return reply(library, store, id).await;
        }
    }
    Err(AppError::TooManyRequests)
}

/// Pauses all quests. Returns those that were active, in words.
pub(crate) async fn pause_all(store: &dyn Store) -> Result<Vec<String>, AppError> {
    Ok(store.pause_quests().await?.into_iter().map(|(id, name)| format!("{name} ({id})")).collect())
}

/// Changes a quest that has not ended, whatever the host does with it at the same time.
async fn change(
    library: &Library,
    store: &dyn Store,
    id: &str,
    changed: impl Fn(Quest, &Standing) -> Result<Option<Quest>, AppError>,
) -> Result<Reply, AppError> {
    for _ in 0..TRIES {
        let quest = found(store, id).await?;
        let stands = stands(store, &quest).await?;
        if matches!(stands.state, QuestStanding::Done | QuestStanding::Cancelled) {
            return Err(AppError::bad_request("the quest has ended", "Start a new one: growqr quest start PATH"));
        }
        let is_done = match changed(quest, &stands)? {
            Some(changed) => store.change_quest(&Quest { changed_at: SystemClock.now(), ..changed }).await?,
            None => true,
        };
        if is_done {
            return reply(library, store, id).await;
        }
    }
    Err(AppError::TooManyRequests)
}

async fn stands(store: &dyn Store, quest: &Quest) -> Result<Standing, AppError> {
    Ok(standing(quest, &store.attempts(&quest.id).await?, &facts(&store.agents().await?)))
}

async fn reply(library: &Library, store: &dyn Store, id: &str) -> Result<Reply, AppError> {
    let quest = found(store, id).await?;
    let known = facts(&store.agents().await?);
    Ok(Reply::Quest { quest: Box::new(library.quest_row(store, quest, &known).await?) })
}

async fn found(store: &dyn Store, id: &str) -> Result<Quest, AppError> {
    store.quest(&QuestId::new(id)).await?.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> AppError {
    AppError::Missing { what: format!("quest {id:?}"), next_step: ALL.to_owned() }
}

fn refused(problem: NewQuestError) -> AppError {
    match problem {
        NewQuestError::Plan(problem) => no_plan(&problem),
        NewQuestError::Budget => AppError::bad_request(problem.to_string(), "Write it like this: 2.00"),
    }
}

fn no_plan(problem: &PlanError) -> AppError {
    AppError::bad_request(problem.to_string(), HOW)
}

fn not_tried_again(problem: RetryError) -> AppError {
    let next_step = match problem {
        RetryError::NoStep(_) | RetryError::NotFailed(_) => "See its steps: growqr quest show ID",
        RetryError::Paused => "Resume it first: growqr quest resume ID",
        RetryError::Ended => "Start a new one: growqr quest start PATH",
        RetryError::NoMoney => "Raise its budget: growqr quest budget ID AMOUNT",
    };
    AppError::bad_request(problem.to_string(), next_step)
}

fn plan_row(path: String, plan: Plan) -> wire::QuestPlan {
    let steps = plan.steps.into_iter().map(|step| wire::QuestPlanStep {
        number: step.number,
        title: step.title,
        after: step.after,
        done: step.is_ticked,
    });
    wire::QuestPlan { path, name: plan.name, steps: steps.collect() }
}

fn row(quest: Quest, stands: Standing, page_changed: bool) -> wire::Quest {
    let steps = quest.steps.iter().zip(&stands.steps).map(|(step, own)| wire::QuestStep {
        number: step.number,
        title: step.title.clone(),
        state: match own.state {
            StepState::Waiting => wire::StepState::Waiting,
            StepState::Due => wire::StepState::Due,
            StepState::AtWork => wire::StepState::AtWork,
            StepState::Done => wire::StepState::Done,
            StepState::Failed => wire::StepState::Failed,
            StepState::Limit => wire::StepState::Limit,
            StepState::Cancelled => wire::StepState::Cancelled,
            StepState::Skipped => wire::StepState::Skipped,
        },
        agent: own.agent.as_ref().map(ToString::to_string),
        spent: own.spent.0,
        attempt: own.attempt,
        after: step.after,
    });
    wire::Quest {
        id: quest.id.to_string(),
        state: match stands.state {
            QuestStanding::AtWork => wire::QuestState::AtWork,
            QuestStanding::Paused => wire::QuestState::Paused,
            QuestStanding::Blocked => wire::QuestState::Blocked,
            QuestStanding::NoMoney => wire::QuestState::NoMoney,
            QuestStanding::Done => wire::QuestState::Done,
            QuestStanding::Cancelled => wire::QuestState::Cancelled,
        },
        steps: steps.collect(),
        path: quest.path,
        name: quest.name,
        budget: quest.budget.0,
        spent: stands.spent.0,
        reserved: stands.reserved.0,
        created_at: quest.created_at.0,
        by_agent: quest.by_agent.map(|agent| agent.to_string()),
        page_changed,
    }
}
