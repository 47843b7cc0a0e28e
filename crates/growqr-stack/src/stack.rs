//! One profile's stack on a daemon: reads its state, executes steps, reconciles, takes it down.

use crate::daemon::Daemon;
use crate::error::StackError;
use crate::labels::{ContainerPart, FOLDER, Scope};
use crate::observe::{Real, RealContainer, RealVolume};
use crate::plan::{Step, Wanted, kept_network, plan};
use futures_util::future::{join_all, try_join_all};
use std::time::Duration;

/// Rounds of read, plan, execute. Three are needed at most; more mean that something undoes the steps.
const ROUNDS: usize = 6;

/// How often a name that is in use is tried again. The daemon may still be at work for a run of this program that was killed, and
/// lists a container only once it is made.
const NAME_TRIES: u32 = 10;

/// The pause before a name is tried again.
const NAME_PAUSE: Duration = Duration::from_millis(500);

/// One profile's containers, networks and volumes on one daemon.
#[derive(Clone, Debug)]
pub struct Stack {
    daemon: Daemon,
    scope: Scope,
}

impl Stack {
    /// The stack of this profile. Asks the daemon nothing.
    #[must_use]
    pub fn new(daemon: Daemon, scope: Scope) -> Stack {
        Stack { daemon, scope }
    }

