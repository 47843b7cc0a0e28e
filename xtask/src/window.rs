//! The real window on a screen of its own: Xvfb, a message bus, WebKit's driver, an empty data folder.

use crate::webdriver::Session;
use crate::{Failure, machine};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How often to look, and how often at most: thirty seconds in all.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: usize = 300;

/// Presses the first run's button for starting without a key; `false` while it is not there.
const START_WITHOUT_KEY: &str = "\
    const start = [...document.querySelectorAll('button')].find((button) => button.innerText.includes('guide'));\
    start?.click();\
    return start !== undefined";

/// What to say if the test cannot be run here.
pub fn missing() -> Option<&'static str> {
    if !cfg!(target_os = "linux") {
        return Some("the real window: its test drives WebKitGTK, which is on Linux only");
    }
    let programs = ["Xvfb", "dbus-daemon", "WebKitWebDriver"];
    let is_there = |program: &str| ["/usr/bin", "/usr/local/bin"].iter().any(|folder| Path::new(folder).join(program).exists());
    (!programs.into_iter().all(is_there))
        .then_some("the real window: Xvfb, dbus-daemon or WebKitWebDriver is missing (cargo xtask install)")
}

/// Opens the window that `cargo test` has built, and looks whether its page shows this version. A picture of it goes
/// to `target/window.png`.
pub fn smoke() -> Result<String, Failure> {
    let program = machine::target().join("debug/growqr-desktop");
    let folder = tempfile::tempdir()?;
    let (_screen, display) = announced(
        Command::new("Xvfb").args(["-displayfd", "1", "-screen", "0", "1280x860x24", "-nolisten", "tcp"]).stderr(Stdio::null()),
    )?;
    let (_bus, bus) = announced(Command::new("dbus-daemon").args(["--session", "--nofork", "--print-address=1"]))?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut driver = Command::new("WebKitWebDriver");
    driver
        .arg(format!("--port={port}"))
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env("DISPLAY", format!(":{display}"))
        .env("DBUS_SESSION_BUS_ADDRESS", bus)
        .env("GROWQR_DATA_DIR", folder.path().join("data"))
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DATABASE_URL")
        .env_remove("ANTHROPIC_API_KEY");
    for place in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        driver.env(place, folder.path().join(place));
    }
    let _driver = Started(driver.spawn()?);
    wait("the driver listens", || Ok(TcpStream::connect(("127.0.0.1", port)).ok().map(drop)))?;
    let session = Session::start(port, &program.to_string_lossy())?;
    let seen = look(&session);
    let picture = machine::target().join("window.png");
    std::fs::write(&picture, session.picture()?)?;
    session.end()?;
    Ok(format!("{} ({})", seen?, picture.display()))
}

/// The page has a name and something on it, its settings show this version, and the policy lets no foreign script in.
fn look(session: &Session) -> Result<String, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    wait("the page is drawn", || {
        let drawn = session.run("return document.title === 'GrowQR' && document.body.innerText.trim().length > 0")?;
        Ok((drawn == true).then_some(()))
    })?;
    wait("the first run lets one start without a key", || {
        let clicked = session.run(START_WITHOUT_KEY)?;
        Ok((clicked == true).then_some(()))
    })?;
    session.run("location.hash = '#/settings'; return null")?;
    let shown = wait("the page shows the version", || {
        let text = session.run("return document.body.innerText")?;
        Ok(text.as_str().filter(|text| text.contains(version)).map(|_| format!("shows version {version}")))
    })?;
    let evaluated = session.run("try { return new Function('return 1')() } catch { return 'refused' }")?;
    if evaluated != "refused" {
        return Err("the content policy lets text be run as a script".into());
    }
    Ok(shown)
}

/// A program that is ended when this is dropped.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits for the first line that it prints, which says where it is.
fn announced(command: &mut Command) -> Result<(Started, String), Failure> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take();
    let started = Started(child);
    let mut line = String::new();
    BufReader::new(output.ok_or("a program without output")?).read_line(&mut line)?;
    if line.trim().is_empty() {
        return Err(format!("{} did not start", command.get_program().to_string_lossy()).into());
    }
    Ok((started, line.trim().to_owned()))
}

/// Other programs give no signal that could be waited for: looks until there is something.
fn wait<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>, Failure>) -> Result<T, Failure> {
    for _ in 0..LOOKS {
        if let Some(found) = look()? {
            return Ok(found);
        }
        std::thread::sleep(LOOK);
    }
    Err(format!("waited in vain until {what}").into())
}
