//! The real Rivet engine as a child process on loopback ports, with a folder of its own. It sends nothing to its vendor.

use crate::{npm, skipped};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// The key of its own interface. Actor hosts and clients need it too.
const TOKEN: &str = "token-of-a-test";

/// The namespace that every engine has.
const NAMESPACE: &str = "default";

/// How long to wait between two looks at whether it answers, and how often to look.
const PAUSE: Duration = Duration::from_millis(50);
const LOOKS: usize = 600;

/// When an engine notices that an actor host is gone, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// A host that was silent for so long gets no new actors.
    pub eligible: u32,
    /// A host that was silent for so long is lost: its actors sleep, and wake elsewhere.
    pub lost: u32,
}

impl Default for Thresholds {
    /// Those of the vendor.
    fn default() -> Thresholds {
        Thresholds { eligible: 10_000, lost: 15_000 }
    }
}

impl Thresholds {
    /// For tests that kill hosts.
    pub const SHORT: Thresholds = Thresholds { eligible: 2_000, lost: 3_000 };
}

/// A running engine. It is killed when this is dropped, and when this process ends in any way.
pub struct RivetEngine {
    running: Mutex<Option<Running>>,
    program: PathBuf,
    folder: TempDir,
    port: u16,
    /// Of the other two services: for other engines, and for measurements.
    other_ports: [u16; 2],
}

struct Running {
    engine: Child,
    /// Kills the engine once this process has ended. This process has the other end of its standard input.
    watchdog: Option<Child>,
}

impl RivetEngine {
    /// Starts an engine and waits until it answers. Returns `None`, and reports the test as skipped, if it cannot be installed.
    ///
    /// # Panics
    /// If it does not start, or if there is none and `GROWQR_REQUIRE_RIVET` is set.
    #[must_use]
    pub fn start(thresholds: Thresholds) -> Option<RivetEngine> {
        let program = program()?;
        let folder = tempfile::Builder::new().prefix("growqr-rivet").tempdir().expect("a temporary folder");
        let [port, peers, metrics] = free_ports();
        let other_ports = [peers, metrics];
        let config = configuration(folder.path(), port, other_ports, thresholds);
        std::fs::write(folder.path().join("config.json"), config.to_string()).expect("the configuration is written");
        let engine = RivetEngine { running: Mutex::new(None), program, folder, port, other_ports };
        engine.restart();
        Some(engine)
    }

