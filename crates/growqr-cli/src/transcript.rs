//! A conversation as it happens, for a terminal: words as they stream, tool calls and sub-agents as they go.

use crate::print::{Look, Out, plain_lines, short, usd};
use growqr_wire::{Agent, DeltaKind, EventLine, Push};
use serde_json::Value;
use std::collections::HashMap;

/// How a turn ended, as far as a terminal cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Done,
    /// The person did not wait for it.
    Left,
    /// Not as wished; what is shown to the person.
    Otherwise(String),
}

/// Shows one agent's conversation and what its sub-agents do.
pub struct Transcript<'a> {
    out: &'a Out,
    target: String,
    names: HashMap<String, String>,
    calls: HashMap<String, (String, Value)>,
    /// Words of the current answer are on the screen, without a newline at the end.
    is_mid_line: bool,
    streamed: bool,
    said_guide: bool,
}

impl<'a> Transcript<'a> {
    pub fn new(out: &'a Out, target: &str) -> Transcript<'a> {
        Transcript {
            out,
            target: target.to_owned(),
            names: HashMap::new(),
            calls: HashMap::new(),
            is_mid_line: false,
            streamed: false,
            said_guide: false,
        }
    }

    /// Shows what happened. Some if the target's turn ended with it.
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
                events.iter().filter_map(|event| self.event(agent, event)).last()
            }
            Push::Stopped { agent, error } => {
                self.break_line();
                let step = error.next_step.as_deref().unwrap_or("What was recorded is kept.");
                let text = format!("{agent} had to stop: {}. {step}", error.message);
                (*agent == self.target || *agent == "grow").then_some(Ending::Otherwise(text))
            }
            Push::Missed | Push::MemoryChanged => None,
        }
    }

    /// Ends a line of words that is still open.
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
                self.out.raw(&plain_lines(text));
                self.is_mid_line = !text.ends_with('\n');
                self.streamed = true;
            }
            DeltaKind::Retrying => {
                self.break_line();
                self.out.notice(&self.out.style(Look::Dim, &format!("… {}", short(text, 160))));
            }
            DeltaKind::Thinking | DeltaKind::Call => {}
        }
    }

    fn event(&mut self, agent: &Agent, event: &EventLine) -> Option<Ending> {
        let data: Value = serde_json::from_str(event.data.get()).unwrap_or_default();
        let is_target = agent.id == self.target;
        match event.kind.as_str() {
            "segment_started" if is_target && data["provider"] == "guide" && !self.said_guide => {
                self.said_guide = true;
                self.note("This is the built-in guide, no AI. Set ANTHROPIC_API_KEY for an answer from a model.");
            }
            "model_requested" if is_target => self.streamed = false,
            "model_answered" if is_target => self.answered(&data),
            "model_failed" if is_target => {
                let text = text(&data, &["failure", "message"]);
                self.note(&format!("… {}", short(text, 200)));
            }
            "tool_started" => self.tool_started(agent, &data),
            "tool_finished" => self.tool_finished(agent, &data),
            "child_requested" => self.child_requested(&data),
            "turn_ended" if is_target => return Some(self.ended(&data)),
            "turn_ended" => self.child_ended(agent, &data),
            _ => {}
        }
        None
    }

    /// Words that were not streamed (this program came late) are shown now.
    fn answered(&mut self, data: &Value) {
        if !self.streamed && !self.out.is_json() {
            let blocks = data["reply"]["content"].as_array().cloned().unwrap_or_default();
            for block in blocks.iter().filter(|block| block["type"] == "text") {
                self.out.line(&plain_lines(block["text"].as_str().unwrap_or_default()));
            }
        }
        self.break_line();
    }

    fn tool_started(&mut self, agent: &Agent, data: &Value) {
        let name = text(data, &["name"]).to_owned();
        let key = text(data, &["effect"]).to_owned();
        self.calls.insert(key, (name.clone(), data["input"].clone()));
        if name != "spawn_sub_agent" {
            let about = ["path", "prefix", "query", "id", "message"]
                .iter()
                .find_map(|field| data["input"][field].as_str())
                .unwrap_or_default();
            self.note(&format!("{}· {name} {}", self.who(agent), short(about, 80)));
        }
    }

    fn tool_finished(&mut self, agent: &Agent, data: &Value) {
        let called = self.calls.remove(text(data, &["effect"]));
        if data["is_error"] == true {
            let name = called.map(|(name, _)| name).unwrap_or_default();
            self.note(&format!("{}· {name} failed: {}", self.who(agent), short(text(data, &["content"]), 160)));
        }
    }

    fn child_requested(&mut self, data: &Value) {
        let birth = &data["mail"]["body"]["spawn"];
        let id = text(data, &["mail", "to"]);
        let allowance = birth["allowance"].as_u64().unwrap_or_default();
        let (name, task) = (short(text(birth, &["name"]), 24), short(text(birth, &["task"]), 80));
        self.note(&format!("→ {name} ({id}, up to {}): {task}", usd(allowance)));
    }

    fn child_ended(&mut self, agent: &Agent, data: &Value) {
        let words = match ending(data) {
            Ending::Done | Ending::Left => "done".to_owned(),
            Ending::Otherwise(why) => why,
        };
        self.note(&format!("← {} ({}): {words}, {}", short(&agent.name, 24), agent.id, usd(agent.spent + agent.unknown)));
    }

    fn ended(&mut self, data: &Value) -> Ending {
        self.break_line();
        ending(data)
    }

    fn who(&self, agent: &Agent) -> String {
        if agent.id == self.target { String::new() } else { format!("  {} ", short(&agent.name, 24)) }
    }

    fn note(&mut self, text: &str) {
        self.break_line();
        if !self.out.is_json() {
            self.out.line(&self.out.style(Look::Dim, text));
        }
    }
}

