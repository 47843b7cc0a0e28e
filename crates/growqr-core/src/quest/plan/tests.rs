//! Pages that are plans, and pages that are none.

use super::*;
use proptest::prelude::*;

fn plan(page: &str) -> Plan {
    Plan::parse("quests/move.md", page).expect("a plan")
}

fn steps(page: &str) -> Vec<(u32, String, Option<u32>, bool)> {
    plan(page).steps.into_iter().map(|step| (step.number, step.title, step.after, step.is_ticked)).collect()
}

fn step(number: u32, title: &str, after: Option<u32>, is_ticked: bool) -> (u32, String, Option<u32>, bool) {
    (number, title.to_owned(), after, is_ticked)
}

#[test]
fn numbered_steps_come_one_after_the_other_and_bulleted_ones_side_by_side() {
    let page = "# Move house\n\nWe move in May.\n\n1. [ ] Find a flat\n2. [ ] Compare **three** `offers`\n";
    assert_eq!(plan(page).name, "Move house");
    assert_eq!(steps(page), [step(1, "Find a flat", None, false), step(2, "Compare three offers", Some(1), false)]);
    let page = "- [x] One\n- [ ] Two\n\n- [ ] Three";
    assert_eq!(plan(page).name, "move", "the name of the file");
    assert_eq!(steps(page), [step(1, "One", None, true), step(2, "Two", None, false), step(3, "Three", None, false)]);
}

#[test]
fn lines_below_an_item_belong_to_its_task() {
    let page = "1. [ ] Find a flat\n   near the park\n\n   At most 900.\n\n   - with a balcony\n     - [ ] to the south\n\n2. [ ] Pack\n";
    let steps = plan(page).steps;
    assert_eq!(steps.len(), 2, "a box in an item is no step");
    assert_eq!(steps[0].title, "Find a flat");
    assert_eq!(
        steps[0].task, "Find a flat\nnear the park\n\nAt most 900.\n\n- with a balcony\n  - [ ] to the south",
        "as it is written"
    );
    assert_eq!((&*steps[1].title, &*steps[1].task), ("Pack", "Pack"));
}

#[test]
fn a_list_under_a_heading_steps_needs_no_boxes_and_other_lists_are_no_steps() {
    let page = "# Plan\n- milk\n- bread\n\n## Notes\n- nothing\n\n## Steps:\n1. Read\n2. Write\n\n- later\n";
    assert_eq!(steps(page), [step(1, "Read", None, false), step(2, "Write", Some(1), false)]);
    assert_eq!(steps("- milk\n\n# Title after a list\n\n- [ ] Read"), [step(1, "Read", None, false)]);
    assert_eq!(steps("```\n- [ ] no\n```\n- [ ] yes"), [step(1, "yes", None, false)]);
}

#[test]
fn what_is_no_plan_is_refused_with_the_reason() {
    let refused = |page: &str| Plan::parse("a.md", page).expect_err("no plan");
    for page in ["", "# Only a title\n\ntext", "- milk\n- bread", "    - [ ] code"] {
        assert_eq!(refused(page), PlanError::NoSteps, "{page:?}");
    }
    assert_eq!(refused("- [x] a\n- [X] b"), PlanError::AllTicked);
    assert_eq!(refused("- [ ] a\n- [ ]\n- [ ] c"), PlanError::Empty(2));
    assert_eq!(refused(&"- [ ] a\n".repeat(51)), PlanError::TooManySteps);
    assert_eq!(refused(&format!("- [ ] {}", "a".repeat(20_000))), PlanError::TooLong);
    assert_eq!(plan(&"- [ ] a\n".repeat(50)).steps.len(), 50);
}

#[test]
fn no_step_is_lost_because_the_list_comes_apart() {
    for between in ["- [ ] a\n1. [ ] b\n", "1. [ ] a\n\ntext\n\n2. [ ] b\n", "1. [ ] a\n```\ncode\n```\n2. [ ] b\n"] {
        assert_eq!(Plan::parse("a.md", between), Err(PlanError::Split), "{between:?}");
    }
    assert_eq!(Plan::parse("a.md", "## Steps\n1. a\n\n## Later\n- [x] b"), Err(PlanError::Split));
    assert_eq!(steps("1. [ ] a\n\n   text\n\n2. [ ] b\n\n- c\n  - [ ] d\n").len(), 2);
    let page = "1. [ ] a\n2. [ ] b\n";
    let added = format!("{page}\n- [ ] c\n");
    assert_eq!(ticked(&added, &plan(page).steps[1]), Some(added.replace("2. [ ]", "2. [x]")), "what began goes on");
}

#[test]
fn names_and_titles_are_short_and_on_one_line() {
    let page = format!("# {}\u{202e}\n\n- [ ] {}\n", "long ".repeat(40), "word ".repeat(60));
    let read = plan(&page);
    assert!(read.name.chars().count() <= 60 && read.name.ends_with('…') && !read.name.contains('\u{202e}'));
    assert_eq!(read.steps[0].title.chars().count(), 120);
    assert_eq!(read.steps[0].task, "word ".repeat(60).trim(), "the task is whole");
}

#[test]
fn a_tick_changes_one_box_of_a_step_that_is_still_there() {
    let page = "# A\n\n1. [ ] One\n2. [ ]  Two\n   more\n3. [ ] One\n";
    let steps = plan(page).steps;
    let after = ticked(page, &steps[1]).expect("it is there");
    assert_eq!(after, page.replace("2. [ ]", "2. [x]"));
    assert_eq!(ticked(&after, &steps[1]), None, "once");
    assert_eq!(ticked(page, &steps[2]).expect("it is there"), page.replace("3. [ ]", "3. [x]"), "the one in its place");
    let moved = "- [ ] new\n- [ ] Two\n  more\n";
    assert_eq!(ticked(moved, &steps[1]).as_deref(), Some("- [ ] new\n- [x] Two\n  more\n"));
    assert_eq!(ticked("- [ ] new\n- [ ] One\n- [ ] One\n", &steps[0]), None, "which one is not known");
    assert_eq!(ticked(&page.replace("more", "less"), &steps[1]), None, "it was changed");
    assert_eq!(ticked("## Steps\n1. One", &steps[0]), None, "it has no box");
    assert!(!has_changed(page, &after) && has_changed(page, &page.replace("more", "less")));
    let dos = "1. [ ] One\r\n2. [ ] Two\r\n";
    assert_eq!(ticked(dos, &plan(dos).steps[1]).as_deref(), Some("1. [ ] One\r\n2. [x] Two\r\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a page has in it: it is read or refused, and ticks change nothing but ticks.
    #[test]
    fn any_text_is_data(parts in prop::collection::vec(prop::sample::select(vec![
        "- [ ] ", "1. [ ] ", "* [x] ", "2) ", "\n", "\n\n", "  ", "    ", "\t", "# ", "## Steps\n", "é", "> ", "```\n", "[x]", "[ ]", "word", "<b>",
        "**", "`", "\r\n", "](", "\u{2028}", "- ",
    ]), 0..60)) {
        let page: String = parts.concat();
        if let Ok(plan) = Plan::parse("quests/x.md", &page) {
            for step in &plan.steps {
                prop_assert!(!step.title.is_empty() && !step.title.contains('\n'));
                prop_assert!(step.after.is_none_or(|after| after < step.number));
                if let Some(after) = ticked(&page, step) {
                    prop_assert_eq!(after.len(), page.len());
                    prop_assert!(!has_changed(&page, &after));
                }
            }
        }
    }
}
