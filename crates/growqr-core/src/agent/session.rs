//! Decides for an agent whose mind is a session of the workbench: when it is prompted, what happens to its requests, and how its
//! turn goes on when the session ends.
//!
//! A prompt takes all that is pending, as a request to a model does. What arrives while the session works stays pending and is
//! the next prompt of the same session. Model calls of the session are charges.

use super::asks::option_ids;
use super::draft::Draft;
use super::open_session::OpenRequest;
use super::session_state::{MAX_FILES, MAX_STEPS};
use super::state::State;
use crate::ask::{ALLOW, Ask, AskDetail, AskKind, AskOption, AskReason, AskScope, DENY};
use crate::budget::MIN_ALLOWANCE;
use crate::event::{Ended, SessionDecided, SessionEnded, SessionIntended, SessionProgressed, SessionReplied, SessionStarted};
use crate::id::{AskId, EffectId, EffectSalt, EffectScope, RequestId, prompt_id};
use crate::limits::{LimitReached, Shortfall};
use crate::model::{Failure, FailureKind};
use crate::raw::RawJson;
use crate::rules::{ArgumentField, ArgumentKind, CallFacts, Decision, Reach};
use crate::workbench::{
    Mind, Permission, SOURCE, SessionEnd, SessionNews, SessionOutcome, SessionQuestion, SessionReply, SessionRequest, Wanted,
};
use serde_json::json;
use std::collections::BTreeSet;

/// The most bytes of the texts that one event of a session records.
const MAX_WORDS: usize = 200_000;
const MAX_STEP: usize = 300;
const MAX_REASON: usize = 2_000;
const MAX_PATH: usize = 1_000;

/// The most steps of one event, and the most things that may have happened.
const STEPS_AT_ONCE: usize = 20;
const MAX_IN_DOUBT: usize = 20;

/// The most bytes of each text of a permission in its ask, and the most patterns.
const SHOWN_TEXT: usize = 4_000;
const SHOWN_PATTERNS: usize = 20;

/// The most characters of an option that a session offers, and the most options.
const MAX_OPTION: usize = 200;
const MAX_OPTIONS: usize = 12;

/// With this many requests without a reply, a session can ask nothing more.
const MAX_REQUESTS: usize = 100;

const RESUMED: &str =
    "(The workbench stopped while you worked, and nothing was under way. Look at what is there, then continue.)";
const GO_ON: &str = "(Continue where you stopped.)";

