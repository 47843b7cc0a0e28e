//! The profiles that are open on this node, and what their agents here share.

use growqr_actors::supervisor::RunnerDeps;
use growqr_actors::{HostBoard, HostConfig, Ports, RunnerHost};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ProfileId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The open profiles by id.
#[derive(Default)]
pub(super) struct OpenProfiles(Mutex<BTreeMap<ProfileId, Arc<ProfileHost>>>);

impl OpenProfiles {
    /// Adds a profile. `false` if it is open already.
    pub(super) fn add(&self, id: &ProfileId, host: &Arc<ProfileHost>) -> bool {
        let mut open = self.open();
        !open.contains_key(id) && open.insert(id.clone(), Arc::clone(host)).is_none()
    }

    pub(super) fn remove(&self, id: &ProfileId) {
        self.open().remove(id);
    }

    pub(super) fn get(&self, id: &ProfileId) -> Option<Arc<ProfileHost>> {
        self.open().get(id).cloned()
    }

    pub(super) fn count(&self) -> usize {
        self.open().len()
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<ProfileId, Arc<ProfileHost>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open profile.
pub(super) struct ProfileHost {
    ports: Ports,
    config: HostConfig,
    board: Arc<HostBoard>,
    /// Stops the agents in an orderly way.
    stop: CancellationToken,
    /// Drops the agents as they are.
    kill: CancellationToken,
    /// The agents whose runners run here. Two of one agent only while the first one ends.
    awake: watch::Sender<BTreeMap<AgentId, usize>>,
}

impl ProfileHost {
    pub(super) fn new(ports: Ports, config: HostConfig, board: Arc<HostBoard>) -> ProfileHost {
        let (stop, kill) = (CancellationToken::new(), CancellationToken::new());
        ProfileHost { ports, config, board, stop, kill, awake: watch::Sender::default() }
    }

    pub(super) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(super) fn config(&self) -> &HostConfig {
        &self.config
    }

    pub(super) fn board(&self) -> &Arc<HostBoard> {
        &self.board
    }

    pub(super) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    pub(super) fn kill(&self) -> &CancellationToken {
        &self.kill
    }

    /// What a runner needs that `stop` ends; `started` is when the engine has started its agent here.
    pub(super) fn runner_deps(&self, host: Arc<dyn RunnerHost>, started: Timestamp, stop: CancellationToken) -> RunnerDeps {
        RunnerDeps { ports: self.ports.clone(), config: self.config, host, started, stop }
    }

    /// Counts an agent as awake here until the value is dropped.
    pub(super) fn count_awake(self: &Arc<Self>, agent: &AgentId) -> Awake {
        self.awake.send_modify(|awake| *awake.entry(agent.clone()).or_default() += 1);
        Awake { host: Arc::clone(self), agent: agent.clone() }
    }

    pub(super) fn is_awake(&self, agent: &AgentId) -> bool {
        self.awake.borrow().contains_key(agent)
    }

    /// Returns once no agent is awake here.
    pub(super) async fn until_all_sleep(&self) {
        // The sender lives as long as `self`.
        let _ = self.awake.subscribe().wait_for(BTreeMap::is_empty).await;
    }
}

/// An agent that is awake on this node.
pub(super) struct Awake {
    host: Arc<ProfileHost>,
    agent: AgentId,
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.host.awake.send_modify(|awake| {
            if let Some(count) = awake.get_mut(&self.agent) {
                *count -= 1;
                if *count == 0 {
                    awake.remove(&self.agent);
                }
            }
        });
    }
}
