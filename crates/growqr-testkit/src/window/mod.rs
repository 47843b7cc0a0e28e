//! Runs the program in a real window for tests, on Linux: a virtual screen (Xvfb), a D-Bus session, and WebKit's driver.
//!
//! It knows nothing about the pages of the product: the tests name the elements.
//!
//! ```no_run
//! use growqr_testkit::window::{Element, Screen};
//! # fn example() -> Result<(), growqr_testkit::window::Failure> {
//! let screen = Screen::start()?;
//! let window = screen.open("target/debug/program".as_ref(), &[("HOME", "a folder of its own")])?;
//! window.click(Element::button("Start"))?;
//! window.see(Element::log("Conversation"), "Hello")?;
//! # Ok(())
//! # }
//! ```

mod driver;
mod element;
mod process;

pub use driver::Failure;
pub use element::Element;
pub use process::ProcessTree;

use crate::skipped;
use driver::Session;
use process::ChildGuard;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long an element may take to appear, in milliseconds: long enough for a busy machine.
const SCRIPT_TIMEOUT_MS: u64 = 30_000;

/// How often, and in which intervals, a window is looked for: half a minute in all.
const WINDOW_POLLS: u32 = 300;
const WINDOW_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How often a click is tried on an element that moves away.
const CLICKS: u32 = 10;

/// A part of the driver's message when the page in which a script waited was replaced.
const UNLOADED: &str = "before the unload event";

/// The programs that are needed.
const PROGRAMS: [&str; 3] = ["Xvfb", "dbus-daemon", "WebKitWebDriver"];

/// Whether window tests can run on this machine. If not, reports them as skipped.
///
/// # Panics
/// If they cannot run and `GROWQR_REQUIRE_WINDOW` is set.
#[must_use]
pub fn is_possible() -> bool {
    let is_there = |program: &&str| ["/usr/bin", "/usr/local/bin"].iter().any(|folder| Path::new(folder).join(program).exists());
    let possible = PROGRAMS.iter().all(is_there);
    if !possible {
        assert!(std::env::var_os("GROWQR_REQUIRE_WINDOW").is_none(), "the real window is required; it needs {PROGRAMS:?}");
        skipped("every journey in the real window: Xvfb, dbus-daemon or WebKitWebDriver is missing");
    }
    possible
}

/// A virtual screen and a D-Bus session. Dropping it ends both.
pub struct Screen {
    display: String,
    bus: String,
    _running: Vec<ChildGuard>,
}

impl Screen {
    /// Starts both.
    ///
    /// # Errors
    /// If one of them does not start.
    pub fn start() -> Result<Screen, Failure> {
        let mut dbus = Command::new("dbus-daemon");
        // Its standard error reports each service that it starts.
        let (daemon, bus) =
            process::spawn_and_read_line(dbus.args(["--session", "--nofork", "--print-address=1"]).stderr(Stdio::null()))?;
        let mut screen = Screen::of_session(&bus)?;
        screen._running.push(daemon);
        Ok(screen)
    }

    /// Starts a screen for a session whose message bus is already running.
    ///
    /// # Errors
    /// If it does not start.
    pub fn of_session(bus: &str) -> Result<Screen, Failure> {
        let mut xvfb = Command::new("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", "1280x860x24", "-nolisten", "tcp"]).stderr(Stdio::null());
        let (screen, display) = process::spawn_and_read_line(&mut xvfb)?;
        Ok(Screen { display: format!(":{display}"), bus: bus.to_owned(), _running: vec![screen] })
    }

    /// The name of the screen, as in `DISPLAY`.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The address of the message bus.
    #[must_use]
    pub fn bus(&self) -> &str {
        &self.bus
    }

    /// Sets the environment variables that make a program use this screen and bus.
    pub fn enter(&self, command: &mut Command) {
        command.env("DISPLAY", &self.display).env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
    }

    /// Starts the program on this screen with a new driver. The program's environment is `variables` and a few variables of
    /// this process (`PATH`, `LANG` and the like), nothing else.
    ///
    /// # Errors
    /// If it shows no window.
    pub fn open<V: AsRef<OsStr>>(&self, program: &Path, variables: &[(&str, V)]) -> Result<Window, Failure> {
        self.open_with(program, &[], variables)
    }

    /// Like [`Screen::open`], with command-line arguments.
    ///
    /// # Errors
    /// If it shows no window.
    pub fn open_with<V: AsRef<OsStr>>(
        &self,
        program: &Path,
        arguments: &[&str],
        variables: &[(&str, V)],
    ) -> Result<Window, Failure> {
        let port = driver::free_port()?;
        let mut command = Command::new("WebKitWebDriver");
        command.arg(format!("--port={port}")).env_clear();
        for name in ["PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // There is no accessibility bus, and looking for it takes time.
            .env("NO_AT_BRIDGE", "1")
            .envs(variables.iter().map(|(name, value)| (name, value)));
        self.enter(&mut command);
        let driver = ChildGuard(command.spawn()?);
        let tree = ProcessTree::of(driver.0.id());
        let session = Session::start(port, (program, arguments), SCRIPT_TIMEOUT_MS)?;
        Ok(Window { session, tree, _driver: driver })
    }
}

