//! The pages whose committed text is an agent's.

use crate::world::{World, at, delete, write};
use growqr_core::memory::{Approval, Change, Memory};

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
        edit: growqr_core::memory::Edit::Write {
            content: "Grind it.\n".to_owned(),
            base: world.version("skills/coffee/SKILL.md"),
        },
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
