//! The web addresses that the person has named: to fetch one of them needs no question.
//!
//! Only whole addresses count, and names that begin with `www.`: `main.py` and `README.md` could be names of hosts as well.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use url::Url;

/// How many addresses are remembered, and how many of one message: a text with more of them was hardly written by the person.
const MAX_NAMED: usize = 100;
const MAX_IN_TEXT: usize = 20;

/// The most bytes of an address.
const MAX_BYTES: usize = 2_048;

/// Characters before and after an address in a sentence.
const AROUND: &[char] =
    &['.', ',', ';', ':', '!', '?', '(', ')', '[', ']', '{', '}', '"', '\'', '*', '_', '`', '“', '”', '‘', '’', '«', '»', '…'];

/// How a person has named an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedAs {
    /// The address itself.
    Page,
    /// Another page of its host.
    Host,
}

/// The addresses, the newest one last, as [`key`] writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NamedAddresses(VecDeque<String>);

impl NamedAddresses {
    /// Adds the addresses in a text of the person.
    pub(super) fn add(&mut self, text: &str) {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '|' | '।' | '॥' | '。' | '，' | '、' | '）');
        let addresses = text.split(is_end).filter_map(address).take(MAX_IN_TEXT + 1).collect::<Vec<_>>();
        if addresses.len() > MAX_IN_TEXT {
            return;
        }
        for address in addresses {
            self.0.retain(|other| *other != address);
            self.0.push_back(address);
        }
        while self.0.len() > MAX_NAMED {
            self.0.pop_front();
        }
    }

    /// How the person has named an address; `None` if neither it nor its host.
    pub(super) fn find(&self, address: &str) -> Option<NamedAs> {
        let wanted = key(&Url::parse(address.trim()).ok()?)?;
        if self.0.contains(&wanted) {
            return Some(NamedAs::Page);
        }
        self.0.iter().any(|named| host(named) == host(&wanted)).then_some(NamedAs::Host)
    }
}

/// Whether two addresses are of the same page.
pub(super) fn is_same_page(one: &str, other: &str) -> bool {
    let key_of = |text: &str| key(&Url::parse(text.trim()).ok()?);
    key_of(one).is_some_and(|one| key_of(other).as_ref() == Some(&one))
}

/// The address in a word of a text: languages that put no space before it have it in the middle.
fn address(word: &str) -> Option<String> {
    if word.len() > MAX_BYTES {
        return None;
    }
    // A link of Markdown has two parts.
    let word = word.rsplit("](").next().unwrap_or(word);
    let lower = word.to_ascii_lowercase();
    if let Some(start) = ["http://", "https://"].into_iter().filter_map(|scheme| lower.find(scheme)).min() {
        return key(&Url::parse(without_end(&word[start..])).ok()?);
    }
    let start = lower.len() - lower.trim_start_matches(AROUND).len();
    if !lower[start..].starts_with("www.") {
        return None;
    }
    key(&Url::parse(&format!("https://{}", without_end(&word[start..]))).ok()?)
}

/// An address without the characters after it in a sentence. A bracket that it has opened itself is a part of it.
fn without_end(mut address: &str) -> &str {
    let opened = address.matches('(').count();
    let mut closed = address.matches(')').count();
    while let Some(last) = address.chars().next_back().filter(|last| AROUND.contains(last)) {
        if last == ')' {
            if closed <= opened {
                break;
            }
            closed -= 1;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address
}

/// An address in a form in which equal pages are equal: without scheme, `www.` and fragment. `None` for one that is not of the web.
fn key(url: &Url) -> Option<String> {
    let is_plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    let host = url.host_str().filter(|_| is_plain && matches!(url.port(), None | Some(80 | 443)))?.trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
    (!host.is_empty()).then(|| format!("{host}{}{query}", url.path()))
}

fn host(key: &str) -> &str {
    key.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> NamedAddresses {
        let mut named = NamedAddresses::default();
        named.add(text);
        named
    }

    #[test]
    fn addresses_are_found_in_sentences() {
        for text in [
            "Look at https://example.com/a?b=c.",
            "(see <HTTPS://www.Example.com/a?b=c#d>)",
            "[it](https://example.com/a?b=c), please",
            "\u{201c}www.example.com/a?b=c\u{201d}",
            "a\nhttp://example.com/a?b=c\nb",
        ] {
            assert_eq!(after(text).find("https://example.com/a?b=c"), Some(NamedAs::Page), "{text}");
            assert_eq!(after(text).find("https://example.com/other"), Some(NamedAs::Host), "{text}");
            assert_eq!(after(text).find("https://example.com.evil.example/a?b=c"), None, "{text}");
        }
    }

    #[test]
    fn an_address_ends_where_its_sentence_goes_on_in_each_language() {
        for (text, address) in [
            ("(see https://example.com/tea_(plant))", "https://example.com/tea_(plant)"),
            ("https://example.com/tea_(plant).", "https://example.com/tea_(plant)"),
            ("(www.example.com/tea)", "https://example.com/tea"),
            ("see:https://example.com/tea", "https://example.com/tea"),
            ("請看https://example.com/tea。謝謝", "https://example.com/tea"),
            ("（https://example.com/tea）", "https://example.com/tea"),
            ("https://example.com/tea，https://example.com/coffee、", "https://example.com/coffee"),
            ("देखें https://example.com/tea। धन्यवाद", "https://example.com/tea"),
        ] {
            assert_eq!(after(text).find(address), Some(NamedAs::Page), "{text}");
        }
    }

    #[test]
    fn what_is_no_whole_address_names_nothing() {
        for text in [
            "example.com",
            "main.py README.md",
            "ftp://example.com/",
            "https://",
            "me@example.com",
            "https://me@example.com/",
            "https://example.com:8080/",
        ] {
            assert_eq!(after(text), NamedAddresses::default(), "{text}");
        }
        let named = after("https://example.com/");
        for address in [
            "example.com",
            "ftp://example.com/",
            "https://me@example.com/",
            "https://example.com:8080/",
            "https://sub.example.com/",
        ] {
            assert_eq!(named.find(address), None, "{address}");
        }
    }

    #[test]
    fn a_pasted_list_names_nothing_and_old_addresses_are_forgotten() {
        let list: String = (0..=MAX_IN_TEXT).map(|number| format!("https://{number}.example/ ")).collect();
        assert_eq!(after(&list), NamedAddresses::default());
        let mut named = NamedAddresses::default();
        for number in 0..=MAX_NAMED {
            named.add(&format!("https://{number}.example/"));
        }
        assert_eq!(named.0.len(), MAX_NAMED);
        assert_eq!((named.find("https://0.example/"), named.find("https://1.example/")), (None, Some(NamedAs::Page)));
    }

    #[test]
    fn the_same_page_is_found_in_each_spelling() {
        assert!(is_same_page("http://www.example.com/a#b", " https://EXAMPLE.com/a"));
        assert!(!is_same_page("https://example.com/a", "https://example.com/a?b") && !is_same_page("no", "no"));
    }
}
