//! Paths and contents that memory refuses, and its error messages.

use crate::world::{World, write};
use growqr_core::memory::{Memory, MemoryError};
use growqr_memory::{MAX_PAGE_BYTES, MemoryRepo};

#[test]
fn a_dangerous_path_is_refused_for_every_action() {
    let world = World::new();
    for path in ["../x", "/etc/passwd", ".git/config", ".GIT/hooks/x", "git~1/config", "a\\b", "C:\\x", "", "a/../../x", "nul"] {
        let refused = |error: MemoryError| assert!(matches!(error, MemoryError::BadPath { .. }), "{path:?} {error}");
        refused(world.memory.read(path).unwrap_err());
        refused(world.memory.prepare(&write(path, "x", None)).unwrap_err());
        refused(world.memory.page_at(path, "HEAD").unwrap_err());
        refused(world.memory.blame(path).unwrap_err());
        refused(world.memory.history(Some(path), 1).unwrap_err());
        refused(world.memory.delete_as_person(path, None, "", crate::world::START).unwrap_err());
        let mut plan = world.memory.prepare(&write("fine.md", "x", None)).unwrap();
        plan.path = path.to_owned();
        refused(world.memory.commit(&plan).unwrap_err());
    }
    world.is_clean();
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.md"), "secret\n").unwrap();
    symlink(outside.path(), world.folder.join("way")).unwrap();
    symlink(outside.path().join("secret.md"), world.folder.join("page.md")).unwrap();
    symlink("nowhere", world.folder.join("broken.md")).unwrap();
    for path in ["way/secret.md", "page.md", "broken.md", "way/new.md"] {
        assert!(matches!(world.memory.read(path), Err(MemoryError::BadPath { .. })), "{path}");
        assert!(matches!(world.memory.prepare(&write(path, "x", None)), Err(MemoryError::BadPath { .. })), "{path}");
    }
    assert_eq!(world.memory.search("secret", 9).unwrap(), []);
    assert_eq!(world.memory.list("").unwrap().len(), 6);
    let skipped = world.memory.adopt_hand_edits(crate::world::at(1)).unwrap().skipped;
    assert_eq!(skipped.iter().map(|skipped| skipped.path.as_str()).collect::<Vec<_>>(), ["broken.md", "page.md", "way"]);
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn a_second_spelling_of_a_page_is_refused_and_the_existing_one_is_named() {
    let world = World::new();
    world.write("people/Zoë.md", "x\n");
    for path in ["PROFILE.md", "Profile.md", "People/new.md", "people/ZOË.md"] {
        let MemoryError::BadPath { reason, .. } = world.memory.prepare(&write(path, "y", None)).unwrap_err() else { panic!() };
        assert!(reason.contains("already exists"), "{path}: {reason}");
    }
    assert!(matches!(world.memory.read("Profile.md"), Err(MemoryError::BadPath { .. })));
}

#[test]
fn a_page_cannot_be_a_folder_nor_a_folder_a_page() {
    let world = World::new();
    for path in ["profile.md/x", "people"] {
        assert!(matches!(world.memory.prepare(&write(path, "x", None)), Err(MemoryError::BadPath { .. })), "{path}");
        assert!(world.memory.read(path).is_err(), "{path}");
    }
}

#[test]
fn only_text_within_the_size_limit_is_accepted() {
    let world = World::new();
    for content in ["a\0b", "\u{1b}[31m", "\u{7f}", "\u{85}"] {
        let refused = world.memory.prepare(&write("a.md", content, None));
        assert!(matches!(refused, Err(MemoryError::NotText { .. })), "{refused:?}");
    }
    let limit = usize::try_from(MAX_PAGE_BYTES).unwrap();
    let too_large = MemoryError::TooLarge { bytes: MAX_PAGE_BYTES + 1, limit: MAX_PAGE_BYTES };
    assert_eq!(world.memory.prepare(&write("a.md", &"x".repeat(limit + 1), None)), Err(too_large));
    world.write("a.md", &"x".repeat(limit));
    world.write("b.md", "tab\tcrlf\r\n日本 🎉\n");
    world.write("empty.md", "");
    world.is_clean();
}

#[test]
fn a_file_that_is_not_text_is_not_read() {
    let world = World::new();
    world.edit_by_hand("a.md", b"\xff\xfe");
    assert!(world.memory.read("a.md").unwrap_err().to_string().contains("UTF-16"));
    world.edit_by_hand("a.md", "x".repeat(300_000));
    assert_eq!(world.memory.read("a.md"), Err(MemoryError::TooLarge { bytes: 300_000, limit: MAX_PAGE_BYTES }));
}

#[test]
fn a_damaged_or_bare_repository_is_an_error_not_a_new_memory() {
    let folder = tempfile::tempdir().unwrap();
    crate::world::git_init_bare(folder.path());
    assert!(matches!(MemoryRepo::open(folder.path(), crate::world::START), Err(MemoryError::Repository { .. })));
    let world = World::new();
    std::fs::write(world.folder.join(".git/refs/heads/main"), "nonsense").unwrap();
    assert!(matches!(MemoryRepo::open(&world.folder, crate::world::START), Err(MemoryError::Repository { .. })));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(MemoryRepo::open(&file, crate::world::START).is_err());
}
