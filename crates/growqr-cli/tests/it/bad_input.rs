//! Failures that people meet: each prints one clear sentence and the next step, and loses no data.

use crate::program::{Program, Ran, kill};
use crate::story::model;
use growqr_testkit::anthropic::{Point, Script, StopPoint, says};
use growqr_testkit::{SmallDisk, skipped};

/// Asserts exit code 1, this message and this next step.
fn assert_fails(ran: &Ran, message: &str, next_step: &str) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains(message), "{message:?} in {ran:?}");
    assert!(ran.err.contains(next_step), "{next_step:?} in {ran:?}");
    assert!(!ran.err.contains("panicked"), "{ran:?}");
}

/// Asserts that the person's message is in the journal.
fn assert_recorded(program: &Program, text: &str) {
    let events = program.json(&["events"]);
    assert!(events.iter().any(|event| event["kind"] == "user_said" && event["data"]["text"] == text), "{events:?}");
}

#[test]
fn a_wrong_key_is_reported_and_the_message_is_kept() {
    let program = Program::new();
    let mut command = program.command(&["chat", "hello"]);
    command.env("ANTHROPIC_API_KEY", "sk-ant-wrong-canary");
    let ran = crate::program::run_with(command, b"");
    assert_fails(&ran, "key", "growqr keys list");
    assert!(!format!("{ran:?}").contains("canary"), "a key is never shown");
    assert_recorded(&program, "hello");
    program.claude.route(model);
    assert!(program.run(&["agents", "resume", "grow"]).out.contains("Hello!"), "the message is answered with the right key");
    let requests = program.claude.messages().len();
    let again = program.run(&["agents", "resume", "grow"]);
    assert!(again.code == Some(1) && again.err.contains("nothing to resume"), "{again:?}");
    assert_eq!(program.claude.messages().len(), requests, "no model call for a finished agent");
}

#[test]
fn a_message_sent_without_a_network_can_be_resumed_later() {
    let program = Program::new();
    let mut command = program.command(&["chat", "hello"]);
    command.env("ANTHROPIC_BASE_URL", "http://127.0.0.1:9");
    assert_fails(&crate::program::run_with(command, b""), "", "agents resume grow");
    assert_recorded(&program, "hello");
    program.claude.route(|_| Some(says("Welcome back.")));
    let ran = program.run(&["agents", "resume", "grow"]);
    assert_eq!((ran.code, ran.out.contains("Welcome back.")), (Some(0), true), "{ran:?}");
}

#[test]
fn an_invalid_event_stream_is_reported() {
    let program = Program::new();
    let invalid = "this is not an event stream";
    program.claude.route(move |_| Some(Script::http(200, &[("content-type", "text/event-stream")], invalid)));
    assert_fails(&program.chat("hello"), "", "agents resume grow");
    assert_recorded(&program, "hello");
}

#[test]
fn an_answer_that_breaks_off_in_the_same_way_is_requested_twice() {
    let program = Program::new();
    program.claude.route(|_| Some(says("Well, let me think").cut(Point::Events(3))));
    assert_fails(&program.chat("hello"), "", "agents resume grow");
    assert_eq!(program.claude.messages().len(), 2, "the same failure twice is a failure");
}

#[test]
fn a_message_of_twenty_megabytes_is_refused() {
    let program = Program::new();
    program.claude.route(|_| Some(says("Hi.")));
    let ran = program.run_with(&["chat", "-"], &vec![b'x'; 20 << 20]);
    assert_fails(&ran, "too large", "Shorten it");
    assert_eq!(program.claude.messages().len(), 0);
    assert_eq!(program.chat("hello").code, Some(0));
}

#[test]
fn an_empty_message_and_binary_data_are_refused() {
    let program = Program::new();
    assert_fails(&program.chat("   "), "empty", "Enter a message");
    assert_fails(&program.run_with(&["chat", "-"], b"\xff\xfe\x00"), "not text", "UTF-8");
}

