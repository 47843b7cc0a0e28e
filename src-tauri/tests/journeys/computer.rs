//! A test computer: a home folder, a virtual screen, a model stub, the window and the command line.

use growqr_testkit::DesktopSession;
use growqr_testkit::anthropic::AnthropicStub;
use growqr_testkit::window::{self, Element, Failure, Screen, Window};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// In which intervals, and how often, it is looked whether the window has stopped: half a minute in all.
const STOP_POLL_INTERVAL: Duration = Duration::from_millis(10);
const STOP_POLLS: u32 = 3_000;

/// The test computer. Each test has its own.
pub struct Computer {
    pub claude: AnthropicStub,
    screen: Screen,
    home: tempfile::TempDir,
    /// Additional environment variables of its programs.
    variables: Vec<(&'static str, PathBuf)>,
    /// The program that is started to open the window.
    starter: PathBuf,
}

impl Computer {
    /// `None`, with a message on standard error, if the driver for the window is missing.
    pub fn new() -> Option<Computer> {
        if !window::is_possible() {
            return None;
        }
        Some(Computer::with(Screen::start().expect("a screen")))
    }

    /// A computer whose programs run in this desktop session, which has a keychain.
    pub fn in_session(session: &DesktopSession) -> Option<Computer> {
        window::is_possible().then(|| Computer::with(Screen::of_session(session.bus()).expect("a screen")))
    }

    fn with(screen: Screen) -> Computer {
        let claude = AnthropicStub::start_blocking().expect("a loopback port");
        let starter = PathBuf::from(env!("CARGO_BIN_EXE_growqr-desktop"));
        Computer { claude, screen, home: tempfile::tempdir().expect("a folder"), variables: Vec::new(), starter }
    }

    /// Sets an environment variable for all programs that are started from now on.
    pub fn set(&mut self, name: &'static str, value: impl Into<PathBuf>) {
        self.variables.push((name, value.into()));
    }

    /// Removes a variable that [`Computer::set`] has set.
    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| *known != name);
    }

    /// Opens the window through this program from now on.
    pub fn set_starter(&mut self, starter: PathBuf) {
        self.starter = starter;
    }

    /// The screen, and the message bus of its session.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Makes every window that is opened from now on stop at this place, such as `after:1`: right after its first append.
    pub fn stop_windows_at(&mut self, place: &str) {
        self.set("GROWQR_STOP_POINT", place);
        self.set("GROWQR_STOP_POINT_MARK", self.stop_mark());
    }

    /// Waits until the window has come to that place, and kills it.
    pub fn kill_when_stopped(&mut self, window: Open) {
        for _ in 0..STOP_POLLS {
            if self.stop_mark().exists() {
                window.kill();
                std::fs::remove_file(self.stop_mark()).expect("it is there");
                self.unset("GROWQR_STOP_POINT");
                self.unset("GROWQR_STOP_POINT_MARK");
                return;
            }
            std::thread::sleep(STOP_POLL_INTERVAL);
        }
        panic!("the window has not come to the place at which it stops");
    }

    fn stop_mark(&self) -> PathBuf {
        self.home().join("stopped")
    }

    /// Adds a line to the rules, such as `["ask", "commit_memory", "path=people/*"]`.
    pub fn add_rule(&self, line: &[&str]) {
        let added = self.growqr(&[&["rules", "add"], line].concat()).status().expect("it runs");
        assert!(added.success());
    }

    /// Opens the quick chat of the running window, as a shortcut of the system does.
    pub fn open_quick_chat(&self) {
        assert!(self.growqr(&["quick"]).status().expect("it runs").success());
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Opens the window with the API key of the model stub.
    pub fn open(&self) -> Open {
        self.open_with_arguments(&[])
    }

    /// Like [`Computer::open`], with command-line arguments.
    pub fn open_with_arguments(&self, arguments: &[&str]) -> Open {
        let key = [("ANTHROPIC_API_KEY", self.claude.key().into()), ("ANTHROPIC_BASE_URL", self.claude.base_url().into())];
        self.open_with(arguments, &[self.folders().as_slice(), &key].concat())
    }

    /// Opens the window without an API key.
    pub fn open_without_key(&self) -> Open {
        self.open_with(&[], &self.folders())
    }

    fn open_with(&self, arguments: &[&str], variables: &[(&str, PathBuf)]) -> Open {
        Open { window: self.screen.open_with(&self.starter, arguments, variables).expect("the window opens") }
    }

    /// Another program with the same home folder, on the same screen.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).envs(self.folders());
        self.screen.enter(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// The variables that put all files into the test's home folder, so that the real home is not touched.
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

    /// All files in the home folder.
    pub fn files(&self) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), vec![self.home.path().to_path_buf()]);
        while let Some(folder) = folders.pop() {
            // A running program may have removed the folder meanwhile.
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

    /// The data folder of GrowQR.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("growqr")
    }

    /// The file of a memory page.
    pub fn page(&self, path: &str) -> PathBuf {
        self.data().join("profiles/local/memory").join(path)
    }

    /// The `growqr` command with the same profile. `cargo test --workspace` builds it into the same folder as the window.
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

    /// Runs `growqr --json` and returns what it prints: one value per line.
    pub fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.growqr(&[&["--json"], arguments].concat()).output().expect("it runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
    }

    /// The main conversation from the store: whether the user wrote the message, and its text.
    pub fn conversation(&self) -> Vec<(bool, String)> {
        let line = |line: &Value| (line["author"] == "person", line["text"].as_str().unwrap_or_default().to_owned());
        self.json(&["agents", "show", "grow"]).iter().skip(1).map(line).collect()
    }
}

