//! Checks what this machine has. Changes nothing.

use std::path::Path;
use std::process::{Command, Stdio};

/// The features of the whole workspace, including the window. All tasks use the same set, so that nothing compiles twice.
pub const ALL_FEATURES: &str = "growqr-cli/stop-points,growqr-cli/loopback-issuer,growqr-desktop/desktop,growqr-desktop/custom-protocol,growqr-desktop/loopback-issuer";

/// The features without the window.
pub const NO_WINDOW: &str = "growqr-cli/stop-points,growqr-cli/loopback-issuer";

/// The node with its engine, which is compiled and tested apart from the rest: the engine's library turns on features of packages that
/// the window and the command line use, too, but are not shipped with.
pub const NODE: [&str; 4] = ["-p", "growqr-node", "--features", "engine"];

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the project's folder")
}

/// Whether a program can be started.
pub fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Whether this process has root rights.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Whether the window can be compiled here. On Windows and macOS nothing has to be installed for it.
pub fn can_build_window() -> bool {
    !cfg!(target_os = "linux")
        || Command::new("pkg-config").args(["--exists", "webkit2gtk-4.1"]).status().is_ok_and(|status| status.success())
}

/// Whether there is a display.
pub fn has_display() -> bool {
    let is_named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_named("DISPLAY") || is_named("WAYLAND_DISPLAY")
}

/// Whether the tests of the store have a PostgreSQL server, or can start one.
pub fn has_postgres() -> bool {
    std::env::var_os("GROWQR_TEST_DATABASE_URL").is_some()
        || ["15", "16", "17", "18"].iter().any(|version| Path::new(&format!("/usr/lib/postgresql/{version}/bin/initdb")).exists())
}

/// Whether the tests of the keychain can start a keyring. Only the Linux tests need one.
pub fn has_keyring() -> bool {
    !cfg!(target_os = "linux") || ["gnome-keyring-daemon", "secret-tool", "dbus-daemon"].iter().all(|program| has(program))
}

/// Whether there is a browser for the tests of the pages.
pub fn has_chromium() -> bool {
    std::env::var_os("CHROMIUM").is_some()
        || ["chromium", "chromium-browser", "google-chrome"].iter().any(|name| Path::new("/usr/bin").join(name).exists())
}

/// Whether there are the programs that open links. The sign-in journeys need them.
pub fn can_open_links() -> bool {
    ["xdg-open", "xdg-mime", "gio"].iter().all(|name| Path::new("/usr/bin").join(name).exists())
}

/// Whether the journeys (end-to-end tests in the real window) can run. They drive WebKitGTK, so on Linux only.
pub fn can_drive_window() -> bool {
    let is_there = |program: &&str| ["/usr/bin", "/usr/local/bin"].iter().any(|folder| Path::new(folder).join(program).exists());
    cfg!(target_os = "linux") && ["Xvfb", "dbus-daemon", "WebKitWebDriver"].iter().all(is_there)
}