#[test]
fn a_binary_file_in_memory_is_left_alone() {
    let program = Program::new();
    assert_fails(&program.run_with(&["memory", "write", "photo.md"], b"\x89PNG\x00\x01"), "not text", "elsewhere");
    assert_fails(&program.run_with(&["memory", "write", "../out.md"], b"text"), "cannot be used", "");
    std::fs::write(program.profile().join("memory/photo.png"), b"\x89PNG\x00\x01").expect("a file");
    assert_eq!(program.run_with(&["memory", "write", "notes.md"], b"fine\n").code, Some(0));
    assert!(program.profile().join("memory/photo.png").exists(), "a file of the person's is not touched");
    assert!(program.json(&["memory", "log"]).iter().all(|change| !change["paths"].to_string().contains("photo")));
    assert!(!program.run(&["memory", "list"]).out.contains("photo"), "it is not a page");
    let doctor = program.run(&["doctor"]);
    assert!(doctor.out.contains("1 files are left alone") && doctor.out.contains("photo.png"), "{doctor:?}");
}

#[test]
fn missing_pages_and_changes_are_reported() {
    let program = Program::new();
    assert_eq!(program.run_with(&["memory", "write", "notes.md"], b"fine\n").code, Some(0));
    assert_fails(&program.run(&["memory", "log", "nope.md"]), "no page", "growqr memory list");
    assert_fails(&program.run(&["memory", "diff", "abcdef"]), "no change", "growqr memory log");
    let first = program.json(&["memory", "log"]).pop().expect("a change");
    assert_fails(&program.run(&["memory", "restore", first["commit"].as_str().expect("an id")]), "cannot be undone", "");
    assert!(program.run(&["memory", "log", "notes.md"]).out.contains("notes.md"));
}

#[test]
fn a_full_disk_is_reported_and_loses_nothing() {
    let Some(disk) = SmallDisk::new("6m") else {
        skipped("a full disk: a small file system cannot be mounted here");
        return;
    };
    let program = Program::in_folder(disk.path());
    program.claude.route(|_| Some(says("Hi.")));
    assert_eq!(program.chat("hello").code, Some(0));
    let room = disk.path().join("filler");
    // Fills the disk to the last byte; the write is expected to fail.
    let _ = std::fs::write(&room, vec![0; 8 << 20]);
    let ran = program.run_with(&["chat", "-"], "once more ".repeat(20_000).as_bytes());
    assert_fails(&ran, "full", "Make room");
    std::fs::remove_file(&room).expect("the filler");
    assert_eq!(program.chat("and again").code, Some(0));
    assert_recorded(&program, "hello");
    assert_eq!(program.json(&["audit", "verify"])[0]["sound"], true);
}

#[test]
fn a_read_only_folder_is_reported() {
    let Some(disk) = SmallDisk::new("6m") else {
        skipped("a read-only folder: a small file system cannot be mounted here");
        return;
    };
    let program = Program::in_folder(disk.path());
    disk.forbid_writing();
    assert_fails(&program.chat("hello"), "could not", "Allow this user to write");
    disk.grow();
    program.claude.route(|_| Some(says("Hi.")));
    assert_eq!(program.chat("hello").code, Some(0));
}

#[test]
fn a_damaged_database_is_reported_and_not_changed() {
    let program = Program::new();
    program.claude.route(|_| Some(says("Hi.")));
    assert_eq!(program.chat("hello").code, Some(0));
    let file = program.profile().join("growqr.db");
    let garbage = "this is not a database. ".repeat(1_000);
    std::fs::write(&file, &garbage).expect("the file");
    for wal in ["growqr.db-wal", "growqr.db-shm"] {
        let _ = std::fs::remove_file(program.profile().join(wal));
    }
    assert_fails(&program.chat("hello again"), "damaged", "backup");
    assert_fails(&program.run(&["agents", "list"]), "damaged", "backup");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), garbage, "the damaged file is not changed");
    assert!(program.run(&["memory", "list"]).out.contains("README.md"), "memory is readable without the database");
    let ran = program.run(&["doctor"]);
    assert!(ran.code == Some(1) && ran.out.contains("damaged"), "{ran:?}");
}

