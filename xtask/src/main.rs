//! Every chore of the project, one command each. Needs cargo alone; says what else is missing.

mod bench;
mod bindings;
mod check;
mod command;
mod install;
mod machine;
#[cfg(target_os = "linux")]
mod platforms;
mod release;
mod run;
mod tally;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Why a chore failed, in words for whoever started it.
type Failure = Box<dyn std::error::Error>;

/// The chores of GrowQR Desktop.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Install what is missing and open the window; without a display, the chat in this terminal
    Run {
        /// Install without asking
        #[arg(long)]
        yes: bool,
    },
    /// Install what building and testing need
    Install {
        /// Install without asking
        #[arg(long)]
        yes: bool,
    },
    /// Run every test that this machine can run, and say what was skipped
    Test,
    /// Format, lints, generated files, arrows between crates, licences
    Check,
    /// Type-check for Windows and macOS, on a Debian or Ubuntu and as root
    CheckPlatforms {
        /// The Debian mirror to use, where apt's configuration names none
        #[arg(long)]
        mirror: Option<String>,
    },
    /// Build the package that people install
    Release {
        /// Install what is missing without asking
        #[arg(long)]
        yes: bool,
    },
    /// Measure, and compare with what was promised
    Bench,
    /// Write the TypeScript of growqr-wire anew
    Bindings,
}

fn main() -> ExitCode {
    let done = match Cli::parse().chore {
        Chore::Run { yes } => run::run(yes),
        Chore::Install { yes } => install::everything(yes),
        Chore::Test => test::run(),
        Chore::Check => check::run(),
        Chore::CheckPlatforms { mirror } => check_platforms(mirror),
        Chore::Release { yes } => release::run(yes),
        Chore::Bench => bench::run(),
        Chore::Bindings => bindings::write(),
    };
    match done {
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
    Err("this is for Linux, where neither Windows nor macOS is at hand; here, cargo xtask check looks at this system".into())
}
