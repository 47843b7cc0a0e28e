//! Why Gitea could not be used.

use super::CommandError;
use std::error::Error;

/// Why Gitea could not be used.
#[derive(Debug, thiserror::Error)]
pub enum GiteaError {
    /// It was not ready in time.
    #[error("Gitea was not ready after {seconds} s: {last}")]
    NotReady {
        /// How long was waited.
        seconds: u64,
        /// What the last attempt has found.
        last: String,
    },
    /// It shows its installer: the container was made without the needed settings.
    #[error("Gitea is not set up: it shows its installer, so its container lacks settings and must be made again")]
    NotInstalled,
    /// It does not answer.
    #[error("Gitea does not answer: {0}")]
    Unreachable(String),
    /// The token is not valid (any more).
    #[error("Gitea refused the token")]
    TokenRefused,
    /// It refused a request.
    #[error("Gitea refused a request with status {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// Its answer is larger than any that is needed.
    #[error("Gitea's answer is too large")]
    TooLarge,
    /// The version has an unknown form.
    #[error("Gitea names an unknown version: {0:?}")]
    UnknownVersion(String),
    /// A command in the container failed.
    #[error("Gitea could not {doing}: {said}")]
    Command {
        /// What it was to do.
        doing: &'static str,
        /// What it wrote to standard error.
        said: String,
    },
    /// A command in the container could not be run.
    #[error("Gitea could not {doing}")]
    NoCommand {
        /// What it was to do.
        doing: &'static str,
        /// Why.
        source: CommandError,
    },
}

impl GiteaError {
    pub(super) fn unreachable(error: &reqwest::Error) -> GiteaError {
        GiteaError::Unreachable(chain(error))
    }
}

/// The innermost cause of an error, which names the reason. The outer texts contain the URL only.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
