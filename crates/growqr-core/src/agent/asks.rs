//! Asks: decides whether a call needs one, raises and settles them, and goes on after an answer.

use super::bounded_text::beginning;
use super::children;
use super::draft::Draft;
use super::judge::WantedCall;
use super::named::NamedAs;
use super::state::State;
use super::tools::{ASK_TOOL, AskUserInput, WAIT_TOOL};
use super::turn::{Call, Counters, Pause, Pending, Phase, Progress, Repeated};
use super::web_calls::NAMED_LINE;
use crate::ask::{ALLOW, Answer, Ask, AskDetail, AskKind, AskOption, AskOutcome, AskReason, AskScope, DENY, SettledBy};
use crate::clock::Timestamp;
use crate::event::{AskRaised, AskSettled, ToolResumed};
use crate::id::{AskId, EffectId, ExecutorId};
use crate::mail::{Mail, MailBody};
use crate::quest;
use crate::raw::RawJson;
use crate::rules::{Agents, Argument, CallFacts, Decision, Glob, Rule, RuleOrigin};
use crate::schedule;
use crate::tool::ToolResult;
use std::sync::Arc;

/// The same call with the same input, this many times in a row, needs a question.
const REPEATS: u32 = 3;

/// With this many open asks, or this many bytes in them, an agent can ask no further question: all of them are in its state.
const MAX_OPEN: usize = 250;
const MAX_OPEN_BYTES: usize = 200_000;

/// The tools on everything below a folder of the person.
const FOLDER_TOOLS: [&str; 2] = ["list_files", "search_files"];

/// The most bytes of a call's input in its ask.
const SHOWN_INPUT: usize = 4_000;

/// The most bytes of a question in the mail to the agents that wait for the one that asks.
const NOTICE_TEXT: usize = 500;

/// What happens to a call before it starts.
pub(super) enum Permission {
    /// It starts.
    Granted {
        /// The deciding line.
        line: String,
    },
    /// It starts, and its change of memory waits for the person's approval.
    Held {
        /// The deciding line.
        line: String,
        /// It is the same call too many times in a row.
        is_repeated: bool,
    },
    /// It is refused.
    Refused {
        /// The deciding line.
        line: String,
    },
    /// The person is asked.
    Needed {
        /// The deciding line.
        line: String,
        need: Need,
    },
}

/// Why a call needs a question, and what the question shows.
pub(super) struct Need {
    reason: AskReason,
    /// What the call concerns, in the form that rules compare.
    argument: Option<String>,
    /// The line that would allow such calls from now on.
    rule: Option<String>,
}

