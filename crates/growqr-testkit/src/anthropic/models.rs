//! The stub's own table of models: limits, prices and supported settings.

use serde_json::{Value, json};

/// How a model handles `thinking.type: "adaptive"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adaptive {
    /// Refused.
    No,
    /// Always on; cannot be disabled.
    Only,
    /// On unless disabled.
    Default,
    /// Off unless requested.
    OptIn,
}

/// How a model handles `thinking.type: "disabled"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disabled {
    Accepted,
    UpToHigh,
    Refused,
    BetweenTools,
}

/// Which sampling parameters a model accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sampling {
    Any,
    DefaultsOnly,
    TemperatureOneOrTopP,
}

/// When thinking signatures are bound to the conversation before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrefixCheck {
    Never,
    NewAccounts,
    Always,
}

/// Prices in thousandths of a US dollar per million tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Card {
    pub input: u64,
    pub output: u64,
    pub write_5m: u64,
    pub write_1h: u64,
    pub read: u64,
}

/// One model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub id: &'static str,
    pub name: &'static str,
    pub context: u64,
    pub max_output: u64,
    pub card: Card,
    /// The prices for prompts of more than 100,000 tokens, where they differ.
    pub large: Option<Card>,
    pub adaptive: Adaptive,
    pub disabled: Disabled,
    pub manual: bool,
    /// The default effort; `None` if the setting is refused.
    pub effort: Option<&'static str>,
    pub forced_tools: bool,
    pub system_messages: bool,
    pub prefix_check: PrefixCheck,
    pub cache_minimum: u64,
    pub prefill: bool,
    pub sampling: Sampling,
    /// Tokens of the hidden system text that is added for tools (`auto`, forced).
    pub tool_prompt: (u64, u64),
}

const fn card(input: u64, output: u64, write_5m: u64, write_1h: u64, read: u64) -> Card {
    Card { input, output, write_5m, write_1h, read }
}

/// An always-adaptive model of the newest generation. Other rows are defined by their differences from it.
const NEWEST: Row = Row {
    id: "",
    name: "",
    context: 1_000_000,
    max_output: 128_000,
    card: card(0, 0, 0, 0, 0),
    large: None,
    adaptive: Adaptive::Only,
    disabled: Disabled::Refused,
    manual: false,
    effort: Some("high"),
    forced_tools: false,
    system_messages: true,
    prefix_check: PrefixCheck::NewAccounts,
    cache_minimum: 512,
    prefill: false,
    sampling: Sampling::DefaultsOnly,
    tool_prompt: (286, 406),
};

