//! The texts for how a turn ended. No other place contains such texts.
//!
//! The texts are a table with placeholders. [`Ended::ending_text`] fills them in for terminals; the window gets the same
//! table in its generated TypeScript and fills it in with its own formats of money and settings.
//!
//! Placeholders: `{reason}`, the text of the model or provider; `{needed}` and `{available}`, amounts of money;
//! `{agent}`, the id to name in a command.

use super::ended::{Ended, LimitReached, Shortfall};
use super::model::FailureKind;
use crate::money::usd;
use serde::Serialize;
use std::collections::BTreeMap;
use ts_rs::TS;

/// How prominently an ending is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "EndingTone")]
pub enum Tone {
    /// The person caused it, so it needs no attention.
    Quiet,
    /// The agent waits for the person.
    Warn,
    /// Something does not work.
    Bad,
}

/// The texts for one ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(rename = "EndingWording")]
pub struct Wording {
    /// What happened.
    pub title: &'static str,
    /// Replaces the title if the amounts are known.
    pub shortfall: Option<&'static str>,
    /// The next step in the window.
    pub in_window: Option<&'static str>,
    /// The next step on the command line.
    pub on_command_line: Option<&'static str>,
    /// How prominently it is shown.
    pub tone: Tone,
    /// Whether the agent can be resumed.
    pub resumable: bool,
    /// Whether the next step is in the settings.
    pub settings: bool,
}

/// The texts for all endings but `done`, which has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Endings {
    /// See [`Ended::Cancelled`].
    pub cancelled: Wording,
    /// See [`Ended::Cut`].
    pub cut: Wording,
    /// See [`Ended::Refused`].
    pub refused: Wording,
    /// See [`Ended::Silent`].
    pub silent: Wording,
    /// See [`Ended::Unknown`].
    pub unknown: Wording,
    /// See [`Ended::Limit`].
    #[ts(type = "Record<LimitReached, EndingWording>")]
    pub limit: BTreeMap<LimitReached, Wording>,
    /// See [`Ended::Failed`].
    #[ts(type = "Record<FailureKind, EndingWording>")]
    pub failed: BTreeMap<FailureKind, Wording>,
    /// A limit of a later build.
    pub other_limit: Wording,
    /// A failure of a later build.
    pub other_failure: Wording,
}

impl Endings {
    /// The table.
    #[must_use]
    pub fn table() -> Endings {
        Endings {
            cancelled: CANCELLED,
            cut: CUT,
            refused: REFUSED,
            silent: SILENT,
            unknown: UNKNOWN,
            limit: LimitReached::ALL.iter().map(|reached| (*reached, limit(*reached))).collect(),
            failed: FailureKind::ALL.iter().map(|kind| (*kind, failure(*kind))).collect(),
            other_limit: LIMIT,
            other_failure: FAILURE,
        }
    }
}

/// How a turn ended, for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingText {
    /// What happened.
    pub title: String,
    /// What to do next.
    pub next_step: Option<String>,
    /// Whether the agent paused because of a limit.
    pub is_paused: bool,
}

impl EndingText {
    /// All of it as one text: `paused: …`, the title, the next step.
    #[must_use]
    pub fn text(&self) -> String {
        let paused = if self.is_paused { "paused: " } else { "" };
        let next_step = self.next_step.as_deref().unwrap_or_default();
        format!("{paused}{} {next_step}", self.title).trim_end().to_owned()
    }
}

impl Ended {
    /// The text of the ending, with commands for this agent. `None` if the turn ended normally.
    #[must_use]
    pub fn ending_text(&self, shortfall: Option<Shortfall>, agent: &str) -> Option<EndingText> {
        let wording = self.wording()?;
        let reason = match self {
            Ended::Refused(reason) | Ended::Unknown(reason) => reason,
            Ended::Failed(failure) => &failure.message,
            Ended::Done | Ended::Cancelled | Ended::Cut | Ended::Silent | Ended::Limit(_) => "",
        };
        let amounts = shortfall.and_then(|amounts| wording.shortfall.map(|text| (text, amounts)));
        let title = match amounts {
            Some((text, Shortfall { needed, available })) => {
                text.replace("{needed}", &usd(needed)).replace("{available}", &usd(available))
            }
            None => sentence(&wording.title.replace("{reason}", reason)),
        };
        let next_step = wording.on_command_line.map(|text| text.replace("{agent}", agent));
        Some(EndingText { title, next_step, is_paused: matches!(self, Ended::Limit(_)) })
    }

