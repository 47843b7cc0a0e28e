//! Runs the user's own git for what libgit2 cannot do: reading and changing a sparse or split index. It runs no hooks and no
//! file system monitor.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{self, Path};
use std::process::{Command, Stdio};

/// Runs a command of git in `folder` on this file as its index, and returns what it prints. `own` is a folder of this program
/// inside `.git`.
///
/// # Errors
/// If git is not installed or the command fails.
pub(crate) fn run(folder: &Path, own: &Path, index: &Path, arguments: &[&str], input: &[u8]) -> io::Result<Vec<u8>> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).arg("--literal-pathspecs").args(["-c", "core.fsmonitor=false", "-c"]);
    let mut hooks = OsString::from("core.hooksPath=");
    hooks.push(own.join("no-hooks"));
    command.arg(hooks).args(arguments);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    // git runs in another folder, where a relative path would name another file.
    command.env("GIT_INDEX_FILE", path::absolute(index)?);
    command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    without_console(&mut command);
    let mut running = command.spawn()?;
    if let Some(mut to_git) = running.stdin.take() {
        // If git has ended early, its message says more than the broken pipe.
        let _ = to_git.write_all(input);
    }
    let output = running.wait_with_output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// Opens no console window.
#[cfg(windows)]
fn without_console(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW);
}

#[cfg(not(windows))]
fn without_console(_: &mut Command) {}
