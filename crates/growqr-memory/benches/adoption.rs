//! Adoption, start, commits, blame and history beside `git`, on the same pages. Prints one `name value unit` line for each figure;
//! a ratio of 1 is as fast as git.
//!
//! `VAULT_PAGES` sets the number of pages; without it, the vaults have 6,000 and 50,000.

use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::{Change, Edit, Memory, Origin};
use growqr_memory::MemoryRepo;
use growqr_testkit::measure::{median, milliseconds, timed};
use growqr_testkit::write_vault;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const AT: Timestamp = Timestamp(1_800_000_000_000);
const ROUNDS: usize = 7;

fn main() {
    // `cargo test --all-targets` runs benches as well, but needs no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let pages = std::env::var("VAULT_PAGES").ok().and_then(|pages| pages.parse().ok());
    for pages in pages.map_or(vec![6_000, 50_000], |pages| vec![pages]) {
        measure(pages);
    }
}

fn measure(pages: usize) {
    let name = |figure: &str| format!("memory_{figure}_{pages}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (theirs, ours) = (folder.path().join("git"), folder.path().join("memory"));
    for folder in [&theirs, &ours] {
        write_vault(folder, pages).expect("a vault");
    }
    git(&theirs, &["init", "-q"]);
    // The page cache of both is equally warm.
    git(&theirs, &["status", "--porcelain"]);
    git(&ours, &["hash-object", "--no-filters", "area 0/topic 0/note 0.md"]);
    let git_adds = timed(|| {
        git(&theirs, &["add", "-A"]);
        git(&theirs, &["commit", "-q", "-m", "all"]);
    });
    let memory = MemoryRepo::open(&ours, AT).expect("opens");
    let adoption = timed(|| assert_eq!(memory.adopt_hand_edits(AT).expect("adopts").commits.len(), 1));
    ratio(&name("adoption"), adoption, git_adds);
    let git_status = in_rounds(|_| timed(|| git(&ours, &["status", "--porcelain"])));
    let next_start = in_rounds(|_| {
        timed(|| {
            let memory = MemoryRepo::open(&ours, AT).expect("opens");
            assert_eq!(memory.adopt_hand_edits(AT).expect("scans").commits, []);
        })
    });
    ratio(&name("start_and_scan"), next_start, git_status);
    ratio(&name("scan"), in_rounds(|_| timed(|| drop(memory.adopt_hand_edits(AT).expect("scans")))), git_status);
    let small = MemoryRepo::open(&folder.path().join("small"), AT).expect("opens");
    let (alone, among) = (in_rounds(|round| commit(&small, round)), in_rounds(|round| commit(&memory, round)));
    ratio(&name("commit"), among.saturating_sub(alone), git_status);
    ratio(&name("scan_after_commit"), timed(|| drop(memory.adopt_hand_edits(AT).expect("scans"))), git_status);
    let page = "area 0/topic 0/note 0.md";
    let git_blame = in_rounds(|_| timed(|| git(&ours, &["blame", page])));
    ratio(&name("blame"), in_rounds(|_| timed(|| drop(memory.blame(page).expect("blames")))), git_blame);
    let git_log = in_rounds(|_| timed(|| git(&ours, &["log", "--", page])));
    ratio(&name("page_log"), in_rounds(|_| timed(|| drop(memory.history(Some(page), 50).expect("a history")))), git_log);
}

/// A change of one page as an agent makes it, with the update of git's index.
fn commit(memory: &MemoryRepo, round: usize) -> Duration {
    let change = Change {
        path: "area 0/topic 0/agent.md".to_owned(),
        edit: Edit::Write {
            content: format!("{round}\n"),
            base: memory.read("area 0/topic 0/agent.md").ok().map(|page| page.version),
        },
        message: "Note".to_owned(),
        origin: Origin {
            agent: AgentId::grow(),
            name: "Grow".to_owned(),
            turn: 1,
            effect: EffectId::new(format!("{round:016x}")),
        },
        at: AT,
        approval: None,
    };
    timed(|| {
        let plan = memory.prepare(&change).expect("prepares");
        memory.commit(&plan).expect("commits");
        memory.tidy().expect("tidies");
    })
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "gc.auto=0"])
        .args(arguments)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn in_rounds(work: impl FnMut(usize) -> Duration) -> Duration {
    median((0..ROUNDS).map(work))
}

fn ratio(name: &str, ours: Duration, theirs: Duration) {
    println!("{name} {:.1} ms", milliseconds(ours));
    println!("{name}_git {:.1} ms", milliseconds(theirs));
    println!("{name}_ratio {:.2} x", ours.as_secs_f64() / theirs.as_secs_f64());
}
