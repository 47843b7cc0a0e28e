//! What this machine has. Looks, and changes nothing.

use std::path::Path;
use std::process::{Command, Stdio};

/// Features of the whole workspace, window included. One set for every chore, so that nothing is compiled twice.
pub const ALL_FEATURES: &str = "growqr-cli/hold-points,growqr-cli/loopback-issuer,growqr-desktop/desktop,growqr-desktop/custom-protocol,growqr-desktop/loopback-issuer";

/// The same without the window.
pub const NO_WINDOW: &str = "growqr-cli/hold-points,growqr-cli/loopback-issuer";

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the project's folder")
}

/// Whether a program starts at all.
pub fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Whether the window can be compiled here. Windows and macOS bring what it needs.
pub fn can_build_window() -> bool {
    !cfg!(target_os = "linux")
        || Command::new("pkg-config").args(["--exists", "webkit2gtk-4.1"]).status().is_ok_and(|status| status.success())
}

/// Whether a window can be shown here.
pub fn has_display() -> bool {
    let is_named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_named("DISPLAY") || is_named("WAYLAND_DISPLAY")
}

/// Whether the store's tests find a PostgreSQL server or can start one.
pub fn has_postgres() -> bool {
    std::env::var_os("GROWQR_TEST_DATABASE_URL").is_some()
        || ["15", "16", "17", "18"].iter().any(|version| Path::new(&format!("/usr/lib/postgresql/{version}/bin/initdb")).exists())
}

/// Whether the keychain's tests find a real one to start. Elsewhere than on Linux there is none of their own.
pub fn has_keyring() -> bool {
    !cfg!(target_os = "linux") || ["gnome-keyring-daemon", "secret-tool", "dbus-daemon"].iter().all(|program| has(program))
}

/// Whether the tests of the pages find a browser.
pub fn has_chromium() -> bool {
    std::env::var_os("CHROMIUM").is_some()
        || ["chromium", "chromium-browser", "google-chrome"].iter().any(|name| Path::new("/usr/bin").join(name).exists())
}

/// Whether the journeys that sign in find what opens links.
pub fn can_open_links() -> bool {
    ["xdg-open", "xdg-mime", "gio"].iter().all(|name| Path::new("/usr/bin").join(name).exists())
}

/// Whether the journeys in the real window can be made. They drive WebKitGTK, which is on Linux only.
pub fn can_drive_window() -> bool {
    let is_there = |program: &&str| ["/usr/bin", "/usr/local/bin"].iter().any(|folder| Path::new(folder).join(program).exists());
    cfg!(target_os = "linux") && ["Xvfb", "dbus-daemon", "WebKitWebDriver"].iter().all(is_there)
}
