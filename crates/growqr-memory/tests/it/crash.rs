//! Crash tests: interrupt a change at every step, start again, repeat the change. The result equals an uninterrupted run.

use crate::world::{START, World, at, delete, git, write};
use growqr_core::memory::{Change, Memory, MemoryError};
use growqr_memory::{MemoryRepo, Probe, Step};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Fails at the n-th step.
struct StopAt(AtomicUsize);

impl Probe for StopAt {
    fn reached(&self, step: Step) -> Result<(), MemoryError> {
        match self.0.fetch_sub(1, Ordering::SeqCst) {
            1 => Err(MemoryError::Repository { doing: "go on", cause: format!("stopped after {step:?}") }),
            _ => Ok(()),
        }
    }
}

fn open_stopping(folder: &Path, steps: usize) -> Result<MemoryRepo, MemoryError> {
    MemoryRepo::open_probed(folder, START, Arc::new(StopAt(AtomicUsize::new(steps))))
}

/// Sequences of changes. The last change of each is interrupted.
fn scenarios() -> Vec<Vec<Change>> {
    let old = write("notes/a.md", "one\n", None);
    let version = blob_id("one\n");
    vec![
        vec![write("new/deep/a.md", "x\n", None)],
        vec![old.clone(), write("notes/a.md", "two\n", Some(&version))],
        vec![old, delete("notes/a.md")],
    ]
}

fn blob_id(content: &str) -> String {
    let world = World::new();
    world.write("some.md", content).new_blob.unwrap()
}

/// Asserts that the repository is clean and returns the ids of HEAD and of its tree.
fn clean_head(folder: &Path) -> String {
    let staged = std::fs::read_dir(folder.join(".git/growqr/staged")).unwrap().count();
    assert_eq!(staged, 0, "no staged file is left");
    assert_eq!(git(folder, &["status", "--porcelain"]), "");
    assert_eq!(git(folder, &["fsck", "--strict", "--no-dangling"]), "");
    git(folder, &["rev-parse", "HEAD", "HEAD^{tree}"])
}

#[test]
fn a_change_interrupted_at_any_step_ends_like_an_uninterrupted_one() {
    for scenario in scenarios() {
        let undisturbed = World::new();
        scenario.iter().for_each(|change| drop(undisturbed.change(change).unwrap()));
        let expected = clean_head(&undisturbed.folder);
        let (last, before) = scenario.split_last().unwrap();
        // With and without a scan for hand edits between the restart and the repeated change.
        for scan_first in [false, true] {
            for steps in 1.. {
                let mut world = World::new();
                before.iter().for_each(|change| drop(world.change(change).unwrap()));
                world.memory = open_stopping(&world.folder, steps).unwrap();
                let plan = world.memory.prepare(last);
                let done = plan.clone().and_then(|plan| world.memory.commit(&plan)).and_then(|()| world.memory.tidy());
                world.reopen();
                if scan_first {
                    assert_eq!(world.memory.adopt_hand_edits(at(500)).unwrap().commits, [], "step {steps}");
                }
                // Once prepare has returned, the plan is in the journal. Before that the change is prepared again.
                let plan = plan.or_else(|_| world.memory.prepare(last)).unwrap();
                world.memory.commit(&plan).unwrap();
                world.memory.commit(&plan).unwrap();
                world.memory.tidy().unwrap();
                assert_eq!(clean_head(&world.folder), expected, "{last:?} stopped after step {steps}");
                assert_eq!(world.memory.prepare(last).unwrap(), plan, "the tool call is found again");
                if done.is_ok() {
                    assert!(steps > Step::ALL.len(), "every step was interrupted");
                    break;
                }
            }
        }
    }
}

