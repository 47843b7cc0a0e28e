//! Opens or creates the repository with a configuration of its own, which replaces the git configuration of the user and of
//! the system.

use crate::error_context::Context;
use crate::git::{Git, use_program_config};
use crate::git_folder;
use crate::message::Author;
use crate::on_disk::OnDisk;
use crate::opening_error;
use crate::pack;
use crate::plan::{FileChange, WorkTreeFiles};
use crate::probe::Probe;
use crate::survey;
use crate::unindexed::Unindexed;
use crate::work_tree;
use git2::{Config, ErrorCode, Repository, RepositoryInitOptions};
use growqr_core::clock::Timestamp;
use growqr_core::memory::MemoryError;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The pages of the first commit.
const FIRST_PAGES: &[(&str, &str)] = &[
    ("README.md", include_str!("layout/README.md")),
    ("goals.md", include_str!("layout/goals.md")),
    ("journal/README.md", include_str!("layout/journal.md")),
    ("people/README.md", include_str!("layout/people.md")),
    ("profile.md", include_str!("layout/profile.md")),
    ("projects/README.md", include_str!("layout/projects.md")),
];

/// The configuration of this program. It overrides the repository's own file and replaces those of the user and the system.
/// With `fsyncObjectFiles`, libgit2 fsyncs objects and refs. There is no reflog: history only grows, and each reflog entry
/// would cost two fsyncs. The user's own git still writes a reflog. `longpaths` has an effect on Windows only.
const PROGRAM_CONFIG: &str = "[core]\n\tfsyncObjectFiles = true\n\tautocrlf = false\n\tsafecrlf = false\n\tlogAllRefUpdates = false\n\tlongpaths = true\n\
                          [user]\n\tname = GrowQR\n\temail = growqr@growqr.local\n";
/// What earlier versions of this program wrote to `info/attributes`. It overrides the person's own attributes.
const FORMER_ATTRIBUTES: &str = "* -text !eol !filter !ident !working-tree-encoding\n";

/// Opens the repository in `folder`, or creates it, and finishes changes that a crash interrupted.
pub(crate) fn open(folder: &Path, at: Timestamp, probe: Arc<dyn Probe>) -> Result<Git, MemoryError> {
    let repo = match Repository::open(folder) {
        Ok(repo) => repo,
        Err(error) if error.code() == ErrorCode::NotFound => init(folder)?,
        Err(error) => return Err(not_opened(folder, &error)),
    };
    let work_tree = work_tree_of(&repo, folder)?;
    let own = repo.path().join("growqr");
    let staged = own.join("staged");
    write_program_config(&own)?;
    use_program_config(&repo, &own)?;
    fs::create_dir_all(&staged).context("make its folder for staged files")?;
    let git = Git::new(repo, work_tree, staged, probe);
    remove_former_attributes(&git.repo);
    git.remove_own_index_lock();
    git.remove_own_ref_locks();
    git.forget_last_if_never_head()?;
    *git.unindexed.borrow_mut() = Unindexed::load(&git.unindexed_file());
    git.finish_interrupted()?;
    // Those of a run that was killed.
    [pack::PAGES, pack::COMMIT].into_iter().for_each(|purpose| pack::release(&git.objects_folder(), purpose));
    if git.head()?.is_none() {
        git.create_first_commit(at)?;
    }
    #[cfg(windows)]
    git.allow_long_paths();
    Ok(git)
}

/// Opens an existing repository for reading only. `None` if there is none. An interrupted checkout is left as it is; the
/// next writer finishes it.
pub(crate) fn open_read_only(folder: &Path) -> Result<Option<Git>, MemoryError> {
    let repo = match Repository::open(folder) {
        Ok(repo) => repo,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(not_opened(folder, &error)),
    };
    let own = repo.path().join("growqr");
    if own.join("config").exists() {
        use_program_config(&repo, &own)?;
    }
    work_tree_of(&repo, folder)?;
    let staged = own.join("staged");
    Ok(Some(Git::new(repo, folder.to_owned(), staged, Arc::new(crate::NoProbe))))
}

