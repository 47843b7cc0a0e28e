//! The files of the memory folder, copied as files: pages, what is not committed, and the data of the repository.

use growqr_backup::{BackupError, BackupWriter, LeftOutList, MEMORY, is_backed_up_git_file};
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The note about the conversation that uses the memory. It changes with the events, not with the branches.
const USED_BY: &str = "growqr/used-by";

/// How much of a file is read before it is added.
const START: u64 = 1 << 20;

/// Where the branches are at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Branches {
    /// The content of the files that say so, by path in the git folder.
    refs: BTreeMap<String, Vec<u8>>,
    used_by: Option<Vec<u8>>,
}

impl Branches {
    /// Reads them. Empty if the folder has no repository of its own.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn read(memory: &Path) -> io::Result<Branches> {
        let git = memory.join(".git");
        if !git.is_dir() {
            return Ok(Branches::default());
        }
        let mut refs = BTreeMap::new();
        // The packed ones last: git writes them there before it removes the single ones.
        let single = ["refs", "reftable"].iter().map(|folder| files_in(&git, folder));
        let names = single.collect::<io::Result<Vec<_>>>()?.concat().into_iter();
        for name in names.chain(["HEAD".to_owned(), "packed-refs".to_owned()]).filter(|name| is_backed_up_git_file(name)) {
            if let Some(content) = existing(fs::read(git.join(&name)))? {
                refs.insert(name, content);
            }
        }
        Ok(Branches { refs, used_by: existing(fs::read(git.join(USED_BY)))? })
    }

    pub(super) fn are_same(&self, other: &Branches) -> bool {
        self.refs == other.refs
    }
}

/// The files in a folder of the git folder, with their paths in the git folder. A folder that is gone has none.
fn files_in(git: &Path, folder: &str) -> io::Result<Vec<String>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let Some(entries) = existing(fs::read_dir(git.join(&folder)))? else { continue };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{folder}/{name}");
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(path),
                kind if kind.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

fn existing<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(content) => Ok(Some(content)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Adds the files of a memory folder to a backup.
pub(super) struct MemoryFiles<'a> {
    writer: &'a mut BackupWriter,
    folder: PathBuf,
    left_out: LeftOutList,
}

impl<'a> MemoryFiles<'a> {
    pub(super) fn new(writer: &'a mut BackupWriter, folder: PathBuf) -> MemoryFiles<'a> {
        MemoryFiles { writer, folder, left_out: LeftOutList::default() }
    }

    /// The branches as they were read.
    pub(super) fn add_branches(&mut self, branches: &Branches) -> Result<(), BackupError> {
        let used_by = branches.used_by.as_ref().map(|content| (USED_BY, content));
        let refs = branches.refs.iter().map(|(name, content)| (name.as_str(), content));
        for (name, content) in refs.chain(used_by) {
            self.writer.add(&format!("{MEMORY}/.git/{name}"), content.len() as u64, false, content.as_slice())?;
        }
        Ok(())
    }

    /// All files of the person, committed or not, and git's index and logs. Repositories inside, links and special files are left
    /// out and named.
    pub(super) fn add_pages(&mut self) -> Result<(), BackupError> {
        let git = self.folder.join(".git");
        if git.is_file() {
            self.leave_out(&format!("{MEMORY}/.git"), "the history is in another folder, to which this file leads");
        }
        for folder in ["", "logs", "info"] {
            let names = if folder.is_empty() { plain_files(&git) } else { files_in(&git, folder) };
            let names = names.map_err(|source| BackupError::Source { path: git.display().to_string(), source })?;
            let is_branch = |name: &String| matches!(name.as_str(), "HEAD" | "packed-refs");
            for name in names.iter().filter(|name| is_backed_up_git_file(name) && !is_branch(name)) {
                self.add_file(&format!("{MEMORY}/.git/{name}"), &git.join(name))?;
            }
        }
        let mut folders = vec![String::new()];
        while let Some(inside) = folders.pop() {
            let mut entries = match fs::read_dir(self.folder.join(&inside)) {
                Ok(entries) => entries.filter_map(Result::ok).collect::<Vec<_>>(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    self.leave_out(&format!("{MEMORY}/{inside}"), &format!("it cannot be read: {error}"));
                    continue;
                }
            };
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                self.add_entry(&inside, &entry, &mut folders)?;
            }
        }
        Ok(())
    }