#[test]
fn a_plan_with_missing_objects_is_prepared_again() {
    let undisturbed = World::new();
    let change = write("new/deep/a.md", "x\n", None);
    undisturbed.change(&change).unwrap();
    let expected = clean_head(&undisturbed.folder);
    let objects = ["", "^{tree}", ":new", ":new/deep", ":new/deep/a.md"];
    for missing in objects {
        let mut world = World::new();
        let plan = world.memory.prepare(&change).unwrap();
        world.reopen();
        let id = world.git(&["rev-parse", &format!("{}{missing}", plan.commit)]);
        let (folder, file) = id.trim().split_at(2);
        std::fs::remove_file(world.folder.join(".git/objects").join(folder).join(file)).unwrap();
        // Open the memory again, so that no cache still has the object.
        world.reopen();
        assert_eq!(world.memory.commit(&plan), Err(MemoryError::HeadMoved), "without {missing:?}");
        assert_eq!(world.memory.prepare(&change).unwrap(), plan);
        world.memory.commit(&plan).unwrap();
        world.memory.tidy().unwrap();
        assert_eq!(clean_head(&world.folder), expected, "without {missing:?}");
    }
}

#[test]
fn changes_prepared_concurrently_are_all_committed() {
    let world = World::new();
    let changes = ["notes/a.md", "notes/b.md"].map(|page| write(page, "x\n", None));
    let [first, second] = changes.each_ref().map(|change| world.memory.prepare(change).unwrap());
    world.memory.commit(&first).unwrap();
    assert_eq!(world.memory.commit(&second), Err(MemoryError::HeadMoved));
    world.change(&changes[1]).unwrap();
    assert_eq!((world.on_disk("notes/a.md"), world.on_disk("notes/b.md")), ("x\n".into(), "x\n".into()));
    clean_head(&world.folder);
}

#[test]
fn an_abandoned_change_leaves_nothing_behind() {
    let mut world = World::new();
    let expected = clean_head(&world.folder);
    world.memory.prepare(&write("notes/a.md", "x\n", None)).unwrap();
    world.reopen();
    assert!(!world.folder.join("notes").exists());
    assert_eq!(clean_head(&world.folder), expected);
}

#[test]
fn a_missing_staged_file_is_staged_again() {
    let world = World::new();
    let plan = world.memory.prepare(&write("notes/a.md", "x\n", None)).unwrap();
    // Preparing another change waits until the first is written.
    world.memory.prepare(&write("notes/b.md", "x\n", None)).unwrap();
    let staged = world.folder.join(".git/growqr/staged").join(format!("{}.0", plan.commit));
    std::fs::remove_file(staged).unwrap();
    world.memory.commit(&plan).unwrap();
    assert_eq!(world.on_disk("notes/a.md"), "x\n");
}

#[test]
fn a_first_start_interrupted_at_any_step_is_finished_by_the_next() {
    let expected = clean_head(&World::new().folder);
    for steps in 1.. {
        let temporary = tempfile::tempdir().unwrap();
        let first = open_stopping(temporary.path(), steps);
        let memory = MemoryRepo::open(temporary.path(), START).unwrap();
        assert_eq!(memory.list("").unwrap().len(), 6, "step {steps}");
        assert_eq!(memory.adopt_hand_edits(at(1)).unwrap().commits, []);
        assert_eq!(clean_head(temporary.path()), expected, "step {steps}");
        if first.is_ok() {
            return;
        }
    }
}

#[test]
fn an_interrupted_undo_of_several_pages_is_all_or_nothing() {
    for steps in 1.. {
        let mut world = World::new();
        world.edit_by_hand("one.md", "1\n");
        world.edit_by_hand("two/two.md", "2\n");
        let change = world.memory.adopt_hand_edits(at(5)).unwrap().commits.remove(0).commit;
        world.memory = open_stopping(&world.folder, steps).unwrap();
        let done = world.memory.restore(&change, at(6));
        world.reopen();
        assert_eq!(world.memory.adopt_hand_edits(at(7)).unwrap().commits, [], "step {steps}");
        let pages = world.memory.list("").unwrap().len();
        let commits = world.git(&["rev-list", "--count", "HEAD"]);
        assert!(matches!((pages, commits.trim()), (8, "2") | (6, "3")), "all or nothing, step {steps}");
        clean_head(&world.folder);
        if done.is_ok() {
            return;
        }
    }
}

