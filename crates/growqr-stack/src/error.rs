//! What can go wrong with the daemon and with what it runs, and how the answers of the daemon are read as such.
//!
//! The texts of the daemon differ between versions: the status code decides first, then a short fragment of the text.

use crate::find::{Candidate, Refusal};
use std::error::Error as _;
use std::fmt;
use std::io::ErrorKind;

/// Why a request to Docker did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The settings name a daemon that this program does not use.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// No place where a daemon may listen has one that answers.
    #[error("Docker was not found: {}", list(.0))]
    NotFound(Vec<Attempt>),
    /// The daemon's socket does not exist.
    #[error("Docker is not running: there is no {0}")]
    NotRunning(String),
    /// The socket exists, but no daemon listens on it.
    #[error("Docker is not running: nothing listens on {0}")]
    Refused(String),
    /// The daemon takes the call and says nothing within the limit.
    #[error("Docker does not answer{}; it may be paused, starting or overloaded", in_brackets(.during))]
    NoAnswer {
        /// The call that was made.
        during: &'static str,
    },
    /// Docker does not run at the only place that counts, because a setting names it.
    #[error("{problem} ({named_by} names this place)")]
    NamedPlace {
        /// The setting.
        named_by: String,
        /// [`StackError::NotRunning`] or [`StackError::Refused`].
        problem: Box<StackError>,
    },
    /// This user may not use the daemon's socket.
    #[error("this user may not use Docker ({0}): permission denied; on Linux the user is not in the \"docker\" group")]
    PermissionDenied(String),
    /// The connection ended in the middle of a call. Whether the daemon carried it out is not known.
    #[error("the connection to Docker ended ({during}); the daemon may have been stopped")]
    ConnectionLost {
        /// The call that was made.
        during: &'static str,
    },
    /// The image is not on this machine.
    #[error("the image {0} is not on this machine yet")]
    NoImage(String),
    /// The image cannot be fetched.
    #[error("the image {image} cannot be downloaded: {problem}")]
    ImageUnavailable {
        /// The reference as it was given.
        image: String,
        /// What prevents the download.
        problem: ImageProblem,
    },
    /// Another program or container has the host port.
    #[error("port {0} on this machine is already in use by another program")]
    PortTaken(u16),
    /// Something that this program did not create has the name.
    #[error("Docker already has a {what} named {name}, and GrowQR did not create it for this profile")]
    NameTaken {
        /// "container", "network" or "volume".
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The disk of the daemon is full.
    #[error("Docker has no disk space left ({during})")]
    NoSpace {
        /// The call that was made.
        during: &'static str,
    },
    /// Every address range that the daemon may use for networks is taken.
    #[error("Docker has no address range left for another network")]
    NoAddresses,
    /// The container, network, volume or exec does not exist (any more).
    #[error("Docker has no such {what}: {name}")]
    Missing {
        /// What kind of thing.
        what: &'static str,
        /// Its id or name.
        name: String,
    },
    /// A container that has to run does not.
    #[error("the container {0} is not running")]
    ContainerStopped(String),
    /// A container that has to run is paused.
    #[error("the container {0} is paused")]
    ContainerPaused(String),
    /// A folder of the person's own does not exist, or the daemon may not use it.
    #[error("the folder {0} cannot be mounted: it does not exist, or Docker may not use it")]
    FolderMissing(String),
    /// A container ended right after it was started.
    #[error("{0} ended right after it was started")]
    EndedAtOnce(&'static str),
    /// The state did not become the wanted one after repeated attempts.
    #[error("the containers do not reach the wanted state; the last step was: {0}")]
    NoProgress(String),
    /// The daemon answered with another error.
    #[error("Docker could not {during}: {message}")]
    Failed {
        /// The call that was made.
        during: &'static str,
        /// The daemon's own words.
        message: String,
    },
}

/// Why an image cannot be downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageProblem {
    /// The registry cannot be reached.
    NoNetwork,
    /// The registry does not have this image.
    NotThere,
    /// The registry shows it to users who have signed in only. Docker Hub also says so of a repository that does not exist.
    NotAllowed,
    /// The registry limits the number of downloads.
    TooManyRequests,
}

impl fmt::Display for ImageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ImageProblem::NoNetwork => "the registry cannot be reached (no network?)",
            ImageProblem::NotThere => "the registry does not offer it",
            ImageProblem::NotAllowed => "the registry wants a sign-in for it, or does not have it",
            ImageProblem::TooManyRequests => "the registry asks to wait (too many downloads)",
        })
    }
}

