//! The arguments of `growqr events`, `growqr search`, `growqr logs`, `growqr audit` and `growqr db`.

use clap::{Args, Subcommand};
use std::time::Duration;

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

#[derive(Debug, Args)]
pub struct Search {
    /// Part of a message or of a line, in any case
    pub text: String,
    /// Only in the conversation of this agent
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
    /// The most messages, and the most lines of memory
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Leave out so many of the newest messages, for those before them; memory is not searched again
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub skip: u32,
}

#[derive(Debug, Args)]
pub struct Logs {
    /// `#all`, `#stack`, `#memory` (also without `#`), or the id of an agent
    #[arg(default_value = "#all")]
    pub channel: String,
    /// Only lines with this text, in any case
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Only lines of the last time, such as 30m, 2h or 3d
    #[arg(long, value_name = "TIME", value_parser = parse_ago)]
    pub since: Option<Duration>,
    /// Only the last COUNT lines [default: 100, or all with --since]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub last: Option<u32>,
    /// Keep printing new lines
    #[arg(long)]
    pub follow: bool,
}

/// Reads a length of time: a number with s, m, h or d.
fn parse_ago(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number with s, m, h or d, such as 30m".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    // A hundred years, so that a time before now can be computed.
    Ok(Duration::from_secs(number.saturating_mul(seconds).min(100 * 365 * 86_400)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_a_number_with_a_unit() {
        let seconds = |text: &str| parse_ago(text).ok().map(|time| time.as_secs());
        assert_eq!(["90s", "30m", "2h", "3d"].map(seconds), [Some(90), Some(1_800), Some(7_200), Some(259_200)]);
        assert_eq!(["", "h", "30", "-1h", "1 h", "2ü"].map(seconds), [None; 6]);
    }
}
