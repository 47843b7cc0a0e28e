//! A disk that becomes full while the model answers.

use crate::program::{Program, run_with};
use growqr_testkit::anthropic::{Point, StopPoint, says};
use growqr_testkit::{SmallDisk, skipped};
use std::time::Duration;
use tokio::time::Instant;

/// How long the test waits for a condition.
const LIMIT: Duration = Duration::from_secs(60);

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LIMIT, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The answer is paid for: it is kept until there is room, and the model is not asked again.
#[test]
fn an_answer_that_a_full_disk_cannot_take_is_kept_until_there_is_room() {
    let Some(disk) = SmallDisk::new("6m") else {
        skipped("a disk that becomes full: a small file system cannot be mounted here");
        return;
    };
    let program = Program::in_folder(disk.path());
    program.claude.route(|_| Some(says("Hi.")));
    assert_eq!(program.chat("hello").code, Some(0));
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    program.claude.route(move |_| Some(says(&"a long answer ".repeat(20_000)).stop_at(Point::BeforeHead, &route_stop)));
    let chat = program.command(&["chat", "tell me more"]);
    let chat = std::thread::spawn(move || run_with(chat, b""));
    until("the model is asked", || program.claude.messages().len() == 2);
    let filler = disk.path().join("filler");
    // Fills the disk to the last byte; the write is expected to fail.
    let _ = std::fs::write(&filler, vec![0; 8 << 20]);
    stop.release();
    let trouble = || program.json(&["agents", "list"])[0]["trouble"].clone();
    until("the list says why the agent cannot go on", || trouble()["error"]["code"] == "disk_full");
    let doctor = program.run(&["doctor"]).out;
    assert!(doctor.contains("grow cannot go on since") && doctor.contains("growqr agents resume grow"), "{doctor}");
    assert!(program.run(&["agents", "show", "grow"]).out.contains("cannot go on since"));
    let refused = program.run(&["agents", "resume", "grow"]);
    assert!(refused.code == Some(1) && refused.err.contains("the disk is full"), "{refused:?}");
    std::fs::remove_file(&filler).expect("the filler");
    // It tries again by itself.
    let chat = chat.join().expect("the chat ends");
    assert!(chat.code == Some(0) && chat.out.contains("a long answer"), "{chat:?}");
    assert!(chat.err.contains("grow cannot go on: the disk is full"), "{}", chat.err);
    assert_eq!(program.claude.messages().len(), 2, "the model was not asked again");
    assert_eq!(program.json(&["audit", "verify"])[0]["sound"], true);
}