impl Draft<'_> {
    /// Sends the session what is pending; at a limit, pauses or ends the turn.
    pub(super) fn prompt_session(&mut self) {
        self.prompt_session_with(false);
    }

    fn prompt_session_with(&mut self, resumes: bool) {
        if self.state.finishing.is_some() && !self.state.has_message_after_finish() {
            return self.end_turn(Ended::Done);
        }
        if let Err(limit) = self.affordable_session() {
            return self.at_limit(limit);
        }
        let mut texts: Vec<String> = if resumes { vec![RESUMED.to_owned()] } else { Vec::new() };
        texts.extend(self.state.pending_text(None));
        if texts.is_empty() {
            texts.push(GO_ON.to_owned());
        }
        let salt = EffectSalt::random(self.now.random);
        let effect = EffectScope { salt: Some(&salt), ..self.state.scope(self.state.id.as_str()) }.effect(self.state.ordinal);
        self.push(SessionIntended {
            title: self.state.id.as_str().to_owned(),
            message: prompt_id(&effect),
            effect,
            prompt: texts.join("\n\n").into(),
            salt,
            resumes,
        });
    }

    /// Whether there is money for another prompt. Each model call of the session is reserved on its own.
    pub(super) fn affordable_session(&self) -> Result<(), LimitReached> {
        let state = &self.state;
        let (available, limit) = state.budget.available(&state.limits, self.now.at);
        let limit = state.limit_of_last_message.unwrap_or(limit);
        if available < self.needed_for_session() {
            return Err(limit);
        }
        let left = state.quota.left(state.limits.tree());
        match state.session.refused.map(|refused| refused.limit) {
            Some(LimitReached::TreeCalls) if left.calls == 0 => Err(LimitReached::TreeCalls),
            Some(LimitReached::TreeTokens) if left.tokens == 0 => Err(LimitReached::TreeTokens),
            _ => Ok(()),
        }
    }

    fn needed_for_session(&self) -> crate::money::Money {
        let refused = self.state.session.refused.and_then(|refused| refused.needed);
        refused.unwrap_or_default().max(MIN_ALLOWANCE)
    }

    /// The money that the session needs and does not have.
    pub(super) fn session_shortfall(&self) -> Option<Shortfall> {
        let (available, _) = self.state.budget.available(&self.state.limits, self.now.at);
        let needed = self.needed_for_session();
        (needed > available).then_some(Shortfall { needed, available })
    }

    /// Records news of the session; news of another prompt changes nothing.
    pub(super) fn on_session_news(&mut self, effect: &EffectId, news: SessionNews) {
        let Some(open) = self.state.open_prompt().filter(|open| open.effect == *effect) else { return };
        let steps = open.steps;
        let effect = effect.clone();
        match news {
            SessionNews::Started { session } if self.state.session() != Some(&session) => {
                // The requests of a session that is gone are gone with it.
                self.withdraw_session_asks();
                self.push(SessionStarted { effect, session });
            }
            SessionNews::Started { .. } => {}
            SessionNews::Asked(_) if self.state.stops_session() => {}
            SessionNews::Asked(requests) => requests.into_iter().for_each(|request| self.on_request(&effect, request)),
            SessionNews::Withdrawn(request) => self.on_request_gone(effect, request),
            SessionNews::Progressed { steps: texts } => {
                let room = usize::try_from(MAX_STEPS.saturating_sub(steps)).unwrap_or(usize::MAX).min(STEPS_AT_ONCE);
                let steps: Vec<String> = texts.iter().take(room).map(|text| one_line(text, MAX_STEP)).collect();
                if !steps.is_empty() {
                    self.push(SessionProgressed { effect, steps });
                }
            }
            SessionNews::Ended(end) => self.on_session_ended(effect, end),
        }
    }

    /// Records that a reply has reached the session, or that the session no longer waited for it.
    pub(super) fn on_session_replied(&mut self, effect: &EffectId, request: &RequestId, was_gone: bool) {
        let is_open = self.state.open_prompt().is_some_and(|open| open.effect == *effect);
        let Some(OpenRequest { what, reply: Some(reply), .. }) = self.state.session_request(request).filter(|_| is_open) else {
            return;
        };
        let is_allowed = matches!(reply, SessionReply::Once | SessionReply::Always);
        let reads_web = matches!(what.as_deref(), Some("webfetch" | "websearch"));
        let source = (is_allowed && reads_web && !was_gone).then(|| SOURCE.to_owned());
        self.push(SessionReplied { effect: effect.clone(), request: request.clone(), was_gone, source });
    }

    fn on_request_gone(&mut self, effect: EffectId, request: RequestId) {
        match self.state.session_request(&request) {
            // The reply that is under way may be the reason that it is gone.
            Some(OpenRequest { reply: Some(_), .. }) => self.on_session_replied(&effect, &request, false),
            Some(_) => self.withdraw_asks_of(|of| *of == request),
            None => {}
        }
    }

    fn on_request(&mut self, effect: &EffectId, request: SessionRequest) {
        let Some(open) = self.state.open_prompt() else { return };
        if open.requests.iter().any(|known| known.id == request.id) {
            return;
        }
        let has_room = open.requests.len() < MAX_REQUESTS;
        match request.wanted {
            Wanted::Permission(permission) => {
                let decided = self.session_permission(&permission);
                let (rule, reply) = match decided {
                    _ if !has_room => (None, reject("too many questions wait for the person; do without this".to_owned())),
                    SessionPermission::Granted { line } => (Some(line), SessionReply::Once),
                    SessionPermission::Refused { line } => {
                        let message = format!("a rule of the person refuses this ({line}); do not try it in another way");
                        (Some(line), reject(message))
                    }
                    SessionPermission::Needed { why } => {
                        return self.ask_for_session(effect, request.id, request.session, permission, why);
                    }
                };
                let shown = permission.command.as_ref().or(permission.path.as_ref()).or(permission.url.as_ref());
                let argument = shown.map(|text| beginning(text, MAX_PATH).to_owned());
                self.push(SessionDecided {
                    effect: effect.clone(),
                    request: request.id,
                    session: request.session,
                    what: one_line(&permission.what, MAX_OPTION),
                    argument,
                    rule,
                    reply,
                });
            }
            Wanted::Answers(_) if !has_room => self.push(SessionDecided {
                effect: effect.clone(),
                request: request.id,
                session: request.session,
                what: "question".to_owned(),
                argument: None,
                rule: None,
                reply: SessionReply::Answer { text: "Too many questions wait for the person: decide yourself.".to_owned() },
            }),
            Wanted::Answers(questions) => {
                let (text, labels) = question_text(&questions);
                let ids = option_ids(&labels);
                let options = ids.into_iter().zip(labels).map(|(id, label)| AskOption { id, label }).collect();
                let detail = AskDetail::Session {
                    effect: effect.clone(),
                    request: request.id.clone(),
                    session: request.session,
                    permission: None,
                    cut: 0,
                    why: None,
                };
                let (kind, scopes) = (AskKind::Question, Vec::new());
                self.raise_for_session(&request.id, kind, text, detail, options, scopes);
            }
        }
    }

    fn ask_for_session(
        &mut self,
        effect: &EffectId,
        request: RequestId,
        session: crate::id::SessionId,
        permission: Permission,
        why: AskReason,
    ) {
        let (agent, what) = (self.state.title(), one_line(&permission.what, MAX_OPTION));
        let text = match &why {
            AskReason::Untrusted(sources) => {
                format!("{agent} wants to use {what} in the workbench, after it has read text from {}.", sources.join(", "))
            }
            AskReason::Rule(_) | AskReason::Repeated(_) => format!("{agent} wants to use {what} in the workbench."),
        };
        let scopes = if permission.always.is_empty() { vec![AskScope::Once] } else { vec![AskScope::Once, AskScope::Agent] };
        let (shown, cut) = shown_permission(permission);
        let id = request.clone();
        let detail = AskDetail::Session {
            effect: effect.clone(),
            request,
            session,
            permission: Some(Box::new(shown)),
            cut,
            why: Some(why),
        };
        let option = |id: &str, label: &str| AskOption { id: id.to_owned(), label: label.to_owned() };
        let options = vec![option(ALLOW, "Allow"), option(DENY, "Do not allow")];
        self.raise_for_session(&id, AskKind::Permission, text, detail, options, scopes);
    }

    fn raise_for_session(
        &mut self,
        request: &RequestId,
        kind: AskKind,
        text: String,
        detail: AskDetail,
        options: Vec<AskOption>,
        scopes: Vec<AskScope>,
    ) {
        // A request that was withdrawn may come again: its ask has another id then.
        let place = format!("{}/session/{request}", self.state.id);
        let id = AskId::new(format!("ask-{}", self.state.scope(&place).effect(self.state.seq.next().0)));
        self.raise(Ask { id, kind, text, detail: Some(detail), options, scopes, deadline: None, default: None });
    }

    /// Decides whether the session may do this. What the session writes decides nothing here: it is only compared.
    fn session_permission(&self, permission: &Permission) -> SessionPermission {
        let tool = workbench_tool(&permission.what);
        let (field, input) = argument_of(permission);
        let facts = CallFacts::new(&tool, field.as_ref(), &input, &self.state.id, self.state.depth());
        let decided = self.setup.rules.decide(&facts);
        let line = decided.line.rule.to_string();
        let is_risky = decided.is_risky && self.setup.asks_after_untrusted_text && !self.state.untrusted.is_empty();
        match decided.line.rule.decision {
            Decision::Deny => SessionPermission::Refused { line },
            Decision::Ask => SessionPermission::Needed { why: AskReason::Rule(line) },
            Decision::Allow if is_risky => SessionPermission::Needed { why: AskReason::Untrusted(self.state.untrusted()) },
            Decision::Allow => SessionPermission::Granted { line },
        }
    }

    /// Settles the permissions of the session that a rule decides now.
    pub(super) fn on_rules_changed_for_session(&mut self) {
        let open: Vec<Ask> = self.state.open_asks.values().cloned().collect();
        for ask in open {
            let Some(AskDetail::Session { permission: Some(permission), cut: 0, why: Some(AskReason::Rule(_)), .. }) =
                &ask.detail
            else {
                continue;
            };
            match self.session_permission(permission) {
                SessionPermission::Granted { line } => self.settle_by_rule(&ask, ALLOW, line),
                SessionPermission::Refused { line } => self.settle_by_rule(&ask, DENY, line),
                SessionPermission::Needed { .. } => {}
            }
        }
    }

    fn withdraw_session_asks(&mut self) {
        self.withdraw_asks_of(|_| true);
    }

    fn withdraw_asks_of(&mut self, is_meant: impl Fn(&RequestId) -> bool) {
        let of_session = |ask: &&Ask| matches!(&ask.detail, Some(AskDetail::Session { request, .. }) if is_meant(request));
        let asks: Vec<AskId> = self.state.open_asks.values().filter(of_session).map(|ask| ask.id.clone()).collect();
        asks.into_iter().for_each(|ask| self.withdraw_ask(ask));
    }

    /// The session has ended with the prompt: it is prompted again, or the turn pauses or ends.
    fn on_session_ended(&mut self, effect: EffectId, end: SessionEnd) {
        let SessionEnd { words, files, tokens, outcome } = end;
        self.withdraw_session_asks();
        let more_files = files.len().saturating_sub(MAX_FILES) as u64;
        let mut files = files;
        files.truncate(MAX_FILES);
        files.iter_mut().for_each(|file| file.path = one_line(&file.path, MAX_PATH));
        let outcome = bounded(outcome);
        let words = with_note(&words, MAX_WORDS);
        let source = SOURCE.to_owned();
        self.push(SessionEnded { effect, words, files, more_files, tokens, outcome: outcome.clone(), source });
        if self.state.cancelling {
            if self.state.message_since_cancel {
                return self.prompt_session();
            }
            return self.end_turn_after_children(Ended::Cancelled);
        }
        if self.state.finishing.is_some() {
            return self.prompt_session();
        }
        let refused = self.state.session.refused.map(|refused| refused.limit);
        match outcome {
            SessionOutcome::Done if self.state.has_news() => self.prompt_session(),
            SessionOutcome::Done => self.end_turn(Ended::Done),
            SessionOutcome::Limit => {
                let (_, limit) = self.state.budget.available(&self.state.limits, self.now.at);
                self.at_limit(refused.unwrap_or(limit));
            }
            outcome => match refused {
                Some(limit) => self.at_limit(limit),
                None => self.after_broken_session(outcome),
            },
        }
    }

    fn after_broken_session(&mut self, outcome: SessionOutcome) {
        let failed = |kind, message| Ended::Failed(Failure { kind, message, request_id: None });
        let ended = match outcome {
            SessionOutcome::Interrupted { in_doubt } if in_doubt.is_empty() && !self.state.session.was_resumed => {
                return self.prompt_session_with(true);
            }
            SessionOutcome::Interrupted { in_doubt } if in_doubt.is_empty() => {
                let message = "the workbench stopped again while the session was at work";
                failed(FailureKind::Interrupted, message.to_owned())
            }
            SessionOutcome::Interrupted { in_doubt } => failed(
                FailureKind::Interrupted,
                format!(
                    "the workbench stopped while this was under way; it may have happened, in part or whole, so check before \
                     it is done again: {}",
                    in_doubt.join("; ")
                ),
            ),
            SessionOutcome::Failed { reason, retryable } => {
                failed(if retryable { FailureKind::Unavailable } else { FailureKind::Rejected }, reason)
            }
            SessionOutcome::Abandoned { reason } => failed(FailureKind::Unavailable, reason),
            SessionOutcome::Aborted => Ended::Unknown("the session was stopped in the workbench, not by GrowQR".to_owned()),
            SessionOutcome::Done | SessionOutcome::Limit => return,
        };
        self.end_turn(ended);
    }
}

