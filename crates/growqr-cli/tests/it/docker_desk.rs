//! A person's computer with a real Docker daemon: the images, a program that keeps the containers, and what Docker has of it.

use crate::program::{Program, Ran, kill, run_with};
use growqr_testkit::{DockerHost, gitea, opencode};
use serde_json::Value;
use std::fs::File;
use std::ops::RangeInclusive;
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio::time::Instant;

pub const GITEA: &str = "growqr-test/gitea:28";
const OPENCODE: &str = "growqr-test/opencode:1.18";

/// Each test has a range of ports of its own, below those that the system gives to outgoing connections.
static NEXT_PORT: AtomicU16 = AtomicU16::new(23_000);

/// The number of ports of a test.
const PORTS: u16 = 10;

/// The daemon of this test process, with both images. `None`: the tests are skipped.
pub fn docker() -> Option<&'static DockerHost> {
    static HAS_IMAGES: OnceLock<bool> = OnceLock::new();
    let host = DockerHost::shared()?;
    HAS_IMAGES.get_or_init(|| import_images(host)).then_some(host)
}

/// Brings both images to a daemon. False if OpenCode is not here: the tests are skipped.
pub fn import_images(host: &DockerHost) -> bool {
    if opencode::binary().is_none() {
        return false;
    }
    let root = tempfile::tempdir().expect("a folder");
    gitea::image_root(root.path(), &gitea::binary()).expect("Gitea's stand-in");
    host.import_folder(GITEA, root.path(), gitea::IMPORT_CHANGES);
    let root = tempfile::tempdir().expect("a folder");
    opencode::image_root(root.path()).expect("OpenCode's image");
    let changes = ["ENTRYPOINT [\"opencode\"]", "USER 1000:1000", "WORKDIR /workspace", "ENV HOME=/data"];
    host.import_folder(OPENCODE, root.path(), &changes);
    true
}

/// A person's computer with Docker.
pub fn desk(host: &DockerHost) -> Program {
    equipped(host, Program::new())
}

/// A program with Docker and a range of ports of its own.
pub fn equipped(host: &DockerHost, mut program: Program) -> Program {
    let start = NEXT_PORT.fetch_add(PORTS, Ordering::Relaxed);
    program.variables = vec![
        ("DOCKER_HOST", host.address()),
        ("GITEA_IMAGE", GITEA.to_owned()),
        ("OPENCODE_IMAGE", OPENCODE.to_owned()),
        ("USER_PORT_RANGE_START", start.to_string()),
        ("USER_PORT_RANGE_END", (start + PORTS - 1).to_string()),
    ];
    program
}

/// Gives a program another value of a variable, or takes it away.
pub fn set_variable(program: &mut Program, name: &'static str, value: Option<&str>) {
    program.variables.retain(|(known, _)| *known != name);
    program.variables.extend(value.map(|value| (name, value.to_owned())));
}

/// The ports of a program.
pub fn ports(program: &Program) -> RangeInclusive<u16> {
    let number = |wanted: &str| {
        let found = program.variables.iter().find(|(name, _)| *name == wanted).expect("set");
        found.1.parse().expect("a port")
    };
    number("USER_PORT_RANGE_START")..=number("USER_PORT_RANGE_END")
}

/// The state as `growqr stack status --json` prints it.
pub fn status(program: &Program) -> Value {
    program.json(&["stack", "status"]).remove(0)
}

/// The leftovers of the program's own data folder. Other tests share the daemon.
pub fn own_orphans(state: &Value) -> Vec<&Value> {
    state["orphans"].as_array().expect("a list").iter().filter(|orphan| orphan["own"] == true).collect()
}

pub fn part<'a>(state: &'a Value, id: &str) -> &'a Value {
    state["parts"].as_array().expect("parts").iter().find(|part| part["id"] == id).expect("a part")
}

/// The port on this computer of a part.
pub fn port(state: &Value, id: &str) -> u16 {
    let url = part(state, id)["url"].as_str().unwrap_or_else(|| panic!("{id} has no address: {state}"));
    url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("an address with a port")
}

/// The longest wait. Far longer than anything takes, because the machine may be slow or busy.
pub const LIMIT: Duration = Duration::from_secs(300);

/// Waits until something has come about.
pub fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let Some(found) = found() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("{what} did not come about");
}

