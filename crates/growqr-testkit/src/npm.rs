//! Packages of npm that tests use, in the target folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Installs one version of a package into a folder below the target folder, unless it is installed. Returns the folder that has
/// `node_modules`; `None` if npm cannot install it.
pub(crate) fn install(folder: &str, package: &str, version: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(folder).join(version);
    if !folder.join("node_modules").join(package).exists() {
        let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&folder);
        npm.arg(format!("{package}@{version}")).stdout(Stdio::null());
        npm.status().ok().filter(std::process::ExitStatus::success)?;
    }
    folder.canonicalize().ok()
}
