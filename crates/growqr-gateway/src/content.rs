//! Looks through the prompt of a request: its parts, and what costs more than its size tells.

use crate::fields::Fields;
use crate::refusal::Refusal;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// At most this many tokens for one picture.
const PICTURE_TOKENS: u64 = 5_000;

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
    pictures: u64,
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
    /// Adds a part with one token for each byte, and what its pictures may cost.
    fn add(&mut self, raw: &'a RawValue) {
        let bytes = u64::try_from(raw.get().len()).unwrap_or(u64::MAX);
        let pictures = std::mem::take(&mut self.pictures);
        self.parts.push(Part { text: Some(raw.get()), tokens: bytes.saturating_add(pictures.saturating_mul(PICTURE_TOKENS)) });
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
            self.pictures += u64::from(block.kind.as_deref() == Some("image"));
            let is_inside = |source: &Source<'_>| matches!(source.kind.as_ref(), "base64" | "text" | "content");
            if block.source.is_some_and(|source| !is_inside(&source)) {
                return Err(Refusal::invalid("messages: pictures and documents must be inside the request, not at an address"));
            }
            if let Some(nested) = block.content {
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
