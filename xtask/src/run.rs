//! Installs, builds and starts the window: all that is needed after a fresh clone.

use crate::install::{self, Need};
use crate::{Failure, command, machine};

/// Installs missing packages and opens the window. Without a display, opens the chat in this terminal.
pub fn run(yes: bool) -> Result<(), Failure> {
    if !machine::has_display() {
        eprintln!(
            "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). Starting the chat in this terminal instead."
        );
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
        return Err("the pages of the window cannot be built: ui/package.json is missing".into());
    }
    command::run(&mut command::npm(&["run", "build"]))
}
