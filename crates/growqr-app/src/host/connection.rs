//! How requests reach the request handler: in the host process, or in this process.

use crate::error::AppError;
use crate::host::handler::Handler;
use crate::host::host_connection::{HostConnection, Incoming};
use crate::host::host_events::HostEvents;
use crate::host::lock::ProfileLock;
use crate::host::open_profile::{OpenProfile, Opened};
use crate::host::running_host::RunningHost;
use crate::profile::location::{Environment, Profile};
use growqr_wire::{Needs, Request, VERSION};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long to wait for a process that holds the profile lock and does not listen: it may just be starting or ending.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause between two attempts.
const RETRY_PAUSE: Duration = Duration::from_millis(25);

/// Pause between two attempts while another host of the same database server has claimed the profile.
const CLAIMED_PAUSE: Duration = Duration::from_millis(500);

/// Limit for closing a host, because its disk or database may not answer. After that the host is dropped: what it has recorded is
/// safe, and open work continues at the next start.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(20);

/// Where requests are answered.
pub(crate) enum Connection {
    /// Another process holds the profile lock.
    Attached(Box<HostConnection>),
    /// This process runs the agents.
    Hosting(Box<RunningHost>, HostEvents),
    /// This process holds the profile lock and runs no agents.
    LockOnly(Arc<Handler>),
    /// No process holds the profile lock.
    NoHost,
}

impl Connection {
    /// Attaches to the running host, or provides in this process what `needs` names. `stop` ends the wait for other processes and
    /// for the database. `reconnects`: the client goes on without that host.
    ///
    /// # Errors
    /// [`AppError::LockHolderNotAnswering`] if a process holds the profile lock and does not answer; [`AppError::InUse`] if a
    /// host of another computer holds the profile; else the errors of opening the profile.
    pub(crate) async fn open(
        profile: &Profile,
        environment: &Environment,
        needs: Needs,
        reconnects: bool,
        stop: &CancellationToken,
    ) -> Result<Connection, AppError> {
        let began = Instant::now();
        loop {
            let first_requests = [Request::Hello { version: VERSION, reconnects }, Request::Follow];
            let attached = stop.run_until_cancelled(attach(profile, &first_requests)).await;
            if let Some(attached) = attached.ok_or_else(AppError::stopping)?? {
                return Ok(Connection::Attached(Box::new(attached)));
            }
            if needs == Needs::Nothing {
                return Ok(Connection::NoHost);
            }
            let (pause, error) = match OpenProfile::open(profile.clone(), environment, stop).await? {
                Opened::Ours(profile) => return Connection::from_profile(*profile, needs, stop).await,
                Opened::Locked => (RETRY_PAUSE, AppError::LockHolderNotAnswering { holder: ProfileLock::holder(profile) }),
                Opened::Claimed(holder) => (CLAIMED_PAUSE, AppError::in_use(holder)),
            };
            if began.elapsed() >= LOCK_TIMEOUT {
                return Err(error);
            }
            stop.run_until_cancelled(tokio::time::sleep(pause)).await.ok_or_else(AppError::stopping)?;
        }
    }

    pub(super) async fn from_profile(
        profile: OpenProfile,
        needs: Needs,
        stop: &CancellationToken,
    ) -> Result<Connection, AppError> {
        // A host that starts takes up open turns, which calls models.
        if stop.is_cancelled() {
            return Err(AppError::stopping());
        }
        if needs == Needs::Lock {
            return Ok(Connection::LockOnly(Arc::new(Handler::without_agents(profile))));
        }
        let (host, events) = RunningHost::start(profile).await?;
        Ok(Connection::Hosting(Box::new(host), events))
    }

    /// What the host sends next; `None` once the host has ended. Waits for ever if no agents run. Cancel-safe.
    ///
    /// # Errors
    /// If the host sends something that this program does not understand; [`AppError::ClaimLost`] if a host of another computer
    /// has claimed the profile.
    pub(crate) async fn next(&mut self) -> Result<Option<Incoming>, AppError> {
        match self {
            Connection::Attached(attached) => attached.next().await,
            Connection::Hosting(host, events) => tokio::select! {
                biased;
                error = host.lost() => Err(error),
                push = events.next() => Ok(push.map(Incoming::Push)),
            },
            Connection::LockOnly(_) | Connection::NoHost => std::future::pending().await,
        }
    }

    /// The request handler, if it is in this process.
    pub(crate) fn handler(&self) -> Option<&Arc<Handler>> {
        match self {
            Connection::Hosting(host, _) => Some(host.handler()),
            Connection::LockOnly(handler) => Some(handler),
            Connection::Attached(_) | Connection::NoHost => None,
        }
    }

    /// How many clients of other processes end with the host in this process; `None` if there is none.
    pub(crate) fn clients(&self) -> Option<watch::Receiver<usize>> {
        match self {
            Connection::Hosting(host, _) => Some(host.clients()),
            Connection::Attached(_) | Connection::LockOnly(_) | Connection::NoHost => None,
        }
    }

    /// Whether another process runs the agents.
    pub(crate) fn is_attached(&self) -> bool {
        matches!(self, Connection::Attached(_))
    }

    /// Closes the connection. Agents of another process continue; agents of this process stop where they are.
    pub(crate) async fn close(self) {
        match self {
            Connection::Attached(_) | Connection::NoHost => {}
            Connection::Hosting(host, events) => {
                drop(events);
                if tokio::time::timeout(CLOSE_TIMEOUT, host.stop()).await.is_err() {
                    tracing::warn!("the host could not be closed in time; recorded work continues at the next start");
                }
            }
            Connection::LockOnly(handler) => {
                if let Some(handler) = Arc::into_inner(handler) {
                    handler.close().await;
                }
            }
        }
    }
}

/// Connects to the running host and sends these requests. `None` if no host runs.
///
/// # Errors
/// [`AppError::LockHolderNotAnswering`] if the host does not answer: the system accepts connections for a process that
/// is suspended.
pub(crate) async fn attach(profile: &Profile, first_requests: &[Request]) -> Result<Option<HostConnection>, AppError> {
    let not_answering = || AppError::LockHolderNotAnswering { holder: ProfileLock::holder(profile) };
    tokio::time::timeout(LOCK_TIMEOUT, connect_and_send(profile, first_requests)).await.unwrap_or_else(|_| Err(not_answering()))
}

/// `None` also if the host ended during these requests: the system may still accept a connection for a process that has
/// just been killed.
async fn connect_and_send(profile: &Profile, first_requests: &[Request]) -> Result<Option<HostConnection>, AppError> {
    let Some(mut attached) = HostConnection::connect(profile).await? else { return Ok(None) };
    for request in first_requests {
        match attached.call(request.clone()).await {
            Ok(_) => {}
            Err(AppError::Protocol { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(attached))
}
