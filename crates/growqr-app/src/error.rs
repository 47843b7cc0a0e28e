//! Every error of a use case, and its one conversion to the error that a person reads.

use crate::profile::sign_in::failure::SignInFailure;
use growqr_actors::{AskError, PostError};
use growqr_backup::BackupError;
use growqr_core::ask::SettledBy;
use growqr_core::attachment::AttachmentError;
use growqr_core::id::AgentId;
use growqr_core::journal::{AskView, StoreError};
use growqr_core::memory::MemoryError;
use growqr_store::Holder;
use growqr_wire::{Error, ErrorCode};
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The system has no folder for app data.
    #[error("this system has no folder for app data")]
    NoDataFolder,
    /// A start-up setting is wrong.
    #[error("{place} is not valid: {problem}")]
    Config {
        /// The file, or the environment variable.
        place: String,
        /// What is wrong in it.
        problem: String,
    },
    /// A file or folder cannot be used.
    #[error("could not {doing} {path}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another process holds the profile lock and does not answer.
    #[error("this profile is in use by {holder}, which does not answer")]
    LockHolderNotAnswering {
        /// The process, described for the message.
        holder: String,
    },
    /// Another process uses the profile, and the operation needs the profile for itself.
    #[error("this profile is in use by {holder}")]
    InUse {
        /// The process, described for the message.
        holder: String,
    },
    /// A host of another computer has claimed the profile while this one ran.
    #[error("this profile is used by {holder} now, so this GrowQR has stopped its agents")]
    ClaimLost {
        /// That host, described for the message.
        holder: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The memory failed.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The agent could not be reached.
    #[error(transparent)]
    Host(#[from] PostError),
    /// There is no such ask.
    #[error("there is no ask {0:?}")]
    NoAsk(String),
    /// The request is not valid.
    #[error("{message}")]
    BadRequest {
        /// What is wrong with it.
        message: String,
        /// What to do instead.
        next_step: String,
    },
    /// The thing that was asked for does not exist.
    #[error("there is no {what}")]
    Missing {
        /// The thing, as it is named in the message.
        what: String,
        /// How to list what exists.
        next_step: String,
    },
    /// Another answer came first.
    #[error("this was settled already: {how}")]
    AskSettled {
        /// How it was settled.
        how: String,
    },
    /// A message that is to be changed or withdrawn is no longer queued.
    #[error("this message is no longer queued: the agent has read it, or it was withdrawn")]
    MessageRead,
    /// An earlier message is to be sent anew while the agent works or has messages to read.
    #[error("the agent is at work or has messages to read, so an earlier message cannot be sent anew now")]
    ConversationGoesOn,
    /// The input is too large.
    #[error("the {what} is too large: {bytes} bytes; the limit is {limit} bytes")]
    TooLarge {
        /// The thing, as it is named in the message.
        what: &'static str,
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A file cannot be attached.
    #[error(transparent)]
    Attachment(#[from] AttachmentError),
    /// The files of a message are too large together.
    #[error("the files are too large: {bytes} bytes together; the limit is {limit} bytes")]
    FilesTooLarge {
        /// Their size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The host process at the other end of the socket failed, or speaks another version of the protocol.
    #[error("the running GrowQR {problem}")]
    Protocol {
        /// What the host process did.
        problem: String,
    },
    /// Too many requests of the same kind are under way.
    #[error("too many requests wait for an answer")]
    TooManyRequests,
    /// The host answered with an error that already has the form that a person reads.
    #[error("{0}")]
    ErrorReply(Error),
    /// The range of ports is used up.
    #[error("No free ports in USER_PORT_RANGE ({}-{}): {holders}", .range.start(), .range.end())]
    NoFreePort {
        /// The range.
        range: RangeInclusive<u16>,
        /// Who has the ports, in words.
        holders: String,
    },
    /// Docker, or a container, cannot be used.
    #[error("{message}")]
    Docker {
        /// What is wrong.
        message: String,
        /// Whether the same may succeed later.
        retryable: bool,
        /// What to do.
        next_step: String,
    },
    /// Signing in or out failed.
    #[error(transparent)]
    SignIn(#[from] SignInFailure),
    /// A backup cannot be written or read.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// An internal error, such as a task that panicked.
    #[error("an internal task failed: {0}")]
    Internal(String),
}

impl AppError {
    pub(crate) fn file(doing: &'static str, path: &Path, source: io::Error) -> AppError {
        AppError::File { doing, path: path.to_path_buf(), source }
    }

    /// Another host of the same database server has claimed the profile.
    pub(crate) fn in_use(holder: Option<Holder>) -> AppError {
        let holder = holder.map_or_else(|| "a process on another computer".to_owned(), |holder| holder.to_string());
        AppError::InUse { holder: format!("{holder}, which uses the same database server") }
    }

    /// The program, or the part that was asked, is stopping.
    #[must_use]
    pub fn stopping() -> AppError {
        AppError::Host(PostError::Stopping)
    }

    pub(crate) fn bad_request(message: impl Into<String>, next_step: impl Into<String>) -> AppError {
        AppError::BadRequest { message: message.into(), next_step: next_step.into() }
    }
}

impl From<AskError> for AppError {
    fn from(error: AskError) -> AppError {
        match error {
            AskError::Unknown(id) => AppError::NoAsk(id.to_string()),
            AskError::Settled(view) => AppError::AskSettled { how: settled_text(&view) },
            AskError::Answer { ask, problem } => {
                AppError::bad_request(problem.to_string(), format!("See the possible answers: growqr asks show {ask}"))
            }
            AskError::Post(error) => error.into(),
            AskError::Store(error) => error.into(),
        }
    }
}

/// How an ask was settled, in words.
fn settled_text(view: &AskView) -> String {
    let Some(settlement) = &view.settled else { return String::new() };
    let answer = settlement.answer.as_ref().map(|answer| view.ask.answer_text(answer).replace('\n', ": "));
    let answer = answer.filter(|text| !text.is_empty());
    match (settlement.by, answer) {
        (SettledBy::Person, Some(answer)) => format!("the answer was: {answer}"),
        (SettledBy::Person, None) => "it was dismissed".to_owned(),
        (SettledBy::Gitea, answer) => format!("it was decided in Gitea: {}", answer.unwrap_or_default()),
        (SettledBy::Rule, _) => "a rule has decided it".to_owned(),
        (SettledBy::Deadline, Some(answer)) => format!("its deadline has passed, and this counted: {answer}"),
        (SettledBy::Deadline, None) => "its deadline has passed".to_owned(),
        (SettledBy::Withdrawn, Some(reason)) => format!("it was withdrawn: {reason}"),
        (SettledBy::Withdrawn, None) => "the agent no longer needs it".to_owned(),
    }
}

impl From<AppError> for Error {
    fn from(error: AppError) -> Error {
        tracing::debug!(error = ?error, "a request failed");
        let text = error.to_string();
        match error {
            AppError::NoDataFolder => Error::new(ErrorCode::BadRequest, text).next("Set one with --data-dir or GROWQR_DATA_DIR."),
            AppError::Config { place, .. } => {
                Error::new(ErrorCode::BadRequest, text).next(format!("Correct {place}, or remove it to use the defaults."))
            }
            AppError::File { source, path, .. } => file(text, &source, &path),
            AppError::LockHolderNotAnswering { .. } => Error::new(ErrorCode::Held, text)
                .retryable()
                .next("Wait for it, or end that process; nothing is lost by ending it."),
            AppError::InUse { .. } => {
                Error::new(ErrorCode::Held, text).retryable().next("Quit GrowQR there, or wait until that command has finished.")
            }
            AppError::ClaimLost { .. } => claim_lost(text),
            AppError::Store(source) => store(text, &source),
            AppError::Memory(source) => memory(text, &source),
            AppError::Host(source) => host(text, source),
            AppError::BadRequest { next_step, .. } => Error::new(ErrorCode::BadRequest, text).next(next_step),
            AppError::Missing { next_step, .. } => Error::new(ErrorCode::NotFound, text).next(next_step),
            AppError::NoAsk(_) => Error::new(ErrorCode::NotFound, text).next("See what waits: growqr asks list"),
            AppError::AskSettled { .. } => Error::new(ErrorCode::Conflict, text).next("See what still waits: growqr asks list"),
            AppError::MessageRead => Error::new(ErrorCode::Conflict, text).next("Send another message."),
            AppError::ConversationGoesOn => {
                Error::new(ErrorCode::Conflict, text).next("Wait until it has finished, or stop it. Then send the message again.")
            }
            AppError::TooLarge { .. } => {
                Error::new(ErrorCode::TooLarge, text).next("Shorten it, or put it into a file and give the path.")
            }
            AppError::Attachment(source) => attachment(text, &source),
            AppError::FilesTooLarge { .. } => {
                Error::new(ErrorCode::TooLarge, text).next("Attach smaller files, or send them with several messages.")
            }
            AppError::Protocol { .. } => {
                Error::new(ErrorCode::Protocol, text).next("End it and start GrowQR again; nothing is lost.")
            }
            AppError::TooManyRequests => {
                Error::new(ErrorCode::Overloaded, text).retryable().next("Wait until they are answered, then try again.")
            }
            AppError::ErrorReply(error) => error,
            AppError::NoFreePort { .. } => Error::new(ErrorCode::Docker, text).next(
                "End programs that use these ports, or choose another range with USER_PORT_RANGE_START and USER_PORT_RANGE_END.",
            ),
            AppError::Docker { retryable, next_step, .. } => {
                let error = Error::new(ErrorCode::Docker, text).next(next_step);
                if retryable { error.retryable() } else { error }
            }
            AppError::SignIn(source) => source.into(),
            AppError::Backup(source) => backup(text, &source),
            AppError::Internal(_) => Error::new(ErrorCode::Internal, text).next("Start GrowQR again; recorded work continues."),
        }
    }
}

fn attachment(text: String, source: &AttachmentError) -> Error {
    let code = match source {
        AttachmentError::TooLarge { .. } | AttachmentError::TooManyPixels { .. } | AttachmentError::TooManyPages { .. } => {
            ErrorCode::TooLarge
        }
        AttachmentError::Empty { .. }
        | AttachmentError::UnknownType { .. }
        | AttachmentError::Damaged { .. }
        | AttachmentError::Protected { .. } => ErrorCode::BadRequest,
    };
    Error::new(code, text).next(source.next_step())
}

fn file(text: String, source: &io::Error, path: &Path) -> Error {
    let text = format!("{text}: {source}");
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => disk_full(format!("the disk is full: {text}")),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => read_only(text, &path.display().to_string()),
        _ => Error::new(ErrorCode::Internal, text).next("Check that file or folder; --data-dir selects another data folder."),
    }
}

fn backup(text: String, error: &BackupError) -> Error {
    match error {
        BackupError::Source { source, path } | BackupError::Extract { source, path } => file(text, source, Path::new(path)),
        BackupError::Write(source) => file(text, source, Path::new("the folder of the backup")),
        BackupError::Read(source) => {
            Error::new(ErrorCode::BadRequest, format!("{text}: {source}")).next("Choose another backup. Nothing was changed.")
        }
        BackupError::Changed { .. } => Error::new(ErrorCode::Conflict, text).retryable().next("Try again."),
        BackupError::Newer { program } => Error::new(ErrorCode::Newer, text)
            .next(format!("Install GrowQR {program} or later, then restore it. Nothing was changed.")),
        BackupError::TooLarge { .. } => disk_full(text),
        BackupError::Incomplete | BackupError::Damaged { .. } | BackupError::Refused { .. } => {
            Error::new(ErrorCode::BadRequest, text).next("Choose another backup. Nothing was changed.")
        }
    }
}

fn disk_full(text: String) -> Error {
    Error::new(ErrorCode::DiskFull, text)
        .retryable()
        .next("Make room on the disk, then try again; everything recorded so far is safe.")
}

fn read_only(text: String, what: &str) -> Error {
    Error::new(ErrorCode::ReadOnly, text)
        .next(format!("Allow this user to write {what}, or choose another folder with --data-dir."))
}

fn claim_lost(text: String) -> Error {
    Error::new(ErrorCode::Held, text)
        .retryable()
        .next("Go on there, or quit GrowQR there; then this one can use the profile again. Everything recorded so far is safe.")
}

/// Converts an error of the store, for the answer to a request or for an agent that stopped because of the error.
pub(crate) fn store(text: String, source: &StoreError) -> Error {
    match source {
        StoreError::Conflict { .. } => {
            Error::new(ErrorCode::Conflict, text).retryable().next("Another GrowQR writes to the same database; end one of them.")
        }
        StoreError::ClaimLost { .. } => claim_lost(text),
        StoreError::DiskFull => disk_full(text),
        StoreError::ReadOnly => read_only(text, "the data folder"),
        StoreError::Corrupt(_) => Error::new(ErrorCode::Database, text)
            .next("Keep a copy of the file, then restore a backup or choose a new folder with --data-dir. Memory is a separate git repository and is not affected."),
        StoreError::Unreachable(_) => Error::new(ErrorCode::Database, text).retryable().next("Check DATABASE_URL, and check that the server is running."),
        StoreError::Newer(_) => Error::new(ErrorCode::Newer, text).next("Update GrowQR."),
        StoreError::Failed(_) => Error::new(ErrorCode::Database, text).retryable().next("Try again; if it fails again, run: growqr doctor"),
    }
}

/// The error of an agent whose task panicked.
pub(crate) fn crashed(text: String, agent: &AgentId) -> Error {
    let step = format!("Everything recorded is safe. Report the error, and try again with: growqr agents resume {agent}");
    Error::new(ErrorCode::Internal, text).retryable().next(step)
}

fn memory(text: String, source: &MemoryError) -> Error {
    match source {
        MemoryError::BadPath { .. } | MemoryError::FirstChange | MemoryError::ReadOnly { .. } => {
            Error::new(ErrorCode::BadRequest, text)
        }
        MemoryError::Missing { .. } => Error::new(ErrorCode::NotFound, text).next("List the pages: growqr memory list"),
        MemoryError::UnknownChange { .. } => Error::new(ErrorCode::NotFound, text).next("List the changes: growqr memory log"),
        MemoryError::UnknownVersion { .. } => {
            Error::new(ErrorCode::NotFound, text).next("Print the version that the page has: growqr memory read PATH --json")
        }
        MemoryError::Conflict { .. } => Error::new(ErrorCode::Conflict, text).next("Read the current text, then write again."),
        MemoryError::TooLarge { .. } => Error::new(ErrorCode::TooLarge, text).next("Split it into several pages."),
        MemoryError::NotText { .. } => {
            Error::new(ErrorCode::BadRequest, text).next("Store the file elsewhere and write its path into memory.")
        }
        MemoryError::Unchanged { .. } => Error::new(ErrorCode::BadRequest, text),
        MemoryError::HeadMoved => Error::new(ErrorCode::Conflict, text).retryable(),
        // The cause says what to do.
        MemoryError::Repository { cause, .. } if cause.contains("git fsck") => Error::new(ErrorCode::Memory, text).retryable(),
        MemoryError::Repository { .. } => {
            Error::new(ErrorCode::Memory, text).retryable().next("Find the cause with: growqr doctor")
        }
    }
}

fn host(text: String, source: PostError) -> Error {
    match source {
        PostError::Unknown(_) => Error::new(ErrorCode::NotFound, text).next("List the agents: growqr agents list"),
        PostError::Overloaded(_) => {
            Error::new(ErrorCode::Overloaded, text).retryable().next("Wait a moment, then send the message again.")
        }
        PostError::Stopping => {
            Error::new(ErrorCode::Stopping, text).retryable().next("Start GrowQR again, then send the message again.")
        }
        PostError::Unreachable { .. } => {
            Error::new(ErrorCode::Network, text).retryable().next("Look whether the engine runs, then try again.")
        }
        PostError::Crashed { agent, .. } => crashed(text, &agent),
        PostError::Store { source, .. } => {
            let inner = store(source.to_string(), &source);
            Error { message: format!("{text}: {source}"), ..inner }
        }
    }
}
