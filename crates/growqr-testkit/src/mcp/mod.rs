//! MCP servers: a scripted one that misbehaves as told, and real ones of npm and PyPI.

pub mod oauth;

use crate::{npm, pypi, skipped};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

const SERVER: &str = include_str!("server.mjs");

/// The servers of PyPI, with all that they import. `cargo xtask install` installs the same ones.
const PYPI: &str = include_str!("../../../../xtask/mcp-servers-pypi.txt");

/// A program and its arguments.
pub type CommandLine = (String, Vec<String>);

/// A scripted server. Removed with everything it recorded when this is dropped.
pub struct ScriptedMcp {
    folder: tempfile::TempDir,
    over_http: Option<(Child, String)>,
}

impl ScriptedMcp {
    /// A server with this script; `server.mjs` says what a script may have. It is started by the program under test.
    ///
    /// # Panics
    /// If its files cannot be written.
    #[must_use]
    pub fn new(script: &Value) -> ScriptedMcp {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("server.mjs"), SERVER).expect("the server is written");
        let server = ScriptedMcp { folder, over_http: None };
        server.change(script);
        std::fs::write(server.path("record"), "").expect("the record is written");
        server
    }

    /// The same, listening on a loopback port.
    ///
    /// # Panics
    /// If Node.js does not start it.
    #[must_use]
    pub fn over_http(script: &Value) -> ScriptedMcp {
        let mut server = ScriptedMcp::new(script);
        let (program, mut args) = server.command();
        args.push("--http".to_owned());
        let mut node = Command::new(program);
        let mut child = node.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("Node.js starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let address = lines.next().expect("it listens");
        server.over_http = Some((child, address));
        server
    }

    /// Exchanges the script; a running server reads it at its next message.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn change(&self, script: &Value) {
        std::fs::write(self.path("script.json"), script.to_string()).expect("the script is written");
    }

    /// How it is started.
    #[must_use]
    pub fn command(&self) -> CommandLine {
        let path = |name| self.path(name).display().to_string();
        ("node".to_owned(), vec![path("server.mjs"), path("script.json"), path("record")])
    }

    /// Its address.
    ///
    /// # Panics
    /// If it does not listen on a port.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.over_http.as_ref().expect("a server over HTTP").1
    }

    /// Everything that it received, in order, over all of its runs.
    ///
    /// # Panics
    /// If the record cannot be read.
    #[must_use]
    pub fn received(&self) -> Vec<Value> {
        let record = std::fs::read_to_string(self.path("record")).expect("the record is read");
        record.lines().map(|line| serde_json::from_str(line).unwrap_or(json!(null))).collect()
    }

    /// The number of messages with this method.
    #[must_use]
    pub fn count(&self, method: &str) -> usize {
        self.received().iter().filter(|entry| entry["method"] == method).count()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for ScriptedMcp {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.over_http {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A real server of npm, `@modelcontextprotocol/server-…`, with the path of its program. `None`, and the test is reported as
/// skipped, if it cannot be installed.
///
/// # Panics
/// If there is none and `GROWQR_REQUIRE_MCP` is set.
#[must_use]
pub fn npm_server(name: &str) -> Option<CommandLine> {
    // `cargo xtask install` installs the same version.
    let version = include_str!("../../../../xtask/mcp-servers.txt").trim();
    let package = format!("@modelcontextprotocol/server-{name}");
    let packages = found(&package, npm::install(&format!("mcp-servers/{name}"), &package, version))?;
    let program = packages.join("node_modules").join(package).join("dist/index.js");
    Some(("node".to_owned(), vec![program.display().to_string()]))
}

/// A real server of PyPI, `mcp-server-…`, with the path of its program. `None`, and the test is reported as skipped, if it cannot be
/// installed.
///
/// # Panics
/// If there is none and `GROWQR_REQUIRE_MCP` is set.
#[must_use]
pub fn pypi_server(name: &str) -> Option<CommandLine> {
    // Tests of one program run side by side, and share the folder.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let package = format!("mcp-server-{name}");
    let pinned = format!("{package}==");
    let version = PYPI.lines().find_map(|line| line.strip_prefix(&pinned)).expect("its version is pinned");
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/mcp-servers-pypi.txt");
    let programs = {
        let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        found(&package, pypi::install("mcp-servers/pypi", version, &list))?
    };
    Some((programs.join(package).display().to_string(), Vec::new()))
}

/// The folder of an installed server; tells that its tests are skipped if there is none.
fn found(package: &str, folder: Option<PathBuf>) -> Option<PathBuf> {
    if folder.is_none() {
        skipped(&format!("every test with the MCP server {package}: it could not be installed"));
        assert!(std::env::var_os("GROWQR_REQUIRE_MCP").is_none(), "the MCP server is required");
    }
    folder
}
