//! The arguments of `growqr stack`.

use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Stack {
    /// Start the containers, now and with every later start of GrowQR
    Up {
        /// Agree to the download of images that are missing
        #[arg(long)]
        yes: bool,
    },
    /// Stop the containers; their data stays
    Down,
    /// Show Docker, the containers and the copy of memory
    Status,
    /// Print the last lines of a container's log
    Logs {
        /// Which container [default: both]
        #[arg(value_enum)]
        part: Option<Part>,
        /// How many lines
        #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        lines: u32,
    },
    /// Compare memory with its copy on Gitea now
    Sync {
        /// Join with a copy that was emptied, restored or is another one; nothing is overwritten on either side
        #[arg(long)]
        join: bool,
    },
    /// Set a new password for Gitea's pages and print it once
    Login,
    /// List and copy the files of sub-agents in the workbench
    #[command(subcommand)]
    Files(Files),
    /// Stop the containers and remove their data; memory stays in its folder on this computer
    Reset {
        /// Do it; without this the command only says what would be removed
        #[arg(long)]
        yes: bool,
        /// First copy the files of all sub-agents into this new file, a tar archive; if that fails, nothing is removed
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// List containers, networks and volumes that belong to no profile on this computer
    Orphans {
        /// Remove those of this data folder, with their data
        #[arg(long)]
        remove: bool,
        /// Remove those of this data folder instead, as the list names it; `unknown` for those that name none
        #[arg(long, value_name = "FOLDER", requires = "remove")]
        folder: Option<String>,
        /// Do it; without this the command only says what would be removed
        #[arg(long, requires = "remove")]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Files {
    /// List the files that a sub-agent has changed
    List {
        /// The id of the sub-agent
        agent: String,
    },
    /// Copy one file, byte for byte
    Get {
        /// The id of the sub-agent
        agent: String,
        /// The path of the file in its folder
        path: String,
        /// The new file [default: standard output]
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Copy the files of all sub-agents into a new tar archive
    Export {
        /// The new file; `-` writes to standard output
        file: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Part {
    Gitea,
    Opencode,
}

impl Part {
    /// Its word in requests.
    pub fn word(self) -> &'static str {
        match self {
            Part::Gitea => "gitea",
            Part::Opencode => "opencode",
        }
    }
}
