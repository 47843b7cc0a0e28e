//! Programs of PyPI that tests use, in the target folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Installs a list of packages into an environment below the target folder, unless it is installed. The list pins the versions, so
/// another one gets another folder. Returns the folder of the programs; `None` if Python or pip fails.
pub(crate) fn install(folder: &str, version: &str, requirements: &Path) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(folder).join(version);
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    // Written last: an installation that was killed is repeated.
    let marker = folder.join("installed");
    if !marker.exists() {
        let python = if cfg!(windows) { "python" } else { "python3" };
        run(Command::new(python).args(["-m", "venv"]).arg(&folder))?;
        let mut pip = Command::new(programs.join("pip"));
        pip.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--no-compile",
            "--no-deps",
            "--requirement",
        ]);
        run(pip.arg(requirements))?;
        std::fs::write(marker, "").ok()?;
    }
    programs.canonicalize().ok()
}

fn run(command: &mut Command) -> Option<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).status().ok()?.success().then_some(())
}
