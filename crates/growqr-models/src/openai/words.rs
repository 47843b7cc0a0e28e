//! Takes apart the text of an answer: thoughts that a model writes between tags, and tool calls that it writes as words.
//!
//! Text is passed on as soon as it can no longer be a part of a tag. Only known forms are taken apart, and only where a model
//! puts them: thoughts at the beginning, calls on lines of their own. Everything else stays text.

/// A part of the text that has been taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text of the answer.
    Text(String),
    /// A thought.
    Thought(String),
    /// All text until now was a thought: the end of a thought came without its beginning.
    AllWasThought,
}

const OPEN: [&str; 3] = ["<think>", "<thinking>", "<thought>"];
const CLOSE: [&str; 3] = ["</think>", "</thinking>", "</thought>"];
/// How calls as words begin.
pub(super) const CALL: [&str; 2] = ["<tool_call>", "<function="];

/// How many bytes of a line are kept, to see whether it is indented or a code fence.
const LINE_START: usize = 24;

/// Where in an answer the text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Only white space and whole thoughts so far.
    #[default]
    Start,
    Thought,
    Text,
    /// A call may have begun. The rest is kept until the end.
    Call,
}

/// The state of the text that arrives.
#[derive(Default)]
pub(super) struct Words {
    place: Place,
    /// What is not passed on yet, after the first `done` bytes.
    held: String,
    done: usize,
    /// The beginning of the line that was passed on last.
    line: String,
    /// The last character that was passed on.
    last: Option<char>,
    /// Whether an odd number of code fences was passed on.
    is_in_code: bool,
    had_thought: bool,
}

impl Words {
    /// Adds text and returns what can be passed on.
    pub fn push(&mut self, text: &str) -> Vec<Part> {
        self.held.push_str(text);
        let mut parts = Vec::new();
        while self.step(&mut parts, false) {}
        // Only once for all that was passed on.
        self.held.drain(..self.done);
        self.done = 0;
        parts
    }

    /// The size of what is not passed on yet.
    pub fn held(&self) -> usize {
        self.rest().len()
    }

    fn rest(&self) -> &str {
        &self.held[self.done..]
    }

    /// The text has ended: returns the rest, and the text that may be a call.
    pub fn end(&mut self) -> (Vec<Part>, Option<String>) {
        let mut parts = Vec::new();
        while self.step(&mut parts, true) {}
        let rest = self.rest().to_owned();
        self.held.clear();
        self.done = 0;
        match self.place {
            Place::Call => (parts, Some(rest)),
            Place::Thought => {
                parts.extend((!rest.is_empty()).then_some(Part::Thought(rest)));
                (parts, None)
            }
            Place::Start | Place::Text => {
                self.pass(rest, &mut parts);
                (parts, None)
            }
        }
    }

    /// Takes one piece off the held text. Returns `false` if more text is needed.
    fn step(&mut self, parts: &mut Vec<Part>, is_end: bool) -> bool {
        match self.place {
            Place::Start => self.at_start(is_end),
            Place::Thought => self.in_thought(parts),
            Place::Text => self.in_text(parts, is_end),
            Place::Call => false,
        }
    }

    fn at_start(&mut self, is_end: bool) -> bool {
        let text = self.rest().trim_start();
        let begin = self.held.len() - text.len();
        if let Some(tag) = OPEN.iter().find(|tag| text.starts_with(**tag)) {
            self.done = begin + tag.len();
            self.place = Place::Thought;
            return true;
        }
        if !is_end && OPEN.iter().any(|tag| tag.starts_with(text)) {
            return false;
        }
        if self.had_thought {
            // The blank lines between the thoughts and the answer.
            self.done = begin;
        }
        self.place = Place::Text;
        true
    }

    fn in_thought(&mut self, parts: &mut Vec<Part>) -> bool {
        self.had_thought = true;
        let found = first_tag(self.rest(), &CLOSE);
        let len = found.map_or_else(|| held_back(self.rest(), &CLOSE), |(at, _)| at);
        let thought = self.take(len);
        parts.extend((!thought.is_empty()).then_some(Part::Thought(thought)));
        let Some((_, tag)) = found else { return false };
        self.done += tag.len();
        self.place = Place::Start;
        true
    }

    fn in_text(&mut self, parts: &mut Vec<Part>, is_end: bool) -> bool {
        let closes = if self.had_thought { &[][..] } else { &CLOSE[..] };
        let Some((at, tag)) = first_tag(self.rest(), &[&CALL, closes].concat()) else {
            let keep = held_back(self.rest(), &CLOSE).min(held_back(self.rest(), &CALL));
            self.pass_until(if is_end { self.rest().len() } else { keep }, parts);
            return false;
        };
        self.pass_until(at, parts);
        if CALL.contains(&tag) {
            if self.line.trim_start().is_empty() && !self.is_in_code {
                self.place = Place::Call;
                return false;
            }
            self.pass_until(tag.len(), parts);
            return true;
        }
        let after = &self.rest()[tag.len()..];
        if after.is_empty() && !is_end {
            return false;
        }
        let is_alone = after.is_empty() || after.starts_with(['\n', '\r']);
        if is_alone && self.last != Some('`') && !self.is_in_code {
            parts.push(Part::AllWasThought);
            self.done += tag.len();
            self.had_thought = true;
            self.place = Place::Start;
        } else {
            self.pass_until(tag.len(), parts);
        }
        true
    }

