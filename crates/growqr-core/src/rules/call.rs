//! A call as the rules see it: the tool, its argument in normal form, and the agent.

use super::spelling::fold;
use crate::id::AgentId;
use crate::raw::RawJson;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::cell::OnceCell;
use std::fmt;
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

/// What the calls of a tool concern, as rules compare it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgumentField {
    /// The kind of thing.
    pub kind: ArgumentKind,
    /// Which of them.
    pub reach: Reach,
}

/// Which things one call of a tool concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The one that this field of the input names.
    One(String),
    /// All whose name begins with this field of the input; all, if the input does not have the field.
    Beginning(String),
    /// All of them.
    All,
}

/// The argument of a call in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// The tool has no argument that rules compare.
    None,
    /// Two calls with the same value concern the same thing.
    One(ArgumentKind, String),
    /// The call concerns everything that begins with this text.
    Beginning(ArgumentKind, String),
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
    /// The hash of the tool's definition, if it has one.
    pub hash: Option<&'a str>,
    field: Option<&'a ArgumentField>,
    input: &'a RawJson,
    argument: OnceCell<Argument>,
    folded: OnceCell<String>,
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
        CallFacts { tool, agent, depth, hash: None, field, input, argument: OnceCell::new(), folded: OnceCell::new() }
    }

    /// The facts of a call of a tool with this hash of its definition.
    #[must_use]
    pub fn with_hash(self, hash: Option<&'a str>) -> CallFacts<'a> {
        CallFacts { hash, ..self }
    }

    /// The value of the argument after [`fold`]; empty if it has none.
    pub(super) fn folded_argument(&self) -> &str {
        self.folded.get_or_init(|| match self.argument() {
            Argument::One(_, value) | Argument::Beginning(_, value) => fold(value),
            Argument::None | Argument::Unclear(_) => String::new(),
        })
    }

    /// The text of the field that names one thing, as the model wrote it; `None` if it is not certain.
    #[must_use]
    pub fn argument_text(&self) -> Option<String> {
        match self.field.map(|field| &field.reach) {
            Some(Reach::One(field)) => match field_of(self.input, field) {
                Some(Field::Text(text)) => Some(text),
                Some(Field::Missing) | None => None,
            },
            Some(Reach::Beginning(_) | Reach::All) | None => None,
        }
    }

    /// The argument in normal form.
    #[must_use]
    pub fn argument(&self) -> &Argument {
        self.argument.get_or_init(|| {
            let Some(ArgumentField { kind, reach }) = self.field else { return Argument::None };
            let kind = *kind;
            let argument = match reach {
                Reach::All => Some(Argument::Beginning(kind, String::new())),
                Reach::One(field) => match field_of(self.input, field) {
                    Some(Field::Text(text)) => normal(kind, &text).map(|value| Argument::One(kind, value)),
                    _ => None,
                },
                Reach::Beginning(field) => match field_of(self.input, field) {
                    Some(Field::Missing) => Some(Argument::Beginning(kind, String::new())),
                    Some(Field::Text(text)) => normal_beginning(kind, &text).map(|value| Argument::Beginning(kind, value)),
                    None => None,
                },
            };
            argument.unwrap_or(Argument::Unclear(kind))
        })
    }
}

/// A field of an input.
enum Field {
    Missing,
    Text(String),
}

/// The field of this name; `None` if the input is no object, has the field twice, or has no text in it. Programs differ in which
/// of two equal fields they read.
fn field_of(input: &RawJson, name: &str) -> Option<Field> {
    let fields: Fields = serde_json::from_str(input.text()).ok()?;
    let mut found = fields.0.into_iter().filter(|(field, _)| field == name).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (None | Some(Value::Null), None) => Some(Field::Missing),
        (Some(Value::String(text)), None) => Some(Field::Text(text)),
        _ => None,
    }
}

/// The fields of an object, equal ones included.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

fn normal(kind: ArgumentKind, text: &str) -> Option<String> {
    match kind {
        ArgumentKind::Path => normal_path(text),
        ArgumentKind::Host => normal_host(text),
        ArgumentKind::Command => single_command(text),
    }
}

/// The normal form of the beginning of a value.
fn normal_beginning(kind: ArgumentKind, text: &str) -> Option<String> {
    if kind != ArgumentKind::Path {
        return None;
    }
    if text.is_empty() || text == "." || text == "./" {
        return Some(String::new());
    }
    let folder = if text.ends_with('/') { "/" } else { "" };
    normal_path(text).map(|path| format!("{path}{folder}"))
}

/// A path without empty parts and `.`; `None` if another system may read it differently.
fn normal_path(text: &str) -> Option<String> {
    if text.chars().any(|c| c.is_control() || c == '\\' || c == ':') {
        return None;
    }
    let root = if text.starts_with('/') { "/" } else { "" };
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    // Windows ignores dots and spaces at the end of a name, and gives long names a second, short one such as `PRIVAT~1`.
    let is_unclear = |part: &&str| part.ends_with(['.', ' ']) || part.contains('~');
    if parts.is_empty() || parts.iter().any(is_unclear) {
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

/// A command line that every shell reads as one command, word by word as it stands: no quotes, expansions, or further commands,
/// and a program that is named without its folder and without variables before it.
fn single_command(text: &str) -> Option<String> {
    let has_syntax = text.chars().any(|c| c.is_control() || ";&|<>$`(){}[]*?~#'\"\\!^%".contains(c));
    let words: Vec<&str> = text.split_whitespace().collect();
    let program = words.first()?;
    let is_plain = !has_syntax && !program.contains(['/', '=']);
    is_plain.then(|| words.join(" "))
}
