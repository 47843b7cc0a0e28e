//! What git does with the content of a page between the folder and the repository, after the person's attributes and
//! configuration. Line ends are converted as git does it. Filters and other encodings are not run: such a page is left to git.

use crate::attribute_file::State;
use crate::attributes::{ATTRIBUTE_FILE, Attributes};
use crate::git_config::{GitConfig, default_personal_file};
use crate::line_ends::LineEnds;
use crate::tree_entry::blob_at;
use git2::{Config, ObjectType, Oid, Repository};
use growqr_core::memory::MemoryError;
use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The attributes that decide.
const ATTRIBUTES: [&str; 6] = ["text", "crlf", "eol", "ident", "filter", "working-tree-encoding"];

/// How content is converted in one memory folder. It reads the configuration and each attribute file once, so make a new one
/// for each operation: then a changed file counts at once. Threads may share it.
pub(crate) struct Conversion {
    folder: PathBuf,
    settings: Settings,
    /// The attribute files of the system, of the person, and of the repository.
    outer_files: Vec<PathBuf>,
    attributes: Attributes,
    /// Reads committed pages, and attribute files that are committed but not in the folder. `None`: it cannot be opened.
    repo: Mutex<Option<Repository>>,
}

/// The settings of git that decide.
#[derive(Default)]
struct Settings {
    auto_crlf: AutoCrlf,
    is_eol_crlf: bool,
    attributes_file: Option<PathBuf>,
    folds_case: bool,
    is_sparse: bool,
}

/// `core.autocrlf`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum AutoCrlf {
    #[default]
    Off,
    Input,
    On,
}

impl Conversion {
    /// Reads the configuration for this memory folder. What cannot be read counts as not set: then the repository cannot be
    /// changed either. The handle of an earlier conversion may be used again: opening one takes longer than reading a page.
    pub(crate) fn load(folder: &Path, handle: Option<Repository>) -> Conversion {
        Conversion::load_at(folder, handle, None)
    }

    /// Like [`Conversion::load`], as if `commit` were HEAD.
    pub(crate) fn load_at(folder: &Path, handle: Option<Repository>, commit: Option<Oid>) -> Conversion {
        let repo = handle.or_else(|| Repository::open(folder).ok());
        let settings = Settings::load(folder);
        let outer: Vec<PathBuf> = system_attributes().into_iter().chain(settings.attributes_file.clone()).collect();
        let paths: Vec<&Path> = outer.iter().map(PathBuf::as_path).collect();
        let git_folder = repo.as_ref().map_or_else(|| folder.join(".git"), |repo| repo.commondir().to_owned());
        let info = git_folder.join("info").join("attributes");
        let attributes = Attributes::new(&paths, &info, commit, settings.folds_case);
        let outer_files = outer.into_iter().chain([info]).collect();
        Conversion { folder: folder.to_owned(), settings, outer_files, attributes, repo: Mutex::new(repo) }
    }

    /// The handle to the repository, for the next conversion.
    pub(crate) fn into_handle(self) -> Option<Repository> {
        self.repo.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes to commit for the bytes of a page's file.
    ///
    /// # Errors
    /// [`MemoryError::ReadOnly`] if git runs a filter on the page. Then the bytes must not reach the repository.
    pub(crate) fn to_commit<'a>(&self, page: &str, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, MemoryError> {
        Ok(self.line_ends(page)?.to_commit(bytes, || self.committed(page)))
    }

    /// Equal for two conversions that convert alike, if HEAD has the same attribute files. `folders`: those with an attribute
    /// file, each empty or with a `/` at its end.
    pub(crate) fn fingerprint(&self, folders: &[String]) -> Option<Oid> {
        let Settings { auto_crlf, is_eol_crlf, attributes_file: _, folds_case, is_sparse: _ } = &self.settings;
        let mut text = format!("{} {is_eol_crlf} {folds_case}\n", *auto_crlf as u8).into_bytes();
        let inside = folders.iter().map(|above| self.folder.join(above).join(ATTRIBUTE_FILE));
        for file in self.outer_files.iter().cloned().chain(inside) {
            let content = fs::read(&file).unwrap_or_default();
            text.extend(format!("{} {}\n", file.display(), content.len()).into_bytes());
            text.extend(content);
        }
        Oid::hash_object(ObjectType::Blob, &text).ok()
    }

    /// The version of a page in the last commit.
    pub(crate) fn committed(&self, page: &str) -> Option<Vec<u8>> {
        let repo = self.repo();
        let repo = repo.as_ref()?;
        let oid = blob_at(repo.head().ok()?.peel_to_tree().ok().as_ref(), page)?;
        Some(repo.find_blob(oid).ok()?.content().to_vec())
    }

    /// Ignores a poisoned lock: reading leaves nothing half done.
    fn repo(&self) -> MutexGuard<'_, Option<Repository>> {
        self.repo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether patterns match letters in either case.
    pub(crate) fn folds_case(&self) -> bool {
        self.settings.folds_case
    }

