//! The prompt cache: tokens that a request reads from it, tokens that it writes to it, and tokens billed as plain input.
//!
//! Entries are written only at breakpoints. A breakpoint finds an entry at most twenty positions back. A run of tool calls or
//! of tool results counts as one position. The clock stands still unless a test advances it.

use super::api_error::ApiError;
use super::conversation::{Prompt, canonical};
use super::field::kind;
use super::models::Row;
use super::sources::{self, tokens_in};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// How many positions a breakpoint looks back.
const LOOKBACK: usize = 20;

/// The tokens of a prompt, by price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Input {
    pub plain: u64,
    pub read: u64,
    pub written_5m: u64,
    pub written_1h: u64,
}

impl Input {
    pub fn total(&self) -> u64 {
        self.plain + self.read + self.written_5m + self.written_1h
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ttl {
    FiveMinutes,
    OneHour,
}

impl Ttl {
    fn of(control: &Value) -> Ttl {
        if control.get("ttl").and_then(Value::as_str) == Some("1h") { Ttl::OneHour } else { Ttl::FiveMinutes }
    }

    fn ms(self) -> u64 {
        match self {
            Ttl::FiveMinutes => 300_000,
            Ttl::OneHour => 3_600_000,
        }
    }
}

/// One block of the prompt, with the hash and size of the prompt up to it.
struct Step {
    /// Hash of the prompt up to and including this block.
    hash: String,
    /// Tokens up to and including this block.
    tokens: u64,
    /// The number for the lookback. The blocks of a run of tool calls, or of tool results, have the same one.
    position: usize,
    breakpoint: Option<Ttl>,
    /// Whether the automatic breakpoint may be placed here.
    eligible: bool,
}

/// A prompt as a list of blocks, with validated breakpoints.
pub(super) struct Layout {
    steps: Vec<Step>,
    minimum: u64,
}

impl Layout {
    /// Builds the layout. A change of `settings` invalidates the cached messages.
    ///
    /// Fails for too many breakpoints, or for breakpoints in the wrong order.
    pub fn of(
        prompt: &Prompt,
        body: &Map<String, Value>,
        model: &Row,
        betas: &[String],
        settings: &str,
    ) -> Result<Layout, ApiError> {
        let mut layout = Layout { steps: Vec::new(), minimum: model.cache_minimum };
        let mut chain = format!("{}\n{}", model.id, betas.join(","));
        let mut last = "";
        let forced = matches!(body.get("tool_choice").and_then(|c| c.get("type")).and_then(Value::as_str), Some("any" | "tool"));
        let hidden = if forced { model.tool_prompt.1 } else { model.tool_prompt.0 };
        let mut extra = if prompt.tools.is_empty() { 0 } else { hidden };
        for tool in &prompt.tools {
            layout.add(&mut chain, "tool", tool, &mut last, extra);
            extra = 0;
        }
        for block in &prompt.system {
            layout.add(&mut chain, "system", block, &mut last, 0);
        }
        chain.push_str(settings);
        for placed in &prompt.blocks {
            layout.add(&mut chain, &placed.role, &placed.block, &mut last, 0);
        }
        layout.add_automatic_breakpoint(body.get("cache_control"))?;
        layout.check()?;
        Ok(layout)
    }

    fn add<'a>(&mut self, chain: &mut String, role: &str, block: &'a Value, last: &mut &'a str, extra: u64) {
        let text = canonical(block);
        let digest = Sha256::digest(format!("{chain}\n{role}\n{text}"));
        let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        chain.clone_from(&hash);
        let kind = kind(block);
        let same_run = matches!(kind, "tool_use" | "tool_result") && *last == kind;
        let (tokens, position) = self.steps.last().map_or((0, 0), |step| (step.tokens, step.position + usize::from(!same_run)));
        let eligible = !matches!(kind, "thinking" | "redacted_thinking");
        *last = kind;
        self.steps.push(Step {
            hash,
            tokens: tokens + tokens_of(block) + extra,
            position,
            breakpoint: block.get("cache_control").filter(|control| control.is_object()).map(Ttl::of),
            eligible,
        });
    }

    /// Places the automatic breakpoint, if the request has a top-level `cache_control`.
    fn add_automatic_breakpoint(&mut self, control: Option<&Value>) -> Result<(), ApiError> {
        let Some(ttl) = control.filter(|control| control.is_object()).map(Ttl::of) else { return Ok(()) };
        let explicit = self.steps.iter().filter(|step| step.breakpoint.is_some()).count();
        let Some(step) = self.steps.iter_mut().rev().find(|step| step.eligible) else { return Ok(()) };
        match step.breakpoint {
            Some(there) if there == ttl => Ok(()),
            Some(_) => Err(ApiError::invalid("cache_control: the last block already has a cache_control with another ttl")),
            None if explicit >= 4 => Err(too_many(explicit + 1)),
            None => {
                step.breakpoint = Some(ttl);
                Ok(())
            }
        }
    }

    fn check(&self) -> Result<(), ApiError> {
        let ttls: Vec<Ttl> = self.steps.iter().filter_map(|step| step.breakpoint).collect();
        if ttls.len() > 4 {
            return Err(too_many(ttls.len()));
        }
        if ttls.windows(2).any(|pair| pair == [Ttl::FiveMinutes, Ttl::OneHour]) {
            return Err(ApiError::invalid("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block"));
        }
        Ok(())
    }

    /// All tokens of the prompt.
    pub fn tokens(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.tokens)
    }
}

