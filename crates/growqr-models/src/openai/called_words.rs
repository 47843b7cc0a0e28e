//! Tool calls that a model has written as words into its answer, because its server did not take them out.
//!
//! Two forms are known: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, and `<function=NAME>` with
//! `<parameter=NAME>value</parameter>`. A call counts only if it is whole and its tool is offered; half calls stay words.
//! [`Heard`] tells a call from a quotation of one.

use growqr_core::model::ModelRequest;
use growqr_core::prompt::{Block, Message, Role, Tool, blocks};
use growqr_core::raw::RawJson;
use serde_json::{Map, Value};

/// A call that was written as words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CalledWords {
    pub name: String,
    /// The JSON text of its arguments.
    pub arguments: String,
}

/// How the id of a call that was written as words begins.
pub(super) const WORDS_ID: &str = "words_";

/// The conversation before an answer, which decides whether words of the answer are calls.
///
/// Words are carried out only if all of this holds. (1) They are the end of the answer, on lines of their own and outside of a code
/// block ([`super::words`]): an explanation goes on after its example. (2) The model has made no structured call in this segment:
/// one such call shows that its server takes calls out of the text, so words that remain are a quotation. (3) They do not stand in
/// anything that the model was given to read, apart from white space: a page that contains a call must not be able to make it by
/// being quoted.
#[derive(Default)]
pub(super) struct Heard {
    messages: Vec<Message>,
}

impl Heard {
    /// The messages of a request.
    pub fn of(request: &ModelRequest) -> Heard {
        Heard { messages: request.messages.clone() }
    }

    /// Whether these words at the end of the answer may be carried out.
    pub fn allows(&self, words: &str) -> bool {
        !self.has_structured_call() && !self.contains(words)
    }

    fn has_structured_call(&self) -> bool {
        let answers = self.messages.iter().filter(|message| message.role == Role::Assistant);
        let mut answered = answers.flat_map(|message| blocks(&message.content));
        answered.any(|block| matches!(block, Block::Call { id, .. } if !id.as_str().starts_with(WORDS_ID)))
    }

    /// Whether any of the calls in these words stands in what the model has read. JSON may have escaped it there.
    fn contains(&self, words: &str) -> bool {
        let call = compact(words);
        let parts: Vec<&str> = call.split("</tool_call>").filter(|part| !part.is_empty()).collect();
        let read = self.messages.iter().filter(|message| message.role == Role::User);
        let mut texts = read.flat_map(|message| blocks(&message.content)).filter_map(|block| match block {
            Block::Text(text) => Some(text),
            Block::Result { content, .. } => Some(content),
            Block::Thinking(_) | Block::Call { .. } | Block::Attachment(_) | Block::Other(_) => None,
        });
        texts.any(|text| {
            let text = compact(&text);
            parts.iter().any(|part| text.contains(part))
        })
    }
}

/// A text without white space, and without the escapes that it gets inside of JSON.
fn compact(text: &str) -> String {
    text.replace("\\n", "").chars().filter(|char| !char.is_whitespace() && *char != '\\').collect()
}

/// The calls in a text, if it consists of whole calls of offered tools and nothing else.
pub(super) fn calls_in(text: &str, tools: &[Tool]) -> Option<Vec<CalledWords>> {
    let mut calls = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (call, after) = next_call(rest, tools)?;
        calls.push(call);
        rest = after.trim_start();
    }
    (!calls.is_empty()).then_some(calls)
}

fn next_call<'a>(text: &'a str, tools: &[Tool]) -> Option<(CalledWords, &'a str)> {
    let (inner, is_wrapped) = match text.strip_prefix("<tool_call>") {
        Some(inner) => (inner.trim_start(), true),
        None => (text, false),
    };
    let (call, rest) = if inner.starts_with('{') { json_call(inner, tools)? } else { tagged_call(inner, tools)? };
    let rest = rest.trim_start();
    match rest.strip_prefix("</tool_call>") {
        Some(rest) => Some((call, rest)),
        None if is_wrapped => None,
        None => Some((call, rest)),
    }
}

fn json_call<'a>(text: &'a str, tools: &[Tool]) -> Option<(CalledWords, &'a str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let call = values.next()?.ok()?;
    let rest = &text[values.byte_offset()..];
    let name = call["name"].as_str().filter(|name| tool(tools, name).is_some())?.to_owned();
    let arguments = match call.get("arguments").or(call.get("parameters")) {
        Some(Value::String(text)) => text.clone(),
        Some(arguments @ Value::Object(_)) => arguments.to_string(),
        None => "{}".to_owned(),
        Some(_) => return None,
    };
    Some((CalledWords { name, arguments }, rest))
}

