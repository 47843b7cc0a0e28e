//! The ids that OpenCode gives. Each is checked when it is read, because it becomes part of an address.

use std::fmt;

/// The longest id that is accepted. Those of OpenCode have about 30 characters.
const MAX_LENGTH: usize = 100;

/// A text that is not an id of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id of OpenCode that begins with {1}")]
pub struct InvalidId(String, &'static str);

fn checked(text: String, prefix: &'static str) -> Result<String, InvalidId> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if text.len() > prefix.len() && text.len() <= MAX_LENGTH && text.starts_with(prefix) && text.chars().all(plain) {
        return Ok(text);
    }
    Err(InvalidId(text.chars().take(MAX_LENGTH).collect(), prefix))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as OpenCode writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                checked(text, $prefix).map($name)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// The id of a session.
    SessionId,
    "ses_"
);
id!(
    /// The id of a message. The client chooses that of a prompt, so that a prompt is never sent twice.
    MessageId,
    "msg_"
);
id!(
    /// The id of a pending permission request.
    PermissionId,
    "per_"
);
id!(
    /// The id of a pending question.
    QuestionId,
    "que_"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_change_an_address_is_refused() {
        for text in ["", "ses_", "ses_a/b", "ses_../x", "ses_a?b", "ses_a#b", "ses_a%2f", "ses_ü", "ses_a b", "ses_a\n", "msg_a"]
        {
            assert!(text.parse::<SessionId>().is_err(), "{text:?}");
        }
        assert!(format!("ses_{}", "a".repeat(100)).parse::<SessionId>().is_err());
        assert_eq!("ses_ddb526a83ffejO3GK4b1a7XS0G".parse::<SessionId>().unwrap().as_str(), "ses_ddb526a83ffejO3GK4b1a7XS0G");
    }
}
