//! The command line as clap reads it. Every name here is a contract with scripts (design, section 8).

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use std::path::PathBuf;

/// A private agent that helps you grow. Everything stays on this computer.
#[derive(Debug, Parser)]
#[command(name = "growqr", version, max_term_width = 100)]
pub struct Cli {
    /// The folder that holds everything [default: the system's place for app data]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data_dir: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Talk with the Grow Agent: one message, or a prompt loop without one
    Chat(Chat),
    /// The Grow Agent and its sub-agents
    #[command(subcommand)]
    Agents(Agents),
    /// What the agents remember: a git repository that is yours
    #[command(subcommand)]
    Memory(Memory),
    /// Everything that happened, in order
    Events(Events),
    /// Search all conversations
    Search {
        /// Part of a message, in any case
        text: String,
        /// Only in the conversation of this agent
        #[arg(long, value_name = "ID")]
        agent: Option<String>,
    },
    /// Keys for model providers, kept in the system's keychain
    #[command(subcommand)]
    Keys(Keys),
    /// Models that can be chosen, those of servers on this computer last
    Models,
    /// Settings
    #[command(subcommand)]
    Config(Config),
    /// Who you are: sign in, sign out
    #[command(subcommand)]
    Auth(Auth),
    /// What may be spent, and what was
    #[command(subcommand)]
    Budget(Budget),
    /// Check that nothing in the journals was altered
    #[command(subcommand)]
    Audit(Audit),
    /// The database
    #[command(subcommand)]
    Db(Db),
    /// What works, what is missing, and what to do about it
    Doctor,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub struct Chat {
    /// What to say; `-` reads all of standard input; none: a prompt loop
    pub message: Option<String>,
    /// The conversation to continue [default: grow, the main one]
    #[arg(long, value_name = "ID")]
    pub conversation: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Agents {
    /// All agents and what they are doing
    List,
    /// One agent and its conversation
    Show {
        /// Its id
        id: String,
    },
    /// Tell an agent something
    Say {
        /// Its id
        id: String,
        /// What
        text: String,
    },
    /// Stop an agent and its sub-agents
    Cancel {
        /// Its id
        id: String,
    },
    /// Let an agent go on where it stopped
    Resume {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Memory {
    /// The pages
    List {
        /// Only paths that begin so
        prefix: Option<String>,
    },
    /// One page
    Read {
        /// Its path
        path: String,
    },
    /// Write a page from standard input
    Write {
        /// Its path
        path: String,
        /// The version it replaces, as `memory read --json` shows it [default: whatever is there]
        #[arg(long)]
        base: Option<String>,
    },
    /// Remove a page; `memory restore` brings it back
    Delete {
        /// Its path
        path: String,
        /// Only if it is still this version, as `memory read --json` shows it
        #[arg(long)]
        base: Option<String>,
    },
    /// The changes, newest first
    Log {
        /// Only of this page
        path: Option<String>,
    },
    /// What a change did
    Diff {
        /// The change's id, or its first digits
        rev: String,
    },
    /// Whose line is whose
    Blame {
        /// The page's path
        path: String,
    },
    /// Search the pages
    Search {
        /// Part of a line, in any case
        text: String,
    },
    /// Undo a change by a new one
    Restore {
        /// The change's id, or its first digits
        rev: String,
    },
}

#[derive(Debug, Args)]
pub struct Events {
    /// Only what came after this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub since: u64,
    /// Only the last so many
    #[arg(long, value_name = "COUNT", conflicts_with = "since", value_parser = clap::value_parser!(u32).range(1..))]
    pub last: Option<u32>,
    /// Go on as things happen
    #[arg(long)]
    pub follow: bool,
}

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Keep a key, from standard input, once the provider has accepted it
    Set {
        /// The provider: anthropic or openai
        name: String,
        /// Keep it without asking the provider
        #[arg(long)]
        unchecked: bool,
    },
    /// Which keys are known; never their values
    List,
    /// Forget a key; one in the environment stays there
    Remove {
        /// The provider: anthropic or openai
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Config {
    /// One setting, or all
    Get {
        /// Its name
        name: Option<String>,
    },
    /// Change a setting
    Set {
        /// Its name
        name: String,
        /// Its value; `default` goes back to the default
        value: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Budget {
    /// Limits and what is used of them
    Show,
    /// Change limits, in US dollars such as 2 or 0.25
    Set(Limits),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Limits {
    /// What one message may cost, sub-agents included
    #[arg(long, value_name = "USD")]
    pub per_message: Option<String>,
    /// What a day (UTC) may cost
    #[arg(long, value_name = "USD")]
    pub per_day: Option<String>,
    /// What a month (UTC) may cost, or none
    #[arg(long, value_name = "USD")]
    pub per_month: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check every link of every journal
    Verify,
}

#[derive(Debug, Subcommand)]
pub enum Db {
    /// Bring the database up to date
    Migrate,
    /// Rebuild lists, transcripts and the search index from the journal, and say what had differed
    Rebuild,
    /// Which database, and how far it is
    Status,
}

#[derive(Debug, Subcommand)]
pub enum Auth {
    /// Who is signed in, and who else has a profile here
    Status,
    /// Sign in with the browser
    SignIn(SignIn),
    /// Sign out on this computer; the data stays for the next sign-in
    SignOut,
    /// Open the profile of somebody who has one here
    Switch {
        /// Their address or profile; local is nobody's
        who: String,
    },
}

#[derive(Debug, Args)]
pub struct SignIn {
    /// If you are new here: take over what is in the local profile
    #[arg(long, conflicts_with = "fresh")]
    pub adopt: bool,
    /// If you are new here: begin with an empty profile
    #[arg(long)]
    pub fresh: bool,
    /// Sign in as somebody else than the browser knows
    #[arg(long)]
    pub someone_else: bool,
    /// Only print the address, for a browser on this computer
    #[arg(long)]
    pub no_browser: bool,
}
