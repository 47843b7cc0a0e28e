//! Measures a real vault's size: listing against `git status`, and searching against `rg`, on 6,000 and 50,000 pages in one
//! run. Prints `name value unit` lines; a ratio is our time divided by the other program's.

use growqr_core::clock::Timestamp;
use growqr_core::memory::Memory;
use growqr_memory::MemoryRepo;
use growqr_testkit::measure::{median, milliseconds, timed};
use growqr_testkit::{RARE_WORD, write_vault};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const ROUNDS: usize = 9;
const SIZES: [usize; 2] = [6_000, 50_000];
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
        write_vault(&folder, pages).expect("a vault");
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
        for (number, word) in [(2, NOWHERE), (4, RARE_WORD)] {
            times[number].push(timed(|| drop(memory.search(word, usize::MAX).expect("searched"))));
            if has_rg {
                times[number + 1].push(timed(|| rg(folder, word)));
            }
        }
    }
    let [list, status, nowhere, rg_nowhere, rare, rg_rare] = times.map(|times| milliseconds(median(times)));
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

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git").current_dir(folder).args(arguments).stdout(Stdio::null()).status();
    assert!(status.expect("git is installed").success(), "git {arguments:?}");
}

/// Searches as memory does: letter case does not matter, and each line is shown with its number.
fn rg(folder: &Path, word: &str) {
    let arguments = ["--ignore-case", "--fixed-strings", "--line-number", "--no-messages", word];
    Command::new("rg").current_dir(folder).args(arguments).arg(".").stdout(Stdio::null()).status().expect("rg runs");
}