    /// Whether the user keeps only a part of the pages in the folder.
    pub(crate) fn is_sparse(&self) -> bool {
        self.settings.is_sparse
    }

    /// Returns an error if git runs a filter on the page, so that memory must neither commit nor write it.
    pub(crate) fn refuse_filtered(&self, page: &str) -> Result<(), MemoryError> {
        self.line_ends(page).map(drop)
    }

    /// How the line ends of a page are converted.
    ///
    /// # Errors
    /// As [`Conversion::to_commit`].
    pub(crate) fn line_ends(&self, page: &str) -> Result<LineEnds, MemoryError> {
        let repo = self.repo();
        let [text, crlf, eol, ident, filter, encoding] = self.attributes.of(&self.folder, repo.as_ref(), page, ATTRIBUTES);
        drop(repo);
        let left_to_git = |does: &dyn fmt::Display| {
            let reason = format!(
                "git {does} this page, and GrowQR runs no filters, so the page is read-only here. Change it with an editor and \
                 commit it with git"
            );
            Err(MemoryError::ReadOnly { path: page.to_owned(), reason })
        };
        match (filter, encoding, ident) {
            (Some(State::Value(name)), ..) => left_to_git(&format_args!("runs the filter {name:?} on")),
            (_, Some(State::Value(name)), _) => left_to_git(&format_args!("converts the encoding {name:?} of")),
            (_, _, Some(State::True)) => left_to_git(&"fills in $Id$ (the attribute ident) in"),
            _ => Ok(self.settings.line_ends(text.as_ref(), crlf.as_ref(), eol.as_ref())),
        }
    }
}

impl Settings {
    fn load(folder: &Path) -> Settings {
        let config = GitConfig::read(folder);
        let auto_crlf = match config.get("core.autocrlf") {
            Some(value) if value.eq_ignore_ascii_case("input") => AutoCrlf::Input,
            _ if config.is_set("core.autocrlf") => AutoCrlf::On,
            _ => AutoCrlf::Off,
        };
        let is_eol_crlf = match config.get("core.eol").unwrap_or_default().to_ascii_lowercase().as_str() {
            "crlf" => true,
            "lf" => false,
            _ => cfg!(windows),
        };
        let attributes_file = config.path("core.attributesfile").or_else(|| default_personal_file("attributes"));
        let attributes_file = attributes_file.map(|file| folder.join(file));
        let (folds_case, is_sparse) = (config.is_set("core.ignorecase"), config.is_set("core.sparsecheckout"));
        Settings { auto_crlf, is_eol_crlf, attributes_file, folds_case, is_sparse }
    }

    fn line_ends(&self, text: Option<&State>, crlf: Option<&State>, eol: Option<&State>) -> LineEnds {
        let default_is_crlf = match self.auto_crlf {
            AutoCrlf::On => true,
            AutoCrlf::Input => false,
            AutoCrlf::Off => self.is_eol_crlf,
        };
        let eol = match eol {
            Some(State::Value(value)) if value == "lf" => Some(false),
            Some(State::Value(value)) if value == "crlf" => Some(true),
            _ => None,
        };
        let convert = |is_text, crlf_in_folder| LineEnds::Convert { is_text, crlf_in_folder };
        match kind(text).or_else(|| kind(crlf)) {
            Some(Kind::Binary) => LineEnds::AsTheyAre,
            Some(Kind::Auto) => convert(false, eol.unwrap_or(default_is_crlf)),
            Some(Kind::Text) => convert(true, eol.unwrap_or(default_is_crlf)),
            Some(Kind::Input) => convert(true, eol.unwrap_or(false)),
            None => match (eol, self.auto_crlf) {
                (Some(crlf), _) => convert(true, crlf),
                (None, AutoCrlf::Off) => LineEnds::AsTheyAre,
                (None, auto) => convert(false, auto == AutoCrlf::On),
            },
        }
    }
}

/// What `text` or `crlf` says of a page.
enum Kind {
    Text,
    Binary,
    Auto,
    /// Text that has LF in the folder.
    Input,
}

fn kind(state: Option<&State>) -> Option<Kind> {
    match state? {
        State::True => Some(Kind::Text),
        State::False => Some(Kind::Binary),
        State::Value(value) if value == "auto" => Some(Kind::Auto),
        State::Value(value) if value == "input" => Some(Kind::Input),
        State::Value(_) | State::Unset => None,
    }
}

/// The attributes of the system, beside its configuration.
fn system_attributes() -> Option<PathBuf> {
    match Config::find_system() {
        Ok(config) => Some(config.with_file_name("gitattributes")),
        Err(_) if cfg!(unix) => Some(PathBuf::from("/etc/gitattributes")),
        Err(_) => None,
    }
}
