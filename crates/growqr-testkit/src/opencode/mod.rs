//! The real OpenCode for tests: found or installed, run as a child process, and put into the root folder of an image.

mod image;
mod server;

pub use image::image_root;
pub use server::OpenCodeServer;

use crate::{npm, skipped};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

static BINARY: OnceLock<Option<PathBuf>> = OnceLock::new();

/// The version that is installed.
#[must_use]
pub fn version() -> &'static str {
    // `cargo xtask install` installs the same version.
    include_str!("../../../../xtask/opencode.txt").trim()
}

/// The program: the one in `OPENCODE_BIN`, otherwise one that npm installed into the target folder. Returns `None`, and reports
/// the test as skipped, if it cannot be installed.
///
/// # Panics
/// If there is none and `GROWQR_REQUIRE_OPENCODE` is set.
#[must_use]
pub fn binary() -> Option<&'static Path> {
    let find = || {
        let found = std::env::var_os("OPENCODE_BIN").map(PathBuf::from).or_else(install).filter(|path| path.exists());
        if found.is_none() {
            skipped("every test with OpenCode: no OPENCODE_BIN, and npm could not install it");
        }
        found
    };
    let found = BINARY.get_or_init(find).as_deref();
    assert!(found.is_some() || std::env::var_os("GROWQR_REQUIRE_OPENCODE").is_none(), "OpenCode is required, but there is none");
    found
}

/// Installs the package of this system, unless it is installed. Returns the path of the program.
fn install() -> Option<PathBuf> {
    let package = package();
    let folder = npm::install("opencode", &package, version())?;
    let program = if cfg!(windows) { "opencode.exe" } else { "opencode" };
    folder.join("node_modules").join(&package).join("bin").join(program).canonicalize().ok()
}

fn package() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    match std::env::consts::ARCH {
        "aarch64" => format!("opencode-{system}-arm64"),
        // The baseline build runs on every x86-64 processor.
        _ => format!("opencode-{system}-x64-baseline"),
    }
}
