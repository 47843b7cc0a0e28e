//! The figures: every bench of the project, each figure beside what was promised.
//!
//! A bench prints `name value unit` lines; the promises stand here. A figure that misses its promise is said, not
//! failed: speed depends on the machine and on what else it does. A figure that was not measured is said too.

use crate::{Failure, command, machine, run};
use std::fmt;

/// What was promised: the figure's name, and the most it may be.
const LIMITS: [(&str, f64); 12] = [
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
    let mut comparison = Comparison::default();
    for (package, bench) in
        [("growqr-store", "append"), ("growqr-memory", "commit"), ("growqr-app", "turn"), ("growqr-app", "program")]
    {
        println!("\n{package}, {bench}:");
        let mut bench = command::cargo(&["bench", "--quiet", "-p", package, "--bench", bench]);
        command::run_and_read(bench.env("GROWQR_BIN", &binary), |line| comparison.read_line(line))?;
    }
    if machine::can_build_window() {
        println!("\ngrowqr-desktop, window:");
        // The window embeds its pages when it is compiled.
        run::build_pages()?;
        let bench = ["bench", "--quiet", "-p", "growqr-desktop", "--features", WINDOW, "--bench", "window"];
        command::run_and_read(&mut command::cargo(&bench), |line| comparison.read_line(line))?;
    } else {
        println!("\nThe window was not measured: WebKitGTK's development files are missing (cargo xtask install)");
    }
    println!("\n{comparison}");
    Ok(())
}

/// The promises that were heard of so far.
#[derive(Default)]
struct Comparison {
    within: Vec<&'static str>,
    /// The name and what is to be said of it.
    over: Vec<(&'static str, String)>,
}

impl Comparison {
    /// Takes a line that a bench has printed; one that is no figure, or none that was promised, changes nothing.
    fn read_line(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let (Some(name), Some(value)) = (words.next(), words.next().and_then(|word| word.parse::<f64>().ok())) else { return };
        let Some(&(known, limit)) = LIMITS.iter().find(|(known, _)| *known == name) else { return };
        if value <= limit {
            self.within.push(known);
        } else {
            self.over.push((known, format!("{line}, promised at most {limit}")));
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, text) in &self.over {
            writeln!(to, "missed: {text}")?;
        }
        let is_measured = |name: &str| self.within.contains(&name) || self.over.iter().any(|(over, _)| *over == name);
        for (name, limit) in LIMITS.iter().filter(|(name, _)| !is_measured(name)) {
            writeln!(to, "not measured: {name}, promised at most {limit}")?;
        }
        write!(to, "{} of {} promises kept", self.within.len(), LIMITS.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_over_the_limit_or_not_measured_are_listed() {
        let mut comparison = Comparison::default();
        for line in ["list_turn_own 3.100 ms", "note_turn_own 7.900 ms", "fsync_4k 200.0 us", "Finished in 3 s"] {
            comparison.read_line(line);
        }
        let text = comparison.to_string();
        assert!(text.starts_with("missed: list_turn_own 3.100 ms, promised at most 3\nnot measured: "), "{text}");
        assert_eq!(text.matches("not measured: ").count(), LIMITS.len() - 2, "{text}");
        assert!(!text.contains("note_turn_own") && !text.contains("fsync_4k"), "{text}");
        assert!(text.ends_with("\n1 of 12 promises kept"), "{text}");
    }
}