/// How a `turn_ended` event reads.
fn ending(data: &Value) -> Ending {
    let ended = &data["ended"];
    if let Some(word) = ended.as_str() {
        return match word {
            "done" => Ending::Done,
            "cancelled" => Ending::Otherwise("stopped".to_owned()),
            "cut" => Ending::Otherwise("the answer was cut because it became too long; say \"go on\" to continue".to_owned()),
            "silent" => Ending::Otherwise("the model gave no answer; say it in other words".to_owned()),
            other => Ending::Otherwise(other.to_owned()),
        };
    }
    if let Some(failure) = ended.get("failed") {
        return Ending::Otherwise(format!(
            "{}. {}",
            text(failure, &["message"]).trim_end_matches('.'),
            next_step(text(failure, &["kind"]))
        ));
    }
    if let Some(limit) = ended["limit"].as_str() {
        let (budget, step) = match limit {
            "per_message" => (
                "the budget of one message",
                "raise it with: growqr budget set --per-message USD, or go on with: growqr agents resume grow",
            ),
            "per_day" => ("the budget of the day", "raise it with: growqr budget set --per-day USD"),
            "per_month" => ("the budget of the month", "raise it with: growqr budget set --per-month USD"),
            "allowance" => ("its allowance", "it can be told to go on, with a new allowance"),
            _ => {
                let what = "it made as many model calls as one message may; go on with: growqr agents resume grow";
                return Ending::Otherwise(format!("paused: {what}"));
            }
        };
        let what = match (data["shortfall"]["needed"].as_u64(), data["shortfall"]["available"].as_u64()) {
            (Some(needed), Some(available)) => {
                format!("the next step can cost up to {}, and {} is left of {budget}", usd(needed), usd(available))
            }
            _ => format!("{budget} is used up"),
        };
        return Ending::Otherwise(format!("paused: {what}; {step}"));
    }
    if let Some(why) = ended["refused"].as_str() {
        let why = if why.is_empty() { "It gave no reason".to_owned() } else { plain_lines(why) };
        return Ending::Otherwise(format!("the model refused, and what it began to say does not count. {why}"));
    }
    Ending::Otherwise(format!("the model stopped: {}", short(ended["unknown"].as_str().unwrap_or("for an unknown reason"), 200)))
}

fn next_step(kind: &str) -> &'static str {
    match kind {
        "key" => "Check ANTHROPIC_API_KEY. Your message is kept; then: growqr agents resume grow",
        "no_credit" => "Look at billing in the provider's console. Your message is kept; then: growqr agents resume grow",
        "offline" => "Your message is kept. When the network is back: growqr agents resume grow",
        "unknown_model" => "Choose another: growqr config set model claude-opus-4-7",
        "busy" | "unavailable" | "broken" | "aborted" | "interrupted" => {
            "Your message is kept. Try again later: growqr agents resume grow"
        }
        "prompt_too_long" | "too_large" => "Say it again shorter; what was said before will be carried along in short.",
        "past_refused" => "Say it again; what was said before will be carried along in short.",
        _ => "Your message is kept.",
    }
}

fn text<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    path.iter().fold(value, |value, field| &value[*field]).as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_ending_says_what_to_do_next() {
        assert_eq!(ending(&json!({"ended": "done"})), Ending::Done);
        for limit in ["per_message", "per_day", "per_month", "allowance", "calls"] {
            let Ending::Otherwise(text) = ending(&json!({"ended": {"limit": limit}})) else { panic!("{limit}") };
            assert!(text.starts_with("paused: "), "{text}");
        }
        let short = json!({"ended": {"limit": "per_day"}, "shortfall": {"needed": 63_000_000, "available": 20_000_000}});
        let Ending::Otherwise(text) = ending(&short) else { panic!("a limit") };
        assert!(text.contains("can cost up to $0.63, and $0.20 is left of the budget of the day"), "{text}");
        let failed = json!({"ended": {"failed": {"kind": "offline", "message": "No connection."}}});
        let Ending::Otherwise(text) = ending(&failed) else { panic!("failed") };
        assert_eq!(text, "No connection. Your message is kept. When the network is back: growqr agents resume grow");
    }
}
