//! A person's computer: a home, a screen, a model to talk to, the window and the command line.

use growqr_testkit::DesktopSession;
use growqr_testkit::anthropic::AnthropicStub;
use growqr_testkit::window::{self, Element, Failure, Screen, Window};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One of its own for each journey.
pub struct Computer {
    pub claude: AnthropicStub,
    screen: Screen,
    home: tempfile::TempDir,
    /// What its programs are told besides.
    variables: Vec<(&'static str, PathBuf)>,
    /// What is started to open the window.
    starter: PathBuf,
}

impl Computer {
    /// `None`, said loudly, where windows cannot be driven.
    pub fn new() -> Option<Computer> {
        if !window::is_possible() {
            return None;
        }
        Some(Computer::with(Screen::start().expect("a screen")))
    }

    /// One with a keychain, in the session that has it.
    pub fn in_session(session: &DesktopSession) -> Option<Computer> {
        window::is_possible().then(|| Computer::with(Screen::of_session(session.bus()).expect("a screen")))
    }

    fn with(screen: Screen) -> Computer {
        let claude = AnthropicStub::start_blocking().expect("a loopback port");
        let starter = PathBuf::from(env!("CARGO_BIN_EXE_growqr-desktop"));
        Computer { claude, screen, home: tempfile::tempdir().expect("a folder"), variables: Vec::new(), starter }
    }

    /// Sets a variable for all its programs from now on.
    pub fn set(&mut self, name: &'static str, value: impl Into<PathBuf>) {
        self.variables.push((name, value.into()));
    }

    /// Takes it back.
    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| *known != name);
    }

    /// Opens the window by a program that starts it.
    pub fn set_starter(&mut self, starter: PathBuf) {
        self.starter = starter;
    }

    /// The person's home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Opens the window with a key for the stand-in.
    pub fn open(&self) -> Open {
        self.open_with_arguments(&[])
    }

    /// The same, told this on its command line.
    pub fn open_with_arguments(&self, arguments: &[&str]) -> Open {
        let key = [("ANTHROPIC_API_KEY", self.claude.key().into()), ("ANTHROPIC_BASE_URL", self.claude.base_url().into())];
        self.open_with(arguments, &[self.folders().as_slice(), &key].concat())
    }

    /// Opens the window as somebody who has no key.
    pub fn open_without_key(&self) -> Open {
        self.open_with(&[], &self.folders())
    }

    fn open_with(&self, arguments: &[&str], variables: &[(&str, PathBuf)]) -> Open {
        Open { window: self.screen.open_with(&self.starter, arguments, variables).expect("the window opens") }
    }

    /// Another program of the same person, on the same screen.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).envs(self.folders());
        self.screen.enter(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Nothing of this machine's person is read or written.
    fn folders(&self) -> Vec<(&'static str, PathBuf)> {
        let place = |name: &str| self.home.path().join(name);
        let mut variables = vec![
            ("HOME", self.home.path().to_path_buf()),
            ("GROWQR_DATA_DIR", self.data()),
            ("XDG_DATA_HOME", place("share")),
            ("XDG_CONFIG_HOME", place("config")),
            ("XDG_CACHE_HOME", place("cache")),
        ];
        variables.extend_from_slice(&self.variables);
        variables
    }

    /// Every file of the person's.
    pub fn files(&self) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), vec![self.home.path().to_path_buf()]);
        while let Some(folder) = folders.pop() {
            // It may have gone meanwhile, with what was in it.
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            for entry in entries.flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() => files.push(entry.path()),
                    _ => {}
                }
            }
        }
        files
    }

    /// Where GrowQR keeps everything.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("growqr")
    }

    /// A page of memory, as a file.
    pub fn page(&self, path: &str) -> PathBuf {
        self.data().join("profiles/local/memory").join(path)
    }

    /// The command line on the same profile. The tests of the whole workspace build it beside the window's program.
    pub fn growqr(&self, arguments: &[&str]) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_growqr-desktop")).with_file_name("growqr");
        assert!(program.exists(), "{} is missing: cargo build -p growqr-cli", program.display());
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(self.folders());
        self.screen.enter(&mut command);
        command.env("ANTHROPIC_API_KEY", self.claude.key()).env("ANTHROPIC_BASE_URL", self.claude.base_url());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    /// What the command line prints with `--json`, one value a line.
    pub fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.growqr(&[&["--json"], arguments].concat()).output().expect("it runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
    }

    /// The main conversation as recorded: whether the person said it, and what.
    pub fn conversation(&self) -> Vec<(bool, String)> {
        let line = |line: &Value| (line["author"] == "person", line["text"].as_str().unwrap_or_default().to_owned());
        self.json(&["agents", "show", "grow"]).iter().skip(1).map(line).collect()
    }
}

/// The open window. A journey that fails leaves a picture of it and its page's source in the target folder.
pub struct Open {
    window: Window,
}

impl Open {
    pub fn click(&self, element: Element<'_>) {
        or_panic(self.window.click(element));
    }

    pub fn see(&self, element: Element<'_>, words: &str) -> String {
        or_panic(self.window.see(element, words))
    }

    pub fn see_anywhere(&self, words: &str) -> String {
        or_panic(self.window.see_anywhere(words))
    }

    pub fn type_into(&self, element: Element<'_>, text: &str) {
        or_panic(self.window.type_into(element, text));
    }

    pub fn value(&self, element: Element<'_>) -> String {
        or_panic(self.window.value(element))
    }

    /// Types a message and sends it with Enter.
    pub fn say(&self, text: &str) {
        self.type_into(crate::names::MESSAGE, &format!("{text}\u{E007}"));
    }

    pub fn until_gone(&self, element: Element<'_>) {
        or_panic(self.window.until_gone(element));
    }

    pub fn press_escape(&self) {
        or_panic(self.window.press("\u{E00C}"));
    }

    pub fn reload(&self) {
        or_panic(self.window.reload());
    }

    pub fn run(&self, script: &str) -> Value {
        or_panic(self.window.run(script))
    }

    /// Waits until the body of a function gives something.
    pub fn until(&self, script: &str, what: &str) -> Value {
        or_panic(self.window.until(script, what))
    }

    /// Ends the program the hard way.
    pub fn kill(self) {
        self.window.processes().kill();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let name = std::thread::current().name().unwrap_or("journey").replace("::", "-");
        // From target/debug/deps/journeys to target/journeys.
        let program = std::env::current_exe().unwrap_or_default();
        let folder = program.ancestors().nth(3).unwrap_or(Path::new(".")).join("journeys");
        match self.window.save_page(&folder, &name) {
            Ok([picture, source]) => eprintln!("how it looked: {}, {}", picture.display(), source.display()),
            Err(failure) => eprintln!("how it looked is not known: {failure}"),
        }
    }
}

fn or_panic<T>(result: Result<T, Failure>) -> T {
    result.unwrap_or_else(|failure| panic!("{failure}"))
}
