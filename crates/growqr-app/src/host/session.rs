//! One profile as a window uses it, for the lifetime of the window: a reconnecting client for requests, and a library
//! that reads the store and the memory directly.

use crate::blocking::blocking;
use crate::error::AppError;
use crate::host::client::Client;
use crate::library::Library;
use crate::profile::location::{Environment, Profile};
use growqr_wire::Agent;
use std::sync::Arc;

/// One profile, open in a window. Shared by reference; all methods may be called concurrently.
pub struct ProfileSession {
    client: Client,
    library: Arc<Library>,
}

impl ProfileSession {
    /// Attaches to the running host, or becomes the host.
    ///
    /// # Errors
    /// As [`Client::open`], and if the store or the memory cannot be read.
    pub async fn open(profile: Profile, environment: &Environment) -> Result<ProfileSession, AppError> {
        let client = Client::open_reconnecting(profile.clone(), environment).await?;
        match Library::open_all(profile).await {
            Ok(library) => Ok(ProfileSession { client, library: Arc::new(library) }),
            Err(error) => {
                client.close().await;
                Err(error)
            }
        }
    }

    /// The client, for requests and subscriptions.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The library, memory included. Its memory methods block on the disk: call them through
    /// [`ProfileSession::read_memory`].
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Reads memory on a thread that may block.
    ///
    /// # Errors
    /// The errors of `work`.
    pub async fn read_memory<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Library) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let library = Arc::clone(&self.library);
        blocking(move || work(&library)).await
    }

    /// How many agents would be interrupted if the session were closed now. Zero if another process runs them.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn at_work(&self) -> Result<usize, AppError> {
        if self.client.is_attached() {
            return Ok(0);
        }
        Ok(self.library.agents().await?.iter().filter(|agent| Agent::is_at_work(agent)).count())
    }

    /// Closes the client. Agents that run in this process stop where they are and continue at the next start.
    /// Subscriptions end.
    pub async fn close(&self) {
        self.client.close().await;
    }
}
