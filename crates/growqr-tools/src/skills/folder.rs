//! A folder of the person that is only read. Each part of a path is opened by itself, and a link is not followed, so that no path leads
//! out of the folder, whatever changes in it meanwhile.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How deep files are looked for.
const MAX_DEPTH: usize = 4;

/// The most entries of one folder that are looked at.
const MAX_ENTRIES: usize = 2_000;

/// Why something in a folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    #[error("it is missing")]
    Missing,
    #[error("it is a link, and links are not followed; add the folder to which it leads")]
    Link,
    #[error("it is not a file")]
    NotAFile,
    #[error("it is larger than {} KB", super::MAX_FILE_BYTES >> 10)]
    TooLarge,
    #[error("it is not text")]
    NotText,
    #[error("it has no SKILL.md, and no folder with one")]
    NoSkills,
    #[error(transparent)]
    Io(io::Error),
}

/// A folder.
pub(super) struct ReadOnlyFolder {
    path: PathBuf,
    /// The folders below `path` that lead to this one.
    inside: Vec<String>,
}

impl ReadOnlyFolder {
    /// The folder that the person has chosen.
    pub(super) fn open(path: &Path) -> Result<ReadOnlyFolder, FolderError> {
        let found = fs::metadata(path).map_err(FolderError::from)?;
        if found.is_dir() { Ok(ReadOnlyFolder { path: path.to_owned(), inside: Vec::new() }) } else { Err(FolderError::Missing) }
    }

    /// A folder in it.
    pub(super) fn folder(mut self, name: &str) -> Result<ReadOnlyFolder, FolderError> {
        self.inside.push(name.to_owned());
        if fs::symlink_metadata(self.full_path()).map_err(FolderError::from)?.is_symlink() {
            return Err(FolderError::Link);
        }
        Ok(self)
    }

    /// The first bytes of a file in it.
    pub(super) fn beginning(&self, file: &str, most: u64) -> Result<Vec<u8>, FolderError> {
        let mut bytes = Vec::new();
        self.file(file)?.take(most).read_to_end(&mut bytes).map_err(FolderError::Io)?;
        Ok(bytes)
    }

    /// The text of a file in it.
    pub(super) fn text(&self, file: &str, most: u64) -> Result<String, FolderError> {
        let bytes = self.beginning(file, most + 1)?;
        if bytes.len() as u64 > most {
            return Err(FolderError::TooLarge);
        }
        String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or(FolderError::NotText)
    }

    /// The names of the folders and links in it, sorted, without hidden ones.
    pub(super) fn folders(&self) -> Result<Vec<String>, FolderError> {
        let entries = self.entries("").map_err(FolderError::from)?;
        Ok(entries.into_iter().filter(|entry| !entry.is_file).map(|entry| entry.name).collect())
    }

    /// The paths of the first files in it and below, without hidden ones and links.
    pub(super) fn files(&self, most: usize) -> Vec<String> {
        let (mut files, mut folders) = (Vec::new(), vec![(String::new(), 0)]);
        while let Some((folder, depth)) = folders.pop()
            && files.len() < most
        {
            for entry in self.entries(&folder).unwrap_or_default() {
                let path = if folder.is_empty() { entry.name } else { format!("{folder}/{}", entry.name) };
                if entry.is_file {
                    files.push(path);
                } else if !entry.is_link && depth < MAX_DEPTH {
                    folders.push((path, depth + 1));
                }
            }
        }
        files
    }

    /// Names only: what an entry is may have changed until it is opened, and opening follows no link.
    fn entries(&self, below: &str) -> io::Result<Vec<Entry>> {
        let read = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.ok()?;
            let (name, kind) = (entry.file_name().into_string().ok()?, entry.file_type().ok()?);
            (!name.starts_with('.')).then(|| Entry { name, is_file: kind.is_file(), is_link: kind.is_symlink() })
        };
        let mut entries: Vec<Entry> = fs::read_dir(self.full_path().join(below))?.take(MAX_ENTRIES).filter_map(read).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn full_path(&self) -> PathBuf {
        self.inside.iter().fold(self.path.clone(), |path, name| path.join(name))
    }

