//! Hand edits: changes that the user makes in the folder with an editor or with git.

use crate::world::{World, at, delete, write};
use growqr_core::memory::{Memory, MemoryError};
use growqr_memory::{MAX_PAGE_BYTES, leave_outside};
use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};

#[test]
fn a_hand_edit_is_committed_as_the_users() {
    let world = World::new();
    world.edit_by_hand("profile.md", "I am Ada\n");
    world.edit_by_hand("new/page.md", "new\n");
    fs::remove_file(world.folder.join("goals.md")).unwrap();
    let adopted = world.memory.adopt_hand_edits(at(5)).unwrap();
    assert_eq!(adopted.skipped, []);
    let [change] = adopted.commits.as_slice() else { panic!("one commit: {adopted:?}") };
    assert_eq!((change.author.as_str(), &change.origin, change.at), ("You", &None, at(5)));
    assert_eq!(change.paths, ["goals.md", "new/page.md", "profile.md"]);
    assert_eq!(world.git(&["log", "-1", "--format=%ae"]).trim(), "you@growqr.local");
    assert_eq!(world.memory.adopt_hand_edits(at(6)).unwrap().commits, []);
    world.is_clean();
}

#[test]
fn an_agents_write_is_merged_with_the_hand_edit() {
    let world = World::new();
    let base = world.write("a.md", "one\n\ntwo\n\nthree\n").new_blob.unwrap();
    world.edit_by_hand("a.md", "one\n\ntwo\n\nby hand\n");
    world.edit_by_hand("other.md", "not looked at\n");
    let plan = world.change(&write("a.md", "ONE\n\ntwo\n\nthree\n", Some(&base))).unwrap();
    assert!(plan.merged);
    assert_eq!(world.on_disk("a.md"), "ONE\n\ntwo\n\nby hand\n");
    let authors: Vec<String> = world.memory.history(Some("a.md"), 2).unwrap().into_iter().map(|c| c.author).collect();
    assert_eq!(authors, ["Grow", "You"]);
    assert_eq!(world.git(&["status", "--porcelain"]), "?? other.md\n");
}

#[test]
fn a_page_read_after_a_hand_edit_can_be_written() {
    let world = World::new();
    world.write("a.md", "one\n");
    world.edit_by_hand("a.md", "by hand\n");
    world.write("a.md", "from hand\n");
    assert_eq!(world.on_disk("a.md"), "from hand\n");
    world.is_clean();
}

#[test]
fn a_hand_edit_between_prepare_and_commit_is_not_overwritten() {
    let world = World::new();
    let base = world.write("a.md", "one\n\ntwo\n").new_blob.unwrap();
    let change = write("a.md", "ONE\n\ntwo\n", Some(&base));
    let plan = world.memory.prepare(&change).unwrap();
    world.edit_by_hand("a.md", "one\n\nby hand\n");
    assert_eq!(world.memory.commit(&plan), Err(MemoryError::HeadMoved));
    assert_eq!(world.on_disk("a.md"), "one\n\nby hand\n");
    world.change(&change).unwrap();
    assert_eq!(world.on_disk("a.md"), "ONE\n\nby hand\n");
    world.is_clean();
}

#[test]
fn a_page_reverted_by_hand_is_a_hand_edit() {
    let mut world = World::new();
    world.write("a.md", "one\n");
    let plan = world.write("a.md", "two\n");
    world.edit_by_hand("a.md", "one\n");
    world.reopen();
    world.memory.commit(&plan).unwrap();
    assert_eq!(world.on_disk("a.md"), "one\n");
    assert_eq!(world.memory.adopt_hand_edits(at(9)).unwrap().commits[0].paths, ["a.md"]);
    assert_eq!(world.on_disk("a.md"), "one\n");
    world.is_clean();
}

#[test]
fn files_that_cannot_be_pages_are_skipped_and_reported() {
    let world = World::new();
    world.edit_by_hand("picture.md", b"\x89PNG\0");
    world.edit_by_hand("latin.md", b"caf\xe9");
    world.edit_by_hand("huge.md", "x".repeat(MAX_PAGE_BYTES as usize + 1));
    world.edit_by_hand("goals.md", b"\0");
    world.edit_by_hand("nul.md", "a device on Windows");
    world.edit_by_hand("PROFILE.md", "confusing");
    world.edit_by_hand("fine.md", "fine\n");
    world.edit_by_hand(".obsidian/settings", "hidden");
    let adopted = world.memory.adopt_hand_edits(at(5)).unwrap();
    let skipped: Vec<&str> = adopted.skipped.iter().map(|skipped| skipped.path.as_str()).collect();
    assert_eq!(skipped, ["PROFILE.md", "goals.md", "huge.md", "latin.md", "nul.md", "picture.md"]);
    assert_eq!(adopted.commits[0].paths, ["fine.md"]);
    assert_eq!(fs::read(world.folder.join("goals.md")).unwrap(), b"\0");
    assert!(matches!(world.memory.prepare(&write("goals.md", "mine\n", None)), Err(MemoryError::NotText { .. })));
    assert_eq!(fs::read(world.folder.join("goals.md")).unwrap(), b"\0");
}