    /// The address for actor hosts and clients.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The token for actor hosts and clients.
    #[must_use]
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// The namespace for actor hosts and clients.
    #[must_use]
    pub fn namespace(&self) -> &'static str {
        NAMESPACE
    }

    /// The ports that it listens on, all of them on the loopback address.
    #[must_use]
    pub fn ports(&self) -> [u16; 3] {
        [self.port, self.other_ports[0], self.other_ports[1]]
    }

    /// The process id; `None` if it does not run.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.running().as_ref().map(|running| running.engine.id())
    }

    /// What it printed.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Whether its service for hosts and clients answers. An engine whose worker has died answers too: only the call of an actor
    /// proves that it works.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.get("/health").is_some_and(|response| response.starts_with("HTTP/1.1 200"))
    }

    /// The response to a request of its own interface: status line, headers and body. `None` if it does not answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], self.port))).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let port = self.port;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n\r\n"
        )
        .ok()?;
        let mut response = String::new();
        stream.read_to_string(&mut response).ok()?;
        Some(response)
    }

    /// Kills it at once.
    pub fn kill_9(&self) {
        self.end(|engine| {
            let _ = engine.kill();
        });
    }

    /// Asks it to end, and returns once it has.
    pub fn stop(&self) {
        self.end(|engine| {
            if cfg!(unix) {
                let _ = Command::new("kill").arg(engine.id().to_string()).status();
            } else {
                let _ = engine.kill();
            }
        });
    }

    /// Starts it, again if it runs, with the same folder and ports, and waits until it answers.
    ///
    /// # Panics
    /// If it does not start.
    pub fn restart(&self) {
        self.kill_9();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("log")).expect("the log");
        let mut command = Command::new(&self.program);
        command.arg("start").arg("--config").arg(self.folder.path().join("config.json")).current_dir(self.folder.path());
        let kept = ["PATH", "SystemRoot"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.env_clear().envs(kept).env("HOME", self.folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("the log")).stderr(log);
        let engine = command.spawn().expect("the engine starts");
        let watchdog = watchdog(&engine);
        *self.running() = Some(Running { engine, watchdog });
        for _ in 0..LOOKS {
            if self.answers() {
                return;
            }
            let has_ended =
                self.running().as_mut().is_none_or(|running| running.engine.try_wait().is_ok_and(|end| end.is_some()));
            assert!(!has_ended, "the engine has ended:\n{}", self.log());
            std::thread::sleep(PAUSE);
        }
        panic!("the engine does not answer:\n{}", self.log());
    }

    fn end(&self, how: impl FnOnce(&mut Child)) {
        let Some(Running { mut engine, watchdog }) = self.running().take() else { return };
        how(&mut engine);
        let _ = engine.wait();
        if let Some(mut watchdog) = watchdog {
            let _ = watchdog.kill();
            let _ = watchdog.wait();
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RivetEngine {
    fn drop(&mut self) {
        self.kill_9();
    }
}

/// The engine's program. Returns `None`, and reports the test as skipped, if it cannot be installed.
///
/// # Panics
/// If there is none and `GROWQR_REQUIRE_RIVET` is set.
#[must_use]
pub fn program() -> Option<PathBuf> {
    let program = install();
    if program.is_none() {
        skipped("every test with the Rivet engine: npm could not install it");
        assert!(std::env::var_os("GROWQR_REQUIRE_RIVET").is_none(), "the Rivet engine is required");
    }
    program
}

/// Installs the package of this system, unless it is installed. Returns the path of the program.
fn install() -> Option<PathBuf> {
    // `cargo xtask install` installs the same version.
    let version = include_str!("../../../xtask/rivet-engine.txt").trim();
    let package = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("macos", "aarch64") => "@rivetkit/engine-cli-darwin-arm64",
        ("macos", _) => "@rivetkit/engine-cli-darwin-x64",
        ("windows", _) => "@rivetkit/engine-cli-win32-x64",
        (_, "aarch64") => "@rivetkit/engine-cli-linux-arm64-musl",
        _ => "@rivetkit/engine-cli-linux-x64-musl",
    };
    let folder = npm::install("rivet-engine", package, version)?;
    let program = if cfg!(windows) { "rivet-engine.exe" } else { "rivet-engine" };
    folder.join("node_modules").join(package).join(program).canonicalize().ok()
}

/// Its configuration.
fn configuration(folder: &Path, port: u16, [peers, metrics]: [u16; 2], thresholds: Thresholds) -> Value {
    let mut config: Value = serde_json::from_str(include_str!("../../../xtask/rivet-engine.json")).expect("it is valid");
    config["auth"] = json!({"admin_token": TOKEN});
    config["file_system"] = json!({"path": folder.join("data")});
    for (service, port) in [("guard", port), ("api_peer", peers), ("metrics", metrics)] {
        config[service]["port"] = json!(port);
    }
    let datacenter = &mut config["topology"]["datacenters"]["default"];
    datacenter["public_url"] = json!(format!("http://127.0.0.1:{port}"));
    datacenter["peer_url"] = json!(format!("http://127.0.0.1:{peers}"));
    // Nobody waits for the requests of a test.
    for part in ["worker_shutdown_duration", "guard_shutdown_duration"] {
        config["runtime"][part] = json!(2);
    }
    config["runtime"]["force_shutdown_duration"] = json!(5);
    config["pegboard"] = json!({
        "envoy_eligible_threshold": thresholds.eligible,
        "envoy_lost_threshold": thresholds.lost,
        "envoy_ping_timeout": thresholds.lost,
        "envoy_update_ping_interval": thresholds.eligible.min(3_000) / 3,
    });
    config
}

/// Ports that nothing listens on.
fn free_ports<const N: usize>() -> [u16; N] {
    // All are open at the same time, so that they differ.
    let listeners: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a loopback port"));
    listeners.map(|listener| listener.local_addr().expect("it is bound").port())
}

/// A shell that waits for the end of its standard input, which the system closes when this process ends for any reason.
fn watchdog(engine: &Child) -> Option<Child> {
    if cfg!(windows) {
        return None;
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", "cat >/dev/null; kill -9 \"$1\"", "sh", &engine.id().to_string()]);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
}
