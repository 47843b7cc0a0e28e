//! Commits of this program that HEAD no longer contains: they stay in reach and are named until they are merged or let go.

use crate::world::{START, World, at, delete, write};
use growqr_core::memory::{Memory, MemoryError};
use growqr_core::secret::Secret;
use growqr_memory::{MemoryRepo, Probe, Remote, Step, UnreachableCommits};
use growqr_testkit::gitea::GiteaStub;
use std::sync::Arc;

/// What a program without a host, such as `doctor`, finds.
fn unreachable(world: &World) -> Vec<UnreachableCommits> {
    MemoryRepo::open_read_only(&world.folder).unwrap().unreachable_commits()
}

fn titles(world: &World) -> Vec<String> {
    unreachable(world).into_iter().map(|commits| commits.title).collect()
}

fn scan(world: &World) {
    world.memory.adopt_hand_edits(at(500)).unwrap();
}

/// Removes what no ref contains, also what was written a moment ago.
fn collect_garbage(world: &World) {
    world.git(&["reflog", "expire", "--expire=now", "--all"]);
    world.git(&["gc", "-q", "--prune=now"]);
}

/// On a detached HEAD, an agent writes a page; then the person goes back to the branch.
fn detached(page: &str) -> World {
    let world = World::new();
    world.git(&["checkout", "-q", "--detach"]);
    world.write(page, "alpha\n");
    world.git(&["checkout", "-q", "main"]);
    world
}

#[test]
fn a_commit_on_a_detached_head_stays_in_reach_and_is_named_until_it_is_merged() {
    let world = detached("notes/alpha.md");
    assert_eq!(titles(&world), ["Note notes/alpha.md"], "before the next scan");
    for _ in 0..2 {
        scan(&world);
        collect_garbage(&world);
        assert_eq!(titles(&world), ["Note notes/alpha.md"]);
    }
    let UnreachableCommits { commit, kept_by_ref, commits, .. } = unreachable(&world).remove(0);
    assert_eq!(commits, 1);
    assert!(kept_by_ref.starts_with("refs/growqr/left/"), "{kept_by_ref}");
    world.write("other.md", "other\n");
    assert_eq!(titles(&world), ["Note notes/alpha.md"]);
    world.git(&["merge", "-q", "-m", "Back", &commit]);
    assert_eq!(titles(&world), [""; 0], "the person has merged it");
    scan(&world);
    assert_eq!(world.git(&["for-each-ref", "refs/growqr/left"]), "");
    assert_eq!(world.on_disk("notes/alpha.md"), "alpha\n");
    world.is_clean();
}

#[test]
fn commits_before_a_hard_reset_stay_in_reach_until_the_person_lets_them_go() {
    let world = World::new();
    world.write("one.md", "1\n");
    world.write("two.md", "2\n");
    world.git(&["reset", "-q", "--hard", "HEAD~2"]);
    // Without a scan between: the next commit must not take their only ref.
    world.write("three.md", "3\n");
    collect_garbage(&world);
    let UnreachableCommits { commit, kept_by_ref, commits, title, .. } = unreachable(&world).remove(0);
    assert_eq!((commits, title.as_str()), (2, "Note two.md"));
    assert_eq!(world.git(&["show", &format!("{commit}:one.md")]), "1\n");
    world.git(&["update-ref", "-d", &kept_by_ref]);
    for _ in 0..2 {
        assert_eq!(titles(&world), [""; 0]);
        scan(&world);
    }
}

#[test]
fn commits_on_a_branch_or_made_again_are_not_named() {
    let world = World::new();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("side.md", "side\n");
    world.git(&["checkout", "-q", "main"]);
    scan(&world);
    assert_eq!(titles(&world), [""; 0], "on another branch");
    world.write("main.md", "main\n");
    world.git(&["rebase", "-q", "side"]);
    scan(&world);
    assert_eq!(titles(&world), [""; 0], "rebased");
    world.git(&["branch", "-q", "-D", "side"]);
    world.edit_by_hand("main.md", "main, in one\n");
    scan(&world);
    world.git(&["reset", "-q", "--soft", "HEAD~2"]);
    world.git(&["commit", "-q", "-m", "As one"]);
    scan(&world);
    assert_eq!(titles(&world), [""; 0], "squashed");
    world.is_clean();
}

