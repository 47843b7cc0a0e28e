//! A folder that holds only a part of the pages, and git's index in the kinds that people have: the real git is the judge.

use crate::world::{World, at, delete, git, write};
use growqr_core::memory::Memory;
use std::fs;
use std::process::Command;

/// A memory of which only `people/` is checked out, by these options.
pub fn sparse(options: &[&str]) -> World {
    let world = World::new();
    world.git(&["config", "advice.sparseIndexExpanded", "false"]);
    world.write("projects/tea.md", "green\n");
    let set = world.git(&[&["sparse-checkout", "set"], options, &["people"]].concat());
    assert_eq!(set, "");
    assert!(world.folder.join("people/README.md").exists() && !world.folder.join("projects/tea.md").exists());
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world
}

fn has_page(world: &World, path: &str) -> bool {
    let listed = world.memory.listing("").unwrap().pages;
    assert_eq!(listed, world.memory.list("").unwrap());
    listed.iter().any(|page| page.path == path && page.bytes > 0)
}

#[test]
fn a_sparse_checkout_is_no_deletion_and_its_other_pages_are_read_and_changed_in_the_repository() {
    for options in [&["--cone"][..], &["--cone", "--sparse-index"], &["--no-cone"]] {
        let world = sparse(options);
        assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits, [], "{options:?}");
        assert!(has_page(&world, "projects/tea.md") && has_page(&world, "people/README.md"), "{options:?}");
        let page = world.memory.read("projects/tea.md").unwrap();
        assert_eq!(page.content, "green\n");
        world.change(&write("projects/tea.md", "green\nblack\n", Some(&page.version))).unwrap();
        assert_eq!(world.git(&["show", "HEAD:projects/tea.md"]), "green\nblack\n");
        assert!(!world.folder.join("projects/tea.md").exists());
        world.change(&delete("journal/README.md")).unwrap();
        world.is_clean();
        world.edit_by_hand("people/README.md", "by hand\n");
        assert_eq!(world.memory.adopt_hand_edits(at(6)).unwrap().commits[0].paths, ["people/README.md"]);
        fs::remove_file(world.folder.join("people/README.md")).unwrap();
        assert_eq!(world.memory.adopt_hand_edits(at(7)).unwrap().commits[0].paths, ["people/README.md"]);
        world.is_clean();
        world.git(&["sparse-checkout", "disable"]);
        assert_eq!(world.on_disk("projects/tea.md"), "green\nblack\n");
        assert!(!world.folder.join("journal").exists());
        assert_eq!(world.memory.adopt_hand_edits(at(8)).unwrap().commits, []);
        world.is_clean();
    }
}

#[test]
fn pages_that_are_not_here_are_found_by_a_search() {
    for options in [&["--cone"][..], &["--cone", "--sparse-index"], &["--no-cone"]] {
        let world = sparse(options);
        world.edit_by_hand("people/ada.md", "green as well\n");
        let found = world.memory.search("GREEN", 9).unwrap();
        let found: Vec<(&str, u64)> = found.iter().map(|line| (line.path.as_str(), line.line)).collect();
        assert_eq!(found, [("people/ada.md", 1), ("projects/tea.md", 1)], "{options:?}");
        assert_eq!(world.memory.search("green", 1).unwrap()[0].path, "people/ada.md");
    }
}

#[test]
fn a_new_page_outside_the_sparse_checkout_is_committed_and_stays_outside_the_folder() {
    for options in [&["--cone"][..], &["--cone", "--sparse-index"], &["--no-cone"]] {
        let mut world = sparse(options);
        world.change(&write("projects/coffee.md", "black\n", None)).unwrap();
        world.change(&write("people/ada.md", "here\n", None)).unwrap();
        world.change(&write("trips/rome.md", "far\n", None)).unwrap();
        assert!(!world.folder.join("projects").exists() && !world.folder.join("trips").exists(), "{options:?}");
        assert_eq!(world.on_disk("people/ada.md"), "here\n");
        assert_eq!(world.git(&["show", "HEAD:projects/coffee.md"]), "black\n");
        world.is_clean();
        assert!(has_page(&world, "projects/coffee.md") && has_page(&world, "trips/rome.md"));
        assert_eq!(world.memory.read("projects/coffee.md").unwrap().content, "black\n");
        let version = world.version("trips/rome.md");
        world.change(&write("trips/rome.md", "far\naway\n", version.as_deref())).unwrap();
        // As after a kill before git's index is updated.
        let plan = world.memory.prepare(&write("trips/oslo.md", "north\n", None)).unwrap();
        world.memory.commit(&plan).unwrap();
        world.reopen();
        assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits, [], "{options:?}");
        assert!(has_page(&world, "trips/oslo.md"));
        world.is_clean();
        world.git(&["sparse-checkout", "disable"]);
        assert_eq!(world.on_disk("trips/rome.md"), "far\naway\n");
        world.is_clean();
    }
}

