//! One profile, open for writing: the lock, the store, the memory and the model setups. No agents run yet.

use crate::blocking::blocking;
use crate::clock::{SystemClock, SystemRandom};
use crate::error::AppError;
use crate::host::held_branches;
use crate::host::lock::{ProfileLock, program_name};
use crate::library::Library;
use crate::model_setup::setups::ModelSetups;
use crate::profile::accounts::{Account, Accounts};
use crate::profile::location::{Environment, Profile};
use crate::profile::settings::Preferences;
use crate::profile::{keys, settings};
use crate::stack::credentials::CredentialStore;
use crate::stack::deps::StackDeps;
use crate::stack::gateway::HostSlot;
use crate::stack::other_folders::OtherFolders;
use crate::stack::workbench::WorkbenchSlot;
use crate::tools::{OwnTools, ToolServers};
use crate::{backup, files, machine, memory_link, rules, skills, tools};
use growqr_actors::{MemoryTools, Ports, QuestTools, ScheduleTools, Toolbox};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::journal::Store;
use growqr_core::memory::Memory;
use growqr_core::skill::Skills;
use growqr_core::tool::{Executor, Tools};
use growqr_memory::MemoryRepo;
use growqr_store::{Claim, Db, Holder, ProfileClaim};
use growqr_tools::skills::{SkillSet, SkillTools};
use growqr_tools::{FileTools, Folder};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// One profile whose lock this process holds.
pub(crate) struct OpenProfile {
    pub(crate) library: Library,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) memory: Arc<MemoryRepo>,
    tools: Arc<dyn Tools>,
    /// The servers of tools that the person has added; they begin with the host.
    pub(crate) tool_servers: Arc<ToolServers>,
    /// The tools on the folders that the person has chosen.
    file_tools: Arc<FileTools>,
    /// The skills in memory and in folders that the person has chosen.
    pub(crate) skills: Arc<SkillSet>,
    pub(crate) setups: Arc<ModelSetups>,
    workbench: WorkbenchSlot,
    /// Notified after schedules were added or changed.
    pub(crate) schedules_changed: Arc<Notify>,
    /// Notified after quests were started or changed.
    pub(crate) quests_changed: Arc<Notify>,
    /// Marked as changed whenever the person has changed memory, and after the tick of a quest.
    pub(crate) memory_changes: watch::Sender<()>,
    /// A random number of this process, part of the ids of its charges.
    pub(crate) process: u64,
    pub(crate) environment: Environment,
    db: Db,
    /// The claim on the profile among the hosts of one database server.
    pub(crate) claim: Arc<ProfileClaim>,
    // The last field, so that the lock is released after everything else is closed.
    _lock: ProfileLock,
}

/// The result of opening a profile.
pub(crate) enum Opened {
    /// This process has it.
    Ours(Box<OpenProfile>),
    /// Another process of this computer has the lock.
    Locked,
    /// Another host of the same database server has claimed the profile; `None` if it has not recorded itself.
    Claimed(Option<Holder>),
}

impl OpenProfile {
    /// Takes the profile's lock and opens everything, unless another process holds the profile. `stop` ends the wait for the
    /// database.
    ///
    /// # Errors
    /// [`AppError`]: a folder or the database cannot be used, or `stop` was cancelled.
    pub(crate) async fn open(profile: Profile, environment: &Environment, stop: &CancellationToken) -> Result<Opened, AppError> {
        let now = SystemClock.now();
        profile.create()?;
        let Some(lock) = ProfileLock::take(&profile, now)? else { return Ok(Opened::Locked) };
        backup::refuse_unfinished(&profile)?;
        let folder = profile.memory();
        // A memory that does not exist is created only after the database was asked which one the conversation uses.
        let exists = memory_link::has_repository(&profile);
        let memory_task = tokio::task::spawn_blocking(move || open_memory(&folder, now, exists));
        let claimed = async {
            let db = Db::open(profile.database()).await?;
            let claim = db.claim_profile(profile.id(), &this_process(now)).await?;
            Ok::<_, AppError>((db, claim))
        };
        let claimed = stop.run_until_cancelled(claimed).await.unwrap_or_else(|| Err(AppError::stopping()));
        // This task may write, so the lock is kept until it has ended, also if the profile cannot be had.
        let memory = Arc::new(memory_task.await.map_err(|error| AppError::Internal(error.to_string()))?);
        let (db, claim) = claimed?;
        let claim = match claim {
            Claim::Ours(claim) => Arc::new(claim),
            Claim::Taken(holder) => return Ok(Opened::Claimed(holder)),
        };
        let store = db.claimed(profile.id(), &claim);
        copy_account(&profile, &*store).await?;
        let stored = settings::stored(&*store).await?;
        memory_link::settle(&profile, &*store, &memory, now).await?;
        let memory_tools: Arc<dyn Executor> = Arc::new(MemoryTools::new(Arc::clone(&memory) as Arc<dyn Memory>));
        let preferences = Preferences::parse_lenient(&stored);
        let schedules_changed = Arc::new(Notify::new());
        let schedule_tools = ScheduleTools::new(Arc::clone(&store), Arc::new(SystemClock), Arc::clone(&schedules_changed));
        let quests_changed = Arc::new(Notify::new());
        let pages = Arc::clone(&memory) as Arc<dyn Memory>;
        let quest_tools = QuestTools::new(Arc::clone(&store), pages, Arc::new(SystemClock), Arc::clone(&quests_changed));
        let file_tools = Arc::new(FileTools::new(files::of(&profile, &stored)));
        let skills = Arc::new(skills::of(Some(Arc::clone(&memory)), &profile));
        skills.choose(preferences.skills);
        let skill_tools = SkillTools::new(Arc::clone(&skills));
        let fixed: [Arc<dyn Executor>; 4] =
            [Arc::new(schedule_tools), Arc::new(quest_tools), Arc::clone(&file_tools) as _, Arc::new(skill_tools)];
        let own = OwnTools::new([memory_tools].into_iter().chain(fixed).collect(), preferences.web);
        let toolbox = Arc::new(Toolbox::new(own.executors()));
        let tools = Arc::clone(&toolbox) as Arc<dyn Tools>;
        let (keychain, keychain_name) = (keys::keychain(&profile), tools::keychain_name(&profile));
        let tool_servers = ToolServers::new(toolbox, own, Arc::clone(&store), keychain, keychain_name, profile.folder());
        let tool_servers = Arc::new(tool_servers);
        let setups = ModelSetups::new(environment, keys::keychain(&profile), stored, Arc::clone(&tools), rand::random());
        setups.set_rules(rules::load(&*store).await?);
        setups.set_skills(Arc::clone(&skills) as Arc<dyn Skills>);
        let library = Library::of(profile, Arc::clone(&store), Arc::clone(&memory));
        let workbench = WorkbenchSlot::default();
        setups.set_workbench(workbench.clone());
        let (environment, setups) = (environment.clone(), Arc::new(setups));
        Ok(Opened::Ours(Box::new(OpenProfile {
            library,
            store,
            memory,
            tools,
            tool_servers,
            file_tools,
            skills,
            setups,
            workbench,
            schedules_changed,
            quests_changed,
            memory_changes: watch::Sender::default(),
            process: rand::random(),
            environment,
            db,
            claim,
            _lock: lock,
        })))
    }

