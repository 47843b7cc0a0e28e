//! The first start.

use crate::computer::Computer;
use crate::names;

#[test]
fn without_a_key_the_guide_answers_a_suggested_first_message() {
    let Some(computer) = Computer::new() else { return };
    let window = computer.open_without_key();
    window.click(names::START_WITH_GUIDE);
    window.click(growqr_testkit::window::Element::button(names::SUGGESTED));
    window.see(names::CONVERSATION, names::SUGGESTED);
    let seen = window.see(names::CONVERSATION, "I have written it down in journal/notes.md");
    assert_eq!(seen.matches(names::SUGGESTED).count(), 1, "{seen}");
    assert_eq!(computer.claude.requests().len(), 0, "without a key no request is sent");
}
