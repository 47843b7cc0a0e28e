//! Why something about a file could not be done, for the model: each says what to do next and none has a path of this computer.

use crate::closed_names::Refusal;

#[derive(Debug, thiserror::Error)]
pub(super) enum FilesError {
    #[error(
        "a path is the name of a folder, then the path in it, such as notes/plan.md; list_files without a path shows the folders"
    )]
    NotRelative,
    #[error("there is no folder {0:?}; list_files without a path shows the folders")]
    NoFolder(String),
    #[error("the folder {0} cannot be opened now: it may have been moved, or its disk is not connected. Tell the person")]
    FolderGone(String),
    #[error("{path} is not available: {refusal}. Go on without it")]
    Refused { path: String, refusal: Refusal },
    #[error("there is no {0}; list_files shows what there is")]
    Missing(String),
    #[error("{0} is a link, and links are not followed. Go on without it")]
    Link(String),
    #[error("{0} is a folder; list_files shows what is in it")]
    IsFolder(String),
    #[error("{0} is no folder; read_file shows what is in it")]
    NotFolder(String),
    #[error("{0} is not a regular file")]
    NotFile(String),
    #[error("{path} has {bytes} bytes, and {limit} is the most; tell the person")]
    TooLarge { path: String, bytes: u64, limit: u64 },
    #[error("{0} is not a text file; its content cannot be shown or written")]
    Binary(String),
    #[error("{path}: the text of this document cannot be read: {problem}")]
    Document { path: String, problem: String },
    #[error("{0} holds a private key. Go on without it")]
    PrivateKey(String),
    #[error("from is at most {0}, the bytes of the text")]
    From(usize),
    #[error("the person lets you read the folder {0}, and change nothing in it. Tell them if a change is needed")]
    ReadOnly(String),
    #[error("{0} exists already; read it, then write it with base = its version")]
    Exists(String),
    #[error("{0} does not exist any more, so nothing was written; write it without base if it is to be new")]
    Gone(String),
    #[error("{0} has changed since you read it, so nothing was written; read it again, then write it with base = its version")]
    Changed(String),
    #[error("{0} is write-protected; tell the person")]
    Protected(String),
    #[error("{0} has more than one name (hard links), and writing it would separate them; tell the person")]
    HardLinks(String),
    #[error("{path} is stored as {encoding}, which has no {missing:?}; use other characters")]
    Encoding { path: String, encoding: &'static str, missing: char },
    #[error("{path}: {problem}")]
    Io { path: String, problem: String },
}

impl FilesError {
    /// The error of a system call about this path. The system's text has no path in it.
    pub(super) fn io(path: impl ToString, error: &std::io::Error) -> FilesError {
        let path = path.to_string();
        match error.kind() {
            std::io::ErrorKind::NotFound => FilesError::Missing(path),
            std::io::ErrorKind::NotADirectory => FilesError::NotFolder(path),
            std::io::ErrorKind::PermissionDenied => {
                FilesError::Io { path, problem: "the system does not allow it; tell the person".to_owned() }
            }
            _ => FilesError::Io { path, problem: error.to_string() },
        }
    }
}
