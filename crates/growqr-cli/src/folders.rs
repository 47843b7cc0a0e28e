//! The `growqr folders` commands: the folders of the person whose files agents may use.

use crate::CommandResult;
use crate::args::Folders;
use crate::print::{Out, sanitized_line};
use growqr_app::{AppError, Environment, FILE_FOLDERS, Folder, Library, Profile, send_request, written_folders};
use growqr_wire::{FileFolder, Request};
use std::path::{Path, PathBuf};

pub async fn folders(profile: Profile, environment: &Environment, out: &Out, command: Folders) -> CommandResult {
    let mut folders = Library::open(profile.clone()).await?.file_folders().await?;
    match command {
        Folders::List => {
            for folder in &folders {
                print(out, folder);
            }
            if folders.is_empty() && !out.is_json() {
                out.notice("agents see no files of this computer. To let them read a folder: growqr folders add PATH");
            }
            return Ok(true);
        }
        Folders::Add { path, name, write } => {
            let path = real(&path)?;
            let name = name.unwrap_or_else(|| Folder::name_for(&path));
            if let Some(other) = folders.iter().find(|other| other.name.eq_ignore_ascii_case(&name) && other.path != path) {
                return Err(AppError::BadRequest {
                    message: format!("the folder {} has the name {} already", other.path.display(), other.name),
                    next_step: "Choose another name with --name, or remove the other one first: growqr folders remove NAME"
                        .to_owned(),
                });
            }
            folders.retain(|other| other.path != path);
            folders.push(Folder { name: name.clone(), path, can_write: write });
            set(profile, environment, &folders).await?;
            folders.iter().filter(|folder| folder.name == name).for_each(|folder| print(out, folder));
        }
        Folders::AllowWrites { name } => {
            find(&mut folders, &name)?.can_write = true;
            set(profile, environment, &folders).await?;
        }
        Folders::ReadOnly { name } => {
            find(&mut folders, &name)?.can_write = false;
            set(profile, environment, &folders).await?;
        }
        Folders::Remove { name } => {
            find(&mut folders, &name)?;
            folders.retain(|folder| folder.name != name);
            set(profile, environment, &folders).await?;
        }
    }
    Ok(true)
}

async fn set(profile: Profile, environment: &Environment, folders: &[Folder]) -> Result<(), AppError> {
    let request = Request::SetSetting { name: FILE_FOLDERS.to_owned(), value: written_folders(folders) };
    send_request(profile, environment, request).await.map(drop)
}

fn find<'a>(folders: &'a mut [Folder], name: &str) -> Result<&'a mut Folder, AppError> {
    let missing = || AppError::Missing {
        what: format!("folder {name:?} that agents may use"),
        next_step: "See all folders: growqr folders list".to_owned(),
    };
    folders.iter_mut().find(|folder| folder.name == name).ok_or_else(missing)
}

/// The folder's path without links, so that a link that is changed later does not lead elsewhere.
fn real(path: &Path) -> Result<PathBuf, AppError> {
    let unreadable = |source| AppError::File { doing: "open", path: path.to_owned(), source };
    let real = path.canonicalize().map_err(unreadable)?;
    let refused = |message: String| AppError::BadRequest { message, next_step: "Name a folder.".to_owned() };
    if !real.is_dir() {
        return Err(refused(format!("{} is no folder", path.display())));
    }
    let text = real.to_str().ok_or_else(|| refused(format!("{} has characters that cannot be stored", path.display())))?;
    // Windows marks such paths; programs and people know them without the mark.
    let is_drive = |rest: &&str| rest.as_bytes().get(1) == Some(&b':');
    Ok(PathBuf::from(text.strip_prefix(r"\\?\").filter(is_drive).unwrap_or(text)))
}

fn print(out: &Out, folder: &Folder) {
    let path = folder.path.display().to_string();
    let row = FileFolder { name: folder.name.clone(), path, can_write: folder.can_write };
    out.row(&row, || {
        let access = if row.can_write { "read and change" } else { "read" };
        format!("{:<20} {access:<16} {}", row.name, sanitized_line(&row.path))
    });
}
