//! The development tasks of the project, one subcommand each. Requires only cargo, and reports what else is missing.

mod bench;
mod bindings;
mod check;
mod command;
mod install;
mod licences;
mod machine;
#[cfg(target_os = "linux")]
mod platforms;
mod release;
mod run;
mod tally;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Why a task failed: a message for the user.
type Failure = Box<dyn std::error::Error>;

/// Development tasks of GrowQR Desktop.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install missing packages and open the window; without a display, open the chat in this terminal
    Run {
        /// Install without asking
        #[arg(long)]
        yes: bool,
    },
    /// Install the packages that building and testing need
    Install {
        /// Install without asking
        #[arg(long)]
        yes: bool,
    },
    /// Run every test that this machine can run, and list what was skipped
    Test,
    /// Check format, lints, generated files, dependencies between crates, licences
    Check,
    /// Type-check for Windows and macOS (on Debian or Ubuntu, as root)
    CheckPlatforms {
        /// The Debian mirror to use if apt's configuration has none
        #[arg(long)]
        mirror: Option<String>,
    },
    /// Build the package for users
    Release {
        /// Install missing packages without asking
        #[arg(long)]
        yes: bool,
    },
    /// Run the benchmarks and compare each figure with its limit
    Bench,
    /// Generate the TypeScript types of growqr-wire
    Bindings,
    /// Generate the list of libraries and their licences
    Licences,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Run { yes } => run::run(yes),
        Task::Install { yes } => install::everything(yes),
        Task::Test => test::run(),
        Task::Check => check::run(),
        Task::CheckPlatforms { mirror } => check_platforms(mirror),
        Task::Release { yes } => release::run(yes),
        Task::Bench => bench::run(),
        Task::Bindings => bindings::write(),
        Task::Licences => licences::write(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(target_os = "linux")]
fn check_platforms(mirror: Option<String>) -> Result<(), Failure> {
    platforms::check(mirror)
}

#[cfg(not(target_os = "linux"))]
fn check_platforms(_mirror: Option<String>) -> Result<(), Failure> {
    Err("this task runs on Linux only; here, cargo xtask check checks this system".into())
}