    fn add_entry(&mut self, inside: &str, entry: &fs::DirEntry, folders: &mut Vec<String>) -> Result<(), BackupError> {
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        let path = if inside.is_empty() { shown.clone().into_owned() } else { format!("{inside}/{shown}") };
        if path == ".git" {
            return Ok(());
        }
        let Ok(kind) = entry.file_type() else { return Ok(()) };
        let full = format!("{MEMORY}/{path}");
        if name.to_str().is_none() {
            self.leave_out(&full, "its name is no text");
        } else if kind.is_dir() && entry.path().join(".git").symlink_metadata().is_ok() {
            self.leave_out(&full, "it is a repository of its own");
        } else if kind.is_dir() {
            folders.push(path);
        } else if kind.is_file() {
            self.add_file(&full, &entry.path())?;
        } else {
            self.leave_out(&full, "it is a link, or no plain file");
        }
        Ok(())
    }

    /// The objects of the history. Git and GrowQR add some meanwhile, and pack others: what is packed now was there before.
    pub(super) fn add_objects(&mut self) -> Result<(), BackupError> {
        let git = self.folder.join(".git");
        let mut known = HashSet::new();
        loop {
            let found =
                files_in(&git, "objects").map_err(|source| BackupError::Source { path: "the history".to_owned(), source })?;
            let new: Vec<String> =
                found.into_iter().filter(|name| is_backed_up_git_file(name) && !known.contains(name)).collect();
            if new.is_empty() {
                return Ok(());
            }
            for name in new {
                self.add_file(&format!("{MEMORY}/.git/{name}"), &git.join(&name))?;
                known.insert(name);
            }
        }
    }

    /// One file, if it is there. One that cannot be read, or whose name no backup may have, is left out.
    pub(super) fn add_file(&mut self, path: &str, file: &Path) -> Result<(), BackupError> {
        let opened = match existing(begin(file)) {
            Ok(Some(opened)) => opened,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.leave_out(path, &format!("it cannot be read: {error}"));
                return Ok(());
            }
        };
        let (start, rest, data) = opened;
        match self.writer.add(path, data.len(), is_program(&data), start.as_slice().chain(rest)) {
            Err(BackupError::Refused { what }) => {
                self.leave_out(path, &format!("it has {what}"));
                Ok(())
            }
            added => added,
        }
    }

    pub(super) fn finish(self) -> LeftOutList {
        self.left_out
    }

    fn leave_out(&mut self, path: &str, why: &str) {
        self.left_out.add(path, why);
    }
}

/// The beginning of a file, the open file after it, and what the system says about it. Once a backup has the name of a file, the file
/// cannot be left out any more: so a small one is read whole before, and of others an error shows mostly at the beginning.
fn begin(file: &Path) -> io::Result<(Vec<u8>, File, fs::Metadata)> {
    let mut file = File::open(file)?;
    let (data, mut start) = (file.metadata()?, Vec::new());
    file.by_ref().take(START).read_to_end(&mut start)?;
    Ok((start, file, data))
}

/// The names of the files directly in the git folder.
fn plain_files(git: &Path) -> io::Result<Vec<String>> {
    let Some(entries) = existing(fs::read_dir(git))? else { return Ok(Vec::new()) };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

#[cfg(unix)]
fn is_program(data: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    data.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_program(_data: &fs::Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use growqr_backup::{Manifest, check};

    #[test]
    fn a_file_that_opens_and_cannot_be_read_is_left_out_and_the_others_are_copied() {
        let folder = tempfile::tempdir().expect("a folder");
        let page = folder.path().join("me.md");
        fs::write(&page, vec![7; 3 << 20]).expect("written");
        let mut writer = BackupWriter::new(tempfile::tempfile().expect("a file"));
        let mut files = MemoryFiles::new(&mut writer, folder.path().to_owned());
        files.add_file("memory/missing.md", &folder.path().join("missing.md")).expect("it is passed over");
        // A folder opens like a file here, and reading it fails.
        files.add_file("memory/broken.md", folder.path()).expect("it is left out");
        files.add_file("memory/me.md", &page).expect("added");
        let left_out = files.finish().named;
        assert!(left_out.len() == 1 && left_out[0].path == "memory/broken.md", "{left_out:?}");
        assert!(left_out[0].why.contains("cannot be read"), "{left_out:?}");
        let (file, written) = writer.finish(Manifest::default()).expect("finished");
        assert_eq!(check(&file, u64::MAX).expect("it is whole"), written);
        assert_eq!((written.parts[0].files, written.parts[0].bytes), (1, 3 << 20));
    }
}
