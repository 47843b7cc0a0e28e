//! The repository, its folders, and the state that is kept with it. The other modules add the operations.

use crate::conversion::Conversion;
use crate::error_context::Context;
use crate::git_config::GitConfig;
use crate::left_alone::LeftAlone;
use crate::message::{Author, PersonName};
use crate::object_writer::ObjectWriter;
use crate::outside_set::Outside;
use crate::probe::Probe;
use crate::stat::Stat;
use crate::unindexed::Unindexed;
use git2::{Config, ConfigLevel, Oid, Repository};
use growqr_core::memory::{AgentsPage, MemoryError};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The repository and its state. [`crate::MemoryRepo`] keeps it behind a lock.
pub(crate) struct Git {
    pub(crate) repo: Repository,
    pub(crate) folder: PathBuf,
    /// The folder of staged files, which checkout renames into the working tree.
    pub(crate) staged: PathBuf,
    pub(crate) probe: Arc<dyn Probe>,
    pub(crate) effect_commits: RefCell<EffectCommits>,
    /// The first pages of commits that touch many, and the number of the others: the adoption of a vault is in the history of
    /// each of its pages, and takes long to compare.
    pub(crate) large_commits: RefCell<HashMap<Oid, (Vec<String>, u64)>>,
    /// Pages whose committed version is not yet in the working tree, because another program holds the file.
    pub(crate) behind: RefCell<BTreeSet<String>>,
    /// Pages for which git's index is not yet updated.
    pub(crate) unindexed: RefCell<Unindexed>,
    /// The stats of git's index before the first and after the last of this program's own writes, if they follow each other.
    pub(crate) own_index_writes: RefCell<Option<(Option<Stat>, Option<Stat>)>>,
    pub(crate) writer: RefCell<ObjectWriter>,
    /// HEAD and the kept commits of which it is known that none is merged.
    pub(crate) judged: RefCell<Option<JudgedCommits>>,
    /// The last answer to who has written pages.
    pub(crate) by_agents: RefCell<Option<PagesByAgents>>,
    /// Read by the first need of an operation, and forgotten after it.
    conversion: OnceCell<Conversion>,
    /// The handle of the last conversion.
    conversion_handle: Cell<Option<Repository>>,
    /// The same holds for it.
    pub(crate) outside: OnceCell<Outside>,
    /// While a commit of the server is merged: the attributes that it brings.
    incoming: RefCell<Option<Conversion>>,
    /// Read and forgotten like `conversion`.
    left_alone: OnceCell<LeftAlone>,
}

/// HEAD, and the refs of kept commits.
type JudgedCommits = (Oid, Vec<(String, Oid)>);

/// The pages of a folder that are an agent's, at this HEAD.
pub(crate) struct PagesByAgents {
    pub(crate) head: Oid,
    pub(crate) folder: String,
    pub(crate) pages: BTreeMap<String, AgentsPage>,
}

/// Cache of the agents' commits by tool call.
#[derive(Default)]
pub(crate) struct EffectCommits {
    /// The newest commit that the cache covers.
    pub(crate) newest: Option<Oid>,
    pub(crate) commits: HashMap<String, Oid>,
}

impl Git {
    pub(crate) fn new(repo: Repository, folder: PathBuf, staged: PathBuf, probe: Arc<dyn Probe>) -> Git {
        Git {
            repo,
            folder,
            staged,
            probe,
            effect_commits: RefCell::default(),
            large_commits: RefCell::default(),
            behind: RefCell::default(),
            unindexed: RefCell::default(),
            own_index_writes: RefCell::default(),
            writer: RefCell::default(),
            judged: RefCell::default(),
            by_agents: RefCell::default(),
            conversion: OnceCell::new(),
            conversion_handle: Cell::default(),
            incoming: RefCell::default(),
            outside: OnceCell::new(),
            left_alone: OnceCell::new(),
        }
    }

    /// Forgets what was read of the person's configuration, attributes and index: they may have changed since.
    pub(crate) fn begin_operation(&mut self) {
        if let Some(conversion) = self.conversion.take() {
            self.conversion_handle = Cell::new(conversion.into_handle());
        }
        self.incoming = RefCell::default();
        self.outside = OnceCell::new();
        self.left_alone = OnceCell::new();
    }

    /// The person as the author of a change.
    pub(crate) fn person(&self) -> Author<'static> {
        Author::Person(PersonName::of_settings(&GitConfig::read(&self.folder)))
    }

    /// The folder of the repository's objects.
    pub(crate) fn objects_folder(&self) -> PathBuf {
        self.repo.commondir().join("objects")
    }

    /// What git does with the content of pages.
    pub(crate) fn conversion(&self) -> &Conversion {
        self.conversion.get_or_init(|| Conversion::load(&self.folder, self.conversion_handle.take()))
    }

    /// What memory leaves alone, by git's index and ignore patterns.
    pub(crate) fn left_alone(&self) -> &LeftAlone {
        self.left_alone.get_or_init(|| LeftAlone::read(&self.folder))
    }

    /// Pages that git would filter after this commit are left to git from now on, until the operation ends.
    pub(crate) fn heed_attributes_of(&self, commit: Oid) {
        *self.incoming.borrow_mut() = Some(Conversion::load_at(&self.folder, None, Some(commit)));
    }

    /// Whether git filters the page, now or after the commit that is merged.
    pub(crate) fn is_left_to_git(&self, page: &str) -> bool {
        let will_be = || self.incoming.borrow().as_ref().is_some_and(|incoming| incoming.refuse_filtered(page).is_err());
        self.conversion().refuse_filtered(page).is_err() || will_be()
    }

    /// Opens another handle to the repository, with the same configuration.
    pub(crate) fn reopen_repository(&self) -> Result<Repository, MemoryError> {
        Git::open_handle(&self.folder)
    }

    /// Opens a handle to the repository of this folder, with the configuration of this program.
    pub(crate) fn open_handle(folder: &Path) -> Result<Repository, MemoryError> {
        let repo = Repository::open(folder).context("open")?;
        use_program_config(&repo, &repo.path().join("growqr"))?;
        Ok(repo)
    }
}

/// Replaces the configuration that libgit2 has read from the user and the system.
pub(crate) fn use_program_config(repo: &Repository, own: &Path) -> Result<(), MemoryError> {
    let file = own.join("config");
    let mut config = Config::new().context("read its configuration")?;
    config.add_file(&repo.path().join("config"), ConfigLevel::Local, false).context("read its configuration")?;
    config.add_file(&file, ConfigLevel::App, false).context("read its configuration")?;
    repo.set_config(&config).context("read its configuration")
}