    /// Gives agents these folders of the person, from their next turn on.
    pub(crate) fn set_file_folders(&self, folders: Vec<Folder>) {
        self.file_tools.set(folders);
        self.tool_servers.offer();
    }

    /// The ports that a host needs.
    pub(crate) fn ports(&self) -> Ports {
        Ports {
            store: Arc::clone(&self.store),
            memory: Arc::clone(&self.memory) as Arc<dyn Memory>,
            tools: Arc::clone(&self.tools),
            setups: Arc::clone(&self.setups) as Arc<dyn growqr_actors::Setups>,
            sessions: Arc::new(self.workbench.clone()),
            schedules_changed: Arc::clone(&self.schedules_changed),
            quests_changed: Arc::clone(&self.quests_changed),
            memory_changes: self.memory_changes.clone(),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }

    /// What the task for the containers works with.
    pub(crate) fn stack_deps(&self, memory_changes: watch::Sender<()>) -> StackDeps {
        let profile = self.library.profile().clone();
        StackDeps {
            other_folders: OtherFolders::default(),
            credentials: Arc::new(CredentialStore::new(&profile, keys::containers_keychain(&profile), keys::keychain(&profile))),
            profile,
            environment: self.environment.clone(),
            store: Arc::clone(&self.store),
            memory: Arc::clone(&self.memory),
            setups: Arc::clone(&self.setups),
            memory_changes,
            host: HostSlot::default(),
            process: self.process,
            workbench: self.workbench.clone(),
        }
    }

    /// Cleans up the memory and closes the database. If this is only dropped, nothing is lost either.
    pub(crate) async fn close(self) {
        self.tool_servers.close().await;
        if let Err(error) = held_branches::release_unnamed(&*self.store, &self.memory, SystemClock.now()).await {
            tracing::debug!(%error, "the branches of held changes could not be cleaned up");
        }
        let memory = Arc::clone(&self.memory);
        if let Err(error) = blocking(move || if memory.is_withheld() { Ok(()) } else { memory.tidy() }).await {
            tracing::warn!(%error, "memory could not be cleaned up; the next start tries again");
        }
        if let Err(error) = memory_link::note_events(self.library.profile(), &*self.store).await {
            tracing::debug!(%error, "the number of events could not be noted in memory");
        }
        drop(self.store);
        self.db.close().await;
    }
}

/// This process, described for people at other computers that use the same database server.
pub(crate) fn this_process(now: Timestamp) -> Holder {
    Holder { machine: machine::name(), program: program_name(), process: std::process::id(), since: now }
}

/// Copies the account of this profile into the profile's database.
async fn copy_account(profile: &Profile, store: &dyn Store) -> Result<(), AppError> {
    let Some(user) = Accounts::read(profile.root())?.account_of(profile.id()).map(Account::user) else { return Ok(()) };
    if store.users().await?.contains(&user) {
        return Ok(());
    }
    Ok(store.save_user(&user).await?)
}

/// The memory, opened if it exists. If it cannot be opened now, everything else works, and each use of it tries again.
fn open_memory(folder: &Path, now: Timestamp, exists: bool) -> MemoryRepo {
    #[cfg(not(feature = "stop-points"))]
    let probe = growqr_memory::NoProbe;
    #[cfg(feature = "stop-points")]
    let probe = crate::host::stop_points::Steps::default();
    let memory = MemoryRepo::open_when_possible(folder, now, Arc::new(probe));
    if exists && let Some(error) = memory.problem() {
        tracing::warn!(%error, "memory cannot be changed now");
    }
    memory
}