    /// A regular file in it.
    fn file(&self, path: &str) -> Result<File, FolderError> {
        let parts: Vec<&str> = self.inside.iter().map(String::as_str).chain(path.split('/')).collect();
        let file = open_without_links(&self.path, &parts)?;
        if file.metadata().map_err(FolderError::Io)?.is_file() { Ok(file) } else { Err(FolderError::NotAFile) }
    }
}

/// An entry of a folder.
struct Entry {
    name: String,
    is_file: bool,
    is_link: bool,
}

impl From<io::Error> for FolderError {
    fn from(error: io::Error) -> FolderError {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FolderError::Missing,
            _ => FolderError::Io(error),
        }
    }
}

/// Opens a file below `root`. Does not wait for the other end of a pipe.
#[cfg(unix)]
fn open_without_links(root: &Path, parts: &[&str]) -> Result<File, FolderError> {
    use rustix::fs::{Mode, OFlags, open, openat};
    use rustix::io::Errno;
    let failed = |error: Errno| if error == Errno::LOOP { FolderError::Link } else { FolderError::from(io::Error::from(error)) };
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let (file, folders) = parts.split_last().ok_or(FolderError::Missing)?;
    let mut at = open(root, folder, Mode::empty()).map_err(failed)?;
    for name in folders {
        at = openat(&at, *name, folder | OFlags::NOFOLLOW, Mode::empty()).map_err(failed)?;
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(openat(&at, *file, flags, Mode::empty()).map_err(failed)?))
}

/// Opens a file below `root`. A link that is put there at this very moment is found out after the file is open.
#[cfg(not(unix))]
fn open_without_links(root: &Path, parts: &[&str]) -> Result<File, FolderError> {
    let mut path = root.to_owned();
    for name in parts {
        path.push(name);
        if fs::symlink_metadata(&path)?.is_symlink() {
            return Err(FolderError::Link);
        }
    }
    let file = File::open(&path)?;
    if fs::canonicalize(&path)?.starts_with(fs::canonicalize(root)?) { Ok(file) } else { Err(FolderError::Link) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_outside_of_the_folder_is_read() {
        let home = tempfile::tempdir().unwrap();
        let (secrets, chosen) = (home.path().join("secrets"), home.path().join("chosen"));
        fs::create_dir_all(&secrets).unwrap();
        fs::create_dir_all(chosen.join("real")).unwrap();
        fs::write(secrets.join("key.txt"), "secret").unwrap();
        fs::write(chosen.join("real/a.md"), "text").unwrap();
        symlink(&secrets, chosen.join("linked")).unwrap();
        symlink(secrets.join("key.txt"), chosen.join("key.txt")).unwrap();
        let folder = ReadOnlyFolder::open(&chosen).unwrap();
        assert_eq!(folder.text("real/a.md", 100).unwrap(), "text");
        assert!(matches!(folder.text("key.txt", 100), Err(FolderError::Link)));
        for path in ["linked/key.txt", "none.md", "real/none.md", "real/a.md/x"] {
            assert!(folder.text(path, 100).is_err(), "{path}");
        }
        assert_eq!(folder.files(10), ["real/a.md"]);
        assert!(matches!(ReadOnlyFolder::open(&chosen).unwrap().folder("linked"), Err(FolderError::Link)));
    }

    #[test]
    fn what_is_no_text_file_of_a_usual_size_is_refused_at_once() {
        let chosen = tempfile::tempdir().unwrap();
        fs::write(chosen.path().join("long"), "ab").unwrap();
        fs::write(chosen.path().join("binary"), b"\xff\x00").unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            chosen.path().join("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        let folder = ReadOnlyFolder::open(chosen.path()).unwrap();
        assert!(matches!(folder.text("long", 1), Err(FolderError::TooLarge)));
        assert!(matches!(folder.text("binary", 100), Err(FolderError::NotText)));
        assert!(matches!(folder.text("pipe", 100), Err(FolderError::NotAFile)));
    }
}