#[test]
fn a_page_that_is_made_by_hand_outside_the_sparse_checkout_stays_where_it_is() {
    let world = sparse(&["--cone"]);
    world.edit_by_hand("projects/mine.md", "by hand\n");
    assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits[0].paths, ["projects/mine.md"]);
    world.write("projects/mine.md", "by an agent\n");
    assert_eq!(world.on_disk("projects/mine.md"), "by an agent\n");
    world.is_clean();
}

#[test]
fn a_linked_worktree_and_assumed_unchanged_pages_are_seen_as_not_here() {
    let world = World::new();
    let linked = world.folder.with_file_name("linked");
    world.git(&["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    for (folder, flag) in [(&world.folder, "--assume-unchanged"), (&linked, "--skip-worktree"), (&linked, "--assume-unchanged")] {
        git(folder, &["update-index", flag, "goals.md"]);
        fs::remove_file(folder.join("goals.md")).unwrap();
        let memory = growqr_memory::MemoryRepo::open(folder, at(1)).unwrap();
        assert!(memory.list("").unwrap().iter().any(|page| page.path == "goals.md"), "{folder:?} {flag}");
        assert!(!memory.search("Goals", 9).unwrap().is_empty(), "{folder:?} {flag}");
        assert!(memory.survey().unwrap().about_git.join("").contains("not on this computer"), "{folder:?} {flag}");
        git(folder, &["update-index", &flag.replace("--", "--no-"), "goals.md"]);
        git(folder, &["checkout", "-q", "goals.md"]);
    }
}

#[test]
fn a_change_of_a_page_that_is_not_here_can_be_undone() {
    let world = sparse(&["--cone", "--sparse-index"]);
    let version = world.version("projects/tea.md");
    world.change(&write("projects/tea.md", "black\n", version.as_deref())).unwrap();
    world.memory.restore("HEAD", at(9)).unwrap();
    assert_eq!(world.memory.read("projects/tea.md").unwrap().content, "green\n");
    world.is_clean();
}

#[test]
fn a_page_that_the_user_has_promised_not_to_change_is_not_deleted() {
    let world = World::new();
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        world.git(&["update-index", flag, "goals.md"]);
        fs::remove_file(world.folder.join("goals.md")).unwrap();
        assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits, [], "{flag}");
        assert!(world.memory.read("goals.md").is_ok());
        world.git(&["update-index", &flag.replace("--", "--no-"), "goals.md"]);
        world.git(&["checkout", "goals.md"]);
    }
}

#[test]
fn an_edit_that_git_is_told_to_pass_over_is_not_committed() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        let world = World::new();
        world.git(&["update-index", flag, "goals.md"]);
        world.edit_by_hand("goals.md", "mine alone\n");
        world.edit_by_hand("open.md", "open\n");
        let adopted = world.memory.adopt_hand_edits(at(5)).unwrap();
        assert_eq!(adopted.commits[0].paths, ["open.md"], "{flag}");
        assert!(adopted.skipped.iter().any(|skipped| skipped.path == "goals.md"), "{flag}: {:?}", adopted.skipped);
        let version = world.version("goals.md");
        let refused = world.memory.prepare(&write("goals.md", "an agent\n", version.as_deref())).unwrap_err().to_string();
        assert!(refused.contains("pass over edits"), "{flag}: {refused}");
        assert_eq!(world.on_disk("goals.md"), "mine alone\n");
        assert_eq!(world.git(&["status", "--porcelain"]), "");
        world.git(&["update-index", &flag.replace("--", "--no-"), "goals.md"]);
        assert_eq!(world.memory.adopt_hand_edits(at(6)).unwrap().commits[0].paths, ["goals.md"], "{flag}");
    }
}

