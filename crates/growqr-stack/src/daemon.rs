//! The connection to the daemon. Every call has a limit: a daemon that is frozen takes calls and says nothing.

use crate::error::{self, Attempt, Call, StackError};
use crate::find::{self, Address, Candidate, Environment};
use bollard::{API_DEFAULT_VERSION, Docker};
use std::future::Future;
use std::time::Duration;

/// The limit for questions: ping, list, inspect.
pub(crate) const QUICK: Duration = Duration::from_secs(10);
/// The limit for work: create, start, remove.
pub(crate) const WORK: Duration = Duration::from_secs(60);

/// What is known of the daemon since it was connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonFacts {
    /// The name for people: "Docker Desktop", "Colima (default)".
    pub name: String,
    /// The socket or pipe.
    pub address: String,
    /// The setting that named it; `None` for a usual place.
    pub named_by: Option<String>,
    /// The version of the engine.
    pub version: String,
    /// The newest version of its API.
    pub api_version: String,
    /// The system that containers see: `linux`.
    pub os: String,
    /// The processor: `amd64`, `arm64`.
    pub arch: String,
    /// The product, as the daemon names it: "Docker Engine - Community", "Docker Desktop 4.40".
    pub system: String,
}

impl DaemonFacts {
    /// Whether containers share the file systems and user ids of this system: the daemon is neither in a virtual machine nor rootless.
    #[must_use]
    pub fn is_on_this_system(&self) -> bool {
        let has_other_ids = ["desktop", "colima", "lima", "orbstack", "rancher", "/run/user/"];
        let place = format!("{} {} {}", self.name, self.address, self.system).to_lowercase();
        cfg!(target_os = "linux") && !has_other_ids.iter().any(|word| place.contains(word))
    }
}

/// A daemon that has answered. Cheap to clone; each call makes its own connection, so a call that hangs blocks no other.
#[derive(Clone, Debug)]
pub struct Daemon {
    docker: Docker,
    facts: DaemonFacts,
}

impl Daemon {
    /// Finds the daemon of this environment: the first candidate that answers. May be dropped at any time.
    ///
    /// # Errors
    /// [`StackError::Refusal`] if a setting names a daemon that is not used; the daemon's own error if a setting names it;
    /// [`StackError::NotFound`] with what was tried if no usual place has one.
    pub async fn find(environment: &Environment) -> Result<Daemon, StackError> {
        let mut attempts = Vec::new();
        for candidate in find::candidates(environment)? {
            match Daemon::connect(&candidate).await {
                Ok(daemon) => return Ok(daemon),
                Err(problem) if candidate.named_by.is_some() => return Err(problem.at(&candidate)),
                Err(problem) => attempts.push(Attempt { candidate, problem: Box::new(problem) }),
            }
        }
        Err(StackError::NotFound(attempts))
    }

    /// Connects to one place and asks for its version, within 10 seconds.
    ///
    /// # Errors
    /// [`StackError`]: not running, permission denied, no answer.
    pub async fn connect(candidate: &Candidate) -> Result<Daemon, StackError> {
        let address = candidate.address.to_string();
        let call = Call { during: error::ANSWER, what: "daemon", name: "", address: &address };
        let docker = open(&candidate.address).map_err(|error| error::read(call, error))?;
        let asked = async {
            docker.ping().await?;
            docker.version().await
        };
        let version = limited(QUICK, call.during, asked).await?.map_err(|error| error::read(call, error))?;
        let facts = DaemonFacts {
            name: candidate.name.clone(),
            address: address.clone(),
            named_by: candidate.named_by.clone(),
            version: version.version.unwrap_or_default(),
            api_version: version.api_version.unwrap_or_default(),
            os: version.os.unwrap_or_default(),
            arch: version.arch.unwrap_or_default(),
            system: version.platform.map(|platform| platform.name).unwrap_or_default(),
        };
        Ok(Daemon { docker, facts })
    }

    /// What was learnt when it was connected.
    #[must_use]
    pub fn facts(&self) -> &DaemonFacts {
        &self.facts
    }

    /// Asks whether the daemon answers, within 10 seconds.
    ///
    /// # Errors
    /// [`StackError`] as for [`Daemon::connect`].
    pub async fn ping(&self) -> Result<(), StackError> {
        self.ask(self.call(error::ANSWER, "daemon", ""), self.docker.ping()).await.map(drop)
    }

    /// The client of the library, with the limit for questions.
    pub(crate) fn docker(&self) -> &Docker {
        &self.docker
    }

    /// A client of the library that waits longer for the first byte of an answer.
    pub(crate) fn patient(&self, limit: Duration) -> Docker {
        self.docker.clone().with_timeout(limit)
    }

    pub(crate) fn call<'a>(&'a self, during: &'static str, what: &'static str, name: &'a str) -> Call<'a> {
        Call { during, what, name, address: &self.facts.address }
    }

    /// Runs a question with its limit, and reads the error.
    pub(crate) async fn ask<T>(
        &self,
        call: Call<'_>,
        answer: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, StackError> {
        limited(QUICK, call.during, answer).await?.map_err(|error| error::read(call, error))
    }

    /// Runs work with its limit, and reads the error. The client of `answer` must be a patient one.
    pub(crate) async fn work<T>(
        &self,
        limit: Duration,
        call: Call<'_>,
        answer: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, StackError> {
        limited(limit, call.during, answer).await?.map_err(|error| error::read(call, error))
    }
}

/// The limit of the client covers only the time until the headers; this one covers the whole call.
pub(crate) async fn limited<T>(limit: Duration, during: &'static str, answer: impl Future<Output = T>) -> Result<T, StackError> {
    tokio::time::timeout(limit, answer).await.map_err(|_| StackError::NoAnswer { during })
}

#[cfg(unix)]
fn open(address: &Address) -> Result<Docker, bollard::errors::Error> {
    match address {
        Address::Socket(path) => Docker::connect_with_unix(&path.to_string_lossy(), QUICK.as_secs(), API_DEFAULT_VERSION),
        Address::Pipe(name) => Err(bollard::errors::Error::UnsupportedURISchemeError { uri: name.clone() }),
    }
}

#[cfg(windows)]
fn open(address: &Address) -> Result<Docker, bollard::errors::Error> {
    match address {
        Address::Pipe(name) => Docker::connect_with_named_pipe(name, QUICK.as_secs(), API_DEFAULT_VERSION),
        Address::Socket(path) => Err(bollard::errors::Error::UnsupportedURISchemeError { uri: path.display().to_string() }),
    }
}
