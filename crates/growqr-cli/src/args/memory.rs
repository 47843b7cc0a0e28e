//! The arguments of `growqr memory`.

use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Requests {
    /// List the changes that wait for your approval
    List,
    /// Print one of them with its diff
    Show {
        /// Its id, or the beginning of it
        id: String,
    },
    /// Bring a change into memory
    Approve {
        /// Its id, or the beginning of it
        id: String,
        /// Commit the text of this file instead (`-` for standard input)
        #[arg(long, value_name = "FILE")]
        text: Option<PathBuf>,
        /// The version of the page that the text of the file was made from, as `show` prints it after a conflict
        #[arg(long, requires = "text")]
        base: Option<String>,
        /// Commit only these parts, as `show` numbers them, such as 1,3
        #[arg(long, value_name = "PARTS", value_delimiter = ',', conflicts_with = "text")]
        only: Vec<usize>,
    },
    /// Drop a change
    Reject {
        /// Its id, or the beginning of it
        id: String,
        /// What the agent is told
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Memory {
    /// Print the folder of the pages
    Path,
    /// List the pages
    List {
        /// Only pages whose path begins with this text
        prefix: Option<String>,
    },
    /// Print one page
    Read {
        /// The path of the page
        path: String,
    },
    /// Write a page from standard input
    Write {
        /// The path of the page
        path: String,
        /// Write only if the page still has this version, as `memory read --json` prints it [default: overwrite any version]
        #[arg(long)]
        base: Option<String>,
    },
    /// Delete a page; `memory restore` brings it back
    Delete {
        /// The path of the page
        path: String,
        /// Delete only if the page still has this version, as `memory read --json` prints it
        #[arg(long)]
        base: Option<String>,
    },
    /// List the changes, newest first
    Log {
        /// Only changes of this page
        path: Option<String>,
    },
    /// Print the diff of a change
    Diff {
        /// The change's id, or its first digits
        rev: String,
    },
    /// Print for each line of a page which change wrote it
    Blame {
        /// The path of the page
        path: String,
    },
    /// Search the pages
    Search {
        /// Part of a line, in any case
        text: String,
    },
    /// Undo a change with a new change
    Restore {
        /// The change's id, or its first digits
        rev: String,
    },
    /// Undo all changes of a turn, or of an agent, with one new change; later changes of others stay
    Undo {
        /// Only the changes of this turn, as `memory log` names it
        #[arg(long, required_unless_present = "agent")]
        turn: Option<u64>,
        /// The agent's id [default: grow]
        #[arg(long)]
        agent: Option<String>,
        /// Do it; without this the command only prints what would change
        #[arg(long)]
        yes: bool,
    },
    /// List, show and settle the changes that wait for your approval
    Requests {
        #[command(subcommand)]
        command: Option<Requests>,
    },
    /// Confirm a notice about memory: the conversation uses the pages of this data folder from now on
    Confirm,
}
