//! The built-in table of models: limits, prices and request features as of 28 November 2026. It works without a network;
//! limits and names from the Models API take precedence.

use growqr_core::attachment::AttachmentKind;
use growqr_core::model::ModelCard;
use growqr_core::money::{Money, Price, Prices};
use growqr_core::prompt::Effort;

/// One USD per million tokens is this many micro-cents per million tokens.
const USD: u64 = 100_000_000;
/// A thousandth of [`USD`], so that every price of the table is a whole number.
const MILLI: u64 = USD / 1000;

/// What one search of the web costs, besides the tokens of its results: 10 USD for a thousand.
pub(super) const WEB_SEARCH: Money = Money(USD / 100);

/// Request features that a model accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Behaviour {
    /// Accepts `thinking: {"type": "adaptive"}`.
    pub adaptive: bool,
    /// Accepts `output_config.effort`.
    pub effort: bool,
}

struct Row {
    id: &'static str,
    name: &'static str,
    context: u64,
    output: u64,
    /// In thousandths of a US dollar per million tokens: input, output, cache write 5m, cache write 1h, cache read.
    price: [u64; 5],
    /// The prices of prompts above this many tokens, where they differ.
    large: Option<(u64, [u64; 5])>,
    effort: Option<Effort>,
    adaptive: bool,
}

const ADAPTIVE: Row = Row {
    id: "",
    name: "",
    context: 1_000_000,
    output: 128_000,
    price: [0; 5],
    large: None,
    effort: Some(Effort::High),
    adaptive: true,
};

const ROWS: &[Row] = &[
    Row { id: "claude-fable-5-2", name: "Claude Fable 5.2", price: [8000, 40_000, 10_000, 16_000, 200], ..ADAPTIVE },
    Row { id: "claude-fable-5-1", name: "Claude Fable 5.1", price: [10_000, 50_000, 12_500, 20_000, 250], ..ADAPTIVE },
    Row { id: "claude-fable-5", name: "Claude Fable 5", price: [10_000, 50_000, 12_500, 20_000, 1000], ..ADAPTIVE },
    Row {
        id: "claude-opus-5-5",
        name: "Claude Opus 5.5",
        price: [4000, 20_000, 5000, 8000, 200],
        effort: Some(Effort::Medium),
        ..ADAPTIVE
    },
    Row { id: "claude-opus-5", name: "Claude Opus 5", price: [5000, 25_000, 6250, 10_000, 500], ..ADAPTIVE },
    Row { id: "claude-opus-4-8", name: "Claude Opus 4.8", price: [5000, 25_000, 6250, 10_000, 500], ..ADAPTIVE },
    Row { id: "claude-opus-4-7", name: "Claude Opus 4.7", price: [5000, 25_000, 6250, 10_000, 500], ..ADAPTIVE },
    Row { id: "claude-sonnet-5-5", name: "Claude Sonnet 5.5", price: [2000, 10_000, 2500, 4000, 100], ..ADAPTIVE },
    Row { id: "claude-sonnet-5", name: "Claude Sonnet 5", price: [2000, 10_000, 2500, 4000, 200], ..ADAPTIVE },
    Row {
        id: "claude-haiku-5-5",
        name: "Claude Haiku 5.5",
        price: [100, 500, 125, 200, 10],
        large: Some((100_000, [500, 2500, 625, 1000, 50])),
        effort: Some(Effort::Medium),
        ..ADAPTIVE
    },
    Row {
        id: "claude-haiku-4-5-20251001",
        name: "Claude Haiku 4.5",
        context: 200_000,
        output: 64_000,
        price: [1000, 5000, 1250, 2000, 100],
        effort: None,
        adaptive: false,
        ..ADAPTIVE
    },
];

/// Id prefixes of models without adaptive thinking.
const BEFORE_ADAPTIVE: &[&str] = &[
    "claude-2",
    "claude-3",
    "claude-instant",
    "claude-sonnet-4-0",
    "claude-sonnet-4-2",
    "claude-sonnet-4-5",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-opus-4-2",
    "claude-opus-4-5",
    "claude-haiku-4-5",
];

/// Id prefixes of models that read nothing but text.
const TEXT_ONLY: &[&str] = &["claude-2", "claude-instant"];

/// The model that is used unless the user chose another, or the key does not offer it: the newest Opus.
pub const DEFAULT_MODEL: &str = "claude-opus-5-5";

/// A model's end: requests to it fail from that day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The day, such as 2026-11-30. `None` if only the end is announced.
    pub date: Option<String>,
    /// The model to use in its place.
    pub successor: String,
}

/// A model whose end is announced. A dated id counts as the id without the date.
struct Ending {
    id: &'static str,
    name: &'static str,
    date: &'static str,
    successor: &'static str,
}