/// The working tree of the repository in `folder`.
///
/// # Errors
/// If there is none, or if it is another folder: pages of `folder` would be taken for deleted.
fn work_tree_of(repo: &Repository, folder: &Path) -> Result<PathBuf, MemoryError> {
    let refused = |cause: String| Err(MemoryError::Repository { doing: "open", cause });
    let Some(work_tree) = repo.workdir().map(Path::to_owned) else {
        return refused("the folder holds a bare repository; choose another folder".to_owned());
    };
    match (work_tree.canonicalize(), folder.canonicalize()) {
        (Ok(work_tree), Ok(folder)) if work_tree != folder => refused(format!(
            "its working tree is another folder, {}. Make it this one with: git --git-dir \"{}\" config --unset core.worktree",
            work_tree.display(),
            git_folder::own(&folder).display()
        )),
        _ => Ok(work_tree),
    }
}

fn not_opened(folder: &Path, error: &git2::Error) -> MemoryError {
    MemoryError::Repository { doing: "open", cause: opening_error::explain(folder, error) }
}

fn init(folder: &Path) -> Result<Repository, MemoryError> {
    let mut options = RepositoryInitOptions::new();
    options.external_template(false).initial_head("main");
    let repo = Repository::init_opts(folder, &options).context("be created")?;
    configure_users_git(&repo).context("write its configuration")?;
    Ok(repo)
}

/// Configures the user's own git for a new repository: no conversion of line ends unless an attribute asks for it, and file names
/// shown unquoted.
fn configure_users_git(repo: &Repository) -> Result<(), git2::Error> {
    // Nobody else uses the new repository, so a lock is left over from an interrupted start.
    let _ = fs::remove_file(repo.path().join("config.lock"));
    let mut config = Config::open(&repo.path().join("config"))?;
    [("core.autocrlf", false), ("core.safecrlf", false), ("core.fileMode", false), ("core.quotePath", false)]
        .into_iter()
        .try_for_each(|(name, value)| config.set_bool(name, value))
}

/// Removes the attributes that earlier versions wrote, so that those of the person count. A failure changes nothing.
fn remove_former_attributes(repo: &Repository) {
    let file = repo.commondir().join("info").join("attributes");
    if fs::read(&file).is_ok_and(|text| text == FORMER_ATTRIBUTES.as_bytes())
        && let Err(error) = fs::remove_file(&file)
    {
        tracing::warn!(%error, "the former attributes of memory cannot be removed");
    }
}

/// Writes the configuration file. Called only by writers: a reader must not change the folder, and may be unable to.
fn write_program_config(own: &Path) -> Result<(), MemoryError> {
    let file = own.join("config");
    if fs::read_to_string(&file).ok().as_deref() == Some(PROGRAM_CONFIG) {
        return Ok(());
    }
    fs::create_dir_all(own).and_then(|()| fs::write(&file, PROGRAM_CONFIG)).context("write its configuration")
}

impl Git {
    fn create_first_commit(&self, at: Timestamp) -> Result<(), MemoryError> {
        let mut files = Vec::new();
        // Pages that are here already belong to the person and get none of ours beside them. The next scan commits them.
        let has_pages = survey::has_pages(&self.folder);
        if has_pages {
            fs::write(self.had_pages_note(), "").context("note that pages were here")?;
        }
        for (path, text) in FIRST_PAGES.iter().filter(|_| !has_pages) {
            // A file of that name may be no page, or may be made just now.
            let is_free = matches!(self.inspect(path), OnDisk::Absent);
            if is_free && work_tree::refuse_other_spelling(&self.folder, path).is_ok() {
                let new = self.repo.blob(text.as_bytes()).context("write the first pages")?;
                files.push(FileChange { path: (*path).to_owned(), old: None, new: Some(new) });
            }
        }
        let plan = self.write_commit(self.draft(WorkTreeFiles::ToReplace)?, (None, files), &Author::Program, "Begin", at)?;
        self.apply(&plan, WorkTreeFiles::ToReplace)?;
        self.update_index()
    }

    /// The note that pages were in the folder before the memory, until a scan has committed them.
    pub(crate) fn had_pages_note(&self) -> PathBuf {
        self.own_folder().join("had-pages")
    }

    /// Lets the user's own git on Windows read pages whose full path is longer than 260 characters, unless the user has set
    /// this option. Without it, git fails on these pages only.
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
}
