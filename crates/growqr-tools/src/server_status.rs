//! A server as people see it.

use crate::connect_error::ConnectError;
use crate::listing::Listing;
use crate::server_name::ServerName;
use growqr_core::clock::Timestamp;
use std::sync::Arc;

/// What a server is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// It is not running; the next call starts it.
    Resting,
    /// It is being started or reached.
    Starting {
        /// Since when.
        since: Timestamp,
    },
    /// It runs and has listed its tools.
    Ready {
        /// Since when.
        since: Timestamp,
    },
    /// The person must sign in there before it can be used.
    NeedsSignIn {
        /// Since when that is known.
        since: Timestamp,
        /// Why.
        reason: String,
    },
    /// It could not be used.
    Failed {
        /// When it failed.
        at: Timestamp,
        /// Why.
        cause: ConnectError,
        /// When it is started again by itself, if it is.
        next_try: Option<Timestamp>,
    },
}

/// One server for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerStatus {
    /// Its name.
    pub name: ServerName,
    /// What it is doing.
    pub state: ServerState,
    /// How it called itself when it last ran: name and version. May be empty.
    pub introduction: String,
    /// Its tools, as far as they are known.
    pub listing: Option<Arc<Listing>>,
    /// Calls under way.
    pub calls: usize,
}
