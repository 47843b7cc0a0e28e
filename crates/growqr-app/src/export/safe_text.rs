//! Words of people, models and tools inside of a Markdown file, in which they must not stand for anything else.
//!
//! Their lines begin with `> `, so that no line of theirs is one of the file. `<` is escaped, so that no HTML (a comment, the end of
//! a fold) reaches beyond them. Code keeps its characters in a fence that is longer than any in it.

use std::fmt::Write as _;

/// A quote with this Markdown. Its headings are bold lines: headings of the file are only those of the file.
pub(super) fn quoted(text: &str) -> String {
    let mut quote = String::new();
    let mut code: Option<(Fence, Vec<&str>)> = None;
    let text = cleaned(text);
    for line in text.trim_end().lines() {
        match (&mut code, Fence::opening(line)) {
            (Some((fence, lines)), _) if !fence.is_closed_by(line) => lines.push(line),
            (Some((fence, lines)), _) => {
                push_quoted(&mut quote, &fenced(&lines.join("\n"), &fence.language));
                code = None;
            }
            (None, Some(fence)) => code = Some((fence, Vec::new())),
            (None, None) => push_quoted(&mut quote, &safe_line(line)),
        }
    }
    if let Some((fence, lines)) = code {
        push_quoted(&mut quote, &fenced(&lines.join("\n"), &fence.language));
    }
    if quote.is_empty() { "> (nothing)\n".to_owned() } else { quote }
}