/// The open window. If the test fails, a screenshot and the source of the page are saved in the target folder.
pub struct Open {
    window: Window,
}

impl Open {
    pub fn click(&self, element: Element<'_>) {
        or_panic(self.window.click(element));
    }

    /// Presses a button from within the page. The driver's own click misses what moves while the page loads or is shown only under
    /// the pointer, and never returns in a second window without a window manager.
    pub fn press_button(&self, name: &str) {
        let script = format!("const found = find('button', '{name}'); found?.click(); return Boolean(found)");
        self.until(&script, &format!("there is a button {name:?}"));
    }

    /// Presses this button of a group, such as the answer to a question. The name of the group is the beginning of its own.
    pub fn press_in(&self, group: &str, name: &str) {
        let script = format!(
            "const of = [...(find('group', '{group}')?.querySelectorAll('button:enabled') ?? [])]; \
             const found = of.find((one) => one.innerText.trim() === '{name}'); found?.click(); return Boolean(found)"
        );
        self.until(&script, &format!("there is a button {name:?} in {group:?}"));
    }

    /// Chooses a file with the button that attaches files.
    pub fn choose_file(&self, file: &Path) {
        or_panic(self.window.choose_file(file));
    }

    pub fn see(&self, element: Element<'_>, text: &str) -> String {
        or_panic(self.window.see(element, text))
    }

    pub fn see_anywhere(&self, text: &str) -> String {
        or_panic(self.window.see_anywhere(text))
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

    /// Presses a key in the focused element (WebDriver's key codes).
    pub fn press(&self, key: &str) {
        or_panic(self.window.press(key));
    }

    pub fn press_escape(&self) {
        self.press("\u{E00C}");
    }

    /// Turns to the window with this page; the empty name is the main window.
    pub fn switch_to(&self, file: &str) {
        or_panic(self.window.switch_to(file));
    }

    pub fn reload(&self) {
        or_panic(self.window.reload());
    }

    pub fn run(&self, script: &str) -> Value {
        or_panic(self.window.run(script))
    }

    /// Waits until the script, the body of a function, returns something truthy.
    pub fn until(&self, script: &str, what: &str) -> Value {
        or_panic(self.window.until(script, what))
    }

    /// Kills all processes of the program.
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
            Ok([picture, source]) => eprintln!("screenshot and source of the page: {}, {}", picture.display(), source.display()),
            Err(failure) => eprintln!("no screenshot could be saved: {failure}"),
        }
    }
}

fn or_panic<T>(result: Result<T, Failure>) -> T {
    result.unwrap_or_else(|failure| panic!("{failure}"))
}
