//! Errors as interfaces see them.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// What went wrong, for branching. Interfaces branch on this, never on text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request makes no sense as it stands.
    BadRequest,
    /// No such agent, page, change or setting.
    NotFound,
    /// Too large to take.
    TooLarge,
    /// Somebody changed it meanwhile.
    Conflict,
    /// Too much waits already.
    Overloaded,
    /// GrowQR is going down.
    Stopping,
    /// Another process holds the profile and does not answer.
    Held,
    /// The database cannot be used.
    Database,
    /// The disk is full.
    DiskFull,
    /// A file or folder may not be written.
    ReadOnly,
    /// Written by a newer GrowQR.
    Newer,
    /// The memory repository cannot be used.
    Memory,
    /// The model cannot be asked.
    Model,
    /// Signing in did not work.
    SignIn,
    /// This program is not what the other end expects.
    Protocol,
    /// None of these.
    Internal,
}

/// An error that a person can read and act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Error {
    /// For branching.
    pub code: ErrorCode,
    /// One sentence.
    pub message: String,
    /// Whether trying again unchanged may help.
    pub retryable: bool,
    /// What to do next, if there is something.
    pub next_step: Option<String>,
}

impl Error {
    /// An error that trying again will not mend.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Error {
        Error { code, message: message.into(), retryable: false, next_step: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn next(mut self, step: impl Into<String>) -> Error {
        self.next_step = Some(step.into());
        self
    }

    /// Trying again may help.
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
