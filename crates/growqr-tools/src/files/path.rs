//! Paths as agents write them.

use super::error::FilesError;
use crate::closed_names::refused;
use std::fmt;

/// A file or folder in a chosen folder: `notes/2026/plan.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FilePath {
    /// The name of the chosen folder.
    pub folder: String,
    /// The parts below it; none for the folder itself.
    pub parts: Vec<String>,
}

impl FilePath {
    /// Reads a path; `folder/` alone is the folder.
    ///
    /// # Errors
    /// If it does not name something in a chosen folder, whatever the folders are.
    pub(super) fn parse(text: &str) -> Result<FilePath, FilesError> {
        if text.starts_with('/') || text.chars().any(|c| c.is_control() || c == '\\') || (cfg!(windows) && text.contains(':')) {
            return Err(FilesError::NotRelative);
        }
        let mut parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
        let folder = parts.next().ok_or(FilesError::NotRelative)?.to_owned();
        let parts: Vec<String> = parts.map(str::to_owned).collect();
        if folder == ".." || parts.iter().any(|part| part == "..") {
            return Err(FilesError::NotRelative);
        }
        let path = FilePath { folder, parts };
        match path.parts.iter().find_map(|part| refused(part, cfg!(windows))) {
            Some(refusal) => Err(FilesError::Refused { path: path.to_string(), refusal }),
            None => Ok(path),
        }
    }

    /// The file in this folder with this name.
    pub(super) fn child(&self, name: &str) -> FilePath {
        let mut path = self.clone();
        path.parts.push(name.to_owned());
        path
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.folder)?;
        self.parts.iter().try_for_each(|part| write!(f, "/{part}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_something_in_a_chosen_folder() {
        let read = |text: &str| FilePath::parse(text).map(|path| path.to_string());
        for (text, path) in
            [("notes", "notes"), ("notes/", "notes"), ("notes/a//b.md", "notes/a/b.md"), ("./notes/./a", "notes/a")]
        {
            assert_eq!(read(text).unwrap(), path, "{text}");
        }
        for text in ["", "/", "/etc/passwd", ".", "..", "notes/../x", "notes/..", "a\\b", "notes/a\nb", "notes/a\0"] {
            assert!(matches!(FilePath::parse(text), Err(FilesError::NotRelative)), "{text:?}");
        }
    }

    #[test]
    fn a_path_through_a_hidden_folder_is_refused_with_the_reason() {
        let error = FilePath::parse("notes/.ssh/config").unwrap_err().to_string();
        assert_eq!(error, "notes/.ssh/config is not available: it is hidden. Go on without it");
    }
}
