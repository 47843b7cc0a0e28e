//! The `growqr folders` commands: the folders of the person whose files agents may use.

use crate::CommandResult;
use crate::args::Folders;
use crate::print::{Out, sanitized_line};
use growqr_app::{AppError, Environment, Library, Profile, send_request};
use growqr_wire::{FileFolder, FolderChange, Reply, Request};
use std::path::Path;

pub async fn folders(profile: Profile, environment: &Environment, out: &Out, command: Folders) -> CommandResult {
    let change = match command {
        Folders::List => {
            let folders = Library::open(profile.clone()).await?.file_folders().await?;
            for folder in &folders {
                print(out, folder);
            }
            if folders.is_empty() && !out.is_json() {
                out.notice("agents see no files of this computer. To let them read a folder: growqr folders add PATH");
            }
            return Ok(true);
        }
        Folders::Add { path, name, write } => {
            FolderChange::Add { path: full_path(&path, "Name a folder: growqr folders add PATH")?, name, can_write: write }
        }
        Folders::AllowWrites { name } => FolderChange::SetAccess { folder: name, can_write: true },
        Folders::ReadOnly { name } => FolderChange::SetAccess { folder: name, can_write: false },
        Folders::Remove { name } => FolderChange::Remove { folder: name },
    };
    let is_new = matches!(change, FolderChange::Add { .. });
    let reply = send_request(profile, environment, Request::ChangeFolders { change }).await?;
    if let (true, Reply::Folders { folders }) = (is_new, reply) {
        // The one that was added is the last one.
        folders.last().into_iter().for_each(|folder| print(out, folder));
    }
    Ok(true)
}

/// The path as it is found from another folder.
pub(crate) fn full_path(folder: &Path, next_step: &str) -> Result<String, AppError> {
    let wrong = |problem: String| AppError::BadRequest {
        message: format!("{} is not the path of a folder: {problem}", folder.display()),
        next_step: next_step.to_owned(),
    };
    let path = std::path::absolute(folder).map_err(|error| wrong(error.to_string()))?;
    path.into_os_string().into_string().map_err(|_| wrong("it is not text".to_owned()))
}

fn print(out: &Out, row: &FileFolder) {
    out.row(row, || {
        let access = if row.can_write { "read and change" } else { "read" };
        format!("{:<20} {access:<16} {}", row.name, sanitized_line(&row.path))
    });
}
