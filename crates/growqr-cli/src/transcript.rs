//! Prints a conversation on a terminal while it happens: streamed text, tool calls and sub-agents.

use crate::asks;
use crate::print::{Out, Style, sanitized, shortened, time, usd};
use growqr_app::SMALLEST_WINDOW;
use growqr_wire::event::{
    Ask, AskDetail, AskSettled, ChargeReserved, ChargeSettled, Kind, Mail, MailBody, ModelReply, SessionDecided, SessionEnded,
    SessionReply, SettledBy, ToolFinished, ToolStarted, TurnEnded,
};
use growqr_wire::{Agent, DeltaKind, Error, Event, EventLine, Health, Push};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How the wait for a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Done,
    /// The person left before the turn ended.
    Detached,
    /// Nothing of the turn can go on without an answer of the person.
    NeedsAnswer,
    /// The turn did not end normally. Contains the text for the person.
    Abnormal(String),
}

/// Prints one agent's conversation and the work of its sub-agents.
pub struct Transcript<'a> {
    out: &'a Out,
    target: String,
    names: HashMap<String, String>,
    /// Names of running tool calls, by effect id.
    calls: HashMap<String, String>,
    /// The open asks that were printed.
    asks: BTreeMap<String, Ask>,
    /// Effect ids of the calls that wait for a permission.
    asked: HashSet<String>,
    /// The printed asks about writes of files whose difference is not printed yet.
    writes: Vec<String>,
    /// The agents that cannot go on at the moment.
    troubles: BTreeMap<String, Error>,
    /// True while streamed text of the current answer is on the screen without a newline at its end.
    is_mid_line: bool,
    has_streamed: bool,
    has_shown_guide_note: bool,
    /// The last tool that the built-in guide has called in this turn, if it failed.
    failed_in_guide: Option<String>,
}