#[test]
fn an_index_that_libgit2_cannot_read_is_kept_and_updated() {
    let kinds: [&[&str]; 2] =
        [&["update-index", "--split-index"], &["-c", "index.skipHash=true", "update-index", "--force-write-index"]];
    for kind in kinds {
        let world = World::new();
        world.git(kind);
        world.edit_by_hand("mine.md", "mine\n");
        world.git(&["add", "mine.md"]);
        world.write("a.md", "x\n");
        world.change(&delete("goals.md")).unwrap();
        fs::remove_file(world.folder.join("profile.md")).unwrap();
        world.edit_by_hand("people/README.md", "by hand\n");
        assert_eq!(world.git(&["status", "--porcelain"]), "A  mine.md\n M people/README.md\n D profile.md\n", "{kind:?}");
        assert!(!world.memory.adopt_hand_edits(at(5)).unwrap().commits.is_empty());
        world.is_clean();
        assert!(!world.folder.join(".git/index.bak").exists(), "{kind:?}");
    }
}

#[test]
fn a_damaged_index_is_kept_beside_the_new_one() {
    let world = World::new();
    fs::write(world.folder.join(".git/index"), "broken").unwrap();
    world.write("a.md", "x\n");
    world.is_clean();
    assert_eq!(fs::read_to_string(world.folder.join(".git/index.bak")).unwrap(), "broken");
}

#[test]
fn a_damaged_index_of_a_sparse_checkout_deletes_nothing() {
    let world = sparse(&["--cone"]);
    fs::write(world.folder.join(".git/index"), "broken").unwrap();
    assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits, []);
    assert_eq!(world.memory.adopt_hand_edits(at(6)).unwrap().commits, []);
    world.is_clean();
}

#[test]
fn a_clone_whose_checkout_has_failed_deletes_nothing_and_says_what_ends_it() {
    let world = World::new();
    world.write("a.md", "one\n");
    world.write("edited.md", "one\n");
    for page in ["goals.md", "people/README.md"] {
        fs::remove_file(world.folder.join(page)).unwrap();
    }
    fs::remove_file(world.folder.join(".git/index")).unwrap();
    assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits, []);
    world.write("b.md", "an agent goes on\n");
    assert_eq!(world.memory.adopt_hand_edits(at(6)).unwrap().commits, []);
    assert!(world.memory.prepare(&write("goals.md", "over it\n", None)).is_err());
    let remarks = world.memory.survey().unwrap().about_git;
    assert!(remarks.iter().any(|remark| remark.contains("git read-tree HEAD && git checkout-index -q -a")), "{remarks:?}");
    world.edit_by_hand("edited.md", "by hand\n");
    world.git(&["read-tree", "HEAD"]);
    let checkout = Command::new("git").current_dir(&world.folder).args(["checkout-index", "-q", "-a"]).status().unwrap();
    assert_eq!(checkout.code(), Some(1), "git tells that it has left pages which are there");
    assert_eq!(fs::read_to_string(world.folder.join("edited.md")).unwrap(), "by hand\n");
    assert_eq!(world.memory.adopt_hand_edits(at(7)).unwrap().commits.len(), 1);
    world.is_clean();
}

#[test]
fn what_the_user_has_staged_stays_staged() {
    let world = World::new();
    world.write("a.md", "one\n");
    let staged = |world: &World| world.git(&["ls-files", "-s", "--", "a.md", "goals.md", "new.md"]);
    world.edit_by_hand("a.md", "staged\n");
    world.edit_by_hand("new.md", "staged as well\n");
    world.git(&["add", "a.md", "new.md"]);
    world.git(&["rm", "-q", "--cached", "goals.md"]);
    world.edit_by_hand("a.md", "later\n");
    world.edit_by_hand("new.md", "later as well\n");
    let before = staged(&world);
    world.memory.adopt_hand_edits(at(5)).unwrap();
    assert_eq!(staged(&world), before);
    world.write("a.md", "by an agent\n");
    world.write("other.md", "by an agent\n");
    assert_eq!(staged(&world), before);
    assert_eq!(world.git(&["show", ":a.md"]), "staged\n");
    let status = world.git(&["status", "--porcelain"]);
    assert!(status.contains("D  goals.md") && !status.contains("other.md"), "{status}");
}