const ENDINGS: &[Ending] = &[
    Ending { id: "claude-sonnet-4-5", name: "Claude Sonnet 4.5", date: "2026-11-30", successor: "claude-sonnet-5-5" },
    Ending { id: "claude-opus-4-5", name: "Claude Opus 4.5", date: "2027-01-22", successor: "claude-opus-5-5" },
];

fn ending(model: &str) -> Option<&'static Ending> {
    let is_date = |rest: &str| rest.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_digit());
    ENDINGS.iter().find(|ending| match model.strip_prefix(ending.id) {
        Some(rest) => rest.is_empty() || rest.strip_prefix('-').is_some_and(is_date),
        None => false,
    })
}

/// The announced end of a model.
pub(super) fn retirement(model: &str) -> Option<Retirement> {
    let ending = ending(model)?;
    Some(Retirement { date: Some(ending.date.to_owned()), successor: ending.successor.to_owned() })
}

/// The ids of the models whose end is announced.
pub(super) fn retiring() -> impl Iterator<Item = &'static str> {
    ENDINGS.iter().map(|ending| ending.id)
}

/// The newest model of the line of a model. Without a name of the line, the model's id tells it.
pub(super) fn newest_of_line(line: Option<&str>, model: &str) -> String {
    let in_line = |id: &&str| match line {
        Some(line) => id.starts_with(&format!("claude-{line}-")),
        None => id.split('-').nth(1) == model.split('-').nth(1),
    };
    ids().find(in_line).unwrap_or(DEFAULT_MODEL).to_owned()
}

fn row(model: &str) -> Option<&'static Row> {
    let model = if model == "claude-haiku-4-5" { "claude-haiku-4-5-20251001" } else { model };
    ROWS.iter().find(|row| row.id == model)
}

/// Whether the table has this model.
pub(super) fn is_known(model: &str) -> bool {
    row(model).is_some()
}

fn price(above: u64, [input, output, write_5m, write_1h, read]: [u64; 5]) -> Price {
    Price {
        above,
        input: input * MILLI,
        output: output * MILLI,
        write_5m: write_5m * MILLI,
        write_1h: write_1h * MILLI,
        read: read * MILLI,
    }
}

/// The ids of the table, in the order in which they are offered.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.id)
}

/// The card of a model. A model that is not in the table is assumed to support adaptive thinking, gets limits below those
/// of current models, and has no price.
pub(super) fn card(model: &str) -> ModelCard {
    let Some(row) = row(model) else {
        return ModelCard {
            id: model.to_owned(),
            name: ending(model).map_or(model, |ending| ending.name).to_owned(),
            context_tokens: 200_000,
            max_output_tokens: 32_000,
            prices: None,
            effort: behaviour(model).effort.then_some(Effort::High),
            reads: reads(model),
        };
    };
    let mut prices = vec![price(0, row.price)];
    prices.extend(row.large.map(|(above, large)| price(above, large)));
    ModelCard {
        id: model.to_owned(),
        name: row.name.to_owned(),
        context_tokens: row.context,
        max_output_tokens: row.output,
        prices: Some(Prices(prices)),
        effort: row.effort,
        reads: reads(model),
    }
}

/// What a model reads besides text: pictures and PDF documents, but for the oldest models.
fn reads(model: &str) -> Vec<AttachmentKind> {
    let is_blind = TEXT_ONLY.iter().any(|old| model.starts_with(old));
    if is_blind { Vec::new() } else { vec![AttachmentKind::Image, AttachmentKind::Pdf] }
}

/// The request features of a model. Depends on the id alone, so that equal requests always have equal bytes.
pub(super) fn behaviour(model: &str) -> Behaviour {
    match row(model) {
        Some(row) => Behaviour { adaptive: row.adaptive, effort: row.effort.is_some() },
        None => {
            let adaptive = !BEFORE_ADAPTIVE.iter().any(|old| model.starts_with(old));
            Behaviour { adaptive, effort: adaptive }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::model::Usage;
    use growqr_core::money::Money;

    #[test]
    fn prices_are_exact_to_the_micro_cent() {
        let card = card("claude-haiku-5-5");
        let prices = card.prices.unwrap();
        let small = Usage { cache_write_5m_tokens: 100_000, ..Usage::default() };
        let large = Usage { cache_write_5m_tokens: 100_001, ..Usage::default() };
        assert_eq!(prices.cost(&small), Some(Money(100_000 * 125 / 10)));
        assert_eq!(prices.cost(&large), Some(Money((100_001 * 625_u64).div_ceil(10))));
    }

    #[test]
    fn an_unknown_model_gets_cautious_limits() {
        let card = card("claude-next-9");
        assert_eq!((card.context_tokens, card.max_output_tokens), (200_000, 32_000));
        assert_eq!(card.prices, None);
        assert!(behaviour("claude-next-9").adaptive);
        assert!(!behaviour("claude-sonnet-4-5-20250929").adaptive);
    }
}
