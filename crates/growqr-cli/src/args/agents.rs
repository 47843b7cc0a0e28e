//! The arguments of `growqr chat` and `growqr agents`.

use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Chat {
    /// The message; `-` reads it from standard input [default: an interactive prompt]
    pub message: Option<String>,
    /// Send MESSAGE in place of an earlier message, by its number in `agents show grow`: what was said after that one is set aside
    #[arg(long, value_name = "NUMBER", requires = "message")]
    pub again: Option<u64>,
    /// Attach a file that the model reads (text, PNG, JPEG, GIF, WebP, PDF); may be repeated
    #[arg(long, value_name = "FILE", requires = "message", value_hint = ValueHint::FilePath)]
    pub attach: Vec<PathBuf>,
    /// The conversation to continue [default: grow, the main one]
    #[arg(long, value_name = "ID")]
    pub conversation: Option<String>,
}

#[derive(Debug, Args)]
pub struct Export {
    /// As Markdown: speakers and times as headings, tool steps folded
    #[arg(long, required = true)]
    pub markdown: bool,
    /// The agent whose conversation it is
    #[arg(long, value_name = "ID", default_value = "grow")]
    pub agent: String,
    /// A new file [default: standard output]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Agents {
    /// List all agents with their status
    List,
    /// Show all agents as a tree: what each does now, for how long, and what it has spent
    Tree,
    /// Show where the time and the money of a turn went
    Timeline {
        /// The id of the agent
        id: String,
        /// The number of the turn [default: the latest]
        #[arg(long, value_name = "N")]
        turn: Option<u64>,
    },
    /// Show one agent and its conversation
    Show {
        /// The id of the agent
        id: String,
    },
    /// Send a message to an agent
    Say {
        /// The id of the agent
        id: String,
        /// The message
        text: String,
    },
    /// Cancel the turn of an agent and of its sub-agents at once
    Cancel {
        /// The id of the agent
        id: String,
        /// Cancel only this agent; its sub-agents work on
        #[arg(long)]
        only: bool,
    },
    /// Let an agent and its sub-agents finish: no further tool calls, a report of what they have
    Finish {
        /// The id of the agent
        id: String,
        /// Only this agent; its sub-agents work on
        #[arg(long)]
        only: bool,
    },
    /// List the messages that an agent has not read yet
    Queue {
        /// The id of the agent
        id: String,
    },
    /// Take back a message that the agent has not read yet
    Withdraw {
        /// The id of the agent
        id: String,
        /// The number of the message, as `agents queue` prints it
        message: u64,
    },
    /// Change a message that the agent has not read yet
    Edit {
        /// The id of the agent
        id: String,
        /// The number of the message, as `agents queue` prints it
        message: u64,
        /// The new text
        text: String,
    },
    /// Resume an agent where it stopped, with a new budget
    Resume {
        /// The id of the agent
        id: String,
    },
}
