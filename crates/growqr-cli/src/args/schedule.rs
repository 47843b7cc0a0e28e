//! The arguments of `growqr schedule`.

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum Schedule {
    /// Add work at a set time
    ///
    /// At each time a sub-agent begins with this task, with a budget of its own, and reports. It needs GrowQR to be open at that
    /// time; --if-missed says whether a missed run starts later.
    ///
    /// Examples of WHEN: "every weekday at 8", "every monday and thursday at 17:30", "every 1st of the month at 7", "every 2 hours",
    /// "in two hours", "tomorrow at 9:30", or a cron pattern of five fields.
    Add {
        /// When it is due
        when: String,
        /// What is to be done: it must be clear without the conversation
        task: String,
        /// A short name [default: the beginning of the task]
        #[arg(long)]
        name: Option<String>,
        /// Whether a run starts later if GrowQR was not running at that time
        #[arg(long, value_enum, default_value = "run-once")]
        if_missed: IfMissed,
        /// What one run may spend, in USD [default: 0.50]
        #[arg(long, value_name = "USD")]
        budget: Option<String>,
        /// The time zone of WHEN, such as Europe/Berlin [default: that of this computer]
        #[arg(long, value_name = "ZONE")]
        zone: Option<String>,
    },
    /// List all schedules
    List,
    /// Pause a schedule: what is due meanwhile is left out
    Pause {
        /// The id of the schedule
        id: String,
    },
    /// Let a paused schedule go on
    Resume {
        /// The id of the schedule
        id: String,
    },
    /// Remove a schedule; its history stays
    Remove {
        /// The id of the schedule
        id: String,
    },
    /// Start a run now, besides those at its times
    RunNow {
        /// The id of the schedule
        id: String,
    },
    /// List what became of the runs, the last first
    History {
        /// The id of a schedule [default: all]
        id: Option<String>,
        /// How many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
}

/// What happens with a run whose time has passed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum IfMissed {
    /// The last missed one starts later
    RunOnce,
    /// No missed one starts
    Skip,
    /// GrowQR asks whether the last missed one is to start
    Ask,
}
