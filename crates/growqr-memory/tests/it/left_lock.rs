//! A lock on git's index that a killed command has left: nobody waits for it for long, it undoes nothing, and its end is noticed.

use crate::world::{World, at};
use growqr_memory::{AdoptionObserver, MemoryRepo};
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

fn lock(world: &World) -> PathBuf {
    let lock = world.folder.join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    lock
}

#[test]
fn the_persons_own_commit_after_a_left_lock_takes_no_origin_away() {
    let mut world = World::new();
    let lock = lock(&world);
    world.write("lock.md", "by an agent\n");
    world.memory.write_as_person("mine.md", "by hand\n", None, "Write mine.md", at(70)).unwrap();
    let found = MemoryRepo::open_read_only(&world.folder).unwrap().index_lock().unwrap();
    assert!(found.path == lock && found.is_index_behind, "{found:?}");
    fs::remove_file(lock).unwrap();
    world.edit_by_hand("README.md", "mine\n");
    world.git(&["add", "README.md"]);
    world.git(&["commit", "-q", "-m", "Mine"]);
    assert!(world.git(&["show", "--stat", "HEAD"]).contains("lock.md"), "git has undone the change");
    world.edit_by_hand("by hand.md", "x\n");
    world.reopen();
    let adopted = world.memory.adopt_hand_edits(at(80)).unwrap().commits;
    let made: Vec<(&str, bool)> = adopted.iter().map(|made| (made.message.as_str(), made.origin.is_some())).collect();
    assert_eq!(made, [("Note lock.md", true), ("Write mine.md", false), ("Edited by hand: by hand.md", false)]);
    assert_eq!(world.memory.blame("lock.md").unwrap()[0].author, "Grow");
    assert_eq!(world.on_disk("lock.md"), "by an agent\n");
    assert!(MemoryRepo::open_read_only(&world.folder).unwrap().index_lock().is_none());
    world.is_clean();
}

#[test]
fn a_commit_of_several_pages_that_was_undone_is_made_again_as_one() {
    let mut world = World::new();
    let lock = lock(&world);
    let long_ago = fs::metadata(&lock).unwrap().modified().unwrap() - Duration::from_secs(11 * 60);
    File::options().write(true).open(&lock).unwrap().set_modified(long_ago).unwrap();
    for page in ["a.md", "b.md", "c.md", "d.md"] {
        world.edit_by_hand(page, "x\n");
    }
    let [made] = world.memory.adopt_hand_edits(at(5)).unwrap().commits.try_into().unwrap();
    world.write("agent.md", "by an agent\n");
    fs::remove_file(lock).unwrap();
    world.edit_by_hand("README.md", "mine\n");
    world.git(&["add", "README.md"]);
    world.git(&["commit", "-q", "-m", "Mine"]);
    world.edit_by_hand("d.md", "y\n");
    world.reopen();
    let again = world.memory.adopt_hand_edits(at(80)).unwrap().commits;
    let again: Vec<(&str, usize)> = again.iter().map(|again| (again.message.as_str(), again.paths.len())).collect();
    assert_eq!(again, [(made.message.as_str(), 3), ("Note agent.md", 1), ("Edited by hand: d.md", 1)]);
    world.is_clean();
}

struct Stopping;

impl AdoptionObserver for Stopping {
    fn progress(&self, _: usize, _: usize) {}

    fn should_stop(&self) -> bool {
        true
    }
}

#[test]
fn nobody_waits_for_a_lock_that_is_old_or_when_the_program_ends() {
    let world = World::new();
    let lock = lock(&world);
    world.edit_by_hand("a.md", "x\n");
    #[allow(clippy::disallowed_methods, reason = "the age of a lock is that of its file")]
    let begun = SystemTime::now();
    assert!(world.memory.adopt_observed(at(5), &Stopping).unwrap().is_interrupted);
    File::options().write(true).open(&lock).unwrap().set_modified(begun - Duration::from_secs(30)).unwrap();
    let error = world.memory.adopt_hand_edits(at(5)).unwrap_err().to_string();
    assert!(error.contains("index.lock"), "{error}");
    assert!(begun.elapsed().unwrap() < Duration::from_secs(4));
}

#[test]
fn the_end_of_a_lock_is_noticed() {
    let world = World::new();
    let lock = lock(&world);
    let (called, calls) = mpsc::channel();
    let _watch = world.memory.watch(Duration::from_millis(50), move || called.send(()).unwrap_or_default()).unwrap();
    fs::remove_file(lock).unwrap();
    assert!(calls.recv_timeout(Duration::from_secs(20)).is_ok());
}
