//! What `growqr tools add` makes of its options. No text of an option with a value in it gets into a message.

use growqr_app::AppError;
use growqr_wire::{ApiKey, ToolTransport};
use std::collections::BTreeMap;
use std::path::Path;

/// The values of `--env NAME[=VALUE]` and `--header "NAME: VALUE"` (or `NAME=VALUE`). One without a value is read from this environment.
///
/// # Errors
/// [`AppError::BadRequest`], with the name alone.
pub fn values(env: &[String], header: &[String]) -> Result<BTreeMap<String, ApiKey>, AppError> {
    let variable = |name: &str| std::env::var(name).ok();
    let env = env.iter().map(|text| named(text, &['='], &variable));
    let header = header.iter().map(|text| named(text, &['=', ':'], &variable));
    env.chain(header).collect()
}

fn named(text: &str, separators: &[char], variable: &dyn Fn(&str) -> Option<String>) -> Result<(String, ApiKey), AppError> {
    let (name, value) = match text.split_once(separators) {
        Some((name, value)) => (name.trim(), Some(value.trim().to_owned())),
        None => (text.trim(), None),
    };
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(AppError::BadRequest {
            message: "a value has no name before it".to_owned(),
            next_step: "Write --env NAME=VALUE, or --header \"NAME: VALUE\".".to_owned(),
        });
    }
    let value = value.or_else(|| variable(name)).ok_or_else(|| AppError::BadRequest {
        message: format!("{name} has no value, and is not set in this environment"),
        next_step: format!("Write {name}=VALUE, or set it first."),
    })?;
    Ok((name.to_owned(), ApiKey(value)))
}

/// The folder of the terminal, if the command line names something in it by a relative path: elsewhere the program would not find it.
pub fn folder(transport: &ToolTransport) -> Option<String> {
    let ToolTransport::Program { command, args } = transport else { return None };
    let folder = std::env::current_dir().ok()?;
    let is_there = |word: &String| !word.is_empty() && !Path::new(word).is_absolute() && folder.join(word).exists();
    std::iter::once(command).chain(args).any(is_there).then(|| folder.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, separators: &[char]) -> Result<(String, String), String> {
        let variable = |name: &str| (name == "TOKEN").then(|| "t0k".to_owned());
        named(text, separators, &variable).map(|(name, value)| (name, value.0)).map_err(|error| error.to_string())
    }

    #[test]
    fn headers_are_read_as_people_write_them() {
        let header = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(read("Authorization: Bearer a=b", &['=', ':']), header("Authorization", "Bearer a=b"));
        assert_eq!(read("X-Key=a:b", &['=', ':']), header("X-Key", "a:b"));
        assert_eq!(read("KEY=a:b", &['=']), header("KEY", "a:b"));
        assert_eq!(read("TOKEN", &['=']), header("TOKEN", "t0k"));
    }

    #[test]
    fn no_message_repeats_a_key() {
        for text in ["Bearer s3cret", "s3cret !", "Authorization Bearer: s3cret", ": s3cret"] {
            let error = read(text, &['=', ':']).unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
        }
        assert!(read("MISSING", &['=']).unwrap_err().contains("MISSING has no value"));
    }
}
