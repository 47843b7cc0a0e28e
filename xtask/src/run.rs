//! From a fresh clone to the open window.

use crate::install::{self, Need};
use crate::{Failure, command, machine};

/// Installs what is missing and opens the window. With no display it says so and opens the chat in this terminal.
pub fn run(yes: bool) -> Result<(), Failure> {
    if !machine::has_display() {
        eprintln!("There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): here is the chat in the terminal.");
        return command::run(&mut command::cargo(&["run", "--quiet", "-p", "growqr-cli", "--", "chat"]));
    }
    install::packages(Need::Build, yes)?;
    build_pages()?;
    command::run(&mut command::cargo(&["run", "-p", "growqr-desktop", "--features", "desktop,custom-protocol"]))
}

/// Builds the pages that the window shows.
pub fn build_pages() -> Result<(), Failure> {
    install::pages()?;
    if !machine::root().join("ui/package.json").exists() {
        return Err("there are no pages to show: ui/package.json is missing".into());
    }
    command::run(&mut command::npm(&["run", "build"]))
}
