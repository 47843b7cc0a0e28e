//! Opens files and folders inside a chosen folder, one part of the path after the other, each relative to the open folder before it
//! and none through a link. So a path that is moved, replaced or linked meanwhile never leads out of the chosen folder.

use super::error::FilesError;
use super::folder::Folder;
use super::path::FilePath;
use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read};

/// The folder of a path, opened, and the name of the file in it.
pub(super) struct Place {
    pub dir: Dir,
    pub name: String,
    /// The folders that were created for it, the outermost first, each with the folder in which it is.
    created: Vec<(Dir, String)>,
}

impl Place {
    /// Opens the folder in which the file of this path is, or would be. With `create`, folders that are missing are created.
    ///
    /// # Errors
    /// [`FilesError`]; `IsFolder` for a chosen folder itself.
    pub(super) fn of(folder: &Folder, path: &FilePath, create: bool) -> Result<Place, FilesError> {
        let (name, parents) = path.parts.split_last().ok_or_else(|| FilesError::IsFolder(path.to_string()))?;
        let mut dir = root(folder)?;
        let mut at = FilePath { folder: path.folder.clone(), parts: Vec::new() };
        let mut created = Vec::new();
        for part in parents {
            at.parts.push(part.clone());
            let entered = if create { enter_or_create(&dir, part, &at, &mut created) } else { enter(&dir, part, &at) };
            match entered {
                Ok(next) => dir = next,
                Err(error) => {
                    remove_empty(created);
                    return Err(error);
                }
            }
        }
        Ok(Place { dir, name: name.clone(), created })
    }

    /// Removes the folders that were created for the file, as far as nothing is in them.
    pub(super) fn remove_created(self) {
        let Place { dir, created, .. } = self;
        // Windows removes a folder only when nobody has it open.
        drop(dir);
        remove_empty(created);
    }

    /// Opens the file for reading; `None` if there is none.
    ///
    /// # Errors
    /// [`FilesError`]: it is a link, a folder or no file, or cannot be opened.
    pub(super) fn open(&self, path: &FilePath) -> Result<Option<(File, Metadata)>, FilesError> {
        open_file(&self.dir, &self.name, path)
    }
}

/// Opens the folder of this path.
///
/// # Errors
/// [`FilesError`]: it is missing, a link or no folder.
pub(super) fn open_folder(folder: &Folder, path: &FilePath) -> Result<Dir, FilesError> {
    let mut dir = root(folder)?;
    let mut at = FilePath { folder: path.folder.clone(), parts: Vec::new() };
    for part in &path.parts {
        at.parts.push(part.clone());
        dir = enter(&dir, part, &at)?;
    }
    Ok(dir)
}

fn root(folder: &Folder) -> Result<Dir, FilesError> {
    Dir::open_ambient_dir(&folder.path, ambient_authority()).map_err(|error| {
        tracing::debug!(folder = folder.name, %error, "a chosen folder cannot be opened");
        FilesError::FolderGone(folder.name.clone())
    })
}

/// Opens a folder in a folder.
///
/// # Errors
/// [`FilesError`]: it is missing, a link or no folder.
pub(super) fn enter(dir: &Dir, name: &str, path: &FilePath) -> Result<Dir, FilesError> {
    dir.open_dir_nofollow(name).map_err(|error| match dir.symlink_metadata(name) {
        Ok(found) if found.is_symlink() => FilesError::Link(path.to_string()),
        Ok(found) if !found.is_dir() => FilesError::NotFolder(path.to_string()),
        _ => FilesError::io(path, &error),
    })
}

