//! Looks through the prompt of a request: its parts, and what costs more than its size tells.

use crate::fields::Fields;
use crate::refusal::Refusal;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// At most this many tokens for one picture.
const PICTURE_TOKENS: u64 = 5_000;

/// At most this many tokens does the service add to a prompt with tools.
const TOOLS_TOKENS: u64 = 1_000;

/// The tokens of a part whose bytes do not bound them: a document's pages are compressed, and nothing is known about new kinds of
/// blocks. Only the context window of the model bounds them.
pub(crate) const UNBOUNDED: u64 = u64::MAX;

/// Kinds of blocks with at most one token for each byte, besides pictures and documents inside them.
const BOUNDED: &[&str] =
    &["text", "image", "document", "thinking", "redacted_thinking", "tool_use", "tool_result", "search_result", "tool_reference"];

/// A part of the prompt: the system text, the tools, one message, or all the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Its JSON text; `None` for all the rest.
    pub text: Option<&'a str>,
    /// At most this many tokens.
    pub tokens: u64,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Scan<'a> {
    pub parts: Vec<Part<'a>>,
    pub caches_for_an_hour: bool,
    /// What the part that is looked through may cost besides its bytes.
    besides: u64,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// A content block, or a tool.
#[derive(Deserialize)]
struct Block<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    source: Option<Source<'a>>,
    #[serde(borrow)]
    cache_control: Option<CacheControl<'a>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Source<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct CacheControl<'a> {
    #[serde(borrow)]
    ttl: Option<Cow<'a, str>>,
}

/// Looks through the fields of a body of this size.
pub(crate) fn scan<'a>(fields: &Fields<'a>, size: usize) -> Result<Scan<'a>, Refusal> {
    let mut scan = Scan::default();
    if let Some(control) = fields.optional::<Option<CacheControl<'_>>>("cache_control")? {
        scan.note_cache(control.as_ref());
    }
    if let Some(system) = fields.raw("system") {
        scan.content(system, 0)?;
        scan.add(system);
    }
    if let Some(tools) = fields.raw("tools") {
        for tool in fields.optional::<Vec<Block<'_>>>("tools")?.unwrap_or_default() {
            if tool.kind.as_deref().is_some_and(|kind| kind != "custom") {
                return Err(Refusal::invalid("tools: tools of the service cannot be used here"));
            }
            scan.note_cache(tool.cache_control.as_ref());
        }
        scan.besides = TOOLS_TOKENS;
        scan.add(tools);
    }
    for raw in fields.optional::<Vec<&RawValue>>("messages")?.unwrap_or_default() {
        let message: Message<'_> = serde_json::from_str(raw.get()).map_err(|_| unreadable())?;
        if let Some(content) = message.content {
            scan.content(content, 0)?;
        }
        scan.add(raw);
    }
    let listed: usize = scan.parts.iter().filter_map(|part| part.text).map(str::len).sum();
    let rest = u64::try_from(size.saturating_sub(listed)).unwrap_or(u64::MAX);
    scan.parts.push(Part { text: None, tokens: rest });
    Ok(scan)
}

/// How deeply blocks may be nested: results of tools contain blocks, and those may contain a document with blocks.
const MAX_DEPTH: usize = 8;

impl<'a> Scan<'a> {
    /// Adds a part with one token for each byte, and what it may cost besides.
    fn add(&mut self, raw: &'a RawValue) {
        let bytes = u64::try_from(raw.get().len()).unwrap_or(u64::MAX);
        let besides = std::mem::take(&mut self.besides);
        self.parts.push(Part { text: Some(raw.get()), tokens: bytes.saturating_add(besides) });
    }

    /// Looks through a text or an array of blocks.
    fn content(&mut self, content: &RawValue, depth: usize) -> Result<(), Refusal> {
        if depth > MAX_DEPTH {
            return Err(Refusal::invalid("messages: blocks are nested too deeply"));
        }
        if !content.get().starts_with('[') {
            return Ok(());
        }
        for block in serde_json::from_str::<Vec<Block<'_>>>(content.get()).map_err(|_| unreadable())? {
            self.note_cache(block.cache_control.as_ref());
            let kind = block.kind.as_deref().unwrap_or_default();
            let source = block.source.as_ref().map(|source| source.kind.as_ref());
            if source.is_some_and(|source| !matches!(source, "base64" | "text" | "content")) {
                return Err(Refusal::invalid("messages: pictures and documents must be inside the request, not at an address"));
            }
            self.besides = self.besides.saturating_add(match (kind, source) {
                ("image", _) => PICTURE_TOKENS,
                ("document", Some("text" | "content")) => 0,
                ("document", _) => UNBOUNDED,
                (kind, _) if BOUNDED.contains(&kind) => 0,
                _ => UNBOUNDED,
            });
            let nested = [block.content, block.source.and_then(|source| source.content)];
            for nested in nested.into_iter().flatten() {
                self.content(nested, depth + 1)?;
            }
        }
        Ok(())
    }

    fn note_cache(&mut self, control: Option<&CacheControl<'_>>) {
        self.caches_for_an_hour |= control.and_then(|control| control.ttl.as_deref()) == Some("1h");
    }
}

fn unreadable() -> Refusal {
    Refusal::invalid("messages: a message or a block of it cannot be read")
}
