//! An engine that the node starts, as a program of its own on this computer. It listens on loopback addresses, sends nothing to its
//! vendor, and ends with the node, unless that is killed. Its folder has what it knows: ids of agents, and when to wake them.

use growqr_core::secret::Secret;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// The version that fits the engine's library.
const VERSION: &str = include_str!("../../../xtask/rivet-engine.txt");

/// What every engine of this program has in its configuration: it would listen on all addresses, and with its usual load shedding
/// it starts no actors on a computer that is busy.
const CONFIGURATION: &str = include_str!("../../../xtask/rivet-engine.json");

/// How long npm may take.
const INSTALL_LIMIT: Duration = Duration::from_secs(10 * 60);

/// How long it may take to start, and how often to look.
const START_LIMIT: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// Why an engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum OwnEngineError {
    /// Another program has its port.
    #[error("port {0} is in use: end the engine that runs there, or choose another port")]
    PortInUse(u16),
    /// npm cannot install it.
    #[error("npm could not install {package}: install Node.js, or give the path of the engine's program")]
    Npm {
        /// The package.
        package: String,
    },
    /// Its folder or its program cannot be used.
    #[error("{}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// It has ended, or does not answer.
    #[error("the engine {what}; its log is {}", log.display())]
    NotRunning {
        /// What it does.
        what: &'static str,
        /// Its log.
        log: PathBuf,
    },
}

/// A running engine. It is killed when this is dropped; what it has written stays.
pub struct OwnEngine {
    child: Child,
    port: u16,
    token: Secret,
    log: PathBuf,
}

impl OwnEngine {
    /// Starts an engine with this folder for its data, and returns once it answers. It listens on `port` and the two after it.
    /// Without a program, npm installs it into the folder.
    ///
    /// # Errors
    /// [`OwnEngineError`].
    pub async fn start(folder: &Path, program: Option<PathBuf>, port: u16) -> Result<OwnEngine, OwnEngineError> {
        for port in port..=port + 2 {
            std::net::TcpListener::bind(("127.0.0.1", port)).map_err(|_| OwnEngineError::PortInUse(port))?;
        }
        std::fs::create_dir_all(folder).map_err(of(folder))?;
        let folder = std::path::absolute(folder).map_err(of(folder))?;
        let program = match program {
            Some(program) => program,
            None => install(&folder).await?,
        };
        let token = Secret::new(format!("{:032x}", rand::random::<u128>()));
        let config = folder.join("config.json");
        write_private(&config, &configuration(&folder, &token, port).to_string()).map_err(of(&config))?;
        let log = folder.join("log");
        if let Err(error) = std::fs::rename(&log, folder.join("log.old"))
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(of(&log)(error));
        }
        let output = std::fs::File::create(&log).map_err(of(&log))?;
        let errors = output.try_clone().map_err(of(&log))?;
        let mut command = Command::new(&program);
        command.arg("start").arg("--config").arg(&config).current_dir(&folder);
        // It gets nothing else from the environment, where the database's password may be.
        let kept = ["PATH", "SystemRoot"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.env_clear().envs(kept).env("HOME", &folder);
        command.stdin(Stdio::null()).stdout(output).stderr(errors).kill_on_drop(true);
        keep_from_console(&mut command);
        let child = command.spawn().map_err(of(&program))?;
        let mut engine = OwnEngine { child, port, token, log };
        engine.until_it_answers().await?;
        Ok(engine)
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its admin token, which is new at each start.
    #[must_use]
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// Returns once it has ended.
    pub async fn ended(&mut self) -> OwnEngineError {
        // Without an exit code it has ended too.
        let _ = self.child.wait().await;
        self.not_running("has ended")
    }

    /// Ends it, and returns once it has ended.
    pub async fn stop(mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "the engine could not be ended");
        }
    }

    async fn until_it_answers(&mut self) -> Result<(), OwnEngineError> {
        let port = self.port;
        let answered = async {
            while !answers(port).await.unwrap_or(false) {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            ended = self.ended() => Err(ended),
            answered = tokio::time::timeout(START_LIMIT, answered) => answered.map_err(|_| self.not_running("does not answer")),
        }
    }

    fn not_running(&self, what: &'static str) -> OwnEngineError {
        OwnEngineError::NotRunning { what, log: self.log.clone() }
    }
}