#[test]
fn a_committed_file_that_the_system_cannot_hold_is_never_taken_for_deleted() {
    let mut world = World::new();
    for name in ["nul.md", "Plan.md", "plan.md"] {
        world.edit_by_hand(name, "by git\n");
    }
    world.git(&["add", "-f", "."]);
    world.git(&["commit", "-qm", "Mine"]);
    world.reopen();
    // A restored folder on a system that knows no such name, and takes both spellings for one.
    for name in ["nul.md", "plan.md"] {
        fs::remove_file(world.folder.join(name)).unwrap();
    }
    leave_outside(&world.folder, &["nul.md", "plan.md", "unknown.md"]).unwrap();
    world.reopen();
    assert!(world.memory.adopt_hand_edits(at(9)).unwrap().commits.is_empty());
    assert_eq!(world.git(&["show", "HEAD:plan.md"]), "by git\n");
    world.is_clean();
}

#[test]
fn a_page_may_become_a_folder_and_a_folder_a_page_by_hand() {
    let world = World::new();
    fs::remove_file(world.folder.join("goals.md")).unwrap();
    world.edit_by_hand("goals.md/one.md", "one\n");
    fs::remove_dir_all(world.folder.join("people")).unwrap();
    world.edit_by_hand("people", "nobody\n");
    let adopted = world.memory.adopt_hand_edits(at(5)).unwrap();
    assert_eq!(adopted.commits[0].paths, ["goals.md", "goals.md/one.md", "people", "people/README.md"]);
    world.is_clean();
}

#[test]
fn a_commit_by_the_user_is_kept() {
    let world = World::new();
    let plan = world.memory.prepare(&write("a.md", "x\n", None)).unwrap();
    world.edit_by_hand("mine.md", "mine\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "Mine"]);
    assert_eq!(world.memory.commit(&plan), Err(MemoryError::HeadMoved));
    world.write("a.md", "x\n");
    let messages: Vec<String> = world.memory.history(None, 2).unwrap().into_iter().map(|c| c.message).collect();
    assert_eq!(messages, ["Note a.md", "Mine"]);
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("a.md", "on the side\n");
    world.git(&["gc", "-q"]);
    world.write("b.md", "after gc\n");
    assert_eq!(world.git(&["rev-list", "--count", "main..side"]).trim(), "2");
    world.git(&["checkout", "-q", "--detach"]);
    world.write("c.md", "detached\n");
    world.is_clean();
}

#[test]
fn files_staged_by_the_user_stay_staged() {
    let world = World::new();
    world.edit_by_hand("mine.md", "mine\n");
    world.git(&["add", "mine.md"]);
    world.write("a.md", "x\n");
    assert_eq!(world.git(&["status", "--porcelain"]), "A  mine.md\n");
}

#[test]
fn an_unfinished_merge_of_the_user_is_not_disturbed() {
    let world = World::new();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("a.md", "side\n");
    world.git(&["checkout", "-q", "main"]);
    world.write("b.md", "main\n");
    world.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    let message = world.memory.prepare(&write("c.md", "x\n", None)).unwrap_err().to_string();
    assert!(message.contains("merge --abort"), "{message}");
    assert!(world.memory.adopt_hand_edits(at(5)).is_err());
    world.git(&["commit", "-qm", "Merged"]);
    world.write("c.md", "x\n");
    world.is_clean();
}

#[test]
fn a_locked_or_damaged_index_stops_no_commit_and_is_repaired() {
    let world = World::new();
    let lock = world.folder.join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    world.write("a.md", "x\n");
    world.change(&delete("goals.md")).unwrap();
    fs::remove_file(lock).unwrap();
    world.memory.adopt_hand_edits(at(5)).unwrap();
    world.is_clean();
    fs::write(world.folder.join(".git/index"), "broken").unwrap();
    world.write("b.md", "x\n");
    world.is_clean();
}

#[test]
fn files_of_a_checkout_under_way_are_no_hand_edits() {
    let world = World::new();
    world.write("a.md", "of this branch\n");
    let lock = world.folder.join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    world.edit_by_hand("a.md", "of the other branch\n");
    let refused = world.memory.adopt_hand_edits(at(5)).unwrap_err();
    assert!(refused.to_string().contains("git command"), "{refused}");
    // Another command has finished within the time for which a scan waits.
    fs::write(&lock, "").unwrap();
    let git = thread::spawn({
        let (lock, page) = (lock.clone(), world.folder.join("a.md"));
        move || {
            thread::sleep(Duration::from_millis(300));
            fs::write(page, "of this branch\n").unwrap();
            fs::remove_file(lock).unwrap();
        }
    });
    assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits, []);
    git.join().unwrap();
    // A command that was killed long ago holds up nothing.
    let file = fs::File::create(&lock).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
    world.edit_by_hand("a.md", "edited\n");
    assert_eq!(world.memory.adopt_hand_edits(at(6)).unwrap().commits.len(), 1);
}

