//! The money that an agent may spend and has used.
//!
//! Used money is the sum of: the known cost of its own calls; the most that calls can have cost whose cost will never be known; and money
//! that it gave to sub-agents and did not get back. The limits per message, day and month apply to the Grow Agent. A sub-agent is
//! limited by its allowance alone.

use crate::clock::Timestamp;
use crate::limits::{LimitReached, Limits};
use crate::money::{Money, Prices};
use serde::{Deserialize, Serialize};

/// Scheduled runs leave one part in this many of the limit per day: many of them, or large ones, would leave the person nothing for a
/// message until the next day. It is no setting, because the limit per day is one.
const KEPT_FOR_MESSAGES: u64 = 4;

/// The smallest output limit with which a model is called, in tokens.
pub const MIN_OUTPUT_TOKENS: u64 = 1_000;

/// An output limit that is enough for most answers, in tokens. If half of the available money does not pay for it, a call may
/// reserve more than half.
pub const LONG_OUTPUT_TOKENS: u64 = 4_000;

/// Tokens per second; higher than the output speed of any model.
const MAX_OUTPUT_TOKENS_PER_SECOND: u64 = 400;

/// The smallest allowance with which a sub-agent is started.
pub const MIN_ALLOWANCE: Money = Money(1_000_000);

/// The money used for one message of the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Message {
    number: i64,
    used: Money,
}

impl Message {
    /// Money of an earlier message is not returned to this one.
    fn refund(&mut self, number: i64, amount: Money) {
        if self.number == number {
            self.used = self.used.saturating_sub(amount);
        }
    }
}

/// How many days, or months, are remembered. More than one, because a clock may be set back and forth.
const REMEMBERED: usize = 8;

/// The money used in each of the last days, or months, in their order. What a wrong clock has dated counts for the day that it
/// named, and for no other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Calendar(Vec<Used>);

/// The money used in one day or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Used {
    number: i64,
    amount: Money,
    /// The part that was recorded before something earlier: the clock was ahead then, or was set back afterwards.
    early: Money,
}

impl Calendar {
    fn add(&mut self, number: i64, amount: Money) {
        for later in self.0.iter_mut().filter(|used| used.number > number) {
            later.early = later.amount;
        }
        match self.0.binary_search_by_key(&number, |used| used.number) {
            Ok(index) => self.0[index].amount += amount,
            Err(index) => self.0.insert(index, Used { number, amount, early: Money::ZERO }),
        }
        if self.0.len() > REMEMBERED {
            let is_first = self.0[0].number.abs_diff(number) > self.0[REMEMBERED].number.abs_diff(number);
            self.0.remove(if is_first { 0 } else { REMEMBERED });
        }
    }

    fn refund(&mut self, from: i64, amount: Money) {
        if let Some(used) = self.0.iter_mut().find(|used| used.number == from) {
            used.amount = used.amount.saturating_sub(amount);
            used.early = used.early.min(used.amount);
        }
    }

    fn used_in(&self, number: i64) -> Money {
        self.0.iter().filter(|used| used.number == number).map(|used| used.amount).sum()
    }

    fn misdated(&self, number: i64) -> Misdated {
        Misdated {
            ahead: self.0.iter().filter(|used| used.number > number).map(|used| used.amount).sum(),
            early: self.0.iter().filter(|used| used.number == number).map(|used| used.early).sum(),
        }
    }
}

/// Money that a wrong clock has dated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Misdated {
    /// Dated later than the present period; it does not count.
    pub ahead: Money,
    /// Counts for the present period, but was recorded before something of an earlier one.
    pub early: Money,
}

/// The amounts of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportAmounts {
    /// Used since the last report.
    pub used: Money,
    /// Left of what was given and raised.
    pub left: Money,
    /// Added by the person since the last report.
    pub raised: Money,
    /// Used beyond what was given and raised.
    pub excess: Money,
}

/// One agent's money.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Total known cost of the agent's own calls and charges.
    pub spent: Money,
    /// The most that calls can have cost whose cost will never be known.
    pub unknown: Money,
    /// A sub-agent's money: the money it received, minus the money it used or returned. `None` for the Grow Agent.
    pub allowance: Option<Money>,
    /// Reservations of open charges: not used yet, but not available either.
    pub reserved: Money,
    /// Money used since the last report.
    pub since_report: Money,
    /// Money that the person added for the latest message, on top of every limit.
    raised: Money,
    /// Money that the person added to this sub-agent, or below it, since the last report.
    raised_since_report: Money,
    /// Money that this sub-agent has used beyond its allowance since the last report: a model's bill can be higher than the
    /// reservation.
    excess_since_report: Money,
    /// Money used for the person's latest message; each message is a period of its own.
    message: Message,
    days: Calendar,
    months: Calendar,
}