    fn wording(&self) -> Option<Wording> {
        Some(match self {
            Ended::Done => return None,
            Ended::Cancelled => CANCELLED,
            Ended::Cut => CUT,
            Ended::Refused(_) => REFUSED,
            Ended::Silent => SILENT,
            Ended::Limit(reached) => limit(*reached),
            Ended::Failed(failed) => failure(failed.kind),
            Ended::Unknown(_) => UNKNOWN,
        })
    }
}

/// Adds a full stop if there is none: the text of a provider may lack it.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.trim_end_matches(')').ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

const fn ending(tone: Tone, title: &'static str) -> Wording {
    Wording { title, shortfall: None, in_window: None, on_command_line: None, tone, resumable: true, settings: false }
}

impl Wording {
    const fn next(self, in_window: &'static str, on_command_line: &'static str) -> Wording {
        Wording { in_window: Some(in_window), on_command_line: Some(on_command_line), ..self }
    }

    const fn short_of_money(self, text: &'static str) -> Wording {
        Wording { shortfall: Some(text), ..self }
    }

    const fn in_settings(self) -> Wording {
        Wording { settings: true, ..self }
    }
}

const CANCELLED: Wording = ending(Tone::Quiet, "Stopped. What was done so far is kept.");

const CUT: Wording = ending(Tone::Warn, "The answer was cut off at its length limit.")
    .next("Resume to get the rest.", "Get the rest with: growqr agents resume {agent}");

const SILENT: Wording = ending(Tone::Warn, "The model gave an empty answer twice.")
    .next("Rephrase your message, or resume.", "Rephrase your message, or ask again with: growqr agents resume {agent}");

const REFUSED: Wording = Wording {
    resumable: false,
    ..ending(Tone::Warn, "The model declined to answer. {reason}").next("Rephrase your message.", "Rephrase your message.")
};

const UNKNOWN: Wording = ending(Tone::Warn, "The model stopped for a reason this version does not know: {reason}")
    .next("Resume, or send your message again.", "Send your message again, or: growqr agents resume {agent}");

const LIMIT: Wording = ending(Tone::Warn, "A limit was reached.").next("See Settings.", "See: growqr config get");

const FAILURE: Wording = ending(Tone::Bad, "{reason}")
    .next("Nothing is lost. Resume to try again.", "Your message is kept. Try again later: growqr agents resume {agent}");

fn limit(reached: LimitReached) -> Wording {
    let limit = |title| ending(Tone::Warn, title);
    match reached {
        LimitReached::PerMessage => limit("The budget for one message is used up.")
            .short_of_money("The next step can cost up to {needed}, but only {available} is left of the budget for one message.")
            .next(
                "Raise it in Settings, or resume with a new budget.",
                "Raise it with: growqr budget set --per-message USD, or resume with a new budget: growqr agents resume {agent}",
            )
            .in_settings(),
        LimitReached::PerDay => limit("Today's budget is used up.")
            .short_of_money("The next step can cost up to {needed}, but only {available} is left of today's budget.")
            .next(
                "Raise it in Settings, or wait until tomorrow (UTC).",
                "Raise it with: growqr budget set --per-day USD, or wait until tomorrow (UTC).",
            )
            .in_settings(),
        LimitReached::PerMonth => limit("This month's budget is used up.")
            .short_of_money("The next step can cost up to {needed}, but only {available} is left of this month's budget.")
            .next("Raise it in Settings.", "Raise it with: growqr budget set --per-month USD")
            .in_settings(),
        LimitReached::Allowance => limit("This sub-agent has used up its allowance.")
            .short_of_money("The next step can cost up to {needed}, but only {available} is left of its allowance.")
            .next("Resume to give it a new one.", "Give it a new one with: growqr agents resume {agent}"),
        LimitReached::Calls => limit("The limit of model calls for one message is reached.")
            .next("Resume if the agent was making progress.", "If the agent was making progress: growqr agents resume {agent}"),
        LimitReached::TreeTokens => limit("The limit of tokens of all agents for one message is reached.")
            .next(
                "Raise it in Settings, or resume to allow as many again.",
                "Raise it with: growqr budget set --unpriced-tokens COUNT, or allow as many again: growqr agents resume {agent}",
            )
            .in_settings(),
        LimitReached::TreeCalls => limit("The limit of model calls of all agents for one message is reached.")
            .next(
                "Raise it in Settings, or resume to allow as many again.",
                "Raise it with: growqr budget set --unpriced-calls COUNT, or allow as many again: growqr agents resume {agent}",
            )
            .in_settings(),
    }
}