impl Draft<'_> {
    /// Decides whether a call may start. The model's text decides nothing here: it is only compared.
    pub(super) fn permission(&self, name: &str, input: &RawJson) -> Permission {
        let call = self.facts(name, input);
        let decided = self.setup.rules.decide(&call);
        // What the person has named overrides no line of theirs that asks.
        let is_open = decided.line.origin == RuleOrigin::BuiltIn || decided.line.rule.decision == Decision::Allow;
        let named = if is_open { self.named(&call) } else { None };
        let line = decided.line.rule.to_string();
        // To ask whether it may ask, or wait, would only add a question.
        let is_exempt = name == ASK_TOOL || name == WAIT_TOOL;
        let untrusted = self.untrusted_for(name);
        let is_risky = decided.is_risky && self.setup.asks_after_untrusted_text && !untrusted.is_empty();
        let times = self.state.repeated.times_with(name, input);
        let reason = match decided.line.rule.decision {
            Decision::Deny => return Permission::Refused { line },
            _ if is_exempt => None,
            // Another question would decide whether the change is held at all.
            Decision::Hold => return Permission::Held { line, is_repeated: times >= REPEATS },
            _ if times >= REPEATS => Some(AskReason::Repeated(times)),
            // To fetch the page itself tells its host nothing. The address of another page can carry what untrusted text asks for.
            Decision::Ask if named == Some(NamedAs::Page) || (named.is_some() && !is_risky) => {
                return Permission::Granted { line: NAMED_LINE.to_owned() };
            }
            Decision::Ask if named.is_some() => Some(AskReason::Untrusted(untrusted)),
            Decision::Ask => Some(AskReason::Rule(line.clone())),
            Decision::Allow if is_risky && named != Some(NamedAs::Page) => Some(AskReason::Untrusted(untrusted)),
            Decision::Allow => None,
        };
        match reason {
            None => Permission::Granted { line },
            Some(reason) => {
                // A rule about this tool would allow any quest, of any size.
                let has_rule = matches!(reason, AskReason::Rule(_)) && name != quest::TOOL;
                let rule = has_rule.then(|| exact_rule(&call)).flatten();
                let argument = match call.argument() {
                    Argument::One(_, value) => Some(value.clone()),
                    Argument::Beginning(_, start) => Some(format!("{start}*")),
                    Argument::None | Argument::Unclear(_) => schedule::wanted(name, input).or_else(|| quest::wanted(name, input)),
                };
                Permission::Needed { line, need: Need { reason, argument, rule: rule.map(|rule| rule.to_string()) } }
            }
        }
    }

    fn facts<'a>(&'a self, name: &'a str, input: &'a RawJson) -> CallFacts<'a> {
        CallFacts::new(name, self.setup.arguments.get(name), input, &self.state.id, self.state.depth())
            .with_hash(self.setup.hashes.get(name).map(String::as_str))
    }

    /// Whether the same call waits for the person already.
    pub(super) fn same_call_waits(&self, call: &WantedCall) -> bool {
        let Phase::Tools(calls) = &self.state.phase else { return false };
        let hash = Repeated::hash(&call.name, &call.input);
        let mut waiting = calls.iter().filter(|call| matches!(call.progress, Progress::AwaitingPermission(_)));
        waiting.any(|other| other.name == call.name && Repeated::hash(&other.name, &other.input) == hash)
    }

    /// Asks the person to allow a call that is recorded and waits.
    pub(super) fn ask_permission(&mut self, call: &WantedCall, effect: EffectId, need: Need) {
        let (agent, tool) = (self.state.title(), &call.name);
        let text = match &need.reason {
            AskReason::Rule(_) => format!("{agent} wants to use {tool}."),
            AskReason::Untrusted(sources) => {
                format!("{agent} wants to use {tool}, after it has read text from {}.", sources.join(", "))
            }
            AskReason::Repeated(times) => {
                format!("{agent} wants to use {tool} with the same input {times} times in a row.")
            }
        };
        let has_rule = need.rule.is_some();
        let scopes = if has_rule { vec![AskScope::Once, AskScope::Agent, AskScope::Always] } else { vec![AskScope::Once] };
        let shown = beginning(call.input.text(), SHOWN_INPUT);
        let detail = AskDetail::Call {
            effect: effect.clone(),
            tool: tool.clone(),
            argument: need.argument,
            input: shown.to_owned(),
            cut: (call.input.text().len() - shown.len()) as u64,
            why: need.reason,
            rule: need.rule,
        };
        self.raise(Ask {
            id: ask_id(&effect),
            kind: AskKind::Permission,
            text,
            detail: Some(detail),
            options: vec![AskOption::new(ALLOW, "Allow"), AskOption::new(DENY, "Do not allow")],
            scopes,
            deadline: None,
            default: None,
        });
    }

    /// Asks the person a question of the model. The same question is asked once.
    pub(super) fn ask_question(&mut self, effect: &EffectId, input: AskUserInput) -> ToolResult {
        let labels = input.options.as_deref().unwrap_or_default();
        let is_same = |ask: &&Ask| {
            ask.kind == AskKind::Question
                && ask.text == input.question
                && ask.options.iter().map(|option| &option.label).eq(labels)
                && ask.deadline.is_some() == input.deadline_minutes.is_some()
        };
        let open = self.state.open_asks.values().find(is_same);
        if let Some(open) = open {
            return ToolResult::ok(format!("this is asked already, as {}; the answer will come as mail", open.id));
        }
        if self.has_too_many_asks() {
            return ToolResult::error(self.too_many_asks());
        }
        let id = ask_id(effect);
        let deadline = input
            .deadline_minutes
            .map(|minutes| Timestamp(self.now.at.0.saturating_add(i64::from(minutes).saturating_mul(60_000))));
        let labels = input.options.unwrap_or_default();
        let ids = option_ids(&labels);
        let option = |(id, label): (String, String)| AskOption { id, label };
        let options: Vec<AskOption> = ids.into_iter().zip(labels).map(option).collect();
        let default = input.default.map(|default| match options.iter().find(|option| option.label == default) {
            Some(option) => Answer { option: Some(option.id.clone()), ..Answer::default() },
            None => Answer { text: Some(default), ..Answer::default() },
        });
        self.raise(Ask {
            id: id.clone(),
            kind: AskKind::Question,
            text: input.question,
            detail: None,
            options,
            scopes: Vec::new(),
            deadline,
            default,
        });
        ToolResult::ok(format!(
            "the person is asked, as {id}; the answer will come as mail. Go on with what does not need it, or end your answer"
        ))
    }

    /// Whether the agent can ask nothing further.
    pub(super) fn has_too_many_asks(&self) -> bool {
        let open = &self.state.open_asks;
        open.len() + self.state.changes_to_ask_about() >= MAX_OPEN
            || open.values().map(|ask| ask.text.len()).sum::<usize>() >= MAX_OPEN_BYTES
    }

    /// The error for the model if that is so.
    pub(super) fn too_many_asks(&self) -> String {
        format!("{} of your questions wait for an answer; wait for some of them first", self.state.open_asks.len())
    }

    pub(super) fn raise(&mut self, ask: Ask) {
        let text = beginning(&ask.text, NOTICE_TEXT).to_owned();
        let body = MailBody::AskRaised { ask: ask.id.clone(), kind: ask.kind, text, untrusted: self.state.untrusted() };
        let notices = self.notices(&body);
        self.push(AskRaised { ask: Box::new(ask), notices });
    }

    fn settle_ask(&mut self, ask: &Ask, by: SettledBy, answer: Option<Answer>, rule: Option<String>) {
        let notices =
            if ask.kind == AskKind::Review { Vec::new() } else { self.notices(&MailBody::AskSettled { ask: ask.id.clone() }) };
        let outcome = match &answer {
            Some(answer) => ask.outcome(answer),
            // Without an answer, nothing is allowed and nothing is added.
            None => ask.outcome(&Answer::default()),
        };
        let remark = answer.as_ref().and_then(|answer| answer.text.clone());
        let counts_with_work = match ask.kind {
            // The person has seen what the agent does, so its calls are counted anew; a limit stays reached until it is answered.
            AskKind::Question => self.state.paused_at().is_some(),
            AskKind::Conflict => self.state.has_work_under_way(),
            AskKind::Permission | AskKind::Budget | AskKind::Review | AskKind::Schedule => false,
        };
        self.push(AskSettled {
            ask: ask.id.clone(),
            by,
            answer,
            outcome,
            rule,
            merged: None,
            commented_by: None,
            notices,
            counts_with_work,
        });
        if let (Some(AskOutcome::Refused), Some(AskDetail::Call { effect, .. })) = (outcome, &ask.detail) {
            let remark = remark.map_or_else(String::new, |remark| format!(". The person says: {remark}"));
            let refused = "not allowed, so it was not carried out. Do not try it in another way";
            let result = ToolResult::error(format!("{refused}{remark}"));
            self.finish_call(effect, result);
        }
    }

    /// Mail to each agent that waits for this one.
    fn notices(&self, body: &MailBody) -> Vec<Mail> {
        self.state.senders.iter().map(|sender| self.mail(sender.agent.clone(), body.clone())).collect()
    }

    /// Records the person's answer. What follows from it is left to [`Draft::on_continue`].
    pub(super) fn on_person_answer(&mut self, ask: &AskId, answer: Option<Answer>) {
        let Some(ask) = self.state.open_asks.get(ask).cloned() else { return };
        if ask.check(answer.as_ref()).is_err() {
            return;
        }
        let rule = match (&answer, &ask.detail) {
            (Some(answer), Some(AskDetail::Call { rule: Some(rule), .. } | AskDetail::Session { rule: Some(rule), .. })) => {
                self.rule_of(answer, ask.outcome(answer), rule)
            }
            _ => None,
        };
        let work = self.state.run_chosen(&ask, answer.as_ref());
        self.settle_ask(&ask, SettledBy::Person, answer, rule);
        // It needs no turn, and its mail is delivered also if no host runs now.
        work.into_iter().for_each(|work| self.start_run(&work));
    }

    /// The line that an answer adds; `None` if it is about this call only. `allow` is the line that allows such calls.
    fn rule_of(&self, answer: &Answer, outcome: Option<AskOutcome>, allow: &str) -> Option<String> {
        let agents = match answer.scope {
            AskScope::Once => return None,
            AskScope::Agent => Agents::Id(Glob::literal(self.state.id.as_str())?),
            AskScope::Always => Agents::All,
        };
        let decision = if outcome == Some(AskOutcome::Allowed) { Decision::Allow } else { Decision::Deny };
        let rule: Rule = allow.parse().ok()?;
        // What is refused stays refused, also if the tool changes.
        let hash = rule.hash.filter(|_| decision == Decision::Allow);
        Some(Rule { decision, agents, hash, ..rule }.to_string())
    }

    /// Settles the asks whose deadline has passed.
    pub(super) fn on_deadline(&mut self) {
        let now = self.now.at;
        let due: Vec<Ask> =
            self.state.open_asks.values().filter(|ask| ask.deadline.is_some_and(|at| at <= now)).cloned().collect();
        for ask in due {
            self.settle_ask(&ask, SettledBy::Deadline, ask.default.clone(), None);
        }
    }

    /// Settles the asks for permission that a rule decides now, and withdraws those about tools that are not what they were. An ask
    /// with another reason still needs the person.
    pub(super) fn on_rules_changed(&mut self) {
        self.on_rules_changed_for_session();
        let open: Vec<Ask> = self.state.open_asks.values().cloned().collect();
        for ask in open {
            let Some(AskDetail::Call { effect, why, .. }) = &ask.detail else { continue };
            let Some(call) = self.state.call(effect) else { continue };
            if let Some(problem) = self.definition_problem(call) {
                self.withdraw_call(&ask, effect, problem);
                continue;
            }
            let AskReason::Rule(_) = why else { continue };
            let facts = self.facts(&call.name, &call.input);
            let decided = self.setup.rules.decide(&facts);
            let needs_person =
                decided.is_risky && self.setup.asks_after_untrusted_text && !self.untrusted_for(&call.name).is_empty();
            let option = match decided.line.rule.decision {
                Decision::Allow if needs_person => continue,
                Decision::Allow => ALLOW,
                Decision::Deny => DENY,
                Decision::Ask | Decision::Hold => continue,
            };
            let rule = decided.line.rule.to_string();
            self.settle_by_rule(&ask, option, rule);
        }
    }

    /// Why the tool of a call is not the one that the person was asked about. `None`: it is, or it is one of GrowQR.
    fn definition_problem(&self, call: &Call) -> Option<String> {
        let name = &call.name;
        match (&call.definition, self.setup.hashes.get(name)) {
            (None, None) => None,
            (Some(asked_about), Some(now)) if now == asked_about => None,
            (Some(_), Some(_)) => {
                Some(format!("{name} is not what it was: its server was replaced, or describes it in another way"))
            }
            // Its executor carries out no call without the definition that was allowed.
            (None, Some(_)) => {
                Some(format!("the person was asked about {name} by an earlier version of GrowQR, so it must be asked again"))
            }
            (Some(_), None) => Some(format!(
                "{name} is not on offer any more: its server was removed or switched off, or no longer has this tool"
            )),
        }
    }

    /// Withdraws the question about a call that cannot be carried out as the person was asked.
    fn withdraw_call(&mut self, ask: &Ask, effect: &EffectId, problem: String) {
        let told =
            format!("{problem}. The call was not carried out. If you still need it, call the tools that you are given then");
        self.withdraw(ask.id.clone(), Some(Answer { text: Some(problem), ..Answer::default() }));
        self.finish_call(effect, ToolResult::error(told));
    }

    pub(super) fn settle_by_rule(&mut self, ask: &Ask, option: &str, rule: String) {
        let answer = Answer { option: Some(option.to_owned()), ..Answer::default() };
        self.settle_ask(ask, SettledBy::Rule, Some(answer), Some(rule));
    }

    /// Withdraws the open asks of a turn that ends.
    pub(super) fn withdraw_asks(&mut self) {
        let open: Vec<AskId> = self.state.asks_of_turn().map(|ask| ask.id.clone()).collect();
        open.into_iter().for_each(|ask| self.withdraw_ask(ask));
    }

    /// Settles an ask whose answer nobody needs any more.
    pub(super) fn withdraw_ask(&mut self, ask: AskId) {
        self.withdraw(ask, None);
    }

    fn withdraw(&mut self, ask: AskId, answer: Option<Answer>) {
        let notices = self.notices(&MailBody::AskSettled { ask: ask.clone() });
        let (by, merged, counts_with_work) = (SettledBy::Withdrawn, None, false);
        self.push(AskSettled {
            ask,
            by,
            answer,
            outcome: None,
            rule: None,
            merged,
            commented_by: None,
            notices,
            counts_with_work,
        });
    }

    /// Goes on after answers: starts the calls that were allowed, and passes answers on to the model.
    pub(super) fn on_continue(&mut self) {
        let permitted: Vec<Call> = match &self.state.phase {
            Phase::Tools(calls) => calls.iter().filter(|call| call.progress == Progress::Permitted).cloned().collect(),
            _ => Vec::new(),
        };
        for call in permitted {
            self.push(ToolResumed { effect: call.effect.clone() });
            if call.executor == ExecutorId::journal() {
                self.carry_out(&call.effect, &call.name, &call.input, &mut 1);
            }
        }
        if self.state.paused.as_ref().is_some_and(|pause| pause.answer.is_some()) {
            self.continue_after_limit();
        } else if self.state.can_continue() {
            self.handle_pending(true);
        }
    }
}

