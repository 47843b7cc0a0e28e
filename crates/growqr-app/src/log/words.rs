//! What an event of a journal says, in plain words. Steps that only the program needs have none.

use crate::convert;
use crate::timeline::words::{one_line, tool_words};
use growqr_core::ask::SettledBy;
use growqr_core::attachment::Attachment;
use growqr_core::event::{
    AgentCreated, AskSettled, ChargeReserved, ChargeSettled, Counted, Ended, Event, ModelAnswered, ModelFailed, ReviewClosed,
    SessionDecided, TurnEnded,
};
use growqr_core::mail::{Ending, Mail, MailBody};
use growqr_core::model::{FailureKind, ModelCard};
use growqr_core::workbench::{SessionOutcome, SessionReply};
use growqr_wire::event::Ended as WireEnded;
use growqr_wire::{LogTone, usd};

/// The most characters of a text in a line.
const TEXT: usize = 300;

/// What happened, and how it is to be taken.
type Words = (String, LogTone);

/// The words and their tone; `None` for a step that says nothing to people. `name_of` names an agent by its id.
pub(super) fn words(event: &Event, agent: &str, name_of: impl Fn(&str) -> String) -> Option<Words> {
    Some(match event {
        Event::AgentCreated(body) => quiet(created(body)),
        Event::UserSaid(body) => quiet(format!("you wrote: {}", with_files(&body.text, &body.attachments))),
        Event::SaidAgain(body) => {
            quiet(format!("you wrote an earlier message anew: {}", with_files(&body.text, &body.attachments)))
        }
        Event::MessageWithdrawn(_) => quiet("you took back a message"),
        Event::MessageEdited(body) => quiet(format!("you changed a message: {}", quoted(&body.text))),
        Event::FreshRequested(_) => quiet("you asked for a fresh start"),
        Event::FreshStarted(_) => quiet("starts afresh; what was said before is no longer read"),
        Event::MailReceived(body) => return mail(&body.mail, &name_of),
        Event::SegmentStarted(body) => quiet(uses_model(&body.card)),
        Event::TurnStarted(body) => quiet(format!("begins turn {}", body.turn)),
        Event::TurnPaused(_) => warn("waits at a limit"),
        Event::TurnEnding(_) => quiet("waits until its sub-agents have stopped"),
        Event::TurnEnded(body) => ended(body, agent),
        Event::ModelRequested(body) if body.attempt > 1 => warn(format!("asks the model again (try {})", body.attempt)),
        Event::ModelRequested(_) => quiet("asks the model"),
        Event::ModelAnswered(body) => quiet(answered(body)),
        Event::ModelFailed(body) => model_failed(body),
        Event::ToolStarted(body) => quiet(lower(&tool_words(&body.name, &body.input).doing)),
        Event::ToolInterrupted(_) => warn("GrowQR stopped during a step; it looks up whether the step happened"),
        Event::ToolResumed(_) => quiet("carries out the step now"),
        Event::ToolFinished(body) if body.is_error => bad(format!("the step failed: {}", short(&body.content.plain()))),
        Event::CommitIntended(body) => good(format!("changes the page {}", body.plan.path)),
        Event::ReviewIntended(body) => good(format!("brings the approved change of {} into memory", body.plan.path)),
        Event::ReviewClosed(body) => review_closed(body),
        Event::ChildRequested(body) => return starts(&body.mail),
        Event::ScheduledWorkStarted(body) => return starts(&body.mail),
        Event::ChildTold(body) => return writes(&body.mail, &name_of),
        Event::ChildCancelled(body) => quiet(format!("stops {}", name_of(body.mail.to.as_str()))),
        Event::CancelRequested(body) => quiet(format!("is to stop{}", by_whom(body.by_person))),
        Event::FinishRequested(body) => quiet(format!("is to finish{}", by_whom(body.by_person))),
        Event::ChargeReserved(body) => quiet(pays(body)),
        Event::ChargeSettled(body) => quiet(paid(body)),
        Event::ChargeRefused(body) => warn(format!("no money is left for: {}", short(&body.purpose))),
        Event::AskRaised(body) => warn(format!("asks you: {}", quoted(&body.ask.text))),
        Event::AskSettled(body) if body.by == SettledBy::Withdrawn && body.answer.is_some() => quiet(withdrawn(body)),
        Event::AskSettled(body) if body.answer.is_some() => good("has your answer"),
        Event::AskSettled(_) => good("goes on without an answer"),
        Event::SessionIntended(_) => quiet("gives its task to the workbench"),
        Event::SessionStarted(_) => quiet("works in the workbench"),
        Event::SessionProgressed(body) if !body.steps.is_empty() => quiet(short(&body.steps.join("; "))),
        Event::SessionDecided(body) => quiet(decided(body)),
        Event::SessionEnded(body) => session_ended(&body.outcome),
        // These say nothing that another line does not say.
        Event::JournalNamed(_) | Event::ToolFinished(_) | Event::SessionProgressed(_) | Event::SessionReplied(_) => return None,
    })
}

