//! The handle on the task that starts, watches and stops the containers of one profile. Commands are recorded in the store
//! before they are answered; the task carries them out, and nothing waits for Docker.

use crate::SystemClock;
use crate::error::AppError;
use crate::library::Library;
use crate::profile::location::{Environment, Profile};
use crate::stack::config::StackConfig;
use crate::stack::deps::StackDeps;
use crate::stack::orders::{Orders, Pending};
use crate::stack::other_folders::OtherFolders;
use crate::stack::view::StackView;
use crate::stack::worker::Worker;
use growqr_actors::Host;
use growqr_core::clock::Clock;
use growqr_core::stack::{StackContainer, StackPart, Wanted};
use growqr_wire::{DockerState, OrphanKey, Stack};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long closing waits for the task: it stops at the next await, whatever Docker does, and then settles the calls of the
/// gateway.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The handle.
pub(crate) struct StackControl {
    deps: StackDeps,
    view: StackView,
    orders: Arc<Orders>,
    task: Mutex<Option<JoinHandle<()>>>,
    stop: CancellationToken,
    is_running: AtomicBool,
}

impl StackControl {
    /// A handle whose task does not run yet.
    pub(crate) fn new(deps: StackDeps) -> StackControl {
        let (gitea, opencode) = match StackConfig::read(&deps.environment) {
            Ok(config) => (config.gitea_image, config.opencode_image),
            Err(_) => (String::new(), String::new()),
        };
        StackControl {
            deps,
            view: StackView::new(&gitea, &opencode),
            orders: Arc::default(),
            task: Mutex::default(),
            stop: CancellationToken::new(),
            is_running: AtomicBool::new(false),
        }
    }

    /// Gives the task the agents that run in this process, and starts it if the person has ever asked for containers.
    pub(crate) async fn attach(&self, host: Host) {
        self.deps.host.set(host);
        match self.deps.store.containers().await {
            Ok(containers) if containers.is_empty() => {}
            Ok(_) => {
                if let Err(error) = self.deps.profile.note_containers() {
                    tracing::warn!(%error, "that this profile has containers cannot be noted");
                }
                self.start();
            }
            Err(error) => tracing::warn!(%error, "what should run in Docker cannot be read"),
        }
    }

    /// The state for whoever shows it.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Stack> {
        self.view.subscribe()
    }

    /// The state now. If the task does not run, Docker is asked once.
    pub(crate) async fn status(&self) -> Stack {
        if self.is_running.load(Ordering::Acquire) {
            let stack = self.view.get();
            if stack.docker.state != DockerState::Ready && stack.busy.is_none() {
                self.orders.give(|pending| pending.look = true);
            }
            return stack;
        }
        match Worker::new(self.deps.clone(), self.view.clone()) {
            Ok(mut worker) => worker.look().await,
            Err(error) => self.view.stopped_by(error),
        }
        self.view.get()
    }

    /// Starts the containers, now and with every later start.
    ///
    /// # Errors
    /// If the store cannot record it, or an image or the range of ports is not valid.
    pub(crate) async fn up(&self, agreed: bool) -> Result<Stack, AppError> {
        StackConfig::read(&self.deps.environment)?;
        self.record(Wanted::Up).await?;
        self.tell("looking for Docker", |pending| pending.wanted = Some(agreed));
        Ok(self.view.get())
    }

    /// Stops the containers.
    ///
    /// # Errors
    /// If the store cannot record it.
    pub(crate) async fn down(&self) -> Result<Stack, AppError> {
        self.record(Wanted::Down).await?;
        self.tell("stopping", |pending| pending.wanted = Some(false));
        Ok(self.view.get())
    }

    /// Stops the containers and removes their data: now, or as soon as Docker can be asked, also after a restart. Until then,
    /// [`StackControl::up`] and [`StackControl::down`] withdraw it.
    ///
    /// # Errors
    /// If `profile` is not this profile, or the store cannot record it.
    pub(crate) async fn reset(&self, profile: &str) -> Result<Stack, AppError> {
        if profile != self.deps.profile.id().to_string() {
            return Err(AppError::bad_request(
                format!("the data of {profile:?} cannot be removed: this profile is {}", self.deps.profile.id()),
                "Write the id of this profile to confirm.",
            ));
        }
        self.record(Wanted::Removed).await?;
        self.tell("removing containers and their data", |pending| pending.reset = true);
        Ok(self.view.get())
    }

    /// Removes those of these things that belong to no profile on this computer.
    pub(crate) fn remove_orphans(&self, orphans: Vec<OrphanKey>) -> Stack {
        self.tell("removing things that belong to no profile", |pending| pending.remove_orphans.extend(orphans));
        self.view.get()
    }

    /// Compares memory with its copy.
    pub(crate) fn sync(&self, join: bool) -> Stack {
        self.tell("comparing memory with its copy", |pending| pending.sync = Some(join));
        self.view.get()
    }

    /// What the task works with.
    pub(crate) fn deps(&self) -> &StackDeps {
        &self.deps
    }

    /// Ends the task; the containers stay as they are.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let abort = task.abort_handle();
            if tokio::time::timeout(CLOSE_TIMEOUT, task).await.is_err() {
                abort.abort();
            }
        }
        self.deps.host.clear();
    }

    async fn record(&self, wanted: Wanted) -> Result<(), AppError> {
        self.deps.profile.note_containers()?;
        let known = self.deps.store.containers().await?;
        let changed_at = SystemClock.now();
        let containers = [StackPart::Gitea, StackPart::OpenCode].map(|part| {
            let row = known.iter().find(|row| row.part == part).cloned();
            let row = row.unwrap_or_else(|| StackContainer { part, wanted, image: String::new(), container: None, changed_at });
            StackContainer { wanted, changed_at, ..row }
        });
        // In one step: half of a reset that was taken back would still remove everything.
        Ok(self.deps.store.save_containers(&containers).await?)
    }

    /// Tells the task this, and starts it if it does not run.
    fn tell(&self, busy: &str, order: impl FnOnce(&mut Pending)) {
        self.orders.give(|pending| {
            order(pending);
            // Within the order, so that the end of an earlier round does not say that nothing is being done.
            self.view.change(|stack| stack.busy = Some(busy.to_owned()));
        });
        self.start();
    }

    fn start(&self) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.is_some() {
            return;
        }
        match Worker::new(self.deps.clone(), self.view.clone()) {
            Ok(worker) => {
                self.is_running.store(true, Ordering::Release);
                *task = Some(tokio::spawn(worker.run(Arc::clone(&self.orders), self.stop.clone())));
            }
            Err(error) => self.view.stopped_by(error),
        }
    }
}

/// The state of Docker and the containers, without a host: what the store and Docker say.
pub(crate) async fn look_without_host(profile: &Profile, environment: &Environment) -> Result<Stack, AppError> {
    let library = Library::open(profile.clone()).await?;
    let mut config = StackConfig::read(environment)?;
    if let Some(records) = library.stack_records() {
        config.adopt(&records.containers().await.unwrap_or_default());
    }
    let view = StackView::new(&config.gitea_image, &config.opencode_image);
    crate::stack::look::look(library.stack_records(), profile, environment, &OtherFolders::default(), &view).await;
    crate::stack::notes::show(&config, profile, &view);
    Ok(view.get())
}
