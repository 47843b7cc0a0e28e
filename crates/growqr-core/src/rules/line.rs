//! One rule and its text form, which is stored, printed and entered:
//!
//! ```text
//! allow|ask|deny TOOL [path=PATTERN | host=PATTERN | command=PATTERN] [agent=PATTERN | depth=N | depth=N+] [risky]
//! ```
//!
//! In a pattern, `*` stands for any characters, also `/`; `?` for one character; `[*]` for the character itself. A value with
//! spaces stands in double quotes.

use super::call::{Argument, ArgumentKind, CallFacts};
use glob::{MatchOptions, Pattern};
use std::fmt;
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is carried out.
    Allow,
    /// The person is asked first.
    Ask,
    /// It is refused.
    Deny,
}

impl Decision {
    /// Its name in the text form, in JSON and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Allow => "allow",
            Decision::Ask => "ask",
            Decision::Deny => "deny",
        }
    }
}

/// A rule: which calls it is about, and what happens to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What happens to the calls.
    pub decision: Decision,
    /// The names of the tools.
    pub tool: Glob,
    /// The argument, if the rule is about certain arguments only.
    pub argument: Option<(ArgumentKind, Glob)>,
    /// The agents.
    pub agents: Agents,
    /// The calls are risky: if the rule allows them, they still need a question in a turn that has read untrusted text.
    pub is_risky: bool,
}

/// The agents that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agents {
    /// All of them.
    All,
    /// Those whose id matches.
    Id(Glob),
    /// Those at this depth; 0 is the Grow Agent.
    Depth(u32),
    /// Those at this depth or deeper.
    FromDepth(u32),
}

/// A pattern, and the same pattern in lower case and normal form C.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    exact: Pattern,
    folded: Pattern,
}

const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: false, require_literal_leading_dot: false };

impl Glob {
    /// The pattern that matches only this text; `None` if the text cannot be written in a rule.
    #[must_use]
    pub fn literal(text: &str) -> Option<Glob> {
        Pattern::escape(text).parse().ok()
    }

    /// Whether the text matches exactly.
    fn matches(&self, text: &str) -> bool {
        self.exact.matches_with(text, OPTIONS)
    }

    /// Whether the text matches in any spelling that a file system may treat as the same name.
    fn matches_folded(&self, text: &str) -> bool {
        self.matches(text) || self.folded.matches_with(&fold(text), OPTIONS)
    }
}

fn fold(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}

impl FromStr for Glob {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Glob, RuleError> {
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(RuleError::Pattern { pattern: text.to_owned(), problem: "it is empty or has a control character" });
        }
        let pattern =
            |text: &str| Pattern::new(text).map_err(|error| RuleError::Pattern { pattern: text.to_owned(), problem: error.msg });
        Ok(Glob { exact: pattern(text)?, folded: pattern(&fold(text))? })
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.exact.as_str())
    }
}

/// Why a text is not a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Neither a decision nor a tool, or an open quote.
    #[error("a rule is: allow|ask|deny TOOL [path=P | host=P | command=P] [agent=P | depth=N | depth=N+] [risky]")]
    Shape,
    /// A word that has no meaning here.
    #[error("{0:?} has no meaning in a rule; expected path=, host=, command=, agent=, depth= or risky")]
    Word(String),
    /// The same kind of condition twice.
    #[error("{0:?} is a second condition of the same kind")]
    Twice(String),
    /// Not a pattern.
    #[error("{pattern:?} is not a pattern: {problem}")]
    Pattern {
        /// The text.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Rule {
    /// Whether the rule is about this call. A rule that allows matches only what is certain; a rule that asks or denies also
    /// matches another spelling of the same path, and an argument that cannot be read.
    #[must_use]
    pub fn matches(&self, call: &CallFacts) -> bool {
        self.tool.matches(call.tool) && self.agents.contain(call) && self.matches_argument(call)
    }

    fn matches_argument(&self, call: &CallFacts) -> bool {
        let Some((kind, pattern)) = &self.argument else { return true };
        match (call.argument(), self.decision) {
            (Argument::None, _) => false,
            (Argument::Unclear(of), decision) => of == kind && decision != Decision::Allow,
            (Argument::Known(of, value), Decision::Allow) => of == kind && pattern.matches(value),
            (Argument::Known(of, value), _) => of == kind && pattern.matches_folded(value),
        }
    }
}

impl Agents {
    fn contain(&self, call: &CallFacts) -> bool {
        match self {
            Agents::All => true,
            Agents::Id(pattern) => pattern.matches(call.agent.as_str()),
            Agents::Depth(depth) => call.depth == *depth,
            Agents::FromDepth(depth) => call.depth >= *depth,
        }
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Rule, RuleError> {
        let words = shlex::split(text).ok_or(RuleError::Shape)?;
        let [decision, tool, conditions @ ..] = &words[..] else { return Err(RuleError::Shape) };
        let decision = match decision.as_str() {
            "allow" => Decision::Allow,
            "ask" => Decision::Ask,
            "deny" => Decision::Deny,
            _ => return Err(RuleError::Shape),
        };
        let mut rule = Rule { decision, tool: tool.parse()?, argument: None, agents: Agents::All, is_risky: false };
        conditions.iter().try_for_each(|word| rule.add_condition(word))?;
        Ok(rule)
    }
}

impl Rule {
    fn add_condition(&mut self, word: &str) -> Result<(), RuleError> {
        let twice = || RuleError::Twice(word.to_owned());
        let unknown = || RuleError::Word(word.to_owned());
        match word.split_once('=') {
            None if word == "risky" && self.is_risky => return Err(twice()),
            None if word == "risky" => self.is_risky = true,
            Some(("agent" | "depth", _)) if self.agents != Agents::All => return Err(twice()),
            Some(("agent", pattern)) => self.agents = Agents::Id(pattern.parse()?),
            Some(("depth", depth)) => {
                let number = |text: &str| text.parse().map_err(|_| unknown());
                self.agents = match depth.strip_suffix('+') {
                    Some(least) => Agents::FromDepth(number(least)?),
                    None => Agents::Depth(number(depth)?),
                };
            }
            Some((kind, pattern)) => {
                let kind = ArgumentKind::named(kind).ok_or_else(unknown)?;
                if self.argument.is_some() {
                    return Err(twice());
                }
                self.argument = Some((kind, pattern.parse()?));
            }
            None => return Err(unknown()),
        }
        Ok(())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decision.as_str(), quoted(&self.tool))?;
        if let Some((kind, pattern)) = &self.argument {
            write!(f, " {}={}", kind.as_str(), quoted(pattern))?;
        }
        match &self.agents {
            Agents::All => {}
            Agents::Id(pattern) => write!(f, " agent={}", quoted(pattern))?,
            Agents::Depth(depth) => write!(f, " depth={depth}")?,
            Agents::FromDepth(depth) => write!(f, " depth={depth}+")?,
        }
        if self.is_risky { f.write_str(" risky") } else { Ok(()) }
    }
}

/// In double quotes if the parser would otherwise read it differently.
fn quoted(pattern: &Glob) -> String {
    let text = pattern.to_string();
    if text.chars().any(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | '#' | '$' | '`')) {
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`"));
    }
    text
}
