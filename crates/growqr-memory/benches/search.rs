//! How long a search of a large memory takes, as `name value unit` lines: 10,000 pages, 50 MB, of which none or few have the
//! text. Beside it the way before (one thread; every page hashed, every line copied in lower case), and what any index
//! would have to do first: read each page, and work out its version.

use growqr_core::clock::Timestamp;
use growqr_core::memory::Memory;
use growqr_memory::MemoryRepo;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;
const PAGES: usize = 10_000;
const PAGE_BYTES: usize = 5_000;
/// In one page of a hundred.
const RARE: &str = "Quartz";

fn main() {
    // `cargo test --all-targets` starts this too, and wants no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().join("memory");
    let memory = MemoryRepo::open(&folder, Timestamp(0)).expect("opens");
    let paths = fill(&folder);
    // Alternating, so that a busy moment of the machine hits all of them.
    let mut times: [Vec<Duration>; 6] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(timed(|| before(&memory, "nowhere")));
        times[1].push(timed(|| assert_eq!(memory.search("nowhere", 50).expect("searched"), [])));
        times[2].push(timed(|| assert_eq!(memory.search(RARE, 50).expect("searched").len(), 50)));
        times[3].push(timed(|| read(&paths, |_| {})));
        times[5].push(timed(|| drop(memory.list("").expect("listed"))));
        times[4].push(timed(|| {
            read(&paths, |bytes| assert!(!git2::Oid::hash_object(git2::ObjectType::Blob, bytes).expect("a version").is_zero()));
        }));
    }
    let [before, all, rare, read, versions, list] = times.map(middle);
    let figures = [
        ("before", before),
        ("all", all),
        ("rare", rare),
        ("list_alone", list),
        ("read_alone", read),
        ("versions_alone", versions),
    ];
    for (name, took) in figures {
        println!("memory_search_{name} {took:.1} ms");
    }
    println!("memory_search_ratio {:.2} x", all / before);
}

/// Pages of plain words, most in ASCII, one in ten not.
fn fill(folder: &Path) -> Vec<PathBuf> {
    let paths: Vec<PathBuf> = (0..PAGES).map(|n| folder.join(format!("area{:02}/page{n:05}.md", n % 50))).collect();
    for (n, path) in paths.iter().enumerate() {
        fs::create_dir_all(path.parent().expect("in a folder")).expect("a folder");
        let mut text = format!("# Page {n}\n\n");
        while text.len() < PAGE_BYTES {
            let word = if n % 10 == 0 { "Übung macht den Meister" } else { "All work and no Play" };
            text += &format!("- {word}, {}; what was decided on day {}\n", text.len() * 31 % 977, text.len() % 365);
        }
        if n % 100 == 99 {
            text += RARE;
        }
        fs::write(path, text).expect("a page");
    }
    paths
}

fn before(memory: &MemoryRepo, wanted: &str) {
    for page in memory.list("").expect("listed") {
        let page = memory.read(&page.path).expect("a page");
        let text = page.content;
        assert!(!text.lines().any(|line| line.to_lowercase().contains(wanted)));
    }
}

fn read(paths: &[PathBuf], mut then: impl FnMut(&[u8])) {
    for path in paths {
        then(&fs::read(path).expect("a page"));
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures")]
fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// In milliseconds.
fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
