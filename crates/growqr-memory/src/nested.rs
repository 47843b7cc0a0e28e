//! Repositories inside the memory folder, also those that are only linked in HEAD or in git's index: a submodule's folder may be
//! empty.

use crate::git::Git;
use crate::hidden::HiddenFile;
use crate::index_marks::IndexMarks;
use crate::left_alone::NESTED;
use crate::path;
use crate::skipped_file::SkippedFile;
use git2::{ObjectType, Tree};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

const GITLINK: u32 = 0o160_000;

/// The folders that memory leaves alone, because they are repositories of their own.
#[derive(Debug, Default)]
pub(crate) struct Repositories(BTreeSet<String>);

impl Repositories {
    /// Whether the path is one of these folders or in one.
    pub(crate) fn contain(&self, path: &str) -> bool {
        !self.0.is_empty() && path.match_indices('/').map(|(end, _)| &path[..end]).chain([path]).any(|part| self.0.contains(part))
    }
}

/// The folders that HEAD links to another repository, whatever lies in the memory folder.
pub(crate) struct Linked<'a> {
    head: Option<Tree<'a>>,
    known: RefCell<HashMap<String, bool>>,
}

impl Linked<'_> {
    pub(crate) fn new(head: Option<Tree<'_>>) -> Linked<'_> {
        Linked { head, known: RefCell::default() }
    }

    /// Whether the path is in such a folder.
    pub(crate) fn contains(&self, path: &str) -> bool {
        path.match_indices('/').any(|(end, _)| self.is_linked(&path[..end]))
    }

    fn is_linked(&self, folder: &str) -> bool {
        if let Some(known) = self.known.borrow().get(folder) {
            return *known;
        }
        let entry = self.head.as_ref().and_then(|head| head.get_path(Path::new(folder)).ok());
        let is_linked = entry.is_some_and(|entry| entry.kind() == Some(ObjectType::Commit));
        self.known.borrow_mut().insert(folder.to_owned(), is_linked);
        is_linked
    }
}

impl Git {
    /// The repositories that a walk found, those of HEAD, which are among its `others`, and those of git's index. Reports the
    /// ones that the walk did not find.
    pub(crate) fn repositories_inside(
        &self,
        found: Vec<String>,
        others: &[HiddenFile],
        skipped: &mut Vec<SkippedFile>,
    ) -> Repositories {
        let mut all: BTreeSet<String> = found.into_iter().collect();
        let is_link = |mode: Option<u32>| mode == Some(GITLINK);
        let in_head = others.iter().filter(|other| is_link(other.leaf.and_then(|leaf| u32::try_from(leaf.mode).ok())));
        let mut links: Vec<Vec<u8>> = in_head.map(|other| other.path.clone()).collect();
        links.extend(IndexMarks::read(&self.folder).links.into_iter().map(String::into_bytes));
        for path in links.into_iter().filter_map(|path| String::from_utf8(path).ok()) {
            if all.insert(path.clone()) {
                let reason = path::bad_path(&path, NESTED);
                skipped.push(SkippedFile { path, reason });
            }
        }
        Repositories(all)
    }
}
