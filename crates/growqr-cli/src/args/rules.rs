//! The arguments of `growqr rules`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Rules {
    /// List all rules in order; the last one that matches a call decides
    List,
    /// Add a rule, such as: ask commit_memory path=private/*
    ///
    /// The last rule that matches a call decides. `*` in a pattern stands for any text, also with `/`. "as risky" at the end is no
    /// condition: it makes the calls that match ask once the agent has read text from tools, files or web pages, even if they
    /// are allowed; "as safe" takes that back. `hold` is for changes of memory: the agent goes on, and the change waits on a
    /// branch of its own until you approve it (growqr memory requests).
    Add {
        /// allow|ask|hold|deny TOOL [path=P | host=P | command=P] [agent=P | depth=N | depth=N+] [as risky | as safe]
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
