//! Running other programs: shown before they start, their output passed on as it comes.

use crate::{Failure, machine};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// cargo, in the project's folder.
pub fn cargo(arguments: &[&str]) -> Command {
    // cargo names itself to what it starts.
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(machine::root());
    command
}

/// npm, in the pages' folder.
pub fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).current_dir(machine::root().join("ui"));
    command
}

/// Runs it; an error unless it succeeds.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let line = print_command(command);
    let status = command.status().map_err(|error| format!("{line}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("failed: {line}").into()) }
}

/// Runs it and shows each line of its standard output to `look` as well. Returns whether it succeeded.
pub fn run_and_read(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<bool, Failure> {
    let line = print_command(command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("{line}: {error}"))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            on_line(&line);
        }
    }
    Ok(child.wait()?.success())
}

fn print_command(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    eprintln!("> {line}");
    line
}
