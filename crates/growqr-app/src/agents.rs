//! Agents: reads their conversations, events and budget, and sends them the person's messages.

use crate::convert;
use crate::error::AppError;
use crate::library::Library;
use crate::profile::settings;
use crate::{MESSAGE_LIMIT, SystemClock};
use growqr_actors::{EarlierEvent, Host, Ports, RecordedInput};
use growqr_core::agent::Input;
use growqr_core::attachment::Attachment;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::event;
use growqr_core::id::{AgentId, MessageId, Position, Seq};
use growqr_core::journal::{AgentView, LimitsView, Store, Unread};
use growqr_core::quota::Quota;
use growqr_core::raw::RawJson;
use growqr_wire as wire;
use growqr_wire::event::{AskKind, ModelReply, TurnEnded};
use growqr_wire::{Event, Reply};

/// Number of events read at once while the end of a turn is looked for.
const EVENTS_READ: u32 = 100;

/// How often a message is sent again while the agent records something at the same time.
const SAY_AGAIN_TRIES: u32 = 3;

/// The message that is sent in the person's name when they resume an agent.
const RESUME_MESSAGE: &str = "Please go on where you stopped.";

impl Library {
    /// All agents, the Grow Agent first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn agents(&self) -> Result<Vec<wire::Agent>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        with_unread(&**store, store.agents().await?.iter().map(convert::agent).collect()).await
    }

    /// The agent with this id.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is none of that id.
    pub async fn agent(&self, id: &str) -> Result<wire::Agent, AppError> {
        let Some(store) = &self.store else { return Err(no_agent(id)) };
        let found = store.agent(&AgentId::new(id)).await?.map(|view| convert::agent(&view));
        with_unread(&**store, found.into_iter().collect()).await?.pop().ok_or_else(|| no_agent(id))
    }

    /// How an agent's last turn ended. `None` if one is under way, or none has ended.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn last_ending(&self, id: &str) -> Result<Option<TurnEnded>, AppError> {
        let mut before = None;
        loop {
            let lines = self.events_before(Some(id), before, EVENTS_READ).await?;
            let Some(first) = lines.first() else { return Ok(None) };
            before = Some(first.position);
            for line in lines.iter().rev() {
                match line.event() {
                    Some(Event::TurnEnded(ended)) => return Ok(Some(ended)),
                    // What was left behind needs no next step.
                    Some(Event::TurnStarted(_) | Event::FreshStarted(_)) => return Ok(None),
                    _ => {}
                }
            }
        }
    }

    /// The last `limit` messages of an agent's conversation before the event `before` (`None`: up to the end), oldest
    /// first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn messages(&self, id: &str, before: Option<u64>, limit: u32) -> Result<Vec<wire::Message>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let messages = store.messages(&AgentId::new(id), before.map(Seq), limit).await?;
        Ok(messages.into_iter().map(convert::message).collect())
    }

    /// The answer of the model that is a message; `None` if the message is something else.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn answer(&self, message: &wire::Message) -> Result<Option<ModelReply>, AppError> {
        let (Some(store), wire::Author::Agent(_)) = (&self.store, &message.author) else { return Ok(None) };
        let before = Seq(message.seq.saturating_sub(1));
        let (entries, _) = store.entries(&AgentId::new(message.agent.as_str()), before, 1).await?;
        let Some(event::Event::ModelAnswered(answered)) = entries.first().map(|entry| &entry.event) else {
            return Ok(None);
        };
        Ok(serde_json::from_str(RawJson::of(&answered.reply).text()).ok())
    }

    /// Up to `limit` events after a position, of one agent or of all, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn events(&self, agent: Option<&str>, since: u64, limit: u32) -> Result<Vec<wire::EventLine>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let agent = agent.map(AgentId::new);
        Ok(store.events(Position(since), agent.as_ref(), limit).await?.into_iter().map(convert::line).collect())
    }

    /// The last `limit` events before a position (`None`: up to the end), of one agent or of all, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn events_before(
        &self,
        agent: Option<&str>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<wire::EventLine>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let agent = agent.map(AgentId::new);
        let lines = store.events_before(before.map(Position), agent.as_ref(), limit).await?;
        Ok(lines.into_iter().map(convert::line).collect())
    }

    /// The last `limit` messages of one agent or of all that contain a text, newest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn search(&self, text: &str, agent: Option<&str>, limit: u32) -> Result<Vec<wire::Message>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let agent = agent.map(AgentId::new);
        Ok(store.search(text, agent.as_ref(), limit).await?.into_iter().map(convert::message).collect())
    }

    /// The messages of the person that an agent has not read yet, oldest first.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is no such agent.
    pub async fn queued(&self, id: &str) -> Result<Vec<wire::Message>, AppError> {
        self.agent(id).await?;
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let state = growqr_actors::load(&**store, &AgentId::new(id)).await?.state;
        let messages = store.messages(state.id(), None, u32::MAX).await?;
        Ok(messages.into_iter().filter(|message| state.is_queued(message.seq)).map(convert::message).collect())
    }

    /// The limits of the budget, and how much of each is used.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn budget(&self) -> Result<wire::Budget, AppError> {
        let stored = match &self.store {
            Some(store) => settings::stored(&**store).await?,
            None => settings::StoredSettings::new(),
        };
        let limits = settings::Preferences::parse_lenient(&stored).limits;
        let mut budget = wire::Budget {
            per_message: limits.per_message.0,
            per_day: limits.per_day.0,
            per_month: limits.per_month.map(|money| money.0),
            used_message: 0,
            used_day: 0,
            used_month: 0,
            spent: 0,
            unknown: 0,
            reserved: 0,
            raised: 0,
            children: wire::TreeLimit { used: 0, limit: limits.tree().children },
            unpriced: None,
        };
        if let Some(store) = &self.store {
            let now = SystemClock.now();
            let agents = store.agents().await?;
            for agent in &agents {
                budget.spent += agent.spent.0;
                budget.unknown += agent.unknown.0;
                // A sub-agent between turns has nothing reserved.
                if agent.depth == 0 || agent.status.is_at_work() {
                    budget.reserved += agent.reserved.0;
                }
            }
            let grow = used_of_limits(&**store, &AgentId::grow()).await?;
            let tree = used_by_tree(&**store, &agents, &grow).await?;
            budget.used_message = grow.budget.used_for_message().0;
            budget.raised = grow.budget.raised().0;
            budget.used_day = grow.budget.used_today(now).0;
            budget.used_month = grow.budget.used_this_month(now).0;
            let most = limits.tree().plus(grow.quota.raised);
            budget.children = wire::TreeLimit { used: tree.children, limit: most.children };
            budget.unpriced = (grow.has_price == Some(false)).then_some(wire::UnpricedLimits {
                calls: wire::TreeLimit { used: tree.calls, limit: most.calls },
                tokens: wire::TreeLimit { used: tree.tokens, limit: most.tokens },
            });
        }
        Ok(budget)
    }
}

