//! What an event of a journal says, in plain words. Steps that only the program needs have none.

use crate::convert;
use crate::timeline::words::{one_line, tool_words};
use growqr_core::event::{Counted, Ended, Event, TurnEnded};
use growqr_core::mail::{Ending, Mail, MailBody};
use growqr_core::model::FailureKind;
use growqr_core::workbench::{SessionOutcome, SessionReply};
use growqr_wire::event::Ended as WireEnded;
use growqr_wire::{LogTone, usd};

/// The most characters of a text in a line.
const TEXT: usize = 300;

/// The words and their tone; `None` for a step that says nothing to people. `name_of` names an agent by its id.
pub(super) fn words(event: &Event, agent: &str, name_of: impl Fn(&str) -> String) -> Option<(String, LogTone)> {
    use LogTone::{Bad, Good, Quiet, Warn};
    let quoted = |text: &str| format!("“{}”", one_line(text, TEXT));
    Some(match event {
        Event::AgentCreated(body) => match &body.birth {
            Some(birth) => (format!("was started for: {}", one_line(&birth.task, TEXT)), Quiet),
            None => ("was started".to_owned(), Quiet),
        },
        Event::UserSaid(body) => (format!("you wrote: {}", quoted(&body.text)), Quiet),
        Event::SaidAgain(body) => (format!("you wrote an earlier message anew: {}", quoted(&body.text)), Quiet),
        Event::FreshRequested(_) => ("you asked for a fresh start".to_owned(), Quiet),
        Event::FreshStarted(_) => ("starts afresh; what was said before is no longer read".to_owned(), Quiet),
        Event::MailReceived(body) => mail(&body.mail, &name_of)?,
        Event::SegmentStarted(body) => {
            let name = if body.card.name.is_empty() { &body.card.id } else { &body.card.name };
            (format!("uses the model {}", one_line(name, TEXT)), Quiet)
        }
        Event::TurnStarted(body) => (format!("begins turn {}", body.turn), Quiet),
        Event::ModelRequested(body) if body.attempt > 1 => (format!("asks the model again (try {})", body.attempt), Warn),
        Event::ModelRequested(_) => ("asks the model".to_owned(), Quiet),
        Event::ModelAnswered(body) => {
            let cost = body.reply.cost.map_or_else(|| "cost unknown".to_owned(), |cost| usd(cost.0));
            (format!("has an answer of the model ({cost}, {} tokens written)", body.reply.usage.output_tokens), Quiet)
        }
        Event::ModelFailed(body) if body.failure.kind == FailureKind::Interrupted => {
            let billed = if body.counted == Some(Counted::Nothing) { "" } else { "; it may have been billed" };
            (format!("the answer of the model was cut off{billed}"), Warn)
        }
        Event::ModelFailed(body) => (format!("the model gave no answer: {}", one_line(&body.failure.message, TEXT)), Bad),
        Event::ToolStarted(body) => (lower(&tool_words(&body.name, &body.input).doing), Quiet),
        Event::ToolInterrupted(_) => ("GrowQR stopped during a step; it looks up whether the step happened".to_owned(), Warn),
        Event::ToolResumed(_) => ("carries out the step now".to_owned(), Quiet),
        Event::CommitIntended(body) => (format!("changes the page {}", body.plan.path), Good),
        Event::ToolFinished(body) if body.is_error => {
            (format!("the step failed: {}", one_line(&body.content.plain(), TEXT)), Bad)
        }
        Event::ChildRequested(body) => match &body.mail.body {
            MailBody::Spawn(spawn) => (
                format!(
                    "starts {} with up to {}: {}",
                    one_line(&spawn.name, TEXT),
                    usd(spawn.allowance.0),
                    one_line(&spawn.task, TEXT)
                ),
                Quiet,
            ),
            _ => return None,
        },
        Event::ChildTold(body) => match &body.mail.body {
            MailBody::Say { text, .. } => (format!("writes to {}: {}", name_of(body.mail.to.as_str()), quoted(text)), Quiet),
            _ => return None,
        },
        Event::ChildCancelled(body) => (format!("stops {}", name_of(body.mail.to.as_str())), Quiet),
        Event::CancelRequested(body) => (format!("is to stop{}", if body.by_person { ", by you" } else { "" }), Quiet),
        Event::FinishRequested(body) => (format!("is to finish{}", if body.by_person { ", by you" } else { "" }), Quiet),
        Event::ChargeReserved(body) => {
            let price =
                body.reservation.map_or_else(|| "at an unknown price".to_owned(), |most| format!("for up to {}", usd(most.0)));
            (format!("pays for: {}, {price}", one_line(&body.purpose, TEXT)), Quiet)
        }
        Event::ChargeSettled(body) => (
            body.cost.map_or_else(
                || "what it paid for has an unknown cost".to_owned(),
                |cost| format!("what it paid for has cost {}", usd(cost.0)),
            ),
            Quiet,
        ),
        Event::ChargeRefused(body) => (format!("no money is left for: {}", one_line(&body.purpose, TEXT)), Warn),
        Event::SessionIntended(_) => ("gives its task to the workbench".to_owned(), Quiet),
        Event::SessionStarted(_) => ("works in the workbench".to_owned(), Quiet),
        Event::SessionProgressed(body) if !body.steps.is_empty() => (one_line(&body.steps.join("; "), TEXT), Quiet),
        Event::SessionDecided(body) => {
            let how = match &body.reply {
                SessionReply::Once | SessionReply::Always => "is allowed",
                SessionReply::Reject { .. } => "is not allowed",
                SessionReply::Answer { .. } => "has its answer",
            };
            let about = one_line(&format!("{} {}", body.what, body.argument.as_deref().unwrap_or_default()), TEXT);
            (format!("{about} {how}"), Quiet)
        }
        Event::SessionEnded(body) => match &body.outcome {
            SessionOutcome::Done => ("has finished in the workbench".to_owned(), Good),
            SessionOutcome::Failed { reason, .. } => (format!("failed in the workbench: {}", one_line(reason, TEXT)), Bad),
            SessionOutcome::Limit => ("stopped in the workbench at a limit of money".to_owned(), Warn),
            SessionOutcome::Aborted => ("was stopped in the workbench".to_owned(), Quiet),
            SessionOutcome::Interrupted { .. } => ("the workbench stopped while it worked".to_owned(), Warn),
            SessionOutcome::Abandoned { .. } => ("the workbench did not answer; it may still be at work there".to_owned(), Bad),
        },
        Event::AskRaised(body) => (format!("asks you: {}", quoted(&body.ask.text)), Warn),
        Event::AskSettled(body) => {
            let has_answer = body.answer.is_some();
            (if has_answer { "has your answer" } else { "goes on without an answer" }.to_owned(), Good)
        }
        Event::ReviewIntended(body) => (format!("brings the approved change of {} into memory", body.plan.path), Good),
        Event::ReviewClosed(body) => match (&body.commit, &body.problem) {
            (_, Some(problem)) => (format!("the approved change could not be made: {}", one_line(problem, TEXT)), Bad),
            (Some(_), None) => ("the approved change is in memory".to_owned(), Good),
            (None, None) => ("the change is dropped".to_owned(), Quiet),
        },
        Event::TurnPaused(_) => ("waits at a limit".to_owned(), Warn),
        Event::MessageWithdrawn(_) => ("you took back a message".to_owned(), Quiet),
        Event::MessageEdited(body) => (format!("you changed a message: {}", quoted(&body.text)), Quiet),
        Event::TurnEnding(_) => ("waits until its sub-agents have stopped".to_owned(), Quiet),
        Event::TurnEnded(body) => ended(body, agent),
        // These say nothing that another line does not say.
        Event::JournalNamed(_) | Event::ToolFinished(_) | Event::SessionProgressed(_) | Event::SessionReplied(_) => return None,
    })
}

