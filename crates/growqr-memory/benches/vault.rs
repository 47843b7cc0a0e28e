//! Measures a real vault's size: listing against `git status`, and searching against `rg`, on 6,000 and 50,000 pages in one
//! run. Prints `name value unit` lines; a ratio is our time divided by the other program's.

use growqr_core::clock::Timestamp;
use growqr_core::memory::Memory;
use growqr_memory::MemoryRepo;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;
const SIZES: [usize; 2] = [6_000, 50_000];
/// A word of one page of a hundred.
const RARE: &str = "Quartz";
/// A word of no page.
const NOWHERE: &str = "Zirconium";

fn main() {
    // `cargo test --all-targets` runs benches as well, but needs no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let has_rg = Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !has_rg {
        println!("rg is not installed (apt package ripgrep), so searches are not compared with it");
    }
    for pages in SIZES {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let folder = folder.path().join("memory");
        let memory = MemoryRepo::open(&folder, Timestamp(0)).expect("opens");
        fill(&folder, pages);
        git(&folder, &["add", "-A"]);
        git(&folder, &["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "Pages"]);
        measure(&memory, &folder, pages, has_rg);
    }
}

fn measure(memory: &MemoryRepo, folder: &Path, pages: usize, has_rg: bool) {
    // The measurements alternate, so that a short load on the machine affects all of them.
    let mut times: [Vec<Duration>; 6] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(timed(|| assert!(memory.list("").expect("listed").len() >= pages)));
        times[1].push(timed(|| git(folder, &["status", "--porcelain"])));
        for (number, word) in [(2, NOWHERE), (4, RARE)] {
            times[number].push(timed(|| drop(memory.search(word, usize::MAX).expect("searched"))));
            if has_rg {
                times[number + 1].push(timed(|| rg(folder, word)));
            }
        }
    }
    let [list, status, nowhere, rg_nowhere, rare, rg_rare] = times.map(median);
    let compare = |name: &str, ours: f64, others: f64, other: &str| {
        println!("memory_{name}_{pages} {ours:.1} ms");
        if others > 0.0 {
            println!("{other}_{name}_{pages} {others:.1} ms");
            println!("memory_{name}_{pages}_ratio {:.2} x", ours / others);
        }
    };
    compare("list", list, status, "git_status");
    compare("search_nowhere", nowhere, rg_nowhere, "rg");
    compare("search_rare", rare, rg_rare, "rg");
}

/// Writes pages in 40 areas of up to 25 folders. Most are short, few are long; nine of ten are ASCII only.
fn fill(folder: &Path, pages: usize) {
    let mut state = 7_u64;
    for number in 0..pages {
        // A linear congruential generator: each run writes the same pages.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let random = state >> 33;
        let bytes = match random % 100 {
            0..60 => 300 + random % 1_500,
            60..95 => 2_000 + random % 6_000,
            _ => 10_000 + random % 40_000,
        };
        let file = folder.join(format!("area {:02}/topic-{:02}/Page {number:05}.md", number % 40, number / 40 % 25));
        fs::create_dir_all(file.parent().expect("in a folder")).expect("a folder");
        fs::write(file, text(number, usize::try_from(bytes).expect("small"))).expect("a page");
    }
}

fn text(number: usize, bytes: usize) -> String {
    let sentence = if number.is_multiple_of(10) { "Übung macht den Meister" } else { "All work and no play" };
    let mut text = format!("# Page {number}\n\n");
    while text.len() < bytes {
        text += &format!("- {sentence}, {}; what was decided on day {}\n", text.len() * 31 % 977, text.len() % 365);
    }
    if number % 100 == 99 {
        text += RARE;
        text.push('\n');
    }
    text
}

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git").current_dir(folder).args(arguments).stdout(Stdio::null()).status();
    assert!(status.expect("git is installed").success(), "git {arguments:?}");
}

/// Searches as memory does: letter case does not matter, and each line is shown with its number.
fn rg(folder: &Path, word: &str) {
    let arguments = ["--ignore-case", "--fixed-strings", "--line-number", "--no-messages", word];
    Command::new("rg").current_dir(folder).args(arguments).arg(".").stdout(Stdio::null()).status().expect("rg runs");
}

#[expect(clippy::disallowed_methods, reason = "a bench measures")]
fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// The median, in milliseconds; 0 if nothing was measured.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}
