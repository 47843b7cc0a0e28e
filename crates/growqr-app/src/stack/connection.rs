//! The connection of the task for the containers with Docker, and whose containers it works on.

use crate::error::AppError;
use crate::stack::config::docker_environment;
use crate::stack::problem::Problem;
use crate::stack::worker::Worker;
use crate::stack::{install, look};
use futures_util::StreamExt;
use growqr_stack::{Daemon, Scope, Stack};

impl Worker {
    /// The containers on the daemon that answers.
    pub(super) async fn connected(&mut self) -> Result<Stack, Problem> {
        let daemon = match &self.stack {
            Some(stack) if stack.daemon().ping().await.is_ok() => stack.daemon().clone(),
            _ => {
                self.stack = None;
                *self.hints.get_mut() = None;
                let daemon = Daemon::find(&docker_environment(&self.deps.environment)).await?;
                self.view.docker_ready(daemon.facts());
                daemon
            }
        };
        let scope = self.own_scope(&daemon).await?;
        let hints = self.hints.get_mut();
        if hints.is_none() {
            *hints = Some(daemon.events(&scope).boxed());
        }
        let stack = Stack::new(daemon, scope);
        self.stack = Some(stack.clone());
        Ok(stack)
    }

    /// What labels the containers have. Containers that another data folder has made are left to it, if it uses them now.
    async fn own_scope(&mut self, daemon: &Daemon) -> Result<Scope, Problem> {
        let profile = &self.deps.profile;
        let scope = match self.scope.take() {
            Some(scope) => scope,
            None => look::scope(profile, &self.folders).await?,
        };
        let owner = look::owner_of_shared(daemon, profile, scope.install(), &self.folders).await?;
        let scope = match owner {
            Some(owner) => self.leave_shared_containers(scope.install(), &owner).await?,
            None => scope,
        };
        self.scope = Some(scope.clone());
        Ok(scope)
    }

    /// Leaves the containers with this label to another data folder.
    async fn leave_shared_containers(&mut self, label: &str, owner: &str) -> Result<Scope, Problem> {
        tracing::warn!(owner, "another data folder uses these containers: this one gets containers of its own");
        *self.hints.get_mut() = None;
        self.tasks.cancel_all();
        self.ready.clear();
        self.services.stop().await;
        self.leave_ports().await?;
        // The other way round, a kill in between would make the next start find a copy that was emptied.
        self.copy.forget().await?;
        let another = install::take_another(self.deps.profile.root(), label, owner)?;
        Ok(look::scope_of(&self.deps.profile, another))
    }

    /// Leaves the ports to the other data folder, too: its containers were made for them.
    async fn leave_ports(&mut self) -> Result<(), AppError> {
        for reserved in self.deps.store.ports().await? {
            self.taken.push(reserved.port);
            self.deps.store.free_port(reserved.part).await?;
        }
        Ok(())
    }
}
