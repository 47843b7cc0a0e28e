//! What signing in at servers needs of the program around it.

use super::error::SignInError;
use super::grants::Grants;
use super::reach::Reach;
use super::requests::Requests;
use crate::web::Network;
use growqr_core::clock::Clock;
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use url::Url;

/// What it needs.
pub(crate) struct Ports {
    pub grants: Arc<dyn Grants>,
    pub network: Arc<dyn Network>,
    pub clock: Arc<dyn Clock>,
    /// Renewals, which go on when nobody waits for them any more: a refresh token may count only once.
    pub renewals: TaskTracker,
}

impl Ports {
    /// Requests to the addresses that this server may name.
    ///
    /// # Errors
    /// [`SignInError`] if it is not known now where the server is.
    pub(crate) async fn requests(&self, server: &Url) -> Result<Requests<'_>, SignInError> {
        Ok(Requests { network: &*self.network, reach: Reach::of(&*self.network, server).await? })
    }
}
