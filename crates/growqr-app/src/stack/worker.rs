//! The task that moves Docker to the wanted state and keeps it there. It works in rounds: look, do what is missing, wait for
//! the next reason to look. A round can be dropped at any await and started again: every step finds out what is there.

use crate::SystemClock;
use crate::error::AppError;
use crate::profile::settings::{self, Preferences};
use crate::stack::config::{StackConfig, docker_environment};
use crate::stack::control::{Command, StackDeps};
use crate::stack::look::{self, needs_download, set_next, show_orphans, store_part, wanted};
use crate::stack::memory_copy::MemoryCopy;
use crate::stack::preferences::StartWhen;
use crate::stack::restarts::{Restarts, Verdict};
use crate::stack::services::Services;
use crate::stack::view::{self, StackView};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use growqr_core::clock::Clock;
use growqr_core::stack::{StackContainer, Wanted as WantedRow};
use growqr_stack::{
    ContainerSpec, Daemon, Hint, HintKind, Part, PullTotals, Real, Scope, Stack, StackError, Status, Step, Wanted, usual_size,
};
use growqr_wire::PartState;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

/// How often the state is read again although nothing seems to have happened.
const POLL: Duration = Duration::from_secs(15);

/// How often Docker is looked for while it cannot be asked.
const SEARCH: Duration = Duration::from_secs(5);

/// How long hints are collected before the state is read again: one death is several events.
const SETTLE: Duration = Duration::from_millis(200);

/// How often the disk space is measured; it takes seconds on a large volume.
const MEASURE_DISK: Duration = Duration::from_secs(300);

/// How often a download is shown.
const SHOW_PROGRESS: Duration = Duration::from_millis(250);

/// How many ports are tried in one round.
const PORT_TRIES: usize = 20;

/// The events of the containers, while there is a connection.
type Hints = Option<BoxStream<'static, Result<Hint, StackError>>>;

/// How long a finished round waits before the next.
enum Pause {
    /// Until something happens, at most this long.
    Until(Duration),
}

/// The worker of one profile.
pub(crate) struct Worker {
    deps: StackDeps,
    view: StackView,
    config: StackConfig,
    scope: Scope,
    /// The daemon that answered last.
    stack: Option<Stack>,
    /// In a lock only because a stream cannot be shared between threads, and this struct is.
    hints: Mutex<Hints>,
    services: Services,
    copy: MemoryCopy,
    /// The person agreed to downloads in this run.
    agreed: bool,
    /// The containers that were asked for with a setting that lets them sleep until they are needed.
    awake: bool,
    /// When the workbench was last used.
    last_use: Instant,
    /// Ports that turned out to be in use although they could be bound.
    taken: Vec<u16>,
    restarts: BTreeMap<Part, Restarts>,
    /// Containers that the events said ran out of memory.
    out_of_memory: Vec<String>,
    /// What runs: the container's id, and the start of its run once it is prepared, or else an empty text.
    ready: BTreeMap<Part, (String, String)>,
    disk_measured: Option<Instant>,
    /// Whether the memory's copy is to be compared in the next round, and whether to join with another one.
    sync: Option<bool>,
    reset: bool,
    remove_orphans: bool,
}

impl Worker {
    /// A worker that has not looked yet.
    ///
    /// # Errors
    /// If an image, the range of ports or the id of the install cannot be used.
    pub(crate) fn new(deps: StackDeps, view: StackView) -> Result<Worker, AppError> {
        let config = StackConfig::read(&deps.environment)?;
        let scope = look::scope(&deps.profile)?;
        Ok(Worker {
            services: Services::new(deps.clone(), config.clone()),
            copy: MemoryCopy::new(deps.clone(), view.clone()),
            deps,
            view,
            config,
            scope,
            stack: None,
            hints: Mutex::default(),
            agreed: false,
            awake: false,
            last_use: Instant::now(),
            taken: Vec::new(),
            restarts: BTreeMap::new(),
            out_of_memory: Vec::new(),
            ready: BTreeMap::new(),
            disk_measured: None,
            sync: None,
            reset: false,
            remove_orphans: false,
        })
    }

    /// Looks once, for a process that does not keep the containers.
    pub(crate) async fn look(&mut self) {
        let StackDeps { store, profile, environment, .. } = &self.deps;
        look::look(Some(&**store), profile, environment, &self.view).await;
    }

