//! The branches of held changes on the server: made once, and removed only while nobody has changed them there.

use crate::sync::{Pair, REPO};
use crate::world::write;
use growqr_core::memory::{CommitPlan, Memory};
use growqr_memory::{MemoryRepo, SyncError};

/// A pair of equal sides, and a change that is held here.
fn holding() -> (Pair, CommitPlan, String) {
    let pair = Pair::synced();
    let plan = pair.world.memory.prepare(&write("plans.md", "learn Rust\n", None)).unwrap();
    pair.world.memory.hold(&plan).unwrap();
    let branch = MemoryRepo::held_branch(&plan.commit).unwrap();
    (pair, plan, branch)
}

#[test]
fn a_held_change_is_sent_once_and_is_in_no_memory() {
    let (pair, plan, branch) = holding();
    let memory = &pair.world.memory;
    assert_eq!(memory.held_branches().unwrap(), std::slice::from_ref(&branch));
    assert!(memory.held_branches_there(&pair.remote).unwrap().is_empty());
    for _ in 0..2 {
        assert!(memory.send_held_branch(&pair.remote, &plan.commit).unwrap());
    }
    let there = memory.held_branches_there(&pair.remote).unwrap();
    assert_eq!(there.into_iter().collect::<Vec<_>>(), [(branch.clone(), plan.commit.clone())]);
    pair.neither_has("plans.md");
    assert!(memory.remove_held_branch_there(&pair.remote, &branch, &plan.commit).unwrap());
    assert!(memory.remove_held_branch_there(&pair.remote, &branch, &plan.commit).unwrap(), "a second time changes nothing");
    assert!(memory.held_branches_there(&pair.remote).unwrap().is_empty());
    assert_eq!(memory.held_branches().unwrap(), [branch], "the branch here stays");
}

#[test]
fn commits_that_were_added_there_are_neither_overwritten_nor_removed() {
    let (pair, plan, branch) = holding();
    let memory = &pair.world.memory;
    memory.send_held_branch(&pair.remote, &plan.commit).unwrap();
    let added = pair.gitea.edit_branch(REPO, &branch, "plans.md", "learn Go\n");
    assert!(!memory.send_held_branch(&pair.remote, &plan.commit).unwrap());
    assert!(!memory.remove_held_branch_there(&pair.remote, &branch, &plan.commit).unwrap());
    assert_eq!(memory.held_branches_there(&pair.remote).unwrap().get(&branch), Some(&added));
}

#[test]
fn a_page_of_a_merge_is_known_once_the_merge_is_in_memory() {
    let (mut pair, plan, _) = holding();
    let merge = pair.edit_on_server("plans.md", "learn Go\n");
    assert_eq!(pair.world.memory.merged_page(&merge, "plans.md").unwrap(), None);
    assert_eq!(pair.world.memory.merged_page(&plan.commit, "plans.md").unwrap(), None, "a held change is not in memory");
    pair.sync();
    let page = |path: &str| pair.world.memory.merged_page(&merge, path).unwrap().expect("it is in memory");
    assert_eq!((page("plans.md").text.as_deref(), page("none.md").text), (Some("learn Go\n"), None));
    assert_eq!(page("plans.md").edited(&plan, "another tip").as_deref(), Some("learn Go\n"));
    assert_eq!(page("plans.md").edited(&plan, &plan.commit), None, "nobody has added a commit");
    let same = CommitPlan { new_blob: page("plans.md").version, ..plan };
    assert_eq!(page("plans.md").edited(&same, "another tip"), None, "the commits that were added leave the page as it was held");
}

#[test]
fn without_the_server_nothing_is_sent_and_the_reason_is_told() {
    let (mut pair, plan, _) = holding();
    pair.gitea.stop();
    assert!(matches!(pair.world.memory.send_held_branch(&pair.remote, &plan.commit), Err(SyncError::Unreachable { .. })));
    assert!(matches!(pair.world.memory.held_branches_there(&pair.remote), Err(SyncError::Unreachable { .. })));
}
