//! The connection of the task for the containers with Docker, and whose containers it works on.

use crate::error::AppError;
use crate::stack::config::docker_environment;
use crate::stack::problem::Problem;
use crate::stack::worker::Worker;
use crate::stack::{install, look};
use futures_util::StreamExt;
use growqr_stack::{Daemon, Stack};

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
        self.leave_shared_containers(&daemon).await?;
        let hints = self.hints.get_mut();
        if hints.is_none() {
            *hints = Some(daemon.events(&self.scope).boxed());
        }
        let stack = Stack::new(daemon, self.scope.clone());
        self.stack = Some(stack.clone());
        Ok(stack)
    }

    /// Leaves the containers to another data folder that has made some of them, if that folder uses them now.
    async fn leave_shared_containers(&mut self, daemon: &Daemon) -> Result<(), Problem> {
        let (root, label) = (self.deps.profile.root().to_owned(), self.scope.install().to_owned());
        if !install::is_shared(&root, &label, &daemon.folders(&label).await?)? {
            return Ok(());
        }
        tracing::warn!("another data folder uses these containers: this one gets containers of its own");
        *self.hints.get_mut() = None;
        self.tasks.cancel_all();
        self.ready.clear();
        self.services.stop().await;
        self.leave_ports().await?;
        // The other way round, a kill in between would make the next start find a copy that was emptied.
        self.copy.forget().await?;
        let another = install::take_another(&root, &label)?;
        self.scope = look::scope_of(&self.deps.profile, another);
        Ok(())
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
