//! Where a Docker daemon may listen, in the order of the `docker` command: `DOCKER_HOST`, `DOCKER_CONTEXT`, the current
//! context of the configuration, then the usual sockets and pipes. Connects to nothing.
//!
//! What was named explicitly is the only candidate: it is never passed over for another daemon.

mod context;
mod usual;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// What decides where to look: variables, folders, system.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The environment variables.
    pub variables: BTreeMap<String, String>,
    /// The person's home folder.
    pub home: Option<PathBuf>,
    /// The system.
    pub system: System,
}

/// The family of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux and other Unix systems.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl System {
    /// The system of this program.
    #[must_use]
    pub fn current() -> System {
        match std::env::consts::OS {
            "windows" => System::Windows,
            "macos" => System::MacOs,
            _ => System::Linux,
        }
    }
}

impl Environment {
    /// A variable that is set and not empty.
    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Where the daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket.
    Socket(PathBuf),
    /// A named pipe of Windows, in the form `//./pipe/NAME`.
    Pipe(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Socket(path) => path.display().fmt(f),
            Address::Pipe(name) => f.write_str(name),
        }
    }
}

/// A place where a daemon may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The name for people: "Docker Desktop", "Colima (default)", "context work".
    pub name: String,
    /// The socket or pipe.
    pub address: Address,
    /// The setting that named it; `None` for a usual place.
    pub named_by: Option<String>,
}

/// Why the named daemon is not used. It is never passed over for another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The daemon is reached over TCP.
    #[error(
        "{named_by} names {host}: GrowQR uses only a daemon on this machine, by its socket. Over TCP, ports and volumes \
             would be on another machine, and without TLS anyone who reaches that port controls it"
    )]
    Tcp {
        /// The setting.
        named_by: String,
        /// The host.
        host: String,
    },
    /// The daemon is reached over SSH.
    #[error(
        "{named_by} names {host}: GrowQR uses only a daemon on this machine. Over SSH, ports and volumes would be on \
             another machine"
    )]
    Ssh {
        /// The setting.
        named_by: String,
        /// The host.
        host: String,
    },
    /// The form of the host is not known.
    #[error("{named_by} names {host}, which is not the address of a local socket or pipe")]
    UnknownForm {
        /// The setting.
        named_by: String,
        /// The host.
        host: String,
    },
    /// This system has no such addresses.
    #[error("{named_by} names {host}: this system has no {form}")]
    OtherSystem {
        /// The setting.
        named_by: String,
        /// The host.
        host: String,
        /// Named pipes or Unix sockets.
        form: &'static str,
    },
    /// The named context does not exist.
    #[error("{named_by} names the Docker context \"{context}\", which does not exist ({})", .file.display())]
    NoSuchContext {
        /// The setting.
        named_by: String,
        /// The context.
        context: String,
        /// The file that is missing.
        file: PathBuf,
    },
    /// A file of the Docker configuration cannot be read.
    #[error("the Docker configuration {} cannot be read: {reason}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The places to try, best first.
///
/// # Errors
/// [`Refusal`] if a setting names a daemon that is not used.
pub fn candidates(environment: &Environment) -> Result<Vec<Candidate>, Refusal> {
    if let Some(host) = environment.variable("DOCKER_HOST") {
        return Ok(vec![named(environment.system, host, "DOCKER_HOST", None)?]);
    }
    match context::current(environment)? {
        Some(context) => Ok(vec![named(environment.system, &context.host, &context.named_by, Some(&context.name))?]),
        None => Ok(usual::places(environment)),
    }
}

/// The candidate for a host that a setting names.
fn named(system: System, host: &str, named_by: &str, context: Option<&str>) -> Result<Candidate, Refusal> {
    let setting = || (named_by.to_owned(), host.to_owned());
    let on_other_system = |form| {
        let (named_by, host) = setting();
        Err(Refusal::OtherSystem { named_by, host, form })
    };
    let address = match host.split_once("://") {
        Some(("npipe", _)) if system != System::Windows => return on_other_system("named pipes"),
        Some(("unix", _)) if system == System::Windows => return on_other_system("Unix sockets for Docker"),
        Some(("unix", path)) if path.starts_with('/') => Address::Socket(PathBuf::from(path)),
        Some(("npipe", path)) => Address::Pipe(path.replace('\\', "/")),
        Some(("tcp" | "http" | "https", _)) => {
            let (named_by, host) = setting();
            return Err(Refusal::Tcp { named_by, host });
        }
        Some(("ssh", _)) => {
            let (named_by, host) = setting();
            return Err(Refusal::Ssh { named_by, host });
        }
        _ => {
            let (named_by, host) = setting();
            return Err(Refusal::UnknownForm { named_by, host });
        }
    };
    let plain = || context.map_or_else(|| "Docker".to_owned(), |name| format!("context {name}"));
    let name = usual::name_of(&address).unwrap_or_else(plain);
    Ok(Candidate { name, address, named_by: Some(named_by.to_owned()) })
}

/// The folder of the Docker configuration.
fn config_folder(environment: &Environment) -> Option<PathBuf> {
    let usual = || environment.home.as_deref().map(|home: &Path| home.join(".docker"));
    environment.variable("DOCKER_CONFIG").map(PathBuf::from).or_else(usual)
}

#[cfg(test)]
mod tests;
