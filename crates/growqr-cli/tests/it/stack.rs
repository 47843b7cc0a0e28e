//! The person's containers, with a real Docker daemon, the real OpenCode, and the stand-in of Gitea in a container of the same
//! shape.

use crate::program::Program;
use growqr_testkit::{DockerHost, gitea, opencode};
use serde_json::Value;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

const GITEA: &str = "growqr-test/gitea:28";
const OPENCODE: &str = "growqr-test/opencode:1.18";

/// Each test has a range of ports of its own.
static NEXT_PORT: AtomicU16 = AtomicU16::new(43_000);

/// The daemon of this test process, with both images. `None`: the tests are skipped.
pub fn docker() -> Option<&'static DockerHost> {
    static IMAGES: OnceLock<bool> = OnceLock::new();
    let host = DockerHost::shared()?;
    let has_images = IMAGES.get_or_init(|| {
        let root = tempfile::tempdir().expect("a folder");
        gitea::image_root(root.path(), &gitea::binary()).expect("Gitea's stand-in");
        host.import_folder(GITEA, root.path(), gitea::IMPORT_CHANGES);
        let root = tempfile::tempdir().expect("a folder");
        if opencode::binary().is_none() {
            return false;
        }
        opencode::image_root(root.path()).expect("OpenCode's image");
        let changes = ["ENTRYPOINT [\"opencode\"]", "USER 1000:1000", "WORKDIR /workspace", "ENV HOME=/data"];
        host.import_folder(OPENCODE, root.path(), &changes);
        true
    });
    has_images.then_some(host)
}

/// A person's computer with Docker.
pub fn desk(host: &DockerHost) -> Program {
    let mut program = Program::new();
    let start = NEXT_PORT.fetch_add(10, Ordering::Relaxed);
    program.variables = vec![
        ("DOCKER_HOST", host.address()),
        ("GITEA_IMAGE", GITEA.to_owned()),
        ("OPENCODE_IMAGE", OPENCODE.to_owned()),
        ("USER_PORT_RANGE_START", start.to_string()),
        ("USER_PORT_RANGE_END", (start + 9).to_string()),
    ];
    program
}

/// The state as `growqr stack status --json` prints it.
pub fn status(program: &Program) -> Value {
    program.json(&["stack", "status"]).remove(0)
}

pub fn part<'a>(state: &'a Value, id: &str) -> &'a Value {
    state["parts"].as_array().expect("parts").iter().find(|part| part["id"] == id).expect("a part")
}

/// Waits until something has come about.
pub fn until<T>(what: &str, limit: Duration, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(found) = found() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("{what} did not come about");
}

fn up(program: &Program) {
    let ran = program.run(&["stack", "up"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// The names of Docker's things that belong to a program's data folder.
fn owned(host: &DockerHost, program: &Program) -> Vec<String> {
    let install = std::fs::read_to_string(program.folder().join("install-id")).unwrap_or_default();
    assert!(!install.is_empty());
    let port = &program.variables.iter().find(|(name, _)| *name == "USER_PORT_RANGE_START").expect("set").1;
    let prefix = &port[..port.len() - 1];
    let containers = host.docker(&["ps", "--format", "{{.Names}} {{.Ports}}"]);
    containers.lines().filter(|line| line.contains(&format!("127.0.0.1:{prefix}"))).map(str::to_owned).collect()
}

#[test]
fn one_command_starts_both_services_and_another_stops_them() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    assert_eq!(part(&status(&program), "gitea")["state"], "off");
    up(&program);
    assert_eq!(owned(host, &program).len(), 2);
    let state = status(&program);
    for id in ["gitea", "opencode"] {
        assert_eq!(part(&state, id)["state"], "running", "{state}");
    }
    let log = program.run(&["stack", "logs", "opencode"]);
    assert!(log.out.contains("listening"), "{log:?}");
    // A second time nothing is made anew.
    let before = host.docker(&["ps", "-q", "--no-trunc"]);
    up(&program);
    assert_eq!(host.docker(&["ps", "-q", "--no-trunc"]), before);
    let down = program.run(&["stack", "down"]);
    assert_eq!(down.code, Some(0), "{down:?}");
    assert_eq!(owned(host, &program), Vec::<String>::new());
    let reset = program.run(&["stack", "reset", "--yes"]);
    assert_eq!(reset.code, Some(0), "{reset:?}");
}