/// The window of a running program. Dropping it ends the program.
pub struct Window {
    session: Session,
    tree: ProcessTree,
    _driver: ChildGuard,
}

impl Window {
    /// Waits for the element and clicks it. A page that is still loading moves its elements: a click that hits another one does
    /// nothing there and is tried again.
    ///
    /// # Errors
    /// If it does not appear, or does not stand still.
    pub fn click(&self, element: Element<'_>) -> Result<(), Failure> {
        for _ in 0..CLICKS {
            let found = self.wait("return aimAt(...given)", element.arguments(), &format!("there is {element}"))?;
            self.session.post(&format!("/element/{}/click", driver::reference(&found)?), json!({}))?;
            // A click may also close the window or replace the page: then it has not missed.
            let missed = self.run("window.stopAiming?.(); return window.hasMissed === true");
            if !missed.is_ok_and(|missed| missed == json!(true)) {
                return Ok(());
            }
        }
        Err(format!("{element} moves each time it is clicked").into())
    }

    /// Waits for the element and types into it, key by key; `\u{E007}` is Enter.
    ///
    /// # Errors
    /// If it does not appear.
    pub fn type_into(&self, element: Element<'_>, text: &str) -> Result<(), Failure> {
        let found = self.find(element)?;
        self.session.post(&format!("/element/{found}/value"), json!({"text": text})).map(drop)
    }

    /// Chooses a file in the page's file picker, whose dialog does not open.
    ///
    /// # Errors
    /// If the page has no picker.
    pub fn choose_file(&self, file: &Path) -> Result<(), Failure> {
        let look = "return document.querySelector('input[type=file]')";
        let picker = driver::reference(&self.wait(look, Vec::new(), "there is a file picker")?)?;
        self.session.post(&format!("/element/{picker}/value"), json!({"text": file})).map(drop)
    }

    /// Waits until the element is visible and enabled. Returns its reference.
    fn find(&self, element: Element<'_>) -> Result<String, Failure> {
        let found = self.wait("return find(...given)", element.arguments(), &format!("there is {element}"))?;
        driver::reference(&found)
    }