/// What happens to a permission that a session asks for.
enum SessionPermission {
    Granted { line: String },
    Refused { line: String },
    Needed { why: AskReason },
}

fn reject(message: String) -> SessionReply {
    SessionReply::Reject { message }
}

/// The name of a permission in rules.
fn workbench_tool(what: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '_' };
    let name: String = what.chars().take(50).map(clean).collect();
    format!("{SOURCE}_{name}")
}

/// The argument of a permission, as rules compare it.
fn argument_of(permission: &Permission) -> (Option<ArgumentField>, RawJson) {
    let field = |kind, name: &str| Some(ArgumentField { kind, reach: Reach::One(name.to_owned()) });
    let Permission { command, path, url, .. } = permission;
    let input = RawJson::of(&json!({"command": command, "path": path, "url": url}));
    let field = match permission.what.as_str() {
        "bash" => field(ArgumentKind::Command, "command"),
        "edit" | "read" | "glob" | "grep" | "list" | "external_directory" => field(ArgumentKind::Path, "path"),
        "webfetch" => field(ArgumentKind::Host, "url"),
        _ if command.is_some() => field(ArgumentKind::Command, "command"),
        _ if path.is_some() => field(ArgumentKind::Path, "path"),
        _ if url.is_some() => field(ArgumentKind::Host, "url"),
        _ => None,
    };
    (field, input)
}

