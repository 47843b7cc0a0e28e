//! The package that people install: the window and the `growqr` command in one .deb.

use crate::install::{self, Need};
use crate::{Failure, command, machine};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the package and prints where it is and how large.
pub fn run(yes: bool) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        return Err("packages are made for Debian and Ubuntu only, so far".into());
    }
    install::packages(Need::Build, yes)?;
    install::pages()?;
    // tauri.conf.json names it as a file of the package.
    command::run(&mut command::cargo(&["build", "--release", "-p", "growqr-cli"]))?;
    let tauri = machine::root().join("ui/node_modules/.bin/tauri");
    // It builds the pages as well, as tauri.conf.json says. The window is no default member, so its package is named.
    let build = ["build", "--ci", "--bundles", "deb", "--", "-p", "growqr-desktop"];
    command::run(Command::new(tauri).args(build).current_dir(machine::root()))?;
    let package = newest(&machine::root().join("target/release/bundle/deb"))?;
    let size = std::fs::metadata(&package)?.len();
    println!("{} ({:.1} MB)", package.display(), size as f64 / 1e6);
    Ok(())
}

/// The package that was made last.
fn newest(folder: &Path) -> Result<PathBuf, Failure> {
    let files = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let packages = files.filter(|path| path.extension().is_some_and(|extension| extension == "deb"));
    let made = |path: &PathBuf| path.metadata().and_then(|file| file.modified()).ok();
    packages.max_by_key(made).ok_or_else(|| format!("there is no package in {}", folder.display()).into())
}
