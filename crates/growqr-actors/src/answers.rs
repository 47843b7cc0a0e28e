//! Answers of the person to asks, with and without a host.

use crate::journal::{RecordedInput, record};
use crate::placement::PostError;
use crate::ports::Ports;
use growqr_core::agent::Input;
use growqr_core::ask::{Answer, AnswerError};
use growqr_core::id::AskId;
use growqr_core::journal::{AgentView, AskView, Store, StoreError};

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