impl<'a> Transcript<'a> {
    pub fn new(out: &'a Out, target: &str) -> Transcript<'a> {
        Transcript {
            out,
            target: target.to_owned(),
            names: HashMap::new(),
            calls: HashMap::new(),
            asks: BTreeMap::new(),
            asked: HashSet::new(),
            writes: Vec::new(),
            troubles: BTreeMap::new(),
            is_mid_line: false,
            has_streamed: false,
            has_shown_guide_note: false,
            failed_in_guide: None,
        }
    }

    /// Prints one event. Returns `Some` if the target agent's turn ended with it.
    pub fn show(&mut self, push: &Push) -> Option<Ending> {
        if self.out.is_json() {
            self.out.json(push);
        }
        match push {
            Push::Delta { agent, kind, text } if *agent == self.target => {
                self.delta(*kind, text);
                None
            }
            Push::Delta { .. } => None,
            Push::Recorded { agent, events } => {
                self.names.insert(agent.id.clone(), agent.name.clone());
                let mut ended = None;
                for event in events {
                    // A turn that ends and another one that begins in the same append: the target works on.
                    let begins = agent.id == self.target && event.known_kind() == Some(Kind::TurnStarted);
                    ended = self.event(agent, event).or(ended).filter(|_| !begins);
                }
                ended
            }
            Push::Stopped { agent, error } => {
                self.break_line();
                let step = error.next_step.as_deref().unwrap_or("Everything recorded is safe.");
                let text = format!("{agent} stopped because of an error: {}. {step}", error.message);
                (*agent == self.target || *agent == "grow").then_some(Ending::Abnormal(text))
            }
            Push::HealthChanged { health } => {
                self.health(health);
                None
            }
            Push::Missed | Push::MemoryChanged | Push::MemoryProgress { .. } | Push::StackChanged { .. } => None,
        }
    }

    /// Says once that an agent cannot go on, and once that it goes on. One that has given up is reported by its own push.
    fn health(&mut self, health: &Health) {
        let trying: BTreeMap<String, Error> = health
            .agents
            .iter()
            .filter(|trouble| !trouble.has_given_up)
            .map(|trouble| (trouble.agent.clone(), trouble.error.clone()))
            .collect();
        for (agent, error) in &trying {
            if self.troubles.get(agent) != Some(error) {
                self.break_line();
                let step = error.next_step.as_deref().unwrap_or_default();
                self.out.notice(&format!("{agent} cannot go on: {}. It tries again until it can. {step}", error.message));
            }
        }
        let known = std::mem::replace(&mut self.troubles, trying);
        for agent in known.keys().filter(|agent| !health.agents.iter().any(|trouble| trouble.agent == **agent)) {
            self.break_line();
            self.out.notice(&format!("{agent} goes on"));
        }
    }

    /// Ends the line that streamed text has left open.
    pub fn break_line(&mut self) {
        if self.is_mid_line && !self.out.is_json() {
            self.out.line("");
        }
        self.is_mid_line = false;
    }

    fn delta(&mut self, kind: DeltaKind, text: &str) {
        if self.out.is_json() {
            return;
        }
        match kind {
            DeltaKind::Text => {
                self.out.raw(&sanitized(text));
                self.is_mid_line = !text.ends_with('\n');
                self.has_streamed = true;
            }
            DeltaKind::Retrying => {
                self.break_line();
                self.out.notice(&self.out.style(Style::Dim, &format!("… {}", shortened(text, 160))));
            }
            DeltaKind::Discarded => self.withdraw(text),
            DeltaKind::Thinking | DeltaKind::Call => {}
        }
    }

    fn event(&mut self, agent: &Agent, line: &EventLine) -> Option<Ending> {
        let is_target = agent.id == self.target;
        match line.event()? {
            Event::SegmentStarted(body) if is_target && body.provider == "guide" && !self.has_shown_guide_note => {
                self.has_shown_guide_note = true;
                self.note("This is the built-in guide (no AI). Set ANTHROPIC_API_KEY for an answer from a model.");
            }
            Event::FreshStarted(_) if is_target => self.divider("fresh start", line.at),
            Event::SaidAgain(_) if is_target => self.divider("from here on again; what was said after it is set aside", line.at),
            Event::SegmentStarted(body)
                if is_target && body.provider == "openai" && body.card.context_tokens < SMALLEST_WINDOW =>
            {
                self.break_line();
                self.out.notice(&format!(
                    "The context window of {} has {} tokens or is assumed to have; below {SMALLEST_WINDOW} it is full after a few \
                     turns. See: growqr doctor",
                    shortened(&body.card.id, 64),
                    body.card.context_tokens
                ));
            }
            Event::ModelRequested(_) if is_target => self.has_streamed = false,
            Event::ModelAnswered(body) if is_target => self.answered(&body.reply),
            Event::ModelFailed(body) if is_target && self.has_streamed => self.withdraw(&body.failure.message),
            Event::ModelFailed(body) if is_target => self.note(&format!("… {}", shortened(&body.failure.message, 200))),
            Event::ToolStarted(body) => self.tool_started(agent, body),
            Event::ToolInterrupted(body) => {
                self.tool_resumed(agent, &body.effect, "was interrupted; checking whether it was performed")
            }
            Event::ToolResumed(body) if self.asked.remove(&body.effect) => {
                self.tool_resumed(agent, &body.effect, "is allowed and carried out");
            }
            Event::ToolResumed(body) => self.tool_resumed(agent, &body.effect, "had not been performed; trying again"),
            Event::ToolFinished(body) => self.tool_finished(agent, &body),
            Event::ChildRequested(body) => self.child_requested(&body.mail),
            Event::ScheduledWorkStarted(body) => self.child_requested(&body.mail),
            Event::ChargeReserved(body) => self.charge_reserved(agent, &body),
            Event::ChargeSettled(ChargeSettled { cost: Some(cost), .. }) => {
                self.note(&format!("{}· cost {}", self.name_prefix(agent), usd(cost)));
            }
            Event::TurnEnded(body) if is_target => {
                self.break_line();
                let failed = self.failed_in_guide.take();
                return Some(match (ending(&body, &agent.id), failed) {
                    (Ending::Done, Some(tool)) => Ending::Abnormal(format!("{} was not carried out", shortened(&tool, 64))),
                    (ending, _) => ending,
                });
            }
            Event::TurnEnded(body) => self.child_ended(agent, &body),
            Event::ChargeRefused(body) => {
                self.note(&format!("{}· no money is left for {}", self.name_prefix(agent), shortened(&body.purpose, 80)));
            }
            Event::SessionStarted(body) => {
                self.note(&format!("{}· works in the workbench ({})", self.name_prefix(agent), shortened(&body.session, 64)));
            }
            Event::SessionProgressed(body) => {
                for step in &body.steps {
                    self.note(&format!("{}· {}", self.name_prefix(agent), shortened(step, 160)));
                }
            }
            Event::SessionDecided(body) => self.session_decided(agent, &body),
            Event::SessionEnded(body) => self.session_ended(agent, &body),
            Event::AskRaised(body) => self.print_ask_once(&agent.name, &body.ask),
            Event::AskSettled(body) => self.ask_settled(agent, &body),
            // Not printed: other events show the same, or the event belongs to another agent.
            Event::AgentCreated(_)
            | Event::JournalNamed(_)
            | Event::UserSaid(_)
            | Event::SaidAgain(_)
            | Event::FreshRequested(_)
            | Event::FreshStarted(_)
            | Event::MailReceived(_)
            | Event::SegmentStarted(_)
            | Event::TurnStarted(_)
            | Event::ModelRequested(_)
            | Event::ModelAnswered(_)
            | Event::ModelFailed(_)
            | Event::CommitIntended(_)
            | Event::ChildTold(_)
            | Event::ChildCancelled(_)
            | Event::CancelRequested(_)
            | Event::ChargeSettled(_)
            | Event::SessionIntended(_)
            | Event::SessionReplied(_)
            | Event::ReviewIntended(_)
            | Event::ReviewClosed(_)
            | Event::FinishRequested(_)
            | Event::TurnPaused(_)
            | Event::MessageWithdrawn(_)
            | Event::MessageEdited(_)
            | Event::TurnEnding(_) => {}
        }
        None
    }

    /// A line across the conversation where the agent stops reading what is above it.
    fn divider(&mut self, what: &str, at: i64) {
        self.note(&format!("──── {what} · {} UTC ────", time(at)));
    }

    /// Says that the streamed text above does not count: a terminal cannot take it back.
    fn withdraw(&mut self, reason: &str) {
        let above = if self.has_streamed { "the words above are withdrawn: " } else { "" };
        self.note(&format!("… {above}{}", shortened(reason, 200)));
        self.has_streamed = false;
    }

    /// Prints the text now if it was not streamed, because this program subscribed too late.
    fn answered(&mut self, reply: &ModelReply) {
        if !self.has_streamed && !self.out.is_json() {
            let text = reply.text();
            if !text.is_empty() {
                self.out.line(&sanitized(&text));
            }
        }
        self.break_line();
        web_lines(reply).iter().for_each(|line| self.note(line));
    }

    fn tool_started(&mut self, agent: &Agent, call: ToolStarted) {
        if call.name != "spawn_sub_agent" {
            let fields = ["path", "prefix", "query", "url", "id", "message"];
            let about = fields.iter().find_map(|field| call.input.field(field)).unwrap_or_default();
            self.note(&format!("{}· {} {}", self.name_prefix(agent), shortened(&call.name, 64), shortened(&about, 80)));
        }
        if call.ask.is_some() {
            self.asked.insert(call.effect.clone());
        }
        self.calls.insert(call.effect, call.name);
    }

    fn tool_resumed(&mut self, agent: &Agent, effect: &str, how: &str) {
        let name = self.calls.get(effect).map_or("a tool call", String::as_str);
        self.note(&format!("{}· {} {how}", self.name_prefix(agent), shortened(name, 64)));
    }

    fn tool_finished(&mut self, agent: &Agent, result: &ToolFinished) {
        let name = self.calls.remove(&result.effect).unwrap_or_default();
        if agent.id == self.target && agent.model == "guide" {
            // The guide tries nothing else, and its turn ends normally.
            self.failed_in_guide = result.is_error.then(|| name.clone());
        }
        if result.is_error {
            let why = shortened(&result.content.plain(), 160);
            self.note(&format!("{}· {} failed: {why}", self.name_prefix(agent), shortened(&name, 64)));
        }
    }

    fn child_requested(&mut self, mail: &Mail) {
        if let MailBody::Spawn(spawn) = &mail.body {
            let (name, task) = (shortened(&spawn.name, 24), shortened(&spawn.task, 80));
            self.note(&format!("→ {name} ({}, up to {}): {task}", mail.to, usd(spawn.allowance)));
        }
    }

    fn charge_reserved(&mut self, agent: &Agent, charge: &ChargeReserved) {
        let price = charge.reservation.map_or_else(|| "at an unknown price".to_owned(), |max| format!("up to {}", usd(max)));
        self.note(&format!("{}· {}, {price}", self.name_prefix(agent), shortened(&charge.purpose, 80)));
    }

    fn session_decided(&mut self, agent: &Agent, decided: &SessionDecided) {
        let how = match &decided.reply {
            SessionReply::Once | SessionReply::Always => "allowed",
            SessionReply::Reject { .. } => "not allowed",
            SessionReply::Answer { .. } => "answered",
        };
        let by = decided.rule.as_ref().map_or_else(String::new, |rule| format!(" by the rule {}", shortened(rule, 80)));
        let (what, about) = (shortened(&decided.what, 64), shortened(decided.argument.as_deref().unwrap_or_default(), 80));
        self.note(&format!("{}· {what} {about} is {how}{by}", self.name_prefix(agent)));
    }

    fn session_ended(&mut self, agent: &Agent, ended: &SessionEnded) {
        for file in &ended.files {
            self.note(&format!(
                "{}· {} (+{} −{})",
                self.name_prefix(agent),
                shortened(&file.path, 120),
                file.added,
                file.removed
            ));
        }
        if let Some(how) = ended.outcome.text() {
            self.note(&format!("{}· its session {}", self.name_prefix(agent), shortened(&how, 300)));
        }
    }

    /// Prints an open ask, unless it is on the screen already.
    pub fn print_ask_once(&mut self, agent_name: &str, ask: &Ask) {
        if self.asks.contains_key(&ask.id) {
            return;
        }
        self.break_line();
        if !self.out.is_json() {
            self.out.line(&format!("? {}:", shortened(agent_name, 24)));
            asks::question(ask).iter().for_each(|line| self.out.line(line));
        }
        for line in asks::details(ask).into_iter().chain(asks::how_to_answer(ask)) {
            self.note(&line);
        }
        if let Some(AskDetail::Call { effect, .. }) = &ask.detail {
            self.asked.insert(effect.clone());
        }
        if asks::is_write(ask) && !self.out.is_json() {
            self.writes.push(ask.id.clone());
        }
        self.asks.insert(ask.id.clone(), ask.clone());
    }

    /// The ids of the printed asks about files that an agent wants to write, each once: what they would change is not printed yet.
    pub fn take_writes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.writes)
    }

    /// The ids of the printed asks that are not settled.
    pub fn open_asks(&self) -> Vec<String> {
        self.asks.keys().cloned().collect()
    }

    pub fn out(&self) -> &'a Out {
        self.out
    }

    fn ask_settled(&mut self, agent: &Agent, settled: &AskSettled) {
        let ask = self.asks.remove(&settled.ask);
        let answer = settled.answer.as_ref().and_then(|answer| match &ask {
            Some(ask) => asks::answer_text(ask, answer),
            None => answer.text.clone().or_else(|| answer.option.clone()),
        });
        let answer = answer.as_deref();
        let text = match settled.by {
            SettledBy::Person => format!("answered: {}", shortened(answer.unwrap_or("dismissed"), 80)),
            SettledBy::Gitea => format!("decided in Gitea: {}", shortened(answer.unwrap_or_default(), 80)),
            SettledBy::Rule => format!("a rule decides: {}", shortened(settled.rule.as_deref().unwrap_or_default(), 80)),
            SettledBy::Deadline => format!("the deadline has passed: {}", shortened(answer.unwrap_or("no answer"), 80)),
            SettledBy::Withdrawn => match answer {
                Some(reason) => format!("the question is withdrawn: {}", shortened(reason, 200)),
                None => "the question is withdrawn".to_owned(),
            },
        };
        self.note(&format!("{}· {text}", self.name_prefix(agent)));
    }

    fn child_ended(&mut self, agent: &Agent, turn: &TurnEnded) {
        let result = match ending(turn, &agent.id) {
            Ending::Done | Ending::Detached | Ending::NeedsAnswer => "done".to_owned(),
            Ending::Abnormal(why) => why,
        };
        self.note(&format!("← {} ({}): {result}, {}", shortened(&agent.name, 24), agent.id, usd(agent.spent + agent.unknown)));
    }

    fn name_prefix(&self, agent: &Agent) -> String {
        if agent.id == self.target { String::new() } else { format!("  {} ", shortened(&agent.name, 24)) }
    }

    /// Prints a dimmed line; nothing with `--json`.
    fn note(&mut self, text: &str) {
        self.break_line();
        if !self.out.is_json() {
            self.out.line(&self.out.style(Style::Dim, text));
        }
    }
}

/// What an answer has searched the web for, and the pages that it cites.
pub fn web_lines(reply: &ModelReply) -> Vec<String> {
    let searches = reply.searches().into_iter().map(|query| format!("Searched the web: {}", shortened(&query, 200)));
    let sources = reply.sources().into_iter().enumerate().map(|(index, source)| {
        let label = if index == 0 { "Sources:" } else { "        " };
        format!("{label} {} {}", shortened(&source.title, 80), shortened(&source.url, 300))
    });
    searches.chain(sources).collect()
}

/// Converts the recorded ending of a turn to what the terminal shows.
pub fn ending(turn: &TurnEnded, agent: &str) -> Ending {
    let ending = turn.ended.ending_text(turn.shortfall, agent);
    ending.map_or(Ending::Done, |ending| Ending::Abnormal(sanitized(&ending.text())))
}
