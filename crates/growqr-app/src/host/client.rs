//! One way to ask, whoever runs the agents: this process or another that holds the profile.

use crate::error::AppError;
use crate::host::attached::Attached;
use crate::host::handler::Handler;
use crate::host::hosting::Hosting;
use crate::host::lock::ProfileLock;
use crate::host::open::App;
use crate::host::pushes::Pushes;
use crate::profile::home::{Environment, Home};
use growqr_wire::{Push, Reply, Request, VERSION};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for a process that holds the lock and does not listen: it may just be starting or ending.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often to look meanwhile.
const LOOK: Duration = Duration::from_millis(25);

/// Asks and follows.
pub struct Client(Kind);

enum Kind {
    /// Another process holds the profile.
    Attached(Box<Attached>),
    /// This process runs the agents.
    Hosting(Box<Hosting>, Option<Pushes>),
    /// This process holds the lock for a moment; no agent runs.
    Holding(Box<Handler>),
}

impl Client {
    /// Attaches to a running host, or becomes it.
    ///
    /// # Errors
    /// [`AppError::Held`] if a process holds the profile and does not answer; else what opening says.
    pub async fn hosting(home: Home, environment: &Environment) -> Result<Client, AppError> {
        Ok(match find(home, environment).await? {
            Found::Running(attached) => Client(Kind::Attached(attached)),
            Found::Opened(app) => {
                let hosting = Hosting::start(*app).await?;
                let pushes = hosting.handler().follow();
                Client(Kind::Hosting(Box::new(hosting), pushes))
            }
        })
    }

    /// Attaches to a running host, or takes the lock without waking anybody: for one change.
    ///
    /// # Errors
    /// As [`Client::hosting`].
    pub async fn holding(home: Home, environment: &Environment) -> Result<Client, AppError> {
        Ok(match find(home, environment).await? {
            Found::Running(attached) => Client(Kind::Attached(attached)),
            Found::Opened(app) => Client(Kind::Holding(Box::new(Handler::without_agents(*app)))),
        })
    }

    /// Attaches to a running host; `None` if none runs. Takes no lock and makes nothing.
    ///
    /// # Errors
    /// If what listens there is no host of this version.
    pub async fn running(home: &Home) -> Result<Option<Client>, AppError> {
        Ok(attach(home).await?.map(|attached| Client(Kind::Attached(Box::new(attached)))))
    }

    /// Whether another process runs the agents.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        matches!(self.0, Kind::Attached(_))
    }

    /// Asks one thing.
    ///
    /// # Errors
    /// [`AppError`]; then nothing was changed.
    pub async fn ask(&mut self, request: Request) -> Result<Reply, AppError> {
        match &mut self.0 {
            Kind::Attached(attached) => attached.call(request).await,
            Kind::Hosting(hosting, _) => hosting.handler().answer(request).await,
            Kind::Holding(handler) => handler.answer(request).await,
        }
    }

    /// The request handler, if it is in this process and agents run.
    pub(crate) fn handler(&self) -> Option<Arc<Handler>> {
        match &self.0 {
            Kind::Hosting(hosting, _) => Some(Arc::clone(hosting.handler())),
            Kind::Attached(_) | Kind::Holding(_) => None,
        }
    }

    /// The next thing that happens; `None` once the host has ended. Safe to drop half-way.
    ///
    /// # Errors
    /// If the other end sends something strange.
    pub async fn next(&mut self) -> Result<Option<Push>, AppError> {
        match &mut self.0 {
            Kind::Attached(attached) => attached.next().await,
            Kind::Hosting(_, Some(pushes)) => Ok(pushes.next().await),
            Kind::Hosting(_, None) | Kind::Holding(_) => Ok(None),
        }
    }

    /// Ends it in good order. Agents of another process go on; agents of this one stop where they are.
    pub async fn close(self) {
        match self.0 {
            Kind::Attached(_) => {}
            Kind::Hosting(hosting, pushes) => {
                drop(pushes);
                hosting.stop().await;
            }
            Kind::Holding(handler) => handler.close().await,
        }
    }
}

enum Found {
    Running(Box<Attached>),
    Opened(Box<App>),
}

/// Attaches to a running host, or takes the profile's lock and opens it.
async fn find(home: Home, environment: &Environment) -> Result<Found, AppError> {
    let attempts = PATIENCE.as_millis() / LOOK.as_millis();
    for _ in 0..attempts {
        if let Some(attached) = attach(&home).await? {
            return Ok(Found::Running(Box::new(attached)));
        }
        if let Some(app) = App::open(home.clone(), environment).await? {
            return Ok(Found::Opened(Box::new(app)));
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(AppError::Held { holder: ProfileLock::holder(&home) })
}

/// Attaches to a running host. `None` if there is none.
///
/// # Errors
/// [`AppError::Held`] if it does not answer: the system accepts connections in the name of a process that is suspended.
async fn attach(home: &Home) -> Result<Option<Attached>, AppError> {
    let held = || AppError::Held { holder: ProfileLock::holder(home) };
    tokio::time::timeout(PATIENCE, greet(home)).await.unwrap_or_else(|_| Err(held()))
}

/// `None` also if the host went away while it was greeted: a connection may still be accepted in the name of a process
/// that has just been killed.
async fn greet(home: &Home) -> Result<Option<Attached>, AppError> {
    let Some(mut attached) = Attached::connect(home).await? else { return Ok(None) };
    for greeting in [Request::Hello { version: VERSION }, Request::Follow] {
        match attached.call(greeting).await {
            Ok(_) => {}
            Err(AppError::Protocol { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(attached))
}
