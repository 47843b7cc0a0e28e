//! A repository that cannot be opened or changed for a while: pages can be read, the error says what is wrong, and changes work
//! again when the cause is gone, without a new start. The real git makes these states.

use crate::world::{World, at, delete, git, write};
use growqr_core::memory::{Memory, MemoryError};
use growqr_memory::{MemoryRepo, NoProbe};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// A memory as a program opens it at its start.
fn open(folder: &Path) -> MemoryRepo {
    MemoryRepo::open_when_possible(folder, at(9), Arc::new(NoProbe))
}

/// Asserts that `memory` reads its pages but refuses changes with an error that contains `why`.
fn reads_but_refuses(memory: &MemoryRepo, why: &str) {
    assert!(memory.list("").unwrap().iter().any(|page| page.path == "profile.md"));
    assert!(memory.read("profile.md").is_ok());
    assert!(!memory.search("profile", 3).unwrap().is_empty());
    let error = memory.prepare(&write("new.md", "new\n", None)).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
    let problem = memory.problem().expect("doctor finds it as well").to_string();
    assert!(problem.contains(why), "{problem}");
}

fn writes(memory: &MemoryRepo) {
    assert_eq!(memory.problem(), None);
    let plan = memory.prepare(&write("new.md", "new\n", None)).unwrap();
    memory.commit(&plan).unwrap();
    assert_eq!(memory.read("new.md").unwrap().content, "new\n");
}

#[test]
fn a_command_of_git_that_is_under_way_is_named_with_its_end() {
    let side = |world: &World| {
        world.git(&["checkout", "-q", "-b", "side"]);
        world.edit_by_hand("profile.md", "# Profile of side\n");
        world.git(&["commit", "-qam", "side"]);
        world.git(&["checkout", "-q", "main"]);
        world.edit_by_hand("profile.md", "# Profile of main\n");
        world.git(&["commit", "-qam", "main"]);
    };
    for (command, arguments, end) in [
        ("bisect", &["bisect", "start"][..], &["bisect", "reset"][..]),
        ("merge", &["merge", "side"], &["merge", "--abort"]),
        ("rebase", &["rebase", "side"], &["rebase", "--abort"]),
        ("cherry-pick", &["cherry-pick", "side"], &["cherry-pick", "--abort"]),
    ] {
        let world = World::new();
        side(&world);
        // A conflict makes these commands fail, so their exit code says nothing.
        let started = std::process::Command::new("git")
            .current_dir(&world.folder)
            .args(arguments)
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "a@b")
            .output();
        assert!(started.is_ok());
        let memory = open(&world.folder);
        reads_but_refuses(&memory, &format!("a git {command} is under way"));
        reads_but_refuses(&memory, &end.join(" "));
        world.git(end);
        writes(&memory);
    }
}

#[test]
fn a_repository_that_cannot_be_opened_is_tried_again_with_each_call() {
    type Step = fn(&Path);
    let cases: [(&str, Step, Step); 4] = [
        (
            "git's settings cannot be read",
            |folder| {
                fs::write(folder.join(".git/config.kept"), fs::read(folder.join(".git/config")).unwrap())
                    .and_then(|()| fs::write(folder.join(".git/config"), "[core\n"))
                    .unwrap()
            },
            |folder| fs::rename(folder.join(".git/config.kept"), folder.join(".git/config")).unwrap(),
        ),
        (
            "the lock",
            |folder| fs::write(folder.join(".git/refs/heads/main.lock"), "").unwrap(),
            |folder| fs::remove_file(folder.join(".git/refs/heads/main.lock")).unwrap(),
        ),
        (
            "fsck",
            |folder| {
                fs::copy(folder.join(".git/refs/heads/main"), folder.join(".git/main.kept")).unwrap();
                fs::write(folder.join(".git/refs/heads/main"), "").unwrap();
            },
            |folder| fs::rename(folder.join(".git/main.kept"), folder.join(".git/refs/heads/main")).unwrap(),
        ),
        (
            "refs migrate",
            |folder| drop(git(folder, &["refs", "migrate", "--ref-format=reftable"])),
            |folder| drop(git(folder, &["refs", "migrate", "--ref-format=files"])),
        ),
    ];
    for (why, damage, mend) in cases {
        let world = World::new();
        if why == "refs migrate" && !git(&world.folder, &["help", "-a"]).contains("refs ") {
            println!("skipped: this git has no `git refs migrate`");
            continue;
        }
        damage(&world.folder);
        let memory = open(&world.folder);
        if why == "the lock" {
            let change = write("new.md", "new\n", None);
            let plan = memory.prepare(&change).unwrap();
            let error = memory.commit(&plan).unwrap_err().to_string();
            assert!(error.contains(why) && memory.problem().is_some(), "{error}");
        } else {
            reads_but_refuses(&memory, why);
        }
        mend(&world.folder);
        writes(&memory);
    }
}

#[test]
fn a_repository_with_sha256_objects_is_named_as_such() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    git(folder.parent().unwrap(), &["init", "-q", "--object-format=sha256", &folder.display().to_string()]);
    fs::write(folder.join("profile.md"), "# Profile\n").unwrap();
    reads_but_refuses(&open(folder), "sha256");
}

#[test]
fn an_earlier_commit_of_a_call_counts_only_if_its_content_is_the_one_meant() {
    let world = World::new();
    let first = write("x.md", "first\n", None);
    world.change(&first).unwrap();
    // An older copy of the database was put back: the same call has other content now.
    let mut second = write("x.md", "first\nsecond\n", None);
    second.origin = first.origin.clone();
    world.change(&second).unwrap();
    assert_eq!(world.on_disk("x.md"), "first\nsecond\n");
    let mut removal = delete("x.md");
    removal.origin = first.origin.clone();
    world.change(&removal).unwrap();
    assert_eq!(world.version("x.md"), None);
    // The same call with the same content is still done once.
    assert_eq!(world.change(&removal).map(|_| ()), Ok(()));
    assert!(matches!(world.memory.read("x.md"), Err(MemoryError::Missing { .. })));
}

#[test]
fn a_working_tree_in_another_folder_is_left_alone_and_named() {
    let world = World::new();
    let other = world.folder.with_file_name("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("theirs.md"), "x\n").unwrap();
    world.git(&["config", "core.worktree", other.to_str().unwrap()]);
    let memory = MemoryRepo::open_when_possible(&world.folder, at(1), Arc::new(NoProbe));
    for memory in [memory, MemoryRepo::open_read_only(&world.folder).unwrap()] {
        let problem = memory.problem().unwrap().to_string();
        assert!(problem.contains("core.worktree"), "{problem}");
        assert!(memory.read("goals.md").is_ok());
    }
    assert!(!other.join("goals.md").exists());
}