/// The line that allows calls of this tool with this argument; `None` if the argument is not clear, or would also allow folders that the
/// person chooses later. What the model wrote is matched literally.
pub(super) fn exact_rule(call: &CallFacts) -> Option<Rule> {
    let argument = match call.argument() {
        Argument::None => None,
        Argument::Unclear(_) => return None,
        Argument::One(kind, value) => Some((*kind, Glob::literal(value)?)),
        Argument::Beginning(_, start) if FOLDER_TOOLS.contains(&call.tool) && !start.ends_with('/') => return None,
        Argument::Beginning(kind, start) => Some((*kind, Glob::beginning(start)?)),
    };
    let (tool, hash) = (Glob::literal(call.tool)?, call.hash.map(str::to_owned));
    Some(Rule { decision: Decision::Allow, tool, argument, agents: Agents::All, hash, risk: None })
}

/// Ids for options with these labels, none of which is a label: to enter one of them names one option.
pub(super) fn option_ids(labels: &[String]) -> Vec<String> {
    let ids = |prefix: &str| (1..=labels.len()).map(|number| format!("{prefix}{number}")).collect::<Vec<String>>();
    let is_free = |ids: &Vec<String>| !ids.iter().any(|id| labels.iter().any(|label| label.eq_ignore_ascii_case(id)));
    let prefixes = ["", "option", "answer", "choice", "pick"].map(ids);
    prefixes.into_iter().find(is_free).unwrap_or_else(|| ids("option-"))
}

