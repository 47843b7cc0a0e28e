//! The mark of a memory: its random name, and the conversation that uses it. It is beside the history, in `.git/growqr`, so that
//! clones and the copy on a server do not have it.

use crate::disk::{retry_while_in_use, sync_file};
use crate::error_context::Context;
use crate::git_folder;
use growqr_core::id::{ConversationName, MemoryName};
use growqr_core::memory::MemoryError;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file's name.
const FILE: &str = "used-by";

/// The name of a memory, and the conversation that used it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The memory.
    pub memory: MemoryName,
    /// The conversation that used it last. `None` if none has yet.
    pub user: Option<MemoryUser>,
}

/// A conversation that uses a memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryUser {
    /// The conversation.
    pub conversation: ConversationName,
    /// The location of its database, for people.
    pub database: String,
    /// The number of events that it had at least.
    pub events: u64,
}

impl Mark {
    /// The mark of the memory in `folder`. `None` if it has none, or one that cannot be read. Needs no valid repository.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Mark> {
        let text = fs::read_to_string(existing_git_folder(folder)?.join("growqr").join(FILE)).ok()?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
            (!line.is_empty()).then(|| line.to_owned())
        };
        let user = || {
            let (conversation, events) = (ConversationName::new(value("conversation")?), value("events")?.parse().ok()?);
            Some(MemoryUser { conversation, database: value("database")?, events })
        };
        Some(Mark { memory: MemoryName::new(value("memory")?), user: user() })
    }

    /// Writes the mark of the memory in `folder`.
    ///
    /// # Errors
    /// [`MemoryError::Repository`] if there is no repository, or the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), MemoryError> {
        let doing = "note which conversation uses it";
        let own = existing_git_folder(folder).ok_or("there is no .git folder").context(doing)?.join("growqr");
        let mut text = format!("memory {}\n", self.memory);
        if let Some(MemoryUser { conversation, database, events }) = &self.user {
            let database = database.replace(['\n', '\r'], " ");
            text.push_str(&format!("conversation {conversation}\nevents {events}\ndatabase {database}\n"));
        }
        let (file, new) = (own.join(FILE), own.join(format!("{FILE}.new")));
        // Durable before it replaces the old one: after a power cut, an empty mark would pass for a repository that was cloned again.
        let write = || {
            let mut made = fs::File::create(&new)?;
            made.write_all(text.as_bytes())?;
            sync_file(&made)
        };
        fs::create_dir_all(&own).and_then(|()| write()).context(doing)?;
        retry_while_in_use(|| fs::rename(&new, &file)).context(doing)
    }
}

/// The git folder of the working tree in `folder`.
fn existing_git_folder(folder: &Path) -> Option<PathBuf> {
    Some(git_folder::own(folder)).filter(|git| git.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(user: Option<MemoryUser>) -> Mark {
        Mark { memory: MemoryName::random(7), user }
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert!(mark(None).write(folder.path()).is_err());
        fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(Mark::read(folder.path()), None);
        let user =
            MemoryUser { conversation: ConversationName::random(8), database: "/a folder/growqr.db".to_owned(), events: 12 };
        for mark in [mark(None), mark(Some(user))] {
            mark.write(folder.path()).unwrap();
            assert_eq!(Mark::read(folder.path()), Some(mark));
        }
    }

    #[test]
    fn a_mark_that_was_cut_off_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".git/growqr")).unwrap();
        for text in ["", "memory", "memory \n", "\u{0}\u{0}"] {
            fs::write(folder.path().join(".git/growqr").join(FILE), text).unwrap();
            assert_eq!(Mark::read(folder.path()), None, "{text:?}");
        }
    }

    #[test]
    fn the_mark_is_in_the_folder_that_a_git_file_names() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".git"), format!("gitdir: {}\n", elsewhere.path().display())).unwrap();
        mark(None).write(folder.path()).unwrap();
        assert!(elsewhere.path().join("growqr").join(FILE).exists());
        assert_eq!(Mark::read(folder.path()), Some(mark(None)));
    }
}
