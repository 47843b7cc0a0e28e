//! Bounds the size of prompts in tokens. The bound of the first call of a session is one token for each byte. Later, the parts that
//! the last call had as well count as the provider has counted them.

use crate::content::Part;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// Sessions that are remembered. A forgotten session begins again with its bytes.
const SESSIONS: usize = 512;

/// The last counted prompt of each session.
#[derive(Default)]
pub(crate) struct PromptSizes {
    counted: Mutex<HashMap<String, Counted>>,
    /// Keyed with a secret of this process, so that no container can make two parts with the same hash.
    hasher: RandomState,
}

struct Counted {
    /// How often each part occurred, by hash.
    parts: HashMap<u64, u32>,
    tokens: u64,
}

impl PromptSizes {
    /// At most this many tokens has the prompt. `session` also names the container and the model.
    pub fn bound(&self, session: &str, parts: &[Part<'_>]) -> u64 {
        let in_bytes = parts.iter().map(|part| part.tokens).fold(0, u64::saturating_add);
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = counted.get(session) else { return in_bytes };
        let mut known = last.parts.clone();
        let mut new = 0_u64;
        for part in parts {
            match part.text.and_then(|text| known.get_mut(&self.hasher.hash_one(text))) {
                Some(left) if *left > 0 => *left -= 1,
                _ => new = new.saturating_add(part.tokens),
            }
        }
        last.tokens.saturating_add(new).min(in_bytes)
    }

    /// The provider has counted this prompt.
    pub fn counted(&self, session: String, parts: &[Part<'_>], tokens: u64) {
        let mut hashes: HashMap<u64, u32> = HashMap::new();
        for text in parts.iter().filter_map(|part| part.text) {
            *hashes.entry(self.hasher.hash_one(text)).or_default() += 1;
        }
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= SESSIONS
            && !counted.contains_key(&session)
            && let Some(any) = counted.keys().next().cloned()
        {
            counted.remove(&any);
        }
        counted.insert(session, Counted { parts: hashes, tokens });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'a>(texts: &[&'a str]) -> Vec<Part<'a>> {
        texts.iter().map(|text| Part { text: Some(text), tokens: text.len() as u64 }).collect()
    }

    #[test]
    fn only_new_parts_count_with_their_bytes() {
        let sizes = PromptSizes::default();
        let first = parts(&["0123456789", "abcdefghij"]);
        assert_eq!(sizes.bound("s", &first), 20);
        sizes.counted("s".to_owned(), &first, 5);
        assert_eq!(sizes.bound("s", &parts(&["0123456789", "abcdefghij", "new"])), 8);
        assert_eq!(sizes.bound("s", &parts(&["0123456789", "0123456789"])), 15, "a repeated part is new");
        assert_eq!(sizes.bound("s", &parts(&["xy"])), 2, "never more than its bytes");
        assert_eq!(sizes.bound("other", &first), 20);
    }
}
