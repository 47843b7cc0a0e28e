//! Upper bounds: the cost and output limit of the next model call, and the cost of a stopped call.

use super::draft::Draft;
use super::state::{CurrentSegment, State};
use super::transcript::token_bound;
use super::turn::Phase;
use crate::budget::{MIN_OUTPUT_TOKENS, output_limit, output_limit_without_price, output_until_stopped};
use crate::clock::Timestamp;
use crate::id::ExecutorId;
use crate::limits::{LimitReached, Shortfall};
use crate::money::Money;
use crate::prompt::MAX_SEARCHES;

/// Tokens for what is added to the prompt of a last call: the request to finish, and what arrives meanwhile.
pub(super) const FINISH_NOTE_TOKENS: u64 = 2_000;

/// What a search of the web costs, and the most tokens that its results usually have. The provider bills what they really have.
const SEARCH_COST: Money = Money(1_000_000);
const SEARCH_TOKENS: u64 = 15_000;

/// What the next call may use.
pub(super) struct Affordable {
    /// The output limit in tokens.
    pub(super) max_tokens: u64,
    /// The most that it can cost; `None` if the price is unknown.
    pub(super) reservation: Option<Money>,
    /// The most tokens that it can use, if the price is unknown.
    pub(super) tokens: Option<u64>,
}

impl Draft<'_> {
    /// What the next call may use.
    pub(super) fn affordable(&self, attempt: u32, max_output: u64, shortened: bool) -> Result<Affordable, LimitReached> {
        let state = &self.state;
        if state.counters.calls >= state.limits.calls.saturating_add(state.counters.calls_raised) {
            return Err(LimitReached::Calls);
        }
        let Some(current) = &state.segment else { return Err(LimitReached::Calls) };
        let max_output = max_output.min(state.max_output_limit());
        let input = self.input_bound(current, attempt, shortened).saturating_add(current.tokens_of_searches());
        let Some(prices) = &current.card.prices else { return self.affordable_without_price(input, max_output) };
        let (available, limit) = state.budget.available(&state.limits, self.now.at);
        let limit = state.limit_of_last_message.unwrap_or(limit);
        let input_cost = prices.input_bound(input).unwrap_or_default() + current.cost_of_searches();
        let (max_tokens, reservation) = output_limit(prices, input, input_cost, max_output, available).ok_or(limit)?;
        Ok(Affordable { max_tokens, reservation: Some(reservation), tokens: None })
    }

    /// The next call of a model without a known price, which the quota of the tree limits.
    fn affordable_without_price(&self, input: u64, max_output: u64) -> Result<Affordable, LimitReached> {
        let left = self.state.quota.left(self.state.limits.tree());
        if left.calls == 0 {
            return Err(LimitReached::TreeCalls);
        }
        let max_tokens = output_limit_without_price(input, max_output, left.tokens).ok_or(LimitReached::TreeTokens)?;
        Ok(Affordable { max_tokens, reservation: None, tokens: Some(input.saturating_add(max_tokens)) })
    }

    /// The most tokens that one more short answer can use.
    pub(super) fn tokens_of_last_call(&self) -> u64 {
        let input = self.state.segment.as_ref().map_or(0, |current| self.input_bound(current, 1, false));
        input.saturating_add(MIN_OUTPUT_TOKENS).saturating_add(FINISH_NOTE_TOKENS)
    }

    /// An upper bound for the prompt tokens of the next call.
    pub(super) fn input_bound(&self, current: &CurrentSegment, attempt: u32, shortened: bool) -> u64 {
        let content = if attempt == 1 { self.state.next_user_content(shortened, self.zone()) } else { None };
        self.state.transcript.bound(current.bytes, content.as_ref().map_or(0, token_bound))
    }

    /// The shortfall of the next request; `None` if the request is affordable or its price is unknown.
    pub(super) fn shortfall(&self) -> Option<Shortfall> {
        if self.state.is_session() {
            return self.session_shortfall();
        }
        self.shortfall_with(0)
    }

    /// The shortfall of the next request if its prompt has this many more tokens.
    pub(super) fn shortfall_with(&self, more_input: u64) -> Option<Shortfall> {
        let current = self.state.segment.as_ref()?;
        let prices = current.card.prices.as_ref()?;
        let input = self.input_bound(current, 1, false).saturating_add(more_input).saturating_add(current.tokens_of_searches());
        let output = prices.output_cost(input, MIN_OUTPUT_TOKENS.min(self.state.max_output_limit()))?;
        let needed = prices.input_bound(input)? + output + current.cost_of_searches();
        let (available, _) = self.state.budget.available(&self.state.limits, self.now.at);
        (needed > available).then_some(Shortfall { needed, available })
    }

    /// An upper bound for the cost of a call that was stopped at `end`: its prompt, and the output that a model can give in the
    /// elapsed time.
    pub(super) fn bound_of_stopped_call(&self, end: Timestamp) -> Option<Money> {
        let Phase::Calling { max_tokens, reservation, since, .. } = self.state.phase else { return None };
        let current = self.state.segment.as_ref()?;
        let prices = current.card.prices.as_ref()?;
        // A clock that was set back tells nothing about the elapsed time.
        let seconds = u64::try_from(end.0.saturating_sub(since.0)).ok()?.div_ceil(1_000);
        let output = output_until_stopped(max_tokens, seconds);
        let input = self.state.transcript.bound(current.bytes, 0).saturating_add(current.tokens_of_searches());
        let bound = prices.input_bound(input)? + prices.output_cost(input, output)? + current.cost_of_searches();
        Some(bound.min(reservation.unwrap_or(bound)))
    }
}

impl CurrentSegment {
    /// The most searches of the web that the provider makes in one call.
    fn searches(&self) -> u64 {
        if self.tools.iter().any(|entry| entry.executor == ExecutorId::model()) { MAX_SEARCHES } else { 0 }
    }

    /// Tokens of the results of all searches of one call, which become a part of its prompt.
    fn tokens_of_searches(&self) -> u64 {
        self.searches() * SEARCH_TOKENS
    }

    /// What all searches of one call cost besides tokens.
    fn cost_of_searches(&self) -> Money {
        Money(self.searches() * SEARCH_COST.0)
    }
}

impl State {
    /// The largest output limit that may be requested, in tokens.
    pub(super) fn max_output_limit(&self) -> u64 {
        let card = self.segment.as_ref().map_or(u64::MAX, |current| current.card.max_output_tokens);
        self.limits.max_tokens.min(card)
    }

    /// Whether the open call has the largest output limit.
    pub(super) fn has_max_output_limit(&self) -> bool {
        matches!(self.phase, Phase::Calling { max_tokens, .. } if max_tokens >= self.max_output_limit())
    }
}