/// The permission as its ask shows it, and how many bytes of it are left out.
fn shown_permission(permission: Permission) -> (Permission, u64) {
    let mut cut = 0;
    let mut shorten = |text: String| {
        let shown = beginning(&text, SHOWN_TEXT).to_owned();
        cut += (text.len() - shown.len()) as u64;
        shown
    };
    let Permission { what, patterns, always, command, path, url, diff } = permission;
    let (command, path, url, diff) =
        (command.map(&mut shorten), path.map(&mut shorten), url.map(&mut shorten), diff.map(&mut shorten));
    let mut few =
        |patterns: Vec<String>| -> Vec<String> { patterns.into_iter().take(SHOWN_PATTERNS).map(&mut shorten).collect() };
    let (patterns, always) = (few(patterns), few(always));
    (Permission { what: one_line(&what, MAX_OPTION), patterns, always, command, path, url, diff }, cut)
}

/// The text of an ask for these questions, and its options: those of the only question. Several questions get one answer in words.
fn question_text(questions: &[SessionQuestion]) -> (String, Vec<String>) {
    match questions {
        [only] => {
            let mut seen = BTreeSet::new();
            let labels = only.options.iter().map(|label| one_line(label, MAX_OPTION));
            let labels = labels.filter(|label| !label.is_empty() && seen.insert(label.clone())).take(MAX_OPTIONS).collect();
            (with_note(&only.text, SHOWN_TEXT), labels)
        }
        several => {
            let line = |(index, question): (usize, &SessionQuestion)| {
                let options = question.options.join(" / ");
                let options = if options.is_empty() { String::new() } else { format!(" ({options})") };
                format!("{}. {}{options}", index + 1, question.text)
            };
            let lines: Vec<String> = several.iter().enumerate().map(line).collect();
            (with_note(&lines.join("\n"), SHOWN_TEXT), Vec::new())
        }
    }
}

