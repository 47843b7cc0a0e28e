//! The files of sub-agents in the workbench: what they have changed, and copies of them, byte for byte. A copy needs no host and
//! no running container.

use crate::error::AppError;
use crate::profile::location::{Environment, Profile};
use crate::stack::container;
use crate::stack::control::StackControl;
use crate::stack::workbench::folder_of;
use futures_util::StreamExt;
use growqr_core::id::AgentId;
use growqr_stack::opencode::{OpenCode, OpenCodeError, Session};
use growqr_stack::{ContainerFile, ContainerPart, InContainer, StackError};
use growqr_wire::{Reply, WorkFile};
use std::io::Write;

/// A longer text is cut. A page of memory is not longer.
const MAX_TEXT: usize = 256 * 1024;

/// The folder of the workbench with the folders of all sub-agents.
const WORK: &str = "/workspace";

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

/// The text of a file in a sub-agent's folder.
///
/// # Errors
/// If Docker cannot be asked, or there is no such file.
pub(crate) async fn read(profile: &Profile, environment: &Environment, agent: &str, path: &str) -> Result<Reply, AppError> {
    let file = open(profile, environment, agent, path).await?;
    let bytes = file.size();
    let start = file.start(MAX_TEXT + 1).await?;
    let cut = start.len() > MAX_TEXT;
    let start = &start[..start.len().min(MAX_TEXT)];
    Ok(Reply::WorkFile { text: text(start, cut).map(str::to_owned), cut, bytes })
}

/// Bytes as a text; `None` if they are none. A cut may go through the last character.
fn text(bytes: &[u8], cut: bool) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        _ if bytes.contains(&0) => None,
        Ok(text) => Some(text),
        Err(error) if cut && error.error_len().is_none() => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok(),
        Err(_) => None,
    }
}

/// Copies a file of a sub-agent out of the workbench, byte for byte. Returns how many.
///
/// # Errors
/// If Docker cannot be asked, there is no such file, or `to` cannot be written: then a part of it may be there.
pub async fn copy_work_file(
    profile: &Profile,
    environment: &Environment,
    agent: &str,
    path: &str,
    to: &mut (dyn Write + Send),
) -> Result<u64, AppError> {
    let mut file = open(profile, environment, agent, path).await?;
    let size = file.size();
    while let Some(piece) = file.next().await? {
        to.write_all(&piece).map_err(unwritten)?;
    }
    to.flush().map_err(unwritten)?;
    Ok(size)
}

/// Copies the folders of all sub-agents out of the workbench, as a tar archive, without the folders that the person shares.
/// Returns its size.
///
/// # Errors
/// If Docker cannot be asked, there is no workbench, the archive is not complete, or `to` cannot be written.
pub async fn export_work_files(
    profile: &Profile,
    environment: &Environment,
    to: &mut (dyn Write + Send),
) -> Result<u64, AppError> {
    let (stack, found) = container(profile, environment, ContainerPart::OpenCode).await?;
    let mut archive = stack.daemon().archive_without(&found.id, WORK, &found.folders);
    let mut size = 0;
    while let Some(piece) = archive.next().await {
        let piece = piece?;
        to.write_all(&piece).map_err(unwritten)?;
        size += piece.len() as u64;
    }
    to.flush().map_err(unwritten)?;
    Ok(size)
}

fn unwritten(error: std::io::Error) -> AppError {
    AppError::bad_request(format!("the copy cannot be written: {error}"), "Make room on the disk, or choose another place.")
}

async fn open(profile: &Profile, environment: &Environment, agent: &str, path: &str) -> Result<ContainerFile, AppError> {
    let missing =
        |what: String| AppError::Missing { what, next_step: format!("List its files: growqr stack files list {agent}") };
    let none = || missing(format!("file {path:?} of {agent}"));
    let is_id = !agent.is_empty() && agent.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let stays_inside =
        !path.is_empty() && !path.starts_with('/') && !path.contains('\0') && path.split('/').all(|part| part != "..");
    if !is_id || !stays_inside {
        return Err(none());
    }
    let (stack, found) = container(profile, environment, ContainerPart::OpenCode).await?;
    let place = format!("{}/{path}", folder_of(&AgentId::new(agent)));
    match stack.daemon().open_path(&found.id, &place).await {
        Ok(InContainer::File(file)) => Ok(file),
        Ok(InContainer::Other) => Err(missing(format!("file {path:?} of {agent}: it is a folder or a link"))),
        Err(StackError::Missing { .. }) => Err(none()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_whole_characters_without_a_zero_byte() {
        assert_eq!(text(" ü \n\n".as_bytes(), false), Some(" ü \n\n"));
        assert_eq!(text(&"aü".as_bytes()[..2], true), Some("a"));
        assert_eq!(text(&"aü".as_bytes()[..2], false), None);
        assert_eq!(text(b"a\0b", false), None);
        assert_eq!(text(&[0xff, 0xfe], true), None);
    }
}