/// Whether an event belongs to the channel of memory.
pub(super) fn is_about_memory(kind: &str) -> bool {
    matches!(kind, "commit_intended" | "review_intended" | "review_closed")
}

/// The text of a message, with the number of its files.
fn with_files(text: &str, files: &[Attachment]) -> String {
    match files.len() {
        0 => quoted(text),
        1 => format!("{} with a file", quoted(text)),
        count => format!("{} with {count} files", quoted(text)),
    }
}

fn created(body: &AgentCreated) -> String {
    body.birth.as_ref().map_or_else(|| "was started".to_owned(), |birth| format!("was started for: {}", short(&birth.task)))
}

fn uses_model(card: &ModelCard) -> String {
    let name = if card.name.is_empty() { &card.id } else { &card.name };
    format!("uses the model {}", short(name))
}

fn answered(body: &ModelAnswered) -> String {
    let cost = body.reply.cost.map_or_else(|| "cost unknown".to_owned(), |cost| usd(cost.0));
    format!("has an answer of the model ({cost}, {} tokens written)", body.reply.usage.output_tokens)
}

fn model_failed(body: &ModelFailed) -> Words {
    if body.failure.kind != FailureKind::Interrupted {
        return bad(format!("the model gave no answer: {}", short(&body.failure.message)));
    }
    let billed = if body.counted == Some(Counted::Nothing) { "" } else { "; it may have been billed" };
    warn(format!("the answer of the model was cut off{billed}"))
}

fn review_closed(body: &ReviewClosed) -> Words {
    match (&body.commit, &body.problem) {
        (_, Some(problem)) => bad(format!("the approved change could not be made: {}", short(problem))),
        (Some(_), None) => good("the approved change is in memory"),
        // An approval of a text that the page has already makes no commit either.
        (None, None) => quiet("the change is settled, and needed no commit"),
    }
}

fn starts(mail: &Mail) -> Option<Words> {
    let MailBody::Spawn(spawn) = &mail.body else { return None };
    let most = usd(spawn.allowance.0);
    Some(quiet(format!("starts {} with up to {most}: {}", short(&spawn.name), short(&spawn.task))))
}

fn writes(mail: &Mail, name_of: impl Fn(&str) -> String) -> Option<Words> {
    let MailBody::Say { text, .. } = &mail.body else { return None };
    Some(quiet(format!("writes to {}: {}", name_of(mail.to.as_str()), quoted(text))))
}

fn pays(body: &ChargeReserved) -> String {
    let price = body.reservation.map_or_else(|| "at an unknown price".to_owned(), |most| format!("for up to {}", usd(most.0)));
    format!("pays for: {}, {price}", short(&body.purpose))
}

fn paid(body: &ChargeSettled) -> String {
    let unknown = || "what it paid for has an unknown cost".to_owned();
    body.cost.map_or_else(unknown, |cost| format!("what it paid for has cost {}", usd(cost.0)))
}