impl Budget {
    /// Adds money that a sub-agent received.
    pub fn receive(&mut self, amount: Money) {
        self.allowance = Some(self.allowance.unwrap_or_default() + amount);
    }

    /// The person sent a message: the budget per message restarts.
    pub fn new_message(&mut self) {
        self.message = Message { number: self.message.number + 1, used: Money::ZERO };
        self.raised = Money::ZERO;
    }

    /// The person has taken back the messages since `before`, and the work for the earlier one goes on: what was used since then
    /// counts for that one. `raised` is what the person has added since then.
    pub fn resume_message(&mut self, before: &Budget, raised: Money) {
        self.message.used += before.message.used;
        self.raised = before.raised + raised;
    }

    /// The person adds money for the current message: every limit is higher by this amount until the next message.
    pub fn raise(&mut self, amount: Money) {
        self.raised += amount;
        if let Some(allowance) = &mut self.allowance {
            *allowance += amount;
            self.raised_since_report += amount;
        }
    }

    /// Another message of the person reaches a sub-agent at work, which was given `given`: what the person has added for the
    /// earlier one and was not used is gone.
    pub fn end_raise(&mut self, given: Money) {
        let left = self.allowance.unwrap_or_default();
        let unused = self.raised_since_report.min(left.saturating_sub(given));
        self.raised_since_report = self.raised_since_report.saturating_sub(unused);
        self.allowance = self.allowance.map(|allowance| allowance.saturating_sub(unused));
    }

    /// A sub-agent reports that it has used this much of what the person added to it. That money never was a part of this
    /// agent's own; it counts as used, and the limits rise with it.
    pub fn pass_on_raise(&mut self, amount: Money, at: Timestamp, message: i64) {
        self.since_report += amount;
        self.days.add(at.day(), amount);
        self.months.add(at.month(), amount);
        if self.message.number == message {
            self.message.used += amount;
            self.raised += amount;
        }
        if self.allowance.is_some() {
            self.raised_since_report += amount;
        }
    }

    /// A sub-agent reports that it has used this much more than it was given, for the message with number `message`.
    pub fn pass_on_excess(&mut self, amount: Money, at: Timestamp, message: i64) {
        if self.message.number == message {
            self.message.used += amount;
        }
        self.record_use_of_any_message(amount, at);
    }

    /// What the person has added for the latest message, on top of every limit.
    #[must_use]
    pub fn raised(&self) -> Money {
        self.raised
    }

    /// The number of the person's latest message, to pass to [`Budget::refund`] when a grant is returned.
    #[must_use]
    pub fn message_number(&self) -> i64 {
        self.message.number
    }

    /// Counts the cost of one of the agent's own calls.
    pub fn charge(&mut self, cost: Money, at: Timestamp) {
        self.spent += cost;
        self.record_use(cost, at);
    }

    /// Counts one of the agent's own calls that may have been billed up to this amount.
    pub fn charge_unknown(&mut self, most: Money, at: Timestamp) {
        self.unknown += most;
        self.record_use(most, at);
    }

    /// Counts money that goes to a scheduled run. It belongs to no message.
    pub fn grant_for_no_message(&mut self, amount: Money, at: Timestamp) {
        self.record_use_of_any_message(amount, at);
    }

    /// What the limits per day and month leave for a scheduled run: a share of each is kept for messages.
    #[must_use]
    pub fn available_for_no_message(&self, limits: &Limits, now: Timestamp) -> Money {
        let left = |limit: Money, used: Money| limit.saturating_sub(Money(limit.0 / KEPT_FOR_MESSAGES)).saturating_sub(used);
        let day = left(limits.per_day, self.days.used_in(now.day()));
        let month = limits.per_month.map(|limit| left(limit, self.months.used_in(now.month())));
        month.map_or(day, |month| month.min(day)).saturating_sub(self.reserved)
    }

    /// Counts money that goes to a sub-agent.
    pub fn grant(&mut self, amount: Money, at: Timestamp) {
        self.record_use(amount, at);
    }

    /// A sub-agent returns money that was granted at `granted`, for the message with number `message`.
    pub fn refund(&mut self, amount: Money, granted: Timestamp, message: i64) {
        self.message.refund(message, amount);
        self.since_report = self.since_report.saturating_sub(amount);
        self.days.refund(granted.day(), amount);
        self.months.refund(granted.month(), amount);
        if let Some(allowance) = &mut self.allowance {
            *allowance += amount;
        }
    }