/// A block of code with this text. No line of the text ends it.
pub(crate) fn fenced(text: &str, language: &str) -> String {
    let text = cleaned(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}

/// A text within a line of the file, without a meaning in Markdown and in HTML.
pub(super) fn inline(text: &str) -> String {
    let mut safe = String::new();
    for c in one_line(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' | '!' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

/// An address between `<` and `>`, without characters that could end it.
pub(super) fn address(url: &str) -> String {
    cleaned(url).chars().filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>' | '\\')).collect()
}

/// A text within a line of HTML.
pub(super) fn html(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn one_line(text: &str) -> String {
    cleaned(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With `\n` as the only end of a line, and without control characters and marks that change the direction of the text after them.
fn cleaned(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let is_mark = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !(c.is_control() || is_mark(*c))).collect()
}

fn push_quoted(quote: &mut String, text: &str) {
    for line in text.split('\n') {
        // Writing to a string cannot fail.
        let _ = if line.is_empty() { writeln!(quote, ">") } else { writeln!(quote, "> {line}") };
    }
}

/// The fence of a block of code.
struct Fence {
    mark: char,
    length: usize,
    language: String,
}

impl Fence {
    fn opening(line: &str) -> Option<Fence> {
        let (mark, length, rest) = Fence::marks(line)?;
        let language = rest.trim().chars().take_while(|c| c.is_alphanumeric() || matches!(c, '+' | '#' | '-' | '_')).collect();
        Some(Fence { mark, length, language })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        Fence::marks(line)
            .is_some_and(|(mark, length, rest)| mark == self.mark && length >= self.length && rest.trim().is_empty())
    }

    fn marks(line: &str) -> Option<(char, usize, &str)> {
        let text = line.trim_start_matches(' ');
        let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let length = text.len() - text.trim_start_matches(mark).len();
        (line.len() - text.len() <= 3 && length >= 3).then(|| (mark, length, &text[length..]))
    }
}

/// A line of Markdown outside of code.
fn safe_line(line: &str) -> String {
    let (marks, text) = without_marks(line);
    let marks = without_html(marks);
    let after_marks = text.trim_start_matches('#');
    let is_heading = text.starts_with('#') && (after_marks.is_empty() || after_marks.starts_with([' ', '\t']));
    if is_heading {
        let words = without_html(after_marks.trim().trim_end_matches('#').trim());
        return if words.is_empty() { marks } else { format!("{marks}**{words}**") };
    }
    let is_only = |mark: char| !text.is_empty() && text.trim_end().chars().all(|c| c == mark);
    if is_only('-') {
        return format!("{marks}* * *");
    }
    // The line above would be a heading.
    if is_only('=') {
        return format!("{marks}\\{text}");
    }
    without_html(line)
}

/// The marks of quotes and lists at the beginning of the line, and the text after them.
fn without_marks(line: &str) -> (&str, &str) {
    let mut rest = line;
    loop {
        let text = rest.trim_start();
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let is_item = |mark: &str| mark.is_empty() || mark.starts_with([' ', '\t']);
        rest = if let Some(quoted) = text.strip_prefix('>') {
            quoted
        } else if let Some(item) = text.strip_prefix(['-', '*', '+']).filter(|item| is_item(item) && !item.is_empty()) {
            item
        } else if let Some(item) = text[digits..].strip_prefix(['.', ')']).filter(|item| digits > 0 && is_item(item)) {
            item
        } else {
            return line.split_at(line.len() - text.len());
        };
    }
}

/// The line with `<` escaped, without pictures, which a viewer would load, and without definitions of links, which would count for
/// the whole file. Code in it that has a `<` becomes an element, since an escape in a code span would be shown.
fn without_html(line: &str) -> String {
    let mut safe = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        safe.push_str(&harmless(&rest[..at]));
        let is_escaped = rest[..at].ends_with('\\');
        let code = &rest[at..];
        let marks = code.len() - code.trim_start_matches('`').len();
        match code_span(code, marks).filter(|_| !is_escaped) {
            Some(inner) if inner.contains('<') => {
                safe.push_str(&format!("<code>{}</code>", entities(inner.trim())));
                rest = &code[inner.len() + 2 * marks..];
            }
            Some(inner) => {
                safe.push_str(&code[..inner.len() + 2 * marks]);
                rest = &code[inner.len() + 2 * marks..];
            }
            None => {
                safe.push_str(&code[..marks]);
                rest = &code[marks..];
            }
        }
    }
    safe.push_str(&harmless(rest));
    safe
}

fn harmless(text: &str) -> String {
    text.replace('<', "&lt;").replace("![", "\\![").replace("]:", "]\\:")
}

/// The code in a span that begins with this many marks; `None` if nothing on the line ends it.
fn code_span(code: &str, marks: usize) -> Option<&str> {
    let mut at = marks;
    while let Some(found) = code[at..].find('`') {
        let end = at + found;
        let length = code[end..].len() - code[end..].trim_start_matches('`').len();
        if length == marks {
            return Some(&code[marks..end]);
        }
        at = end + length;
    }
    None
}

/// Each character that means something in Markdown or HTML as an entity.
fn entities(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, c| {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            c if c.is_ascii_punctuation() => {
                // Writing to a string cannot fail.
                let _ = write!(safe, "&#{};", u32::from(c));
            }
            c => safe.push(c),
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_quote_is_in_the_quote_whatever_ends_it() {
        for text in
            ["a\n### You", "a\r### You", "a\r\n\r\n### You", "a\n\n\n### You · 2026", "```\n### You\n", "~~~\n```\n### You"]
        {
            let quote = quoted(text);
            assert!(quote.lines().all(|line| line.starts_with('>')), "{quote}");
            assert!(!quote.contains('\r'), "{quote:?}");
        }
        assert_eq!(quoted("a\n### You · 2026"), "> a\n> **You · 2026**\n");
        assert_eq!(quoted("You\n---\nYou\n==="), "> You\n> * * *\n> You\n> \\===\n");
        assert_eq!(quoted("> # You\n- ### You\n1. #"), "> > **You**\n> - **You**\n> 1. \n");
        assert_eq!(quoted("> You\n> ==="), "> > You\n> > \\===\n");
        assert_eq!(quoted(""), "> (nothing)\n");
    }

    #[test]
    fn links_are_defined_nowhere_and_pictures_are_not_loaded() {
        assert_eq!(quoted("[x]: y\n- [x]: y\n> [x]: y"), "> [x]\\: y\n> - [x]\\: y\n> > [x]\\: y\n");
        assert_eq!(quoted("[x\ny]: z"), "> [x\n> y]\\: z\n");
        assert_eq!(quoted("see ![x](https://a.example/?q) `![x]`"), "> see \\![x](https://a.example/?q) `![x]`\n");
    }

    #[test]
    fn html_is_only_text() {
        assert_eq!(quoted("</details><!-- x"), "> &lt;/details>&lt;!-- x\n");
        assert_eq!(quoted("use `Vec<T>` and `a*b`"), "> use <code>Vec&lt;T&gt;</code> and `a*b`\n");
        // A mark that is escaped, or that nothing on the line ends, begins no code.
        assert_eq!(quoted("\\`<!--`"), "> \\`&lt;!--`\n");
        assert_eq!(quoted("`a\n`<b>"), "> `a\n> `&lt;b>\n");
        assert_eq!(quoted("`` <b>` ``"), "> <code>&lt;b&gt;&#96;</code>\n");
        assert_eq!(inline("<b>*x*\n# y</b>"), "&lt;b&gt;\\*x\\* \\# y&lt;/b&gt;");
        assert_eq!(html("</summary>\n\"a\""), "&lt;/summary&gt; &quot;a&quot;");
    }

    #[test]
    fn code_keeps_its_characters_and_ends_where_it_ends() {
        assert_eq!(quoted("```rust\nVec<T>\n```\nafter <b>"), "> ```rust\n> Vec<T>\n> ```\n> after &lt;b>\n");
        assert_eq!(quoted("~~~~\n~~~\n```\n<b>\n~~~~"), "> ````\n> ~~~\n> ```\n> <b>\n> ````\n");
        assert_eq!(quoted("```<!--\n<b>"), "> ```\n> <b>\n> ```\n");
        assert_eq!(fenced("a\n`````\nb", ""), "``````\na\n`````\nb\n``````");
    }

    #[test]
    fn marks_of_direction_and_control_characters_are_left_out() {
        assert_eq!(quoted("a\u{202e}b\u{7}c\u{1b}[2J"), "> abc[2J\n");
    }
}
