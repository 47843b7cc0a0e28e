//! Pages in two versions are found in the repository until one of the versions is gone.

use crate::sync::Pair;
use crate::world::{World, at, delete, git};
use growqr_core::memory::{ConflictPage, MemoryConflict};
use growqr_memory::{MemoryRepo, OpenConflicts};

const COPY: &str = "a (from the server).md";

fn open(world: &World) -> Vec<MemoryConflict> {
    world.memory.conflicts(OpenConflicts::default()).unwrap().open
}

fn pages(world: &World) -> Vec<(String, String)> {
    open(world).into_iter().flat_map(|conflict| conflict.pages).map(|ConflictPage { path, copy }| (path, copy)).collect()
}

fn pair_of_a() -> Vec<(String, String)> {
    vec![("a.md".to_owned(), COPY.to_owned())]
}

/// A pair whose sides have changed the same line of `a.md`.
fn differing() -> Pair {
    let pair = Pair::synced();
    pair.edit_on_server("a.md", "server\n");
    pair.world.write("a.md", "here\n");
    pair
}

fn conflicting() -> Pair {
    let mut pair = differing();
    pair.sync();
    pair
}

#[test]
fn a_conflict_is_found_again_after_other_changes_and_after_the_memory_is_opened_anew() {
    let mut pair = conflicting();
    let merge = pair.world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let expected = vec![MemoryConflict { merge, pages: vec![ConflictPage { path: "a.md".into(), copy: COPY.into() }] }];
    assert_eq!(open(&pair.world), expected);
    pair.world.write("b.md", "b\n");
    pair.world.write("a.md", "here, and more\n");
    pair.edit_on_server("c.md", "c\n");
    pair.sync();
    pair.world.reopen();
    assert_eq!(open(&pair.world), expected);
    let message = pair.world.git(&["log", "-1", "--format=%B", &expected[0].merge]);
    assert_eq!(message.trim(), format!("Merge changes from the server\n\nConflict: a.md\nServer-Version: {COPY}"));
}

#[test]
fn a_conflict_is_over_when_either_version_is_deleted_or_both_are_the_same() {
    let ends: [&dyn Fn(&World); 3] =
        [&|world| drop(world.change(&delete(COPY)).unwrap()), &|world| drop(world.change(&delete("a.md")).unwrap()), &|world| {
            drop(world.write("a.md", "server\n"))
        }];
    for end in ends {
        let mut pair = conflicting();
        let before = pair.world.memory.conflicts(OpenConflicts::default()).unwrap();
        end(&pair.world);
        assert_eq!(pair.world.memory.conflicts(before.clone()).unwrap().open, []);
        pair.sync();
        assert_eq!(pair.world.memory.conflicts(before).unwrap().open, []);
    }
}

#[test]
fn the_version_of_a_page_that_was_deleted_here_waits_until_it_is_deleted_too() {
    let mut pair = Pair::synced();
    pair.world.change(&delete("a.md")).unwrap();
    pair.edit_on_server("a.md", "server\n");
    pair.sync();
    assert_eq!(pages(&pair.world), pair_of_a());
    pair.world.change(&delete(COPY)).unwrap();
    assert_eq!(pages(&pair.world), []);
}

#[test]
fn each_merge_has_its_own_conflicts_and_a_later_one_takes_over_a_name() {
    let mut pair = conflicting();
    let first = open(&pair.world).remove(0).merge;
    pair.edit_on_server("a.md", "server again\n");
    pair.world.write("a.md", "here again\n");
    pair.sync();
    let found = open(&pair.world);
    assert_eq!(found.len(), 2);
    assert_eq!((found[1].merge.as_str(), found[0].pages[0].copy.as_str()), (first.as_str(), "a (from the server 2).md"));
    pair.world.change(&delete(COPY)).unwrap();
    pair.edit_on_server("a.md", "server a third time\n");
    pair.world.write("a.md", "here a third time\n");
    pair.sync();
    let found = open(&pair.world);
    assert!(found.iter().all(|conflict| conflict.merge != first), "{found:?}");
    assert_eq!(found[0].pages, [ConflictPage { path: "a.md".into(), copy: COPY.into() }]);
}

#[test]
fn a_sync_that_breaks_off_anywhere_after_the_merge_leaves_the_conflict_to_be_found() {
    let (mut merged, mut pushed) = (0, false);
    for answers in 0.. {
        let mut pair = differing();
        pair.gitea.switch(|switches| switches.answers_left = Some(answers));
        let done = pair.try_sync();
        pair.gitea.switch(|switches| switches.answers_left = None);
        pair.world.reopen();
        let is_merged = pair.world.folder.join(COPY).exists();
        assert_eq!(pages(&pair.world), if is_merged { pair_of_a() } else { Vec::new() }, "after {answers} answers");
        merged += usize::from(is_merged && done.is_err());
        pushed |= done.is_ok();
        if pushed {
            break;
        }
    }
    assert!(merged > 0, "a push has failed after the merge");
}

#[test]
fn pages_of_the_person_with_such_a_name_or_message_are_no_conflicts() {
    let pair = Pair::synced();
    pair.world.write(COPY, "mine\n");
    let forged = format!("Merge\n\nConflict: a.md\nServer-Version: {COPY}");
    let world = &pair.world;
    world.memory.write_as_person("b.md", "b\n", None, &forged, at(1)).unwrap();
    assert_eq!(pages(world), []);
    world.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    world.edit_by_hand("c.md", "c\n");
    world.git(&["add", "c.md"]);
    world.git(&["commit", "-qm", "side"]);
    world.git(&["checkout", "-q", "main"]);
    world.git(&["merge", "-q", "--no-ff", "-m", &forged, "side"]);
    assert_eq!(pages(world), [], "a merge by hand");
}

#[test]
fn another_computer_finds_the_conflict_too() {
    let pair = conflicting();
    let other = tempfile::tempdir().unwrap();
    let folder = other.path().join("memory");
    let server = pair.gitea.git_folder("growqr", "memory");
    git(other.path().parent().unwrap(), &["clone", "-q", server.to_str().unwrap(), folder.to_str().unwrap()]);
    let second = MemoryRepo::open(&folder, at(0)).unwrap();
    assert_eq!(second.conflicts(OpenConflicts::default()).unwrap().open, open(&pair.world));
}
