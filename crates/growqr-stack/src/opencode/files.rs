//! Files of a session's directory: lists, and what runs changed. Contents are copied from the container: OpenCode trims texts.

use super::changes::{FileChange, changes};
use super::client::OpenCode;
use super::error::OpenCodeError;
use super::id::{MessageId, SessionId};
use super::paths::check_relative;
use super::transport::Call;
use super::wire::{FileEntry, FileKind, Message, Part, Session};
use std::collections::HashSet;

/// Entries of a whole directory that are listed at most.
const MAX_ENTRIES: usize = 5000;

impl OpenCode {
    /// The entries of one folder, given relative to the directory; an empty path is the directory itself.
    ///
    /// # Errors
    /// [`OpenCodeError::Refused`] if there is no such folder.
    pub async fn folder(&self, directory: &str, folder: &str) -> Result<Vec<FileEntry>, OpenCodeError> {
        let path = if folder.is_empty() { "." } else { check_relative(folder)? };
        self.in_directory(Call::get(&["file"]).query("path", path), directory)?.json().await
    }

    /// All files below the directory, without those that git ignores and git's own.
    ///
    /// # Errors
    /// [`OpenCodeError::TooLarge`] if there are more than 5,000 entries.
    pub async fn files(&self, directory: &str) -> Result<Vec<FileEntry>, OpenCodeError> {
        let mut files = Vec::new();
        let mut folders = vec![String::new()];
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            let entries = self.folder(directory, &folder).await?;
            seen += entries.len();
            if seen > MAX_ENTRIES {
                return Err(OpenCodeError::TooLarge);
            }
            for entry in entries.into_iter().filter(|entry| !entry.ignored && !is_git_folder(&entry.path)) {
                match entry.kind {
                    FileKind::Directory => folders.push(entry.path.trim_end_matches('/').to_owned()),
                    FileKind::File | FileKind::Unknown => files.push(entry),
                }
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// The files that the run of a prompt changed, those of child sessions included.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn diffs(&self, session: &Session, prompt: &MessageId) -> Result<Vec<FileChange>, OpenCodeError> {
        let turn = self.turn(&session.id, prompt).await?;
        self.changes_of(session, &turn).await
    }

    /// The files that all runs of a session changed, those of child sessions included.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn all_diffs(&self, session: &Session) -> Result<Vec<FileChange>, OpenCodeError> {
        let messages = self.messages(&session.id).await?;
        self.changes_of(session, &messages).await
    }

    pub(super) async fn changes_of(&self, session: &Session, turn: &[Message]) -> Result<Vec<FileChange>, OpenCodeError> {
        let mut children = Vec::new();
        for child in children_of(turn) {
            children.extend(self.messages(&child).await?);
        }
        Ok(changes(&session.directory, turn, &children))
    }
}

/// Whether this is the folder in which git keeps the history, of the directory or of a repository below it.
fn is_git_folder(path: &str) -> bool {
    path.trim_end_matches('/').rsplit('/').next() == Some(".git")
}

/// The sessions that the `task` tool started in these messages.
fn children_of(turn: &[Message]) -> HashSet<SessionId> {
    let parts = turn.iter().flat_map(|message| &message.parts);
    parts
        .filter_map(|part| match part {
            Part::Tool(call) => call.state.metadata.get("sessionId")?.as_str()?.parse().ok(),
            _ => None,
        })
        .collect()
}