    /// Works until it is stopped.
    pub(crate) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>, stop: CancellationToken) {
        self.awake = self.preferences().await.start == StartWhen::Start;
        let mut memory_changes = self.deps.memory_changes.subscribe();
        let mut needed = self.deps.workbench.needed();
        loop {
            let interrupted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                command = commands.recv() => match command {
                    Some(command) => Some(command),
                    None => break,
                },
                Pause::Until(limit) = self.round() => {
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => break,
                        command = commands.recv() => match command {
                            Some(command) => Some(command),
                            None => break,
                        },
                        () = next_hint(self.hints.get_mut(), &mut self.out_of_memory) => None,
                        Ok(()) = memory_changes.changed() => {
                            self.sync = self.sync.or(Some(false));
                            None
                        }
                        Ok(()) = needed.changed() => {
                            self.wake().await;
                            None
                        }
                        () = self.copy.until_news() => None,
                        () = tokio::time::sleep(limit) => None,
                    }
                }
            };
            if let Some(command) = interrupted {
                self.take(command);
            }
        }
        self.services.stop().await;
    }

    /// Something needs the containers that sleep.
    async fn wake(&mut self) {
        if !self.awake && self.preferences().await.start != StartWhen::Never {
            self.awake = true;
        }
        self.last_use = Instant::now();
    }

    /// Whether the workbench has not been used for so long that it is stopped.
    async fn workbench_sleeps(&mut self) -> bool {
        if self.deps.workbench.is_busy() {
            self.last_use = Instant::now();
        }
        self.preferences().await.idle_stop.is_some_and(|limit| self.last_use.elapsed() > limit)
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Wanted { agreed } => {
                self.agreed |= agreed;
                self.awake = true;
                self.last_use = Instant::now();
                self.taken.clear();
                self.restarts.clear();
                if self.copy.is_refused() {
                    self.ready.remove(&Part::Gitea);
                }
            }
            Command::Look => {}
            Command::Reset => self.reset = true,
            Command::RemoveOrphans => self.remove_orphans = true,
            Command::Sync { join } => {
                self.awake = true;
                self.sync = Some(join);
            }
        }
    }

    async fn preferences(&self) -> crate::stack::preferences::StackPreferences {
        match settings::stored(&*self.deps.store).await {
            Ok(stored) => Preferences::parse_lenient(&stored).stack,
            Err(error) => {
                tracing::warn!(%error, "the settings of the containers cannot be read");
                Preferences::default().stack
            }
        }
    }

    /// One round. Shows what it finds and does.
    async fn round(&mut self) -> Pause {
        let rows = match self.deps.store.containers().await {
            Ok(rows) => rows,
            Err(error) => {
                self.view.stopped_by(&error.into());
                return Pause::Until(POLL);
            }
        };
        let pause = match self.work(&rows).await {
            Ok(pause) => pause,
            Err(Problem::Docker(error)) if error.is_about_the_daemon() => {
                self.view.docker_failed(&error);
                self.stack = None;
                *self.hints.get_mut() = None;
                Pause::Until(SEARCH)
            }
            Err(Problem::Docker(error)) => {
                self.show_problem(&rows, &error.to_string(), view::next_step(&error));
                Pause::Until(POLL)
            }
            Err(Problem::Other(error)) => {
                let error = growqr_wire::Error::from(error);
                self.show_problem(&rows, &error.message, error.next_step.as_deref().unwrap_or_default());
                Pause::Until(POLL)
            }
        };
        let busy = self.copy.is_awaited().then(|| "comparing memory with its copy".to_owned());
        self.view.change(|stack| stack.busy = busy);
        set_next(&self.view, &rows);
        pause
    }

    /// Something that no single container is to blame for.
    fn show_problem(&self, rows: &[StackContainer], problem: &str, next_step: &str) {
        for part in Part::ALL.into_iter().filter(|part| wanted(rows, *part) == Some(WantedRow::Up)) {
            if self.ready.contains_key(&part) {
                continue;
            }
            self.view.set_part(part, PartState::Failed, problem);
            self.view.change_part(part, |shown| shown.next_step = Some(next_step.to_owned()));
        }
    }

    async fn connected(&mut self) -> Result<Stack, StackError> {
        if let Some(stack) = &self.stack
            && stack.daemon().ping().await.is_ok()
        {
            return Ok(stack.clone());
        }
        self.stack = None;
        *self.hints.get_mut() = None;
        let daemon = Daemon::find(&docker_environment(&self.deps.environment)).await?;
        self.view.docker_ready(daemon.facts());
        *self.hints.get_mut() = Some(daemon.events(&self.scope).boxed());
        let stack = Stack::new(daemon, self.scope.clone());
        self.stack = Some(stack.clone());
        Ok(stack)
    }

    async fn work(&mut self, rows: &[StackContainer]) -> Result<Pause, Problem> {
        let stack = self.connected().await?;
        if self.reset {
            self.remove_all(&stack).await?;
        }
        if self.remove_orphans {
            let profiles = self.deps.profile.all_ids();
            let profiles: Vec<&str> = profiles.iter().map(String::as_str).collect();
            let orphans = stack.daemon().orphans(self.scope.install(), &profiles).await?;
            stack.daemon().remove_orphans(&orphans).await?;
            self.remove_orphans = false;
        }
        show_orphans(&stack, &self.deps.profile, &self.view).await?;
        let real = stack.observe().await?;
        let sleeps = self.workbench_sleeps().await;
        let is_up =
            |part: &Part| wanted(rows, *part) == Some(WantedRow::Up) && self.awake && !(sleeps && *part == Part::OpenCode);
        let up: Vec<Part> = Part::ALL.into_iter().filter(is_up).collect();
        if up.is_empty() {
            return self.rest(&stack, &real, rows).await;
        }
        if sleeps && wanted(rows, Part::OpenCode) == Some(WantedRow::Up) {
            self.deps.workbench.clear("it sleeps until it is needed");
            self.ready.remove(&Part::OpenCode);
            self.view.set_part(Part::OpenCode, PartState::Stopped, "sleeps until it is needed");
        }
        let mut startable = Vec::new();
        let mut soonest = POLL;
        for part in up {
            if !self.has_image(&stack, part).await? {
                continue;
            }
            match self.after_death(&stack, &real, part).await? {
                Verdict::Start => startable.push(part),
                Verdict::Wait(wait) => soonest = soonest.min(wait),
                Verdict::GiveUp => {}
            }
        }
        let real = self.reconcile(&stack, &startable).await?;
        self.record(rows, &real).await?;
        self.make_ready(&stack, &real, &startable).await?;
        self.copy.round(self.services.gitea(), self.sync.take()).await;
        self.measure(&stack, &real).await;
        Ok(Pause::Until(soonest))
    }

    /// Nothing is wanted, or it sleeps: stops what runs.
    async fn rest(&mut self, stack: &Stack, real: &Real, rows: &[StackContainer]) -> Result<Pause, Problem> {
        if real.containers.iter().any(|container| matches!(container.status, Status::Running | Status::Paused)) {
            self.view.change(|stack| stack.busy = Some("stopping".to_owned()));
            stack.reconcile(&Wanted::default(), |step| tracing::info!(%step, "Docker")).await?;
        }
        self.ready.clear();
        self.services.forget_containers();
        for part in Part::ALL {
            let (state, found) = match wanted(rows, part) {
                None => (PartState::Off, "not started"),
                Some(WantedRow::Down) if real.container(part).is_none() => (PartState::Off, "stopped"),
                Some(WantedRow::Down) => (PartState::Stopped, "stopped; its data is kept"),
                Some(WantedRow::Up) => (PartState::Stopped, "starts when it is needed"),
            };
            self.view.set_part(part, state, found);
            if wanted(rows, part) != Some(WantedRow::Up) {
                self.deps.store.free_port(store_part(part)).await.map_err(AppError::from)?;
                self.view.change_part(part, |shown| shown.url = None);
            }
        }
        self.copy.offline().await;
        Ok(Pause::Until(POLL * 4))
    }

    async fn remove_all(&mut self, stack: &Stack) -> Result<(), Problem> {
        self.view.change(|stack| stack.busy = Some("removing containers and their data".to_owned()));
        self.services.stop().await;
        self.ready.clear();
        stack.reset().await?;
        self.deps.credentials.forget().await?;
        self.copy.forget().await?;
        for part in growqr_core::stack::StackPart::ALL {
            self.deps.store.free_port(part).await.map_err(AppError::from)?;
        }
        self.services = Services::new(self.deps.clone(), self.config.clone());
        self.reset = false;
        Ok(())
    }

    fn image(&self, part: Part) -> &str {
        match part {
            Part::Gitea => &self.config.gitea_image,
            Part::OpenCode => &self.config.opencode_image,
        }
    }

    /// Whether the image of a part is here. Downloads it if the person has agreed.
    async fn has_image(&mut self, stack: &Stack, part: Part) -> Result<bool, Problem> {
        let image = self.image(part).to_owned();
        if stack.daemon().image(&image).await?.is_some() {
            return Ok(true);
        }
        if !self.agreed {
            needs_download(part, &image, &self.view);
            return Ok(false);
        }
        self.view.set_part(part, PartState::Downloading, format!("downloading {image}"));
        self.view.change(|stack| stack.busy = Some(format!("downloading {image}")));
        let (mut totals, mut shown) = (PullTotals::default(), Instant::now());
        let mut pull = std::pin::pin!(stack.daemon().pull(&image));
        while let Some(progress) = pull.next().await {
            match progress {
                Ok(progress) => totals.apply(&progress),
                Err(error) if error.is_about_the_daemon() => return Err(error.into()),
                Err(error) => {
                    self.view.set_part(part, PartState::Failed, error.to_string());
                    self.view.change_part(part, |shown| shown.next_step = Some(view::next_step(&error).to_owned()));
                    return Ok(false);
                }
            }
            if shown.elapsed() > SHOW_PROGRESS {
                shown = Instant::now();
                let progress = view::progress(&totals, usual_size(&image));
                self.view.change_part(part, |shown| shown.progress = Some(progress));
            }
        }
        Ok(true)
    }

    /// Whether a part may be started now: one that has died waits longer each time, and is given up after too many deaths.
    async fn after_death(&mut self, stack: &Stack, real: &Real, part: Part) -> Result<Verdict, Problem> {
        let restarts = self.restarts.entry(part).or_default();
        if let (Some(container), Some((id, _))) = (real.container(part), self.ready.get(&part))
            && container.id == *id
            && container.status == Status::Exited
        {
            let saw_oom = self.out_of_memory.contains(&container.id);
            let death = stack.daemon().explain(container, saw_oom).await?;
            let last =
                death.as_ref().and_then(|death| death.last_lines.last()).map(|line| format!(" Its last words: {}", line.text));
            let words = death.map_or_else(|| "it has ended".to_owned(), |death| death.to_string());
            restarts.died(format!("{words}.{}", last.unwrap_or_default()), Instant::now());
            self.out_of_memory.retain(|id| *id != container.id);
            self.ready.remove(&part);
        }
        let verdict = restarts.verdict(Instant::now());
        let (count, reason) = (restarts.count(), restarts.reason().unwrap_or_default().to_owned());
        self.view.change_part(part, |shown| shown.restarts = count);
        match verdict {
            Verdict::Wait(wait) => {
                let found = format!("it is started again in {} s: {reason}", wait.as_secs().max(1));
                self.view.set_part(part, PartState::Starting, found);
            }
            Verdict::GiveUp => {
                self.view.set_part(part, PartState::Failed, format!("it has ended {count} times within ten minutes: {reason}"));
                let step = format!("Read its log: growqr stack logs {}. Then try again.", part.word());
                self.view.change_part(part, |shown| shown.next_step = Some(step));
            }
            Verdict::Start => {}
        }
        Ok(verdict)
    }

    /// Starts these parts, with other ports as long as the chosen ones turn out to be in use.
    async fn reconcile(&mut self, stack: &Stack, parts: &[Part]) -> Result<Real, Problem> {
        for _ in 0..PORT_TRIES {
            let wanted = self.wanted(parts).await?;
            for part in parts {
                if !self.ready.contains_key(part) {
                    self.view.set_part(*part, PartState::Starting, "starting");
                    self.view.change(|stack| stack.busy = Some("starting containers".to_owned()));
                }
            }
            let view = &self.view;
            let on_step = |step: &Step| {
                tracing::info!(%step, "Docker");
                view.change(|stack| stack.busy = Some(step.to_string()));
            };
            match stack.reconcile(&wanted, on_step).await {
                Err(StackError::PortTaken(port)) => self.taken.push(port),
                Err(StackError::EndedAtOnce(name)) => {
                    let real = stack.observe().await?;
                    self.ended_at_once(stack, &real, name).await?;
                    return Ok(real);
                }
                done => return Ok(done?),
            }
        }
        Err(StackError::PortTaken(self.taken.last().copied().unwrap_or_default()).into())
    }

    /// A container that ends right after its start counts as dead, with its reason.
    async fn ended_at_once(&mut self, stack: &Stack, real: &Real, name: &str) -> Result<(), Problem> {
        for part in Part::ALL.into_iter().filter(|part| part.name() == name) {
            if let Some(container) = real.container(part) {
                self.ready.insert(part, (container.id.clone(), container.started_at.clone()));
                self.after_death(stack, real, part).await?;
            }
        }
        Ok(())
    }

    async fn wanted(&mut self, parts: &[Part]) -> Result<Wanted, Problem> {
        let preferences = self.preferences().await;
        let spec = |part: Part, spec: ContainerSpec| parts.contains(&part).then_some(spec);
        let gitea = match parts.contains(&Part::Gitea) {
            true => spec(Part::Gitea, self.services.gitea_spec(&self.taken).await?),
            false => None,
        };
        let opencode = match parts.contains(&Part::OpenCode) {
            true => spec(Part::OpenCode, self.services.opencode_spec(&self.taken, &preferences).await?),
            false => None,
        };
        Ok(Wanted { gitea, opencode })
    }

    /// Keeps what runs in the store.
    async fn record(&self, rows: &[StackContainer], real: &Real) -> Result<(), Problem> {
        for part in Part::ALL {
            let Some(row) = rows.iter().find(|row| row.part == store_part(part)) else { continue };
            let container = real.container(part).map(|container| container.id.clone());
            let image = self.image(part).to_owned();
            if row.container != container || row.image != image {
                let row = StackContainer { container, image, changed_at: SystemClock.now(), ..row.clone() };
                self.deps.store.save_container(&row).await.map_err(AppError::from)?;
            }
        }
        Ok(())
    }

    /// Waits until the services answer, and prepares them.
    async fn make_ready(&mut self, stack: &Stack, real: &Real, parts: &[Part]) -> Result<(), Problem> {
        for part in parts {
            let Some(container) = real.container(*part).filter(|container| container.status == Status::Running) else { continue };
            let run = (container.id.clone(), container.started_at.clone());
            let url = container.port.map(|port| format!("http://127.0.0.1:{port}"));
            self.view.change_part(*part, |shown| shown.url = url);
            if self.ready.get(part) == Some(&run) {
                continue;
            }
            self.view.set_part(*part, PartState::Starting, "waiting until it answers");
            self.view.change(|stack| stack.busy = Some(format!("waiting until {} answers", part.name())));
            // From here on, an end of this run is a death. It is ready only once it is prepared: until then the round may be dropped.
            self.ready.insert(*part, (container.id.clone(), String::new()));
            let prepared = match part {
                Part::Gitea => self.services.prepare_gitea(stack, container).await,
                Part::OpenCode => self.services.prepare_opencode(stack, container).await,
            };
            match prepared {
                Ok(version) => {
                    self.ready.insert(*part, run);
                    self.view.set_part(*part, PartState::Running, "running");
                    self.view.change_part(*part, |shown| shown.version = Some(version));
                }
                Err(error) => {
                    let error = growqr_wire::Error::from(error);
                    self.view.set_part(*part, PartState::Failed, error.message);
                    self.view.change_part(*part, |shown| shown.next_step = error.next_step);
                }
            }
        }
        Ok(())
    }

    /// Reads how much the containers use.
    async fn measure(&mut self, stack: &Stack, real: &Real) {
        let measures_disk = self.disk_measured.is_none_or(|at| at.elapsed() > MEASURE_DISK);
        for part in self.ready.keys().copied().collect::<Vec<_>>() {
            let Some(container) = real.container(part) else { continue };
            if let Ok(memory) = stack.daemon().memory(&container.id).await {
                // Whole megabytes: smaller changes are not news.
                let bytes = memory.used / 1_000_000 * 1_000_000;
                self.view.change_part(part, |shown| shown.memory_bytes = Some(bytes));
            }
            let paths: &[&str] = match part {
                Part::Gitea => &["/var/lib/gitea"],
                Part::OpenCode => &["/data", "/workspace"],
            };
            if measures_disk && let Ok(disk) = stack.daemon().disk(&container.id, paths).await {
                let bytes = disk.paths.iter().map(|(_, bytes)| bytes).sum::<u64>();
                self.view.change_part(part, |shown| shown.disk_bytes = Some(bytes));
                self.disk_measured = Some(Instant::now());
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

/// Why a round could not be finished.
enum Problem {
    Docker(StackError),
    Other(AppError),
}

impl From<StackError> for Problem {
    fn from(error: StackError) -> Problem {
        Problem::Docker(error)
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Problem {
        Problem::Other(error)
    }
}
