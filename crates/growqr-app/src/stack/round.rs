//! One round of the task for the containers: reads what is there, and does what is missing.

use crate::SystemClock;
use crate::error::AppError;
use crate::stack::config::used_image;
use crate::stack::install;
use crate::stack::look::{
    find_orphans, is_removal_ordered, profiles_with_containers, set_next, show_down, show_ordered_removal, show_orphans,
    store_part, wanted,
};
use crate::stack::part_tasks::Run;
use crate::stack::preferences::{StackPreferences, StartWhen};
use crate::stack::problem::Problem;
use crate::stack::restarts::Verdict;
use crate::stack::services::{Prepared, Services};
use crate::stack::view;
use crate::stack::worker::Worker;
use futures_util::FutureExt;
use growqr_core::clock::Clock;
use growqr_core::stack::{StackContainer, StackPart, Wanted as WantedRow};
use growqr_stack::{ContainerPart, ContainerSpec, Real, Stack, StackError, Status, Step, Wanted};
use growqr_wire::{DockerState, PartState};
use std::time::Duration;
use tokio::time::Instant;

/// How often the state is read again although nothing seems to have happened.
const POLL: Duration = Duration::from_secs(15);

/// How often Docker is looked for while it cannot be asked.
const SEARCH: Duration = Duration::from_secs(5);

/// How often a container that does not answer yet is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// How many ports are tried in one round.
const PORT_TRIES: usize = 20;

impl Worker {
    /// One round. Shows what it finds and does.
    pub(super) async fn round(&mut self) -> Duration {
        self.copy.look_for_conflicts().await;
        let rows = match self.deps.store.containers().await {
            Ok(rows) => rows,
            Err(error) => {
                self.view.stopped_by(error.into());
                return POLL;
            }
        };
        self.config.adopt(&rows);
        self.view.change_part(ContainerPart::Gitea, |shown| shown.image.clone_from(&self.config.gitea_image));
        let pause = match self.work(&rows).await {
            Ok(pause) => pause,
            Err(Problem::Docker(error)) if error.is_about_the_daemon() => {
                self.view.docker_failed(&error);
                self.stack = None;
                *self.hints.get_mut() = None;
                // What the person confirmed was confirmed for what they saw.
                self.remove_orphans.clear();
                self.services.forget_containers("Docker does not answer");
                self.tasks.cancel_all();
                self.ready.clear();
                self.copy.offline().await;
                SEARCH
            }
            Err(Problem::Docker(error)) => {
                self.show_problem(&rows, &error.to_string(), view::next_step(&error));
                POLL
            }
            Err(Problem::Other(error)) => {
                let error = growqr_wire::Error::from(error);
                self.show_problem(&rows, &error.message, error.next_step.as_deref().unwrap_or_default());
                POLL
            }
        };
        let restart = self.next_restart();
        let compares = || self.copy.is_awaited().then(|| "comparing memory with its copy".to_owned());
        let pause = restart.map_or(pause, |(_, wait)| pause.min(wait));
        let restarts = || restart.map(|(part, _)| format!("waiting to start {} again", part.name()));
        let busy = self.tasks.doing().or_else(compares).or_else(restarts);
        self.orders.if_none(|| self.view.change(|stack| stack.busy = busy));
        // A removal may be done now.
        let rows = if is_removal_ordered(&rows) { self.deps.store.containers().await.unwrap_or(rows) } else { rows };
        show_ordered_removal(&self.view, &rows);
        if self.view.get().docker.state == DockerState::Ready {
            self.failures.update(&self.view);
        }
        set_next(&self.view, &rows);
        self.show_notes();
        pause
    }

    /// Shows an error on every part that does not run and should, or should be removed. A part without an image was not tried.
    fn show_problem(&self, rows: &[StackContainer], problem: &str, next_step: &str) {
        let is_due = |part: &ContainerPart| match wanted(rows, *part) {
            Some(WantedRow::Up) => !self.missing_images.contains(part),
            Some(WantedRow::Removed) => true,
            Some(WantedRow::Down) | None => false,
        };
        for part in ContainerPart::ALL.into_iter().filter(is_due) {
            self.show_problem_of(part, problem, next_step);
        }
    }

