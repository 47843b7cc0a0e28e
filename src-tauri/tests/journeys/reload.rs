//! The page is loaded anew while an answer streams.

use crate::computer::Computer;
use crate::names;
use growqr_testkit::anthropic::{Hold, Point, says};

#[test]
fn reloaded_in_mid_stream_nothing_is_lost_or_doubled_and_the_answer_goes_on() {
    let Some(computer) = Computer::new() else { return };
    let (first, second) = (Hold::new(), Hold::new());
    let answer = says("It begins with one.").says("It goes on with two.").says("It ends with three.");
    computer.claude.will(says("Hello to you."));
    // Each part is three events: its start, its words, its end.
    computer.claude.will(answer.hold(Point::Events(4), &first).hold(Point::Events(7), &second));
    let window = computer.open();
    window.say("hello");
    window.see(names::CONVERSATION, "Hello to you.");
    window.say("count");
    window.see(names::CONVERSATION, "It begins with one.");

    window.reload();
    let seen = window.see(names::CONVERSATION, "It begins with one.");
    for words in ["hello", "Hello to you.", "count", "It begins with one."] {
        assert_eq!(seen.matches(words).count(), 1, "{words:?} in {seen}");
    }
    first.release();
    window.see(names::CONVERSATION, "It goes on with two.");
    second.release();
    let seen = window.see(names::CONVERSATION, "It ends with three.");
    for words in ["hello", "Hello to you.", "count", "one.", "two.", "three."] {
        assert_eq!(seen.matches(words).count(), 1, "{words:?} in {seen}");
    }
    assert_eq!(computer.claude.messages().len(), 2, "a reload asks nobody anything");
    computer.claude.assert_all_accepted();
}
