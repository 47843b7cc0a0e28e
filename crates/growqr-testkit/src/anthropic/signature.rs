//! Signs thinking blocks, and checks that requests send them back unchanged.
//!
//! A signature is bound to the model, the tools, the system text and every block before it. The order of JSON keys and
//! `cache_control` do not matter.

use super::api_error::ApiError;
use super::conversation::{PlacedBlock, Prompt, canonical};
use super::field::kind;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// The running hash of a conversation's prefix.
#[derive(Clone)]
struct Prefix(Sha256);

impl Prefix {
    fn of(prompt: &Prompt) -> Prefix {
        let mut prefix = Prefix(Sha256::new());
        prompt.tools.iter().for_each(|tool| prefix.add("tool", tool));
        prompt.system.iter().for_each(|block| prefix.add("operator", block));
        prefix
    }

    fn add(&mut self, role: &str, block: &Value) {
        let text = canonical(block);
        self.0.update(format!("{role}\n{}\n{text}\n", text.len()));
    }

    fn text(&self) -> String {
        self.0.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

struct Signed {
    model: String,
    prefix: String,
    block: String,
    reply: usize,
}

/// All signed thinking and all sent blocks.
#[derive(Default)]
pub(super) struct Registry {
    signed: HashMap<String, Signed>,
    /// The signatures in each reply, in order.
    replies: Vec<Vec<String>>,
    /// Blocks of any type that the stub has sent.
    issued: HashSet<String>,
}

/// The signature of a thinking block, or the data of a redacted one.
fn signature_of(block: &Value) -> &str {
    let field = if kind(block) == "redacted_thinking" { "data" } else { "signature" };
    block.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn is_thinking(block: &Value) -> bool {
    matches!(kind(block), "thinking" | "redacted_thinking")
}

impl Registry {
    /// Signs the thinking in a reply to this prompt and registers all blocks of the reply.
    pub fn sign(&mut self, prompt: &Prompt, model: &str, content: &mut [Value]) {
        let mut prefix = Prefix::of(prompt);
        prompt.blocks.iter().for_each(|placed| prefix.add(&placed.role, &placed.block));
        let reply = self.replies.len();
        let mut signatures = Vec::new();
        for (index, block) in content.iter_mut().enumerate() {
            if is_thinking(block) {
                let digest = Sha256::digest(format!("{model}\n{reply}\n{index}\n{}", prefix.text()));
                let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                let field = if kind(block) == "redacted_thinking" { "data" } else { "signature" };
                block[field] = json!(format!("Eq{signature}=="));
                let signed = Signed { model: model.to_owned(), prefix: prefix.text(), block: canonical(block), reply };
                signatures.push(signature_of(block).to_owned());
                self.signed.insert(signature_of(block).to_owned(), signed);
            }
            self.issued.insert(canonical(block));
            prefix.add("assistant", block);
        }
        self.replies.push(signatures);
    }

    /// Whether the stub has sent this block.
    pub fn issued(&self, block: &Value) -> bool {
        self.issued.contains(&canonical(block))
    }

    /// Checks the thinking in a prompt. Returns the dropped blocks for `input_transformations`.
    ///
    /// `bound`: signatures are checked against the conversation before them. `controls`: the request has the beta for these
    /// settings. `drop`: blocks bound to another conversation are dropped instead of refused.
    pub fn check(
        &self,
        prompt: &mut Prompt,
        model: &str,
        bound: bool,
        controls: bool,
        drop: bool,
    ) -> Result<Vec<Value>, ApiError> {
        self.check_latest(prompt)?;
        let mut prefix = Prefix::of(prompt);
        let mut dropped = Vec::new();
        let mut kept = Vec::new();
        for placed in std::mem::take(&mut prompt.blocks) {
            let reason =
                if is_thinking(&placed.block) { self.check_block(&placed, model, bound, controls, drop, &prefix)? } else { None };
            prefix.add(&placed.role, &placed.block);
            match reason {
                None => kept.push(placed),
                Some(reason) => dropped.push(json!({"type": "thinking_dropped", "path": placed.path(), "reason": reason})),
            }
        }
        prompt.blocks = kept;
        Ok(dropped)
    }

    fn check_block(
        &self,
        placed: &PlacedBlock,
        model: &str,
        bound: bool,
        controls: bool,
        drop: bool,
        prefix: &Prefix,
    ) -> Result<Option<&'static str>, ApiError> {
        let damaged = || ApiError::invalid(format!("{}: Invalid `signature` in `thinking` block", placed.path()));
        let signed = self.signed.get(signature_of(&placed.block)).ok_or_else(damaged)?;
        if signed.model != model {
            return Ok(Some("model_binding_mismatch"));
        }
        if signed.block != canonical(&placed.block) {
            return Err(damaged());
        }
        if !bound || signed.prefix == prefix.text() {
            return Ok(None);
        }
        if drop {
            return Ok(Some("prefix_binding_mismatch"));
        }
        let hint = if controls {
            ""
        } else {
            " That setting requires the `thinking-binding-controls-2026-08-01` value in the `anthropic-beta` header."
        };
        Err(ApiError::invalid(format!(
            "{}: Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the block, \
             or set `thinking.block_binding.prefix_mismatch_behavior` to \"drop_block\".{hint}",
            placed.path()
        )))
    }

    /// The thinking in the latest assistant message must be complete, in order and unchanged, or missing completely.
    fn check_latest(&self, prompt: &Prompt) -> Result<(), ApiError> {
        let Some(end) = prompt.blocks.iter().rposition(|placed| placed.role == "assistant") else { return Ok(()) };
        let start = prompt.blocks[..end].iter().rposition(|placed| placed.role != "assistant").map_or(0, |at| at + 1);
        let thinking: Vec<&PlacedBlock> = prompt.blocks[start..=end].iter().filter(|placed| is_thinking(&placed.block)).collect();
        let modified = |placed: &PlacedBlock| {
            ApiError::invalid(format!(
                "{}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These \
                 blocks must remain as they were in the original response.",
                placed.path()
            ))
        };
        for run in thinking.chunk_by(|one, other| self.reply_of(one) == self.reply_of(other)) {
            let Some(reply) = self.reply_of(run[0]) else { continue };
            let signatures: Vec<&str> = run.iter().map(|placed| signature_of(&placed.block)).collect();
            if signatures != self.replies[reply] {
                return Err(modified(run[0]));
            }
            let edited = |placed: &&&PlacedBlock| self.signed[signature_of(&placed.block)].block != canonical(&placed.block);
            if let Some(placed) = run.iter().find(edited) {
                return Err(modified(placed));
            }
        }
        Ok(())
    }

    fn reply_of(&self, placed: &PlacedBlock) -> Option<usize> {
        self.signed.get(signature_of(&placed.block)).map(|signed| signed.reply)
    }
}