pub(super) fn ask_id(effect: &EffectId) -> AskId {
    AskId::new(format!("ask-{effect}"))
}

impl State {
    /// The asks that are not settled, by id.
    pub fn open_asks(&self) -> impl Iterator<Item = &Ask> {
        self.open_asks.values()
    }

    /// Whether the agent has not acted yet on something that is recorded: an answer, or work whose turn waits to begin.
    #[must_use]
    pub fn can_continue(&self) -> bool {
        match &self.phase {
            Phase::Idle => self.must_continue || self.waits_to_begin,
            Phase::Waiting => match &self.paused {
                Some(Pause { answer: Some(_), .. }) => !self.waits_for_reports_at_limit(),
                Some(pause) => pause.ask.is_none() && self.must_continue,
                None => self.must_continue && self.ending.is_none(),
            },
            Phase::Calling { .. } | Phase::Session(_) => false,
            Phase::Tools(calls) => {
                calls.iter().any(|call| call.progress == Progress::Permitted)
                    || calls.iter().all(Call::is_done)
                    || (self.must_continue && !children::waiting_calls(self).is_empty())
            }
        }
    }

    /// Whether the model has something new to read. That a sub-agent waits for the person, and that the person has decided about
    /// a held change, is no reason to ask the model.
    pub(super) fn has_news(&self) -> bool {
        let is_news = |pending: &Pending| match pending {
            Pending::SubAgentAsks { .. } | Pending::Attached(_) => false,
            Pending::Reviewed { decided, .. } => decided.objection().is_some(),
            _ => true,
        };
        self.pending.iter().any(is_news)
    }

