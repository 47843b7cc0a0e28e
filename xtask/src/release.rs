//! Builds the package for users: one .deb with the window and the `growqr` command.

use crate::install::{self, Need};
use crate::{Failure, command, machine};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the package and prints its path and size.
pub fn run(yes: bool) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        return Err("packages can be built only on Linux, for Debian and Ubuntu".into());
    }
    install::packages(Need::Build, yes)?;
    install::pages()?;
    // tauri.conf.json puts this binary into the package.
    command::run(&mut command::cargo(&["build", "--release", "-p", "growqr-cli"]))?;
    let tauri = machine::root().join("ui/node_modules/.bin/tauri");
    // Tauri also builds the pages (`beforeBuildCommand` in tauri.conf.json). `-p`, because the window is not a default member.
    let build = ["build", "--ci", "--bundles", "deb", "--", "-p", "growqr-desktop"];
    command::run(Command::new(tauri).args(build).current_dir(machine::root()))?;
    let package = newest(&machine::root().join("target/release/bundle/deb"))?;
    let size = std::fs::metadata(&package)?.len();
    println!("{} ({:.1} MB)", package.display(), size as f64 / 1e6);
    Ok(())
}

/// The newest package in the folder.
fn newest(folder: &Path) -> Result<PathBuf, Failure> {
    let files = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let packages = files.filter(|path| path.extension().is_some_and(|extension| extension == "deb"));
    let made = |path: &PathBuf| path.metadata().and_then(|file| file.modified()).ok();
    packages.max_by_key(made).ok_or_else(|| format!("there is no package in {}", folder.display()).into())
}
