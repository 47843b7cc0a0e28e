//! Why a backup cannot be written or read.

use std::io;

/// Why a backup cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file to copy cannot be read.
    #[error("{path} cannot be read")]
    Source {
        /// The file.
        path: String,
        /// The system's error.
        source: io::Error,
    },
    /// A file has changed while it was copied.
    #[error("{path} has changed while it was copied")]
    Changed {
        /// The file.
        path: String,
    },
    /// The backup cannot be written.
    #[error("the backup cannot be written")]
    Write(#[source] io::Error),
    /// The backup cannot be read as one: it is another file, or was cut off.
    #[error("the file is no backup of GrowQR, or is not complete")]
    Read(#[source] io::Error),
    /// The backup lacks its end.
    #[error("the backup is not complete: its last part is missing")]
    Incomplete,
    /// The content is not what was written.
    #[error("the backup is damaged: {part} is not what was written")]
    Damaged {
        /// The part.
        part: String,
    },
    /// The backup has something that no backup of GrowQR has.
    #[error("the backup is refused: it has {what}")]
    Refused {
        /// The thing.
        what: String,
    },
    /// The content does not fit on the disk.
    #[error("the backup has more than {limit} bytes, which is more than fits on the disk")]
    TooLarge {
        /// The most that fits.
        limit: u64,
    },
    /// A later build has written it in a format that this one does not know.
    #[error("the backup is from a newer GrowQR ({program})")]
    Newer {
        /// That build.
        program: String,
    },
    /// An extracted file cannot be written.
    #[error("{path} cannot be written")]
    Extract {
        /// The file.
        path: String,
        /// The system's error.
        source: io::Error,
    },
}
