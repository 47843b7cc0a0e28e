//! git's attributes of pages: from the files of the system, of the person, of every folder and of `.git/info`, as git combines
//! them. Each file is read once, when a page below it is asked for.

use crate::attribute_file::{AttributeFile, State, Subject};
use git2::{ObjectType, Oid, Repository};
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The name of the attribute files in the folders of pages.
pub(crate) const ATTRIBUTE_FILE: &str = ".gitattributes";

/// The largest attribute file that git reads.
const MAX_FILE: u64 = 100 * 1024 * 1024;

/// Stands for a file that cannot be read.
const UNREADABLE: &[u8] = b"* filter=named-in-an-attribute-file-that-cannot-be-read\n";

/// Stands for the folder of `.git/info/attributes`: its patterns are relative to the memory folder, but it counts last.
const INFO: usize = usize::MAX;

/// The attributes of one memory folder.
pub(crate) struct Attributes {
    folds_case: bool,
    /// The files of the system and of the person, lowest first, and `.git/info/attributes`.
    outer: Vec<Arc<AttributeFile>>,
    info: Option<Arc<AttributeFile>>,
    /// The commit with the attribute files that are not in the folder; `None`: HEAD.
    commit: Option<Oid>,
    cache: Mutex<Cache>,
}

/// The attribute files that count in a folder, lowest first, each with the length of the path of its own folder.
type Files = Arc<[(usize, Arc<AttributeFile>)]>;

#[derive(Default)]
struct Cache {
    folders: HashMap<String, Files>,
    /// The trees of HEAD by folder, for attribute files that are not in the folder. `None`: there is no repository.
    trees: Option<HashMap<String, CommittedFolder>>,
}

/// A folder of HEAD.
#[derive(Default)]
struct CommittedFolder {
    attribute_file: Option<Oid>,
    folders: HashMap<Vec<u8>, Oid>,
}

impl Attributes {
    /// `outer` are the files of the system and of the person, lowest first.
    /// `commit` has the attribute files that are not in the folder; `None`: HEAD.
    pub(crate) fn new(outer: &[&Path], info: &Path, commit: Option<Oid>, folds_case: bool) -> Attributes {
        let read = |file: &Path| read_file(file, true, folds_case).map(Arc::new);
        Attributes {
            folds_case,
            outer: outer.iter().filter_map(|file| read(file)).collect(),
            info: read(info),
            commit,
            cache: Mutex::default(),
        }
    }

    /// The values of these attributes on a page in `folder`. `repo` has the attribute files that are committed, but are not in
    /// the folder.
    pub(crate) fn of<const N: usize>(
        &self,
        folder: &Path,
        repo: Option<&Repository>,
        page: &str,
        wanted: [&str; N],
    ) -> [Option<State>; N] {
        let files = self.files_of(folder, repo, page);
        if files.is_empty() {
            return wanted.map(|_| None);
        }
        let mut found: HashMap<&str, &State> = HashMap::new();
        for (above, file) in files.iter().rev() {
            for line in file.lines.iter().rev() {
                if let Subject::Paths(pattern) = &line.subject
                    && pattern.matches(&page.as_bytes()[if *above == INFO { 0 } else { *above }..], false)
                {
                    fill(&mut found, &line.states, &files);
                }
            }
        }
        wanted.map(|name| found.get(name).map(|state| (*state).clone()).filter(|state| *state != State::Unset))
    }

    /// The attribute files that count for a page.
    fn files_of(&self, folder: &Path, repo: Option<&Repository>, page: &str) -> Files {
        let above = page.rfind('/').map_or("", |end| &page[..=end]);
        if let Some(known) = self.cache().folders.get(above) {
            return Arc::clone(known);
        }
        let mut files: Vec<_> = match above.trim_end_matches('/') {
            "" => self.outer.iter().map(|file| (0, Arc::clone(file))).collect(),
            inside => self.files_of(folder, repo, inside).iter().filter(|(end, _)| *end != INFO).cloned().collect(),
        };
        files.extend(self.in_folder(folder, repo, above).map(|file| (above.len(), Arc::new(file))));
        files.extend(self.info.iter().map(|file| (INFO, Arc::clone(file))));
        let files = Files::from(files);
        self.cache().folders.insert(above.to_owned(), Arc::clone(&files));
        files
    }