/// One place that was tried, and why no daemon was found there.
#[derive(Debug)]
pub struct Attempt {
    /// The place.
    pub candidate: Candidate,
    /// Why it cannot be used.
    pub problem: Box<StackError>,
}

fn list(attempts: &[Attempt]) -> String {
    // A single candidate was named by a setting, so its address is told.
    let absent = |attempt: &&Attempt| attempts.len() > 1 && matches!(*attempt.problem, StackError::NotRunning(_));
    let mut names: Vec<&str> = attempts.iter().filter(absent).map(|attempt| attempt.candidate.name.as_str()).collect();
    names.dedup();
    let nothing = (!names.is_empty()).then(|| format!("nothing at the usual place of {}", names.join(", ")));
    let line = |attempt: &Attempt| format!("{} ({}): {}", attempt.candidate.name, attempt.candidate.address, attempt.reason());
    let others = attempts.iter().filter(|attempt| !absent(attempt)).map(line);
    let told: Vec<String> = others.chain(nothing).collect();
    if told.is_empty() { "there is no usual place for it on this system".to_owned() } else { told.join("; ") }
}

impl Attempt {
    /// The reason in a few words, for a list of places.
    #[must_use]
    pub fn reason(&self) -> String {
        match &*self.problem {
            StackError::NotRunning(_) => "no such file".to_owned(),
            StackError::Refused(_) => "nothing listens there".to_owned(),
            StackError::NoAnswer { .. } => "does not answer".to_owned(),
            StackError::PermissionDenied(_) => "permission denied, the user is not in the \"docker\" group".to_owned(),
            other => other.to_string(),
        }
    }
}

/// The call that was made, unless it was only to see whether the daemon answers.
fn in_brackets(during: &str) -> String {
    if during == ANSWER { String::new() } else { format!(" ({during})") }
}

impl StackError {
    /// The error of the daemon at this place. If it does not run there, the setting that names the place is told.
    pub(crate) fn at(self, candidate: &Candidate) -> StackError {
        match (&self, &candidate.named_by) {
            (StackError::NotRunning(_) | StackError::Refused(_), Some(named_by)) => {
                StackError::NamedPlace { named_by: named_by.clone(), problem: Box::new(self) }
            }
            _ => self,
        }
    }

    /// True if the daemon as a whole cannot be used now, so that no other call will succeed either.
    #[must_use]
    pub fn is_about_the_daemon(&self) -> bool {
        matches!(
            self,
            StackError::Refusal(_)
                | StackError::NotFound(_)
                | StackError::NotRunning(_)
                | StackError::Refused(_)
                | StackError::NamedPlace { .. }
                | StackError::NoAnswer { .. }
                | StackError::PermissionDenied(_)
                | StackError::ConnectionLost { .. }
        )
    }
}

/// The call that only asks whether the daemon answers.
pub(crate) const ANSWER: &str = "answer";

/// What a call was about, to read the daemon's answer.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub during: &'static str,
    /// "container", "network", "volume", "image", "daemon".
    pub what: &'static str,
    /// The name or id of it.
    pub name: &'a str,
    /// The address of the daemon.
    pub address: &'a str,
}

/// Reads an error of the client library.
pub(crate) fn read(call: Call<'_>, error: bollard::errors::Error) -> StackError {
    use bollard::errors::Error;
    let Call { during, address, .. } = call;
    match error {
        Error::RequestTimeoutError => StackError::NoAnswer { during },
        Error::SocketNotFoundError(path) => StackError::NotRunning(path),
        Error::DockerResponseServerError { status_code, message } => read_answer(call, status_code, message),
        Error::DockerStreamError { error } => read_answer(call, 500, error),
        other => match io_kind(&other) {
            Some(ErrorKind::NotFound) => StackError::NotRunning(address.to_owned()),
            Some(ErrorKind::ConnectionRefused) => StackError::Refused(address.to_owned()),
            Some(ErrorKind::PermissionDenied) => StackError::PermissionDenied(address.to_owned()),
            Some(_) => StackError::ConnectionLost { during },
            None if matches!(other, Error::HyperLegacyError { .. } | Error::HyperResponseError { .. }) => {
                StackError::ConnectionLost { during }
            }
            None => StackError::Failed { during, message: other.to_string() },
        },
    }
}

/// The kind of the first input/output error in the chain of causes.
fn io_kind(error: &bollard::errors::Error) -> Option<ErrorKind> {
    if let bollard::errors::Error::IOError { err } = error {
        return Some(err.kind());
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        cause = error.source();
    }
    None
}