    /// The amounts of a sub-agent's report, which returns what is left.
    #[must_use]
    pub fn report_amounts(&self) -> ReportAmounts {
        ReportAmounts {
            used: self.since_report,
            left: self.allowance.unwrap_or_default(),
            raised: self.raised_since_report,
            excess: self.excess_since_report,
        }
    }

    /// Called when the report is recorded.
    pub fn after_report(&mut self) {
        self.since_report = Money::ZERO;
        self.raised_since_report = Money::ZERO;
        self.excess_since_report = Money::ZERO;
        self.allowance = self.allowance.map(|_| Money::ZERO);
    }

    /// The amount available now, and the tightest limit.
    #[must_use]
    pub fn available(&self, limits: &Limits, now: Timestamp) -> (Money, LimitReached) {
        if let Some(allowance) = self.allowance {
            return (allowance.saturating_sub(self.reserved), LimitReached::Allowance);
        }
        let left = |limit: Money, used: Money| (limit + self.raised).saturating_sub(used);
        let message = (left(limits.per_message, self.message.used), LimitReached::PerMessage);
        let day = (left(limits.per_day, self.days.used_in(now.day())), LimitReached::PerDay);
        let month = limits.per_month.map(|limit| (left(limit, self.months.used_in(now.month())), LimitReached::PerMonth));
        let (left, limit) =
            [Some(message), Some(day), month].into_iter().flatten().min_by_key(|(left, _)| *left).unwrap_or(message);
        (left.saturating_sub(self.reserved), limit)
    }

    /// What must be added to every limit so that `needed` is available. More may be used than a limit allows: a bill can be higher
    /// than its reservation, and a limit can be lowered.
    #[must_use]
    pub fn missing(&self, needed: Money, limits: &Limits, now: Timestamp) -> Money {
        let needed = needed + self.reserved;
        if let Some(allowance) = self.allowance {
            return needed.saturating_sub(allowance);
        }
        let missing = |limit: Money, used: Money| (used + needed).saturating_sub(limit + self.raised);
        let month = limits.per_month.map(|limit| missing(limit, self.months.used_in(now.month())));
        let day = missing(limits.per_day, self.days.used_in(now.day()));
        missing(limits.per_message, self.message.used).max(day).max(month.unwrap_or_default())
    }

    /// Used in the UTC day of `now`.
    #[must_use]
    pub fn used_today(&self, now: Timestamp) -> Money {
        self.days.used_in(now.day())
    }

    /// Used in the UTC month of `now`.
    #[must_use]
    pub fn used_this_month(&self, now: Timestamp) -> Money {
        self.months.used_in(now.month())
    }

    /// Money that a wrong clock has dated, seen from the day of `now`, or for the limit per month from its month.
    #[must_use]
    pub fn misdated(&self, limit: LimitReached, now: Timestamp) -> Misdated {
        match limit {
            LimitReached::PerMonth => self.months.misdated(now.month()),
            _ => self.days.misdated(now.day()),
        }
    }

    /// Used for the person's latest message.
    #[must_use]
    pub fn used_for_message(&self) -> Money {
        self.message.used
    }

    fn record_use(&mut self, amount: Money, at: Timestamp) {
        self.message.used += amount;
        self.record_use_of_any_message(amount, at);
    }

    fn record_use_of_any_message(&mut self, amount: Money, at: Timestamp) {
        self.since_report += amount;
        self.days.add(at.day(), amount);
        self.months.add(at.month(), amount);
        if let Some(allowance) = &mut self.allowance {
            self.excess_since_report += amount.saturating_sub(*allowance);
            *allowance = allowance.saturating_sub(amount);
        }
    }
}

/// The output limit of a call, and the most that the call can cost. `None` if `available` does not pay for a short answer.
///
/// A call that is interrupted counts with its whole reservation, and the next attempt must still be affordable. So a call reserves
/// at most half of the available money, unless half is not enough for a long answer.
#[must_use]
pub fn output_limit(prices: &Prices, input: u64, input_cost: Money, max_output: u64, available: Money) -> Option<(u64, Money)> {
    let affordable = |money: Money| prices.output_affordable(input, money.saturating_sub(input_cost)).unwrap_or_default();
    let half = affordable(Money(available.0 / 2));
    let max_tokens = max_output.min(half.max(affordable(available).min(LONG_OUTPUT_TOKENS)));
    let reservation = input_cost + prices.output_cost(input, max_tokens).unwrap_or_default();
    let is_enough = max_tokens >= MIN_OUTPUT_TOKENS.min(max_output) && reservation <= available;
    is_enough.then_some((max_tokens, reservation))
}

