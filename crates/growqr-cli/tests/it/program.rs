//! Runs the real binary in a data folder of its own.

use growqr_testkit::anthropic::{AnthropicStub, RequestView, Script};
use growqr_testkit::openai::{OpenAiStub, ServerBehaviour};
use growqr_testkit::without_session;
use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long to wait for one command; some wait for a container.
const LIMIT: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_millis(2);

/// A person's computer: a data folder and a model provider.
pub struct Program {
    folder: PathBuf,
    /// Removes the folder on drop, if this struct created it.
    _temporary: Option<tempfile::TempDir>,
    pub claude: AnthropicStub,
    /// A model server on this computer. If there is one, the setting `model` names it.
    pub local: Option<OpenAiStub>,
    /// The value of `DATABASE_URL`.
    pub database_url: Option<String>,
    /// More variables of the environment.
    pub variables: Vec<(&'static str, String)>,
}

/// Exit code and output of one command.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Program {
    pub fn new() -> Program {
        let temporary = tempfile::tempdir().expect("a folder");
        let program = Program::in_folder(temporary.path());
        Program { _temporary: Some(temporary), ..program }
    }

    /// Like [`Program::new`], in a folder that the test created.
    pub fn in_folder(folder: &Path) -> Program {
        let claude = AnthropicStub::start_blocking().expect("a port");
        let folder = folder.to_path_buf();
        Program { folder, _temporary: None, claude, local: None, database_url: None, variables: Vec::new() }
    }

    /// Like [`Program::new`], with its journal in Postgres.
    pub fn on_postgres(url: String) -> Program {
        Program { database_url: Some(url), ..Program::new() }
    }

    /// Like [`Program::new`], with a model server on this computer instead of Claude.
    pub fn on_local(behaviour: ServerBehaviour) -> Program {
        let local = OpenAiStub::start_blocking(behaviour).expect("a port");
        let program = Program { local: Some(local), ..Program::new() };
        assert_eq!(program.run(&["config", "set", "model", "openai/qwen3:8b"]).code, Some(0));
        program
    }

    /// The model server on this computer.
    pub fn local(&self) -> &OpenAiStub {
        self.local.as_ref().expect("there is one in this test")
    }

    /// Sets the answers of all model stubs.
    pub fn route(&self, model: impl Fn(&RequestView<'_>) -> Option<Script> + Clone + Send + Sync + 'static) {
        self.claude.route(model.clone());
        if let Some(local) = &self.local {
            local.route(model);
        }
    }

    pub fn assert_all_accepted(&self) {
        self.claude.assert_all_accepted();
        if let Some(local) = &self.local {
            local.assert_all_accepted();
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn profile(&self) -> PathBuf {
        self.folder().join("profiles/local")
    }

    /// The command with a key for the stub, and without the variables of this machine's environment that would matter.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_growqr"));
        command.arg("--data-dir").arg(self.folder()).args(args);
        for name in [
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_BASE_URL",
            "DATABASE_URL",
            "GROWQR_DATA_DIR",
            "OPENAI_API_KEY",
            "OPENAI_BASE_URL",
            "RUST_LOG",
            "DOCKER_CONTEXT",
            "GITEA_IMAGE",
            "OPENCODE_IMAGE",
            "USER_PORT_RANGE_START",
            "USER_PORT_RANGE_END",
            "HTTPS_PROXY",
            "https_proxy",
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
            "all_proxy",
        ] {
            command.env_remove(name);
        }
        command.env("ANTHROPIC_API_KEY", self.claude.key()).env("ANTHROPIC_BASE_URL", self.claude.base_url());
        // No Docker of the user who runs the tests either.
        command.env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
        // Tests must not use the keychain of the user who runs them.
        without_session(&mut command);
        if let Some(local) = &self.local {
            command.env("OPENAI_BASE_URL", local.base_url());
        }
        if let Some(url) = &self.database_url {
            command.env("DATABASE_URL", url);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args).spawn().expect("the program starts"))
    }

    /// Runs a command with this standard input.
    pub fn run_with(&self, args: &[&str], input: &[u8]) -> Ran {
        run_with(self.command(args), input)
    }

    /// The values that a command prints with `--json`, one per line.
    pub fn json(&self, args: &[&str]) -> Vec<Value> {
        let ran = self.run(&[&["--json"], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {ran:?}");
        ran.out.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
    }

    pub fn chat(&self, message: &str) -> Ran {
        self.run(&["chat", message])
    }

    /// Starts a command, waits until the file `mark` exists, and kills the process. Returns false if the process ended
    /// by itself.
    pub fn kill_at(&self, mut command: Command, mark: &Path) -> bool {
        let mut child = command.spawn().expect("the program starts");
        let is_killed = wait(&mut child, || mark.exists()).is_none();
        assert!(!is_killed || mark.exists(), "neither the mark nor the end after {} s", LIMIT.as_secs());
        is_killed
    }
}

pub fn run_with(mut command: Command, input: &[u8]) -> Ran {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A program that has refused the command may have closed its standard input already.
    let _ = stdin.write_all(input);
    drop(stdin);
    ran(child)
}

/// Waits until a command ends. One that does not is killed, and the test fails with what it has printed.
fn ran(mut child: Child) -> Ran {
    let (out, err) = (read(child.stdout.take()), read(child.stderr.take()));
    let status = wait(&mut child, || false);
    let [out, err] = [out, err].map(|thread| thread.join().expect("the output is read"));
    let ran = Ran { code: status.and_then(|status| status.code()), out, err };
    assert!(status.is_some(), "not ended after {} s: {ran:?}", LIMIT.as_secs());
    ran
}

fn read(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    let mut pipe = pipe.expect("a pipe");
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("the output can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits until the process ends. Kills it, and returns `None`, once `is_enough` or after [`LIMIT`].
fn wait(child: &mut Child, is_enough: impl Fn() -> bool) -> Option<ExitStatus> {
    // Polls: a portable wait for a process or a file is not worth its cost here.
    for _ in 0..LIMIT.as_millis() / PAUSE.as_millis() {
        if is_enough() {
            break;
        }
        if let Some(status) = child.try_wait().expect("a child of ours") {
            return Some(status);
        }
        std::thread::sleep(PAUSE);
    }
    kill(child);
    None
}

/// SIGKILL, or its equivalent on other systems.
pub fn kill(child: &mut Child) {
    child.kill().expect("it can be killed");
    child.wait().expect("it is gone");
}