fn decided(body: &SessionDecided) -> String {
    let how = match &body.reply {
        SessionReply::Once | SessionReply::Always => "is allowed",
        SessionReply::Reject { .. } => "is not allowed",
        SessionReply::Answer { .. } => "has its answer",
    };
    let about = format!("{} {}", body.what, body.argument.as_deref().unwrap_or_default());
    format!("{} {how}", short(&about))
}

fn session_ended(outcome: &SessionOutcome) -> Words {
    match outcome {
        SessionOutcome::Done => good("has finished in the workbench"),
        SessionOutcome::Failed { reason, .. } => bad(format!("failed in the workbench: {}", short(reason))),
        SessionOutcome::Limit => warn("stopped in the workbench at a limit of money"),
        SessionOutcome::Aborted => quiet("was stopped in the workbench"),
        SessionOutcome::Interrupted { .. } => warn("the workbench stopped while it worked"),
        SessionOutcome::Abandoned { .. } => bad("the workbench did not answer; it may still be at work there"),
    }
}

fn ended(body: &TurnEnded, agent: &str) -> Words {
    let ended: WireEnded = convert::same_json(&body.ended);
    let text = ended.ending_text(body.shortfall.as_ref().map(convert::same_json), agent);
    let tone = match body.ended {
        Ended::Done => LogTone::Good,
        Ended::Cancelled => LogTone::Quiet,
        Ended::Limit(_) => LogTone::Warn,
        _ => LogTone::Bad,
    };
    (text.map_or_else(|| format!("is done with turn {}", body.turn), |text| short(&text.title)), tone)
}

fn mail(mail: &Mail, name_of: impl Fn(&str) -> String) -> Option<Words> {
    let from = name_of(mail.from.as_str());
    Some(match &mail.body {
        MailBody::Say { text, .. } => (format!("{from} wrote: {}", quoted(text)), LogTone::Quiet),
        MailBody::Report(report) => {
            let (how, tone) = match report.ending {
                Ending::Done => ("is done", LogTone::Good),
                Ending::Failed => ("has failed", LogTone::Bad),
                Ending::Cancelled => ("was stopped", LogTone::Quiet),
                Ending::Limit => ("has reached a limit", LogTone::Warn),
            };
            (format!("{from} {how} ({}): {}", usd(report.spent.0), short(&report.text)), tone)
        }
        MailBody::AskRaised { text, .. } => (format!("{from} asks you: {}", quoted(text)), LogTone::Warn),
        MailBody::ChangeDecided(decided) => {
            let verdict = if decided.approved { "approved" } else { "rejected" };
            let by = if decided.remark_by.is_some() { " with a comment in Gitea" } else { "" };
            let remark = decided.remark.as_deref().map(|remark| format!("{by}: {}", quoted(remark))).unwrap_or_default();
            (format!("you {verdict} the change of {} by {}{remark}", decided.path, short(&decided.name)), LogTone::Quiet)
        }
        MailBody::Cancel | MailBody::Finish | MailBody::Spawn(_) | MailBody::AskSettled { .. } => return None,
    })
}

/// The words in the middle of a line.
fn lower(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

fn by_whom(is_person: bool) -> &'static str {
    if is_person { ", by you" } else { "" }
}

/// A question that nobody needs to answer any more, with the reason.
fn withdrawn(body: &AskSettled) -> String {
    let reason = body.answer.as_ref().and_then(|answer| answer.text.as_deref()).unwrap_or_default();
    format!("needs no answer any more: {}", short(reason))
}

fn short(text: &str) -> String {
    one_line(text, TEXT)
}

fn quoted(text: &str) -> String {
    // Only the outer quotes are the log's own.
    format!("“{}”", short(text).replace(['“', '”'], "\""))
}

fn quiet(text: impl Into<String>) -> Words {
    (text.into(), LogTone::Quiet)
}

fn good(text: impl Into<String>) -> Words {
    (text.into(), LogTone::Good)
}

fn warn(text: impl Into<String>) -> Words {
    (text.into(), LogTone::Warn)
}

fn bad(text: impl Into<String>) -> Words {
    (text.into(), LogTone::Bad)
}