pub fn up(program: &Program) -> Ran {
    let ran = program.run(&["stack", "up"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran
}

/// Writes a page of memory as the person.
pub fn remember(program: &Program, path: &str, text: &str) {
    let ran = run_with(program.command(&["memory", "write", path]), text.as_bytes());
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// Removes containers, networks and volumes of a program when a test is over.
pub fn reset(program: &Program) {
    let ran = program.run(&["stack", "reset", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// What Docker has of one data folder.
pub struct Owned<'a> {
    host: &'a DockerHost,
    /// The label of the install.
    label: String,
}

impl<'a> Owned<'a> {
    /// Finds the label by a running container with a port of the program. One command: those of other tests come and go.
    pub fn of(host: &'a DockerHost, program: &Program) -> Owned<'a> {
        let listed = host.docker(&["ps", "--format", "{{.Label \"ai.growqr.install\"}} {{.Ports}}"]);
        let has_port = |line: &&str| ports(program).any(|port| line.contains(&format!("127.0.0.1:{port}->")));
        let line = listed.lines().find(has_port).unwrap_or_else(|| panic!("no container of the program in {listed}"));
        let install = line.split(' ').next().expect("a label");
        Owned { host, label: format!("label=ai.growqr.install={install}") }
    }

    fn list(&self, arguments: &[&str]) -> Vec<String> {
        let listed = self.host.docker(&[arguments, &["--filter", &self.label]].concat());
        listed.lines().map(str::to_owned).collect()
    }

    /// The label of the install: `name=value`.
    pub fn install(&self) -> &str {
        self.label.trim_start_matches("label=")
    }

    /// The ids of all its containers.
    pub fn containers(&self) -> Vec<String> {
        self.list(&["ps", "-aq", "--no-trunc"])
    }

    /// The ids of those that run.
    pub fn running(&self) -> Vec<String> {
        self.list(&["ps", "-q", "--no-trunc"])
    }

    pub fn networks(&self) -> Vec<String> {
        self.list(&["network", "ls", "-q"])
    }

    pub fn volumes(&self) -> Vec<String> {
        self.list(&["volume", "ls", "-q"])
    }

    /// The container of a part.
    pub fn container(&self, part: &str) -> String {
        let mut found = self.list(&["ps", "-aq", "--no-trunc", "--filter", &format!("label=ai.growqr.part={part}")]);
        assert_eq!(found.len(), 1, "{part}: {found:?}");
        found.remove(0)
    }

    /// Runs a shell command in the container of a part, and returns what it prints.
    pub fn shell(&self, part: &str, command: &str) -> String {
        self.host.docker(&["exec", &self.container(part), "sh", "-c", command])
    }
}

/// A program that runs the agents and keeps the containers. Killed when it is dropped.
pub struct Running<'a> {
    program: &'a Program,
    child: Child,
}

impl<'a> Running<'a> {
    /// Starts it, and runs `stack up` besides.
    pub fn start(program: &'a Program) -> Running<'a> {
        Running::start_logging(program, "info")
    }

    /// Like [`Running::start`], and waits until both containers answer.
    pub fn ready(program: &'a Program) -> Running<'a> {
        let running = Running::start(program);
        running.until_ready();
        running
    }

    /// Like [`Running::start`], with another level of its log.
    pub fn start_logging(program: &'a Program, level: &str) -> Running<'a> {
        let running = Running::without_up(program, level);
        up(program);
        running
    }

    /// Starts it and orders nothing.
    pub fn without_up(program: &'a Program, level: &str) -> Running<'a> {
        let log = |name: &str| File::options().create(true).append(true).open(program.folder().join(name)).expect("a file");
        let mut command = program.command(&["chat"]);
        // One that was killed has left its socket, which would look like a host that answers.
        let _ = std::fs::remove_file(program.profile().join("host.sock"));
        // A pipe that nobody reads would stop it.
        command.stdin(Stdio::piped()).stdout(log("host.out")).stderr(log("host.err")).env("RUST_LOG", level);
        let running = Running { program, child: command.spawn().expect("it starts") };
        until("a host", || program.profile().join("host.sock").exists().then_some(()));
        running
    }

    /// Waits until both containers answer.
    pub fn until_ready(&self) -> Value {
        until_parts(self.program, "running", &["gitea", "opencode"])
    }

    /// The id of the process.
    #[allow(dead_code, reason = "only the bench uses it")]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        kill(&mut self.child);
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.program.folder().join("host.err")).unwrap_or_default()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the log ends with:\n{}", lines[lines.len().saturating_sub(60)..].join("\n"));
        }
        // Already gone, if it was killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until these parts are in this state.
pub fn until_parts(program: &Program, wanted: &str, ids: &[&str]) -> Value {
    until(wanted, || {
        let state = status(program);
        ids.iter().all(|id| part(&state, id)["state"] == wanted).then_some(state)
    })
}
