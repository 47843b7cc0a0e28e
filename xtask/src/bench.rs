//! Runs all benchmarks and compares each figure with its limit.
//!
//! A benchmark prints `name value unit` lines; the limits are here. A figure over its limit, or one that was not measured,
//! is listed, but it is not an error: speed depends on the machine and on its load.

use crate::{Failure, command, machine, run};
use std::fmt;

/// The limits: the name of the figure and its highest allowed value. The unit is the one that the benchmark prints.
const LIMITS: [(&str, f64); 39] = [
    ("append_1_ratio", 2.0),
    ("append_16_each_ratio", 0.3),
    ("rules_turn_ratio", 1.1),
    ("gateway_added", 1.0),
    // The time of eight streams; a throughput of at least 95 percent.
    ("gateway_streams_ratio", 1.05),
    // Until both containers answer, against a bare `docker run` of the two images.
    ("stack_up_answers_ratio", 1.2),
    ("sub_agent_ratio", 0.5),
    ("stack_memory", 20.0),
    ("replay_100k", 1_000.0),
    ("list_turn_own", 3.0),
    ("list_turn_appends", 3.0),
    ("note_turn_own", 8.0),
    ("awake_1000_agents", 50.0),
    ("chat_second_start", 60.0),
    ("chat_second_start_peak", 40.0),
    // Beside `rmcp` alone, without the appends.
    ("tool_call_ratio", 1.2),
    // Servers that nobody calls, beside none.
    ("start_20_servers_ratio", 1.1),
    ("tools_300_tokens", 3_000.0),
    // Beside `git add` and `git commit`, `git status` and `git blame` on the same pages.
    ("memory_adoption_6000_ratio", 1.5),
    ("memory_adoption_50000_ratio", 1.5),
    ("memory_start_and_scan_6000_ratio", 1.0),
    ("memory_start_and_scan_50000_ratio", 1.0),
    ("memory_commit_6000_ratio", 1.0),
    ("memory_commit_50000_ratio", 1.0),
    ("memory_blame_6000_ratio", 1.0),
    ("memory_blame_50000_ratio", 1.0),
    // Beside `git status` and `rg` on the same pages.
    ("memory_list_6000_ratio", 1.0),
    ("memory_list_50000_ratio", 1.0),
    ("memory_search_nowhere_6000_ratio", 1.2),
    ("memory_search_nowhere_50000_ratio", 1.2),
    ("memory_search_rare_6000_ratio", 1.2),
    ("memory_search_rare_50000_ratio", 1.2),
    ("window_first_scripts", 180.0),
    ("window_conversation", 700.0),
    ("window_idle_memory", 300.0),
    // The quick chat that was used before; what it adds to the memory of all processes.
    ("quick_shown", 150.0),
    ("quick_memory", 60.0),
    // 1,000 tokens a second into a conversation of 10,000 messages.
    ("stream_frames_over_50", 0.0),
    ("stream_task_longest_cpu", 50.0),
];

/// The features of the window as it is installed, with the pages embedded.
const WINDOW: &str = "desktop,custom-protocol";

/// Runs all benchmarks one after the other, as release builds.
pub fn run() -> Result<(), Failure> {
    command::run(&mut command::cargo(&["build", "--release", "-p", "growqr-cli"]))?;
    let binary = machine::root().join("target/release/growqr");
    let mut comparison = Comparison::default();
    let benches = [
        ("growqr-store", "append"),
        ("growqr-store", "search"),
        ("growqr-memory", "commit"),
        ("growqr-memory", "search"),
        ("growqr-memory", "vault"),
        ("growqr-memory", "adoption"),
        ("growqr-gateway", "gateway"),
        ("growqr-tools", "calls"),
        ("growqr-app", "turn"),
        ("growqr-app", "program"),
        ("growqr-app", "tools"),
        ("growqr-cli", "stack"),
    ];
    for (package, bench) in benches {
        println!("\n{package}, {bench}:");
        let mut bench = command::cargo(&["bench", "--quiet", "-p", package, "--bench", bench]);
        command::run_and_read(bench.env("GROWQR_BIN", &binary), |line| comparison.read_line(line))?;
    }
    stream(&mut comparison);
    if machine::can_build_window() {
        println!("\ngrowqr-desktop, window:");
        // The compiler embeds the pages into the window.
        run::build_pages()?;
        let bench = ["bench", "--quiet", "-p", "growqr-desktop", "--features", WINDOW, "--bench", "window"];
        command::run_and_read(&mut command::cargo(&bench), |line| comparison.read_line(line))?;
    } else {
        println!("\nThe window was not measured: WebKitGTK's development files are missing (cargo xtask install)");
    }
    println!("\n{comparison}");
    Ok(())
}

/// Measures the pages in Chromium, with the simulated host.
fn stream(comparison: &mut Comparison) {
    println!("\nui, stream:");
    let bench = command::run_and_read(&mut command::npm(&["run", "--silent", "bench"]), |line| comparison.read_line(line));
    if !matches!(bench, Ok(true)) {
        println!("The stream was not measured: its bench needs Chromium and the npm packages (cargo xtask install)");
    }
}

/// The figures that were measured so far, compared with their limits.
#[derive(Default)]
struct Comparison {
    within: Vec<&'static str>,
    /// The name and the text to print.
    over: Vec<(&'static str, String)>,
}

impl Comparison {
    /// Reads a line of a benchmark's output. Ignores it if it is not a figure with a limit.
    fn read_line(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let (Some(name), Some(value)) = (words.next(), words.next().and_then(|word| word.parse::<f64>().ok())) else { return };
        let Some(&(known, limit)) = LIMITS.iter().find(|(known, _)| *known == name) else { return };
        if value <= limit {
            self.within.push(known);
        } else {
            self.over.push((known, format!("{line}, limit {limit}")));
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, text) in &self.over {
            writeln!(to, "over the limit: {text}")?;
        }
        let is_measured = |name: &str| self.within.contains(&name) || self.over.iter().any(|(over, _)| *over == name);
        for (name, limit) in LIMITS.iter().filter(|(name, _)| !is_measured(name)) {
            writeln!(to, "not measured: {name}, limit {limit}")?;
        }
        write!(to, "{} of {} figures within their limit", self.within.len(), LIMITS.len())
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
        assert!(text.starts_with("over the limit: list_turn_own 3.100 ms, limit 3\nnot measured: "), "{text}");
        assert_eq!(text.matches("not measured: ").count(), LIMITS.len() - 2, "{text}");
        assert!(!text.contains("note_turn_own") && !text.contains("fsync_4k"), "{text}");
        assert!(text.ends_with(&format!("\n1 of {} figures within their limit", LIMITS.len())), "{text}");
    }
}
