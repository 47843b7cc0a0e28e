//! `growqr fresh`: the conversation starts afresh.

use crate::program::Program;
use growqr_testkit::anthropic::says;

/// A model that says how many messages it has read, and the last of them.
fn counting(program: &Program) {
    program.claude.route(|request| Some(says(&format!("read {}: {}", request.answers_so_far() + 1, request.last_user_text()))));
}

#[test]
fn after_a_fresh_start_the_model_gets_only_the_next_message_and_the_past_is_still_found() {
    let program = Program::new();
    counting(&program);
    assert_eq!(program.chat("the secret plan").code, Some(0));
    assert!(program.chat("and more").out.starts_with("read 2"));
    let ran = program.run(&["fresh"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("starts afresh with your next message"), "{ran:?}");
    assert!(program.run(&["fresh"]).code == Some(0), "a second one changes nothing");
    let ran = program.chat("hello");
    assert!(ran.out.contains("read 1"), "{ran:?}");
    let last = program.claude.messages().pop().expect("a request");
    assert!(!last.body.to_string().contains("the secret plan"), "{}", last.body);
    assert!(program.run(&["search", "secret plan"]).out.contains("the secret plan"));
    let kinds: Vec<_> = program.json(&["events"]).iter().map(|line| line["kind"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "fresh_started").count(), 1, "{kinds:?}");
    program.claude.assert_all_accepted();
}

#[test]
fn a_prompt_loop_starts_afresh_and_prints_the_divider() {
    let program = Program::new();
    counting(&program);
    let ran = program.run_with(&["chat"], b"one\n/fresh\ntwo\n/fresh \n");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let (before, after) = ran.out.split_once("──── fresh start · ").expect("a divider");
    assert!(before.contains("read 1") && before.contains("one"), "{ran:?}");
    assert!(after.contains(" UTC ────") && after.contains("read 1"), "{ran:?}");
    assert!(ran.err.contains("starts afresh"), "{ran:?}");
    assert!(after.contains("/fresh"), "anything but the whole line is a message: {ran:?}");
}

#[test]
fn a_failure_that_was_left_behind_is_not_told_again() {
    let program = Program::new();
    program.claude.route(|_| Some(says("No.").refuses("cyber", "not this")));
    assert_eq!(program.chat("do it").code, Some(1));
    let shown = || program.run(&["agents", "show", "grow"]).out;
    assert!(shown().contains("declined"), "{}", shown());
    assert_eq!(program.run(&["fresh"]).code, Some(0));
    assert!(!shown().contains("declined"), "{}", shown());
}

#[test]
fn a_fresh_start_in_an_empty_folder_says_what_to_do() {
    let program = Program::new();
    let ran = program.run(&["fresh"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("there is no conversation yet") && ran.err.contains("growqr chat"), "{ran:?}");
    assert!(program.run(&["events"]).out.lines().all(|line| !line.contains("fresh")));
}

/// The number of the message with this text.
fn number_of(program: &Program, text: &str) -> String {
    let shown = program.run(&["agents", "show", "grow"]).out;
    let before = shown.split_once(&format!("\n{text}\n")).expect("it is shown").0;
    before.rsplit_once(" · ").expect("a number").1.trim().to_owned()
}

#[test]
fn a_message_that_is_sent_again_leaves_out_what_was_said_after_it() {
    let program = Program::new();
    counting(&program);
    for message in ["begin", "the wrong way", "go on"] {
        assert_eq!(program.chat(message).code, Some(0));
    }
    let wrong = number_of(&program, "the wrong way");
    let ran = program.run(&["chat", "--again", &wrong, "the right way"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("what was said after it is set aside") && ran.out.contains("the right way"), "{ran:?}");
    let last = program.claude.messages().pop().expect("a request").body.to_string();
    assert!(last.contains("begin") && !last.contains("the wrong way") && !last.contains("go on"), "{last}");
    assert!(program.run(&["search", "wrong way"]).out.contains("the wrong way"), "it can still be found");
    let refused = program.run(&["chat", "--again", &wrong, "once more"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("is set aside"), "{refused:?}");
    let missing = program.run(&["chat", "--again", "1", "once more"]);
    assert!(missing.code == Some(1) && missing.err.contains("growqr agents show grow"), "{missing:?}");
    assert_eq!(program.run(&["chat", "--again", "1"]).code, Some(2));
    program.claude.assert_all_accepted();
}
