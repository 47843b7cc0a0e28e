//! A desktop session for tests, on Linux only: its own D-Bus, its own home folder, and a real GNOME Keyring.

use crate::skipped;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The password of the keyring.
const PASSWORD: &[u8] = b"open sesame";

/// Configuration of a bus without service activation, so that no other keyring starts and no prompt appears.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=DIR</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// A running session. Its keyring is unlocked at first. Dropping it ends its programs and deletes its folders.
#[derive(Debug)]
pub struct DesktopSession {
    folder: TempDir,
    address: String,
    bus: Child,
    keyring: Option<Child>,
}

impl DesktopSession {
    /// Starts a session. Returns `None`, and reports the test as skipped, if GNOME Keyring is not installed.
    ///
    /// # Panics
    /// If it is not installed and `GROWQR_REQUIRE_KEYRING` is set, or if an installed program fails.
    #[must_use]
    pub fn start() -> Option<DesktopSession> {
        let is_complete =
            ["gnome-keyring-daemon", "dbus-daemon", "dbus-send", "secret-tool"].iter().all(|program| is_installed(program));
        if !is_complete {
            assert!(std::env::var_os("GROWQR_REQUIRE_KEYRING").is_none(), "GNOME Keyring is required, but there is none");
            skipped("the keychain: gnome-keyring, dbus and libsecret-tools are not installed here");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("growqr-session").tempdir().expect("a temporary folder");
        for name in ["home", "run", "data", "config", "cache"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder in an empty one");
        }
        let config = folder.path().join("bus.conf");
        std::fs::write(&config, BUS.replace("DIR", &folder.path().join("run").display().to_string())).expect("a small file");
        let mut command = Command::new("dbus-daemon");
        command.arg(format!("--config-file={}", config.display())).args(["--nofork", "--print-address=1"]);
        let mut bus = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a bus");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().expect("a pipe")).read_line(&mut address).expect("the bus tells its address");
        let mut session = DesktopSession { folder, address: address.trim().to_owned(), bus, keyring: None };
        session.unlock();
        Some(session)
    }

    /// Its home folder.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The folder of the session: home, app data and the files of the keyring.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The address of its message bus.
    #[must_use]
    pub fn bus(&self) -> &str {
        &self.address
    }

    /// Sets the environment variables that make a program part of this session.
    pub fn enter(&self, command: &mut Command) {
        without_session(command);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address).env("HOME", self.home());
        for (name, folder) in
            [("XDG_RUNTIME_DIR", "run"), ("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")]
        {
            command.env(name, self.folder.path().join(folder));
        }
    }

    /// Locks the keyring, as a screen lock may do.
    ///
    /// # Panics
    /// If the keyring fails.
    pub fn lock(&self) {
        let mut command = self.dbus_send();
        command.args(["--dest=org.freedesktop.secrets", "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock"]);
        let output = command.arg("array:objpath:/org/freedesktop/secrets/collection/login").output().expect("dbus-send starts");
        assert!(output.status.success(), "{output:?}");
    }

    /// Restarts the keyring with its password, as a sign-in to the desktop does.
    ///
    /// # Panics
    /// If the keyring fails.
    pub fn unlock(&mut self) {
        self.start_keyring(Some(PASSWORD));
    }

    /// Restarts the keyring of a person who has no collection yet: the service runs, and its alias `default` leads nowhere.
    ///
    /// # Panics
    /// If the keyring fails.
    pub fn without_collection(&mut self) {
        self.end_keyring();
        let keyrings = self.folder.path().join("data/keyrings");
        std::fs::remove_dir_all(&keyrings).expect("the folder of the collections");
        self.start_keyring(None);
    }

    fn start_keyring(&mut self, password: Option<&[u8]>) {
        self.end_keyring();
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]).args(password.map(|_| "--unlock"));
        self.enter(&mut command);
        let mut keyring =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a keyring daemon");
        let mut stdin = keyring.stdin.take().expect("a pipe");
        stdin.write_all(password.unwrap_or_default()).expect("it reads its password");
        drop(stdin);
        self.keyring = Some(keyring);
        while !self.has_keyring() {
            // Only members of the bus are notified, so poll.
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends the keyring. The bus continues without one.
    ///
    /// # Panics
    /// If the system forbids it.
    pub fn end_keyring(&mut self) {
        if let Some(mut keyring) = self.keyring.take() {
            keyring.kill().expect("a child of ours");
            keyring.wait().expect("it is gone");
        }
    }

    /// Reads a secret with another program, `secret-tool`.
    ///
    /// # Panics
    /// If `secret-tool` does not start.
    #[must_use]
    pub fn lookup(&self, service: &str, username: &str) -> Option<String> {
        let mut command = Command::new("secret-tool");
        self.enter(command.args(["lookup", "service", service, "username", username]));
        let output = command.output().expect("secret-tool starts");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn has_keyring(&self) -> bool {
        let mut command = self.dbus_send();
        command.args(["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]);
        command.output().is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("true"))
    }

    fn dbus_send(&self) -> Command {
        let mut command = Command::new("dbus-send");
        self.enter(command.args(["--session", "--print-reply"]));
        command
    }
}

impl Drop for DesktopSession {
    fn drop(&mut self) {
        for child in self.keyring.iter_mut().chain([&mut self.bus]) {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Removes a program from the desktop session of this machine: it finds no bus, no keychain and no display.
pub fn without_session(command: &mut Command) {
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL"] {
        command.env_remove(name);
    }
    // Without an address, programs try the default socket.
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
}

fn is_installed(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
