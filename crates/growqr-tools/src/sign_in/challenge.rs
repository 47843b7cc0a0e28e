//! What a server says when it wants a sign-in: the header `WWW-Authenticate` (RFC 9110, RFC 6750, RFC 9728).

/// The longest header that is read.
const MAX_BYTES: usize = 8 << 10;

/// The parameters that matter of the challenge `Bearer`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Where the server describes itself.
    pub resource_metadata: Option<String>,
    /// What a token must be good for.
    pub scope: Option<String>,
}

impl Challenge {
    /// Reads the values of the header; other schemes than `Bearer` do not matter.
    pub(crate) fn read<'a>(headers: impl Iterator<Item = &'a str>) -> Challenge {
        let mut challenge = Challenge::default();
        for header in headers.filter(|header| header.len() <= MAX_BYTES) {
            for (name, value) in bearer_parameters(header) {
                let place = match name.as_str() {
                    "resource_metadata" => &mut challenge.resource_metadata,
                    "scope" => &mut challenge.scope,
                    _ => continue,
                };
                place.get_or_insert(value);
            }
        }
        challenge
    }
}

/// The parameters of the scheme `Bearer`, names in lower case.
fn bearer_parameters(header: &str) -> Vec<(String, String)> {
    let (mut found, mut is_bearer) = (Vec::new(), false);
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find(|character: char| !is_token(character)).unwrap_or(rest.len());
        if end == 0 {
            return found;
        }
        let (word, after) = rest.split_at(end);
        let Some(value) = after.trim_start().strip_prefix('=') else {
            // A scheme; what follows are its parameters.
            is_bearer = word.eq_ignore_ascii_case("bearer");
            rest = after;
            continue;
        };
        let (value, after) = parameter_value(value.trim_start());
        if is_bearer {
            found.push((word.to_ascii_lowercase(), value));
        }
        rest = after;
    }
}

/// A quoted or plain value, and what follows it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, character) in quoted.char_indices() {
        match character {
            _ if is_escaped => {
                value.push(character);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return (value, &quoted[at + 1..]),
            _ => value.push(character),
        }
    }
    (value, "")
}

fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(header: &str) -> (Option<String>, Option<String>) {
        let challenge = Challenge::read(std::iter::once(header));
        (challenge.resource_metadata, challenge.scope)
    }

    #[test]
    fn the_parameters_of_bearer_are_read_and_no_others() {
        let (metadata, scope) = ("https://a.example/.well-known/x".to_owned(), "read write".to_owned());
        let both = (Some(metadata.clone()), Some(scope.clone()));
        assert_eq!(read(r#"Bearer resource_metadata="https://a.example/.well-known/x", scope="read write""#), both);
        assert_eq!(read(r#"bearer realm="a, b", SCOPE="read write",resource_metadata=https://a.example/.well-known/x"#), both);
        let other = r#"Basic realm="x", scope="no", Bearer scope="read write", error="invalid_token", Digest scope="no""#;
        assert_eq!(read(other), (None, Some(scope)));
        assert_eq!(read(r#"Bearer scope="a\"b"#), (None, Some("a\"b".to_owned())));
        for nothing in ["", "Bearer", "Basic", "Bearer realm", ",,,", "=", "Bearer ="] {
            assert_eq!(read(nothing), (None, None), "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn no_header_stops_the_program(header in ".{0,200}") {
            let _ = read(&header);
            let _ = read(&format!("Bearer {header}"));
        }
    }
}