    fn show_problem_of(&self, part: ContainerPart, problem: &str, next_step: &str) {
        if self.ready.contains_key(&part) || self.tasks.has(part) {
            return;
        }
        self.view.set_part(part, PartState::Failed, problem);
        self.view.change_part(part, |shown| shown.next_step = Some(next_step.to_owned()));
    }

    /// The next start of a container that has died, and when it is due. It may be due already: this round may have taken longer
    /// than the pause.
    fn next_restart(&mut self) -> Option<(ContainerPart, Duration)> {
        let shown = self.view.get();
        let starts =
            |part: ContainerPart| shown.parts.iter().any(|shown| shown.id == part.word() && shown.state == PartState::Starting);
        let ready = &self.ready;
        let waits = self.restarts.iter_mut().filter(|(part, _)| starts(**part) && !ready.contains_key(*part));
        let waits = waits.filter_map(|(part, restarts)| Some((*part, restarts.next_start(Instant::now())?)));
        waits.min_by_key(|(_, wait)| *wait)
    }

    async fn work(&mut self, rows: &[StackContainer]) -> Result<Duration, Problem> {
        let stack = self.connected().await?;
        let mut rows = rows.to_vec();
        if is_removal_ordered(&rows) {
            self.remove_all(&stack).await?;
            rows = self.deps.store.containers().await.map_err(AppError::from)?;
        }
        let rows = &rows[..];
        self.look_for_orphans(&stack, rows).await?;
        let real = stack.observe().await?;
        if let Err(error) = stack.name_folder(&real).await {
            tracing::warn!(%error, "where this data folder is now cannot be noted in Docker");
        }
        self.guard_copy(&stack, &real).await?;
        let preferences = self.preferences().await;
        let sleeps = self.workbench_sleeps(&preferences);
        let is_up = |part: &ContainerPart| {
            wanted(rows, *part) == Some(WantedRow::Up) && self.awake && !(sleeps && *part == ContainerPart::OpenCode)
        };
        let up: Vec<ContainerPart> = ContainerPart::ALL.into_iter().filter(is_up).collect();
        if up.is_empty() {
            return self.rest(&stack, &real, rows, preferences.start).await;
        }
        if sleeps && wanted(rows, ContainerPart::OpenCode) == Some(WantedRow::Up) {
            self.deps.workbench.sleep();
            self.ready.remove(&ContainerPart::OpenCode);
            self.view.set_part(ContainerPart::OpenCode, PartState::Stopped, "sleeps until it is needed");
        }
        ContainerPart::ALL.into_iter().filter(|part| !up.contains(part)).for_each(|part| self.tasks.cancel(part));
        let mut chosen = Chosen::default();
        let mut soonest = POLL;
        for part in up {
            let has_image = match self.has_image(&stack, &real, part).await {
                Err(Problem::Docker(error)) if !error.is_about_the_daemon() => {
                    self.show_problem_of(part, &error.to_string(), view::next_step(&error));
                    chosen.kept.extend(real.container(part).map(|_| part));
                    continue;
                }
                has_image => has_image?,
            };
            match self.after_death(&stack, &real, part).await? {
                // It runs on with the image that it has, if there is a container.
                Verdict::Start if !has_image => chosen.kept.extend(real.container(part).map(|_| part)),
                Verdict::Start => chosen.started.push(part),
                Verdict::Wait(wait) => soonest = soonest.min(wait),
                Verdict::GiveUp => {}
            }
        }
        let (real, problem) = match self.reconcile(&stack, &chosen, &preferences).await {
            Ok(real) => (real, None),
            Err(Problem::Docker(error)) if error.is_about_the_daemon() => return Err(error.into()),
            // The other container may run.
            Err(problem) => (stack.observe().await?, Some(problem)),
        };
        self.record(rows, &real).await?;
        soonest = soonest.min(self.make_ready(&stack, &real, &chosen).await?);
        self.copy.round(self.services.gitea(), self.sync).await;
        self.sync = None;
        if self.copy.take_refusal() {
            self.services.forget_gitea();
            self.ready.remove(&ContainerPart::Gitea);
            soonest = soonest.min(LOOK);
        }
        self.measure(&stack, &real).await;
        problem.map_or(Ok(soonest), Err)
    }

