//! Versions that are not on this computer: partial and shallow clones. Nothing false is said about them.

use crate::world::{START, World, at, git};
use growqr_memory::MemoryRepo;
use std::path::Path;
use tempfile::TempDir;

/// A memory that was cloned with these options from one whose page `a.md` was changed twice.
fn cloned(options: &[&str]) -> (TempDir, MemoryRepo, String) {
    let world = World::new();
    let first = world.write("a.md", "one\ntwo\n").commit;
    world.write("a.md", "one\nTWO\n");
    world.write("a.md", "one\nTWO\nthree\n");
    world.git(&["config", "uploadpack.allowFilter", "true"]);
    let temporary = tempfile::tempdir().unwrap();
    let source = format!("file://{}", world.folder.display());
    git_in(temporary.path(), &[&["clone", "-q"], options, &[&source, "memory"]].concat());
    let folder = temporary.path().join("memory");
    // The server is not asked again: it is not there.
    git(&folder, &["remote", "set-url", "origin", "file:///nowhere"]);
    (temporary, MemoryRepo::open(&folder, START).unwrap(), first)
}

fn git_in(folder: &Path, arguments: &[&str]) {
    std::fs::create_dir_all(folder.join(".git-none")).unwrap();
    git(folder, arguments);
}

#[test]
fn a_version_that_a_partial_clone_lacks_is_named_as_such() {
    let (_temporary, memory, first) = cloned(&["--filter=blob:none"]);
    let errors = [
        memory.blame("a.md").map(drop).unwrap_err().to_string(),
        memory.diff(&first).map(drop).unwrap_err().to_string(),
        memory.page_at("a.md", &first).map(drop).unwrap_err().to_string(),
        memory.restore("HEAD~1", at(5)).map(drop).unwrap_err().to_string(),
    ];
    for error in errors {
        assert!(error.contains("that version is not on this computer"), "{error}");
    }
    assert_eq!(memory.history(Some("a.md"), 9).unwrap().len(), 3);
    assert_eq!(memory.adopt_hand_edits(at(6)).unwrap().commits, []);
    let version = git(memory.folder(), &["rev-parse", "HEAD:a.md"]);
    memory.write_as_person("a.md", "new\n", Some(version.trim()), "", at(7)).unwrap();
    assert_eq!(git(memory.folder(), &["show", "HEAD:a.md"]), "new\n");
}

#[test]
fn a_shallow_history_says_where_it_ends_and_blames_nobody_for_older_lines() {
    let (_temporary, memory, _) = cloned(&["--depth=2"]);
    let history = memory.history(Some("a.md"), 9).unwrap();
    assert_eq!(history.len(), 2);
    assert!(history[1].message.contains("The history on this computer ends here"), "{}", history[1].message);
    assert!(history[1].paths.is_empty());
    let authors: Vec<String> = memory.blame("a.md").unwrap().into_iter().map(|line| line.author).collect();
    let older = "(older than the history on this computer)";
    assert_eq!(authors, [older, older, "Grow"]);
    let error = memory.diff("HEAD~1").unwrap_err().to_string();
    assert!(error.contains("that version is not on this computer"), "{error}");
    assert_eq!(memory.adopt_hand_edits(at(6)).unwrap().commits, []);
}