/// What daemons say of a host port that they cannot have: those of Linux, and Docker Desktop on macOS and Windows. There the port may
/// also lie in a range that Windows keeps for itself; then another port helps as well.
const PORT_TAKEN: [&str; 5] = [
    "address already in use",
    "port is already allocated",
    "ports are not available",
    "access a socket in a way forbidden",
    "only one usage of each socket address",
];

fn read_answer(call: Call<'_>, status: u16, message: String) -> StackError {
    let Call { during, what, name, .. } = call;
    let text = message.to_lowercase();
    let has = |fragment: &str| text.contains(fragment);
    if has("no space left on device") {
        return StackError::NoSpace { during };
    }
    if PORT_TAKEN.iter().any(|fragment| has(fragment)) {
        return StackError::PortTaken(port_in(&message).unwrap_or_default());
    }
    if has("non-overlapping ipv4 address pool") || has("predefined address pools have been fully subnetted") {
        return StackError::NoAddresses;
    }
    match status {
        404 if has("no such image") => StackError::NoImage(name.to_owned()),
        404 => StackError::Missing { what, name: name.to_owned() },
        400 if has("is ambiguous") => StackError::NameTaken { what: "network", name: name.to_owned() },
        409 if has("already in use") || has("already exists") => StackError::NameTaken { what, name: name.to_owned() },
        409 if has("is paused") => StackError::ContainerPaused(name.to_owned()),
        409 if has("is not running") => StackError::ContainerStopped(name.to_owned()),
        400 if has("bind source path does not exist") => {
            StackError::FolderMissing(message.rsplit_once(": ").map_or(message.as_str(), |(_, path)| path).to_owned())
        }
        _ => StackError::Failed { during, message },
    }
}

/// The host port in the daemon's text: `127.0.0.1:42001`, followed by anything but a digit.
fn port_in(message: &str) -> Option<u16> {
    let (_, rest) = message.split_once("127.0.0.1:")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status_code: u16, message: &str) -> StackError {
        let call = Call { during: "start a container", what: "container", name: "growqr-x", address: "/run/docker.sock" };
        let message = message.to_owned();
        read(call, bollard::errors::Error::DockerResponseServerError { status_code, message })
    }

    #[test]
    fn a_taken_port_is_recognised_in_the_words_of_each_engine() {
        let texts = [
            "driver failed programming external connectivity on endpoint g (1f): Error starting userland proxy: listen tcp4 127.0.0.1:42001: bind: address already in use",
            "failed to set up container networking: driver failed programming external connectivity on endpoint g (1f): failed to bind host port for 127.0.0.1:42001:172.18.0.2:3000/tcp: address already in use",
            "driver failed programming external connectivity on endpoint g (1f): Bind for 127.0.0.1:42001 failed: port is already allocated",
            "Ports are not available: exposing port TCP 127.0.0.1:42001 -> 0.0.0.0:0: listen tcp 127.0.0.1:42001: bind: An attempt was made to access a socket in a way forbidden by its access permissions.",
            "ports are not available: exposing port TCP 127.0.0.1:42001 -> 127.0.0.1:0: listen tcp 127.0.0.1:42001: bind: Only one usage of each socket address (protocol/network address/port) is normally permitted.",
        ];
        for text in texts {
            assert!(matches!(answer(500, text), StackError::PortTaken(42001)), "{text}");
        }
    }

    #[test]
    fn a_call_that_says_nothing_to_people_is_not_named() {
        let text = |during| StackError::NoAnswer { during }.to_string();
        assert_eq!(text(ANSWER), "Docker does not answer; it may be paused, starting or overloaded");
        assert!(text("list containers").contains("(list containers)"));
    }

    #[test]
    fn answers_are_told_apart_by_status_and_fragment() {
        assert!(matches!(answer(404, "No such image: a:b"), StackError::NoImage(_)));
        assert!(matches!(answer(404, "No such container: x"), StackError::Missing { what: "container", .. }));
        assert!(matches!(answer(409, "Conflict. The container name \"/x\" is already in use"), StackError::NameTaken { .. }));
        assert!(matches!(answer(409, "Container 1f is not running"), StackError::ContainerStopped(_)));
        assert!(matches!(
            answer(409, "Container x is paused, unpause the container before exec"),
            StackError::ContainerPaused(_)
        ));
        assert!(matches!(answer(500, "write /a: no space left on device"), StackError::NoSpace { .. }));
        let full = "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network";
        assert!(matches!(answer(404, full), StackError::NoAddresses));
        assert!(matches!(answer(500, "something new"), StackError::Failed { .. }));
    }
}
