//! The pages whose committed text is an agent's.

use crate::world::{World, at, delete, write};
use growqr_core::memory::{Approval, Change, Edit, Memory};

/// The pages below `skills/` that are an agent's, with the commits.
fn by_agents(world: &World) -> Vec<(String, String)> {
    let pages = world.memory.by_agents("skills/").unwrap();
    pages.into_iter().map(|(path, page)| (path, page.commit)).collect()
}

fn page(name: &str) -> String {
    format!("skills/{name}")
}

#[test]
fn a_page_is_of_the_one_who_has_changed_it_last() {
    let world = World::new();
    assert_eq!(by_agents(&world), []);
    let tea = world.write("skills/tea/SKILL.md", "Boil.\n");
    let leaves = world.write("skills/tea/leaves.md", "Green.\n");
    world.write("notes.md", "elsewhere\n");
    assert_eq!(by_agents(&world), [(page("tea/SKILL.md"), tea.commit), (page("tea/leaves.md"), leaves.commit.clone())]);
    let seen = world.version("skills/tea/SKILL.md");
    world.memory.write_as_person("skills/tea/SKILL.md", "Boil well.\n", seen.as_deref(), "", at(70)).unwrap();
    assert_eq!(by_agents(&world), [(page("tea/leaves.md"), leaves.commit)]);
    world.change(&delete("skills/tea/leaves.md")).unwrap();
    assert_eq!(by_agents(&world), []);
    world.edit_by_hand("skills/coffee/SKILL.md", "Grind.\n");
    world.memory.adopt_hand_edits(at(80)).unwrap();
    assert_eq!(by_agents(&world), []);
    let again = Change { approval: Some(Approval::AsProposed), ..write("skills/coffee/SKILL.md", "Grind it.\n", None) };
    let again = Change {
        edit: Edit::Write { content: "Grind it.\n".to_owned(), base: world.version("skills/coffee/SKILL.md") },
        ..again
    };
    let again = world.change(&again).unwrap();
    assert_eq!(by_agents(&world), [(page("coffee/SKILL.md"), again.commit)], "also with an approval");
}

#[test]
fn a_merge_does_not_change_whose_a_page_is() {
    let world = World::new();
    let tea = world.write("skills/tea/SKILL.md", "Boil.\n");
    let branch = world.git(&["branch", "--show-current"]);
    world.git(&["checkout", "-q", "-b", "other", "HEAD~1"]);
    world.edit_by_hand("skills/coffee/SKILL.md", "Grind.\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "coffee"]);
    world.git(&["checkout", "-q", branch.trim()]);
    world.git(&["merge", "-q", "--no-edit", "other"]);
    assert_eq!(by_agents(&world), [(page("tea/SKILL.md"), tea.commit)]);
}

const TEA: &str = "skills/tea/SKILL.md";

/// The person writes the page of the skill.
fn by_hand(world: &World, content: &str, seconds: i64) {
    let seen = world.version(TEA);
    world.memory.write_as_person(TEA, content, seen.as_deref(), "", at(seconds)).unwrap();
}

/// An agent writes it, and the commit is returned.
fn by_agent(world: &World, content: &str) -> String {
    world.change(&write(TEA, content, world.version(TEA).as_deref())).unwrap().commit
}

#[test]
fn an_undo_gives_a_page_back_to_whoever_had_written_it() {
    let world = World::new();
    let first = by_agent(&world, "Boil.\n");
    let second = by_agent(&world, "Boil twice.\n");
    world.memory.restore(&second, at(70)).unwrap();
    assert_eq!(by_agents(&world), [(page("tea/SKILL.md"), first)], "the person has only undone the second change");
    by_hand(&world, "one\n2\n3\n4\n5\n6\n7\n", 71);
    let undone = by_agent(&world, "one\n2\n3\n4\n5\n6\nseven\n");
    world.memory.restore(&undone, at(72)).unwrap();
    assert_eq!(by_agents(&world), [], "it is as the person has written it");
    let top = by_agent(&world, "ONE\n2\n3\n4\n5\n6\n7\n");
    by_agent(&world, "ONE\n2\n3\n4\n5\n6\nSEVEN\n");
    let undo = world.memory.restore(&top, at(73)).unwrap();
    assert_eq!(world.on_disk(TEA), "one\n2\n3\n4\n5\n6\nSEVEN\n");
    assert_eq!(by_agents(&world), [(page("tea/SKILL.md"), undo.commit)], "a change of an agent is left in it");
    by_hand(&world, "Boil well.\n", 74);
    assert_eq!(by_agents(&world), []);
}

#[test]
fn a_merge_of_two_texts_is_an_agents_if_one_of_them_is() {
    let world = World::new();
    by_hand(&world, "one\n2\n3\n4\n5\n6\n7\n", 60);
    let branch = world.git(&["branch", "--show-current"]);
    world.git(&["branch", "other"]);
    let merge_with = |content: &str| {
        // Looked at before too, so that the history is also read in parts.
        by_agents(&world);
        world.git(&["checkout", "-q", "other"]);
        world.edit_by_hand(TEA, content);
        world.git(&["commit", "-q", "-a", "-m", "by the person elsewhere"]);
        world.git(&["checkout", "-q", branch.trim()]);
        world.git(&["merge", "-q", "--no-edit", "other"]);
        world.git(&["branch", "-f", "other"]);
    };
    by_hand(&world, "one\n2\n3\n4\n5\n6\nseven\n", 61);
    merge_with("ONE\n2\n3\n4\n5\n6\n7\n");
    assert_eq!(by_agents(&world), [], "both are the person's");
    let change = by_agent(&world, "ONE\n2\n3\n4\n5\n6\nSEVEN\n");
    merge_with("ONE!\n2\n3\n4\n5\n6\nseven\n");
    assert_eq!(world.on_disk(TEA), "ONE!\n2\n3\n4\n5\n6\nSEVEN\n");
    assert_eq!(by_agents(&world), [(page("tea/SKILL.md"), change)]);
}
