//! A page whose file another program holds open, as on Windows: its change is committed, its file is replaced later.

use crate::world::{START, World, at, delete, write};
use growqr_core::memory::{Memory, MemoryError};
use growqr_memory::{MemoryRepo, Probe, Step};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The program that holds `held.md` open.
struct Editor(AtomicBool);

impl Editor {
    /// Writes "one" to the page and holds its file open from now on.
    fn open(world: &mut World) -> Arc<Editor> {
        world.write("held.md", "one\n");
        let editor = Arc::new(Editor(AtomicBool::new(true)));
        editor.reopen(world);
        editor
    }

    fn reopen(self: &Arc<Editor>, world: &mut World) {
        world.memory = MemoryRepo::open_probed(&world.folder, START, Arc::clone(self) as Arc<dyn Probe>).unwrap();
    }

    fn close(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Probe for Editor {
    fn reached(&self, _: Step) -> Result<(), MemoryError> {
        Ok(())
    }

    fn replacing(&self, page: &str) -> io::Result<()> {
        let is_held = page == "held.md" && self.0.load(Ordering::SeqCst);
        // As on Windows, or in a folder that is read-only.
        if is_held { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(()) }
    }
}

#[test]
fn a_held_page_blocks_no_change_and_no_opening_and_is_replaced_once_it_is_free() {
    let mut world = World::new();
    let editor = Editor::open(&mut world);
    world.write("held.md", "two\n");
    assert_eq!(world.on_disk("held.md"), "one\n");
    world.write("other.md", "free\n");
    editor.reopen(&mut world);
    world.write("other.md", "still free\n");
    assert_eq!(world.git(&["show", "HEAD:held.md"]), "two\n");
    editor.close();
    world.write("other.md", "free again\n");
    assert_eq!(world.on_disk("held.md"), "two\n");
    world.is_clean();
}

#[test]
fn the_old_text_of_a_held_page_is_not_taken_for_a_hand_edit() {
    let mut world = World::new();
    let editor = Editor::open(&mut world);
    world.write("held.md", "two\n");
    let scan = world.memory.adopt_hand_edits(at(100)).unwrap();
    assert_eq!(scan.commits, []);
    assert!(matches!(&scan.skipped[..], [skipped] if skipped.path == "held.md"), "{:?}", scan.skipped);
    let refused = world.memory.prepare(&write("held.md", "three\n", None)).unwrap_err();
    assert!(refused.to_string().contains("Close that program"), "{refused}");
    editor.close();
    assert_eq!(world.memory.adopt_hand_edits(at(200)).unwrap().skipped, []);
    assert_eq!(world.on_disk("held.md"), "two\n");
    world.write("held.md", "three\n");
    world.is_clean();
}

#[test]
fn a_held_page_that_was_deleted_stays_deleted_and_is_removed_once_it_is_free() {
    let mut world = World::new();
    let editor = Editor::open(&mut world);
    world.change(&delete("held.md")).unwrap();
    assert_eq!(world.memory.adopt_hand_edits(at(100)).unwrap().commits, []);
    editor.close();
    assert_eq!(world.memory.adopt_hand_edits(at(200)).unwrap().commits, []);
    assert!(!world.folder.join("held.md").exists());
    world.is_clean();
}

#[test]
fn undoing_a_change_of_several_pages_is_done_for_those_that_are_free() {
    let mut world = World::new();
    world.write("held.md", "one\n");
    world.write("other.md", "one\n");
    world.edit_by_hand("held.md", "two\n");
    world.edit_by_hand("other.md", "two\n");
    world.memory.adopt_hand_edits(at(10)).unwrap();
    let editor = Arc::new(Editor(AtomicBool::new(true)));
    editor.reopen(&mut world);
    world.memory.restore("HEAD", at(20)).unwrap();
    assert_eq!((world.on_disk("held.md"), world.on_disk("other.md")), ("two\n".to_owned(), "one\n".to_owned()));
    assert_eq!(world.git(&["show", "HEAD:held.md"]), "one\n");
    world.edit_by_hand("third.md", "by hand\n");
    assert_eq!(world.memory.adopt_hand_edits(at(30)).unwrap().commits[0].paths, ["third.md"]);
    editor.close();
    world.memory.adopt_hand_edits(at(40)).unwrap();
    assert_eq!(world.on_disk("held.md"), "one\n");
    world.is_clean();
}
