//! A PostgreSQL server for tests: the one in `GROWQR_TEST_DATABASE_URL`, otherwise a private server in a temporary folder. It
//! is started once for each test process, and a watchdog stops it when the process ends.

use crate::skipped;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

static SERVER: OnceLock<Option<String>> = OnceLock::new();
/// The server that this process has started. Its watchdog stops it when the process ends.
static OWN_SERVER: OnceLock<PrivateServer> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Creates an empty database and returns its URL. Returns `None`, and reports the test as skipped, if there is no server.
///
/// # Panics
/// If there is no server and `GROWQR_REQUIRE_POSTGRES` is set, or if the server fails.
#[must_use]
pub fn fresh_database() -> Option<String> {
    let found = || {
        let server = server();
        if server.is_none() {
            skipped("every test on PostgreSQL: no server of version 15 or later, no GROWQR_TEST_DATABASE_URL");
        }
        server
    };
    let Some(server) = SERVER.get_or_init(found).as_deref() else {
        assert!(std::env::var_os("GROWQR_REQUIRE_POSTGRES").is_none(), "PostgreSQL is required, but there is none");
        return None;
    };
    let name = format!("growqr_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    let psql = server_programs().map_or_else(|| PathBuf::from("psql"), |folder| folder.join("psql"));
    run(Command::new(psql).args(["-q", "-c", &format!("create database {name}"), &with_database(server, "postgres")]));
    Some(with_database(server, &name))
}

/// Replaces the database in a URL. Keeps the query.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, ""), |(address, query)| (address, query));
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find('/').map_or(address.len(), |at| host + at);
    format!("{}/{name}?{query}", &address[..end])
}

fn server() -> Option<String> {
    if let Ok(url) = std::env::var("GROWQR_TEST_DATABASE_URL") {
        return Some(url);
    }
    let server = start(&server_programs()?);
    let url = server.url(server.port);
    assert!(OWN_SERVER.set(server).is_ok(), "one server is started once");
    Some(url)
}

/// The folder of the server's programs on Debian.
fn server_programs() -> Option<PathBuf> {
    ["15", "16", "17", "18"]
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
        .into_iter()
        .find(|folder| folder.join("initdb").exists())
}

/// Creates a database cluster and starts the server on a free loopback port.
fn start(programs: &Path) -> PrivateServer {
    let folder = tempfile::Builder::new().prefix("growqr-pg").tempdir().expect("a temporary folder").keep();
    let data = folder.join("data");
    chown_to_server(&folder);
    let initdb = programs.join("initdb");
    run(as_server(&initdb).args(["--auth=trust", "--username=growqr", "--encoding=UTF8", "--locale=C.UTF-8", "-D"]).arg(&data));
    let port = free_port();
    let options = format!(
        "-h 127.0.0.1,::1 -p {port} -c unix_socket_directories='{}' -c max_connections=200 -c fsync=off",
        folder.display()
    );
    let control = programs.join("pg_ctl");
    run(as_server(&control).args(["start", "-w", "-D"]).arg(&data).arg("-l").arg(folder.join("log")).arg("-o").arg(options));
    let watchdog = stop_server_with_this_process(&control, &data, &folder);
    PrivateServer { control, data, folder, port, watchdog }
}

/// A server for one test, which may restart it. It ends with this value, or with the process.
pub struct PrivateServer {
    control: PathBuf,
    data: PathBuf,
    folder: PathBuf,
    port: u16,
    /// This process has the other end of its standard input.
    watchdog: Child,
}

impl PrivateServer {
    /// Starts a server with the empty database `postgres`. `None`, and the test is reported as skipped, if there is no program
    /// for it.
    ///
    /// # Panics
    /// If there is no program and `GROWQR_REQUIRE_POSTGRES` is set, or if the server fails.
    #[must_use]
    pub fn start() -> Option<PrivateServer> {
        let Some(programs) = server_programs() else {
            skipped("a test that restarts PostgreSQL: no server of version 15 or later is installed");
            assert!(std::env::var_os("GROWQR_REQUIRE_POSTGRES").is_none(), "PostgreSQL is required, but there is none");
            return None;
        };
        Some(start(&programs))
    }

