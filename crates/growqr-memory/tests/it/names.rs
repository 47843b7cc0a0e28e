//! Names as people give them: every page has an address, however its letters are composed.

use crate::world::{World, at, delete, write};
use growqr_core::memory::Memory;

/// The name as a Mac writes it, and as models and keyboards write it.
const DECOMPOSED: &str = "people/Zoe\u{308}.md";
const COMPOSED: &str = "people/Zo\u{eb}.md";

#[test]
fn a_page_is_read_changed_and_deleted_under_either_form_of_its_name() {
    for (on_disk, asked) in [(DECOMPOSED, COMPOSED), (COMPOSED, DECOMPOSED)] {
        let world = World::new();
        world.edit_by_hand(on_disk, "# Zoe\n");
        world.memory.adopt_hand_edits(at(1)).unwrap();
        let page = world.memory.read(asked).unwrap();
        assert_eq!((page.path.as_str(), page.content.as_str()), (on_disk, "# Zoe\n"));
        let change = write(asked, "# Zoe\n\n- coffee\n", Some(&page.version));
        let plan = world.change(&change).unwrap();
        assert_eq!(plan.path, on_disk);
        assert_eq!(world.memory.prepare(&change).unwrap(), plan, "the same tool call is one commit");
        assert_eq!(world.on_disk(on_disk), "# Zoe\n\n- coffee\n");
        assert_eq!(world.memory.list("people/Zo\u{eb}").unwrap().len(), 1);
        assert_eq!(world.memory.list("people/Zoe\u{308}").unwrap().len(), 1);
        assert_eq!(world.memory.history(Some(asked), 9).unwrap().len(), 2);
        assert_eq!(world.memory.blame(asked).unwrap().len(), 3);
        assert_eq!(world.memory.page_at(asked, "HEAD~1").unwrap().content, "# Zoe\n");
        world.change(&delete(asked)).unwrap();
        assert!(!world.folder.join(on_disk).exists());
        world.is_clean();
    }
}

#[test]
fn names_with_emoji_and_joiners_are_pages() {
    let world = World::new();
    let names = [
        "\u{2764}\u{fe0f} Health.md",
        "\u{1f469}\u{200d}\u{1f4bb} Work.md",
        "1\u{fe0f}\u{20e3} First.md",
        "\u{1f1e9}\u{1f1ea} Trip.md",
        "\u{2699}\u{fe0f} Setup/\u{1f4dd} Notes.md",
        "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}.md",
        "\u{915}\u{94d}\u{200d}\u{937}.md",
    ];
    names.iter().for_each(|name| world.edit_by_hand(name, "# a page\n"));
    let adopted = world.memory.adopt_hand_edits(at(1)).unwrap();
    assert_eq!(adopted.skipped, []);
    assert_eq!(adopted.commits[0].paths.len(), names.len());
    for name in names {
        let page = world.memory.read(name).unwrap();
        world.change(&write(name, "# a page\n\nmore\n", Some(&page.version))).unwrap();
    }
    assert_eq!(world.memory.read("\u{2764} Health.md").unwrap().path, names[0], "the selector may be left out");
    world.is_clean();
}

#[test]
fn leftovers_of_editors_and_sync_programs_are_no_pages() {
    let world = World::new();
    for name in
        [".goals.md.swp", "goals.md~", "goals.md.tmp", "4913", "~$goals.docx", "#goals.md#", "goals.md.icloud", "Thumbs.db"]
    {
        world.edit_by_hand(name, "half a page\n");
        assert!(world.memory.read(name).is_err(), "{name}");
    }
    let adopted = world.memory.adopt_hand_edits(at(1)).unwrap();
    assert_eq!((adopted.commits, adopted.skipped), (vec![], vec![]));
    assert_eq!(world.memory.search("half a page", 9).unwrap(), []);
}
