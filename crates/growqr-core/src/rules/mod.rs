//! Rules decide a tool call before it starts: allow it, ask the person, or refuse it.
//!
//! Rules are lines in order, and the last line that matches decides: first the built-in lines, then those that the person has
//! added, by hand or with an answer, in the order in which they were added. Each line is checked and shown in its text form
//! ([`Rule`]).

mod call;
mod line;
mod spelling;

pub use call::{Argument, ArgumentField, ArgumentKind, CallFacts, Reach};
pub use line::{Agents, Decision, Glob, Risk, Rule, RuleError};
pub use spelling::fold;

use serde::{Deserialize, Serialize};

/// The built-in lines. Reading memory and skills, changes of memory (each can be undone) and messages between agents need no question;
/// every tool that is not named here does. The folders of the person are chosen for the Grow Agent: its sub-agents ask.
/// What a line lets them read there they read without a question also after untrusted text, which every file is.
const BUILT_IN: [&str; 20] = [
    "ask * as risky",
    "allow spawn_sub_agent",
    "allow wait_for_sub_agents",
    "allow message_sub_agent",
    "allow cancel_sub_agent",
    "allow ask_user",
    "allow read_message",
    "allow read_memory",
    "allow list_memory",
    "allow search_memory",
    "allow read_skill",
    "allow commit_memory",
    "allow delete_memory",
    "allow search_tools",
    "ask list_files as safe",
    "ask read_file as safe",
    "ask search_files as safe",
    "allow list_files depth=0",
    "allow read_file depth=0",
    "allow search_files depth=0",
];

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleOrigin {
    /// Part of the program.
    BuiltIn,
    /// The person added it.
    Person,
    /// An answer added it, for one agent or for all.
    Answer,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLine {
    /// The rule.
    pub rule: Rule,
    /// Where it comes from.
    pub origin: RuleOrigin,
}

/// All lines, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules(Vec<RuleLine>);

/// The decision about a call, and the line that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided<'a> {
    /// Whether the call is risky: the last of the person's lines that matches and says so or says the opposite; otherwise the
    /// last built-in line. To allow a call does not make it less risky.
    pub is_risky: bool,
    /// The deciding line.
    pub line: &'a RuleLine,
    /// Its index among all lines.
    pub index: usize,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules::new([])
    }
}

impl Rules {
    /// The built-in lines, then these.
    ///
    /// # Panics
    /// Never: a test parses the built-in lines.
    #[must_use]
    pub fn new(lines: impl IntoIterator<Item = RuleLine>) -> Rules {
        let built_in = BUILT_IN.iter().map(|text| {
            let rule = text.parse().expect("a built-in line is a rule");
            RuleLine { rule, origin: RuleOrigin::BuiltIn }
        });
        Rules(built_in.chain(lines).collect())
    }

    /// All lines, in order.
    #[must_use]
    pub fn lines(&self) -> &[RuleLine] {
        &self.0
    }

    /// The decision about a call: the last line that matches.
    ///
    /// # Panics
    /// Never: the first built-in line matches every call.
    #[must_use]
    pub fn decide(&self, call: &CallFacts) -> Decided<'_> {
        let mut matching = self.0.iter().enumerate().rev().filter(|(_, line)| line.rule.matches(call));
        let (index, line) = matching.next().expect("the first line matches every call");
        let mut risk = line.rule.risk;
        let mut origin = line.origin;
        while risk.is_none()
            && origin != RuleOrigin::BuiltIn
            && let Some((_, earlier)) = matching.next()
        {
            (risk, origin) = (earlier.rule.risk, earlier.origin);
        }
        let is_risky = risk == Some(Risk::Risky);
        Decided { is_risky, line, index }
    }
}

#[cfg(test)]
mod tests;
