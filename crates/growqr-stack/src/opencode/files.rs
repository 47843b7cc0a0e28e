//! Files of a session's directory: lists, contents, and what runs changed.

use super::changes::{FileChange, changes};
use super::client::OpenCode;
use super::error::OpenCodeError;
use super::id::{MessageId, SessionId};
use super::paths::check_relative;
use super::transport::Call;
use super::wire::{FileEntry, FileKind, Message, Part, Session};
use base64::Engine;
use serde::Deserialize;
use std::collections::HashSet;

/// Entries of a whole directory that are listed at most.
const MAX_ENTRIES: usize = 5000;

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileContent {
    /// Text. OpenCode removes white space at both ends, so it is for display; copy files from the volume.
    Text(String),
    /// Anything else.
    Binary(Vec<u8>),
}

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

    /// The content of a file, given relative to the directory.
    ///
    /// # Errors
    /// [`OpenCodeError::NotFound`] if there is no such file; [`OpenCodeError::Refused`] for a name with a backslash.
    pub async fn read_file(&self, directory: &str, path: &str) -> Result<FileContent, OpenCodeError> {
        #[derive(Deserialize)]
        struct Content {
            #[serde(default)]
            content: String,
            #[serde(default)]
            encoding: Option<String>,
        }
        let call = Call::get(&["file", "content"]).query("path", check_relative(path)?);
        let read: Content = self.in_directory(call, directory)?.json().await?;
        if read.content.is_empty() && !self.is_file(directory, path).await? {
            return Err(OpenCodeError::NotFound(path.to_owned()));
        }
        if read.encoding.as_deref() != Some("base64") {
            return Ok(FileContent::Text(read.content));
        }
        let bytes = base64::engine::general_purpose::STANDARD.decode(&read.content);
        bytes.map(FileContent::Binary).map_err(|error| OpenCodeError::Unreadable(error.to_string()))
    }

    /// A missing file is answered like an empty one, so its folder is listed.
    async fn is_file(&self, directory: &str, path: &str) -> Result<bool, OpenCodeError> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        match self.folder(directory, folder).await {
            Ok(entries) => Ok(entries.iter().any(|entry| entry.path == path && entry.kind != FileKind::Directory)),
            Err(OpenCodeError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
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
