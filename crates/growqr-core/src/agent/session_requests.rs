//! The requests of a session: permissions, which rules or the person decide, and questions.

use super::asks::{exact_rule, option_ids};
use super::bounded_text::{beginning, one_line, with_note};
use super::draft::Draft;
use super::open_session::OpenRequest;
use crate::ask::{ALLOW, Ask, AskDetail, AskKind, AskOption, AskReason, AskScope, DENY};
use crate::event::{SessionDecided, SessionReplied};
use crate::id::{AskId, EffectId, RequestId, SessionId};
use crate::raw::RawJson;
use crate::rules::{Argument, ArgumentField, ArgumentKind, CallFacts, Decision, Glob, Reach, Rule};
use crate::workbench::{Permission, SOURCE, SessionQuestion, SessionReply, SessionRequest, Wanted};
use serde_json::json;
use std::collections::BTreeSet;

/// The most bytes of each text of a permission in its ask, and the most patterns.
const SHOWN_TEXT: usize = 4_000;
const SHOWN_PATTERNS: usize = 20;

/// The most bytes of what a rule has decided.
const MAX_ARGUMENT: usize = 1_000;

/// The most characters of an option that a session offers, and the most options.
const MAX_OPTION: usize = 200;
const MAX_OPTIONS: usize = 12;

/// With this many requests without a reply, a session can ask nothing more.
const MAX_REQUESTS: usize = 100;

impl Draft<'_> {
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

    pub(super) fn on_request_gone(&mut self, effect: EffectId, request: RequestId) {
        match self.state.session_request(&request) {
            // The reply that is under way may be the reason that it is gone.
            Some(OpenRequest { reply: Some(_), .. }) => self.on_session_replied(&effect, &request, false),
            Some(_) => self.withdraw_asks_of(|of| *of == request),
            None => {}
        }
    }

    pub(super) fn on_request(&mut self, effect: &EffectId, request: SessionRequest) {
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
                let argument = shown.map(|text| beginning(text, MAX_ARGUMENT).to_owned());
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
                    rule: None,
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
        session: SessionId,
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
        let rule = matches!(why, AskReason::Rule(_)).then(|| self.rule_for_session(&permission)).flatten();
        let has_rule = rule.is_some();
        let scopes = if has_rule { vec![AskScope::Once, AskScope::Agent, AskScope::Always] } else { vec![AskScope::Once] };
        let (shown, cut) = shown_permission(permission);
        let id = request.clone();
        let detail = AskDetail::Session {
            effect: effect.clone(),
            request,
            session,
            permission: Some(Box::new(shown)),
            cut,
            why: Some(why),
            rule: rule.map(|rule| rule.to_string()),
        };
        let options = vec![AskOption::new(ALLOW, "Allow"), AskOption::new(DENY, "Do not allow")];
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
            Decision::Ask | Decision::Hold => SessionPermission::Needed { why: AskReason::Rule(line) },
            Decision::Allow if is_risky => SessionPermission::Needed { why: AskReason::Untrusted(self.state.untrusted()) },
            Decision::Allow => SessionPermission::Granted { line },
        }
    }

    /// The line that allows such requests; `None` if the argument is not clear. A command is matched with the words that the
    /// workbench proposes, if it begins with them, and whatever follows; everything else is matched literally.
    fn rule_for_session(&self, permission: &Permission) -> Option<Rule> {
        let tool = workbench_tool(&permission.what);
        let (field, input) = argument_of(permission);
        let facts = CallFacts::new(&tool, field.as_ref(), &input, &self.state.id, self.state.depth());
        let exact = exact_rule(&facts)?;
        let (Argument::One(ArgumentKind::Command, command), [proposed]) = (facts.argument(), &permission.always[..]) else {
            return Some(exact);
        };
        let words = proposed.strip_suffix(" *").filter(|words| command.starts_with(&format!("{words} ")));
        let Some(beginning) = words.and_then(|words| Glob::beginning(&format!("{words} "))) else { return Some(exact) };
        Some(Rule { argument: Some((ArgumentKind::Command, beginning)), ..exact })
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

    pub(super) fn withdraw_session_asks(&mut self) {
        self.withdraw_asks_of(|_| true);
    }

    fn withdraw_asks_of(&mut self, is_meant: impl Fn(&RequestId) -> bool) {
        let of_session = |ask: &&Ask| matches!(&ask.detail, Some(AskDetail::Session { request, .. }) if is_meant(request));
        let asks: Vec<AskId> = self.state.open_asks.values().filter(of_session).map(|ask| ask.id.clone()).collect();
        asks.into_iter().for_each(|ask| self.withdraw_ask(ask));
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
