//! Runs every test that this machine can run, and lists what it skipped.
//!
//! Many tests kill processes and wait for others, on as many threads as there are cores. So a few that failed run once more, alone:
//! one that passes then is named as unsteady, and has to be mended, but is no failure.

use crate::tally::Tally;
use crate::{Failure, command, install, machine, run};
use std::process::Command;

/// The most failed tests of a suite that run once more. If there are more, something is broken.
const SECOND_TRIES: usize = 5;

struct Report {
    tally: Tally,
    skipped: Vec<&'static str>,
}

/// Runs all suites, also after a failure. The last line has the total counts.
pub fn run() -> Result<(), Failure> {
    let mut report = Report { tally: Tally::default(), skipped: Vec::new() };
    let has_node = install::pages().inspect_err(|failure| eprintln!("{failure}")).is_ok();
    report.rust(has_node)?;
    report.cargo_suite(&[&["test", "--no-fail-fast"], &machine::NODE[..]].concat())?;
    report.pages(has_node)?;
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
    let Tally { passed, failed, skipped, unsteady, .. } = report.tally;
    if !unsteady.is_empty() {
        println!("\nUnsteady, passed only at the second try:");
        unsteady.iter().for_each(|test| println!("  {test}"));
    }
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { Ok(()) } else { Err("some tests failed".into()) }
}

impl Report {
    fn skip(&mut self, what: &'static str) {
        self.tally.skipped += 1;
        self.skipped.push(what);
    }

    fn suite(&mut self, command: &mut Command) -> Result<(), Failure> {
        let mut counts = Tally::default();
        let succeeded = command::run_and_read(command, |line| counts.read(line))?;
        self.tally.add(counts, succeeded);
        Ok(())
    }

    /// A suite of cargo, and once more what has failed in it.
    fn cargo_suite(&mut self, arguments: &[&str]) -> Result<(), Failure> {
        let mut counts = Tally::default();
        let mut succeeded = command::run_and_read(&mut command::cargo(arguments), |line| counts.read(line))?;
        let failed = std::mem::take(&mut counts.failed_tests);
        // A failure without a name is one of a program that did not compile or has crashed.
        let are_all_named = !failed.is_empty() && counts.failed == failed.len() as u64;
        if are_all_named && failed.len() <= SECOND_TRIES {
            let alone = ["--tests", "--", "--test-threads=1", "--exact"];
            let names: Vec<&str> = failed.iter().map(String::as_str).collect();
            let mut second = Tally::default();
            succeeded =
                command::run_and_read(&mut command::cargo(&[arguments, &alone, &names].concat()), |line| second.read(line))?;
            if succeeded && second.passed >= counts.failed {
                counts.passed += std::mem::take(&mut counts.failed);
                counts.unsteady = failed;
            }
        }
        self.tally.add(counts, succeeded);
        Ok(())
    }

    /// The tests of all crates, including the journeys in the real window.
    fn rust(&mut self, has_node: bool) -> Result<(), Failure> {
        let tests = ["test", "--workspace", "--no-fail-fast", "--features"];
        if !self.can_build_window(has_node) {
            return self.cargo_suite(&[&tests[..], &[machine::NO_WINDOW]].concat());
        }
        self.cargo_suite(&[&tests[..], &[machine::ALL_FEATURES]].concat())?;
        if !machine::can_drive_window() {
            self.skip("the journeys in the real window: this is not Linux, or Xvfb, dbus-daemon or WebKitWebDriver is missing");
        } else if !machine::can_open_links() {
            self.skip("sign-in in the real window: the programs that open links are missing (cargo xtask install)");
        }
        Ok(())
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

    fn pages(&mut self, has_node: bool) -> Result<(), Failure> {
        if !has_node {
            self.skip("the pages: Node.js is missing");
            return Ok(());
        }
        self.suite(command::npm(&["test"]).env("NO_COLOR", "1"))?;
        if machine::has_chromium() {
            self.suite(command::npm(&["run", "e2e"]).env("NO_COLOR", "1"))
        } else {
            self.skip("the pages in a browser: no Chromium (cargo xtask install)");
            Ok(())
        }
    }
}
