//! The task that moves Docker to the wanted state and keeps it there. It works in rounds: look, do what is missing, wait for
//! the next reason to look. A round can be dropped at any await and started again: every step finds out what is there.

use crate::error::AppError;
use crate::profile::settings::{self, Preferences};
use crate::stack::config::StackConfig;
use crate::stack::deps::StackDeps;
use crate::stack::failures::Failures;
use crate::stack::look;
use crate::stack::memory_copy::MemoryCopy;
use crate::stack::notes;
use crate::stack::orders::{Orders, Pending};
use crate::stack::other_folders::OtherFolders;
use crate::stack::part_tasks::{Done, PartTasks, Run};
use crate::stack::preferences::{StackPreferences, StartWhen};
use crate::stack::restarts::Restarts;
use crate::stack::services::Services;
use crate::stack::view::StackView;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use growqr_core::journal::SessionStatus;
use growqr_stack::{ContainerPart, Hint, HintKind, Scope, Stack, StackError};
use growqr_wire::OrphanKey;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long hints are collected before the state is read again: one death is several events.
const SETTLE: Duration = Duration::from_millis(200);

/// The events of the containers, while there is a connection.
type Hints = Option<BoxStream<'static, Result<Hint, StackError>>>;

/// The worker of one profile.
pub(crate) struct Worker {
    pub(super) deps: StackDeps,
    pub(super) view: StackView,
    pub(super) orders: Arc<Orders>,
    pub(super) config: StackConfig,
    /// `None` until it was read.
    pub(super) scope: Option<Scope>,
    pub(super) folders: OtherFolders,
    /// The daemon that answered last.
    pub(super) stack: Option<Stack>,
    /// In a lock only because a stream cannot be shared between threads, and this struct is.
    pub(super) hints: Mutex<Hints>,
    pub(super) services: Services,
    pub(super) copy: MemoryCopy,
    /// The person agreed to downloads, and none has failed since.
    pub(super) agreed: bool,
    /// Parts whose image could not be downloaded.
    pub(super) failed_downloads: BTreeSet<ContainerPart>,
    /// True once the containers may run: by the setting, a command, or a first use.
    pub(super) awake: bool,
    /// When the workbench was last used.
    pub(super) last_use: Instant,
    /// Ports that turned out to be in use although they could be bound.
    pub(super) taken: Vec<u16>,
    pub(super) restarts: BTreeMap<ContainerPart, Restarts>,
    /// Containers that the events said ran out of memory.
    pub(super) out_of_memory: Vec<String>,
    /// Parts whose image is not here.
    pub(super) missing_images: BTreeSet<ContainerPart>,
    /// Gitea may use its older image: it has no data yet, and the person has named no image.
    pub(super) may_fall_back: bool,
    /// No download is started before this time: the daemon has ended the last one.
    pub(super) next_download: Option<Instant>,
    /// Runs that were prepared; without a start while they are being prepared.
    pub(super) ready: BTreeMap<ContainerPart, Run>,
    /// Runs that could not be prepared, and when they are tried again.
    pub(super) unprepared: BTreeMap<ContainerPart, (Run, Instant)>,
    /// What goes on between rounds.
    pub(super) tasks: PartTasks,
    pub(super) disk_measured: Option<Instant>,
    /// Parts whose disk is full, with the paths to which nothing more can be written.
    pub(super) full_disks: BTreeMap<ContainerPart, Vec<String>>,
    /// Why parts did not run when it was last looked.
    pub(super) failures: Failures,
    /// Whether the memory's copy is to be compared in the next round, and whether to join with another one.
    pub(super) sync: Option<bool>,
    /// What the person has agreed to remove.
    pub(super) remove_orphans: Vec<OrphanKey>,
}

impl Worker {
    /// A worker that has not looked yet.
    ///
    /// # Errors
    /// If an image or the range of ports cannot be used.
    pub(crate) fn new(deps: StackDeps, view: StackView) -> Result<Worker, AppError> {
        let config = StackConfig::read(&deps.environment)?;
        Ok(Worker {
            services: Services::new(deps.clone(), config.clone()),
            copy: MemoryCopy::new(deps.clone(), view.clone()),
            failures: Failures::read(&deps.profile),
            folders: deps.other_folders.clone(),
            deps,
            view,
            orders: Arc::default(),
            config,
            scope: None,
            stack: None,
            hints: Mutex::default(),
            agreed: false,
            failed_downloads: BTreeSet::new(),
            awake: false,
            last_use: Instant::now(),
            taken: Vec::new(),
            restarts: BTreeMap::new(),
            out_of_memory: Vec::new(),
            missing_images: BTreeSet::new(),
            may_fall_back: false,
            next_download: None,
            ready: BTreeMap::new(),
            unprepared: BTreeMap::new(),
            tasks: PartTasks::default(),
            disk_measured: None,
            full_disks: BTreeMap::new(),
            sync: None,
            remove_orphans: Vec::new(),
        })
    }

