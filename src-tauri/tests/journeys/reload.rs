//! The page is reloaded while an answer streams.

use crate::computer::Computer;
use crate::names;
use growqr_testkit::anthropic::{Point, StopPoint, says};

#[test]
fn after_a_reload_in_mid_stream_nothing_is_lost_or_doubled_and_the_answer_continues() {
    let Some(computer) = Computer::new() else { return };
    let (first, second) = (StopPoint::new(), StopPoint::new());
    computer.claude.will(says("Hello to you."));
    // The stub sends twelve characters per event, from the fourth event on.
    let answer = says("One begins, two goes on, three ends.");
    computer.claude.will(answer.stop_at(Point::Events(4), &first).stop_at(Point::Events(5), &second));
    let window = computer.open();
    window.say("hello");
    window.see(names::CONVERSATION, "Hello to you.");
    window.say("count");
    window.see(names::CONVERSATION, "One begins,");

    window.reload();
    let seen = window.see(names::CONVERSATION, "One begins,");
    for words in ["hello", "Hello to you.", "count", "One begins,"] {
        assert_eq!(seen.matches(words).count(), 1, "{words:?} in {seen}");
    }
    first.release();
    window.see(names::CONVERSATION, "One begins, two goes on,");
    second.release();
    let seen = window.see(names::CONVERSATION, "One begins, two goes on, three ends.");
    for words in ["hello", "Hello to you.", "count", "One begins"] {
        assert_eq!(seen.matches(words).count(), 1, "{words:?} in {seen}");
    }
    assert_eq!(computer.claude.messages().len(), 2, "a reload sends no request");
    computer.claude.assert_all_accepted();
}
