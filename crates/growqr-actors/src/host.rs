//! The interface to the agents of one profile for the rest of the program, independent of the placement.

use crate::answers::{AskError, agents_that_ask, open_ask, settled};
use crate::health::Health;
use crate::journal::EarlierEvent;
use crate::local::LocalHost;
use crate::notification::Notification;
use crate::placement::{Placement, PostError, Posted};
use crate::ports::{HostConfig, Ports};
use growqr_core::agent::{ChargeBounds, ChargeState, Input, Spendable};
use growqr_core::ask::Answer;
use growqr_core::attachment::Attachment;
use growqr_core::id::{AgentId, AskId, EffectId, MessageId, Seq, SessionId};
use growqr_core::journal::{AgentView, Store, StoreError};
use growqr_core::memory::{DecidedInGitea, MemoryConflict};
use growqr_core::model::Usage;
use growqr_core::money::Money;
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

/// A handle to the agents of one profile. Cheap to clone.
#[derive(Clone)]
pub struct Host {
    placement: Arc<dyn Placement>,
    store: Arc<dyn Store>,
}

impl Host {
    /// Runs the agents in this process and resumes open work: agents at work, and undelivered mail.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn start(ports: Ports, config: HostConfig) -> Result<Host, StoreError> {
        let store = Arc::clone(&ports.store);
        Ok(Host::new(Arc::new(LocalHost::start(ports, config).await?), store))
    }

    /// A handle to the agents of this placement; `store` must be the placement's store.
    #[must_use]
    pub fn new(placement: Arc<dyn Placement>, store: Arc<dyn Store>) -> Host {
        Host { placement, store }
    }

    /// Sends an agent a message of the person. Returns once the message is durable; the answer comes later. A message to a
    /// sub-agent goes through the Grow Agent, whose budget pays for it.
    ///
    /// # Errors
    /// [`PostError`]; then nothing was sent.
    pub async fn say(&self, agent: &AgentId, id: MessageId, text: String) -> Result<AgentView, PostError> {
        if *agent == AgentId::grow() {
            return self.say_with_files(id, text, Vec::new()).await;
        }
        self.existing(agent).await?;
        Ok(self.placement.post(&AgentId::grow(), Input::Tell { agent: agent.clone(), id, text }).await?.view)
    }

    /// Like [`Host::say`], to the Grow Agent, with attached files whose content is stored.
    ///
    /// # Errors
    /// [`PostError`]; then nothing was sent.
    pub async fn say_with_files(
        &self,
        id: MessageId,
        text: String,
        attachments: Vec<Attachment>,
    ) -> Result<AgentView, PostError> {
        Ok(self.placement.post(&AgentId::grow(), Input::Said { id, text, attachments }).await?.view)
    }

    /// Sends the Grow Agent an earlier message of the person anew; what was said from that message on is set aside. `earlier` is that
    /// message ([`crate::load_earlier`]). Returns the agent afterwards, and whether anything has changed: it has not if a turn is under
    /// way, if a message is queued, if this message was sent before, or if something was recorded since `earlier` was read.
    ///
    /// # Errors
    /// [`PostError`]; then nothing was sent.
    pub async fn say_again(
        &self,
        id: MessageId,
        message: Seq,
        (text, attachments): (String, Vec<Attachment>),
        earlier: EarlierEvent,
    ) -> Result<(AgentView, bool), PostError> {
        let EarlierEvent { before, as_of, .. } = earlier;
        let input = Input::SayAgain { id, message, text, attachments, before: Box::new(before), as_of };
        let Posted { view, is_recorded, .. } = self.placement.post(&AgentId::grow(), input).await?;
        Ok((view, is_recorded))
    }

    /// Sends an agent an input of the person: to stop, to finish, or to change a queued message. Returns the agent afterwards, and
    /// whether anything has changed.
    ///
    /// # Errors
    /// [`PostError`]; then nothing was changed.
    pub async fn control(&self, agent: &AgentId, input: Input) -> Result<(AgentView, bool), PostError> {
        self.existing(agent).await?;
        let Posted { view, is_recorded, .. } = self.placement.post(agent, input).await?;
        Ok((view, is_recorded))
    }

    /// Settles an ask with the person's answer, or with none if they will not answer. The agent goes on at once.
    ///
    /// # Errors
    /// [`AskError`]: an ask that another answer has settled first is [`AskError::Settled`].
    pub async fn answer(&self, ask: &AskId, answer: Option<Answer>) -> Result<AgentView, AskError> {
        let open = open_ask(&*self.store, ask, answer.as_ref()).await?;
        let input = Input::Answer { ask: ask.clone(), answer };
        let Posted { view, is_recorded, .. } = self.placement.post(&open.agent, input).await?;
        if is_recorded { Ok(view) } else { Err(settled(&*self.store, ask).await?) }
    }

    /// Tells the agents that wait for permissions that the rules have changed. An agent that cannot be told keeps its ask, which
    /// the person can still answer.
    ///
    /// # Errors
    /// If the asks cannot be read.
    pub async fn rules_changed(&self) -> Result<(), StoreError> {
        for agent in agents_that_ask(&*self.store).await? {
            if let Err(error) = self.placement.post(&agent, Input::RulesChanged).await {
                tracing::warn!(%error, "an agent could not be told that the rules have changed");
            }
        }
        Ok(())
    }

    /// Has the person asked, once, about each of these conflicts of memory, and settles the asks about others. `open` are all
    /// conflicts that are in memory now.
    ///
    /// # Errors
    /// [`PostError`]; the caller may try again.
    pub async fn memory_conflicts(&self, open: Vec<MemoryConflict>) -> Result<(), PostError> {
        self.placement.post(&AgentId::grow(), Input::MemoryConflicts { open }).await.map(drop)
    }

    /// Settles the ask about a held change as the person has decided in Gitea, unless another decision came first. Returns whether
    /// this decision counts.
    ///
    /// # Errors
    /// [`PostError`]; the caller may try again.
    pub async fn decided_in_gitea(&self, agent: &AgentId, ask: AskId, decided: DecidedInGitea) -> Result<bool, PostError> {
        let posted = self.placement.post(agent, Input::DecidedInGitea { ask, decided }).await?;
        Ok(posted.is_recorded)
    }

    /// Reserves money of an agent for something other than a model call of its own loop. Call it before the money is spent. A
    /// second call with the same id returns the state of that charge.
    ///
    /// # Errors
    /// [`PostError`]; the caller may retry with the same id.
    pub async fn reserve(
        &self,
        agent: &AgentId,
        charge: EffectId,
        purpose: String,
        most: ChargeBounds,
    ) -> Result<ChargeState, PostError> {
        self.charge(agent, Input::Reserve { charge, purpose, most }).await
    }

    /// What an agent may spend now on charges. Another charge may use it first.
    ///
    /// # Errors
    /// [`PostError`].
    pub async fn spendable(&self, agent: &AgentId) -> Result<Spendable, PostError> {
        self.existing(agent).await?;
        Ok(self.placement.post(agent, Input::Quote).await?.spendable)
    }

    /// Settles a charge: `cost` is what it cost, `None` if that will never be known; `usage` are the tokens of a model call, if the
    /// provider has counted them. A second call changes nothing.
    ///
    /// # Errors
    /// [`PostError`]; then the charge stays open and counts with its whole reservation.
    pub async fn settle(
        &self,
        agent: &AgentId,
        charge: EffectId,
        cost: Option<Money>,
        usage: Option<Usage>,
    ) -> Result<ChargeState, PostError> {
        self.charge(agent, Input::Settle { charge, cost, usage }).await
    }

    async fn charge(&self, agent: &AgentId, input: Input) -> Result<ChargeState, PostError> {
        self.existing(agent).await?;
        let Posted { charge, .. } = self.placement.post(agent, input).await?;
        Ok(charge.expect("an input about a charge is answered with its state"))
    }

    /// The agent that works in this session; `None` if the journal does not know the session.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn agent_of_session(&self, session: &SessionId) -> Result<Option<AgentId>, StoreError> {
        Ok(self.store.session(session).await?.map(|view| view.agent))
    }

    /// Notifications from now on. A subscriber that falls behind gets an error and must read the missed events from the store.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Notification> {
        self.placement.subscribe()
    }

    /// What keeps agents and mail from going on, now and from now on.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.placement.health()
    }

    /// Lets an agent at work try at once what it has failed to do. Does nothing else.
    ///
    /// # Errors
    /// [`PostError`]: the agent still cannot go on.
    pub async fn retry(&self, agent: &AgentId) -> Result<AgentView, PostError> {
        Ok(self.placement.post(agent, Input::Continue).await?.view)
    }

    /// Stops all agents and returns once their tasks have ended. Open work is resumed at the next start.
    pub async fn stop(&self) {
        self.placement.stop().await;
    }

    async fn existing(&self, agent: &AgentId) -> Result<AgentView, PostError> {
        match self.store.agent(agent).await {
            Ok(Some(view)) => Ok(view),
            Ok(None) => Err(PostError::Unknown(agent.clone())),
            Err(source) => Err(PostError::Store { agent: agent.clone(), source }),
        }
    }
}