fn tagged_call<'a>(text: &'a str, tools: &[Tool]) -> Option<(CalledWords, &'a str)> {
    let (name, mut rest) = text.strip_prefix("<function=")?.split_once('>')?;
    let schema = tool(tools, name.trim())?.input_schema.clone();
    let schema: Value = serde_json::from_str(schema.text()).unwrap_or_default();
    let mut arguments = Map::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("</function>") {
            let arguments = RawJson::of(&arguments).text().to_owned();
            return Some((CalledWords { name: name.trim().to_owned(), arguments }, after));
        }
        let (parameter, after) = rest.strip_prefix("<parameter=")?.split_once('>')?;
        let (value, after) = after.split_once("</parameter>")?;
        let value = value.strip_prefix('\n').unwrap_or(value);
        let value = value.strip_suffix('\n').unwrap_or(value);
        let parameter = parameter.trim();
        arguments.insert(parameter.to_owned(), typed(value, &schema["properties"][parameter]));
        rest = after;
    }
}

fn tool<'a>(tools: &'a [Tool], name: &str) -> Option<&'a Tool> {
    tools.iter().find(|tool| tool.name == name)
}

/// A value in the type that the schema wants. Words have no types.
fn typed(text: &str, schema: &Value) -> Value {
    let parsed = || serde_json::from_str::<Value>(text.trim()).ok().filter(|value| !value.is_string());
    let wants_text = schema["type"].as_str().is_none_or(|kind| kind == "string");
    if wants_text { None } else { parsed() }.unwrap_or_else(|| Value::from(text))
}

/// Takes values that the schema wants as an array or object and that came as text. Returns `None` if nothing is to be changed.
pub(super) fn untexted(input: &str, tool: &Tool) -> Option<String> {
    let mut input: Map<String, Value> = serde_json::from_str(input).ok()?;
    let schema: Value = serde_json::from_str(tool.input_schema.text()).ok()?;
    let mut is_changed = false;
    for (name, value) in &mut input {
        let kind = schema["properties"][name]["type"].as_str();
        let Some(text) = value.as_str() else { continue };
        let parsed = match kind {
            Some("array") => serde_json::from_str::<Value>(text).ok().filter(Value::is_array),
            Some("object") => serde_json::from_str::<Value>(text).ok().filter(Value::is_object),
            _ => None,
        };
        if let Some(parsed) = parsed {
            *value = parsed;
            is_changed = true;
        }
    }
    is_changed.then(|| RawJson::of(&input).text().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tools() -> Vec<Tool> {
        let properties = json!({"path": {"type": "string"}, "lines": {"type": "array"}, "all": {"type": "boolean"}});
        let input_schema = RawJson::of(&json!({"type": "object", "properties": properties}));
        vec![Tool { name: "read".to_owned(), description: String::new(), input_schema }]
    }

    #[test]
    fn both_known_forms_are_read() {
        let one = |arguments: &str| vec![CalledWords { name: "read".to_owned(), arguments: arguments.to_owned() }];
        let table = [
            ("<tool_call>\n{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}\n</tool_call>", r#"{"path":"a"}"#),
            ("<function=read>\n<parameter=path>\na\n</parameter>\n</function>\n</tool_call>", r#"{"path":"a"}"#),
            ("<tool_call><function=read></function></tool_call>", "{}"),
            ("<function=read><parameter=all>true</parameter></function>", r#"{"all":true}"#),
            ("<function=read><parameter=path>true</parameter></function>", r#"{"path":"true"}"#),
        ];
        for (text, arguments) in table {
            assert_eq!(calls_in(text, &tools()), Some(one(arguments)), "{text}");
        }
        let two = "<function=read></function>\n<function=read></function>";
        assert_eq!(calls_in(two, &tools()).map(|calls| calls.len()), Some(2));
    }

    #[test]
    fn half_calls_and_unknown_tools_stay_words() {
        for text in [
            "<tool_call>{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}",
            "<tool_call>{\"name\": \"read\", \"argum",
            "<function=read>\n<parameter=path>\na",
            "<function=delete></function>",
            "<function=read></function> and so on",
            "",
        ] {
            assert_eq!(calls_in(text, &tools()), None, "{text}");
        }
    }

    #[test]
    fn arrays_that_came_as_text_are_taken_where_the_schema_wants_them() {
        let tool = &tools()[0];
        assert_eq!(untexted(r#"{"lines":"[1, 2]"}"#, tool).as_deref(), Some(r#"{"lines":[1,2]}"#));
        for kept in [r#"{"path":"[1]"}"#, r#"{"lines":"one"}"#, r#"{"lines":[1]}"#, "{"] {
            assert_eq!(untexted(kept, tool), None, "{kept}");
        }
    }
}
