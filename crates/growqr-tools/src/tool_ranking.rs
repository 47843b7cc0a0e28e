//! Which tools fit the words of a search best.

use growqr_core::fold::folded;
use growqr_core::tool::OfferedTool;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The fewest letters that two forms of one word must share at their beginning (`file`, `files`, `filing`).
const STEM: usize = 3;

/// How much a word counts where it is found: in the tool's name, in its description, among the names of its inputs.
const IN_NAME: u32 = 6;
const IN_DESCRIPTION: u32 = 2;
const IN_INPUTS: u32 = 1;

/// What is searched of one tool.
pub(crate) struct Words {
    name: BTreeSet<String>,
    description: BTreeSet<String>,
    inputs: BTreeSet<String>,
}

impl Words {
    pub(crate) fn of(offered: &OfferedTool) -> Words {
        let schema: serde_json::Value = serde_json::from_str(offered.tool.input_schema.text()).unwrap_or_default();
        let inputs = schema.get("properties").and_then(serde_json::Value::as_object).into_iter().flat_map(|inputs| inputs.keys());
        Words {
            name: words(&offered.tool.name),
            description: words(&offered.tool.description),
            inputs: inputs.flat_map(|input| words(input)).collect(),
        }
    }

    /// How well one word fits; 0 if it does not occur.
    fn fit(&self, word: &str) -> u32 {
        let is_in = |words: &BTreeSet<String>| words.iter().any(|known| is_form_of(known, word));
        let exactly = u32::from(self.name.contains(word) || self.description.contains(word));
        let weight = u32::from(is_in(&self.name)) * IN_NAME
            + u32::from(is_in(&self.description)) * IN_DESCRIPTION
            + u32::from(is_in(&self.inputs)) * IN_INPUTS;
        if weight == 0 { 0 } else { weight + exactly }
    }
}

/// The indices of the tools in which words of the query occur, the best first. A word that few tools have counts more than one that many
/// have; between equals the order stays.
pub(crate) fn ranked(tools: &[Words], query: &str) -> Vec<usize> {
    let mut scores = vec![0_u64; tools.len()];
    for word in words(query) {
        let fits: Vec<u32> = tools.iter().map(|tool| tool.fit(&word)).collect();
        let with_word = fits.iter().filter(|fit| **fit > 0).count();
        // From 10 for a word of all tools to more for a rare one, by the number of times that they can be halved.
        let rarity = 10 + u64::from((tools.len() / with_word.max(1)).max(1).ilog2()) * 10;
        for (score, fit) in scores.iter_mut().zip(fits) {
            *score += u64::from(fit) * rarity;
        }
    }
    let mut found: Vec<usize> = (0..tools.len()).filter(|index| scores[*index] > 0).collect();
    found.sort_by_key(|index| Reverse(scores[*index]));
    found
}

/// The words of a text, in lower case: `createIssue`, `create_issue` and `create-issue` are two words each.
fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for run in text.split(|character: char| !character.is_alphanumeric()) {
        let (mut word, mut was_small) = (String::new(), false);
        for character in run.chars() {
            if was_small && character.is_uppercase() {
                words.insert(folded(&std::mem::take(&mut word)));
            }
            was_small = character.is_lowercase();
            word.push(character);
        }
        words.insert(folded(&word));
    }
    words.remove("");
    words
}

/// Whether two words are equal, or differ only at their end.
fn is_form_of(one: &str, other: &str) -> bool {
    const ENDINGS: [&str; 8] = ["", "s", "es", "d", "ed", "ing", "e", "ies"];
    if one == other {
        return true;
    }
    let shared = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    let shared = one.floor_char_boundary(shared);
    let is_ending = |word: &str| ENDINGS.contains(&&word[shared..]) || word[shared..] == *"y";
    shared >= STEM && is_ending(one) && is_ending(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_and_compared_by_their_stems() {
        let all = |text: &str| words(text).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(all("github__createIssue, create-issue"), "create github issue");
        assert_eq!(all("  "), "");
        for (one, other) in
            [("file", "files"), ("search", "searching"), ("query", "queries"), ("update", "updated"), ("grüße", "grüßes")]
        {
            assert!(is_form_of(one, other) && is_form_of(other, one), "{one} {other}");
        }
        for (one, other) in [("file", "filter"), ("is", "ising"), ("list", "listener"), ("äx", "äy")] {
            assert!(!is_form_of(one, other), "{one} {other}");
        }
    }
}
