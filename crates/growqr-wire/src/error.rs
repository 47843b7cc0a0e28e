//! Errors as interfaces see them.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// The kind of an error. Interfaces branch on it, never on the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is invalid.
    BadRequest,
    /// No such agent, page, change or setting.
    NotFound,
    /// Too large.
    TooLarge,
    /// Another author has changed it meanwhile.
    Conflict,
    /// Too many requests are waiting.
    Overloaded,
    /// GrowQR is stopping.
    Stopping,
    /// Another process has locked the profile and does not answer.
    Held,
    /// The database cannot be used.
    Database,
    /// The disk is full.
    DiskFull,
    /// A file or folder may not be written.
    ReadOnly,
    /// The data needs a newer GrowQR.
    Newer,
    /// The memory repository cannot be used.
    Memory,
    /// The model cannot be called.
    Model,
    /// Docker, or a container, cannot be used.
    Docker,
    /// Signing in failed.
    SignIn,
    /// A service cannot be reached.
    Network,
    /// A service cannot be trusted: its certificate is not accepted.
    Certificate,
    /// This computer's clock is wrong.
    Clock,
    /// A service is another one than the configured one.
    Issuer,
    /// The two processes have different protocol versions, or a message is invalid.
    Protocol,
    /// Any other error.
    Internal,
}

/// An error that a person can read and act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Error {
    /// Its kind.
    pub code: ErrorCode,
    /// One sentence.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// What the person can do next, if anything.
    pub next_step: Option<String>,
}

impl Error {
    /// An error that is not retryable.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Error {
        Error { code, message: message.into(), retryable: false, next_step: None }
    }

    /// Adds the next step.
    #[must_use]
    pub fn next(mut self, step: impl Into<String>) -> Error {
        self.next_step = Some(step.into());
        self
    }

    /// Marks it as retryable.
    #[must_use]
    pub fn retryable(mut self) -> Error {
        self.retryable = true;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
