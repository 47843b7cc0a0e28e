//! The command line as clap reads it. Scripts rely on every name here, so none may change.

use clap::{Args, Parser, Subcommand, ValueHint};
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
    /// List and control the Grow Agent and its sub-agents
    #[command(subcommand)]
    Agents(Agents),
    /// List and answer the questions of agents
    #[command(subcommand)]
    Asks(Asks),
    /// List, change and test the rules that decide tool calls
    #[command(subcommand)]
    Rules(Rules),
    /// Read and change the memory of the agents: text pages in a git repository that you own
    #[command(subcommand)]
    Memory(Memory),
    /// Print the recorded events in order
    Events(Events),
    /// Search all conversations
    Search {
        /// Part of a message, in any case
        text: String,
        /// Only in the conversation of this agent
        #[arg(long, value_name = "ID")]
        agent: Option<String>,
    },
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
    /// Show the quick chat: a small window above the others; starts GrowQR if it is not open
    Quick,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub struct Chat {
    /// The message; `-` reads it from standard input [default: an interactive prompt]
    pub message: Option<String>,
    /// The conversation to continue [default: grow, the main one]
    #[arg(long, value_name = "ID")]
    pub conversation: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Agents {
    /// List all agents with their status
    List,
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

#[derive(Debug, Subcommand)]
pub enum Asks {
    /// List the questions that wait for an answer, oldest first
    List {
        /// List the last COUNT settled ones instead, newest first
        #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "20")]
        settled: Option<u32>,
    },
    /// Show one question: who asks, what exactly, and the possible answers
    Show {
        /// The id of the ask
        id: String,
    },
    /// Answer a question. The first answer counts
    Answer {
        /// The id of the ask
        id: String,
        /// One of its answers, such as allow, deny, raise, finish or stop; or the answer in your own words
        answer: String,
        /// A remark for the agent
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// How far the answer reaches: once, agent (this agent from now on) or always (by a rule)
        #[arg(long, value_enum, default_value = "once")]
        scope: Scope,
        /// With raise: how much more the message may cost, in US dollars, on top of every limit
        #[arg(long, value_name = "USD")]
        by: Option<String>,
    },
    /// Dismiss a question without an answer; a call is then not allowed, a turn at a limit ends
    Withdraw {
        /// The id of the ask
        id: String,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Scope {
    /// This time only
    Once,
    /// Such calls of this agent from now on
    Agent,
    /// Such calls of all agents from now on, by a rule
    Always,
}

#[derive(Debug, Subcommand)]
pub enum Rules {
    /// List all rules in order; the last one that matches a call decides
    List,
    /// Add a rule, such as: ask commit_memory path=private/*
    ///
    /// The last rule that matches a call decides. `*` in a pattern stands for any text, also with `/`. "as risky" at the end is no
    /// condition: it makes the calls that match ask once the agent has read text from tools, files or web pages, even if they
    /// are allowed; "as safe" takes that back.
    Add {
        /// allow|ask|deny TOOL [path=P | host=P | command=P] [agent=P | depth=N | depth=N+] [as risky | as safe]
        #[arg(required = true, num_args = 1..)]
        rule: Vec<String>,
    },
    /// Remove a rule
    Remove {
        /// The id of the rule
        id: String,
    },
    /// Show which rule decides a call
    Test {
        /// The tool
        tool: String,
        /// Its input as JSON
        #[arg(default_value = "{}")]
        input: String,
        /// The agent that calls [default: the Grow Agent]
        #[arg(long, value_name = "ID")]
        agent: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Memory {
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
    /// Confirm a notice about memory: the conversation uses the pages of this data folder from now on
    Confirm,
}

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
        /// Which container
        #[arg(value_enum)]
        part: Part,
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
        /// Remove them, with their data
        #[arg(long)]
        remove: bool,
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

#[derive(Debug, Args)]
pub struct Events {
    /// Only events after this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub since: u64,
    /// Only the last COUNT events
    #[arg(long, value_name = "COUNT", conflicts_with = "since", value_parser = clap::value_parser!(u32).range(1..))]
    pub last: Option<u32>,
    /// Keep printing new events
    #[arg(long)]
    pub follow: bool,
}

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Read a key from standard input, let the provider check it, and store it
    Set {
        /// The provider: anthropic or openai
        name: String,
        /// Store the key without a check by the provider
        #[arg(long)]
        unchecked: bool,
    },
    /// List the keys in use, without their values
    List,
    /// Remove a key from the keychain; a key in the environment stays
    Remove {
        /// The provider: anthropic or openai
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Config {
    /// Show one setting or all settings
    Get {
        /// The name of the setting
        name: Option<String>,
    },
    /// Change a setting
    Set {
        /// The name of the setting
        name: String,
        /// The new value; `default` restores the default
        value: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Budget {
    /// Show the limits and how much of them is used
    Show {
        /// Show what was spent by agent, model or day instead
        #[arg(long, value_enum)]
        by: Option<By>,
        /// With --by: only of the last DAYS days
        #[arg(long, value_name = "DAYS", requires = "by")]
        days: Option<u32>,
    },
    /// Change the limits, in US dollars such as 2 or 0.25
    Set(Limits),
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum By {
    Agent,
    Model,
    Day,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Limits {
    /// The most that one message may cost, sub-agents included
    #[arg(long, value_name = "USD")]
    pub per_message: Option<String>,
    /// The most that a day (UTC) may cost
    #[arg(long, value_name = "USD")]
    pub per_day: Option<String>,
    /// The most that a month (UTC) may cost, or none
    #[arg(long, value_name = "USD")]
    pub per_month: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check the hash chain of every journal
    Verify,
}

#[derive(Debug, Subcommand)]
pub enum Db {
    /// Apply the missing migrations
    Migrate,
    /// Rebuild lists, transcripts and the search index from the journal, and print what was corrected
    Rebuild,
    /// Show the database and its migration version
    Status,
}

#[derive(Debug, Subcommand)]
pub enum Auth {
    /// Show who is signed in, and who else has a profile on this computer
    Status,
    /// Sign in with the browser
    SignIn(SignIn),
    /// Sign out on this computer; the data stays for the next sign-in
    SignOut,
    /// Open the profile of another account on this computer
    Switch {
        /// The email address or the profile of the account; `local` opens the local profile
        who: String,
    },
}

#[derive(Debug, Args)]
pub struct SignIn {
    /// If you are new on this computer: take over the data of the local profile
    #[arg(long, conflicts_with = "fresh")]
    pub adopt: bool,
    /// If you are new on this computer: start with an empty profile
    #[arg(long)]
    pub fresh: bool,
    /// Sign in with another account than the one that is signed in at the browser
    #[arg(long)]
    pub someone_else: bool,
    /// Only print the address, for a browser on this computer
    #[arg(long)]
    pub no_browser: bool,
}
