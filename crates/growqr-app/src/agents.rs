//! Agents, their conversations, their events and their money, as people read them.

use crate::SystemClock;
use crate::convert;
use crate::error::AppError;
use crate::library::Library;
use crate::profile::settings;
use growqr_core::clock::Clock;
use growqr_core::id::{AgentId, Position, Seq};
use growqr_core::journal::Status;
use growqr_wire as wire;

impl Library {
    /// All agents, the Grow Agent first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn agents(&self) -> Result<Vec<wire::Agent>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        Ok(store.agents().await?.iter().map(convert::agent).collect())
    }

    /// One agent.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is none of that id.
    pub async fn agent(&self, id: &str) -> Result<wire::Agent, AppError> {
        let found = match &self.store {
            Some(store) => store.agent(&AgentId::new(id)).await?,
            None => None,
        };
        found.map(|view| convert::agent(&view)).ok_or_else(|| no_agent(id))
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

    /// Up to `limit` events after a position, of one agent or of all, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn events(&self, agent: Option<&str>, since: u64, limit: u32) -> Result<Vec<wire::EventLine>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let agent = agent.map(AgentId::new);
        Ok(store.lines(Position(since), agent.as_ref(), limit).await?.into_iter().map(convert::line).collect())
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
        let lines = store.lines_before(before.map(Position), agent.as_ref(), limit).await?;
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

    /// Limits and what is used of them.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn budget(&self) -> Result<wire::Budget, AppError> {
        let stored = match &self.store {
            Some(store) => settings::stored(&**store).await?,
            None => settings::Stored::new(),
        };
        let limits = settings::Preferences::forgiving(&stored).limits;
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
        };
        if let Some(store) = &self.store {
            let now = SystemClock.now();
            let grow = growqr_actors::load(&**store, &AgentId::grow()).await?.state;
            budget.used_message = grow.purse().used_for_message().0;
            budget.used_day = grow.purse().used_today(now).0;
            budget.used_month = grow.purse().used_this_month(now).0;
            for agent in store.agents().await? {
                budget.spent += agent.spent.0;
                budget.unknown += agent.unknown.0;
                if agent.status == Status::Thinking {
                    let state = growqr_actors::load(&**store, &agent.agent).await?.state;
                    budget.reserved += state.reserved().unwrap_or_default().0;
                }
            }
        }
        Ok(budget)
    }
}

pub(crate) fn no_agent(id: &str) -> AppError {
    AppError::Missing { what: format!("agent {id:?}"), next_step: "See who is there: growqr agents list".to_owned() }
}