/// The agents with how far the person has read their conversations.
async fn with_unread(store: &dyn Store, mut agents: Vec<wire::Agent>) -> Result<Vec<wire::Agent>, AppError> {
    for Unread { agent, seen, messages } in store.unread().await? {
        if let Some(found) = agents.iter_mut().find(|found| found.id == agent.as_str()) {
            (found.seen, found.unread) = (Some(seen.0), messages);
        }
    }
    Ok(agents)
}

/// The person has seen the conversation of an agent up to this event.
pub(crate) async fn see_conversation(store: &dyn Store, agent: &str, seq: u64, at: Timestamp) -> Result<(), AppError> {
    let found = store.agent(&AgentId::new(agent)).await?.ok_or_else(|| no_agent(agent))?;
    Ok(store.saw(&found.agent, found.seq.min(Seq(seq)), at).await?)
}

/// What an agent has used of its limits: from its row, or from its journal if an earlier build wrote that row.
pub(crate) async fn used_of_limits(store: &dyn Store, agent: &AgentId) -> Result<LimitsView, AppError> {
    match store.agent(agent).await?.and_then(|agent| agent.limits) {
        Some(limits) => Ok(*limits),
        None => Ok(growqr_actors::load(store, agent).await?.state.limits_view()),
    }
}

/// What the Grow Agent and the sub-agents below it have used besides money for the latest message. Each agent counts all that it
/// gave to a sub-agent as used until that one reports, so what those at work have left is subtracted.
async fn used_by_tree(store: &dyn Store, agents: &[AgentView], grow: &LimitsView) -> Result<Quota, AppError> {
    let mut used = grow.quota.used;
    let mut below = grow.sub_agents.clone();
    while let Some(id) = below.pop() {
        let Some(agent) = agents.iter().find(|agent| agent.agent == id && agent.status.is_at_work()) else { continue };
        let limits = match &agent.limits {
            Some(limits) => (**limits).clone(),
            None => used_of_limits(store, &id).await?,
        };
        used = used.less(limits.quota_left);
        below.extend(limits.sub_agents);
    }
    Ok(used)
}

