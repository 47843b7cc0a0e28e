//! Benchmarks of memory. Prints one `name value unit` line for each operation: medians on a real disk.

use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::{Change, Edit, Memory, Origin};
use growqr_memory::MemoryRepo;
use growqr_testkit::measure::{median, milliseconds, timed};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

const ROUNDS: usize = 101;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let memory = MemoryRepo::open(&folder.path().join("memory"), Timestamp(0)).expect("opens");
    for number in 0..94 {
        change(&memory, &format!("projects/p{number}.md"), "text\n", None, number);
    }
    print(
        "prepare_and_commit_new",
        in_rounds(|round| change(&memory, &format!("journal/{round}.md"), "x\n", None, 1000 + round)),
    );
    // fsync is measured between the commits, so that both see the same state of the disk.
    let mut waits = Vec::new();
    let mut base = None;
    print(
        "prepare_and_commit_changed",
        in_rounds(|round| {
            let took = change(&memory, "profile.md", &format!("# Profile\n{round}\n"), base.as_deref(), 2000 + round);
            base = Some(memory.read("profile.md").expect("is there").version);
            waits.push(fsync(folder.path(), round));
            took
        }),
    );
    print("fsync_4k", median(waits));
    print("prepare", in_rounds(|round| timed(|| drop(memory.prepare(&wanted("a.md", &format!("{round}"), None, 4000 + round))))));
    print("prepare_again", in_rounds(|_| timed(|| drop(memory.prepare(&wanted("a.md", "0", None, 4000))))));
    print("list_about_200", in_rounds(|_| timed(|| drop(memory.list("")))));
    print("list_94_by_prefix", in_rounds(|_| timed(|| drop(memory.list("projects/p")))));
    print("search", in_rounds(|_| timed(|| drop(memory.search("text", 50)))));
    print("read", in_rounds(|_| timed(|| drop(memory.read("profile.md")))));
    print("scan", in_rounds(|_| timed(|| drop(memory.adopt_hand_edits(Timestamp(0))))));
    print("open", in_rounds(|_| timed(|| drop(MemoryRepo::open(memory.folder(), Timestamp(0))))));
    print("watch", in_rounds(|_| timed(|| drop(memory.watch(Duration::from_secs(2), || {})))));
}

fn wanted(path: &str, content: &str, base: Option<&str>, number: usize) -> Change {
    Change {
        path: path.to_owned(),
        edit: Edit::Write { content: content.to_owned(), base: base.map(str::to_owned) },
        message: format!("Note {path}"),
        origin: Origin {
            agent: AgentId::grow(),
            name: "Grow".to_owned(),
            turn: 1,
            effect: EffectId::new(format!("{number:016x}")),
        },
        at: Timestamp(1_800_000_000_000),
        approval: None,
    }
}

fn change(memory: &MemoryRepo, path: &str, content: &str, base: Option<&str>, number: usize) -> Duration {
    let read = || memory.read(path).ok().map(|page| page.version);
    let base = base.map(str::to_owned).or_else(read);
    let change = wanted(path, content, base.as_deref(), number);
    timed(|| {
        let plan = memory.prepare(&change).expect("is prepared");
        memory.commit(&plan).expect("is committed");
    })
}

fn fsync(folder: &Path, round: usize) -> Duration {
    let mut file = File::create(folder.join(format!("fsync{round}"))).expect("is made");
    file.write_all(&[1; 4096]).expect("is written");
    timed(|| file.sync_all().expect("is durable"))
}

fn in_rounds(round: impl FnMut(usize) -> Duration) -> Duration {
    median((0..ROUNDS).map(round))
}

fn print(name: &str, took: Duration) {
    println!("{name} {:.3} ms", milliseconds(took));
}