    /// The daemon.
    #[must_use]
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// Whose stack it is.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Reads the real state.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn observe(&self) -> Result<Real, StackError> {
        self.daemon.observe(&self.scope).await
    }

    /// The container of a part.
    ///
    /// # Errors
    /// [`StackError::Missing`] if there is none.
    pub async fn container(&self, part: ContainerPart) -> Result<RealContainer, StackError> {
        let containers = self.daemon.containers(&self.scope.filter()).await?;
        let found = containers.into_iter().find(|container| container.part == part.word());
        found.ok_or_else(|| StackError::Missing { what: "container", name: self.scope.name(part.word()) })
    }

    /// Makes sure that a volume names this scope's data folder, if there is any: a folder that was moved still has containers that
    /// name the place where they were made. Labels cannot be changed, so it is an empty volume of its own.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn name_folder(&self, real: &Real) -> Result<(), StackError> {
        let Some(folder) = self.scope.folder() else { return Ok(()) };
        let names_it = |volume: &RealVolume| volume.labels.get(FOLDER).is_some_and(|named| named == folder);
        if real.volumes.is_empty() || real.volumes.iter().any(names_it) {
            return Ok(());
        }
        self.daemon.create_place(&self.scope, folder).await
    }

    /// Removes a volume that only names a data folder.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn forget_place(&self, volume: &RealVolume) -> Result<(), StackError> {
        match volume.place() {
            Some(_) => self.daemon.remove_volume(&volume.name).await,
            None => Ok(()),
        }
    }

    /// Moves the real state to the wanted one, and returns it. Calls `on_step` before each step. May be dropped or killed at any
    /// point and called again. Returns once the containers run, not once their programs answer.
    ///
    /// # Errors
    /// [`StackError`] of the first step that fails: [`StackError::NoImage`] if an image must be pulled first,
    /// [`StackError::PortTaken`] if the caller must choose another port, [`StackError::EndedAtOnce`] if a container ended right
    /// after its start. The steps of the other container are still carried out.
    pub async fn reconcile(&self, wanted: &Wanted, on_step: impl Fn(&Step) + Sync) -> Result<Real, StackError> {
        let mut started: Vec<Step> = Vec::new();
        let mut last = None;
        let mut name_tries = 0;
        let mut rounds = 0;
        while rounds < ROUNDS {
            let real = self.observe().await?;
            let steps = plan(&self.scope, wanted, &real)?;
            if steps.is_empty() {
                return Ok(real);
            }
            if let Some(Step::Start { part, .. }) = steps.iter().find(|step| started.contains(step)) {
                return Err(StackError::EndedAtOnce(part.name()));
            }
            match self.execute_all(&steps, wanted, &on_step).await {
                Err(StackError::NameTaken { .. }) if name_tries < NAME_TRIES => {
                    name_tries += 1;
                    tokio::time::sleep(NAME_PAUSE).await;
                    continue;
                }
                done => done?,
            }
            started.extend(steps.iter().filter(|step| matches!(step, Step::Start { .. })).cloned());
            last = steps.last().cloned();
            rounds += 1;
        }
        Err(StackError::NoProgress(last.map(|step| step.to_string()).unwrap_or_default()))
    }

    /// Carries out the steps for both containers at the same time: what a container needs at once, then the rest in order. Docker
    /// takes longest to create a network: new volumes are created and filled meanwhile.
    async fn execute_all(&self, steps: &[Step], wanted: &Wanted, on_step: &(impl Fn(&Step) + Sync)) -> Result<(), StackError> {
        let one = async |step: &Step| {
            on_step(step);
            self.execute(step, wanted).await
        };
        let of_part = async |part: ContainerPart| {
            let own = steps.iter().filter(|step| step.part() == part);
            let (networks, rest): (Vec<_>, Vec<_>) = own.partition(|step| matches!(step, Step::CreateNetwork(_)));
            let (volumes, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|step| matches!(step, Step::CreateVolume(_)));
            // A container that is removed first uses the volumes.
            let is_free = matches!(rest.first(), Some(Step::FillVolumes(_)));
            let (fill, rest) = rest.split_at(usize::from(is_free));
            let prepare_volumes = async {
                all(join_all(volumes.into_iter().map(one)).await)?;
                for step in fill {
                    one(step).await?;
                }
                Ok(())
            };
            // Each is carried out even if another fails: dropping a call does not stop the daemon.
            let (networks, volumes) = tokio::join!(join_all(networks.into_iter().map(one)), prepare_volumes);
            all(networks.into_iter().chain([volumes]).collect())?;
            for step in rest {
                one(step).await?;
            }
            Ok(())
        };
        all(join_all(ContainerPart::ALL.map(of_part)).await)
    }

    /// Carries out one step of a plan for this wanted state. Repeating a step is harmless.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn execute(&self, step: &Step, wanted: &Wanted) -> Result<(), StackError> {
        let Stack { daemon, scope } = self;
        match step {
            Step::RemoveNetwork { id, .. } => daemon.remove_network(id).await,
            Step::CreateNetwork(part) => daemon.create_network(scope, *part).await,
            Step::CreateVolume(part) => daemon.create_volume(scope, *part).await,
            Step::RemoveContainer { part, id, .. } => self.stop_and_remove(id, grace(wanted, *part)).await,
            Step::FillVolumes(part) => match wanted.spec(*part) {
                Some(spec) => daemon.fill_volumes(scope, spec).await,
                None => Ok(()),
            },
            Step::CreateContainer(part) => self.create(*part, wanted).await,
            Step::Unpause { id, .. } => daemon.unpause_container(id).await,
            Step::Start { part, id } => daemon.start_container(id).await.map_err(|error| match error {
                StackError::PortTaken(0) => StackError::PortTaken(wanted.spec(*part).map_or(0, |spec| spec.port.host)),
                other => other,
            }),
            Step::Stop { part, id } => daemon.stop_container(id, grace(wanted, *part)).await,
        }
    }

    async fn create(&self, part: ContainerPart, wanted: &Wanted) -> Result<(), StackError> {
        let Some(spec) = wanted.spec(part) else { return Ok(()) };
        let networks = self.daemon.networks(&self.scope.filter()).await?;
        let real = Real { networks, ..Real::default() };
        let missing = || StackError::Missing { what: "network", name: self.scope.name(spec.network.word()) };
        let network = kept_network(spec, &real).ok_or_else(missing)?;
        self.daemon.create_container(&self.scope, spec, &network.id).await.map(drop)
    }

    async fn stop_and_remove(&self, id: &str, grace: Duration) -> Result<(), StackError> {
        crate::volume::missing_is_done(self.daemon.stop_container(id, grace).await)?;
        self.daemon.remove_container(id).await
    }

    /// Stops and removes the containers and networks. The volumes, and so all data, stay.
    ///
    /// # Errors
    /// [`StackError`]; calling it again goes on.
    pub async fn down(&self) -> Result<(), StackError> {
        let real = self.observe().await?;
        let grace = grace(&Wanted::default(), ContainerPart::Gitea);
        try_join_all(real.containers.iter().map(|container| self.stop_and_remove(&container.id, grace))).await?;
        try_join_all(real.networks.iter().map(|network| self.daemon.remove_network(&network.id))).await?;
        Ok(())
    }

    /// [`Stack::down`], and then removes the volumes with all their data. Volumes that only have a name of this profile, but not
    /// its labels, stay.
    ///
    /// # Errors
    /// [`StackError`]; calling it again goes on.
    pub async fn reset(&self) -> Result<(), StackError> {
        self.down().await?;
        let real = self.observe().await?;
        try_join_all(real.volumes.iter().map(|volume| self.daemon.remove_volume(&volume.name))).await?;
        Ok(())
    }
}

/// The first error, if there is one.
fn all(results: Vec<Result<(), StackError>>) -> Result<(), StackError> {
    results.into_iter().collect()
}

fn grace(wanted: &Wanted, part: ContainerPart) -> Duration {
    wanted.spec(part).map_or(Duration::from_secs(10), |spec| spec.stop_grace)
}