/// Sends the person's message to an agent. Returns once the message is recorded.
pub(crate) async fn say(host: &Host, agent: String, id: String, text: String) -> Result<Reply, AppError> {
    check_text(&text)?;
    if agent.is_empty() || agent.len() > 64 || id.is_empty() || id.len() > 128 {
        return Err(no_agent(&agent));
    }
    let view = host.say(&AgentId::new(agent), MessageId::new(id), text).await?;
    Ok(said_reply(&view))
}

/// Sends the Grow Agent a message with files, all of which are checked. Returns once the message is recorded.
pub(crate) async fn say_with_files(host: &Host, id: String, (text, files): (String, Vec<Attachment>)) -> Result<Reply, AppError> {
    check_id(&id)?;
    Ok(said_reply(&host.say_with_files(MessageId::new(id), text, files).await?))
}

/// Starts the conversation with the Grow Agent afresh: at once, or once the turn under way has ended.
pub(crate) async fn start_fresh(library: &Library, host: Option<&Host>, ports: &Ports, id: String) -> Result<Reply, AppError> {
    check_id(&id)?;
    let input = Input::StartFresh { id: MessageId::new(id) };
    match control(library, host, ports, AgentId::grow().to_string(), input).await {
        Ok((reply, _)) => Ok(reply),
        Err(AppError::Missing { .. }) => Err(AppError::Missing {
            what: "conversation yet".to_owned(),
            next_step: "Begin one: growqr chat \"hello\"".to_owned(),
        }),
        Err(error) => Err(error),
    }
}

/// Sends an earlier message of the person to the Grow Agent anew; what was said from that message on is set aside. Returns once
/// it is recorded. The text and the files are checked already.
pub(crate) async fn say_again(
    host: &Host,
    store: &dyn Store,
    message: u64,
    id: String,
    text: (String, Vec<Attachment>),
) -> Result<Reply, AppError> {
    check_id(&id)?;
    let (grow, id) = (AgentId::grow(), MessageId::new(id));
    for _ in 0..SAY_AGAIN_TRIES {
        let is_received = async || Ok::<_, AppError>(growqr_actors::load(store, &grow).await?.state.has_received_message(&id));
        let earlier = match growqr_actors::load_earlier(store, &grow, Seq(message)).await? {
            // The same request again: its message has set the earlier one aside.
            Some(earlier) if is_message(&earlier.event) && (!earlier.is_set_aside || is_received().await?) => earlier,
            Some(EarlierEvent { is_set_aside: true, .. }) => {
                return Err(AppError::bad_request(
                    format!("message {message} is set aside: the agent does not read it any more"),
                    "Send a message of the current conversation again, or write a new one.",
                ));
            }
            _ => {
                return Err(AppError::Missing {
                    what: format!("message {message} of yours in this conversation"),
                    next_step: "See the numbers of your messages: growqr agents show grow".to_owned(),
                });
            }
        };
        let as_of = earlier.as_of;
        let (view, is_changed) = host.say_again(id.clone(), Seq(message), text.clone(), earlier).await?;
        if is_changed || is_received().await? {
            return Ok(said_reply(&view));
        }
        // Something was recorded meanwhile; otherwise the agent is at work.
        if view.seq == as_of {
            break;
        }
    }
    Err(AppError::ConversationGoesOn)
}