/// A model of the previous generation: forced tools are accepted, thinking is not bound to the conversation.
const BEFORE: Row = Row { forced_tools: true, prefix_check: PrefixCheck::Never, ..NEWEST };

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "claude-fable-5-2",
        name: "Claude Fable 5.2",
        card: card(8000, 40_000, 10_000, 16_000, 200),
        prefix_check: PrefixCheck::Always,
        system_messages: false,
        ..NEWEST
    },
    Row { id: "claude-fable-5-1", name: "Claude Fable 5.1", card: card(10_000, 50_000, 12_500, 20_000, 250), ..NEWEST },
    Row { id: "claude-fable-5", name: "Claude Fable 5", card: card(10_000, 50_000, 12_500, 20_000, 1000), ..BEFORE },
    Row {
        id: "claude-opus-5-5",
        name: "Claude Opus 5.5",
        card: card(4000, 20_000, 5000, 8000, 200),
        effort: Some("medium"),
        ..NEWEST
    },
    Row {
        id: "claude-opus-5",
        name: "Claude Opus 5",
        card: card(5000, 25_000, 6250, 10_000, 500),
        adaptive: Adaptive::Default,
        disabled: Disabled::UpToHigh,
        ..BEFORE
    },
    Row {
        id: "claude-opus-4-8",
        name: "Claude Opus 4.8",
        card: card(5000, 25_000, 6250, 10_000, 500),
        adaptive: Adaptive::OptIn,
        disabled: Disabled::Accepted,
        cache_minimum: 1024,
        tool_prompt: (290, 410),
        ..BEFORE
    },
    Row {
        id: "claude-opus-4-7",
        name: "Claude Opus 4.7",
        card: card(5000, 25_000, 6250, 10_000, 500),
        adaptive: Adaptive::OptIn,
        disabled: Disabled::Accepted,
        system_messages: false,
        cache_minimum: 2048,
        tool_prompt: (675, 804),
        ..BEFORE
    },
    Row {
        id: "claude-sonnet-5-5",
        name: "Claude Sonnet 5.5",
        card: card(2000, 10_000, 2500, 4000, 100),
        adaptive: Adaptive::Default,
        disabled: Disabled::BetweenTools,
        tool_prompt: (354, 474),
        ..NEWEST
    },
    Row {
        id: "claude-sonnet-5",
        name: "Claude Sonnet 5",
        card: card(2000, 10_000, 2500, 4000, 200),
        adaptive: Adaptive::Default,
        disabled: Disabled::Accepted,
        system_messages: false,
        cache_minimum: 1024,
        tool_prompt: (354, 474),
        ..BEFORE
    },
    Row {
        id: "claude-haiku-5-5",
        name: "Claude Haiku 5.5",
        card: card(100, 500, 125, 200, 10),
        large: Some(card(500, 2500, 625, 1000, 50)),
        adaptive: Adaptive::Default,
        disabled: Disabled::Accepted,
        effort: Some("medium"),
        forced_tools: true,
        system_messages: false,
        sampling: Sampling::TemperatureOneOrTopP,
        tool_prompt: (496, 588),
        ..NEWEST
    },
    Row {
        id: "claude-haiku-4-5-20251001",
        name: "Claude Haiku 4.5",
        context: 200_000,
        max_output: 64_000,
        card: card(1000, 5000, 1250, 2000, 100),
        adaptive: Adaptive::No,
        disabled: Disabled::Accepted,
        manual: true,
        effort: None,
        system_messages: false,
        cache_minimum: 4096,
        prefill: true,
        sampling: Sampling::Any,
        tool_prompt: (496, 588),
        ..BEFORE
    },
];

/// Finds a model by id or alias.
pub(super) fn find(id: &str) -> Option<&'static Row> {
    let id = if id == "claude-haiku-4-5" { "claude-haiku-4-5-20251001" } else { id };
    ROWS.iter().find(|row| row.id == id)
}

impl Row {
    /// The prices for a prompt of this many tokens.
    pub fn card_for(&self, prompt_tokens: u64) -> Card {
        self.large.filter(|_| prompt_tokens > 100_000).unwrap_or(self.card)
    }

    /// This model as the Models API describes it.
    pub fn describe(&self) -> Value {
        let supported = |yes: bool| json!({ "supported": yes });
        let level = supported(self.effort.is_some());
        json!({
            "id": self.id, "type": "model", "display_name": self.name, "created_at": "2026-01-01T00:00:00Z",
            "max_input_tokens": self.context, "max_tokens": self.max_output,
            "capabilities": {
                "batch": supported(true), "citations": supported(true), "code_execution": supported(true),
                "image_input": supported(true), "pdf_input": supported(true), "structured_outputs": supported(true),
                "context_management": {"supported": true, "clear_thinking_20251015": supported(true),
                    "clear_tool_uses_20250919": supported(true), "compact_20260112": supported(true)},
                "effort": {"supported": self.effort.is_some(), "low": level, "medium": level, "high": level,
                    "xhigh": level, "max": level},
                "thinking": {"supported": true, "types": {"adaptive": supported(self.adaptive != Adaptive::No),
                    "enabled": supported(self.manual)}},
            },
        })
    }
}

/// A page of `GET /v1/models`.
pub(super) fn page(listed: &[Value], query: &str) -> Value {
    let pairs = || query.split('&').filter_map(|pair| pair.split_once('='));
    let value = |name: &str| pairs().find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value);
    let place = |id: &str| listed.iter().position(|model| model["id"] == id);
    let limit = value("limit").and_then(|n| n.parse().ok()).unwrap_or(20_usize).clamp(1, 1000);
    let rest = match (value("after_id").and_then(place), value("before_id").and_then(place)) {
        (Some(after), _) => &listed[after + 1..],
        (None, Some(before)) => &listed[..before],
        (None, None) => listed,
    };
    let shown = &rest[..limit.min(rest.len())];
    let id = |model: Option<&Value>| model.map(|model| model["id"].clone());
    json!({
        "data": shown,
        "has_more": shown.len() < rest.len(),
        "first_id": id(shown.first()),
        "last_id": id(shown.last()),
    })
}
