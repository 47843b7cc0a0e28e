//! Pages as editors and pasted text leave them: byte order marks, CRLF, UTF-16 and control characters.

use crate::world::{World, at, write};
use growqr_core::memory::{Memory, MemoryError};
use std::fs;

fn bytes(world: &World, page: &str) -> Vec<u8> {
    fs::read(world.folder.join(page)).unwrap()
}

#[test]
fn a_page_keeps_its_mark_and_line_ends_when_an_agent_adds_a_line() {
    let world = World::new();
    world.edit_by_hand("bom.md", b"\xef\xbb\xbf# Plan\r\n\r\n- one\r\n- two\r\n");
    world.memory.adopt_hand_edits(at(1)).unwrap();
    let page = world.memory.read("bom.md").unwrap();
    assert_eq!(page.content, "# Plan\n\n- one\n- two\n");
    world.change(&write("bom.md", "# Plan\n\n- one\n- one and a half\n- two\n", Some(&page.version))).unwrap();
    assert_eq!(bytes(&world, "bom.md"), b"\xef\xbb\xbf# Plan\r\n\r\n- one\r\n- one and a half\r\n- two\r\n");
    assert_eq!(world.git(&["diff", "--numstat", "HEAD~1", "HEAD"]), "1\t0\tbom.md\n");
    world.is_clean();
}

#[test]
fn a_hand_edit_and_an_agents_edit_of_a_crlf_page_merge() {
    let world = World::new();
    world.edit_by_hand("crlf-mixed.md", "one\r\ntwo\nthree\r\n");
    world.memory.adopt_hand_edits(at(1)).unwrap();
    let base = world.version("crlf-mixed.md").unwrap();
    world.edit_by_hand("crlf-mixed.md", "ONE\r\ntwo\nthree\r\n");
    let plan = world.change(&write("crlf-mixed.md", "one\ntwo\nthree\nfour\n", Some(&base))).unwrap();
    assert!(plan.merged);
    assert_eq!(bytes(&world, "crlf-mixed.md"), b"ONE\r\ntwo\nthree\r\nfour\r\n");
    world.is_clean();
}

#[test]
fn a_control_character_is_shown_and_stays_in_the_file() {
    let world = World::new();
    world.edit_by_hand("word.md", "First line\u{b}second line of the same paragraph\n");
    world.edit_by_hand("log.md", "Result: \u{1b}[32mok\u{1b}[0m\nnext\n");
    world.edit_by_hand("nel.md", "one\u{85}two\n");
    assert_eq!(world.memory.adopt_hand_edits(at(1)).unwrap().skipped, []);
    assert_eq!(world.memory.read("word.md").unwrap().content, "First line\u{240b}second line of the same paragraph\n");
    assert_eq!(world.memory.read("nel.md").unwrap().content, "one\u{fffd}two\n");
    let page = world.memory.read("log.md").unwrap();
    assert_eq!(page.content, "Result: \u{241b}[32mok\u{241b}[0m\nnext\n");
    assert_eq!(world.memory.search("[32mok", 9).unwrap().len(), 1);
    world.change(&write("log.md", &format!("{}last\n", page.content), Some(&page.version))).unwrap();
    assert_eq!(bytes(&world, "log.md"), b"Result: \x1b[32mok\x1b[0m\nnext\nlast\n");
    world.is_clean();
}

#[test]
fn a_page_in_utf16_is_named_with_what_to_do() {
    let world = World::new();
    let utf16: Vec<u8> = "\u{feff}# Plan\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    world.edit_by_hand("utf16.md", &utf16);
    for reason in [
        world.memory.read("utf16.md").unwrap_err(),
        world.memory.prepare(&write("utf16.md", "x", None)).unwrap_err(),
        world.memory.adopt_hand_edits(at(1)).unwrap().skipped.remove(0).reason,
    ] {
        assert!(
            matches!(&reason, MemoryError::NotText { reason, .. } if reason.contains("UTF-16") && reason.contains("UTF-8")),
            "{reason}"
        );
    }
    assert_eq!(bytes(&world, "utf16.md"), utf16);
}

#[test]
fn undoing_a_change_of_a_crlf_page_keeps_later_lines() {
    let world = World::new();
    world.edit_by_hand("a.md", "one\r\n\r\ntwo\r\n\r\nthree\r\n");
    world.memory.adopt_hand_edits(at(1)).unwrap();
    world.write("a.md", "ONE\n\ntwo\n\nthree\n");
    world.write("a.md", "ONE\n\ntwo\n\nTHREE\n");
    world.memory.restore("HEAD~1", at(2)).unwrap();
    assert_eq!(bytes(&world, "a.md"), b"one\r\n\r\ntwo\r\n\r\nTHREE\r\n");
    world.is_clean();
}