    /// Removes the leftovers that the person has agreed to remove, and shows the others.
    async fn look_for_orphans(&mut self, stack: &Stack, rows: &[StackContainer]) -> Result<(), Problem> {
        let agreed = std::mem::take(&mut self.remove_orphans);
        let profiles = match profiles_with_containers(&self.deps.profile, rows) {
            Ok(profiles) => profiles,
            Err(error) if agreed.is_empty() => {
                tracing::debug!(%error, "nobody knows what is left over in Docker");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let mut found = find_orphans(stack, &self.deps.profile, &profiles, &self.folders).await?;
        if !agreed.is_empty() {
            stack.daemon().remove_labelled(&found.agreed(&agreed)).await?;
            found = find_orphans(stack, &self.deps.profile, &profiles, &self.folders).await?;
        }
        show_orphans(&found, &self.view);
        Ok(())
    }

    /// Nothing is wanted, or it sleeps: stops what runs.
    async fn rest(&mut self, stack: &Stack, real: &Real, rows: &[StackContainer], start: StartWhen) -> Result<Duration, Problem> {
        if real.containers.iter().any(|container| matches!(container.status, Status::Running | Status::Paused)) {
            self.view.change(|stack| stack.busy = Some("stopping".to_owned()));
            stack.reconcile(&Wanted::default(), |step| tracing::info!(%step, "Docker")).await?;
        }
        self.tasks.cancel_all();
        self.ready.clear();
        let starts_when_needed = start != StartWhen::Never || self.awake;
        if wanted(rows, ContainerPart::OpenCode) == Some(WantedRow::Up) && starts_when_needed {
            self.services.forget_containers("it is not running");
            self.deps.workbench.sleep();
        } else {
            self.services.forget_containers("it is not running; the person can start it with: growqr stack up");
        }
        for part in ContainerPart::ALL {
            match wanted(rows, part) {
                None => self.view.set_part(part, PartState::Off, "not started"),
                Some(WantedRow::Removed) => self.view.set_part(part, PartState::Stopped, "stopped"),
                Some(WantedRow::Down) => show_down(part, real, &self.view),
                Some(WantedRow::Up) if starts_when_needed => {
                    self.view.set_part(part, PartState::Stopped, "starts when it is needed");
                }
                Some(WantedRow::Up) => {
                    self.view.set_part(part, PartState::Stopped, "not running: the setting stack.start is never");
                }
            }
            if wanted(rows, part) != Some(WantedRow::Up) {
                self.deps.store.free_port(store_part(part)).await.map_err(AppError::from)?;
                self.view.change_part(part, |shown| shown.url = None);
            } else if !starts_when_needed {
                self.view.change_part(part, |shown| shown.next_step = Some("Start it with: growqr stack up".to_owned()));
            }
        }
        self.copy.offline().await;
        Ok(POLL * 4)
    }

    async fn remove_all(&mut self, stack: &Stack) -> Result<(), Problem> {
        self.view.change(|stack| stack.busy = Some("removing containers and their data".to_owned()));
        self.tasks.cancel_all();
        self.services.stop().await;
        self.ready.clear();
        // The other way round, a kill in between would make the next start find a copy that was emptied.
        self.copy.forget().await?;
        stack.reset().await?;
        self.deps.credentials.forget().await?;
        install::forget_left(self.deps.profile.root())?;
        for part in StackPart::ALL {
            self.deps.store.free_port(part).await.map_err(AppError::from)?;
        }
        self.services = Services::new(self.deps.clone(), self.config.clone());
        // The next start tries the default image again.
        self.deps.store.saw_container(StackPart::Gitea, "", None, SystemClock.now()).await.map_err(AppError::from)?;
        self.deps.store.removed_containers(SystemClock.now()).await.map_err(AppError::from)?;
        Ok(())
    }

    /// Starts these parts, with other ports as long as the chosen ones turn out to be in use.
    async fn reconcile(&mut self, stack: &Stack, chosen: &Chosen, preferences: &StackPreferences) -> Result<Real, Problem> {
        for _ in 0..PORT_TRIES {
            let wanted = self.wanted(stack, chosen, preferences).await?;
            for part in &chosen.started {
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

    async fn wanted(&mut self, stack: &Stack, chosen: &Chosen, preferences: &StackPreferences) -> Result<Wanted, Problem> {
        let has = |part: ContainerPart| chosen.started.contains(&part) || chosen.kept.contains(&part);
        let gitea = match has(ContainerPart::Gitea) {
            true => Some(self.services.gitea_spec(&self.config.gitea_image, &self.taken).await?),
            false => None,
        };
        // Also for a container that is kept: it needs the gateway.
        let opencode = match has(ContainerPart::OpenCode) {
            true => Some(self.services.opencode_spec(stack.daemon(), &self.taken, preferences).await?),
            false => None,
        };
        let started = |spec: &ContainerSpec| chosen.started.contains(&spec.part);
        let untouched = chosen.kept.iter().copied().collect();
        Ok(Wanted { gitea: gitea.filter(started), opencode: opencode.filter(started), untouched })
    }

    /// Keeps what runs in the store.
    async fn record(&self, rows: &[StackContainer], real: &Real) -> Result<(), Problem> {
        for part in ContainerPart::ALL {
            let Some(row) = rows.iter().find(|row| row.part == store_part(part)) else { continue };
            let found = real.container(part);
            let container = found.map(|container| container.id.clone());
            let image = used_image(row, found).to_owned();
            if row.container != container || row.image != image {
                self.deps
                    .store
                    .saw_container(row.part, &image, container.as_deref(), SystemClock.now())
                    .await
                    .map_err(AppError::from)?;
            }
        }
        Ok(())
    }

    /// Begins to prepare the services that run and are not prepared. Returns when the next one is due.
    async fn make_ready(&mut self, stack: &Stack, real: &Real, chosen: &Chosen) -> Result<Duration, Problem> {
        let mut soonest = POLL;
        for part in chosen.started.iter().chain(&chosen.kept).copied() {
            let Some(container) = real.container(part).filter(|container| container.status == Status::Running) else { continue };
            let run = (container.id.clone(), container.started_at.clone());
            let url = container.port.map(|port| format!("http://127.0.0.1:{port}"));
            self.view.change_part(part, |shown| shown.url = url);
            if self.ready.get(&part) == Some(&run) || self.tasks.prepares(part, &run) {
                continue;
            }
            if let Some((failed, at)) = self.unprepared.get(&part)
                && *failed == run
                && Instant::now() < *at
            {
                soonest = soonest.min(at.duration_since(Instant::now()));
                continue;
            }
            self.view.set_part(part, PartState::Starting, "waiting until it answers");
            let doing = format!("waiting until {} answers", part.name());
            self.view.change(|stack| stack.busy = Some(doing.clone()));
            // From here on, an end of this run is a death.
            self.ready.insert(part, (container.id.clone(), String::new()));
            let preparation = match part {
                ContainerPart::Gitea => self.services.prepare_gitea(stack, container).boxed(),
                ContainerPart::OpenCode => self.services.prepare_opencode(stack, container).boxed(),
            };
            let (stack, id) = (stack.clone(), container.id.clone());
            self.tasks.prepare(part, doing, run, async move {
                tokio::select! {
                    ended = until_ended(&stack, &id) => Err(ended),
                    prepared = preparation => prepared,
                }
            });
        }
        Ok(soonest)
    }

    /// A preparation has ended.
    pub(super) fn prepared(&mut self, part: ContainerPart, run: Run, result: Result<Prepared, AppError>) {
        match result {
            Ok(prepared) => {
                self.unprepared.remove(&part);
                self.ready.insert(part, run);
                self.view.set_part(part, PartState::Running, "running");
                self.view.change_part(part, |shown| shown.version = Some(prepared.version.clone()));
                self.services.take(prepared);
            }
            Err(error) => {
                self.unprepared.insert(part, (run, Instant::now() + POLL));
                let error = growqr_wire::Error::from(error);
                self.view.set_part(part, PartState::Failed, error.message);
                self.view.change_part(part, |shown| shown.next_step = error.next_step);
            }
        }
    }
}

/// What a round does with the parts that should run.
#[derive(Default)]
struct Chosen {
    /// They are made and started.
    started: Vec<ContainerPart>,
    /// They stay as they are: their image is not here yet.
    kept: Vec<ContainerPart>,
}

/// Waits until a container no longer runs.
async fn until_ended(stack: &Stack, id: &str) -> AppError {
    loop {
        tokio::time::sleep(LOOK).await;
        if let Ok(false) = stack.daemon().is_running(id).await {
            return AppError::Docker {
                message: "it has ended before it answered".to_owned(),
                retryable: true,
                next_step: "It is started again. The last lines of its log may tell why it ended.".to_owned(),
            };
        }
    }
}