#[test]
fn a_second_process_sends_its_message_to_the_first() {
    let program = Program::new();
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    program.claude.route(move |request| {
        let script = says("One thing after the other.");
        Some(if request.last_user_text() == "first" { script.stop_at(Point::Events(2), &route_stop) } else { script })
    });
    let first = program.command(&["chat", "first"]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(stop.reached());
    let second = program.command(&["chat", "second"]).spawn().expect("it starts");
    // The host records the second message while it still answers the first: both are in one journal.
    while !program.json(&["events"]).iter().any(|event| event["data"]["text"] == "second") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(program.json(&["agents", "list"])[0]["status"], "thinking", "reading needs no lock");
    stop.release();
    for child in [first, second] {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
    }
    program.claude.assert_all_accepted();
}

#[test]
fn a_locked_profile_whose_holder_does_not_answer_is_reported() {
    let program = Program::new();
    std::fs::create_dir_all(program.profile()).expect("a folder");
    let lock = std::fs::File::create(program.profile().join("host.lock")).expect("a file");
    lock.lock().expect("free");
    assert_fails(&program.chat("hello"), "does not answer", "end that process");
}

/// Suspended as by Ctrl-Z: the system still accepts connections for the process.
#[cfg(unix)]
#[test]
fn a_suspended_host_is_reported_and_continues_when_it_is_resumed() {
    let program = Program::new();
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    program.claude.route(move |_| Some(says("Back again.").stop_at(Point::Events(2), &route_stop)));
    let host = program.command(&["chat", "first"]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(stop.reached());
    let signal = |name: &str| {
        let status = std::process::Command::new("kill").args([name, &host.id().to_string()]).status();
        assert!(status.expect("it starts").success());
    };
    signal("-STOP");
    for command in [&["chat", "second"][..], &["keys", "list"]] {
        assert_fails(&program.run(command), "does not answer", "end that process");
    }
    signal("-CONT");
    stop.release();
    let output = host.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    let said: Vec<_> = program.json(&["events"]).into_iter().filter(|event| event["kind"] == "user_said").collect();
    assert_eq!(said.len(), 1, "the refused message was not recorded: {said:?}");
}

#[test]
fn a_client_ends_with_an_error_when_its_host_is_killed() {
    let program = Program::new();
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    program.claude.route(move |_| Some(says("Never finished.").stop_at(Point::Events(2), &route_stop)));
    let mut host = program.command(&["chat", "first"]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(stop.reached());
    let client = program.command(&["chat", "second"]).spawn().expect("it starts");
    while !program.json(&["events"]).iter().any(|event| event["data"]["text"] == "second") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    kill(&mut host);
    let output = client.wait_with_output().expect("it ends");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && words.contains("continues when GrowQR runs again"), "{words}");
    stop.release();
    program.claude.route(|_| Some(says("Here I am again.")));
    let ran = program.run(&["chat"]);
    assert!(ran.out.contains("Here I am again."), "{ran:?}");
}

#[test]
fn a_message_after_one_that_is_too_long_for_the_budget_waits_for_the_answer_and_is_then_read() {
    let program = Program::new();
    program.claude.route(|_| Some(says("Hi.")));
    let ran = program.run_with(&["chat", "-"], &vec![b'x'; 1 << 20]);
    assert!(ran.code == Some(1) && ran.out.contains("the budget of one message"), "{ran:?}");
    let queued = program.chat("hello");
    assert!(queued.code == Some(1) && format!("{queued:?}").contains("growqr asks answer"), "{queued:?}");
    let asks = program.json(&["asks", "list"]);
    assert_eq!(asks.len(), 1, "the question stays: {asks:?}");
    assert_eq!(program.run(&["asks", "answer", asks[0]["ask"]["id"].as_str().expect("an id"), "stop"]).code, Some(0));
    let ran = program.run(&["chat"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(program.run(&["agents", "show", "grow"]).out.contains("Hi."));
}

#[test]
fn a_start_right_after_a_kill_succeeds() {
    let program = Program::new();
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    program.claude.route(move |request| {
        let script = says("Here.");
        Some(if request.last_user_text() == "first" { script.stop_at(Point::Events(2), &route_stop) } else { script })
    });
    let mut host = program.command(&["chat", "first"]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(stop.reached());
    host.kill().expect("it can be killed");
    let ran = program.run(&["config", "set", "limit.calls", "20"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    host.wait().expect("it is gone");
    stop.release();
}

#[test]
fn two_computers_on_one_server_do_not_run_the_same_agents() {
    let Some(url) = growqr_testkit::postgres::fresh_database() else { return };
    let (here, there) = (Program::on_postgres(url.clone()), Program::on_postgres(url));
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    here.claude.route(move |_| Some(says("A long answer.").stop_at(Point::Events(2), &route_stop)));
    let first = here.command(&["chat", "hello"]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(stop.reached());
    assert_fails(&there.chat("and me?"), "which uses the same database server", "Quit GrowQR there");
    assert_eq!(there.claude.messages().len(), 0);
    stop.release();
    assert!(first.wait_with_output().expect("it ends").status.success());
}

#[test]
fn a_database_server_that_never_answers_holds_up_no_command() {
    // The system accepts connections for it, and nobody reads them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("it is bound");
    let program = Program::on_postgres(format!("postgres://me@{address}/growqr"));
    let commands = [["agents", "list"].as_slice(), &["chat", "hello"], &["config", "get"], &["db", "status"], &["doctor"]];
    std::thread::scope(|scope| {
        for args in commands {
            let program = &program;
            scope.spawn(move || {
                let taken = growqr_testkit::measure::timed(|| {
                    let ran = program.run(args);
                    assert!(format!("{ran:?}").contains("no answer within"), "{args:?}: {ran:?}");
                });
                assert!(taken.as_secs() < 30, "{args:?} took {taken:?}");
            });
        }
    });
    assert_eq!(program.claude.messages().len(), 0);
}

#[test]
fn results_that_cannot_be_written_cause_a_failure_exit_code() {
    let program = Program::new();
    if !std::path::Path::new("/dev/full").exists() {
        skipped("results onto a full device: there is no /dev/full here");
        return;
    }
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
    let status = program.command(&["config", "get"]).stdout(full).status().expect("it runs");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn the_password_of_a_database_is_never_shown() {
    for url in [
        "postgres://127.0.0.1:9?user=me&password=canary",
        "postgres://127.0.0.1:9?user=me&password=canary&sslmode=canary",
        "postgres://me:can/canary@127.0.0.1:9/growqr",
        "postgres://me:canary@127.0.0.1:9/growqr",
    ] {
        let program = Program::on_postgres(url.to_owned());
        for args in [["db", "status"].as_slice(), &["doctor"], &["agents", "list"], &["chat", "hello"]] {
            for ran in [program.run(args), program.run(&[&["--json"], args].concat())] {
                assert!(!format!("{ran:?}").contains("canary"), "{args:?}: {ran:?}");
            }
        }
    }
}

#[test]
fn a_proxy_is_used_or_refused_with_the_name_of_its_variable() {
    let program = Program::new();
    let chat = |proxy: &str| {
        let mut command = program.command(&["chat", "hello"]);
        command.env_remove("ANTHROPIC_BASE_URL").env("ALL_PROXY", proxy);
        crate::program::run_with(command, b"")
    };
    assert_fails(&chat("ftp://me:canary@127.0.0.1:9"), "ALL_PROXY", "agents resume grow");
    assert!(!format!("{:?}", chat("ftp://me:canary@127.0.0.1:9")).contains("canary"));
    let mut doctor = program.command(&["doctor"]);
    doctor.env("ALL_PROXY", "ftp://127.0.0.1:9");
    assert!(crate::program::run_with(doctor, b"").out.contains("ALL_PROXY cannot be used"));
    for scheme in ["socks", "socks5h"] {
        let proxy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("{scheme}://{}", proxy.local_addr().expect("a port"));
        let greeting = std::thread::spawn(move || {
            let (mut stream, _) = proxy.accept().expect("the program connects to its proxy");
            let mut first = [0; 1];
            std::io::Read::read_exact(&mut stream, &mut first).expect("a greeting");
            first[0]
        });
        assert_fails(&chat(&address), "", "agents resume grow");
        assert_eq!(greeting.join().expect("it ends"), 5, "SOCKS 5");
    }
}