fn failure(kind: FailureKind) -> Wording {
    match kind {
        FailureKind::Key => FAILURE
            .next(
                "Check the key in Settings.",
                "See the keys in use: growqr keys list. Your message is kept; then: growqr agents resume {agent}",
            )
            .in_settings(),
        FailureKind::NoCredit => FAILURE.next(
            "Add credit at the provider, then resume.",
            "Add credit in the provider's console. Your message is kept; then: growqr agents resume {agent}",
        ),
        FailureKind::UnknownModel => FAILURE
            .next("Choose another model in Settings.", "Choose another model: growqr config set model claude-opus-5-5")
            .in_settings(),
        FailureKind::Offline => FAILURE.next(
            "Your message is saved. Resume to send it once the connection is back.",
            "Your message is kept. When the connection works again: growqr agents resume {agent}",
        ),
        FailureKind::Busy => {
            FAILURE.next("Wait a moment, then resume.", "Your message is kept. Wait a moment, then: growqr agents resume {agent}")
        }
        FailureKind::PromptTooLong | FailureKind::TooLarge => FAILURE
            .next("Send a shorter message.", "Send a shorter message. The earlier conversation is then sent in shortened form."),
        FailureKind::PastRefused => {
            let again = "Send your message again. The earlier conversation is then sent in shortened form.";
            FAILURE.next(again, again)
        }
        // The same request would be refused again.
        FailureKind::Rejected => FAILURE.next(
            "Nothing is lost. Remove the cause or choose another model, then resume.",
            "Your message is kept. Remove the cause or choose another model (growqr models); then: growqr agents resume {agent}",
        ),
        FailureKind::Unavailable | FailureKind::Broken | FailureKind::Aborted | FailureKind::Interrupted => FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Failure;

    fn failed(kind: FailureKind, message: &str) -> Ended {
        Ended::Failed(Failure { kind, message: message.to_owned(), request_id: None })
    }

    fn all() -> Vec<Ended> {
        let mut all = vec![Ended::Cancelled, Ended::Cut, Ended::Silent];
        all.extend(["", "It is against the rules"].map(|reason| Ended::Refused(reason.to_owned())));
        all.push(Ended::Unknown("dreaming".to_owned()));
        all.extend(LimitReached::ALL.iter().map(|reached| Ended::Limit(*reached)));
        all.extend(FailureKind::ALL.iter().map(|kind| failed(*kind, "It failed")));
        all
    }

    #[test]
    fn a_turn_that_ended_normally_has_no_text() {
        assert_eq!(Ended::Done.ending_text(None, "grow"), None);
    }

    #[test]
    fn every_other_ending_is_a_sentence_with_a_next_step() {
        for ended in all() {
            let ending = ended.ending_text(None, "grow").unwrap();
            assert!(ending.title.ends_with('.') && !ending.title.contains(['{', '}']), "{ending:?}");
            assert!(ending.next_step.is_some() || ended == Ended::Cancelled, "{ending:?}");
            assert!(!ending.text().contains(['{', '}']), "{ending:?}");
            let wording = ended.wording().unwrap();
            assert!(wording.resumable || wording.in_window.is_some(), "{wording:?}");
        }
    }

    #[test]
    fn a_limit_pauses_the_agent() {
        for ended in all() {
            let is_limit = matches!(ended, Ended::Limit(_));
            assert_eq!(ended.ending_text(None, "grow").unwrap().text().starts_with("paused: "), is_limit, "{ended:?}");
        }
    }

    #[test]
    fn a_budget_that_is_too_small_for_the_next_step_is_shown_with_both_amounts() {
        let shortfall = Shortfall { needed: 63_000_000, available: 20_000_000 };
        let text = Ended::Limit(LimitReached::PerDay).ending_text(Some(shortfall), "grow").unwrap().text();
        assert!(text.contains("can cost up to $0.63, but only $0.20 is left of today's budget."), "{text}");
    }

    #[test]
    fn the_command_names_the_agent() {
        let text = failed(FailureKind::Offline, "No connection").ending_text(None, "a-7").unwrap().text();
        assert_eq!(text, "No connection. Your message is kept. When the connection works again: growqr agents resume a-7");
    }

    #[test]
    fn the_next_step_fits_the_cause() {
        let text = |kind, message: &str| failed(kind, message).ending_text(None, "grow").unwrap().text();
        let key = text(FailureKind::Key, "No key (The address in use is http://127.0.0.1:8080/v1.)");
        assert!(key.contains("/v1.) See the keys") && !key.contains("ANTHROPIC"), "one full stop, and no provider: {key}");
        assert!(text(FailureKind::Rejected, "HTTP 404").contains("choose another model (growqr models)"));
    }
}
