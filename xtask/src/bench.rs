//! The figures: every bench of the project, each figure beside what was promised.
//!
//! A bench prints `name value unit` lines; the promises stand here. A figure that misses its promise is said, not
//! failed: speed depends on the machine and on what else it does.

use crate::{Failure, command, machine, run};

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
    let mut missed = Vec::new();
    for (package, bench) in
        [("growqr-store", "append"), ("growqr-memory", "commit"), ("growqr-app", "turn"), ("growqr-app", "program")]
    {
        println!("\n{package}, {bench}:");
        let mut bench = command::cargo(&["bench", "--quiet", "-p", package, "--bench", bench]);
        command::watch(bench.env("GROWQR_BIN", &binary), |line| missed.extend(judge(line)))?;
    }
    if machine::can_build_window() {
        println!("\ngrowqr-desktop, window:");
        // The window embeds its pages when it is compiled.
        run::build_pages()?;
        let bench = ["bench", "--quiet", "-p", "growqr-desktop", "--features", WINDOW, "--bench", "window"];
        command::watch(&mut command::cargo(&bench), |line| missed.extend(judge(line)))?;
    } else {
        println!("\nThe window was not measured: WebKitGTK's development files are missing (cargo xtask install)");
    }
    println!();
    missed.iter().for_each(|miss| println!("missed: {miss}"));
    println!("{} of {} promises kept", PROMISES.len() - missed.len(), PROMISES.len());
    Ok(())
}

/// Says if a figure misses its promise.
fn judge(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (name, value) = (words.next()?, words.next()?.parse::<f64>().ok()?);
    let (_, most) = PROMISES.iter().find(|(promised, _)| *promised == name)?;
    (value > *most).then(|| format!("{line}, promised at most {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_above_its_promise_is_said() {
        assert!(judge("list_turn_own 3.100 ms").is_some());
        assert!(judge("list_turn_own 2.900 ms").is_none());
        assert!(judge("fsync_4k 200.0 us").is_none());
    }
}
