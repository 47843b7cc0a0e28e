//! Answers of the person to asks, with and without a host.

use crate::journal::{RecordedInput, record};
use crate::placement::PostError;
use crate::ports::Ports;
use growqr_core::agent::Input;
use growqr_core::ask::{Answer, AnswerError, AskKind};
use growqr_core::id::{AgentId, AskId};
use growqr_core::journal::{AgentView, AskView, Store, StoreError};
use std::collections::BTreeSet;

/// Why an answer was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no such ask.
    #[error("there is no ask {0}")]
    Unknown(AskId),
    /// It is settled already.
    #[error("this was settled already")]
    Settled(Box<AskView>),
    /// The answer does not fit.
    #[error("{problem}")]
    Answer {
        /// The ask.
        ask: AskId,
        /// The reason.
        problem: AnswerError,
    },
    /// The agent could not be reached.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The open ask with this id, if this answer fits it.
pub(crate) async fn open_ask(store: &dyn Store, id: &AskId, answer: Option<&Answer>) -> Result<AskView, AskError> {
    let view = store.ask(id).await?.ok_or_else(|| AskError::Unknown(id.clone()))?;
    if view.settled.is_some() {
        return Err(AskError::Settled(Box::new(view)));
    }
    match view.ask.check(answer) {
        Ok(()) => Ok(view),
        Err(problem) => Err(AskError::Answer { ask: id.clone(), problem }),
    }
}

/// The error for an ask that another answer has settled first.
pub(crate) async fn settled(store: &dyn Store, id: &AskId) -> Result<AskError, StoreError> {
    let view = store.ask(id).await?;
    Ok(view.map_or_else(|| AskError::Unknown(id.clone()), |view| AskError::Settled(Box::new(view))))
}

/// Records an answer while no host runs the agent, which acts on it at the next start.
///
/// # Errors
/// [`AskError`].
pub async fn record_answer(ports: &Ports, ask: &AskId, answer: Option<Answer>) -> Result<AgentView, AskError> {
    let open = open_ask(&*ports.store, ask, answer.as_ref()).await?;
    let input = Input::Answer { ask: ask.clone(), answer };
    let RecordedInput { view, is_changed } = record(ports, &open.agent, input).await?;
    if is_changed { Ok(view) } else { Err(settled(&*ports.store, ask).await?) }
}

/// The agents that wait for permissions.
///
/// # Errors
/// If the asks cannot be read.
pub(crate) async fn agents_that_ask(store: &dyn Store) -> Result<BTreeSet<AgentId>, StoreError> {
    let waiting = store.open_asks().await?.into_iter().filter(|view| view.ask.kind == AskKind::Permission);
    Ok(waiting.map(|view| view.agent).collect())
}

/// Tells the agents that wait for permissions that the rules or the tools have changed, while no host runs them. They act on it at the
/// next start. The ports must have all tools that a host would offer.
///
/// # Errors
/// The first one; agents that were not told are told at the next start.
pub async fn record_rules_changed(ports: &Ports) -> Result<(), StoreError> {
    for agent in agents_that_ask(&*ports.store).await? {
        record(ports, &agent, Input::RulesChanged).await?;
    }
    Ok(())
}
