//! Bounds the size of prompts in tokens: one token for each byte, except for the parts that a counted prompt had as well. These
//! count together as the provider has counted them. Counted prompts are kept over a restart of the program.

use crate::content::Part;
use growqr_core::id::hex;
use growqr_core::model::Usage;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Prompts that are remembered: the last one of each session. The oldest one is forgotten first.
const PROMPTS: usize = 64;

/// Smaller parts are not remembered; they always count with their bytes.
const SMALL: usize = 128;

/// The counted prompts.
#[derive(Default)]
pub(crate) struct PromptSizes {
    counted: Mutex<Vec<Counted>>,
}

/// A prompt that the provider has counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    session: String,
    /// Models count differently.
    model: String,
    tokens: u64,
    /// How often each part occurred, by hash.
    parts: BTreeMap<String, u32>,
}

/// The parts of a prompt, without their text.
#[derive(Clone, Debug)]
pub(crate) struct PromptParts(Vec<(Option<String>, u64)>);

impl PromptParts {
    /// Hashes the parts. No container can make two parts with the same hash.
    pub fn of(parts: &[Part<'_>]) -> PromptParts {
        let hash = |text: &str| hex(&Sha256::digest(text)[..16]);
        PromptParts(parts.iter().map(|part| (part.text.filter(|text| text.len() > SMALL).map(hash), part.tokens)).collect())
    }
}

impl PromptSizes {
    /// At most this many tokens has the prompt for this model.
    pub fn bound(&self, model: &str, parts: &PromptParts) -> u64 {
        let in_bytes = parts.0.iter().map(|(_, tokens)| *tokens).fold(0, u64::saturating_add);
        let counted = self.lock();
        let same_model = counted.iter().filter(|counted| counted.model == model);
        same_model.map(|counted| counted.bound(parts)).fold(in_bytes, u64::min)
    }

    /// The provider has counted this prompt of a session. An estimate is no count, and no prompt has zero tokens: both could
    /// bound later prompts too low, so they change nothing.
    pub fn counted(&self, session: &str, model: &str, parts: &PromptParts, usage: &Usage) {
        let tokens = usage.prompt_tokens();
        if usage.is_estimate || tokens == 0 {
            return;
        }
        let mut hashes = BTreeMap::new();
        for hash in parts.0.iter().filter_map(|(hash, _)| hash.clone()) {
            *hashes.entry(hash).or_default() += 1;
        }
        let mut counted = self.lock();
        counted.retain(|earlier| (earlier.session.as_str(), earlier.model.as_str()) != (session, model));
        if counted.len() >= PROMPTS {
            counted.remove(0);
        }
        counted.push(Counted { session: session.to_owned(), model: model.to_owned(), tokens, parts: hashes });
    }

    /// What is known, for [`PromptSizes::load`].
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&*self.lock()).expect("the keys of all maps are texts")
    }

    /// Takes over what an earlier run of the program knew. What cannot be read is left out: prompts then count with their bytes.
    pub fn load(&self, json: &[u8]) {
        match serde_json::from_slice::<Vec<Counted>>(json) {
            Ok(mut earlier) => {
                earlier.retain(|prompt| prompt.tokens > 0);
                let mut counted = self.lock();
                earlier.append(&mut counted);
                let surplus = earlier.len().saturating_sub(PROMPTS);
                earlier.drain(..surplus);
                *counted = earlier;
            }
            Err(error) => tracing::debug!(%error, "the sizes of earlier prompts cannot be read"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Counted>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// The tokens of this prompt, and one for each byte of what it does not have.
    fn bound(&self, parts: &PromptParts) -> u64 {
        let mut left = self.parts.clone();
        let mut is_known = |hash: &String| match left.get_mut(hash) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        };
        let new = parts.0.iter().filter(|(hash, _)| !hash.as_ref().is_some_and(&mut is_known));
        new.map(|(_, tokens)| *tokens).fold(self.tokens, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(texts: &[&str]) -> PromptParts {
        let texts: Vec<String> = texts.iter().map(|text| text.repeat(100)).collect();
        PromptParts::of(&texts.iter().map(|text| Part { text: Some(text), tokens: text.len() as u64 }).collect::<Vec<_>>())
    }

    fn tokens(input_tokens: u64) -> Usage {
        Usage { input_tokens, ..Usage::default() }
    }

    #[test]
    fn estimates_and_prompts_of_no_tokens_bound_nothing() {
        let sizes = PromptSizes::default();
        let prompt = parts(&["0123456789"]);
        sizes.counted("s", "m", &prompt, &tokens(0));
        sizes.counted("s", "m", &prompt, &Usage { is_estimate: true, ..tokens(20) });
        assert_eq!(sizes.bound("m", &prompt), 1_000);
        sizes.counted("s", "m", &prompt, &tokens(250));
        let saved = String::from_utf8(sizes.to_json()).unwrap().replace("250", "0");
        let later = PromptSizes::default();
        later.load(saved.as_bytes());
        assert_eq!(later.bound("m", &prompt), 1_000, "an earlier version may have kept a zero");
    }

    #[test]
    fn only_new_parts_count_with_their_bytes() {
        let sizes = PromptSizes::default();
        let first = parts(&["0123456789", "abcdefghij"]);
        assert_eq!(sizes.bound("m", &first), 2_000);
        sizes.counted("s", "m", &first, &tokens(500));
        assert_eq!(sizes.bound("m", &parts(&["0123456789", "abcdefghij", "new"])), 800);
        assert_eq!(sizes.bound("m", &parts(&["0123456789", "0123456789"])), 1_500, "a repeated part is new");
        assert_eq!(sizes.bound("m", &parts(&["xy"])), 200, "never more than its bytes");
        assert_eq!(sizes.bound("other", &first), 2_000, "models count differently");
    }

    #[test]
    fn what_was_counted_is_known_after_a_restart() {
        let (before, after) = (PromptSizes::default(), PromptSizes::default());
        let prompt = parts(&["0123456789"]);
        before.counted("s", "m", &prompt, &tokens(250));
        after.load(&before.to_json());
        assert_eq!(after.bound("m", &prompt), 250);
        after.load(b"damaged");
        assert_eq!(after.bound("m", &prompt), 250);
    }

    #[test]
    fn the_oldest_sessions_are_forgotten() {
        let sizes = PromptSizes::default();
        let prompt = |number: usize| parts(&[&format!("{number:06}")]);
        for number in 0..=PROMPTS {
            sizes.counted(&number.to_string(), "m", &prompt(number), &tokens(1));
        }
        assert_eq!((sizes.bound("m", &prompt(0)), sizes.bound("m", &prompt(PROMPTS))), (600, 1));
    }
}