/// Opens a folder in a folder, and creates it if it is missing.
fn enter_or_create(dir: &Dir, name: &str, path: &FilePath, created: &mut Vec<(Dir, String)>) -> Result<Dir, FilesError> {
    match dir.create_dir(name) {
        Ok(()) => {
            created.push((dir.try_clone().map_err(|error| FilesError::io(path, &error))?, name.to_owned()));
            sync(dir, path)?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(FilesError::io(path, &error)),
    }
    enter(dir, name, path)
}

/// Removes folders, the innermost first, up to one that is not empty.
fn remove_empty(mut created: Vec<(Dir, String)>) {
    while let Some((dir, name)) = created.pop() {
        if let Err(error) = dir.remove_dir(&name) {
            tracing::debug!(%error, "a folder that was created stays");
            return;
        }
    }
}

/// Opens a file in a folder for reading; `None` if there is none.
///
/// # Errors
/// [`FilesError`]: it is a link, a folder or no file, or cannot be opened.
pub(super) fn open_file(dir: &Dir, name: &str, path: &FilePath) -> Result<Option<(File, Metadata)>, FilesError> {
    // Opening a pipe would wait for its other end, and opening a device may act.
    match dir.symlink_metadata(name) {
        Ok(found) => check_kind(&found, path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FilesError::io(path, &error)),
    }
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    let file = match dir.open_with(name, &options) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FilesError::io(path, &error)),
    };
    // What was opened may be another one than what was looked at.
    let found = file.metadata().map_err(|error| FilesError::io(path, &error))?;
    check_kind(&found, path)?;
    Ok(Some((file, found)))
}

fn check_kind(found: &Metadata, path: &FilePath) -> Result<(), FilesError> {
    if found.is_symlink() {
        Err(FilesError::Link(path.to_string()))
    } else if found.is_dir() {
        Err(FilesError::IsFolder(path.to_string()))
    } else if !found.is_file() {
        Err(FilesError::NotFile(path.to_string()))
    } else {
        Ok(())
    }
}

/// All bytes of a file.
///
/// # Errors
/// [`FilesError::TooLarge`], or it cannot be read.
pub(super) fn read_whole(file: File, path: &FilePath, limit: u64) -> Result<Vec<u8>, FilesError> {
    let bytes = file.metadata().map_err(|error| FilesError::io(path, &error))?.len();
    let too_large = |bytes| FilesError::TooLarge { path: path.to_string(), bytes, limit };
    if bytes > limit {
        return Err(too_large(bytes));
    }
    let mut content = Vec::new();
    // The file may grow while it is read.
    let read = file.take(limit + 1).read_to_end(&mut content).map_err(|error| FilesError::io(path, &error))?;
    if read as u64 > limit { Err(too_large(read as u64)) } else { Ok(content) }
}

/// Makes the names in a folder durable. Windows does this with the files themselves, and cannot open folders for it.
///
/// # Errors
/// If the disk refuses.
pub(super) fn sync(dir: &Dir, path: &FilePath) -> Result<(), FilesError> {
    if cfg!(windows) {
        return Ok(());
    }
    match dir.open(".").and_then(|opened| sync_file(&opened)) {
        // Some network disks have no such thing.
        Err(error) if !matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            Err(FilesError::io(path, &error))
        }
        _ => Ok(()),
    }
}

/// Makes the content of a file durable. Where a network disk on macOS refuses to flush its drive, fsync is enough.
///
/// # Errors
/// If the disk refuses.
pub(super) fn sync_file(file: &File) -> std::io::Result<()> {
    file.sync_all().or_else(|error| plain_sync(file, error))
}

#[cfg(unix)]
fn plain_sync(file: &File, _refused: std::io::Error) -> std::io::Result<()> {
    Ok(rustix::fs::fsync(file)?)
}

#[cfg(not(unix))]
fn plain_sync(_file: &File, refused: std::io::Error) -> std::io::Result<()> {
    Err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_were_created_in_vain_are_removed() {
        let home = tempfile::tempdir().unwrap();
        let kept = home.path().join("kept");
        std::fs::create_dir(&kept).unwrap();
        let folder = Folder { name: "notes".to_owned(), path: home.path().to_owned(), can_write: true };
        let place = || Place::of(&folder, &FilePath::parse("notes/kept/a/b/c.md").unwrap(), true).unwrap();
        place().remove_created();
        assert!(kept.is_dir() && !kept.join("a").exists());
        let created = place();
        std::fs::write(kept.join("a/x.md"), "x").unwrap();
        created.remove_created();
        assert!(kept.join("a/x.md").is_file() && !kept.join("a/b").exists());
    }
}