/// The output limit of a call to a model without a known price, of which `left` tokens may still be used. `None` if they are not
/// enough for a short answer.
#[must_use]
pub fn output_limit_without_price(input: u64, max_output: u64, left: u64) -> Option<u64> {
    let output = left.saturating_sub(input);
    let max_tokens = max_output.min((output / 2).max(output.min(LONG_OUTPUT_TOKENS)));
    (max_tokens >= MIN_OUTPUT_TOKENS.min(max_output)).then_some(max_tokens)
}

/// The most that one second of output can cost after a prompt of `input` tokens.
#[must_use]
pub fn output_cost_per_second(prices: &Prices, input: u64) -> Option<Money> {
    prices.output_cost(input, MAX_OUTPUT_TOKENS_PER_SECOND)
}

/// The most tokens that a call can have put out when it is stopped after this many whole seconds.
#[must_use]
pub fn output_until_stopped(max_tokens: u64, seconds: u64) -> u64 {
    max_tokens.min(seconds.saturating_add(1).saturating_mul(MAX_OUTPUT_TOKENS_PER_SECOND))
}

/// One of `count` equal shares of `available`; the giver keeps three further shares.
#[must_use]
pub fn share(available: Money, count: u64) -> Money {
    Money(available.0 / (count + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn the_tightest_limit_decides_and_is_named() {
        let limits = Limits { per_month: Some(Money(5)), per_message: Money(4), per_day: Money(6), ..Limits::default() };
        let mut budget = Budget::default();
        assert_eq!(budget.available(&limits, Timestamp(0)), (Money(4), LimitReached::PerMessage));
        budget.charge(Money(3), Timestamp(0));
        budget.new_message();
        assert_eq!(budget.available(&limits, Timestamp(0)), (Money(2), LimitReached::PerMonth));
        assert_eq!(budget.available(&limits, Timestamp(40 * DAY)), (Money(4), LimitReached::PerMessage));
    }

    #[test]
    fn money_returned_by_a_sub_agent_can_be_used_again() {
        let limits = Limits::default();
        let mut budget = Budget::default();
        let before = budget.available(&limits, Timestamp(0));
        budget.grant(Money(50), Timestamp(0));
        budget.refund(Money(50), Timestamp(0), budget.message_number());
        assert_eq!(budget.available(&limits, Timestamp(0)), before);
    }

    #[test]
    fn money_of_an_earlier_message_is_not_returned_to_this_one() {
        let mut budget = Budget::default();
        let earlier = budget.message_number();
        budget.grant(Money(50), Timestamp(0));
        budget.new_message();
        budget.charge(Money(30), Timestamp(0));
        budget.refund(Money(50), Timestamp(0), earlier);
        assert_eq!(budget.used_for_message(), Money(30));
    }

    #[test]
    fn money_dated_ahead_counts_for_its_own_day_only() {
        let limits = Limits { per_day: Money(10), per_month: Some(Money(12)), ..Limits::default() };
        let mut budget = Budget::default();
        budget.charge(Money(10), Timestamp(40 * DAY));
        assert_eq!(budget.available(&limits, Timestamp(0)), (Money(10), LimitReached::PerDay), "the clock was set right");
        budget.charge(Money(1), Timestamp(0));
        assert_eq!((budget.used_today(Timestamp(0)), budget.used_this_month(Timestamp(0))), (Money(1), Money(1)));
        assert_eq!(budget.used_today(Timestamp(40 * DAY)), Money(10));
        let ahead = Misdated { ahead: Money(10), early: Money::ZERO };
        assert_eq!(budget.misdated(LimitReached::PerDay, Timestamp(0)), ahead);
        assert_eq!(budget.misdated(LimitReached::PerMonth, Timestamp(0)), ahead);
        assert_eq!(budget.misdated(LimitReached::PerDay, Timestamp(40 * DAY)), Misdated { ahead: Money::ZERO, early: Money(10) });
    }

    #[test]
    fn a_clock_that_flickers_around_midnight_does_not_empty_the_day() {
        let mut budget = Budget::default();
        for at in [DAY - 1, DAY, DAY - 1, DAY + 1] {
            budget.charge(Money(4), Timestamp(at));
        }
        assert_eq!((budget.used_today(Timestamp(0)), budget.used_today(Timestamp(DAY))), (Money(8), Money(8)));
    }

    #[test]
    fn only_the_days_around_the_last_charge_are_remembered() {
        let mut budget = Budget::default();
        budget.charge(Money(1), Timestamp(10_000 * DAY));
        for day in 0..100 {
            budget.charge(Money(1), Timestamp(day * DAY));
        }
        assert_eq!(budget.days.0.len(), REMEMBERED);
        assert_eq!(budget.days.0.last().map(|used| used.number), Some(99));
    }

    #[test]
    fn money_of_yesterday_is_not_returned_to_today() {
        let mut budget = Budget::default();
        budget.grant(Money(50), Timestamp(0));
        budget.charge(Money(7), Timestamp(DAY));
        budget.refund(Money(50), Timestamp(0), budget.message_number());
        assert_eq!(budget.used_today(Timestamp(DAY)), Money(7));
    }

    #[test]
    fn a_sub_agent_is_limited_by_its_allowance_alone() {
        let mut budget = Budget::default();
        budget.receive(Money(10));
        budget.charge(Money(4), Timestamp(0));
        budget.charge_unknown(Money(5), Timestamp(0));
        assert_eq!(budget.available(&Limits::default(), Timestamp(0)), (Money(1), LimitReached::Allowance));
        let amounts = ReportAmounts { used: Money(9), left: Money(1), raised: Money::ZERO, excess: Money::ZERO };
        assert_eq!(budget.report_amounts(), amounts);
        budget.after_report();
        assert_eq!(budget.available(&Limits::default(), Timestamp(0)).0, Money::ZERO);
    }

    #[test]
    fn what_a_sub_agent_uses_beyond_its_allowance_counts_for_the_giver() {
        let mut child = Budget::default();
        child.receive(Money(10));
        child.charge(Money(14), Timestamp(0));
        let amounts = child.report_amounts();
        assert_eq!(amounts, ReportAmounts { used: Money(14), left: Money::ZERO, raised: Money::ZERO, excess: Money(4) });
        child.after_report();
        assert_eq!(child.report_amounts().excess, Money::ZERO);
        let mut parent = Budget::default();
        parent.receive(Money(12));
        let message = parent.message_number();
        parent.grant(Money(10), Timestamp(0));
        parent.pass_on_excess(amounts.excess, Timestamp(0), message);
        assert_eq!((parent.used_today(Timestamp(0)), parent.used_for_message()), (Money(14), Money(14)));
        assert_eq!(parent.report_amounts().excess, Money(2), "it is over its own allowance now");
        parent.new_message();
        parent.pass_on_excess(Money(1), Timestamp(0), message);
        assert_eq!((parent.used_today(Timestamp(0)), parent.used_for_message()), (Money(15), Money::ZERO));
    }

    #[test]
    fn money_that_the_person_adds_counts_for_the_current_message_only() {
        let limits = Limits { per_message: Money(4), per_day: Money(6), ..Limits::default() };
        let mut budget = Budget::default();
        budget.charge(Money(4), Timestamp(0));
        budget.raise(Money(3));
        assert_eq!(budget.available(&limits, Timestamp(0)), (Money(3), LimitReached::PerMessage));
        budget.charge(Money(3), Timestamp(0));
        assert_eq!(budget.available(&limits, Timestamp(0)).0, Money::ZERO);
        budget.new_message();
        assert_eq!(budget.available(&limits, Timestamp(0)), (Money::ZERO, LimitReached::PerDay));
        budget.raise(Money(5));
        budget.new_message();
        assert_eq!(budget.available(&limits, Timestamp(0)), (Money::ZERO, LimitReached::PerDay), "what was not used is gone");
    }

    #[test]
    fn scheduled_runs_leave_a_quarter_of_the_day_and_of_the_month_for_messages() {
        let limits = Limits { per_day: Money(40), per_month: Some(Money(100)), ..Limits::default() };
        let mut budget = Budget::default();
        let mut all_of_a_day = |day: i64| {
            let available = budget.available_for_no_message(&limits, Timestamp(day * DAY));
            budget.grant_for_no_message(available, Timestamp(day * DAY));
            available
        };
        assert_eq!([0, 1, 2, 3].map(&mut all_of_a_day), [Money(30), Money(30), Money(15), Money::ZERO]);
        assert_eq!(budget.available(&Limits { per_message: Money(50), ..limits }, Timestamp(3 * DAY)).0, Money(25));
    }

    #[test]
    fn sub_agents_started_together_get_equal_shares() {
        let first = share(Money(200), 2);
        let second = share(Money(200).saturating_sub(first), 1);
        assert_eq!((first, second), (Money(40), Money(40)));
    }
}
