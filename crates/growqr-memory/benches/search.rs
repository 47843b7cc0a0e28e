//! Measures a search of a large memory: 10,000 pages, 50 MB, and a text that no page or few pages contain. Prints
//! `name value unit` lines.
//!
//! For comparison it also measures the former search (one thread; hashes every page, copies every line in lower case), and
//! the work that any index would have to do first: read each page and compute its version.

use growqr_core::clock::Timestamp;
use growqr_core::memory::Memory;
use growqr_memory::MemoryRepo;
use growqr_testkit::measure::{median, milliseconds, timed};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const ROUNDS: usize = 9;
const PAGES: usize = 10_000;
const PAGE_BYTES: usize = 5_000;
/// A word that one page of a hundred contains.
const RARE: &str = "Quartz";

fn main() {
    // `cargo test --all-targets` runs benches as well, but needs no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().join("memory");
    let memory = MemoryRepo::open(&folder, Timestamp(0)).expect("opens");
    let paths = fill(&folder);
    // The measurements alternate, so that a short load on the machine affects all of them.
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
    let [before, all, rare, read, versions, list] = times.map(|times| milliseconds(median(times)));
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

/// Writes pages of plain text: nine of ten are ASCII only.
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
