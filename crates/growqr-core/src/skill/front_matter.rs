//! The front matter of a `SKILL.md`: a strict reader of the two fields that GrowQR uses, not of YAML. Aliases, tags and nested values
//! are refused where they could matter, and every other field is skipped unread, so that no input makes it slow or large.

use crate::names::is_invisible;

/// The most characters of a skill's name.
const NAME_CHARS: usize = 64;
/// The most characters of a description; the rest is cut off.
const DESCRIPTION_CHARS: usize = 1_024;
/// The most bytes between the two `---` lines.
pub const FRONT_MATTER_BYTES: usize = 16 << 10;

/// The two fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontMatter {
    /// `[a-z0-9-]{1,64}`; no `-` at an end, and no two in a row.
    pub name: String,
    /// One line without control characters and without characters that cannot be seen.
    pub description: String,
}

/// Why a text is not the text of a skill. For the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontMatterError {
    /// It does not begin with front matter.
    #[error("it does not begin with a line --- and a name and a description below it")]
    Missing,
    /// The closing line is missing, or too far away.
    #[error("the line --- after the name and the description is missing within the first {} KB", FRONT_MATTER_BYTES >> 10)]
    Unclosed,
    /// A field that is needed is missing or empty.
    #[error("it has no {field}")]
    NoField {
        /// The field.
        field: &'static str,
    },
    /// A field stands there twice.
    #[error("it has two fields {field}")]
    Twice {
        /// The field.
        field: &'static str,
    },
    /// The value is not a text of the few forms that are read.
    #[error("line {line}: the {field} must be a plain text, a text in quotes, or a block after | or >")]
    Unreadable {
        /// The field.
        field: &'static str,
        /// The number of its line.
        line: usize,
    },
    /// The name is not one that can be used.
    #[error("its name may have small letters, digits and single hyphens between them, at most {NAME_CHARS} characters")]
    Name,
}

/// Whether this can be the name of a skill.
#[must_use]
pub fn is_skill_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=NAME_CHARS).contains(&name.len())
        && name.bytes().all(is_allowed)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// Reads the front matter of a `SKILL.md`, of which the first [`FRONT_MATTER_BYTES`] are enough.
///
/// # Errors
/// [`FrontMatterError`], which says what to change.
pub fn read_front_matter(text: &str) -> Result<FrontMatter, FrontMatterError> {
    let lines = lines_between_marks(text)?;
    let name = field(&lines, "name")?.ok_or(FrontMatterError::NoField { field: "name" })?;
    let description = one_line(&field(&lines, "description")?.unwrap_or_default());
    if !is_skill_name(name.trim()) {
        return Err(FrontMatterError::Name);
    }
    if description.is_empty() {
        return Err(FrontMatterError::NoField { field: "description" });
    }
    Ok(FrontMatter { name: name.trim().to_owned(), description })
}

/// The lines between the first two `---`.
fn lines_between_marks(text: &str) -> Result<Vec<&str>, FrontMatterError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text[..text.floor_char_boundary(FRONT_MATTER_BYTES)].lines();
    if lines.next().map(str::trim_end) != Some("---") {
        return Err(FrontMatterError::Missing);
    }
    let mut between = Vec::new();
    for line in lines {
        if line.trim_end() == "---" {
            return Ok(between);
        }
        between.push(line);
    }
    Err(FrontMatterError::Unclosed)
}

/// The value of a field of the outermost level.
fn field(lines: &[&str], field: &'static str) -> Result<Option<String>, FrontMatterError> {
    let value_of = |line: &'_ &str| line.strip_prefix(field)?.trim_start().strip_prefix(':').map(str::len);
    let mut found = lines.iter().enumerate().filter_map(|(at, line)| Some((at, value_of(line)?)));
    let Some((at, value_bytes)) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(FrontMatterError::Twice { field });
    }
    let first = &lines[at][lines[at].len() - value_bytes..];
    // `name:value` is no field in YAML.
    let rest: Vec<&str> =
        lines[at + 1..].iter().take_while(|line| line.trim().is_empty() || line.starts_with(' ')).copied().collect();
    let value = if first.is_empty() || first.starts_with([' ', '\t']) { value(first.trim(), &rest) } else { None };
    // One line for the `---`, and lines are counted from 1.
    value.map(Some).ok_or(FrontMatterError::Unreadable { field, line: at + 2 })
}

/// A value that begins with `first` and goes on in the indented lines below; `None` if it has no form that is read.
fn value(first: &str, rest: &[&str]) -> Option<String> {
    let folded = |first: &str| std::iter::once(first).chain(rest.iter().map(|line| line.trim())).collect::<Vec<_>>().join(" ");
    match first.chars().next() {
        Some('|' | '>') => {
            // After the sign only `+`, `-`, a digit for the indentation, and a remark.
            let header = first[1..].split('#').next().unwrap_or_default().trim();
            let is_header = header.len() <= 2 && header.chars().all(|c| matches!(c, '+' | '-' | '1'..='9'));
            is_header.then(|| rest.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n"))
        }
        Some('"') => double_quoted(&folded(first)),
        Some('\'') => single_quoted(&folded(first)),
        // Aliases, anchors, tags, lists, objects, and signs that YAML keeps for itself.
        Some('&' | '*' | '!' | '[' | '{' | ']' | '}' | ',' | '%' | '@' | '`') => None,
        Some('#') | None => Some(plain(&folded(""))),
        Some(_) => Some(plain(&folded(first))),
    }
}

/// A plain text up to a remark.
fn plain(text: &str) -> String {
    text.split(" #").next().unwrap_or_default().trim().to_owned()
}

fn single_quoted(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = &text[1..];
    loop {
        let (before, after) = rest.split_once('\'')?;
        out.push_str(before);
        match after.strip_prefix('\'') {
            Some(after) => {
                out.push('\'');
                rest = after;
            }
            None => return ends_there(after).then_some(out),
        }
    }
}

fn double_quoted(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text[1..].chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '"' => return ends_there(chars.as_str()).then_some(out),
            '\\' => match chars.next()? {
                c @ ('"' | '\\' | '/' | ' ') => c,
                'n' | 't' | 'r' => ' ',
                'u' => {
                    let digits = chars.as_str().get(..4)?;
                    chars = chars.as_str()[4..].chars();
                    char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
                }
                _ => return None,
            },
            c => c,
        });
    }
    None
}

