//! A call as the rules see it: the tool, its argument in normal form, and the agent.

use crate::id::AgentId;
use crate::raw::RawJson;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cell::OnceCell;
use url::Url;

/// The kind of the argument that rules compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArgumentKind {
    /// A path with `/` between its parts.
    Path,
    /// The host of a web address.
    Host,
    /// A command line.
    Command,
}

impl ArgumentKind {
    /// Its name in rules.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ArgumentKind::Path => "path",
            ArgumentKind::Host => "host",
            ArgumentKind::Command => "command",
        }
    }

    pub(super) fn named(name: &str) -> Option<ArgumentKind> {
        [ArgumentKind::Path, ArgumentKind::Host, ArgumentKind::Command].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Where a tool's input has the argument that rules compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgumentField {
    /// What it is.
    pub kind: ArgumentKind,
    /// The field of the input.
    pub field: String,
}

/// The argument of a call in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// The tool has no argument that rules compare.
    None,
    /// Two calls with the same value concern the same thing.
    Known(ArgumentKind, String),
    /// Missing, or not readable with certainty, such as a path with `..` or a command with a second command in it.
    Unclear(ArgumentKind),
}

/// A call, as far as rules look at it. The model's input is read only if a rule is about arguments.
#[derive(Debug)]
pub struct CallFacts<'a> {
    /// The name of the tool.
    pub tool: &'a str,
    /// The agent that calls.
    pub agent: &'a AgentId,
    /// Its depth.
    pub depth: u32,
    field: Option<&'a ArgumentField>,
    input: &'a RawJson,
    argument: OnceCell<Argument>,
}

impl<'a> CallFacts<'a> {
    /// The facts of this call; `field` is where the tool's input has its argument.
    #[must_use]
    pub fn new(
        tool: &'a str,
        field: Option<&'a ArgumentField>,
        input: &'a RawJson,
        agent: &'a AgentId,
        depth: u32,
    ) -> CallFacts<'a> {
        CallFacts { tool, agent, depth, field, input, argument: OnceCell::new() }
    }

    /// The argument in normal form.
    #[must_use]
    pub fn argument(&self) -> &Argument {
        self.argument.get_or_init(|| {
            let Some(ArgumentField { kind, field }) = self.field else { return Argument::None };
            let input: Option<Value> = serde_json::from_str(self.input.text()).ok();
            let text = input.as_ref().and_then(|input| input.get(field)).and_then(Value::as_str);
            let normal = text.and_then(|text| match kind {
                ArgumentKind::Path => normal_path(text),
                ArgumentKind::Host => normal_host(text),
                ArgumentKind::Command => single_command(text),
            });
            normal.map_or(Argument::Unclear(*kind), |value| Argument::Known(*kind, value))
        })
    }
}

/// A relative path without empty parts and `.`; `None` if another system may read it differently.
fn normal_path(text: &str) -> Option<String> {
    if text.chars().any(|c| c.is_control() || c == '\\' || c == ':') {
        return None;
    }
    let root = if text.starts_with('/') { "/" } else { "" };
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    // Windows ignores dots and spaces at the end of a name.
    if parts.is_empty() || parts.iter().any(|part| part.ends_with(['.', ' '])) {
        return None;
    }
    Some(format!("{root}{}", parts.join("/")))
}

/// The host of an `http` or `https` address, in lower case and Punycode.
fn normal_host(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?.trim_end_matches('.');
    (!host.is_empty()).then(|| host.to_owned())
}

/// A command line that a shell reads as one command without expansions.
fn single_command(text: &str) -> Option<String> {
    let has_syntax = text.chars().any(|c| c.is_control() || ";&|<>$`(){}\\!^%".contains(c));
    let command = text.trim();
    (!has_syntax && !command.is_empty()).then(|| command.to_owned())
}
