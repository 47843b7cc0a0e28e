//! The first and every later start: opening the repository on its own terms, whatever git is told elsewhere on this
//! machine, and its first commit.

use crate::checkout::Files;
use crate::failure::{Doing, Probe};
use crate::message::Author;
use crate::objects::{FileChange, Git};
use crate::place::{self, OnDisk};
use git2::{Config, ConfigLevel, ErrorCode, Repository, RepositoryInitOptions};
use growqr_core::clock::Timestamp;
use growqr_core::memory::MemoryError;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// The pages that memory begins with.
const LAYOUT: &[(&str, &str)] = &[
    ("README.md", include_str!("layout/README.md")),
    ("goals.md", include_str!("layout/goals.md")),
    ("journal/README.md", include_str!("layout/journal.md")),
    ("people/README.md", include_str!("layout/people.md")),
    ("profile.md", include_str!("layout/profile.md")),
    ("projects/README.md", include_str!("layout/projects.md")),
];

/// What this program's git goes by, above the repository's own file and instead of the user's and the system's.
/// libgit2 makes objects and refs durable only when told so here. It writes no reflog: history only ever grows, and each
/// line would cost two waits for the disk. The person's own git keeps its reflog. Windows alone heeds `longpaths`.
const OWN_CONFIG: &str = "[core]\n\tfsyncObjectFiles = true\n\tautocrlf = false\n\tsafecrlf = false\n\tlogAllRefUpdates = false\n\tlongpaths = true\n\
                          [user]\n\tname = GrowQR\n\temail = growqr@growqr.local\n";
/// Wins over every other attribute: the person's git neither converts nor filters pages.
const ATTRIBUTES: &str = "* -text !eol !filter !ident !working-tree-encoding\n";

/// Opens the repository in `folder`; makes it if there is none; finishes what a crash left.
pub(crate) fn open(folder: &Path, at: Timestamp, probe: Arc<dyn Probe>) -> Result<Git, MemoryError> {
    let repo = match Repository::open(folder) {
        Ok(repo) => repo,
        Err(error) if error.code() == ErrorCode::NotFound => init(folder)?,
        Err(error) => return Err(error).doing("open"),
    };
    let Some(work_tree) = repo.workdir().map(Path::to_owned) else {
        let cause = "the folder holds a bare repository; choose another folder".to_owned();
        return Err(MemoryError::Repository { doing: "open", cause });
    };
    let own = repo.path().join("growqr");
    let staged = own.join("staged");
    write_own_config(&own)?;
    use_own_config(&repo, &own)?;
    fs::create_dir_all(&staged).doing("make its folder for staged files")?;
    let git = Git {
        repo,
        folder: work_tree,
        staged,
        probe,
        effects: Default::default(),
        held: Default::default(),
        unindexed: Default::default(),
        writer: Default::default(),
    };
    git.clear_own_index_lock();
    git.finish_earlier()?;
    if git.head()?.is_none() {
        git.begin(at)?;
    }
    #[cfg(windows)]
    git.allow_long_paths();
    Ok(git)
}

/// Opens what is there, for reading alone. `None` if there is no repository. A work tree that a crash left unfinished
/// stays as it is; whoever writes next finishes it.
pub(crate) fn open_read_only(folder: &Path) -> Result<Option<Git>, MemoryError> {
    let repo = match Repository::open(folder) {
        Ok(repo) => repo,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(error).doing("open"),
    };
    let own = repo.path().join("growqr");
    if own.join("config").exists() {
        use_own_config(&repo, &own)?;
    }
    let staged = own.join("staged");
    Ok(Some(Git {
        repo,
        folder: folder.to_owned(),
        staged,
        probe: Arc::new(crate::Unwatched),
        effects: Default::default(),
        held: Default::default(),
        unindexed: Default::default(),
        writer: Default::default(),
    }))
}

fn init(folder: &Path) -> Result<Repository, MemoryError> {
    let mut options = RepositoryInitOptions::new();
    options.external_template(false).initial_head("main");
    Repository::init_opts(folder, &options).doing("be made")
}

/// For whoever may write: reading beside a writer changes nothing in the folder, and may be all that its disk allows.
fn write_own_config(own: &Path) -> Result<(), MemoryError> {
    let file = own.join("config");
    if fs::read_to_string(&file).ok().as_deref() == Some(OWN_CONFIG) {
        return Ok(());
    }
    fs::create_dir_all(own).and_then(|()| fs::write(&file, OWN_CONFIG)).doing("write its configuration")
}

/// Replaces the configuration that libgit2 gathered from the whole machine.
fn use_own_config(repo: &Repository, own: &Path) -> Result<(), MemoryError> {
    let file = own.join("config");
    let mut config = Config::new().doing("read its configuration")?;
    config.add_file(&repo.path().join("config"), ConfigLevel::Local, false).doing("read its configuration")?;
    config.add_file(&file, ConfigLevel::App, false).doing("read its configuration")?;
    repo.set_config(&config).doing("read its configuration")
}

impl Git {
    /// The repository once more, on the same terms.
    pub(crate) fn again(&self) -> Result<Repository, MemoryError> {
        let repo = Repository::open(&self.folder).doing("open")?;
        use_own_config(&repo, &repo.path().join("growqr"))?;
        Ok(repo)
    }

    fn begin(&self, at: Timestamp) -> Result<(), MemoryError> {
        self.settle_for_others()?;
        let mut files = Vec::new();
        for (path, text) in LAYOUT {
            // A page that is already there is the person's, and is adopted as a hand edit.
            let is_free = matches!(place::look(&self.folder, path), OnDisk::Absent);
            if is_free && place::refuse_other_spelling(&self.folder, path).is_ok() {
                let new = self.repo.blob(text.as_bytes()).doing("write the first pages")?;
                files.push(FileChange { path: (*path).to_owned(), old: None, new: Some(new) });
            }
        }
        let plan = self.write_commit(self.draft(Files::Ours)?, (None, files), &Author::Program, "Begin", at)?;
        self.carry_out(&plan, Files::Ours)?;
        self.tidy()
    }

    /// Lets the person's own git on Windows read pages whose full path is longer than 260 letters, unless they have
    /// decided otherwise. Without it, git fails on such pages alone.
    #[cfg(windows)]
    fn allow_long_paths(&self) {
        let allow = || {
            let mut config = Config::open(&self.repo.path().join("config"))?;
            if config.get_bool("core.longpaths").is_ok() { Ok(()) } else { config.set_bool("core.longpaths", true) }
        };
        if let Err(error) = allow() {
            tracing::info!(%error, "git's core.longpaths cannot be set for memory");
        }
    }

    /// What the person's own git shall do here: leave the bytes alone and show names as they are.
    fn settle_for_others(&self) -> Result<(), MemoryError> {
        let git_folder = self.repo.path();
        let doing = "write its configuration";
        // Before the first commit nobody else works here: a lock is from a start of ours that was stopped.
        let _ = fs::remove_file(git_folder.join("config.lock"));
        let mut config = Config::open(&git_folder.join("config")).doing(doing)?;
        for (name, value) in
            [("core.autocrlf", false), ("core.safecrlf", false), ("core.fileMode", false), ("core.quotePath", false)]
        {
            config.set_bool(name, value).doing(doing)?;
        }
        fs::create_dir_all(git_folder.join("info")).doing(doing)?;
        fs::write(git_folder.join("info").join("attributes"), ATTRIBUTES).doing(doing)
    }
}