    /// Whether it waits for an answer to a question.
    pub(super) fn has_open_question(&self) -> bool {
        self.open_asks.values().any(|ask| ask.kind == AskKind::Question)
    }

    pub(super) fn ask_raised(&mut self, body: &AskRaised) {
        self.limit_asked(&body.ask);
        self.session_asked(&body.ask);
        self.conflict_asked(&body.ask);
        self.run_asked(&body.ask);
        self.open_asks.insert(body.ask.id.clone(), (*body.ask).clone());
    }

    pub(super) fn ask_settled(&mut self, body: &AskSettled) {
        let Some(ask) = self.open_asks.remove(&body.ask) else { return };
        let answer = body.answer.as_ref();
        if let (SettledBy::Person, Some(text)) = (&body.by, answer.and_then(|answer| answer.text.as_ref())) {
            Arc::make_mut(&mut self.named).add(text);
        }
        match (&ask.kind, &ask.detail) {
            (_, Some(AskDetail::Session { request, .. })) => self.session_answered(request, &ask, body),
            (AskKind::Permission, Some(AskDetail::Call { effect, why, .. })) => {
                let waits = self.call(effect).is_some_and(|call| matches!(call.progress, Progress::AwaitingPermission(_)));
                if waits && body.outcome == Some(AskOutcome::Allowed) {
                    self.set_progress(effect, Progress::Permitted);
                }
                if let AskReason::Repeated(_) = why {
                    self.repeated.count = 0;
                }
            }
            (AskKind::Budget, _) => self.limit_answered(body),
            (AskKind::Conflict, _) => self.conflict_answered(ask, body),
            (AskKind::Review, _) => self.review_answered(ask, body),
            (AskKind::Question, _) if body.by != SettledBy::Withdrawn => {
                let answer = answer.map(|answer| ask.answer_text(answer));
                self.must_continue = true;
                if body.by == SettledBy::Person && !body.counts_with_work {
                    self.counters = Counters::default();
                }
                let in_time = body.by != SettledBy::Deadline;
                self.pending.push(Pending::Answer { ask: ask.id, question: ask.text, answer, in_time });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AgentId;
    use crate::rules::{ArgumentField, ArgumentKind, Reach};

    #[test]
    fn no_answer_allows_folders_that_are_chosen_later() {
        let agent = AgentId::grow();
        let field = ArgumentField { kind: ArgumentKind::Path, reach: Reach::Beginning("path".to_owned()) };
        let rule = |tool: &str, input: &str| {
            let input = RawJson::parse(input).unwrap();
            let line = exact_rule(&CallFacts::new(tool, Some(&field), &input, &agent, 1));
            line.map(|rule| rule.to_string())
        };
        for input in ["{}", r#"{"path":"no"}"#, r#"{"path":"notes"}"#] {
            assert_eq!((rule("list_files", input), rule("search_files", input)), (None, None), "{input}");
        }
        assert_eq!(rule("list_files", r#"{"path":"notes/"}"#).as_deref(), Some("allow list_files path=notes/*"));
        assert_eq!(rule("list_memory", "{}").as_deref(), Some("allow list_memory path=*"));
    }
}