#[test]
fn the_watch_calls_back_once_after_a_hand_edit() {
    let world = World::new();
    let (sender, calls) = mpsc::channel();
    let watch = world.memory.watch(Duration::from_millis(50), move || sender.send(()).unwrap()).unwrap();
    world.edit_by_hand("new/folder/page.md", "x\n");
    calls.recv_timeout(Duration::from_secs(30)).expect("the system reports the change");
    assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits.len(), 1);
    drop(watch);
    // The iterator ends because the thread has ended and dropped the sender.
    assert!(calls.iter().count() <= 1);
}

#[test]
fn a_rename_by_hand_that_changes_only_the_case_does_not_hold_up_an_agent() {
    let world = World::new();
    world.write("plan.md", "one\n");
    world.write("trips/rome.md", "far\n");
    fs::rename(world.folder.join("plan.md"), world.folder.join("Plan.md")).unwrap();
    let version = world.version("Plan.md");
    world.change(&write("Plan.md", "one\ntwo\n", version.as_deref())).unwrap();
    assert_eq!(world.git(&["ls-tree", "--name-only", "HEAD", "plan.md", "Plan.md"]), "Plan.md\n");
    assert_eq!(world.on_disk("Plan.md"), "one\ntwo\n");
    // The same for a folder, and for an agent that knows only the old name.
    fs::rename(world.folder.join("trips"), world.folder.join("Trips")).unwrap();
    world.change(&write("Trips/oslo.md", "north\n", None)).unwrap();
    assert_eq!(world.git(&["ls-tree", "-r", "--name-only", "HEAD", "trips", "Trips"]), "Trips/oslo.md\nTrips/rome.md\n");
    fs::rename(world.folder.join("Plan.md"), world.folder.join("PLAN.md")).unwrap();
    let refused = world.memory.prepare(&write("Plan.md", "a twin\n", None)).unwrap_err().to_string();
    assert!(refused.contains("PLAN.md"), "{refused}");
    world.is_clean();
}

#[test]
fn an_agent_can_rename_a_page_to_another_case() {
    let world = World::new();
    world.write("plan.md", "one\n");
    world.change(&delete("plan.md")).unwrap();
    world.change(&write("Plan.md", "one\n", None)).unwrap();
    assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits, []);
    assert_eq!(world.git(&["ls-tree", "--name-only", "HEAD", "plan.md", "Plan.md"]), "Plan.md\n");
    world.is_clean();
}

#[test]
fn the_persons_changes_have_the_name_of_their_git_settings() {
    let world = World::new();
    let authors = || world.git(&["log", "-1", "--format=%an <%ae>, %cn"]).trim().to_owned();
    world.git(&["config", "user.name", "Ada Lovelace"]);
    world.git(&["config", "user.email", "ada@example.org"]);
    let ada = "Ada Lovelace <ada@example.org>, Ada Lovelace";
    world.edit_by_hand("a.md", "x\n");
    world.memory.adopt_hand_edits(at(5)).unwrap();
    assert_eq!(authors(), ada);
    let written = world.memory.write_as_person("b.md", "y\n", None, "Write b.md", at(6)).unwrap();
    assert_eq!((authors().as_str(), written.author.as_str()), (ada, "Ada Lovelace"));
    world.memory.delete_as_person("b.md", None, "Delete b.md", at(7)).unwrap();
    assert_eq!(authors(), ada);
    world.memory.restore("HEAD", at(8)).unwrap();
    assert_eq!(authors(), ada);
    world.write("c.md", "z\n");
    assert!(authors().starts_with("Grow <"), "an agent keeps its own name");
    // An address that would make the change one of an agent is not taken.
    world.git(&["config", "user.email", "grow@agents.growqr.local"]);
    world.edit_by_hand("a.md", "xx\n");
    world.memory.adopt_hand_edits(at(9)).unwrap();
    assert_eq!(authors(), "Ada Lovelace <you@growqr.local>, Ada Lovelace");
}
