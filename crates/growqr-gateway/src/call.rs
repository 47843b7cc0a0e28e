//! One call: finds who pays, sets the money aside, and sends the request.

use crate::charge::{Bounds, OpenCharge, Reserving};
use crate::content::UNBOUNDED;
use crate::message::MessageRequest;
use crate::outgoing::Outgoing;
use crate::paid::{Call, Paid};
use crate::ports::{Available, Backend, MeterError, Reservation};
use crate::prompt_size::PromptParts;
use crate::refusal::Refusal;
use crate::shared::Shared;
use crate::{relay, translate};
use growqr_core::budget::{output_cost_per_second, output_limit, output_limit_without_price};
use growqr_core::event::CostBound;
use growqr_core::id::{AgentId, EffectId, charge_id};
use growqr_core::limits::LimitReached;
use growqr_core::model::{ModelCard, Usage};
use growqr_core::money::{Money, Prices};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often money is set aside anew because other calls of the agent have taken some, and how long each try waits for one of them
/// to end.
const RESERVE_TRIES: usize = 120;
/// See [`RESERVE_TRIES`].
const RESERVE_PAUSE: Duration = Duration::from_millis(500);

/// Runs a call to its end.
pub(crate) async fn run(shared: &Arc<Shared>, call: Call, mut out: Outgoing) {
    let admitted = tokio::select! {
        biased;
        stopped = out.stopped() => {
            tracing::debug!(session = call.caller.session, ?stopped, "a call was stopped before it was sent");
            return out.end_stopped(stopped).await;
        }
        admitted = admit(shared, &call) => admitted,
    };
    let (paid, backend) = match admitted {
        Ok(admitted) => admitted,
        Err(refusal) => {
            tracing::debug!(
                session = call.caller.session,
                status = refusal.status,
                message = refusal.message,
                "a call was refused"
            );
            return out.end_with(&refusal).await;
        }
    };
    let (parts, model) = (paid.prompt.clone(), paid.card.id.clone());
    let usage = match backend {
        Backend::Relay { upstream, .. } => relay::run(upstream.as_ref(), &call, paid, out).await,
        Backend::Translate { model, .. } => translate::run(model.as_ref(), paid, out).await,
    };
    if let Some(usage) = usage {
        let session = format!("{}/{}", call.caller.container, call.caller.session);
        shared.prompt_sizes().await.counted(&session, &model, &parts, &usage);
        shared.save_prompt_sizes().await;
    }
}

async fn admit<'a>(shared: &Arc<Shared>, call: &'a Call) -> Result<(Paid<'a>, Backend), Refusal> {
    let agent = shared.ports.sessions.payer(&call.caller).await.ok_or_else(Refusal::session)?;
    let request = MessageRequest::parse(&call.body)?;
    let backend = shared.ports.backends.backend(&agent).await.map_err(|failure| Refusal::failed(&failure))?;
    let card = card(&backend)?;
    let prompt = PromptParts::of(&request.parts);
    let input = match shared.prompt_sizes().await.bound(&card.id, &prompt) {
        // A longer prompt is refused by the service, and not billed.
        UNBOUNDED => card.context_tokens,
        bound => bound,
    };
    let number = shared.next_call.fetch_add(1, Ordering::Relaxed);
    let id = charge_id(shared.settings.process, shared.settings.gateway, number);
    match reserve(shared, &agent, &id, &request, &card, input).await {
        Ok(bounds) => {
            let charge = OpenCharge::new(shared.clone(), agent.clone(), id, bounds);
            Ok((Paid { agent, request, prompt, card, charge }, backend))
        }
        Err(MeterError::Limit(limit)) => {
            shared.ports.sessions.limit_hit(&agent, limit).await;
            Err(Refusal::limit(limit))
        }
        Err(error @ (MeterError::NotNow | MeterError::Unavailable(_))) => Err(Refusal::unavailable(error.to_string())),
    }
}

