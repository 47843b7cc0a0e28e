//! How requests reach whoever answers them: the host in another process, or the request handler in this one.

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

/// How long to wait for a process that holds the lock and does not listen: it may just be starting or ending.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often to look meanwhile.
const LOOK: Duration = Duration::from_millis(25);

/// Who answers.
pub(crate) enum Connection {
    /// Another process holds the profile.
    Attached(Box<Attached>),
    /// This process runs the agents.
    Hosting(Box<Hosting>, Pushes),
    /// This process holds the lock and no agent runs.
    Holding(Arc<Handler>),
    /// No process holds the profile.
    Nobody,
}

impl Connection {
    /// Attaches to the running host, or provides in this process what is needed.
    ///
    /// # Errors
    /// [`AppError::Held`] if a process holds the profile and does not answer; else what opening says.
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

    /// The next thing that happens; `None` once the host has ended. Never, where no agents run. Safe to drop half-way.
    ///
    /// # Errors
    /// If the other end sends something that this program does not understand.
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

    /// Ends it in good order. Agents of another process go on; agents of this one stop where they are.
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

/// Attaches to the running host and greets it. `None` if none runs.
///
/// # Errors
/// [`AppError::Held`] if it does not answer: the system accepts connections in the name of a process that is suspended.
pub(crate) async fn attach(home: &Home, greetings: &[Request]) -> Result<Option<Attached>, AppError> {
    let held = || AppError::Held { holder: ProfileLock::holder(home) };
    tokio::time::timeout(PATIENCE, greet(home, greetings)).await.unwrap_or_else(|_| Err(held()))
}

/// `None` also if the host went away while it was greeted: a connection may still be accepted in the name of a process
/// that has just been killed.
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
