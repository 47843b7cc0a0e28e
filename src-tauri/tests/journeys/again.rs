//! An earlier message is edited and sent again, and the program is killed while the new answer streams.

use crate::computer::Computer;
use crate::names;
use growqr_testkit::anthropic::{Point, StopPoint, says};

#[test]
fn a_message_sent_again_is_answered_once_after_a_kill_and_the_past_stays_readable() {
    let Some(computer) = Computer::new() else { return };
    let stop_point = StopPoint::new();
    computer.claude.will(says("The first answer."));
    computer.claude.will(says("The second answer.").stop_at(Point::Events(4), &stop_point));
    computer.claude.will(says("The second answer."));
    let window = computer.open();
    window.say("hello");
    window.see(names::CONVERSATION, "The first answer.");
    window.press_button(names::EDIT_AGAIN);
    window.type_into(names::ANEW, " again\u{E007}");
    window.see(names::CONVERSATION, "The second");
    window.kill();

    let window = computer.open();
    let seen = window.see(names::CONVERSATION, "The second answer.");
    assert_eq!(seen.matches("The second answer.").count(), 1, "{seen}");
    assert!(!seen.contains("The first answer."), "it is folded: {seen}");
    window.press_button(names::SET_ASIDE);
    window.see(names::CONVERSATION, "The first answer.");
    computer.claude.assert_all_accepted();
}
