//! Link handling of the test desktop: which program opens web links, and which opens GrowQR's links.

use crate::computer::Computer;
use growqr_testkit::window::ProcessTree;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// The scheme of the OAuth redirect.
pub const SIGN_IN: &str = "ai.growqr.desktop";
/// The scheme of links to places.
pub const PLACES: &str = "growqr";

/// How long the system may take to start a program. Long enough for a busy machine.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The programs that these tests need.
const PROGRAMS: [&str; 4] = ["xdg-open", "xdg-mime", "gio", "mkfifo"];

/// Whether links can be opened on this machine. Prints what is missing.
pub fn are_possible() -> bool {
    let possible = PROGRAMS.iter().all(|name| Path::new("/usr/bin").join(name).exists());
    if !possible {
        fail_if_required();
        growqr_testkit::skipped("signing in in the real window: a program that opens links is missing");
    }
    possible
}

/// Fails if the environment requires the tests of the window, as these are part of them.
fn fail_if_required() {
    assert!(std::env::var_os("GROWQR_REQUIRE_WINDOW").is_none(), "signing in needs Chromium and {PROGRAMS:?}");
}

/// The installed Chromium.
pub fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(|name| Path::new("/usr/bin").join(name));
    let found = named.into_iter().chain(usual).find(|program| program.exists());
    if found.is_none() {
        fail_if_required();
        growqr_testkit::skipped("signing in with a real browser: there is no Chromium");
    }
    found
}

/// The link handlers of a test computer.
pub struct Links {
    home: PathBuf,
}

impl Links {
    /// Sets the handlers: web links are opened by a program that does nothing. GrowQR registers its own links, as an
    /// AppImage does: `APPIMAGE` is set.
    pub fn of(computer: &mut Computer) -> Links {
        let links = Links { home: computer.home().to_path_buf() };
        computer.set("XDG_CURRENT_DESKTOP", "GNOME");
        computer.set("APPIMAGE", links.starter());
        links.set_handler(&["http", "https"], "browser", &links.script("browser", "exit 0"));
        links
    }

    /// Makes Chromium the handler of web links. Its preferences allow links from `site` to open GrowQR. (Chromium would
    /// ask the user otherwise, in a dialog outside the page, whose button a test cannot press.)
    pub fn browse_with(&self, chromium: &Path, site: &str) {
        let profile = self.home.join("chromium");
        let allowed = serde_json::json!({"protocol_handler": {"allowed_origin_protocol_pairs": {site: {SIGN_IN: true}}}});
        write(&profile.join("Default/Preferences"), &allowed.to_string());
        let flags =
            "--no-sandbox --no-first-run --no-default-browser-check --disable-gpu --disable-dev-shm-usage --password-store=basic";
        let (pids, profile, chromium) = (self.pids().display().to_string(), profile.display(), chromium.display());
        let start = format!("echo $$ >> '{pids}'\nexec '{chromium}' {flags} --user-data-dir='{profile}' \"$1\"");
        self.script("browser", &start);
    }

    /// A program that starts GrowQR with all log levels, and appends the log to the file `log` in the home folder.
    pub fn logging_starter(&self) -> PathBuf {
        let (program, log) = (env!("CARGO_BIN_EXE_growqr-desktop"), self.home.join("log"));
        self.script("logging_starter", &format!("RUST_LOG=trace exec '{program}' \"$@\" 2>> '{}'", log.display()))
    }

    /// Makes another program the handler of these schemes.
    pub fn assign_to_other_program(&self, schemes: &[&str]) {
        self.set_handler(schemes, "other", &self.script("other", "exit 0"));
    }

    /// Opens a link with `xdg-open`, as other programs do.
    pub fn open(&self, computer: &Computer, link: &str) {
        let status = computer.program("xdg-open").arg(link).status().expect("it starts");
        assert!(status.success(), "xdg-open cannot open {link}");
    }

    /// Opens a link while GrowQR does not run. Returns the command-line arguments that the system passes. GrowQR itself is
    /// not started: the caller does that, with a driver for the window.
    pub fn receive(&self, computer: &Computer, link: &str) -> Vec<String> {
        let made = computer.program("mkfifo").arg(self.pipe()).status().expect("it starts");
        assert!(made.success());
        let (sender, received) = mpsc::channel();
        let pipe = self.pipe();
        std::thread::spawn(move || sender.send(fs::read_to_string(pipe)));
        self.open(computer, link);
        let arguments = received.recv_timeout(TIMEOUT).expect("GrowQR is started").expect("text");
        fs::remove_file(self.pipe()).expect("it was there");
        arguments.lines().map(str::to_owned).collect()
    }

    /// The script that is registered as GrowQR. While the pipe exists, it writes its arguments to the pipe; otherwise it
    /// starts GrowQR.
    fn starter(&self) -> PathBuf {
        let (pipe, program) = (self.pipe().display().to_string(), env!("CARGO_BIN_EXE_growqr-desktop"));
        let body = format!("if [ -p '{pipe}' ]; then printf '%s\\n' \"$@\" > '{pipe}'; else exec '{program}' \"$@\"; fi");
        self.script("growqr-desktop", &body)
    }

    fn pipe(&self) -> PathBuf {
        self.home.join("waiting")
    }

    fn pids(&self) -> PathBuf {
        self.home.join("browsers")
    }

    fn script(&self, name: &str, body: &str) -> PathBuf {
        let path = self.home.join("bin").join(name);
        write(&path, &format!("#!/bin/sh\n{body}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a file of ours");
        path
    }

    fn set_handler(&self, schemes: &[&str], name: &str, program: &Path) {
        let kinds: String = schemes.iter().map(|scheme| format!("x-scheme-handler/{scheme};")).collect();
        let entry = format!(
            "[Desktop Entry]\nType=Application\nName={name}\nExec=\"{}\" %u\nMimeType={kinds}\nNoDisplay=true\n",
            program.display()
        );
        write(&self.home.join(format!("share/applications/{name}.desktop")), &entry);
        let list = self.home.join("config/mimeapps.list");
        let before = fs::read_to_string(&list).unwrap_or_else(|_| "[Default Applications]\n".to_owned());
        let added: String = schemes.iter().map(|scheme| format!("x-scheme-handler/{scheme}={name}.desktop\n")).collect();
        write(&list, &(before + &added));
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        let pids = fs::read_to_string(self.pids()).unwrap_or_default();
        pids.lines().filter_map(|pid| pid.parse().ok()).for_each(|pid| ProcessTree::of(pid).kill());
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
    fs::write(path, text).expect("a small file");
}
