//! Money in whole USD micro-cents, and what a model call costs. No floats anywhere.
//!
//! One USD is 100,000,000 micro-cents. Prices are micro-cents per million tokens, so that the smallest price known
//! (0.01 USD per million) is still a whole number; each charge is rounded up once.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

/// An amount of money: whole USD micro-cents, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub u64);

/// Micro-cents in one USD.
const PER_USD: u64 = 100_000_000;

impl Money {
    /// Zero.
    pub const ZERO: Money = Money(0);

    /// Whole US dollars.
    #[must_use]
    pub const fn usd(dollars: u64) -> Money {
        Money(dollars.saturating_mul(PER_USD))
    }

    /// The next whole cent, for an amount that a person is asked for.
    #[must_use]
    pub fn in_whole_cents(self) -> Money {
        Money(self.0.div_ceil(PER_USD / 100).saturating_mul(PER_USD / 100))
    }

    /// The difference to `other`; zero if `other` is larger.
    #[must_use]
    pub fn saturating_sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

/// Prints dollars with at least two and at most eight decimals: `0.25`, `0.0123`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:08}", self.0 % PER_USD);
        let shown = decimals.trim_end_matches('0').len().max(2);
        write!(f, "{}.{}", self.0 / PER_USD, &decimals[..shown])
    }
}

/// Why a text is not an amount of US dollars.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write an amount in US dollars such as 2 or 0.25, with at most eight decimals")]
pub struct NotMoney;

impl FromStr for Money {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Money, NotMoney> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 8 {
            return Err(NotMoney);
        }
        let whole: u64 = whole.parse().map_err(|_| NotMoney)?;
        let decimals: u64 = format!("{decimals:0<8}").parse().map_err(|_| NotMoney)?;
        whole.checked_mul(PER_USD).and_then(|usd| usd.checked_add(decimals)).map(Money).ok_or(NotMoney)
    }
}

/// The price card of one model for prompts of more than `above` tokens. All prices are micro-cents per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Applies when the whole prompt has more tokens than this.
    pub above: u64,
    /// Uncached input.
    pub input: u64,
    /// Output, thinking included.
    pub output: u64,
    /// Input written to the five-minute cache.
    pub write_5m: u64,
    /// Input written to the one-hour cache.
    pub write_1h: u64,
    /// Input read from the cache.
    pub read: u64,
}

/// All price cards of one model, by growing prompt size; the first starts at zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prices(pub Vec<Price>);

impl Prices {
    /// Prices of a model that costs nothing, such as the built-in guide.
    #[must_use]
    pub fn free() -> Prices {
        Prices(vec![Price { above: 0, input: 0, output: 0, write_5m: 0, write_1h: 0, read: 0 }])
    }

    /// The card for a prompt of this many tokens; `None` only if there are no cards.
    #[must_use]
    pub fn card(&self, prompt_tokens: u64) -> Option<&Price> {
        self.0.iter().rev().find(|price| prompt_tokens > price.above).or(self.0.first())
    }

    /// The highest cost of `input` tokens: all of them written to the five-minute cache.
    #[must_use]
    pub fn input_bound(&self, input: u64) -> Option<Money> {
        let card = self.card(input)?;
        Some(per_million(u128::from(input) * u128::from(card.write_5m.max(card.input))))
    }

    /// The cost of `output` tokens after a prompt of `input` tokens.
    #[must_use]
    pub fn output_cost(&self, input: u64, output: u64) -> Option<Money> {
        let card = self.card(input)?;
        Some(per_million(u128::from(output) * u128::from(card.output)))
    }

    /// The number of output tokens that `money` buys after a prompt of `input` tokens; `u64::MAX` if output is free.
    #[must_use]
    pub fn output_affordable(&self, input: u64, money: Money) -> Option<u64> {
        let card = self.card(input)?;
        if card.output == 0 {
            return Some(u64::MAX);
        }
        let tokens = u128::from(money.0) * 1_000_000 / u128::from(card.output);
        Some(u64::try_from(tokens).unwrap_or(u64::MAX))
    }
}

pub(crate) fn per_million(total: u128) -> Money {
    Money(u64::try_from(total.div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Usage;

    fn opus() -> Prices {
        let usd = 100_000_000;
        Prices(vec![Price {
            above: 0,
            input: 5 * usd,
            output: 25 * usd,
            write_5m: 625 * usd / 100,
            write_1h: 10 * usd,
            read: usd / 2,
        }])
    }

    #[test]
    fn amounts_print_and_read_back() {
        for text in ["0.00", "2.00", "0.25", "0.0123", "10.00000001"] {
            assert_eq!(text.parse::<Money>().unwrap().to_string(), text);
        }
        assert_eq!("2".parse::<Money>(), Ok(Money::usd(2)));
        for text in ["", "-1", "1e3", "0.123456789", ".5", "1.", "999999999999999999999"] {
            assert_eq!(text.parse::<Money>(), Err(NotMoney), "{text}");
        }
    }

    #[test]
    fn a_call_is_charged_by_kind_of_token_and_rounded_up_once() {
        let usage = Usage { input_tokens: 1, output_tokens: 1, cache_read_tokens: 1, ..Usage::default() };
        // 5 + 25 + 0.5 USD per million = 3,050 micro-cents; nothing to round.
        assert_eq!(opus().cost(&usage), Some(Money(3050)));
        let tiny = Prices(vec![Price { above: 0, input: 1, output: 0, write_5m: 1, write_1h: 1, read: 1 }]);
        assert_eq!(tiny.cost(&Usage { input_tokens: 1, ..Usage::default() }), Some(Money(1)));
    }

    #[test]
    fn the_price_card_is_chosen_by_the_whole_prompt() {
        let mut prices = Prices::free();
        prices.0.push(Price { above: 100_000, input: 1_000_000, output: 0, write_5m: 0, write_1h: 0, read: 0 });
        let small = Usage { input_tokens: 1, cache_read_tokens: 99_999, ..Usage::default() };
        let large = Usage { input_tokens: 1, cache_read_tokens: 100_000, ..Usage::default() };
        assert_eq!(prices.cost(&small), Some(Money::ZERO));
        assert_eq!(prices.cost(&large), Some(Money(1)));
    }
}
