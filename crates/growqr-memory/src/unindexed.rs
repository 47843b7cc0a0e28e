//! Pages whose entry in git's index may be older than HEAD, because this program has moved HEAD and not yet updated the index.
//! An entry is updated only if it has a version that HEAD had: any other was staged by the user. The record is on disk before
//! HEAD moves, so a kill loses nothing.

use crate::plan::FileChange;
use git2::Oid;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Stands in the file for a page that did not exist.
const NO_VERSION: &str = "-";

/// The pages with the versions that HEAD had (`None`: no such page).
#[derive(Debug, Default)]
pub(crate) struct Unindexed(BTreeMap<String, Vec<Option<Oid>>>);

impl Unindexed {
    /// Reads the record. Lines that cannot be read are left out: then an entry stays as it is.
    pub(crate) fn load(file: &Path) -> Unindexed {
        let mut unindexed = Unindexed::default();
        for line in fs::read_to_string(file).unwrap_or_default().lines() {
            let Some((version, path)) = line.split_once(' ') else { continue };
            match (version, Oid::from_str(version)) {
                (NO_VERSION, _) => unindexed.add(path, None),
                (_, Ok(oid)) if version.len() == 40 => unindexed.add(path, Some(oid)),
                _ => {}
            }
        }
        unindexed
    }

    /// Adds the old versions of these changes, also to the file. The file need not be durable: after a power cut, at worst
    /// `git status` shows old entries.
    pub(crate) fn record(&mut self, file: &Path, changes: &[FileChange]) -> io::Result<()> {
        let mut lines = String::new();
        for FileChange { path, old, .. } in changes {
            let version = old.map_or_else(|| NO_VERSION.to_owned(), |oid| oid.to_string());
            lines.push_str(&format!("{version} {path}\n"));
            self.add(path, *old);
        }
        File::options().create(true).append(true).open(file)?.write_all(lines.as_bytes())
    }

    /// Whether the index may have this version only because it was not updated.
    pub(crate) fn was_in_head(&self, path: &str, version: Option<Oid>) -> bool {
        self.0.get(path).is_some_and(|versions| versions.contains(&version))
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all pages: the index is up to date.
    pub(crate) fn clear(&mut self, file: &Path) {
        self.0.clear();
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::debug!(%error, "the record of outdated index entries stays");
            }
            _ => {}
        }
    }

    fn add(&mut self, path: &str, version: Option<Oid>) {
        let versions = self.0.entry(path.to_owned()).or_default();
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
}
