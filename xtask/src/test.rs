//! Runs every test that this machine can run, and lists what it skipped.

use crate::tally::Tally;
use crate::{Failure, command, install, machine, run};
use std::process::Command;

#[derive(Default)]
struct Report {
    tally: Tally,
    skipped: Vec<&'static str>,
}

/// Runs all suites, also after a failure. The last line has the total counts.
pub fn run() -> Result<(), Failure> {
    let mut report = Report::default();
    let has_node = install::pages().inspect_err(|failure| eprintln!("{failure}")).is_ok();
    let crates = report.tests_of_crates(has_node);
    // Compiled before anything else runs. Then both suites wait for other processes half of the time, so they run side by side.
    let is_compiled = report.suite(command::cargo(&crates).arg("--no-run"))?;
    std::thread::scope(|scope| {
        let pages = scope.spawn(|| Report::of_pages(has_node).map_err(|failure| failure.to_string()));
        if is_compiled {
            report.suite(&mut command::cargo(&crates))?;
        }
        report.add(pages.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        Ok::<_, Failure>(())
    })?;
    if !machine::has_postgres() {
        report.skip("the store on PostgreSQL: no server of version 15 or later (cargo xtask install)");
    }
    if !machine::has_keyring() {
        report.skip("the keychain: gnome-keyring, dbus or libsecret-tools are missing (cargo xtask install)");
    }
    println!("\nSkipped:");
    report.skipped.iter().for_each(|what| println!("  {what}"));
    if report.skipped.is_empty() {
        println!("  nothing");
    }
    let Tally { passed, failed, skipped } = report.tally;
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { Ok(()) } else { Err("some tests failed".into()) }
}

impl Report {
    fn skip(&mut self, what: &'static str) {
        self.tally.skipped += 1;
        self.skipped.push(what);
    }

    /// Counts the tests of a command. Returns whether it succeeded.
    fn suite(&mut self, command: &mut Command) -> Result<bool, Failure> {
        let mut counts = Tally::default();
        let succeeded = command::run_and_read(command, |line| counts.read(line))?;
        self.tally.add(counts, succeeded);
        Ok(succeeded)
    }

    fn add(&mut self, other: Report) {
        self.tally.add(other.tally, true);
        self.skipped.extend(other.skipped);
    }

    /// The arguments of cargo that run the tests of all crates, including the journeys in the real window if there can be one.
    fn tests_of_crates(&mut self, has_node: bool) -> [&'static str; 5] {
        let tests = |features| ["test", "--workspace", "--no-fail-fast", "--features", features];
        if !self.can_build_window(has_node) {
            return tests(machine::NO_WINDOW);
        }
        if !machine::can_drive_window() {
            self.skip("the journeys in the real window: this is not Linux, or Xvfb, dbus-daemon or WebKitWebDriver is missing");
        } else if !machine::can_open_links() {
            self.skip("sign-in in the real window: the programs that open links are missing (cargo xtask install)");
        }
        tests(machine::ALL_FEATURES)
    }

    /// Builds the pages, which the compiler embeds into the window. Returns `false` and counts that if it is not possible.
    fn can_build_window(&mut self, has_node: bool) -> bool {
        if !machine::can_build_window() {
            self.skip("the window: WebKitGTK's development files are missing (cargo xtask install)");
            return false;
        }
        if !has_node {
            self.skip("the window: Node.js is missing, so its pages cannot be built");
            return false;
        }
        if let Err(failure) = run::build_pages() {
            println!("the window's pages: FAILED: {failure}");
            self.tally.add(Tally::default(), false);
            return false;
        }
        true
    }

    /// The tests of the window's pages: those without a browser, then those in one.
    fn of_pages(has_node: bool) -> Result<Report, Failure> {
        let mut report = Report::default();
        if !has_node {
            report.skip("the pages: Node.js is missing");
            return Ok(report);
        }
        report.suite(command::npm(&["test"]).env("NO_COLOR", "1"))?;
        if machine::has_chromium() {
            report.suite(command::npm(&["run", "e2e"]).env("NO_COLOR", "1"))?;
        } else {
            report.skip("the pages in a browser: no Chromium (cargo xtask install)");
        }
        Ok(report)
    }
}
