//! Repositories inside the memory folder: submodules, clones and linked worktrees. Memory leaves each alone.

use crate::world::{World, at, git, write};
use growqr_core::memory::{Memory, MemoryError};
use std::fs;
use std::path::Path;

/// The paths that a scan and a survey skip; they must agree.
fn skipped(world: &World) -> Vec<String> {
    let paths = |skipped: Vec<growqr_memory::SkippedFile>| skipped.into_iter().map(|skipped| skipped.path).collect::<Vec<_>>();
    let adopted = world.memory.adopt_hand_edits(at(1)).unwrap();
    assert_eq!(adopted.commits, []);
    let of_scan = paths(adopted.skipped);
    assert_eq!(paths(world.memory.survey().unwrap().skipped), of_scan);
    of_scan
}

fn repository(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    git(folder, &["init", "-q", "-b", "main"]);
    fs::write(folder.join("README.md"), "# Another project\n").unwrap();
    git(folder, &["add", "."]);
    git(folder, &["commit", "-qm", "Begin"]);
}

/// A memory with a committed submodule `sub`.
fn with_submodule() -> World {
    let world = World::new();
    let origin = world.folder.with_file_name("origin");
    repository(&origin);
    let origin = origin.display().to_string();
    world.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &origin, "sub"]);
    world.git(&["commit", "-qm", "Add a submodule"]);
    world
}

fn gitlink(world: &World) -> String {
    world.git(&["ls-tree", "HEAD", "sub"])
}

#[test]
fn a_submodule_that_becomes_plain_files_holds_up_no_other_page() {
    let world = with_submodule();
    world.memory.adopt_hand_edits(at(1)).unwrap();
    fs::remove_file(world.folder.join("sub/.git")).unwrap();
    world.git(&["rm", "-q", "--cached", "sub"]);
    world.git(&["add", "sub"]);
    for number in 2..5 {
        world.edit_by_hand("open.md", format!("{number}\n"));
        let adopted = world.memory.adopt_hand_edits(at(number)).unwrap();
        assert_eq!(adopted.commits[0].paths, ["open.md"]);
    }
    assert!(gitlink(&world).contains("160000"));
}

#[test]
fn a_repository_inside_is_one_line_and_none_of_its_files_are_pages() {
    let world = World::new();
    let site = world.folder.join("projects/site");
    repository(&site);
    for number in 0..30 {
        world.edit_by_hand(&format!("projects/site/node_modules/p{number}/README.md"), "# package\n");
    }
    world.git(&["worktree", "add", "-q", "-b", "side", "projects/tree"]);
    assert_eq!(skipped(&world), ["projects/site", "projects/tree"]);
    assert_eq!(world.memory.search("package", 9).unwrap(), []);
    assert!(world.memory.list("projects/").unwrap().iter().all(|page| page.path == "projects/README.md"));
    for page in ["projects/site/README.md", "projects/site/new.md", "projects/tree/goals.md"] {
        let refused = world.memory.prepare(&write(page, "x\n", None)).unwrap_err().to_string();
        assert!(refused.contains("repository of its own"), "{refused}");
        assert!(matches!(world.memory.read(page), Err(MemoryError::BadPath { .. })));
    }
}

#[test]
fn pages_that_were_committed_before_their_folder_became_a_repository_are_not_deleted() {
    let world = World::new();
    world.write("site/a.md", "a\n");
    world.write("site/b.md", "b\n");
    repository(&world.folder.join("site"));
    fs::remove_file(world.folder.join("site/a.md")).unwrap();
    world.edit_by_hand("site/b.md", "changed\n");
    assert_eq!(skipped(&world), ["site"]);
    assert_eq!(world.git(&["ls-tree", "--name-only", "HEAD", "site/"]), "site/a.md\nsite/b.md\n");
}

#[test]
fn a_submodule_keeps_its_link_whatever_its_folder_holds() {
    let world = with_submodule();
    let link = gitlink(&world);
    assert!(link.starts_with("160000"), "{link}");
    let unchanged = |doing: &str| {
        let skipped = world.memory.adopt_hand_edits(at(1)).unwrap().skipped;
        assert!(skipped.iter().any(|skipped| skipped.path == "sub"), "{doing}: {skipped:?}");
        let refused = world.memory.prepare(&write("sub/new.md", "x\n", None)).unwrap_err().to_string();
        assert!(refused.contains("repository of its own"), "{doing}: {refused}");
        let refused = world.memory.prepare(&write("sub", "x\n", None)).unwrap_err().to_string();
        assert!(refused.contains("\"sub\""), "{doing}: {refused}");
        world.write("beside.md", &format!("{doing}\n"));
        assert_eq!(gitlink(&world), link, "{doing}");
        assert_eq!(world.git(&["ls-tree", "-r", "--name-only", "HEAD", "sub"]), "sub\n", "{doing}");
    };
    unchanged("populated");
    world.edit_by_hand("sub/README.md", "changed in the submodule\n");
    unchanged("edited inside");
    fs::remove_file(world.folder.join("sub/.git")).unwrap();
    unchanged("without its .git file");
    fs::remove_dir_all(world.folder.join("sub")).unwrap();
    fs::create_dir(world.folder.join("sub")).unwrap();
    unchanged("empty");
    fs::remove_dir(world.folder.join("sub")).unwrap();
    unchanged("absent");
    assert_eq!(world.git(&["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn a_submodule_without_its_git_file_is_one_line_and_none_of_its_files_are_pages() {
    let world = with_submodule();
    fs::remove_file(world.folder.join("sub/.git")).unwrap();
    world.edit_by_hand("sub/notes/plan.md", "a plan of the other project\n");
    assert_eq!(skipped(&world), ["sub"]);
    assert!(world.memory.list("").unwrap().iter().all(|page| !page.path.starts_with("sub/")));
    assert_eq!(world.memory.search("plan of the other", 9).unwrap(), []);
    for page in ["sub/README.md", "sub/notes/plan.md", "sub/new.md"] {
        let refused = world.memory.read(page).unwrap_err().to_string();
        assert!(refused.contains("repository of its own"), "{page}: {refused}");
        assert!(world.memory.prepare(&write(page, "x\n", None)).is_err());
    }
}

#[test]
fn an_added_submodule_is_left_staged() {
    let world = World::new();
    let origin = world.folder.with_file_name("origin");
    repository(&origin);
    let origin = origin.display().to_string();
    world.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &origin, "sub"]);
    assert_eq!(skipped(&world), ["sub"]);
    world.write("a.md", "x\n");
    assert_eq!(world.git(&["status", "--porcelain"]), "A  .gitmodules\nA  sub\n");
}
