//! Runs other programs. Prints the command line first, and shows the output at once.

use crate::{Failure, machine};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// A cargo command in the project's folder.
pub fn cargo(arguments: &[&str]) -> Command {
    // cargo sets this variable to its own path for the programs that it starts.
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(machine::root());
    command
}

/// An npm command in the folder of the pages, `ui`.
pub fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).current_dir(machine::root().join("ui"));
    command
}

/// Runs a command. Returns an error unless it succeeds.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let line = print_command(command);
    let status = command.status().map_err(|error| format!("{line}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("failed: {line}").into()) }
}

/// Runs a command. Prints each line of its standard output and calls `on_line` with it. Returns whether it succeeded.
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
