//! OpenCode as a child process on a loopback port, with folders of its own.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use tempfile::TempDir;

const PASSWORD: &str = "password-of-a-test";

/// A running OpenCode. It and its shell commands are killed when this is dropped.
pub struct OpenCodeServer {
    child: Mutex<Option<Child>>,
    program: PathBuf,
    environment: Vec<(String, String)>,
    folder: TempDir,
    port: u16,
}

impl OpenCodeServer {
    /// Starts a server with this configuration and these variables. Returns before it is ready. Returns `None`, and reports the
    /// test as skipped, if there is no OpenCode.
    ///
    /// # Panics
    /// If it cannot be started, or if there is none and `GROWQR_REQUIRE_OPENCODE` is set.
    #[must_use]
    pub fn start(config: &Value, variables: &[(&str, &str)]) -> Option<OpenCodeServer> {
        let program = super::binary()?.to_owned();
        let folder = tempfile::Builder::new().prefix("growqr-opencode").tempdir().expect("a temporary folder");
        let settings = folder.path().join("config/opencode");
        for made in ["work", "tmp"].map(|name| folder.path().join(name)).iter().chain([&settings]) {
            fs::create_dir_all(made).expect("a folder");
        }
        fs::write(settings.join("opencode.json"), "{}").expect("the settings are written");
        // OpenCode installs its plugin package only into a folder that git does not ignore already.
        fs::write(settings.join(".gitignore"), "*").expect("the settings are written");
        let port = free_port();
        let environment = environment(folder.path(), config, variables);
        let server = OpenCodeServer { child: Mutex::new(None), program, environment, folder, port };
        server.restart();
        Some(server)
    }

    /// The address for a client.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The password for a client.
    #[must_use]
    pub fn password(&self) -> &str {
        PASSWORD
    }

    /// A new folder below the work folder, as an absolute path without links.
    ///
    /// # Panics
    /// If it cannot be created.
    #[must_use]
    pub fn directory(&self, name: &str) -> String {
        let path = self.work().join(name);
        fs::create_dir_all(&path).expect("a folder");
        path.to_str().expect("a UTF-8 path").to_owned()
    }

    /// The work folder.
    ///
    /// # Panics
    /// If it is gone.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work").canonicalize().expect("the work folder")
    }

    /// What the server printed.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Kills the server and its shell commands at once, as a container dies.
    pub fn kill_9(&self) {
        let Some(mut child) = self.child.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        if cfg!(unix) {
            // The group: the shell commands too.
            let _ = Command::new("kill").args(["-9", "--", &format!("-{}", child.id())]).stderr(Stdio::null()).status();
        }
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Starts the server again, with the same folders and port.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn restart(&self) {
        self.kill_9();
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("log")).expect("the log");
        let mut command = Command::new(&self.program);
        command.args(["serve", "--hostname", "127.0.0.1", "--port", &self.port.to_string()]).current_dir(self.work());
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("the log")).stderr(log);
        own_group(&mut command);
        let child = command.spawn().expect("OpenCode starts");
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
    }
}

impl Drop for OpenCodeServer {
    fn drop(&mut self) {
        self.kill_9();
    }
}

fn environment(folder: &Path, config: &Value, variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let below = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let kept = ["PATH", "SystemRoot"].into_iter().filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)));
    let set = [
        ("HOME", below("home")),
        ("TMPDIR", below("tmp")),
        ("XDG_DATA_HOME", below("data")),
        ("XDG_STATE_HOME", below("state")),
        ("XDG_CACHE_HOME", below("cache")),
        ("XDG_CONFIG_HOME", below("config")),
        ("OPENCODE_SERVER_PASSWORD", PASSWORD.to_owned()),
        ("OPENCODE_CONFIG_CONTENT", config.to_string()),
        ("OPENCODE_DISABLE_PROJECT_CONFIG", "1".to_owned()),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1".to_owned()),
        ("OPENCODE_DISABLE_AUTOUPDATE", "1".to_owned()),
    ];
    let added = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
    kept.chain(set.into_iter().chain(added).map(|(name, value)| (name.to_owned(), value))).collect()
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    listener.local_addr().expect("it is bound").port()
}

/// Makes the child the leader of a process group, so that its shell commands can be killed with it.
fn own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}