/// Whether after a closing quote there is only a remark.
fn ends_there(rest: &str) -> bool {
    rest.trim().is_empty() || rest.trim_start().starts_with('#')
}

/// The text as one line of at most [`DESCRIPTION_CHARS`], in which everything can be seen.
fn one_line(text: &str) -> String {
    let shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect();
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(DESCRIPTION_CHARS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(front_matter: &str) -> Result<(String, String), FrontMatterError> {
        read_front_matter(&format!("---\n{front_matter}\n---\n# Body\n")).map(|found| (found.name, found.description))
    }

    fn found(name: &str, description: &str) -> Result<(String, String), FrontMatterError> {
        Ok((name.to_owned(), description.to_owned()))
    }

    #[test]
    fn the_forms_of_the_published_skills_are_read() {
        let tea = found("tea", "Makes tea. Use when asked.");
        for description in [
            "Makes tea. Use when asked.",
            "  \"Makes tea. Use when asked.\"  # a remark",
            "'Makes tea. Use when asked.'",
            ">-\n  Makes tea.\n  Use when asked.\n",
            "|\n  Makes tea.\n\n  Use when asked.",
            "\n  Makes tea.\n  Use when asked.",
            "Makes tea.\n  Use when asked. # a remark",
            "\"Makes tea.\n  Use when\\u0020asked.\"",
        ] {
            assert_eq!(read(&format!("name: tea\ndescription: {description}")), tea, "{description}");
        }
        assert_eq!(read("description: 'It''s hot: mind it'\nname: \"tea\""), found("tea", "It's hot: mind it"));
        assert_eq!(read("name: tea\ndescription: Use when: asked"), found("tea", "Use when: asked"));
        let with_more =
            "license: MIT\nname: tea\nmetadata:\n  name: other\n  tags: [a, b]\nallowed-tools:\n- Bash\ndescription: hot";
        assert_eq!(read(with_more), found("tea", "hot"));
        let windows = "\u{feff}---\r\nname: tea\r\ndescription: >\r\n  hot\r\n---\r\n";
        assert_eq!(read_front_matter(windows).unwrap().description, "hot");
    }

    #[test]
    fn a_name_that_could_be_taken_for_something_else_is_refused() {
        let long = "a".repeat(65);
        for name in ["Tea", "-tea", "tea-", "te--a", "te a", "../tea", "te\u{1b}[2J", "tea\u{202e}", "", "\"te\\u0000a\"", &long]
        {
            let refused = read(&format!("name: {name}\ndescription: hot"));
            assert_eq!(refused, Err(FrontMatterError::Name), "{name:?}");
        }
        assert!(is_skill_name("pdf-forms-2") && is_skill_name(&"a".repeat(64)));
    }

    #[test]
    fn what_is_not_a_text_is_refused_and_never_expanded() {
        for value in
            ["*a", "&a [x]", "!!binary aGk=", "[a, b]", "{a: b}", "\"open", "'open", "\"x\" y", "\"\\x41\"", "| and more"]
        {
            let refused = read(&format!("name: tea\ndescription: {value}"));
            assert_eq!(refused, Err(FrontMatterError::Unreadable { field: "description", line: 3 }), "{value}");
        }
        let levels: Vec<String> = (0..50).map(|level| format!("b{level}: &b{level} [*a, *a, *a, *a]\n")).collect();
        let bomb = format!("a: &a [x, x, x]\n{}", levels.concat());
        assert_eq!(read(&format!("{bomb}name: tea\ndescription: hot")), found("tea", "hot"), "other fields are skipped unread");
    }

    #[test]
    fn missing_double_and_unclosed_fields_are_told() {
        assert_eq!(read("description: hot"), Err(FrontMatterError::NoField { field: "name" }));
        for empty in ["", "description:", "description: \"\"", "description: \"\\u200b\"", "description: # none"] {
            assert_eq!(read(&format!("name: tea\n{empty}")), Err(FrontMatterError::NoField { field: "description" }), "{empty}");
        }
        assert_eq!(read("name: tea\nname: coffee\ndescription: hot"), Err(FrontMatterError::Twice { field: "name" }));
        assert_eq!(read_front_matter("# Tea"), Err(FrontMatterError::Missing));
        assert_eq!(read_front_matter(""), Err(FrontMatterError::Missing));
        assert_eq!(read_front_matter("---\nname: tea"), Err(FrontMatterError::Unclosed));
        let far = format!("---\nname: tea\ndescription: hot\n{}\n---\n", "x: y\n".repeat(10_000));
        assert_eq!(read_front_matter(&far), Err(FrontMatterError::Unclosed));
    }

    #[test]
    fn a_huge_description_is_cut_and_hidden_characters_are_gone() {
        let (_, description) = read(&format!("name: tea\ndescription: {}", "ü".repeat(5_000))).unwrap();
        assert_eq!((description.chars().count(), description.chars().last()), (1_025, Some('…')));
        let (_, description) = read("name: tea\ndescription: a\u{1b}[2Jb\u{202e}c\u{e0041}d").unwrap();
        assert_eq!(description, "a [2Jbcd");
    }
}