fn bounded(outcome: SessionOutcome) -> SessionOutcome {
    match outcome {
        SessionOutcome::Failed { reason, retryable } => {
            SessionOutcome::Failed { reason: with_note(&reason, MAX_REASON), retryable }
        }
        SessionOutcome::Interrupted { in_doubt } => {
            let few = in_doubt.iter().take(MAX_IN_DOUBT).map(|text| one_line(text, MAX_STEP)).collect();
            SessionOutcome::Interrupted { in_doubt: few }
        }
        SessionOutcome::Abandoned { reason } => SessionOutcome::Abandoned { reason: with_note(&reason, MAX_REASON) },
        other => other,
    }
}

fn beginning(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The text in one line, without characters that move the text around them.
fn one_line(text: &str, bytes: usize) -> String {
    let is_shown = |c: &char| !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let space = |c: char| if c.is_control() { ' ' } else { c };
    let line: String = text.chars().filter(is_shown).map(space).collect();
    beginning(line.trim(), bytes).to_owned()
}

/// The beginning of a long text, with a note that something is left out.
fn with_note(text: &str, bytes: usize) -> String {
    let shown = beginning(text, bytes);
    let cut = text.len() - shown.len();
    if cut > 0 { format!("{shown}\n[cut: {cut} more bytes]") } else { shown.to_owned() }
}

impl State {
    /// What a report adds about the files of a session.
    pub(super) fn files_text(&self) -> String {
        if self.session.files.is_empty() {
            return String::new();
        }
        let file = |file: &crate::workbench::ChangedFile| format!("{} (+{} −{})", file.path, file.added, file.removed);
        let mut files: Vec<String> = self.session.files.iter().map(file).collect();
        if self.session.more_files > 0 {
            files.push(format!("and {} more", self.session.more_files));
        }
        format!("\nFiles changed in its folder of the workbench: {}", files.join(", "))
    }

    /// Whether a session thinks for it.
    pub(super) fn is_session(&self) -> bool {
        self.mind() == Mind::Session
    }
}
