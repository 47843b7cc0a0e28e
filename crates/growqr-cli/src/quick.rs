//! `growqr quick`: shows the quick chat of the window.

use crate::CommandResult;
use growqr_app::AppError;
use growqr_wire::{Error, ErrorCode};
use std::fmt::Display;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The link that shows the quick chat.
const LINK: &str = "growqr://quick";

/// How long a program that ends at once is waited for: one that gives the link to the window that is open, or finds no display.
const HANDED_OVER: Duration = Duration::from_secs(5);

/// Shows the quick chat. Starts the window if it is not open.
///
/// # Errors
/// If the window is not installed beside this program and no program is registered for the link, or if it cannot be opened.
pub async fn quick(data_dir: Option<&Path>) -> CommandResult {
    match window_program() {
        Some(program) => start(&program, data_dir).await,
        None => open_link(),
    }
}

/// The window's program beside this one. On macOS the system starts it, so that only one instance runs.
fn window_program() -> Option<PathBuf> {
    if cfg!(target_os = "macos") {
        return None;
    }
    let name = format!("growqr-desktop{}", std::env::consts::EXE_SUFFIX);
    Some(std::env::current_exe().ok()?.with_file_name(name)).filter(|program| program.is_file())
}

/// Starts the window with the link. Done as soon as it has given the link to the window that is open, or keeps running itself.
async fn start(program: &Path, data_dir: Option<&Path>) -> CommandResult {
    let mut words = tempfile::tempfile().map_err(failed)?;
    let stderr = words.try_clone().map_err(failed)?;
    let mut command = Command::new(program);
    command.arg(LINK).stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    if let Some(folder) = data_dir {
        command.env("GROWQR_DATA_DIR", folder);
    }
    detach(&mut command);
    let mut child = command.spawn().map_err(failed)?;
    let until = Instant::now() + HANDED_OVER;
    while Instant::now() < until {
        match child.try_wait().map_err(failed)? {
            None => sleep(Duration::from_millis(20)).await,
            Some(status) if status.success() => return Ok(true),
            Some(status) => {
                let mut text = String::new();
                let read = words.rewind().and_then(|()| words.read_to_string(&mut text));
                let problem = read.ok().and_then(|_| text.lines().next_back().map(str::to_owned));
                return Err(failed(problem.unwrap_or_else(|| status.to_string())));
            }
        }
    }
    Ok(true)
}

fn open_link() -> CommandResult {
    open::that_detached(LINK).map(|()| true).map_err(failed)
}

fn failed(problem: impl Display) -> AppError {
    let text = format!("the quick chat cannot be shown: {problem}");
    AppError::ErrorReply(Error::new(ErrorCode::Internal, text).next("Install the window, or talk in this terminal: growqr chat"))
}

/// Lets the window run on after this command, also if the terminal is closed or Ctrl-C is pressed in it.
#[cfg(unix)]
fn detach(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Lets the window run on after this command.
#[cfg(windows)]
fn detach(command: &mut Command) {
    /// The process gets no console (documentation of `CreateProcess`).
    const DETACHED_PROCESS: u32 = 0x8;
    std::os::windows::process::CommandExt::creation_flags(command, DETACHED_PROCESS);
}
