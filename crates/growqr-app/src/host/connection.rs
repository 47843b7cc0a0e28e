//! How requests reach the request handler: in the host process, or in this process.

use crate::error::AppError;
use crate::host::attached::Attached;
use crate::host::handler::Handler;
use crate::host::hosting::Hosting;
use crate::host::lock::ProfileLock;
use crate::host::open::App;
use crate::host::pushes::Pushes;
use crate::profile::home::{Environment, Home};
use growqr_wire::{Needs, Push, Request, VERSION};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for a process that holds the profile lock and does not listen: it may just be starting or ending.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pause between two attempts.
const LOOK: Duration = Duration::from_millis(25);

/// Where requests are answered.
pub(crate) enum Connection {
    /// Another process holds the profile lock.
    Attached(Box<Attached>),
    /// This process runs the agents.
    Hosting(Box<Hosting>, Pushes),
    /// This process holds the profile lock and runs no agents.
    Holding(Arc<Handler>),
    /// No process holds the profile lock.
    Nobody,
}

impl Connection {
    /// Attaches to the running host, or provides in this process what `needs` names.
    ///
    /// # Errors
    /// [`AppError::Held`] if a process holds the profile lock and does not answer; else the errors of opening the
    /// profile.
    pub(crate) async fn open(home: &Home, environment: &Environment, needs: Needs) -> Result<Connection, AppError> {
        let attempts = PATIENCE.as_millis() / LOOK.as_millis();
        for _ in 0..attempts {
            if let Some(attached) = attach(home, &[Request::Hello { version: VERSION }, Request::Follow]).await? {
                return Ok(Connection::Attached(Box::new(attached)));
            }
            if needs == Needs::Nothing {
                return Ok(Connection::Nobody);
            }
            if let Some(app) = App::open(home.clone(), environment).await? {
                return Connection::over(app, needs).await;
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(AppError::Held { holder: ProfileLock::holder(home) })
    }

    async fn over(app: App, needs: Needs) -> Result<Connection, AppError> {
        if needs == Needs::Lock {
            return Ok(Connection::Holding(Arc::new(Handler::without_agents(app))));
        }
        let (hosting, pushes) = Hosting::start(app).await?;
        Ok(Connection::Hosting(Box::new(hosting), pushes))
    }

    /// The next push; `None` once the host has ended. Waits for ever if no agents run. Cancel-safe.
    ///
    /// # Errors
    /// If the host sends something that this program does not understand.
    pub(crate) async fn next(&mut self) -> Result<Option<Push>, AppError> {
        match self {
            Connection::Attached(attached) => attached.next().await,
            Connection::Hosting(_, pushes) => Ok(pushes.next().await),
            Connection::Holding(_) | Connection::Nobody => std::future::pending().await,
        }
    }

    /// The request handler, if it is in this process.
    pub(crate) fn handler(&self) -> Option<&Arc<Handler>> {
        match self {
            Connection::Hosting(hosting, _) => Some(hosting.handler()),
            Connection::Holding(handler) => Some(handler),
            Connection::Attached(_) | Connection::Nobody => None,
        }
    }

    /// Whether another process runs the agents.
    pub(crate) fn is_attached(&self) -> bool {
        matches!(self, Connection::Attached(_))
    }

    /// Closes the connection. Agents of another process go on; agents of this process stop where they are.
    pub(crate) async fn close(self) {
        match self {
            Connection::Attached(_) | Connection::Nobody => {}
            Connection::Hosting(hosting, pushes) => {
                drop(pushes);
                hosting.stop().await;
            }
            Connection::Holding(handler) => {
                if let Some(handler) = Arc::into_inner(handler) {
                    handler.close().await;
                }
            }
        }
    }
}

/// Connects to the running host and sends the greetings. `None` if no host runs.
///
/// # Errors
/// [`AppError::Held`] if the host does not answer: the system accepts connections for a process that is suspended.
pub(crate) async fn attach(home: &Home, greetings: &[Request]) -> Result<Option<Attached>, AppError> {
    let held = || AppError::Held { holder: ProfileLock::holder(home) };
    tokio::time::timeout(PATIENCE, greet(home, greetings)).await.unwrap_or_else(|_| Err(held()))
}

/// `None` also if the host ended during the greetings: the system may still accept a connection for a process that has
/// just been killed.
async fn greet(home: &Home, greetings: &[Request]) -> Result<Option<Attached>, AppError> {
    let Some(mut attached) = Attached::connect(home).await? else { return Ok(None) };
    for greeting in greetings {
        match attached.call(greeting.clone()).await {
            Ok(_) => {}
            Err(AppError::Protocol { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(attached))
}
