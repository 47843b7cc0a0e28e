//! Undoing all changes of a turn or of an agent with one change of the person.

use crate::world::{World, at, delete, write};
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::{Change, MemoryError, Origin};
use growqr_memory::{ChangesOf, MemoryRepo, Others};
use std::collections::HashSet;

/// A write by the agent in this turn.
fn wrote(world: &World, path: &str, content: &str, turn: u64) {
    let change = write(path, content, world.version(path).as_deref());
    let origin = Origin { turn, ..change.origin.clone() };
    world.change(&Change { origin, ..change }).unwrap();
}

/// The changes of a turn; the agent's journal has the effects of all its commits.
fn of(world: &World, turn: Option<u64>) -> ChangesOf {
    let changes = world.memory.history(None, 100).unwrap();
    let effects = changes.into_iter().filter_map(|change| Some(change.origin?.effect)).collect();
    ChangesOf { agent: AgentId::grow(), turn, effects }
}

#[test]
fn everything_of_a_turn_is_undone_by_one_change_of_the_person() {
    let world = World::new();
    wrote(&world, "a.md", "one\n", 1);
    wrote(&world, "a.md", "two\n", 2);
    wrote(&world, "a.md", "three\n", 2);
    wrote(&world, "new.md", "new\n", 2);
    let preview = world.memory.preview_undo(&of(&world, Some(2))).unwrap();
    assert_eq!((preview.changes, &preview.paths[..]), (3, &["a.md".to_owned(), "new.md".to_owned()][..]));
    assert!(
        preview.diff.contains("-three") && preview.diff.contains("+one") && preview.diff.contains("-new"),
        "{}",
        preview.diff
    );
    assert_eq!(world.on_disk("a.md"), "three\n", "a preview changes nothing");
    let undone = world.memory.undo_all(&of(&world, Some(2)), Some(&preview.seen), at(90)).unwrap();
    let change = undone.change.unwrap();
    assert_eq!((world.on_disk("a.md"), world.version("new.md")), ("one\n".to_owned(), None));
    assert_eq!((change.author.as_str(), change.origin, undone.left.len()), ("You", None, 0));
    assert!(change.message.starts_with("Undo turn 2 of Grow"), "{}", change.message);
    assert!(matches!(world.memory.undo_all(&of(&world, Some(2)), None, at(91)), Err(MemoryError::Unchanged { .. })), "once");
    world.memory.restore(&change.commit, at(92)).unwrap();
    assert_eq!((world.on_disk("a.md"), world.on_disk("new.md")), ("three\n".to_owned(), "new\n".to_owned()), "it can be undone");
    world.is_clean();
}

#[test]
fn what_others_changed_since_stays() {
    let world = World::new();
    wrote(&world, "a.md", "one\n\n\ntwo\n", 1);
    wrote(&world, "a.md", "one\n\n\nthree\n", 2);
    wrote(&world, "b.md", "agent\n", 2);
    world.edit_by_hand("a.md", "mine\n\n\nthree\n");
    world.edit_by_hand("b.md", "mine too\n");
    let undone = world.memory.undo_all(&of(&world, Some(2)), None, at(90)).unwrap();
    assert_eq!(undone.left, ["b.md"], "the same lines were changed since");
    assert_eq!((world.on_disk("a.md"), world.on_disk("b.md")), ("mine\n\n\ntwo\n".to_owned(), "mine too\n".to_owned()));
    let undone = world.memory.undo_all(&of(&world, Some(2)), None, at(91)).unwrap();
    assert_eq!((undone.change, undone.left), (None, vec!["b.md".to_owned()]));
    world.memory.adopt_hand_edits(at(92)).unwrap();
    world.is_clean();
}

#[test]
fn a_deleted_page_comes_back_and_all_turns_of_an_agent_can_be_undone() {
    let world = World::new();
    world.edit_by_hand("mine.md", "mine\n");
    world.memory.adopt_hand_edits(at(1)).unwrap();
    wrote(&world, "a.md", "one\n", 1);
    world.change(&delete("mine.md")).unwrap();
    let undone = world.memory.undo_all(&of(&world, None), None, at(90)).unwrap();
    assert_eq!(undone.change.unwrap().paths, ["a.md", "mine.md"]);
    assert_eq!((world.on_disk("mine.md"), world.version("a.md")), ("mine\n".to_owned(), None));
}

#[test]
fn a_page_that_equals_an_earlier_version_is_not_undone_already_if_others_wrote_in_between() {
    let world = World::new();
    world.edit_by_hand("a.md", "open\n");
    world.memory.adopt_hand_edits(at(1)).unwrap();
    wrote(&world, "a.md", "done\n", 2);
    world.edit_by_hand("a.md", "waiting\n");
    world.memory.adopt_hand_edits(at(2)).unwrap();
    wrote(&world, "a.md", "open\n", 2);
    let undone = world.memory.undo_all(&of(&world, Some(2)), None, at(90)).unwrap();
    assert_eq!((undone.change, undone.left), (None, vec!["a.md".to_owned()]));
}

#[test]
fn an_outdated_preview_undoes_nothing() {
    let world = World::new();
    wrote(&world, "a.md", "one\n", 1);
    let preview = MemoryRepo::open_read_only(&world.folder).unwrap().preview_undo(&of(&world, Some(1))).unwrap();
    world.edit_by_hand("a.md", "one\nmine\n");
    assert_eq!(world.memory.undo_all(&of(&world, Some(1)), Some(&preview.seen), at(90)), Err(MemoryError::HeadMoved));
    assert_eq!(world.on_disk("a.md"), "one\nmine\n");
    let unknown = ChangesOf { turn: Some(99), ..of(&world, None) };
    assert!(matches!(world.memory.preview_undo(&unknown), Err(MemoryError::UnknownChange { .. })));
}

#[test]
fn changes_of_another_conversation_stay_and_are_named() {
    let world = World::new();
    wrote(&world, "theirs.md", "theirs\n", 1);
    let theirs = world.memory.history(None, 1).unwrap().remove(0);
    let brought_along = of(&world, None).effects;
    wrote(&world, "a.md", "ours\n", 1);
    wrote(&world, "theirs.md", "theirs\nand ours\n", 1);
    let effects: HashSet<EffectId> = of(&world, None).effects.difference(&brought_along).cloned().collect();
    let ours = ChangesOf { effects, ..of(&world, Some(1)) };
    for turn in [Some(1), None] {
        let preview = world.memory.preview_undo(&ChangesOf { turn, ..ours.clone() }).unwrap();
        assert_eq!((preview.changes, preview.others), (2, Others { named: vec![theirs.clone()], more: 0 }));
    }
    let undone = world.memory.undo_all(&ours, None, at(90)).unwrap();
    assert_eq!(
        (undone.change.unwrap().paths, undone.others.named),
        (vec!["a.md".to_owned(), "theirs.md".to_owned()], vec![theirs])
    );
    assert_eq!((world.on_disk("theirs.md"), world.version("a.md")), ("theirs\n".to_owned(), None));
    let none = ChangesOf { effects: HashSet::new(), ..ours };
    let nothing = world.memory.undo_all(&none, None, at(91)).unwrap();
    assert_eq!((nothing.change, nothing.others.named.len()), (None, 3), "this conversation has no such change");
    world.is_clean();
}
