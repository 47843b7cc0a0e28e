//! The window attached to a `growqr chat` in a terminal, which is the process that runs the agents.

use crate::computer::Computer;
use crate::names;
use growqr_testkit::anthropic::says;
use std::io::{BufRead, BufReader, Write};

#[test]
fn a_message_typed_in_the_terminal_or_in_the_window_appears_in_the_other() {
    let Some(computer) = Computer::new() else { return };
    computer.claude.route(|request| Some(says(&format!("You said: {}.", request.last_user_text()))));
    let mut terminal = computer.growqr(&["chat"]).spawn().expect("the command line starts");
    let mut input = terminal.stdin.take().expect("a pipe");
    let mut output = BufReader::new(terminal.stdout.take().expect("a pipe")).lines();
    let mut read = || output.next().expect("the output has another line").expect("text");

    writeln!(input, "one").expect("it reads");
    assert_eq!(read(), "You said: one.");
    let window = computer.open();
    window.see(names::CONVERSATION, "You said: one.");
    writeln!(input, "two").expect("it reads");
    assert_eq!(read(), "You said: two.");
    window.see(names::CONVERSATION, "You said: two.");
    window.say("three");
    window.see(names::CONVERSATION, "You said: three.");
    assert_eq!(read(), "You said: three.");

    drop(input);
    assert!(terminal.wait().expect("it ends").success());
    // The window runs the agents from now on.
    window.say("four");
    let seen = window.see(names::CONVERSATION, "You said: four.");
    for words in ["one", "two", "three", "four"] {
        assert_eq!(seen.matches(&format!("You said: {words}.")).count(), 1, "{words:?} in {seen}");
    }
    computer.claude.assert_all_accepted();
}
