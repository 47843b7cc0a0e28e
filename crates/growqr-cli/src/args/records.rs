//! The arguments of `growqr events`, `growqr audit` and `growqr db`.

use clap::{Args, Subcommand};

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
