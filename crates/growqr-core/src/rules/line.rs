//! One rule and its text form, which is stored, printed and entered:
//!
//! ```text
//! allow|ask|hold|deny TOOL [path=PATTERN | host=PATTERN | command=PATTERN] [agent=PATTERN | depth=N | depth=N+] [hash=HASH] [as risky | as safe]
//! ```
//!
//! `hash=` is in the lines of answers about tools of other programs: such a line is about the program, description and schema that
//! the person saw, and about no later ones with the same name.
//!
//! `as risky` and `as safe` are no conditions: they say what the calls are that match. In a pattern, `*` stands for any characters, also `/`; `?` for one character; `[*]` for the character itself. A value with
//! spaces stands in double quotes.

use super::call::{Argument, ArgumentKind, CallFacts};
use super::spelling::fold;
use glob::{MatchOptions, Pattern};
use std::fmt;
use std::str::FromStr;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is carried out.
    Allow,
    /// The person is asked first.
    Ask,
    /// A change of memory is made on a branch of its own and waits there for the person's approval. Concerns no other call.
    Hold,
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
            Decision::Hold => "hold",
            Decision::Deny => "deny",
        }
    }
}

/// The tools whose calls can be held.
const CHANGES_OF_MEMORY: [&str; 2] = ["commit_memory", "delete_memory"];

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
    /// The hash of the tool's definition ([`crate::tool::OfferedTool::hash`]), if the rule is about that definition alone.
    pub hash: Option<String>,
    /// Whether the calls are risky; `None`: the lines before it say so.
    pub risk: Option<Risk>,
}

/// Whether a call needs a question in a turn that has read untrusted text, although a rule allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    /// It does.
    Risky,
    /// It does not.
    Safe,
}

impl Risk {
    fn as_str(self) -> &'static str {
        match self {
            Risk::Risky => "risky",
            Risk::Safe => "safe",
        }
    }

    fn named(name: &str) -> Option<Risk> {
        [Risk::Risky, Risk::Safe].into_iter().find(|risk| risk.as_str() == name)
    }
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

    /// The pattern that matches every text.
    ///
    /// # Panics
    /// Never: `*` is a pattern.
    #[must_use]
    pub fn all() -> Glob {
        "*".parse().expect("`*` is a pattern")
    }

    /// The pattern that matches every text that begins so; `None` if the text cannot be written in a rule.
    #[must_use]
    pub fn beginning(text: &str) -> Option<Glob> {
        format!("{}*", Pattern::escape(text)).parse().ok()
    }

    /// Whether the text matches exactly.
    fn matches(&self, text: &str) -> bool {
        self.exact.matches_with(text, OPTIONS)
    }

    /// Whether a text matches in any spelling that a file system may treat as the same name. `folded` is the text after [`fold`].
    fn matches_folded(&self, folded: &str) -> bool {
        self.folded.matches_with(folded, OPTIONS)
    }

    /// Whether every text matches that begins so.
    fn matches_all_from(&self, start: &str) -> bool {
        self.exact.as_str().ends_with('*') && self.matches(start)
    }

    /// Whether a text may match that begins so after [`fold`]; may be true although none does.
    fn may_match_from(&self, folded: &str) -> bool {
        let pattern = self.folded.as_str();
        let literal = pattern.find(['*', '?', '[']).map_or(pattern, |end| &pattern[..end]);
        literal.starts_with(folded) || folded.starts_with(literal)
    }
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
    #[error(
        "a rule is: allow|ask|hold|deny TOOL [path=P | host=P | command=P] [agent=P | depth=N | depth=N+] [hash=H] [as risky | as safe]"
    )]
    Shape,
    /// A word that has no meaning here.
    #[error(
        "{0:?} has no meaning in a rule; expected path=, host=, command=, agent=, depth=, hash=, \"as risky\" or \"as safe\""
    )]
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
        let is_concerned = self.decision != Decision::Hold || CHANGES_OF_MEMORY.contains(&call.tool);
        let is_same = self.hash.is_none() || self.hash.as_deref() == call.hash;
        is_concerned && is_same && self.tool.matches(call.tool) && self.agents.contain(call) && self.matches_argument(call)
    }

    fn matches_argument(&self, call: &CallFacts) -> bool {
        let Some((kind, pattern)) = &self.argument else { return true };
        let allows = self.decision == Decision::Allow;
        match call.argument() {
            Argument::None => false,
            Argument::Unclear(of) => of == kind && !allows,
            Argument::One(of, value) if allows => of == kind && pattern.matches(value),
            Argument::One(of, _) => of == kind && pattern.matches_folded(call.folded_argument()),
            Argument::Beginning(of, start) if allows => of == kind && pattern.matches_all_from(start),
            Argument::Beginning(of, _) => of == kind && pattern.may_match_from(call.folded_argument()),
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
            "hold" => Decision::Hold,
            "deny" => Decision::Deny,
            _ => return Err(RuleError::Shape),
        };
        let mut rule = Rule { decision, tool: tool.parse()?, argument: None, agents: Agents::All, hash: None, risk: None };
        let conditions = match conditions {
            [before @ .., last, risk] if last == "as" => {
                rule.risk = Some(Risk::named(risk).ok_or_else(|| RuleError::Word(format!("as {risk}")))?);
                before
            }
            all => all,
        };
        conditions.iter().try_for_each(|word| rule.add_condition(word))?;
        Ok(rule)
    }
}

impl Rule {
    fn add_condition(&mut self, word: &str) -> Result<(), RuleError> {
        let twice = || RuleError::Twice(word.to_owned());
        let unknown = || RuleError::Word(word.to_owned());
        match word.split_once('=') {
            Some(("agent" | "depth", _)) if self.agents != Agents::All => return Err(twice()),
            Some(("agent", pattern)) => self.agents = Agents::Id(pattern.parse()?),
            Some(("depth", depth)) => {
                let number = |text: &str| text.parse().map_err(|_| unknown());
                self.agents = match depth.strip_suffix('+') {
                    Some(least) => Agents::FromDepth(number(least)?),
                    None => Agents::Depth(number(depth)?),
                };
            }
            Some(("hash", _)) if self.hash.is_some() => return Err(twice()),
            Some(("hash", hash)) if is_hash(hash) => self.hash = Some(hash.to_owned()),
            Some((kind, pattern)) => {
                let kind = ArgumentKind::named(kind).ok_or_else(unknown)?;
                if self.argument.is_some() {
                    return Err(twice());
                }
                if kind == ArgumentKind::Path && pattern.contains('\\') {
                    return Err(RuleError::Pattern { pattern: pattern.to_owned(), problem: "write / between folders" });
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
        if let Some(hash) = &self.hash {
            write!(f, " hash={hash}")?;
        }
        self.risk.map_or(Ok(()), |risk| write!(f, " as {}", risk.as_str()))
    }
}

fn is_hash(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// In double quotes if the parser would otherwise read it differently.
fn quoted(pattern: &Glob) -> String {
    let text = pattern.to_string();
    if text.chars().any(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | '#' | '$' | '`')) {
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`"));
    }
    text
}
