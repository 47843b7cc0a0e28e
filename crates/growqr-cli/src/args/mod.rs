//! The command line as clap reads it: the commands here, the arguments of each noun in a file of its own. Scripts rely on
//! every name here, so none may change.

mod agents;
mod asks;
mod auth;
mod folders;
mod keys;
mod memory;
mod quest;
mod records;
mod rules;
mod schedule;
mod settings;
mod skills;
mod stack;
mod tools;

pub use agents::{Agents, Chat, Export};
pub use asks::{Asks, Scope};
pub use auth::{Auth, SignIn};
pub use folders::Folders;
pub use keys::Keys;
pub use memory::{Memory, Requests};
pub use quest::Quest;
pub use records::{Audit, Db, Events, Logs, Search};
pub use rules::Rules;
pub use schedule::{IfMissed, Schedule};
pub use settings::{Budget, By, Config};
pub use skills::Skills;
pub use stack::{Files, Part, Stack};
pub use tools::Tools;

use clap::{Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use std::path::PathBuf;

/// A private agent that helps you grow. Everything stays on this computer.
#[derive(Debug, Parser)]
#[command(name = "growqr", version, max_term_width = 100)]
pub struct Cli {
    /// The data folder [default: in the system's folder for app data]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data_dir: Option<PathBuf>,
    /// Print one JSON object per line
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Chat with the Grow Agent: send one message, or start an interactive prompt
    Chat(Chat),
    /// Start the conversation afresh: the Grow Agent keeps its memory and reads nothing of what was said before
    Fresh,
    /// Export a conversation as Markdown, to standard output or into a new file
    Export(Export),
    /// Back up conversations, settings and memory into one file, also while agents work
    Backup {
        /// A folder, or the name of a new file [default: the current folder]
        #[arg(value_name = "FILE|FOLDER", value_hint = ValueHint::AnyPath)]
        to: Option<PathBuf>,
    },
    /// Restore a backup into a data folder that has no data of this profile yet
    Restore {
        /// The backup
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// List and control the Grow Agent and its sub-agents
    #[command(subcommand)]
    Agents(Agents),
    /// List and answer the questions of agents
    #[command(subcommand)]
    Asks(Asks),
    /// List what has failed, and long work that is done
    Inbox {
        /// Mark all of it as read
        #[arg(long)]
        read: bool,
    },
    /// List, change and test the rules that decide tool calls
    #[command(subcommand)]
    Rules(Rules),
    /// Add and inspect MCP servers: programs and addresses that give the agents more tools
    #[command(subcommand)]
    Tools(Tools),
    /// Have the steps of a plan in memory done: start, list, show, pause, resume and cancel quests
    #[command(subcommand)]
    Quest(Quest),
    /// Have work done at a set time: add, list, pause, resume, remove and start schedules
    #[command(subcommand)]
    Schedule(Schedule),
    /// Choose the folders of this computer whose files agents may use
    #[command(subcommand)]
    Folders(Folders),
    /// List, show and choose skills: folders with a SKILL.md that tells agents how to do a kind of work
    #[command(subcommand)]
    Skills(Skills),
    /// Read and change the memory of the agents: text pages in a git repository that you own
    #[command(subcommand)]
    Memory(Memory),
    /// Print what happened, in plain words
    Logs(Logs),
    /// Print the recorded events in order
    Events(Events),
    /// Search all conversations and all pages of memory
    Search(Search),
    /// Manage the keys of model providers, which are stored in the system's keychain
    #[command(subcommand)]
    Keys(Keys),
    /// List the available models; those of servers on this computer come last
    Models,
    /// Start, stop and inspect your own containers: Gitea (a copy of memory) and OpenCode (where sub-agents work)
    #[command(subcommand)]
    Stack(Stack),
    /// Show and change settings
    #[command(subcommand)]
    Config(Config),
    /// Sign in, sign out and switch profiles
    #[command(subcommand)]
    Auth(Auth),
    /// Show and change the spending limits
    #[command(subcommand)]
    Budget(Budget),
    /// Check that no recorded event was altered
    #[command(subcommand)]
    Audit(Audit),
    /// Inspect, migrate and rebuild the database
    #[command(subcommand)]
    Db(Db),
    /// Check what works and what is missing, and print the next steps
    Doctor,
    /// List where data goes with the present settings: what, to whom, and when
    Privacy,
    /// Show the quick chat: a small window above the others; starts GrowQR if it is not open
    Quick,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}