#[test]
fn a_merge_that_is_undone_takes_no_text_out_of_reach() {
    for merge in [&["merge", "-q", "-m", "Back"][..], &["cherry-pick"]] {
        let world = detached("notes/alpha.md");
        scan(&world);
        world.write("other.md", "other\n");
        let commit = unreachable(&world).remove(0).commit;
        world.git(&[merge, &[commit.as_str()]].concat());
        scan(&world);
        world.git(&["reset", "-q", "--hard", "HEAD~1"]);
        scan(&world);
        collect_garbage(&world);
        assert_ne!(world.git(&["log", "--all", "--format=%h", "--", "notes/alpha.md"]), "", "{merge:?}");
        assert_eq!(unreachable(&world).len(), 1, "{merge:?}");
    }
}

#[test]
fn an_amended_commit_with_another_text_is_no_copy() {
    let world = World::new();
    world.write("notes/alpha.md", "alpha\n");
    scan(&world);
    std::fs::write(world.folder.join("notes/alpha.md"), "cut\n").unwrap();
    world.git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
    scan(&world);
    assert_eq!(titles(&world), ["Note notes/alpha.md"]);
}

#[test]
fn a_look_at_an_old_commit_takes_no_protection_away() {
    let world = World::new();
    world.write("one.md", "1\n");
    world.git(&["checkout", "-q", "HEAD~1"]);
    scan(&world);
    world.git(&["checkout", "-q", "main"]);
    scan(&world);
    assert_eq!(titles(&world), [""; 0]);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    scan(&world);
    assert_eq!(titles(&world), ["Note one.md"]);
}

/// Ends the program after a step.
struct KilledAfter(Step);

impl Probe for KilledAfter {
    fn reached(&self, step: Step) -> Result<(), MemoryError> {
        if step == self.0 { Err(MemoryError::Repository { doing: "go on", cause: "killed".to_owned() }) } else { Ok(()) }
    }
}

#[test]
fn a_kill_around_the_move_of_head_loses_no_commit_and_names_none_that_was_not_made() {
    for step in [Step::KeptInReach, Step::RefMoved] {
        let mut world = World::new();
        world.git(&["checkout", "-q", "--detach"]);
        world.write("before.md", "before\n");
        let change = write("alpha.md", "alpha\n", None);
        world.memory = MemoryRepo::open_probed(&world.folder, START, Arc::new(KilledAfter(step))).unwrap();
        let plan = world.memory.prepare(&change).unwrap();
        world.memory.commit(&plan).unwrap_err();
        let expected = if step == Step::RefMoved { "Note alpha.md" } else { "Note before.md" };
        world.git(&["checkout", "-q", "-f", "main"]);
        assert_eq!(titles(&world), [expected], "{step:?}, before the next start");
        world.reopen();
        scan(&world);
        collect_garbage(&world);
        assert_eq!(titles(&world), [expected], "{step:?}");
        assert_eq!(unreachable(&world)[0].commit == plan.commit, step == Step::RefMoved);
        // The journal's plan is carried out again.
        if step == Step::KeptInReach {
            world.change(&change).unwrap();
            assert_eq!(titles(&world), [expected]);
        }
    }
}

#[test]
fn a_change_that_was_given_up_after_a_kill_is_not_named() {
    for has_log_of_head in [false, true] {
        let mut world = World::new();
        world.write("before.md", "before\n");
        world.memory = MemoryRepo::open_probed(&world.folder, START, Arc::new(KilledAfter(Step::KeptInReach))).unwrap();
        let plan = world.memory.prepare(&write("alpha.md", "alpha\n", None)).unwrap();
        world.memory.commit(&plan).unwrap_err();
        if has_log_of_head {
            world.git(&["commit", "-q", "--allow-empty", "-m", "By the person"]);
        }
        assert_eq!(titles(&world), [""; 0], "before the next start");
        world.reopen();
        world.write("other.md", "other\n");
        scan(&world);
        assert_eq!(titles(&world), [""; 0]);
        assert_eq!(world.git(&["for-each-ref", "refs/growqr/left"]), "");
        world.is_clean();
    }
}

#[test]
fn a_branch_that_is_gone_takes_no_commit_out_of_reach() {
    for scans in [false, true] {
        let world = World::new();
        world.write("one.md", "1\n");
        world.git(&["update-ref", "-d", "HEAD"]);
        assert_eq!(titles(&world), ["Note one.md"], "before the next scan");
        if scans {
            scan(&world);
        }
        world.write("two.md", "2\n");
        collect_garbage(&world);
        let UnreachableCommits { commit, command, .. } = unreachable(&world).remove(0);
        assert_eq!(world.git(&["show", &format!("{commit}:one.md")]), "1\n");
        scan(&world);
        assert_eq!(titles(&world), ["Note one.md"], "its history is in no branch");
        let command: Vec<&str> = command.split(' ').chain(["-q", "--no-edit", &commit]).collect();
        world.git(&command);
        assert_eq!(titles(&world), [""; 0]);
        world.is_clean();
    }
}

