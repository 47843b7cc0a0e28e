//! Work at a set time with the real program: added, listed, begun, asked for by the agent, and killed at each step.

use crate::program::{Program, kill};
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use growqr_testkit::postgres::fresh_database;
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::time::Duration;

/// Sub-agents report at once.
fn model(request: &RequestView<'_>) -> Option<Script> {
    let first = request.first_user_text();
    Some(if first.contains("Read the news") { says("Nothing new.") } else { says("Hello.") })
}

/// A host, as long as its standard input is open.
fn host(program: &Program) -> Child {
    program.command(&["chat"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the program starts")
}

/// Waits longer than a schedule takes that is due in one minute.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1_200 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} did not come about");
}

fn add(program: &Program, when: &str, options: &[&str]) -> String {
    let words = [&["schedule", "add", when, "Read the news", "--name", "News"], options].concat();
    let added = program.json(&words);
    added[0]["id"].as_str().expect("an id").to_owned()
}

fn outcomes(program: &Program) -> Vec<String> {
    let runs = program.json(&["schedule", "history"]);
    runs.iter().map(|run| run["outcome"].as_str().expect("an outcome").to_owned()).collect()
}

#[test]
fn a_schedule_is_added_listed_paused_and_removed_without_a_host() {
    let program = Program::new();
    assert_eq!(program.json(&["schedule", "list"]), Vec::<Value>::new());
    let id = add(&program, "every weekday at 8", &["--zone", "Europe/Berlin", "--if-missed", "ask", "--budget", "0.25"]);
    let listed = program.json(&["schedule", "list"]);
    let row = &listed[0];
    assert_eq!((row["cron"].as_str(), row["zone"].as_str()), (Some("0 8 * * 1-5"), Some("Europe/Berlin")));
    assert_eq!((row["on_missed"].as_str(), row["budget"].as_u64()), (Some("ask"), Some(25_000_000)));
    assert_eq!((row["state"].as_str(), row["problem"].clone()), (Some("active"), Value::Null));
    assert!(row["next_at"].as_i64().is_some());
    let paused = program.json(&["schedule", "pause", &id]);
    assert_eq!((paused[0]["state"].as_str(), paused[0]["next_at"].clone()), (Some("paused"), Value::Null));
    let resumed = program.json(&["schedule", "resume", &id]);
    assert_eq!(resumed[0]["next_at"], row["next_at"]);
    let shown = program.run(&["schedule", "list"]);
    assert!(shown.out.contains("every weekday at 8 (Europe/Berlin), up to $0.25 a run, if missed: ask"), "{shown:?}");
    program.json(&["schedule", "remove", &id]);
    assert_eq!(program.json(&["schedule", "list"]), Vec::<Value>::new());
    assert_eq!(program.json(&["schedule", "history", &id]), Vec::<Value>::new(), "its history can still be read");
}

#[test]
fn what_cannot_be_scheduled_is_refused_with_what_to_write() {
    let program = Program::new();
    for (words, expected) in [
        (vec!["schedule", "add", "soon", "x"], "every weekday at 8"),
        (vec!["schedule", "add", "every day", "x"], "the time of day is missing"),
        (vec!["schedule", "add", "every day at 8", " "], "the task is missing"),
        (vec!["schedule", "add", "every day at 8", "x", "--zone", "Mars"], "Asia/Kolkata"),
        (vec!["schedule", "add", "every day at 8", "x", "--budget", "0"], "between"),
        (vec!["schedule", "pause", "s-1"], "growqr schedule list"),
        (vec!["schedule", "history", "s-1"], "growqr schedule list"),
    ] {
        let ran = program.run(&words);
        assert!(ran.code == Some(1) && ran.err.contains(expected), "{words:?}: {ran:?}");
    }
    assert_eq!(program.run(&["schedule", "add"]).code, Some(2));
}

#[test]
fn a_run_by_hand_waits_for_a_host_and_reports_to_the_inbox() {
    let program = Program::new();
    program.route(model);
    let id = add(&program, "every 1st of the month at 7", &[]);
    let begun = program.json(&["schedule", "run-now", &id]);
    assert_eq!(begun[0]["last"]["outcome"], "due");
    let mut host = host(&program);
    until("the report", || outcomes(&program) == ["done"]);
    let runs = program.json(&["schedule", "history"]);
    assert_eq!((runs[0]["by_hand"].as_bool(), runs[0]["name"].as_str()), (Some(true), Some("News")));
    let agent = runs[0]["agent"].as_str().unwrap().to_owned();
    let inbox = program.json(&["inbox"]);
    assert!(inbox.iter().any(|entry| entry["agent"] == json!(agent)), "however short it was: {inbox:?}");
    kill(&mut host);
    assert_eq!(program.json(&["audit", "verify"])[0]["sound"], true);
    program.assert_all_accepted();
}

#[test]
fn a_run_that_asks_is_shown_as_waiting_for_the_person() {
    let program = Program::new();
    program.route(|request| {
        let is_run = request.first_user_text().contains("Read the news");
        let is_answered = request.last_user_text().contains("the local one");
        Some(match (is_run, is_answered, request.has_tool_results()) {
            (false, _, _) => says("Hello."),
            (true, true, _) => says("Nothing new."),
            (true, false, true) => says("I wait for the answer."),
            (true, false, false) => calls([("ask_user", json!({"question": "Which paper?"}))]),
        })
    });
    let id = add(&program, "every 1st of the month at 7", &[]);
    program.json(&["schedule", "run-now", &id]);
    let mut host = host(&program);
    until("the question", || outcomes(&program) == ["asked"]);
    let asks = program.json(&["asks", "list"]);
    let runs = program.json(&["schedule", "history"]);
    assert_eq!(runs[0]["ask"], asks[0]["ask"]["id"], "with the question: {runs:?}");
    assert!(program.run(&["schedule", "list"]).out.contains("waits for you"));
    let answered = program.run(&["asks", "answer", asks[0]["ask"]["id"].as_str().unwrap(), "the local one"]);
    assert_eq!(answered.code, Some(0), "{answered:?}");
    until("the report", || outcomes(&program) == ["done"]);
    kill(&mut host);
    program.assert_all_accepted();
}

#[test]
fn a_run_that_waits_for_a_host_does_not_begin_once_its_schedule_is_paused_or_removed() {
    let program = Program::new();
    for stop in ["pause", "remove"] {
        let id = add(&program, "every 1st of the month at 7", &[]);
        program.json(&["schedule", "run-now", &id]);
        program.json(&["schedule", stop, &id]);
        let runs = program.json(&["schedule", "history", &id]);
        assert_eq!((runs.len(), runs[0]["outcome"].as_str()), (1, Some("missed")), "{stop}");
    }
}

#[test]
fn an_agent_asks_for_a_schedule_and_the_person_allows_it() {
    let program = Program::new();
    let wish =
        json!({"when": "every weekday at 8", "name": "News", "task": "Read the news", "if_missed": "skip", "budget_usd": "0.25"});
    program.route(move |request| {
        let results = request.tool_results();
        Some(if results.is_empty() {
            calls([("schedule_work", wish.clone())])
        } else {
            says(&format!("It came back: {results:?}"))
        })
    });
    program.chat("tell me the news every morning");
    assert_eq!(program.json(&["schedule", "list"]), Vec::<Value>::new(), "nothing is scheduled before the answer");
    let asks = program.json(&["asks", "list"]);
    assert_eq!((asks.len(), asks[0]["ask"]["kind"].as_str()), (1, Some("permission")));
    let shown = &asks[0]["ask"]["detail"]["call"]["argument"];
    assert_eq!(shown.as_str(), Some("every weekday at 8, up to $0.25 a run: News"));
    program.run(&["asks", "answer", asks[0]["ask"]["id"].as_str().unwrap(), "allow"]);
    assert_eq!(program.run(&["chat"]).code, Some(0));
    let listed = program.json(&["schedule", "list"]);
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0]["by_agent"].as_str(), listed[0]["on_missed"].as_str()), (Some("grow"), Some("skip")));
    assert!(program.run(&["agents", "show", "grow"]).out.contains("scheduled as s-"));
    program.assert_all_accepted();
}

