//! The figures: every bench of the project, each figure beside what was promised.
//!
//! A bench prints `name value unit` lines; the promises stand here. A figure that misses its promise is said, not
//! failed: speed depends on the machine and on what else it does. A figure that was not measured is said too.

use crate::{Failure, command, machine, run};
use std::fmt;

/// What was promised: the figure's name, and the most it may be.
const PROMISES: [(&str, f64); 12] = [
    ("append_1_ratio", 2.0),
    ("append_16_each_ratio", 0.3),
    ("replay_100k", 1_000.0),
    ("list_turn_own", 3.0),
    ("list_turn_appends", 3.0),
    ("note_turn_own", 8.0),
    ("awake_1000_agents", 50.0),
    ("chat_second_start", 60.0),
    ("chat_second_start_peak", 40.0),
    ("window_first_scripts", 180.0),
    ("window_conversation", 700.0),
    ("window_idle_memory", 300.0),
];

/// The window with the pages built in, as it is installed.
const WINDOW: &str = "desktop,custom-protocol";

/// Runs all benches, release builds, one after the other.
pub fn run() -> Result<(), Failure> {
    command::run(&mut command::cargo(&["build", "--release", "-p", "growqr-cli"]))?;
    let binary = machine::root().join("target/release/growqr");
    let mut judged = Judged::default();
    let benches = [
        ("growqr-store", "append"),
        ("growqr-store", "search"),
        ("growqr-memory", "commit"),
        ("growqr-memory", "search"),
        ("growqr-app", "turn"),
        ("growqr-app", "program"),
    ];
    for (package, bench) in benches {
        println!("\n{package}, {bench}:");
        let mut bench = command::cargo(&["bench", "--quiet", "-p", package, "--bench", bench]);
        command::watch(bench.env("GROWQR_BIN", &binary), |line| judged.hear(line))?;
    }
    if machine::can_build_window() {
        println!("\ngrowqr-desktop, window:");
        // The window embeds its pages when it is compiled.
        run::build_pages()?;
        let bench = ["bench", "--quiet", "-p", "growqr-desktop", "--features", WINDOW, "--bench", "window"];
        command::watch(&mut command::cargo(&bench), |line| judged.hear(line))?;
    } else {
        println!("\nThe window was not measured: WebKitGTK's development files are missing (cargo xtask install)");
    }
    println!("\n{judged}");
    Ok(())
}

/// The promises that were heard of so far.
#[derive(Default)]
struct Judged {
    kept: Vec<&'static str>,
    /// The name and what is to be said of it.
    missed: Vec<(&'static str, String)>,
}

impl Judged {
    /// Takes a line that a bench has printed; one that is no figure, or none that was promised, changes nothing.
    fn hear(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let (Some(name), Some(value)) = (words.next(), words.next().and_then(|word| word.parse::<f64>().ok())) else { return };
        let Some(&(promised, most)) = PROMISES.iter().find(|(promised, _)| *promised == name) else { return };
        if value <= most {
            self.kept.push(promised);
        } else {
            self.missed.push((promised, format!("{line}, promised at most {most}")));
        }
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, miss) in &self.missed {
            writeln!(to, "missed: {miss}")?;
        }
        let is_heard = |name: &str| self.kept.contains(&name) || self.missed.iter().any(|(missed, _)| *missed == name);
        for (name, most) in PROMISES.iter().filter(|(name, _)| !is_heard(name)) {
            writeln!(to, "not measured: {name}, promised at most {most}")?;
        }
        write!(to, "{} of {} promises kept", self.kept.len(), PROMISES.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_missed_or_not_measured_and_each_is_said() {
        let mut judged = Judged::default();
        for line in ["list_turn_own 3.100 ms", "note_turn_own 7.900 ms", "fsync_4k 200.0 us", "Finished in 3 s"] {
            judged.hear(line);
        }
        let said = judged.to_string();
        assert!(said.starts_with("missed: list_turn_own 3.100 ms, promised at most 3\nnot measured: "), "{said}");
        assert_eq!(said.matches("not measured: ").count(), PROMISES.len() - 2, "{said}");
        assert!(!said.contains("note_turn_own") && !said.contains("fsync_4k"), "{said}");
        assert!(said.ends_with("\n1 of 12 promises kept"), "{said}");
    }
}
