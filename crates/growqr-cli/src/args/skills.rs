//! `growqr skills`.

use clap::{Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Skills {
    /// List the skills, and what looks like one and cannot be used
    List,
    /// Print the SKILL.md of a skill, and the names of its other files
    Show {
        /// Its name
        name: String,
    },
    /// Let agents read a skill
    On {
        /// Its name
        name: String,
        /// For one that an agent has written: what `growqr skills show` says at its end
        #[arg(long, value_name = "MARK")]
        seen: Option<String>,
    },
    /// Keep agents from reading a skill
    Off {
        /// Its name
        name: String,
    },
    /// Look for skills in a folder too; it is only read
    ///
    /// The folder has a SKILL.md itself, or folders that have one. Read what you did not write before you add it: agents follow the
    /// instructions in a skill. A skill can also be a page of memory: growqr memory write skills/NAME/SKILL.md
    Add {
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
    /// Stop using the skills in a folder. Deletes nothing
    Remove {
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}