/// The program is killed before it claims what is due, after that, and after the Grow Agent has recorded it.
fn killed_at_each_step(make: fn() -> Program) {
    let killed = ["schedule:due", "schedule:claimed", "schedule:posted"].map(|place| {
        std::thread::spawn(move || {
            let program = make();
            program.route(model);
            add(&program, "in 1 minute", &["--if-missed", "skip"]);
            let mark = program.folder().join("stopped");
            let mut command = program.command(&["chat"]);
            command.stdin(Stdio::piped()).stdout(Stdio::null());
            command.env("GROWQR_STOP_POINT", place).env("GROWQR_STOP_POINT_MARK", &mark);
            let mut stopped = command.spawn().expect("the program starts");
            until(place, || mark.exists());
            kill(&mut stopped);
            let mut again = host(&program);
            until("the report", || outcomes(&program) == ["done"]);
            kill(&mut again);
            let started = program.json(&["events"]).into_iter().filter(|event| event["kind"] == "scheduled_work_started");
            assert_eq!(started.count(), 1, "{place}");
            let agents = program.json(&["agents", "list"]);
            assert_eq!(agents.iter().filter(|agent| agent["name"] == "News").count(), 1, "{place}");
            assert_eq!(program.json(&["schedule", "list"])[0]["state"], "done");
            program.assert_all_accepted();
        })
    });
    for one in killed {
        one.join().expect("each run is made once");
    }
}

#[test]
fn a_run_is_made_once_when_killed_at_each_step() {
    killed_at_each_step(Program::new);
}

#[test]
fn a_run_is_made_once_when_killed_at_each_step_on_postgres() {
    if fresh_database().is_some() {
        killed_at_each_step(|| Program::on_postgres(fresh_database().expect("there was a server a moment ago")));
    }
}
