//! The program is killed while an answer streams, as in a power failure.

use crate::computer::Computer;
use crate::names;
use growqr_testkit::anthropic::{Point, StopPoint, says};

#[test]
fn after_a_kill_in_mid_stream_and_a_restart_the_answer_arrives_once() {
    let Some(computer) = Computer::new() else { return };
    let stop_point = StopPoint::new();
    computer.claude.will(says("Hello to you."));
    computer.claude.will(says("It counts to three.").stop_at(Point::Events(4), &stop_point));
    computer.claude.will(says("It counts to three."));
    let window = computer.open();
    window.say("hello");
    window.see(names::CONVERSATION, "Hello to you.");
    window.say("count");
    window.see(names::CONVERSATION, "It counts to");
    window.kill();

    let window = computer.open();
    let seen = window.see(names::CONVERSATION, "It counts to three.");
    for words in ["hello", "Hello to you.", "It counts to"] {
        assert_eq!(seen.matches(words).count(), 1, "{words:?} in {seen}");
    }
    computer.claude.assert_all_accepted();
    drop(window);
    let said = computer.conversation();
    let expected = [(true, "hello"), (false, "Hello to you."), (true, "count"), (false, "It counts to three.")];
    assert_eq!(said, expected.map(|(by_person, text)| (by_person, text.to_owned())));
}
