//! Asks: lists the questions of agents, and settles them with the person's answers.

use crate::convert;
use crate::error::AppError;
use crate::library::Library;
use growqr_actors::{Host, Ports, record_answer};
use growqr_core::ask::{Answer, AskScope, EditedPage};
use growqr_core::id::AskId;
use growqr_core::journal::{AgentView, AskView};
use growqr_core::memory::MemoryError;
use growqr_core::money::Money;
use growqr_memory::MAX_PAGE_BYTES;
use growqr_wire as wire;
use growqr_wire::Reply;
use growqr_wire::event::AskAnswer;
use std::collections::HashMap;

/// The most characters of an answer in free text.
const TEXT_LIMIT: usize = 20_000;

impl Library {
    /// The open asks, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn asks(&self) -> Result<Vec<wire::AskRow>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let (asks, agents) = (store.open_asks().await?, store.agents().await?);
        Ok(rows(asks, agents))
    }

    /// The asks that were settled last, newest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn settled_asks(&self, limit: u32) -> Result<Vec<wire::AskRow>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let (asks, agents) = (store.settled_asks(limit).await?, store.agents().await?);
        Ok(rows(asks, agents))
    }

    /// The ask with this id.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is none.
    pub async fn ask(&self, id: &str) -> Result<wire::AskRow, AppError> {
        let Some(store) = &self.store else { return Err(no_ask(id)) };
        let ask = store.ask(&AskId::new(id)).await?.ok_or_else(|| no_ask(id))?;
        let agents = store.agents().await?;
        rows(vec![ask], agents).pop().ok_or_else(|| no_ask(id))
    }
}

fn rows(asks: Vec<AskView>, agents: Vec<AgentView>) -> Vec<wire::AskRow> {
    let agents: HashMap<_, _> = agents.iter().map(|agent| (&agent.agent, agent)).collect();
    asks.into_iter().map(|ask| convert::ask(agents.get(&ask.agent).copied(), &ask)).collect()
}

/// Settles an ask. The agent goes on at once, or at the next start if no host runs.
pub(crate) async fn answer(host: Option<&Host>, ports: &Ports, ask: &str, answer: Option<AskAnswer>) -> Result<Reply, AppError> {
    let id = AskId::new(ask);
    if answer.as_ref().and_then(|answer| answer.text.as_ref()).is_some_and(|text| text.chars().count() > TEXT_LIMIT) {
        let message = format!("the answer is too long; at most {TEXT_LIMIT} characters");
        return Err(AppError::bad_request(message, "Shorten it, or send the agent a message."));
    }
    if let Some(bytes) = answer.as_ref().and_then(|answer| Some(answer.edited.as_ref()?.text.len() as u64))
        && bytes > MAX_PAGE_BYTES
    {
        return Err(MemoryError::TooLarge { bytes, limit: MAX_PAGE_BYTES }.into());
    }
    let answer = answer.map(domain_answer);
    let settled = match host {
        Some(host) => host.answer(&id, answer).await,
        None => record_answer(ports, &id, answer).await,
    };
    Ok(Reply::Said { agent: convert::agent(&settled?) })
}

fn domain_answer(answer: AskAnswer) -> Answer {
    let scope = match answer.scope {
        wire::event::AskScope::Once => AskScope::Once,
        wire::event::AskScope::Agent => AskScope::Agent,
        wire::event::AskScope::Always => AskScope::Always,
    };
    let edited = answer.edited.map(|edited| EditedPage { text: edited.text, base: edited.base });
    Answer { option: answer.option, text: answer.text, scope, amount: answer.amount.map(Money), edited }
}

fn no_ask(id: &str) -> AppError {
    AppError::NoAsk(id.to_owned())
}