fn of(path: &Path) -> impl FnOnce(io::Error) -> OwnEngineError {
    let path = path.to_owned();
    move |source| OwnEngineError::File { path, source }
}

/// Whether it answers its health check with success; an error if it does not listen yet.
async fn answers(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n").await?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await?;
    Ok(response.starts_with(b"HTTP/1.1 200"))
}

/// Installs the package of this system, unless it is installed. Returns the path of the program.
async fn install(folder: &Path) -> Result<PathBuf, OwnEngineError> {
    let package = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("macos", "aarch64") => "@rivetkit/engine-cli-darwin-arm64",
        ("macos", _) => "@rivetkit/engine-cli-darwin-x64",
        ("windows", _) => "@rivetkit/engine-cli-win32-x64",
        (_, "aarch64") => "@rivetkit/engine-cli-linux-arm64-musl",
        _ => "@rivetkit/engine-cli-linux-x64-musl",
    };
    let version = VERSION.trim();
    let programs = folder.join("program");
    let (folder, new) = (programs.join(version), programs.join(format!("{version}.new")));
    let name = if cfg!(windows) { "rivet-engine.exe" } else { "rivet-engine" };
    let path = Path::new("node_modules").join(package).join(name);
    if !folder.join(&path).exists() {
        // What an earlier start has not completed.
        remove(&new).map_err(of(&new))?;
        tracing::info!(package, version, "npm installs the engine");
        let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&new);
        npm.arg(format!("{package}@{version}")).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let status = tokio::time::timeout(INSTALL_LIMIT, npm.status()).await;
        let is_installed = status.is_ok_and(|status| status.is_ok_and(|status| status.success()));
        if !is_installed || !new.join(&path).exists() {
            return Err(OwnEngineError::Npm { package: format!("{package}@{version}") });
        }
        remove(&folder).map_err(of(&folder))?;
        std::fs::rename(&new, &folder).map_err(of(&folder))?;
    }
    Ok(folder.join(path))
}

/// Removes a folder, if there is one.
fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn configuration(folder: &Path, token: &Secret, port: u16) -> Value {
    let mut config: Value = serde_json::from_str(CONFIGURATION).expect("a test reads it");
    config["auth"] = json!({"admin_token": token.expose()});
    config["file_system"] = json!({"path": folder.join("data")});
    for (service, port) in [("guard", port), ("api_peer", port + 1), ("metrics", port + 2)] {
        config[service]["port"] = json!(port);
    }
    let datacenter = &mut config["topology"]["datacenters"]["default"];
    datacenter["public_url"] = json!(format!("http://127.0.0.1:{port}"));
    datacenter["peer_url"] = json!(format!("http://127.0.0.1:{}", port + 1));
    config
}

/// Ctrl+C in a console asks this process to end, but not the engine, which its agents need until they have stopped.
#[cfg(unix)]
fn keep_from_console(command: &mut Command) {
    command.process_group(0);
}

/// The same for Windows.
#[cfg(windows)]
fn keep_from_console(command: &mut Command) {
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP);
}

/// Writes a file that no other account can read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_listens_on_loopback_addresses_alone_and_sends_no_telemetry() {
        let config = configuration(Path::new("/data"), &Secret::new("t"), 6_420);
        for (service, port) in [("guard", 6_420), ("api_peer", 6_421), ("metrics", 6_422)] {
            assert_eq!((&config[service]["host"], &config[service]["port"]), (&json!("127.0.0.1"), &json!(port)), "{service}");
        }
        assert_eq!((&config["telemetry"]["enabled"], &config["auth"]["admin_token"]), (&json!(false), &json!("t")));
    }

    #[tokio::test]
    async fn it_needs_each_of_its_ports() {
        let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = other.local_addr().unwrap().port();
        let refused = OwnEngine::start(Path::new("never-made"), None, port - 2).await;
        assert!(matches!(refused, Err(OwnEngineError::PortInUse(used)) if used <= port));
    }
}
