//! The arguments of `growqr folders`.

use clap::{Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Folders {
    /// List the folders whose files agents may use
    List,
    /// Let agents read the files in a folder: text, and the text of PDF and office files
    ///
    /// Agents cannot read hidden files, or files whose names suggest passwords or private keys. What an agent reads is in the
    /// conversation, and goes to the model. Sub-agents ask before they read; rules change that
    /// (growqr rules add "allow read_file path=notes/*").
    Add {
        /// The folder
        #[arg(value_hint = ValueHint::DirPath)]
        path: PathBuf,
        /// Its name for agents [default: the last part of its path]
        #[arg(long)]
        name: Option<String>,
        /// Let agents change files in it; before each change they show you what it would change, and ask
        #[arg(long)]
        write: bool,
    },
    /// Let agents change files in a folder, after they have asked you
    AllowWrites {
        /// The name of the folder
        name: String,
    },
    /// Let agents only read the files in a folder
    ReadOnly {
        /// The name of the folder
        name: String,
    },
    /// Close a folder to agents; nothing in it changes, and what your answers have allowed in it ends
    Remove {
        /// The name of the folder
        name: String,
    },
}
