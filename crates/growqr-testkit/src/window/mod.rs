//! A real window to test with, on Linux: a screen nobody sees, a message bus, WebKit's driver, and the program in it.
//!
//! What it is not: it knows no page and no product. What is looked for is named by whoever looks.
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

/// How long something may take to appear, in milliseconds: long enough for a busy machine.
const SCRIPT_TIMEOUT_MS: u64 = 30_000;

/// How the driver says that the page in which something was waited for is there no longer.
const UNLOADED: &str = "before the unload event";

/// What Debian calls the programs that are needed.
const PROGRAMS: [&str; 3] = ["Xvfb", "dbus-daemon", "WebKitWebDriver"];

/// Whether windows can be driven here; says loudly if not.
///
/// # Panics
/// If they cannot and `GROWQR_REQUIRE_WINDOW` is set.
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

/// A screen and a message bus of their own. Both end when this is dropped.
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
        // It tells of each service that it starts.
        let (daemon, bus) =
            process::spawn_and_read_line(dbus.args(["--session", "--nofork", "--print-address=1"]).stderr(Stdio::null()))?;
        let mut screen = Screen::of_session(&bus)?;
        screen._running.push(daemon);
        Ok(screen)
    }

    /// Starts a screen in a session whose message bus runs already.
    ///
    /// # Errors
    /// If it does not start.
    pub fn of_session(bus: &str) -> Result<Screen, Failure> {
        let mut xvfb = Command::new("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", "1280x860x24", "-nolisten", "tcp"]).stderr(Stdio::null());
        let (screen, display) = process::spawn_and_read_line(&mut xvfb)?;
        Ok(Screen { display: format!(":{display}"), bus: bus.to_owned(), _running: vec![screen] })
    }

    /// Lets a program show itself here, and reach what else runs here.
    pub fn enter(&self, command: &mut Command) {
        command.env("DISPLAY", &self.display).env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
    }

    /// Starts the program on this screen through a driver of its own, and takes its window. Of this process's
    /// environment it gets what is in `variables` and where programs and languages are; nothing else.
    ///
    /// # Errors
    /// If it shows no window.
    pub fn open<V: AsRef<OsStr>>(&self, program: &Path, variables: &[(&str, V)]) -> Result<Window, Failure> {
        self.open_with(program, &[], variables)
    }

    /// The same, with what the program is told on its command line.
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
            // Nobody listens there, and looking for it takes time.
            .env("NO_AT_BRIDGE", "1")
            .envs(variables.iter().map(|(name, value)| (name, value)));
        self.enter(&mut command);
        let driver = ChildGuard(command.spawn()?);
        let tree = ProcessTree::of(driver.0.id());
        let session = Session::start(port, (program, arguments), SCRIPT_TIMEOUT_MS)?;
        Ok(Window { session, tree, _driver: driver })
    }
}

/// The window of a running program. The program ends when this is dropped.
pub struct Window {
    session: Session,
    tree: ProcessTree,
    _driver: ChildGuard,
}

impl Window {
    /// Waits for it and presses it.
    ///
    /// # Errors
    /// If it does not appear.
    pub fn click(&self, element: Element<'_>) -> Result<(), Failure> {
        let found = self.find(element)?;
        self.session.post(&format!("/element/{found}/click"), json!({})).map(drop)
    }

    /// Waits for it and types into it, key by key; `\u{E007}` is Enter.
    ///
    /// # Errors
    /// If it does not appear.
    pub fn type_into(&self, element: Element<'_>, text: &str) -> Result<(), Failure> {
        let found = self.find(element)?;
        self.session.post(&format!("/element/{found}/value"), json!({"text": text})).map(drop)
    }

    /// Waits until it is there and can be used; its reference.
    fn find(&self, element: Element<'_>) -> Result<String, Failure> {
        let found = self.wait("return find(...given)", element.arguments(), &format!("there is {element}"))?;
        driver::reference(&found)
    }

    /// Waits until it is there and its text contains `words`; its whole text.
    ///
    /// # Errors
    /// If they do not appear.
    pub fn see(&self, element: Element<'_>, words: &str) -> Result<String, Failure> {
        let mut arguments = element.arguments();
        arguments.push(json!(words));
        let seen = self.wait("return textWith(...given)", arguments, &format!("{element} shows {words:?}"))?;
        Ok(seen.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the whole page shows `words`.
    ///
    /// # Errors
    /// If they do not appear.
    pub fn see_anywhere(&self, words: &str) -> Result<String, Failure> {
        self.see(Element::page(), words)
    }

    /// Waits until it is no longer there.
    ///
    /// # Errors
    /// If it stays.
    pub fn until_gone(&self, element: Element<'_>) -> Result<(), Failure> {
        self.wait("return !find(...given)", element.arguments(), &format!("{element} is gone")).map(drop)
    }

    /// Presses a key where the focus is, by the driver's name for it: `\u{E00C}` is Escape.
    ///
    /// # Errors
    /// If the window is gone.
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

    /// Runs JavaScript in the page at once; `return` gives its value.
    ///
    /// # Errors
    /// If it throws.
    pub fn run(&self, script: &str) -> Result<Value, Failure> {
        self.session.post("/execute/sync", json!({"script": script, "args": []}))
    }

    /// Waits until the body of a function gives something that is not false, looking again after every change of the
    /// page; what it gave.
    ///
    /// # Errors
    /// If that does not happen.
    pub fn until(&self, look: &str, what: &str) -> Result<Value, Failure> {
        self.wait(look, Vec::new(), what)
    }

    /// Loads the page anew. Returns once the old page is gone.
    ///
    /// # Errors
    /// If it does not load.
    pub fn reload(&self) -> Result<(), Failure> {
        self.run("window.isOld = true; return null")?;
        self.session.post("/refresh", json!({}))?;
        self.until("return !window.isOld", "the page is loaded anew").map(drop)
    }

    /// Writes a picture of the page and its source as `name.png` and `name.html` into `folder`; their paths.
    ///
    /// # Errors
    /// If the window is gone or the files cannot be written.
    pub fn save_page(&self, folder: &Path, name: &str) -> Result<[PathBuf; 2], Failure> {
        std::fs::create_dir_all(folder)?;
        let paths = ["png", "html"].map(|kind| folder.join(format!("{name}.{kind}")));
        // A page that is not drawn any more has a source all the same.
        std::fs::write(&paths[1], self.session.get("/source")?.as_str().unwrap_or_default())?;
        std::fs::write(&paths[0], self.session.picture()?)?;
        Ok(paths)
    }

    /// The program's processes, the web's own included.
    #[must_use]
    pub fn processes(&self) -> ProcessTree {
        self.tree.children()
    }

    /// Ends all of the program's processes at once, the hard way, as a power cut would.
    pub fn kill(self) {
        self.tree.children().kill();
    }

    fn wait(&self, look: &str, arguments: Vec<Value>, what: &str) -> Result<Value, Failure> {
        let script = format!("{}\nwaitFor(Array.from(arguments), (...given) => {{ {look} }});", element::SCRIPT);
        let body = json!({"script": script, "args": arguments});
        loop {
            match self.session.post("/execute/async", body.clone()) {
                // The page was replaced by the next one: the empty one by the first, the old one by the new one.
                Err(failure) if failure.to_string().contains(UNLOADED) => {}
                seen => return seen.map_err(|failure| format!("waited in vain until {what}: {failure}").into()),
            }
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // The driver ends the program; what it has left behind is ended here. It may have ended already.
        let left = self.tree.children();
        let _ = self.session.end();
        left.kill();
    }
}
