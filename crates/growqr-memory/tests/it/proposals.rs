//! Held changes: kept on branches of their own, with the bytes and the reason that were proposed.

use crate::world::{World, at, origin, write};
use growqr_core::memory::{Approval, Change, CommitPlan, Edit, Memory, MemoryError};

fn held(world: &World, change: &Change) -> CommitPlan {
    let plan = world.memory.prepare(change).unwrap();
    world.memory.hold(&plan).unwrap();
    plan
}

/// The approval of a held change as it was proposed.
fn approved(held: &CommitPlan, change: &Change) -> Change {
    let edit = Edit::WriteVersion { version: held.new_blob.clone().unwrap(), base: held.old_blob.clone() };
    Change { edit, at: at(120), approval: Some(Approval::AsProposed), ..change.clone() }
}

#[test]
fn an_approved_new_page_has_the_bytes_that_were_proposed() {
    let world = World::new();
    let change = write("plans.md", "\u{feff}one\r\ntwo\r\n", None);
    let held = held(&world, &change);
    let plan = world.change(&approved(&held, &change)).unwrap();
    assert_eq!(plan.new_blob, held.new_blob);
    assert_eq!(world.on_disk("plans.md"), "\u{feff}one\r\ntwo\r\n");
    assert!(world.git(&["log", "-1", "--format=%B"]).contains("Approved: as proposed"));
    world.is_clean();
}

#[test]
fn an_approved_change_is_merged_into_a_page_that_has_changed_elsewhere() {
    let world = World::new();
    world.write("plans.md", "one\n\n\ntwo\n\n\nthree\n");
    let change = write("plans.md", "one\n\n\ntwo\n\n\nfour\n", world.version("plans.md").as_deref());
    let held = held(&world, &change);
    world.edit_by_hand("plans.md", "zero\n\n\ntwo\n\n\nthree\n");
    world.change(&approved(&held, &change)).unwrap();
    assert_eq!(world.on_disk("plans.md"), "zero\n\n\ntwo\n\n\nfour\n");
}

#[test]
fn a_proposal_has_its_text_and_its_whole_reason() {
    let world = World::new();
    let reason = format!("{}\n\nAnd more.", "because ".repeat(200).trim());
    let held = held(&world, &Change { message: reason.clone(), ..write("plans.md", "one\n", None) });
    let proposal = world.memory.proposal(&held).unwrap();
    assert_eq!((proposal.text.as_deref(), proposal.message), (Some("one\n"), reason));
    let lost = CommitPlan { commit: "0123456789012345678901234567890123456789".to_owned(), ..held };
    assert!(matches!(world.memory.proposal(&lost), Err(MemoryError::UnknownChange { .. })));
}

#[test]
fn a_change_that_was_merged_by_hand_is_found_in_memory() {
    let world = World::new();
    let change = write("plans.md", "one\n", None);
    let held = held(&world, &change);
    let effect = &change.origin.effect;
    assert_eq!(world.memory.commit_of(effect, "plans.md").unwrap(), None, "it is only on its branch");
    world.git(&["merge", "-q", &held.commit]);
    assert_eq!(world.memory.commit_of(effect, "plans.md").unwrap(), Some(held.commit));
    assert_eq!(world.memory.commit_of(&origin("other").effect, "plans.md").unwrap(), None);
}

#[test]
fn a_held_branch_that_nobody_names_is_removed_once_it_is_old() {
    let world = World::new();
    let (kept, lost) = (held(&world, &write("a.md", "a\n", None)), held(&world, &write("b.md", "b\n", None)));
    let remove = |before| world.memory.release_unnamed(std::slice::from_ref(&kept.commit), before).unwrap();
    assert_eq!(remove(at(0)), 0, "it was made a moment ago");
    assert_eq!(remove(at(3_600)), 1);
    assert!(world.git(&["branch", "--list", "growqr-requests/*"]).contains(&kept.commit[..12]));
    assert_eq!(remove(at(3_600)), 0);
    assert!(world.memory.release(&lost).is_ok(), "once");
}

#[test]
fn a_proposal_is_compared_with_the_page_as_it_is_now() {
    let world = World::new();
    world.write("plans.md", "one\n");
    let held = held(&world, &write("plans.md", "two", world.version("plans.md").as_deref()));
    let compared = world.memory.compare_proposal(&held).unwrap();
    assert_eq!((compared.result.as_deref(), compared.is_conflict, compared.yours.as_str()), (Some("two"), false, ""));
    assert!(compared.diff.contains("-one\n+two\n\\ No newline at end of file"), "{}", compared.diff);
    world.edit_by_hand("plans.md", "mine\n");
    let compared = world.memory.compare_proposal(&held).unwrap();
    assert!(compared.is_conflict, "both have changed the line");
    assert_eq!((compared.base.as_deref(), compared.proposed.as_deref()), (Some("one\n"), Some("two")));
    assert!(compared.yours.contains("-one\n+mine"), "{}", compared.yours);
    assert!(compared.proposal.contains("-one\n+two"), "{}", compared.proposal);
    assert!(compared.diff.contains("-mine\n+two"), "it is what an approval commits: {}", compared.diff);
}