    /// Looks once, for a process that does not keep the containers.
    pub(crate) async fn look(&mut self) {
        let StackDeps { store, profile, environment, .. } = &self.deps;
        self.config.adopt(&store.containers().await.unwrap_or_default());
        self.view.change_part(ContainerPart::Gitea, |shown| shown.image.clone_from(&self.config.gitea_image));
        notes::show(&self.config, profile, &self.view);
        look::look(Some(&**store), profile, environment, &self.folders, &self.view).await;
    }

    /// Works until it is stopped.
    pub(crate) async fn run(mut self, orders: Arc<Orders>, stop: CancellationToken) {
        self.orders = Arc::clone(&orders);
        // Sessions may be at work in a container that ran on while no host did.
        self.awake = self.preferences().await.start == StartWhen::Start || self.has_open_session().await;
        let mut memory_changes = self.deps.memory_changes.subscribe();
        let mut needed = self.deps.workbench.needed();
        loop {
            let taken = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                urgent = orders.next_urgent() => Some(urgent),
                pause = self.round() => tokio::select! {
                    biased;
                    () = stop.cancelled() => break,
                    next = orders.next() => Some(next),
                    () = next_hint(self.hints.get_mut(), &mut self.out_of_memory) => None,
                    Ok(()) = memory_changes.changed() => {
                        self.sync = self.sync.or(Some(false));
                        None
                    }
                    Ok(()) = needed.changed() => {
                        self.wake().await;
                        None
                    }
                    (part, done) = self.tasks.next() => {
                        match done {
                            Done::Download(result) => self.downloaded(part, result).await,
                            Done::Preparation(run, result) => self.prepared(part, run, result),
                            Done::Lost => {}
                        }
                        None
                    }
                    () = self.copy.until_news() => None,
                    () = tokio::time::sleep(pause) => None,
                },
            };
            if let Some(taken) = taken {
                self.take(taken);
            }
        }
        self.services.stop().await;
    }

    async fn has_open_session(&self) -> bool {
        let sessions = self.deps.store.sessions().await.unwrap_or_default();
        sessions.iter().any(|session| session.status == SessionStatus::Open)
    }

    /// Something needs the containers that sleep.
    async fn wake(&mut self) {
        if !self.awake && self.preferences().await.start != StartWhen::Never {
            self.awake = true;
        }
        self.last_use = Instant::now();
    }

    /// Whether the workbench has not been used for so long that it is stopped.
    pub(super) fn workbench_sleeps(&mut self, preferences: &StackPreferences) -> bool {
        if self.deps.workbench.is_busy() {
            self.last_use = Instant::now();
        }
        preferences.idle_stop.is_some_and(|limit| self.last_use.elapsed() > limit)
    }

    fn take(&mut self, orders: Pending) {
        if let Some(agreed) = orders.wanted {
            self.agreed |= agreed;
            self.failed_downloads.clear();
            self.awake = true;
            self.last_use = Instant::now();
            self.taken.clear();
            self.restarts.clear();
            self.unprepared.clear();
            self.next_download = None;
            self.deps.workbench.try_again();
        }
        self.remove_orphans.extend(orders.remove_orphans);
        if let Some(join) = orders.sync {
            self.awake = true;
            self.sync = Some(join);
        }
    }

    pub(super) async fn preferences(&self) -> StackPreferences {
        match settings::stored(&*self.deps.store).await {
            Ok(stored) => Preferences::parse_lenient(&stored).stack,
            Err(error) => {
                tracing::warn!(%error, "the settings of the containers cannot be read");
                Preferences::default().stack
            }
        }
    }
}

/// Waits for something that happens to a container. Without a connection, for ever.
async fn next_hint(hints: &mut Hints, out_of_memory: &mut Vec<String>) {
    let Some(stream) = hints else { return std::future::pending().await };
    match stream.next().await {
        Some(Ok(hint)) => {
            if hint.kind == HintKind::OutOfMemory {
                out_of_memory.push(hint.container);
            }
            tokio::time::sleep(SETTLE).await;
        }
        // The connection has ended: look at once, then again and again.
        Some(Err(_)) | None => {
            *hints = None;
            tokio::time::sleep(SETTLE).await;
        }
    }
}