    /// Waits until the element exists and its text contains `text`. Returns its whole text.
    ///
    /// # Errors
    /// If the text does not appear.
    pub fn see(&self, element: Element<'_>, text: &str) -> Result<String, Failure> {
        let mut arguments = element.arguments();
        arguments.push(json!(text));
        let seen = self.wait("return textWith(...given)", arguments, &format!("{element} shows {text:?}"))?;
        Ok(seen.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page contains `text`.
    ///
    /// # Errors
    /// If the text does not appear.
    pub fn see_anywhere(&self, text: &str) -> Result<String, Failure> {
        self.see(Element::page(), text)
    }

    /// Waits until the element is gone.
    ///
    /// # Errors
    /// If it stays.
    pub fn until_gone(&self, element: Element<'_>) -> Result<(), Failure> {
        self.wait("return !find(...given)", element.arguments(), &format!("{element} is gone")).map(drop)
    }

    /// Presses a key in the focused element; `\u{E00C}` is Escape (WebDriver's key codes).
    ///
    /// # Errors
    /// If the window is closed.
    pub fn press(&self, key: &str) -> Result<(), Failure> {
        let keys = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.session.post("/actions", json!({"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})).map(drop)
    }

    /// The text in a field.
    ///
    /// # Errors
    /// If the field does not appear.
    pub fn value(&self, element: Element<'_>) -> Result<String, Failure> {
        let found = self.find(element)?;
        let value = self.session.get(&format!("/element/{found}/property/value"))?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Runs JavaScript in the page immediately and returns its `return` value.
    ///
    /// # Errors
    /// If it throws.
    pub fn run(&self, script: &str) -> Result<Value, Failure> {
        self.session.post("/execute/sync", json!({"script": script, "args": []}))
    }

    /// Waits until the function body `look` returns a truthy value. Runs it again after every change of the page. Returns the
    /// value.
    ///
    /// # Errors
    /// If it does not return a truthy value in time.
    pub fn until(&self, look: &str, what: &str) -> Result<Value, Failure> {
        self.wait(look, Vec::new(), what)
    }

    /// Turns to the program's window whose page has this file name, such as `quick.html`; the empty name is the main window. All
    /// other calls then concern that window. Waits until it is there.
    ///
    /// # Errors
    /// If there is no such window in time.
    pub fn switch_to(&self, file: &str) -> Result<(), Failure> {
        for _ in 0..WINDOW_POLLS {
            for handle in self.session.get("/window/handles")?.as_array().into_iter().flatten() {
                self.session.post("/window", json!({"handle": handle}))?;
                let url = self.session.get("/url")?;
                let url = url.as_str().unwrap_or_default();
                let name =
                    url.split(['?', '#']).next().and_then(|path| path.strip_prefix("tauri://localhost")).unwrap_or_default();
                if name.trim_start_matches('/') == file {
                    return Ok(());
                }
            }
            std::thread::sleep(WINDOW_POLL_INTERVAL);
        }
        Err(format!("there is no window with {file:?}").into())
    }

    /// Reloads the page. Returns when the old page is gone.
    ///
    /// # Errors
    /// If it does not load.
    pub fn reload(&self) -> Result<(), Failure> {
        self.run("window.isOld = true; return null")?;
        self.session.post("/refresh", json!({}))?;
        self.until("return !window.isOld", "the page is reloaded").map(drop)
    }

    /// Saves a screenshot and the source of the page as `name.png` and `name.html` in `folder`. Returns their paths.
    ///
    /// # Errors
    /// If the window is closed or the files cannot be written.
    pub fn save_page(&self, folder: &Path, name: &str) -> Result<[PathBuf; 2], Failure> {
        std::fs::create_dir_all(folder)?;
        let paths = ["png", "html"].map(|kind| folder.join(format!("{name}.{kind}")));
        // The source first: it is available even if the page is no longer drawn.
        std::fs::write(&paths[1], self.session.get("/source")?.as_str().unwrap_or_default())?;
        std::fs::write(&paths[0], self.session.picture()?)?;
        Ok(paths)
    }

    /// The program's processes, with those of the web view.
    #[must_use]
    pub fn processes(&self) -> ProcessTree {
        self.tree.children()
    }

    /// Kills all processes of the program at once, as a power cut would.
    pub fn kill(self) {
        self.tree.children().kill();
    }

    fn wait(&self, look: &str, arguments: Vec<Value>, what: &str) -> Result<Value, Failure> {
        let script = format!("{}\nwaitFor(Array.from(arguments), (...given) => {{ {look} }});", element::SCRIPT);
        let body = json!({"script": script, "args": arguments});
        loop {
            match self.session.post("/execute/async", body.clone()) {
                // The page was replaced by another one, at the start or by a reload: wait again in the new page.
                Err(failure) if failure.to_string().contains(UNLOADED) => {}
                seen => return seen.map_err(|failure| format!("timeout while waiting until {what}: {failure}").into()),
            }
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // The driver ends the program. Processes that are left are killed here. The session may have ended already.
        let left = self.tree.children();
        let _ = self.session.end();
        left.kill();
    }
}
