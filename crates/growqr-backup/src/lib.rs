//! The file of a backup: a tar archive, compressed with gzip, so that ordinary tools open it. It is written, checked and extracted
//! here. What is in it is chosen by the caller.
//!
//! The last entry is the [`Manifest`]. It has a checksum of every part, so a file that was cut off, or changed, is recognised. A
//! backup may come from a stranger: only plain files with plain names are accepted, in the places that [`names`] lists, and nothing
//! that git would carry out.

mod error;
mod manifest;
mod names;
mod reader;
mod writer;

pub use error::BackupError;
pub use manifest::{DATABASE, FORMAT, HISTORY, LeftOut, LeftOutList, MEMORY, Manifest, Part};
pub use names::is_backed_up_git_file;
pub use reader::{check, extract};
pub use writer::BackupWriter;
