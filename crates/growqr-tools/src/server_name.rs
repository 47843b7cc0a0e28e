//! Names of servers: part of the names of their tools.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest name.
const MAX_LEN: usize = 32;

/// The name of a server: `[A-Za-z0-9_-]{1,32}`, without two underscores together and without one at its end, so that
/// `server__tool` names one server and one tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerName(String);

/// A text that is no name of a server.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no name for a server: use 1 to 32 letters, digits, - and single _")]
pub struct NameError(String);

impl ServerName {
    /// The name, if it is one.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn new(text: impl Into<String>) -> Result<ServerName, NameError> {
        let text = text.into();
        let is_valid = (1..=MAX_LEN).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !text.contains("__")
            && !text.ends_with('_');
        if is_valid { Ok(ServerName(text)) } else { Err(NameError(text)) }
    }

    /// The nearest name to any text, as configurations of other programs have it. `None` if nothing of it remains.
    #[must_use]
    pub fn nearest(text: &str) -> Option<ServerName> {
        let mut name = String::new();
        for character in text.chars() {
            match character {
                '_' if name.ends_with(['_', '-']) => {}
                character if character.is_ascii_alphanumeric() || character == '_' => name.push(character),
                _ if name.is_empty() || name.ends_with(['_', '-']) => {}
                _ => name.push('-'),
            }
        }
        name.truncate(MAX_LEN);
        ServerName::new(name.trim_end_matches(['_', '-'])).ok()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ServerName {
    type Error = NameError;

    fn try_from(text: String) -> Result<ServerName, NameError> {
        ServerName::new(text)
    }
}

impl From<ServerName> for String {
    fn from(name: ServerName) -> String {
        name.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_separator_of_tool_names_in_it() {
        for name in ["files", "my-git", "a_b", "A1"] {
            assert_eq!(ServerName::new(name).unwrap().as_str(), name);
        }
        for text in ["", "a__b", "a_", "a b", "файл", &"x".repeat(33), "a.b", "a/b"] {
            assert!(ServerName::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn any_text_with_a_letter_has_a_nearest_name() {
        let nearest = |text: &str| ServerName::nearest(text).map(|name| name.as_str().to_owned());
        assert_eq!(nearest("My Server (beta)").as_deref(), Some("My-Server-beta"));
        assert_eq!(nearest("com.example/files__v2_").as_deref(), Some("com-example-files_v2"));
        assert_eq!(nearest("файл 7").as_deref(), Some("7"));
        assert_eq!(nearest("файл"), None);
        assert_eq!(nearest(&"long".repeat(20)).unwrap().len(), MAX_LEN);
    }
}
