//! A server without its socket: what all parts of the answers share.

use super::Request;
use super::reply::Reply;
use super::settings::Settings;
use super::state::{Data, StateError, Store};
use super::switches::Switches;
use super::version::Version;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};

/// A server without its socket.
pub(super) struct Server {
    pub store: Store,
    pub settings: Settings,
    pub switches: Mutex<Switches>,
    pub requests: Mutex<Vec<Request>>,
    /// How many requests wait for an answer that does not come.
    pub hanging: AtomicUsize,
    pub port: u16,
}

impl Server {
    pub fn switch<T>(&self, change: impl FnOnce(&mut Switches) -> T) -> T {
        change(&mut self.switches.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn version(&self) -> Version {
        self.switch(|switches| switches.version)
    }

    /// The address that answers contain.
    pub fn root_url(&self) -> String {
        let own = || format!("http://localhost:{}/", self.port);
        self.settings.get("server", "ROOT_URL").map_or_else(own, str::to_owned)
    }

    pub fn data(&self) -> Result<Data, Reply> {
        self.store.read().map_err(|error| failed(&error))
    }
}

/// The answer to a failure of the server itself.
pub(super) fn failed(error: &StateError) -> Reply {
    Reply::error(500, &format!("{error:?}"))
}
