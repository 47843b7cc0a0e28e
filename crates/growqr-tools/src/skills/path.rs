//! The paths of files inside of a skill.

use crate::closed_names::refused;

/// The most bytes of a path, and the most folders in it.
const MAX_BYTES: usize = 1_024;
const MAX_PARTS: usize = 16;

/// The path without `./` before it; `None` if it could lead out of the folder on any system, or to a file that agents cannot reach in any
/// folder of the person.
pub(super) fn checked(path: &str) -> Option<String> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let is_plain = |part: &str| !part.ends_with(['.', ' ']) && refused(part, cfg!(windows)).is_none();
    let has_other = path.chars().any(|c| c.is_control() || c == '\\' || c == ':');
    let is_inside =
        path.len() <= MAX_BYTES && !has_other && path.split('/').count() <= MAX_PARTS && path.split('/').all(is_plain);
    is_inside.then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_folder_or_to_hidden_files_and_keys() {
        for path in [
            "",
            "/etc/passwd",
            "../a",
            "a/../../b",
            "a//b",
            "a/",
            "C:/a",
            "a\\b",
            "a/..",
            "..",
            "a\0b",
            "a\nb",
            "x./y",
            "a ",
            "a:b",
            ".env",
            "references/.git/config",
            "keys/server.pem",
            "credentials.json",
        ] {
            assert_eq!(checked(path), None, "{path:?}");
        }
        assert_eq!(checked(&"a/".repeat(40)), None);
        assert_eq!(checked("./references/a b.md").as_deref(), Some("references/a b.md"));
    }
}
