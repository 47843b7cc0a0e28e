//! `growqr db rebuild` rebuilds the views from the journal, and only while no other process uses the profile.

use crate::program::Program;
use growqr_testkit::anthropic::says;
use std::fs::File;

#[test]
fn views_are_rebuilt_and_differences_are_reported() {
    let program = Program::new();
    assert_eq!(program.json(&["db", "rebuild"])[0]["events"], 0, "there is nothing yet");
    program.claude.route(|_| Some(says("Tea is ready.")));
    assert_eq!(program.chat("make tea").code, Some(0));
    let (agents, found) = (program.run(&["agents", "list"]).out, program.run(&["search", "TEA"]).out);
    let rebuilt = program.json(&["db", "rebuild"]).remove(0);
    assert_eq!(rebuilt["events"], program.json(&["events"]).len());
    for count in ["changed_agents", "changed_messages", "changed_mail", "deleted"] {
        assert_eq!(rebuilt[count], 0, "{rebuilt}");
    }
    assert_eq!((program.run(&["agents", "list"]).out, program.run(&["search", "TEA"]).out), (agents, found));
    assert!(program.run(&["db", "rebuild"]).out.contains("nothing differed"));
}

#[test]
fn a_profile_in_use_is_not_rebuilt() {
    let program = Program::new();
    program.claude.route(|_| Some(says("Hi.")));
    assert_eq!(program.chat("hello").code, Some(0));
    let lock = File::options().write(true).open(program.profile().join("host.lock")).expect("the lock");
    lock.lock().expect("it is free");
    let ran = program.run(&["db", "rebuild"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("this profile is in use by"), "{}", ran.err);
    drop(lock);
    assert_eq!(program.run(&["db", "rebuild"]).code, Some(0));
}