#[test]
fn commits_of_a_branch_that_is_gone_come_back_with_the_command_that_is_named() {
    let world = World::new();
    world.write("one.md", "1\n");
    world.git(&["update-ref", "-d", "HEAD"]);
    let UnreachableCommits { commit, command, .. } = unreachable(&world).remove(0);
    let command: Vec<&str> = command.split(' ').chain(["-q", &commit]).collect();
    world.git(&command);
    scan(&world);
    assert_eq!(titles(&world), [""; 0]);
    world.is_clean();
}

#[test]
fn a_left_lock_of_a_kept_ref_ends_no_protection() {
    let mut world = detached("alpha.md");
    let commit = unreachable(&world).remove(0).commit;
    let folder = world.folder.join(".git/refs/growqr/left");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{}.lock", &commit[..12])), "").unwrap();
    world.reopen();
    scan(&world);
    world.git(&["checkout", "-q", "--detach"]);
    world.write("beta.md", "beta\n");
    world.git(&["checkout", "-q", "main"]);
    collect_garbage(&world);
    let mut titles = titles(&world);
    titles.sort();
    assert_eq!(titles, ["Note alpha.md", "Note beta.md"]);
}

#[test]
fn a_text_that_was_written_and_removed_again_is_not_taken_for_merged() {
    let deleted = [write("alpha.md", "a long text\n", None), delete("alpha.md")];
    let reverted = |world: &World| {
        let edited = world.write("goals.md", "other goals\n");
        world.write("goals.md", &world.git(&["show", "main:goals.md"]));
        edited.new_blob.unwrap()
    };
    for is_deleted in [true, false] {
        let world = World::new();
        world.git(&["checkout", "-q", "--detach"]);
        let text = if is_deleted {
            let [written, _] = deleted.each_ref().map(|change| world.change(change).unwrap());
            written.new_blob.unwrap()
        } else {
            reverted(&world)
        };
        world.git(&["checkout", "-q", "main"]);
        scan(&world);
        collect_garbage(&world);
        world.git(&["cat-file", "-e", &text]);
        let UnreachableCommits { commit, commits, .. } = unreachable(&world).remove(0);
        assert_eq!(commits, 2);
        world.git(&["merge", "-q", &commit]);
        scan(&world);
        assert_eq!(titles(&world), [""; 0]);
    }
}

#[test]
fn kept_commits_are_examined_by_scans_and_not_before_each_change() {
    let world = detached("alpha.md");
    scan(&world);
    let commit = unreachable(&world).remove(0).commit;
    world.git(&["merge", "-q", &commit]);
    world.write("other.md", "other\n");
    assert_ne!(world.git(&["for-each-ref", "refs/growqr/left"]), "");
    scan(&world);
    assert_eq!(world.git(&["for-each-ref", "refs/growqr/left"]), "");
}

#[test]
fn the_number_of_kept_commits_is_limited() {
    let world = World::new();
    for number in 0..55 {
        world.write(&format!("{number}.md"), "x\n");
        world.git(&["reset", "-q", "--hard", "HEAD~1"]);
        scan(&world);
    }
    assert_eq!(world.git(&["for-each-ref", "refs/growqr/left"]).lines().count(), 50);
    let said = world.memory.survey().unwrap().about_git.join(" ");
    assert!(said.contains("it keeps the newest 50"), "{said}");
}

#[test]
fn refs_of_kept_commits_are_not_sent_to_the_server() {
    let world = detached("alpha.md");
    scan(&world);
    let gitea = GiteaStub::start();
    let token = gitea.add_user("growqr", "write:repository,write:user");
    gitea.add_repo("growqr", "memory");
    let url = gitea.git_url("growqr", "memory");
    let with_token = url.replace("http://", &format!("http://growqr:{token}@"));
    let remote = Remote { url, user: "growqr".into(), token: Secret::new(token) };
    world.memory.sync(&remote, None, at(9)).unwrap();
    let sent = world.git(&["ls-remote", "--refs", "-q", &with_token]);
    assert!(sent.trim().ends_with("\trefs/heads/main") && sent.lines().count() == 1, "{sent}");
}

#[test]
fn a_commit_on_no_branch_is_said_with_it() {
    let world = World::new();
    assert_eq!(world.memory.remark(), None);
    world.git(&["checkout", "-q", "--detach"]);
    let remark = world.memory.remark().unwrap();
    assert!(remark.contains("detached HEAD") && remark.contains("git switch"), "{remark}");
}
