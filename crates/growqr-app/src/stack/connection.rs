//! The connection of the task for the containers with Docker, and whose containers it works on.

use crate::error::AppError;
use crate::stack::config::docker_environment;
use crate::stack::problem::Problem;
use crate::stack::worker::Worker;
use crate::stack::{install, look, place};
use futures_util::StreamExt;
use growqr_stack::{Daemon, Real, RealVolume, Scope, Stack};

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
        let known = self.scope.take();
        let scope = match &known {
            Some(scope) => scope.clone(),
            None => look::scope(profile, &self.folders).await?,
        };
        let owner = look::owner_of_shared(daemon, profile, scope.install(), &self.folders).await?;
        let scope = match owner {
            Some(owner) => self.leave_shared_containers(scope.install(), &owner).await?,
            None => scope,
        };
        if known.as_ref() != Some(&scope) {
            self.deps.credentials.belong_to(scope.install());
            self.forget_copied(scope.install()).await?;
        }
        self.scope = Some(scope.clone());
        Ok(scope)
    }

    /// Forgets what the store says about containers with another label: those of the data folder from which this one was copied.
    async fn forget_copied(&mut self, label: &str) -> Result<(), Problem> {
        if self.copy.belongs_to(label).await? {
            // The other way round, a kill in between would keep the ports.
            self.leave_ports().await?;
            self.copy.forget().await?;
        }
        Ok(())
    }

    /// Stops the comparison of memory if another data folder has used these containers: its memory is in the copy on Gitea. The
    /// person decides whether both are joined.
    pub(super) async fn guard_copy(&mut self, stack: &Stack, real: &Real) -> Result<(), Problem> {
        let Some(own) = place::read(self.deps.profile.root())? else { return Ok(()) };
        let mut others = real.volumes.iter().filter(|volume| volume.place().is_some_and(|folder| !own.knows(folder)));
        if self.sync == Some(true) {
            for volume in others {
                stack.forget_place(volume).await?;
            }
            self.copy.used_by(None);
        } else {
            self.copy.used_by(others.next().and_then(RealVolume::place));
        }
        Ok(())
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