#[test]
fn what_was_staged_before_a_kill_stays_staged_and_the_rest_of_the_index_is_updated() {
    let mut world = World::new();
    world.write("a.md", "one\n");
    world.edit_by_hand("goals.md", "staged\n");
    world.git(&["add", "goals.md"]);
    world.edit_by_hand("goals.md", "later\n");
    let plan = world.memory.prepare(&write("a.md", "one\ntwo\n", None)).unwrap();
    // Without the update of the index, as after a kill.
    world.memory.commit(&plan).unwrap();
    world.reopen();
    assert_eq!(world.git(&["status", "--porcelain"]), "MM goals.md\n");
}

#[test]
fn the_person_is_told_what_is_passed_over() {
    let world = World::new();
    let remarks = || world.memory.survey().unwrap().about_git.join("\n");
    assert_eq!(remarks(), "");
    world.git(&["config", "commit.gpgSign", "true"]);
    fs::create_dir_all(world.folder.join(".git/hooks")).unwrap();
    fs::write(world.folder.join(".git/hooks/pre-commit"), "#!/bin/sh\nexit 1\n").unwrap();
    assert!(remarks().contains("run no hooks and are not signed"), "{}", remarks());
    world.edit_by_hand(".gitattributes", "people/** filter=git-crypt\n");
    assert!(remarks().contains("1 pages are read-only (people/README.md)") && remarks().contains("git-crypt"), "{}", remarks());
    world.git(&["checkout", "-q", "--detach"]);
    assert!(remarks().contains("detached HEAD"), "{}", remarks());
    git(&world.folder, &["sparse-checkout", "set", "people"]);
    assert!(remarks().contains("not on this computer"), "{}", remarks());
}

#[test]
fn a_page_with_an_unsolved_conflict_is_not_committed_before_it_is_solved() {
    for is_split in [false, true] {
        let world = World::new();
        if is_split {
            world.git(&["config", "core.splitIndex", "true"]);
            world.git(&["update-index", "--split-index"]);
        }
        world.edit_by_hand("goals.md", "mine\n");
        world.git(&["stash", "-q"]);
        world.write("goals.md", "an agent\n");
        let popped = std::process::Command::new("git").current_dir(&world.folder).args(["stash", "pop"]).output().unwrap();
        assert!(!popped.status.success());
        world.edit_by_hand("open.md", "open\n");
        let adopted = world.memory.adopt_hand_edits(at(5)).unwrap();
        assert_eq!(adopted.commits[0].paths, ["open.md"]);
        assert!(adopted.skipped.iter().any(|skipped| skipped.path == "goals.md"), "{:?}", adopted.skipped);
        let refused = world.memory.prepare(&write("goals.md", "over it\n", None)).unwrap_err().to_string();
        assert!(refused.contains("unsolved conflict"), "{refused}");
        assert!(world.on_disk("goals.md").contains("<<<<<<<"));
        world.edit_by_hand("goals.md", "mine and an agent\n");
        world.git(&["add", "goals.md"]);
        assert_eq!(world.memory.adopt_hand_edits(at(6)).unwrap().commits[0].paths, ["goals.md"]);
        world.is_clean();
    }
}

#[test]
fn a_name_that_is_staged_without_a_content_is_committed_with_its_page() {
    let world = World::new();
    world.edit_by_hand("n.md", "new\n");
    world.git(&["add", "-N", "n.md"]);
    assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits[0].paths, ["n.md"]);
    world.is_clean();
}

#[test]
fn a_page_that_a_private_file_of_a_sparse_checkout_hides_from_gits_index_is_named() {
    let world = sparse(&["--no-cone"]);
    let told = || {
        world
            .memory
            .survey()
            .unwrap()
            .about_git
            .iter()
            .any(|sentence| sentence.contains("lacks 1 committed pages (projects/tea.md)"))
    };
    world.edit_by_hand(".git/info/exclude", "projects/\n");
    fs::remove_file(world.folder.join(".git/index")).unwrap();
    world.edit_by_hand("projects/tea.md", "private\n");
    assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits, []);
    assert!(world.git(&["status", "--porcelain"]).contains("D  projects/tea.md"), "git sees a deletion");
    assert!(told());
    fs::rename(world.folder.join("projects/tea.md"), world.folder.join("projects/mine.md")).unwrap();
    world.git(&["reset", "-q"]);
    assert!(!told());
}