fn too_many(found: usize) -> ApiError {
    ApiError::invalid(format!("A maximum of 4 blocks with cache_control may be provided. Found {found}."))
}

fn tokens_of(block: &Value) -> u64 {
    match (kind(block), block.get("text").and_then(Value::as_str)) {
        ("text", Some(text)) => tokens_in(text),
        _ => sources::tokens(block).unwrap_or_else(|| tokens_in(&canonical(block))),
    }
}

struct Entry {
    ttl: Ttl,
    expires_ms: u64,
}

/// The cache entries by hash.
#[derive(Default)]
pub(super) struct Cache {
    entries: HashMap<String, Entry>,
}

impl Cache {
    /// Reads and writes the cache for a request that begins now.
    pub fn serve(&mut self, layout: &Layout, now_ms: u64) -> Input {
        let hit = self.longest_hit(layout, now_ms);
        let mut input = Input { read: hit.map_or(0, |at| layout.steps[at].tokens), ..Input::default() };
        if let Some(entry) = hit.and_then(|at| self.entries.get_mut(&layout.steps[at].hash)) {
            entry.expires_ms = now_ms + entry.ttl.ms();
        }
        let mut cached = input.read;
        for (at, step) in layout.steps.iter().enumerate() {
            let Some(ttl) = step.breakpoint.filter(|_| step.tokens >= layout.minimum) else { continue };
            if hit.is_some_and(|hit| at <= hit) {
                if let Some(entry) = self.entries.get_mut(&step.hash).filter(|entry| entry.expires_ms > now_ms) {
                    entry.expires_ms = now_ms + entry.ttl.ms();
                }
                continue;
            }
            match ttl {
                Ttl::FiveMinutes => input.written_5m += step.tokens - cached,
                Ttl::OneHour => input.written_1h += step.tokens - cached,
            }
            cached = step.tokens;
            self.entries.insert(step.hash.clone(), Entry { ttl, expires_ms: now_ms + ttl.ms() });
        }
        input.plain = layout.tokens() - cached;
        input
    }

    fn longest_hit(&self, layout: &Layout, now_ms: u64) -> Option<usize> {
        let breakpoints = layout.steps.iter().enumerate().filter(|(_, step)| step.breakpoint.is_some());
        breakpoints
            .filter_map(|(at, breakpoint)| {
                (0..=at)
                    .rev()
                    .take_while(|before| breakpoint.position - layout.steps[*before].position <= LOOKBACK)
                    .find(|before| self.entries.get(&layout.steps[*before].hash).is_some_and(|entry| entry.expires_ms > now_ms))
            })
            .max()
    }
}
