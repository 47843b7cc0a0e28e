//! The files that a sub-agent has changed in the workbench.

use crate::error::AppError;
use crate::stack::control::StackControl;
use crate::stack::workbench::folder_of;
use growqr_core::id::AgentId;
use growqr_stack::opencode::{FileContent, OpenCode, OpenCodeError, Session};
use growqr_wire::{Reply, WorkFile};

/// A longer text is cut.
const MAX_TEXT: usize = 256 * 1024;

/// A longer diff is not shown.
const MAX_DIFF: usize = 64 * 1024;

impl From<OpenCodeError> for AppError {
    fn from(error: OpenCodeError) -> AppError {
        let next_step = match &error {
            OpenCodeError::NotFound(_) => "List the files again.",
            OpenCodeError::WrongVersion { .. } => "Set OPENCODE_IMAGE to an image of version 1.18, or unset it.",
            OpenCodeError::WrongPassword | OpenCodeError::Misconfigured(_) => {
                "Make the container anew: growqr stack down, then up."
            }
            _ => "Try again. The last lines of the log may tell more: growqr stack logs opencode",
        };
        AppError::Docker { message: error.to_string(), retryable: error.is_temporary(), next_step: next_step.to_owned() }
    }
}

impl StackControl {
    /// The files that a sub-agent has changed, with what changed in them. Empty if it has no session.
    ///
    /// # Errors
    /// If the workbench does not run.
    pub(crate) async fn work_files(&self, agent: &str) -> Result<Reply, AppError> {
        let Some((client, session)) = self.session_of(agent).await? else { return Ok(Reply::WorkFiles { files: Vec::new() }) };
        let changes = client.all_diffs(&session).await?;
        let files = changes.into_iter().map(|change| WorkFile {
            path: change.path,
            added: change.additions,
            removed: change.deletions,
            diff: change.patch.filter(|diff| diff.len() <= MAX_DIFF),
        });
        Ok(Reply::WorkFiles { files: files.collect() })
    }

    /// The text of a file in a sub-agent's folder.
    ///
    /// # Errors
    /// If the workbench does not run, or there is no such file.
    pub(crate) async fn read_work_file(&self, agent: &str, path: &str) -> Result<Reply, AppError> {
        let missing =
            || AppError::Missing { what: format!("file {path:?} of {agent}"), next_step: "List its files again.".to_owned() };
        let (client, session) = self.session_of(agent).await?.ok_or_else(missing)?;
        let text = match client.read_file(&session.directory, path).await? {
            FileContent::Text(text) => text,
            FileContent::Binary(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let end = (0..=MAX_TEXT.min(text.len())).rfind(|at| text.is_char_boundary(*at)).unwrap_or_default();
        Ok(Reply::WorkFile { cut: end < text.len(), text: text[..end].to_owned() })
    }

    async fn session_of(&self, agent: &str) -> Result<Option<(OpenCode, Session)>, AppError> {
        let agent = AgentId::new(agent);
        let deps = self.deps();
        let sessions = deps.store.sessions().await?;
        let Some(row) = sessions.into_iter().find(|row| row.agent == agent) else { return Ok(None) };
        let client = deps.workbench.client().ok_or_else(|| AppError::Docker {
            message: "the workbench does not run, so its files cannot be read now".to_owned(),
            retryable: true,
            next_step: "Start it with: growqr stack up".to_owned(),
        })?;
        let Ok(id) = row.session.as_str().parse() else { return Ok(None) };
        match client.session(&id).await {
            Ok(session) if session.directory == folder_of(&agent) => Ok(Some((client, session))),
            Ok(_) | Err(OpenCodeError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