/// The card of the model that was chosen for the agent. What the request names does not count.
fn card(backend: &Backend) -> Result<ModelCard, Refusal> {
    match backend {
        Backend::Translate { model, id } => Ok(model.card(id)),
        Backend::Relay { upstream, model } => {
            upstream.find_card(model).ok_or_else(|| Refusal::unavailable(format!("There is no model {model:?}.")))
        }
    }
}

/// Sets aside the most that the call can cost.
async fn reserve(
    shared: &Arc<Shared>,
    agent: &AgentId,
    id: &EffectId,
    request: &MessageRequest<'_>,
    card: &ModelCard,
    input: u64,
) -> Result<Bounds, MeterError> {
    shared.settling.wait(agent).await;
    for _ in 0..RESERVE_TRIES {
        let call_ended = shared.settling.next_end();
        let available = shared.ports.meter.available(agent).await?;
        // What is not affordable is reserved all the same: the journal of the agent refuses it, and records the limit.
        let bounds = affordable(request, card, input, available).unwrap_or_else(|_| whole(request, card, input, available));
        let reserving = Reserving::new(shared, agent, id);
        let reserved = shared.ports.meter.reserve(agent, id, &card.id, bounds.most).await;
        reserving.end();
        match reserved {
            // The next try asks for what is left then, which may be less.
            Err(MeterError::NotNow) => drop(tokio::time::timeout(RESERVE_PAUSE, call_ended).await),
            reserved => return reserved.map(|()| bounds),
        }
    }
    Err(MeterError::NotNow)
}

/// What the call may use of what is available.
fn affordable(request: &MessageRequest<'_>, card: &ModelCard, input: u64, available: Available) -> Result<Bounds, LimitReached> {
    let max_output = request.max_tokens.min(card.max_output_tokens).min(available.max_output);
    let prices = card.prices.as_ref();
    let input_cost = prices.and_then(|prices| input_cost(prices, input, request.caches_for_an_hour)).unwrap_or_default();
    let (max_tokens, money) = match prices {
        Some(prices) => {
            let (max_tokens, money) =
                output_limit(prices, input, input_cost, max_output, available.money).ok_or(available.limit)?;
            (max_tokens, Some(money))
        }
        None => {
            let max_tokens = output_limit_without_price(input, max_output, available.tokens).ok_or(LimitReached::TreeTokens)?;
            (max_tokens, None)
        }
    };
    if request.with(&request.model, max_tokens).is_err() {
        return Err(available.limit);
    }
    let most = most(prices, input, input_cost, max_tokens, money);
    Ok(Bounds { prices: prices.cloned(), input, input_cost, max_tokens, most })
}

/// All that the request asks for, whether it is available or not.
fn whole(request: &MessageRequest<'_>, card: &ModelCard, input: u64, available: Available) -> Bounds {
    let max_tokens = request.max_tokens.min(card.max_output_tokens).min(available.max_output);
    let prices = card.prices.as_ref();
    let input_cost = prices.and_then(|prices| input_cost(prices, input, request.caches_for_an_hour)).unwrap_or_default();
    let money = prices.map(|prices| input_cost + prices.output_cost(input, max_tokens).unwrap_or_default());
    let most = most(prices, input, input_cost, max_tokens, money);
    Bounds { prices: prices.cloned(), input, input_cost, max_tokens, most }
}

fn most(prices: Option<&Prices>, input: u64, input_cost: Money, max_tokens: u64, money: Option<Money>) -> Reservation {
    let per_second = prices.and_then(|prices| output_cost_per_second(prices, input));
    let early = per_second.map(|per_second| CostBound { at_once: input_cost, per_second });
    Reservation { money, tokens: input.saturating_add(max_tokens), early }
}

/// The highest cost of the prompt.
fn input_cost(prices: &Prices, input: u64, caches_for_an_hour: bool) -> Option<Money> {
    if !caches_for_an_hour {
        return prices.input_bound(input);
    }
    let all_cached = Usage { cache_write_1h_tokens: input, ..Usage::default() };
    prices.cost(&all_cached)?.max(prices.input_bound(input)?).into()
}