/// Whether an event belongs to the channel of memory.
pub(super) fn is_about_memory(kind: &str) -> bool {
    matches!(kind, "commit_intended" | "review_intended" | "review_closed")
}

fn ended(body: &TurnEnded, agent: &str) -> (String, LogTone) {
    let ended: WireEnded = convert::same_json(&body.ended);
    let text = ended.ending_text(body.shortfall.as_ref().map(convert::same_json), agent);
    let tone = match body.ended {
        Ended::Done => LogTone::Good,
        Ended::Cancelled => LogTone::Quiet,
        Ended::Limit(_) => LogTone::Warn,
        _ => LogTone::Bad,
    };
    (text.map_or_else(|| format!("is done with turn {}", body.turn), |text| one_line(&text.title, TEXT)), tone)
}

fn mail(mail: &Mail, name_of: impl Fn(&str) -> String) -> Option<(String, LogTone)> {
    let from = name_of(mail.from.as_str());
    Some(match &mail.body {
        MailBody::Say { text, .. } => (format!("{from} wrote: “{}”", one_line(text, TEXT)), LogTone::Quiet),
        MailBody::Report(report) => {
            let (how, tone) = match report.ending {
                Ending::Done => ("is done", LogTone::Good),
                Ending::Failed => ("has failed", LogTone::Bad),
                Ending::Cancelled => ("was stopped", LogTone::Quiet),
                Ending::Limit => ("has reached a limit", LogTone::Warn),
            };
            (format!("{from} {how} ({}): {}", usd(report.spent.0), one_line(&report.text, TEXT)), tone)
        }
        MailBody::AskRaised { text, .. } => (format!("{from} asks you: “{}”", one_line(text, TEXT)), LogTone::Warn),
        MailBody::Cancel | MailBody::Finish | MailBody::Spawn(_) | MailBody::AskSettled { .. } => return None,
    })
}

/// The words in the middle of a line.
fn lower(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}