    /// The attribute file of a folder; `above` is empty or ends with a slash.
    fn in_folder(&self, folder: &Path, repo: Option<&Repository>, above: &str) -> Option<AttributeFile> {
        let file = folder.join(above).join(ATTRIBUTE_FILE);
        let is_link = || fs::symlink_metadata(&file).is_ok_and(|metadata| metadata.is_symlink());
        match read_file(&file, above.is_empty(), self.folds_case) {
            Some(_) if is_link() => None,
            Some(file) => Some(file),
            None => {
                let text = repo.and_then(|repo| self.committed(repo, above));
                text.map(|text| AttributeFile::parse(&text, above.is_empty(), self.folds_case))
            }
        }
    }

    /// The attribute file of a folder in HEAD.
    fn committed(&self, repo: &Repository, above: &str) -> Option<Vec<u8>> {
        let mut cache = self.cache();
        let trees = cache.trees.get_or_insert_default();
        let mut seen = 0;
        for end in std::iter::once(0).chain(above.match_indices('/').map(|(end, _)| end + 1)) {
            if !trees.contains_key(&above[..end]) {
                let tree = match end {
                    0 => match self.commit {
                        Some(commit) => repo.find_commit(commit).ok()?.tree_id(),
                        None => repo.head().ok()?.peel_to_tree().ok()?.id(),
                    },
                    _ => *trees.get(&above[..seen])?.folders.get(&above.as_bytes()[seen..end - 1])?,
                };
                trees.insert(above[..end].to_owned(), CommittedFolder::read(repo, tree)?);
            }
            seen = end;
        }
        let blob = repo.find_blob(trees.get(above)?.attribute_file?).ok()?;
        Some(blob.content().to_vec())
    }

    /// Ignores a poisoned lock: an entry is complete or missing.
    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CommittedFolder {
    fn read(repo: &Repository, tree: Oid) -> Option<CommittedFolder> {
        let mut found = CommittedFolder::default();
        for entry in &repo.find_tree(tree).ok()? {
            match entry.kind() {
                Some(ObjectType::Tree) => drop(found.folders.insert(entry.name_bytes().to_vec(), entry.id())),
                Some(ObjectType::Blob)
                    if entry.name_bytes() == ATTRIBUTE_FILE.as_bytes() && entry.filemode() & 0o170_000 == 0o100_000 =>
                {
                    found.attribute_file = Some(entry.id());
                }
                _ => {}
            }
        }
        Some(found)
    }
}

/// Adds the attributes of a line, last first; a value that is there already stays.
fn fill<'a>(found: &mut HashMap<&'a str, &'a State>, states: &'a [(String, State)], files: &'a [(usize, Arc<AttributeFile>)]) {
    for (name, state) in states.iter().rev() {
        if found.contains_key(name.as_str()) {
            continue;
        }
        found.insert(name, state);
        if *state == State::True {
            match definition(name, files) {
                Some(meaning) => fill(found, meaning, files),
                None if name == "binary" => drop(found.entry("text").or_insert(&State::False)),
                None => {}
            }
        }
    }
}

/// What a name stands for, if it is defined to stand for other attributes.
fn definition<'a>(name: &str, files: &'a [(usize, Arc<AttributeFile>)]) -> Option<&'a [(String, State)]> {
    let lines = files.iter().rev().flat_map(|(_, file)| file.lines.iter().rev());
    lines.into_iter().find(|line| matches!(&line.subject, Subject::Macro(known) if known == name)).map(|line| &*line.states)
}

/// An attribute file; `None` if there is none, or if git passes over it. If it cannot be read, each page that it might name counts
/// as filtered.
fn read_file(file: &Path, may_define: bool, folds_case: bool) -> Option<AttributeFile> {
    let text = match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() && metadata.len() < MAX_FILE => fs::read(file),
        Ok(_) => return None,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return None,
        Err(error) => Err(error),
    };
    let text = text.unwrap_or_else(|error| {
        tracing::warn!(file = %file.display(), %error, "attributes of git cannot be read, so the pages that they may name are left alone");
        UNREADABLE.to_vec()
    });
    Some(AttributeFile::parse(&text, may_define, folds_case))
}
