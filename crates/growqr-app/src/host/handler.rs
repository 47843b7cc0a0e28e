//! The request handler: answers every request in the process that holds the profile lock, for callers in this process
//! and on the socket.
//!
//! It may be called concurrently. With agents it belongs to a host. Without agents, the process holds the profile lock
//! only for one request, and no agent wakes.

use crate::check_key::check_key;
use crate::error::AppError;
use crate::host::open::App;
use crate::host::pushes::Pushes;
use crate::profile::home::Home;
use crate::profile::settings;
use crate::{SystemClock, agents, memory};
use growqr_actors::Host;
use growqr_core::clock::Clock;
use growqr_wire::{Changes, Reply, Request, VERSION};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Answers requests about one profile.
pub(crate) struct Handler {
    app: App,
    /// `None` if this process holds the profile lock and runs no agents.
    host: Option<Host>,
    /// The task that waits for the person to unlock the keychain; at most one. Aborted when the handler is dropped.
    unlocking: Mutex<JoinSet<()>>,
    /// Marked as changed whenever the person has changed memory.
    memory: watch::Sender<()>,
}

impl Handler {
    /// A handler in a process that holds the profile lock and runs no agents.
    pub(crate) fn without_agents(app: App) -> Handler {
        Handler { app, host: None, unlocking: Mutex::default(), memory: watch::Sender::new(()) }
    }

    /// A handler in a host. `memory` is marked as changed whenever the person has changed memory.
    pub(crate) fn with_agents(app: App, host: Host, memory: watch::Sender<()>) -> Handler {
        Handler { app, host: Some(host), unlocking: Mutex::default(), memory }
    }

    /// Answers one request.
    ///
    /// # Errors
    /// [`AppError`]; then nothing was changed.
    pub(crate) async fn answer(&self, request: Request) -> Result<Reply, AppError> {
        let changes = request.class().changes;
        let reply = self.perform(request).await?;
        if changes == Changes::Memory {
            self.memory.send_replace(());
        }
        Ok(reply)
    }

    async fn perform(&self, request: Request) -> Result<Reply, AppError> {
        let (app, at) = (&self.app, SystemClock.now());
        match request {
            Request::Hello { version } => hello(version, app.library.home()),
            Request::Say { agent, id, text } => agents::say(self.host()?, agent, id, text).await,
            Request::Resume { agent, id } => agents::resume(&app.library, self.host()?, agent, id).await,
            Request::Cancel { agent } => match &self.host {
                Some(host) => agents::cancel(host, agent).await,
                None => agents::cancel_without_host(&app.library, &app.ports(), agent).await,
            },
            Request::Follow => self.host().map(|_| Reply::Done),
            Request::WriteMemory { path, text, base } => memory::write(&app.memory, path, text, base, at).await,
            Request::DeleteMemory { path, base } => memory::delete(&app.memory, path, base, at).await,
            Request::RestoreMemory { rev } => memory::restore(&app.memory, rev, at).await,
            Request::SetSetting { name, value } => self.set_setting(&name, value).await,
            Request::SetKey { name, value } => self.set_key(&name, value.as_ref().map(|value| value.0.as_str())).await,
            Request::CheckKey { name, value } => {
                Ok(Reply::KeyChecked { check: check_key(app.library.home(), &app.environment, &name, &value.0).await? })
            }
            Request::Keys => {
                app.choices.refresh_keys().await;
                Ok(self.keys().await)
            }
            Request::LocalServers => Ok(Reply::LocalServers { servers: app.choices.local_servers().await }),
        }
    }

    fn host(&self) -> Result<&Host, AppError> {
        self.host.as_ref().ok_or_else(|| AppError::Internal("agents need a host".to_owned()))
    }

    async fn set_setting(&self, name: &str, value: Option<String>) -> Result<Reply, AppError> {
        let App { store, choices, .. } = &self.app;
        let value = value.map(|value| settings::check(name, &value)).transpose()?;
        if !settings::KNOWN.iter().any(|known| known.name == name) {
            settings::check(name, "")?;
        }
        store.set(name, value.as_deref(), SystemClock.now()).await?;
        choices.set_stored(settings::stored(&**store).await?);
        choices.load_keys().await;
        if matches!(name, "model" | "openai.base_url") {
            choices.learn().await;
        }
        Ok(Reply::Done)
    }

    async fn set_key(&self, name: &str, value: Option<&str>) -> Result<Reply, AppError> {
        let done = self.app.choices.set_key(name, value).await;
        let reply = match done {
            Ok(()) => Ok(self.keys().await),
            Err(error) => Err(error),
        };
        self.offer_to_unlock().await;
        reply
    }

    async fn keys(&self) -> Reply {
        let keys = self.app.choices.keys();
        Reply::Keys { keys: keys.list(), keychain: keys.keychain().await }
    }

    /// If a key is only in memory because the keychain is locked, lets the system ask the person to unlock it. Returns
    /// at once. Does nothing without a host: a process that holds the lock only for one request would end before the
    /// person has answered.
    async fn offer_to_unlock(&self) {
        if self.host.is_none() || !self.app.choices.keys().waits_for_unlocking().await {
            return;
        }
        let choices = Arc::clone(&self.app.choices);
        let mut unlocking = self.unlocking.lock().unwrap_or_else(PoisonError::into_inner);
        while unlocking.try_join_next().is_some() {}
        if unlocking.is_empty() {
            unlocking.spawn(async move { choices.unlock_keys().await });
        }
    }

    /// Subscribes to everything that happens from now on. `None` if no agents run.
    pub(crate) fn follow(&self) -> Option<Pushes> {
        self.host.as_ref().map(|host| Pushes::new(host.subscribe(), self.memory.subscribe()))
    }

    /// Stops all agents where they are. Open work goes on at the next start.
    pub(crate) async fn stop_agents(&self) {
        if let Some(host) = &self.host {
            host.stop().await;
        }
    }

    /// Closes the profile.
    pub(crate) async fn close(self) {
        let Handler { app, host, unlocking, .. } = self;
        drop(unlocking);
        drop(host);
        app.close().await;
    }
}

/// Answers a client's greeting.
pub(crate) fn hello(version: u32, home: &Home) -> Result<Reply, AppError> {
    if version != VERSION {
        let problem = format!("speaks version {VERSION} of the local protocol, this program version {version}");
        return Err(AppError::Protocol { problem });
    }
    Ok(Reply::Hello { version: VERSION, pid: std::process::id(), profile: home.profile().to_string() })
}