fn is_message(event: &event::Event) -> bool {
    matches!(event, event::Event::UserSaid(_) | event::Event::SaidAgain(_))
}

/// Resumes an agent whose turn was cancelled, has failed or has reached a limit; one that cannot go on tries at once. An agent
/// that has finished has nothing to resume: a model call for it would only cost money.
pub(crate) async fn resume(library: &Library, host: &Host, agent: String, id: String) -> Result<Reply, AppError> {
    let found = library.agent(&agent).await?;
    let at_limit = library.asks().await?.into_iter().find(|row| row.agent == agent && row.ask.kind == AskKind::Budget);
    if let Some(row) = at_limit {
        // Each answer but "stop" spends money, so the person must choose it.
        return Err(AppError::BadRequest {
            message: format!("{} is at a limit and waits for your answer", found.name),
            next_step: format!("See the possible answers: growqr asks show {}", row.ask.id),
        });
    }
    if found.is_at_work() {
        let view = host.retry(&AgentId::new(agent)).await?;
        return Ok(said_reply(&view));
    }
    if matches!(found.status.as_str(), "limit" | "cancelled" | "failed") {
        return say(host, agent, id, RESUME_MESSAGE.to_owned()).await;
    }
    Err(AppError::BadRequest {
        message: format!("{} has finished; there is nothing to resume", found.name),
        next_step: format!("Send it a message: growqr agents say {agent} \"…\""),
    })
}

/// Brings an agent an input of the person: to stop, to finish, or to change a queued message. Without a host it is recorded, and
/// takes effect when the agent wakes. Also says whether anything has changed.
pub(crate) async fn control(
    library: &Library,
    host: Option<&Host>,
    ports: &Ports,
    agent: String,
    input: Input,
) -> Result<(Reply, bool), AppError> {
    library.agent(&agent).await?;
    let agent = AgentId::new(agent);
    let (view, is_changed) = match host {
        Some(host) => host.control(&agent, input).await?,
        None => {
            let RecordedInput { view, is_changed } = growqr_actors::record(ports, &agent, input).await?;
            (view, is_changed)
        }
    };
    Ok((said_reply(&view), is_changed))
}

fn said_reply(view: &AgentView) -> Reply {
    Reply::Said { agent: convert::agent(view) }
}

fn check_id(id: &str) -> Result<(), AppError> {
    if id.is_empty() || id.len() > 128 {
        return Err(AppError::bad_request("the id of the request has no valid length", "Choose an id of 1 to 128 bytes."));
    }
    Ok(())
}

pub(crate) fn check_text(text: &str) -> Result<(), AppError> {
    if text.trim().is_empty() {
        return Err(AppError::bad_request("the message is empty", "Enter a message."));
    }
    check_size(text)
}

pub(crate) fn check_size(text: &str) -> Result<(), AppError> {
    if text.len() > MESSAGE_LIMIT {
        return Err(AppError::TooLarge { what: "message", bytes: text.len(), limit: MESSAGE_LIMIT });
    }
    Ok(())
}

fn no_agent(id: &str) -> AppError {
    AppError::Missing { what: format!("agent {id:?}"), next_step: "List the agents: growqr agents list".to_owned() }
}
