//! The arguments of `growqr asks`.

use clap::Subcommand;

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
