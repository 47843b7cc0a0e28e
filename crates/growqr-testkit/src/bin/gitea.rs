//! The stand-in for Gitea as a program: see `growqr_testkit::gitea::program`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    growqr_testkit::gitea::program(&arguments)
}
