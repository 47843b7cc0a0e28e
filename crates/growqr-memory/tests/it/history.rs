//! History, diff, blame and undo.

use crate::world::{World, at, delete, write};
use growqr_core::memory::{Memory, MemoryError};

#[test]
fn the_history_of_a_page_has_only_its_changes() {
    let world = World::new();
    let first = world.write("a.md", "one\n");
    world.write("b.md", "other\n");
    let second = world.write("a.md", "two\n");
    let gone = world.change(&delete("a.md")).unwrap();
    let ids: Vec<String> = world.memory.history(Some("a.md"), 9).unwrap().into_iter().map(|c| c.commit).collect();
    assert_eq!(ids, [gone.commit, second.commit, first.commit]);
    assert_eq!(world.memory.history(None, 2).unwrap().len(), 2);
    assert_eq!(world.memory.history(None, 99).unwrap().len(), 5);
}

#[test]
fn a_diff_is_unified_text_as_git_shows_it() {
    let world = World::new();
    world.write("a.md", "one\ntwo\n");
    let plan = world.write("a.md", "one\n2\n");
    assert_eq!(world.memory.diff(&plan.commit[..10]).unwrap(), world.git(&["show", "--format=", &plan.commit]));
    assert!(world.memory.diff("HEAD").unwrap().contains("\n-two\n+2\n"));
    assert!(world.memory.diff("HEAD~2").unwrap().contains("+# Your memory"));
}

#[test]
fn an_unknown_change_is_named() {
    let world = World::new();
    for rev in ["", "ffffffff", "no-such", "HEAD~99", "--help", ":/Begin", "HEAD@{1}", "a..b", "HEAD:a.md", "é"] {
        assert_eq!(world.memory.diff(rev), Err(MemoryError::UnknownChange { rev: rev.into() }));
        assert!(world.memory.restore(rev, at(1)).is_err());
    }
}

#[test]
fn each_line_is_blamed_on_its_change() {
    let world = World::new();
    world.write("a.md", "one\ntwo\n");
    world.memory.write_as_person("a.md", "one\nTWO\n", world.version("a.md").as_deref(), "Louder", at(70)).unwrap();
    let lines = world.memory.blame("a.md").unwrap();
    let seen: Vec<(u64, &str, &str, bool)> =
        lines.iter().map(|line| (line.line, line.text.as_str(), line.author.as_str(), line.origin.is_some())).collect();
    assert_eq!(seen, [(1, "one", "Grow", true), (2, "TWO", "You", false)]);
    assert_eq!(world.memory.blame("none.md"), Err(MemoryError::Missing { path: "none.md".into() }));
}

#[test]
fn the_user_writes_and_deletes_under_their_own_name() {
    let world = World::new();
    let written = world.memory.write_as_person("a.md", "x\n", None, "", at(70)).unwrap();
    assert_eq!((written.author.as_str(), written.message.as_str(), written.at), ("You", "Add a.md", at(70)));
    let gone =
        world.memory.delete_as_person("a.md", None, "No longer\n\nAgent: grow (Grow)\nTurn: 1\nTool-Call: ab", at(71)).unwrap();
    assert_eq!((gone.origin, gone.paths), (None, vec!["a.md".to_owned()]));
    world.is_clean();
}

#[test]
fn only_the_version_that_the_user_saw_is_deleted_and_undo_restores_it() {
    let world = World::new();
    world.write("a.md", "one\n");
    let seen = world.version("a.md");
    world.write("a.md", "one\ntwo\n");
    let refused = world.memory.delete_as_person("a.md", seen.as_deref(), "", at(70)).unwrap_err();
    assert!(matches!(refused, MemoryError::Conflict { content, .. } if content == "one\ntwo\n"));
    let gone = world.memory.delete_as_person("a.md", world.version("a.md").as_deref(), "", at(71)).unwrap();
    assert_eq!(world.memory.read("a.md"), Err(MemoryError::Missing { path: "a.md".into() }));
    world.memory.restore(&gone.commit, at(72)).unwrap();
    assert_eq!(world.on_disk("a.md"), "one\ntwo\n");
    world.is_clean();
}

#[test]
fn undo_removes_a_change_and_keeps_later_ones() {
    let world = World::new();
    world.write("a.md", "one\n\ntwo\n\nthree\n");
    let wrong = world.write("a.md", "WRONG\n\ntwo\n\nthree\n");
    world.write("a.md", "WRONG\n\ntwo\n\nTHREE\n");
    let undone = world.memory.restore(&wrong.commit, at(80)).unwrap();
    assert_eq!(world.on_disk("a.md"), "one\n\ntwo\n\nTHREE\n");
    assert_eq!((undone.author.as_str(), undone.message.lines().next().unwrap()), ("You", "Undo: Note a.md"));
    assert!(undone.message.contains(&wrong.commit));
    world.is_clean();
    world.memory.restore(&undone.commit, at(81)).unwrap();
    assert_eq!(world.on_disk("a.md"), "WRONG\n\ntwo\n\nTHREE\n");
}

#[test]
fn undo_restores_deleted_pages_and_removes_added_ones() {
    let world = World::new();
    let added = world.write("new/a.md", "x\n");
    let gone = world.change(&delete("goals.md")).unwrap();
    world.memory.restore(&gone.commit, at(80)).unwrap();
    assert!(world.on_disk("goals.md").starts_with("# Goals"));
    world.memory.restore(&added.commit, at(81)).unwrap();
    assert!(!world.folder.join("new").exists());
    assert!(matches!(world.memory.restore(&added.commit, at(82)), Err(MemoryError::Unchanged { .. })));
    world.is_clean();
}

#[test]
fn an_undo_that_conflicts_with_later_changes_does_nothing() {
    let world = World::new();
    world.write("a.md", "one\n");
    let wrong = world.write("a.md", "wrong\n");
    let now = world.write("a.md", "later\n").new_blob.unwrap();
    let conflict = MemoryError::Conflict { path: "a.md".into(), version: now, content: "later\n".into() };
    assert_eq!(world.memory.restore(&wrong.commit, at(80)), Err(conflict));
    assert_eq!(world.on_disk("a.md"), "later\n");
    assert!(world.memory.restore("HEAD~3", at(81)).unwrap_err() == MemoryError::FirstChange);
    world.is_clean();
}

#[test]
fn an_undo_of_a_hand_edit_of_several_pages_is_one_commit() {
    let world = World::new();
    world.edit_by_hand("one.md", "1\n");
    world.edit_by_hand("two.md", "2\n");
    let adopted = world.memory.adopt_hand_edits(at(5)).unwrap();
    let undone = world.memory.restore(&adopted.commits[0].commit, at(6)).unwrap();
    assert_eq!(undone.paths, ["one.md", "two.md"]);
    assert_eq!(world.memory.list("").unwrap().len(), 6);
    world.change(&write("one.md", "again\n", None)).unwrap();
    world.is_clean();
}

#[test]
fn the_history_of_a_page_goes_on_before_a_rename_of_its_letters_case() {
    let world = World::new();
    world.write("people/Ada.md", "one\n");
    world.write("other.md", "x\n");
    std::fs::rename(world.folder.join("people/Ada.md"), world.folder.join("people/ada.md")).unwrap();
    world.memory.adopt_hand_edits(at(70)).unwrap();
    world.write("people/ada.md", "one\ntwo\n");
    let titles: Vec<String> =
        world.memory.history(Some("people/ada.md"), 9).unwrap().into_iter().map(|change| change.message).collect();
    assert_eq!(titles, ["Note people/ada.md", "Edited by hand: people/Ada.md, people/ada.md", "Note people/Ada.md"]);
}