#[test]
fn a_hand_edit_after_the_interruption_stays() {
    for steps in 1..=Step::ALL.len() {
        let mut world = World::new();
        world.write("a.md", "one\n");
        let change = write("a.md", "two\n", world.version("a.md").as_deref());
        world.memory = open_stopping(&world.folder, steps).unwrap();
        assert!(world.change(&change).is_err());
        world.edit_by_hand("a.md", "by hand\n");
        world.reopen();
        world.memory.adopt_hand_edits(at(70)).unwrap();
        assert_eq!(world.on_disk("a.md"), "by hand\n", "step {steps}");
        assert_eq!(world.memory.history(Some("a.md"), 1).unwrap()[0].author, "You");
        clean_head(&world.folder);
    }
}

#[test]
fn our_stale_locks_are_removed() {
    let undisturbed = World::new();
    let change = write("a.md", "x\n", None);
    undisturbed.change(&change).unwrap();
    let expected = clean_head(&undisturbed.folder);
    for held in ["", "COMMIT", "COMMIT\n"] {
        let mut world = World::new();
        // After two steps the objects are written and the file is staged; the ref is next.
        world.memory = open_stopping(&world.folder, 2).unwrap();
        let plan = world.memory.prepare(&change).unwrap();
        assert!(world.memory.commit(&plan).is_err());
        let inside = world.folder.join(".git");
        std::fs::write(inside.join("refs/heads/main.lock"), held.replace("COMMIT", &plan.commit)).unwrap();
        std::fs::write(inside.join("growqr/index"), "half").unwrap();
        std::fs::write(inside.join("growqr/index.lock"), "").unwrap();
        std::fs::write(inside.join("index.lock"), "half").unwrap();
        world.reopen();
        world.memory.commit(&plan).unwrap();
        world.memory.tidy().unwrap();
        assert_eq!(clean_head(&world.folder), expected, "{held:?}");
    }
}

#[test]
fn a_lock_of_the_users_git_is_respected() {
    let world = World::new();
    let lock = world.folder.join(".git/refs/heads/main.lock");
    std::fs::write(&lock, "0123456789012345678901234567890123456789\n").unwrap();
    let change = write("a.md", "x\n", None);
    assert!(matches!(world.change(&change), Err(MemoryError::Repository { .. })));
    assert!(matches!(world.change(&change), Err(MemoryError::Repository { .. })));
    assert!(lock.exists());
    std::fs::remove_file(lock).unwrap();
    world.change(&change).unwrap();
    clean_head(&world.folder);
}

#[test]
fn a_process_killed_at_any_time_loses_and_repeats_no_commit() {
    for round in 1..=12 {
        let mut world = World::new();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::a_process_that_writes_until_it_is_killed", "--ignored", "--nocapture"])
            .env("MEMORY_FOLDER", &world.folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let done = lines.filter(|line| line.contains("committed")).take(round).count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(done, round);
        world.reopen();
        assert_eq!(world.memory.adopt_hand_edits(at(1)).unwrap().commits, []);
        clean_head(&world.folder);
        let made = |folder: &Path| git(folder, &["rev-list", "--count", "HEAD"]).trim().parse::<usize>().unwrap() - 1;
        assert!(made(&world.folder) >= round, "reported commits exist");
        // Repeat all changes, as after a restart with a journal that has no results.
        (0..60).for_each(|number| drop(world.change(&change_number(number)).unwrap()));
        assert_eq!(made(&world.folder), 60);
        clean_head(&world.folder);
    }
}

#[test]
#[ignore = "is run, and killed, by the test above"]
fn a_process_that_writes_until_it_is_killed() {
    let memory = MemoryRepo::open(Path::new(&std::env::var("MEMORY_FOLDER").unwrap()), START).unwrap();
    for number in 0..60 {
        memory.commit(&memory.prepare(&change_number(number)).unwrap()).unwrap();
        println!("committed {number}");
    }
    // Wait to be killed: the test may be slower than the disk.
    std::thread::park();
}

/// The change with this number: three pages that grow, and one that is created and deleted in turn.
fn change_number(number: usize) -> Change {
    let effect = growqr_core::id::EffectId::new(format!("effect-{number}"));
    let page = if number % 4 == 3 { "comes/and/goes.md".to_owned() } else { format!("n{}/page.md", number % 4) };
    let mut change = match number % 8 {
        7 => delete(&page),
        _ => write(&page, &"line\n".repeat(number + 1), None),
    };
    change.origin.effect = effect;
    change
}
