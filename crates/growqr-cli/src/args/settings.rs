//! The arguments of `growqr config` and `growqr budget`.

use clap::{Args, Subcommand};

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
    /// Change the limits: money in US dollars such as 2 or 0.25, and for models without a known price calls and tokens
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
    /// The most sub-agents for one message, theirs included
    #[arg(long, value_name = "COUNT")]
    pub children: Option<String>,
    /// The most model calls of all agents for one message, with a model without a known price
    #[arg(long, value_name = "COUNT")]
    pub unpriced_calls: Option<String>,
    /// The most tokens of all agents for one message, with a model without a known price
    #[arg(long, value_name = "COUNT")]
    pub unpriced_tokens: Option<String>,
}