    /// Its port on the loopback addresses.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its Unix socket.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of its database through a port of this computer, such as that of a proxy.
    #[must_use]
    pub fn url(&self, port: u16) -> String {
        format!("postgres://growqr@127.0.0.1:{port}/postgres")
    }

    /// Restarts the server, which ends all its connections.
    ///
    /// # Panics
    /// If the server fails.
    pub fn restart(&self) {
        run(as_server(&self.control)
            .args(["restart", "-w", "-m", "fast", "-D"])
            .arg(&self.data)
            .arg("-l")
            .arg(self.folder.join("log")));
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // It only fails if the watchdog has ended before; then the server has too.
        let _ = self.watchdog.wait();
    }
}

/// A command of the server. The server refuses to run as root: if this process is root, the command runs as the user
/// `postgres` of the server's package.
fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    listener.local_addr().expect("it is bound").port()
}

fn chown_to_server(folder: &Path) {
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder));
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Starts the watchdog, because tests have no common end at which to stop the server. It is a shell that waits for the end
/// of its standard input. This process has the other end, which the system closes when the process ends for any reason.
fn stop_server_with_this_process(control: &Path, data: &Path, folder: &Path) -> Child {
    let stop = as_server(control);
    let mut script = Command::new("sh");
    script.args(["-c", "cat >/dev/null; folder=$1; shift; \"$@\" >/dev/null 2>&1; rm -rf \"$folder\"", "sh"]);
    script.arg(folder).arg(stop.get_program()).args(stop.get_args()).args(["stop", "-m", "immediate", "-D"]).arg(data);
    script.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell")
}

fn run(command: &mut Command) {
    // No pipes: the server would inherit them, and reading them would never end.
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program starts");
    assert!(status.success(), "{command:?}: {status}");
}

/// All tables and rows of a database as SQL for [`restore`], without comments and other lines that differ between two dumps
/// of the same data.
///
/// # Panics
/// If `pg_dump` is missing or fails.
#[must_use]
pub fn dump(url: &str) -> String {
    let program = server_programs().map_or_else(|| PathBuf::from("pg_dump"), |folder| folder.join("pg_dump"));
    let options = ["--inserts", "--no-owner", "--no-privileges"];
    let output = Command::new(program).args(options).arg(url).output().expect("pg_dump starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the database is UTF-8");
    let is_kept = |line: &&str| !line.is_empty() && !line.starts_with("--") && !line.starts_with('\\');
    text.lines().filter(is_kept).map(|line| format!("{line}\n")).collect()
}

/// Runs a file of SQL in an empty database.
///
/// # Panics
/// If `psql` is missing or a statement fails.
pub fn restore(url: &str, file: &Path) {
    let program = server_programs().map_or_else(|| PathBuf::from("psql"), |folder| folder.join("psql"));
    run(Command::new(program).args(["-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(file).arg(url));
}

/// Replaces everything in a database by a dump of it: what restoring a backup in place does.
///
/// # Panics
/// As [`restore`].
pub fn restore_in_place(url: &str, dump: &str) {
    execute(url, &format!("drop schema public cascade;\ncreate schema public;\n{dump}"));
}

/// Runs statements, each in a transaction of its own.
///
/// # Panics
/// As [`restore`].
pub fn execute(url: &str, sql: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("statements.sql");
    std::fs::write(&file, sql).expect("the statements are written");
    restore(url, &file);
}

/// A connection that has run a statement and stays open until this is dropped.
pub struct OpenSession(Child);

impl OpenSession {
    /// Connects and runs the statement.
    ///
    /// # Panics
    /// If `psql` is missing or fails.
    #[must_use]
    pub fn after(url: &str, statement: &str) -> OpenSession {
        let program = server_programs().map_or_else(|| PathBuf::from("psql"), |folder| folder.join("psql"));
        let mut psql = Command::new(program);
        psql.args(["-q", "-v", "ON_ERROR_STOP=1"]).arg(url).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = psql.spawn().expect("psql starts");
        let stdin = child.stdin.as_mut().expect("a pipe");
        writeln!(stdin, "{statement};\n\\echo has run").expect("it reads the statement");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "has run"), "{statement}");
        OpenSession(child)
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