    /// Takes this many bytes off the held text.
    fn take(&mut self, len: usize) -> String {
        let text = self.rest()[..len].to_owned();
        self.done += len;
        text
    }

    fn pass_until(&mut self, at: usize, parts: &mut Vec<Part>) {
        let text = self.take(at);
        self.pass(text, parts);
    }

    fn pass(&mut self, text: String, parts: &mut Vec<Part>) {
        if text.is_empty() {
            return;
        }
        for char in text.chars() {
            if char == '\n' {
                self.is_in_code ^= self.line.trim_start().starts_with("```");
                self.line.clear();
            } else if self.line.len() < LINE_START {
                self.line.push(char);
            }
            self.last = Some(char);
        }
        parts.push(Part::Text(text));
    }
}

/// The first of the tags in a text, and where it is. Reads no further.
fn first_tag<'a>(text: &str, tags: &[&'a str]) -> Option<(usize, &'a str)> {
    text.match_indices('<').find_map(|(at, _)| Some((at, *tags.iter().find(|tag| text[at..].starts_with(**tag))?)))
}

/// The length of the text before a possible beginning of one of the tags at its end.
fn held_back(text: &str, tags: &[&str]) -> usize {
    let starts = text.rmatch_indices('<').map(|(at, _)| at).take_while(|at| text.len() - at < 16);
    let first = starts.filter(|at| tags.iter().any(|tag| tag.starts_with(&text[*at..]))).min();
    first.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The thoughts, the text and the possible call of an answer that arrives in texts of `size` characters.
    fn taken(answer: &str, size: usize) -> (String, String, Option<String>) {
        let mut words = Words::default();
        let chars: Vec<char> = answer.chars().collect();
        let mut parts: Vec<Part> = chars.chunks(size).flat_map(|chunk| words.push(&chunk.iter().collect::<String>())).collect();
        let (rest, call) = words.end();
        parts.extend(rest);
        let (mut thoughts, mut text) = (String::new(), String::new());
        for part in parts {
            match part {
                Part::Text(more) => text.push_str(&more),
                Part::Thought(more) => thoughts.push_str(&more),
                Part::AllWasThought => thoughts.push_str(&std::mem::take(&mut text)),
            }
        }
        (thoughts, text, call)
    }

    #[test]
    fn thoughts_are_taken_out_however_the_text_is_cut() {
        for size in 1..30 {
            let table = [
                ("<think>\nPlan.\n</think>\n\nHello!", "\nPlan.\n", "Hello!"),
                ("Plan: greet.\n</think>\n\nHello!", "Plan: greet.\n", "Hello!"),
                (" <thinking>a</thinking> <think>b</think>Hi <think>", "ab", "Hi <think>"),
                ("<think>without an end", "without an end", ""),
                ("no tags, 1 < 2 and </p>", "", "no tags, 1 < 2 and </p>"),
                ("The tag `</think>` ends it.", "", "The tag `</think>` ends it."),
                ("So:\n```\nPlan.\n</think>\nHi\n```\nends it.", "", "So:\n```\nPlan.\n</think>\nHi\n```\nends it."),
                ("```\n</think>\n```\nPlan.\n</think>\nHi", "```\n</think>\n```\nPlan.\n", "Hi"),
                ("The tag <think> begins it.", "", "The tag <think> begins it."),
            ];
            for (answer, thoughts, text) in table {
                assert_eq!(taken(answer, size), (thoughts.to_owned(), text.to_owned(), None), "{answer:?} in {size}");
            }
        }
    }

    #[test]
    fn a_call_as_words_is_held_back_only_on_a_line_of_its_own() {
        for size in 1..30 {
            let (_, text, call) = taken("I look.\n\n<function=read>\n</function>", size);
            assert_eq!((text.as_str(), call.as_deref()), ("I look.\n\n", Some("<function=read>\n</function>")));
            for text in ["Write <function=read> so.", "```\n<tool_call>\n```\nis an example"] {
                assert_eq!(taken(text, size), (String::new(), text.to_owned(), None), "{size}");
            }
        }
    }

    #[test]
    fn a_long_text_full_of_tags_is_taken_apart_at_once() {
        // If each tag moved or searched the whole rest, this would take minutes.
        let tags = "a <function=read> b ".repeat(100_000);
        assert_eq!(taken(&tags, tags.len()), (String::new(), tags.clone(), None));
        let thoughts = "<think>a</think>".repeat(100_000);
        assert_eq!(taken(&thoughts, thoughts.len()), ("a".repeat(100_000), String::new(), None));
    }
}
