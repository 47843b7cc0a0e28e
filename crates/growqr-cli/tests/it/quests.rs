//! Quests with the real program: started, carried out, blocked and tried again, asked for by the agent, and killed at each step.

use crate::program::{Program, kill};
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use growqr_testkit::postgres::fresh_database;
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const PLAN: &str = "# Move house\n\nIn May.\n\n1. [ ] Find a flat\n   near the park\n2. [ ] Pack\n";

/// The step that a request is about.
fn step_of(request: &RequestView<'_>) -> Option<u32> {
    let first = request.first_user_text();
    (1..=9).find(|step| first.contains(&format!("You do step {step} of")))
}

/// Each step is done at once.
fn model(request: &RequestView<'_>) -> Option<Script> {
    Some(step_of(request).map_or_else(|| says("Hello."), |step| says(&format!("Report of part {step}."))))
}

/// A host, as long as its standard input is open.
fn host(program: &Program) -> Child {
    program.command(&["chat"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the program starts")
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} did not come about");
}

fn write(program: &Program, path: &str, text: &str) {
    let written = program.run_with(&["memory", "write", path], text.as_bytes());
    assert_eq!(written.code, Some(0), "{written:?}");
}

fn page(program: &Program, path: &str) -> String {
    program.json(&["memory", "read", path])[0]["text"].as_str().expect("its text").to_owned()
}

fn start(program: &Program, options: &[&str]) -> String {
    let started = program.json(&[&["quest", "start", "quests/move.md"], options].concat());
    started[0]["id"].as_str().expect("an id").to_owned()
}

fn show(program: &Program, id: &str) -> Value {
    program.json(&["quest", "show", id]).remove(0)
}

fn states(quest: &Value) -> (String, Vec<String>) {
    let text = |value: &Value| value.as_str().expect("a state").to_owned();
    let steps = quest["steps"].as_array().expect("steps").iter().map(|step| text(&step["state"])).collect();
    (text(&quest["state"]), steps)
}

fn until_state(program: &Program, id: &str, state: &str) {
    until(state, || states(&show(program, id)).0 == state);
}

#[test]
fn a_quest_is_started_changed_and_cancelled_without_a_host() {
    let program = Program::new();
    assert_eq!(program.json(&["quest", "list"]), Vec::<Value>::new());
    write(&program, "quests/move.md", PLAN);
    let id = start(&program, &["--budget", "1.00"]);
    let quest = show(&program, &id);
    assert_eq!((quest["name"].as_str(), quest["path"].as_str()), (Some("Move house"), Some("quests/move.md")));
    assert_eq!(
        (quest["budget"].as_u64(), quest["spent"].as_u64(), quest["by_agent"].clone()),
        (Some(100_000_000), Some(0), Value::Null)
    );
    assert_eq!((quest["steps"][1]["after"].as_u64(), quest["steps"][1]["title"].as_str()), (Some(1), Some("Pack")));
    assert_eq!(states(&quest), ("at_work".to_owned(), vec!["waiting".to_owned(); 2]), "it begins as soon as agents run");
    let again = program.run(&["quest", "start", "quests/move.md"]);
    assert!(again.code == Some(1) && again.err.contains("under way already"), "{again:?}");
    assert_eq!(program.json(&["quest", "pause", &id])[0]["state"], "paused");
    let retry = program.run(&["quest", "retry", &id, "1"]);
    assert!(retry.code == Some(1) && retry.err.contains("growqr quest resume"), "{retry:?}");
    assert_eq!(program.json(&["quest", "resume", &id])[0]["state"], "at_work");
    assert_eq!(program.json(&["quest", "budget", &id, "3"])[0]["budget"].as_u64(), Some(300_000_000));
    let skipped = program.json(&["quest", "skip", &id, "1"]);
    assert_eq!(states(&skipped[0]).1, ["skipped", "waiting"]);
    assert_eq!(skipped[0]["page_changed"], false);
    write(&program, "quests/move.md", &PLAN.replace("Pack", "Unpack"));
    assert_eq!(
        (show(&program, &id)["page_changed"].clone(), show(&program, &id)["steps"][1]["title"].clone()),
        (json!(true), json!("Pack"))
    );
    let shown = program.run(&["quest", "show", &id]).out;
    assert!(
        shown.contains("[-.] 1 of 2") && shown.contains("[-]  1  Find a flat") && shown.contains("The page has changed"),
        "{shown}"
    );
    assert_eq!(program.json(&["quest", "cancel", &id])[0]["state"], "cancelled");
    assert_eq!(program.json(&["quest", "cancel", &id])[0]["state"], "cancelled");
    for change in [vec!["quest", "resume", &id], vec!["quest", "skip", &id, "2"], vec!["quest", "budget", &id, "1"]] {
        let ran = program.run(&change);
        assert!(ran.code == Some(1) && ran.err.contains("has ended"), "{change:?}: {ran:?}");
    }
    let next = start(&program, &[]);
    let listed = program.json(&["quest", "list"]);
    assert_eq!(
        (listed.len(), listed[0]["id"].as_str(), listed[0]["steps"][1]["title"].as_str()),
        (2, Some(&*next), Some("Unpack"))
    );
    let all = program.json(&["quest", "skip", &next, "1"]);
    assert_eq!(all[0]["state"], "at_work");
    assert_eq!(program.json(&["quest", "skip", &next, "2"])[0]["state"], "done");
}

#[test]
fn what_is_no_plan_is_refused_with_how_to_write_one() {
    let program = Program::new();
    write(&program, "quests/text.md", "# Only text\n\n- milk\n");
    write(&program, "quests/done.md", "- [x] Milk\n");
    write(&program, "quests/move.md", PLAN);
    for (words, expected) in [
        (vec!["quest", "start", "quests/none.md"], "quests/none.md"),
        (vec!["quest", "start", "quests/text.md"], "1. [ ] what to do"),
        (vec!["quest", "start", "quests/done.md"], "ticked already"),
        (vec!["quest", "start", "quests/move.md", "--budget", "0"], "between"),
        (vec!["quest", "show", "q-1"], "growqr quest list"),
        (vec!["quest", "pause", "q-1"], "growqr quest list"),
    ] {
        let ran = program.run(&words);
        assert!(ran.code == Some(1) && ran.err.contains(expected), "{words:?}: {ran:?}");
    }
    let id = start(&program, &[]);
    for (words, expected) in [
        (vec!["quest", "retry", &id, "1"], "has not failed"),
        (vec!["quest", "retry", &id, "7"], "no step 7"),
        (vec!["quest", "skip", &id, "7"], "no step 7"),
        (vec!["quest", "budget", &id, "0"], "between"),
    ] {
        let ran = program.run(&words);
        assert!(ran.code == Some(1) && ran.err.contains(expected), "{words:?}: {ran:?}");
    }
    assert_eq!(program.run(&["quest", "start"]).code, Some(2));
}

#[test]
fn steps_are_done_in_order_tell_the_next_and_are_ticked_in_the_page() {
    let program = Program::new();
    program.route(model);
    write(&program, "quests/move.md", PLAN);
    let mut host = host(&program);
    let id = start(&program, &[]);
    until_state(&program, &id, "done");
    until("both ticks", || page(&program, "quests/move.md").matches("[x]").count() == 2);
    assert_eq!(page(&program, "quests/move.md"), PLAN.replace("[ ]", "[x]"));
    let quest = show(&program, &id);
    let agent = quest["steps"][1]["agent"].as_str().expect("a sub-agent").to_owned();
    let task = program.json(&["agents", "list"]).into_iter().find(|row| row["id"] == json!(agent)).expect("it is listed");
    let task = task["task"].as_str().expect("a task");
    assert!(task.contains("\"report\":\"Report of part 1.\"") && task.contains("In May."), "{task}");
    assert!(quest["spent"].as_u64().expect("money") > 0 && quest["reserved"] == 0, "{quest}");
    let shown = program.run(&["quest", "show", &id]).out;
    assert!(shown.contains("[##] 2 of 2") && shown.contains("[x]  2  Pack  done"), "{shown}");
    let log = program.json(&["memory", "log", "quests/move.md"]);
    let ticks: Vec<&str> =
        log.iter().filter_map(|change| change["message"].as_str()).filter(|text| text.contains("done")).collect();
    assert_eq!(ticks, ["Quest \"Move house\": step 2 done", "Quest \"Move house\": step 1 done"]);
    let inbox = program.json(&["inbox"]);
    assert!(inbox.iter().any(|entry| entry["agent"] == json!(agent)), "however short it was: {inbox:?}");
    let grow = program.json(&["events"]).into_iter().filter(|event| event["agent"] == "grow" && event["kind"] == "turn_started");
    assert_eq!(grow.count(), 0);
    kill(&mut host);
    assert_eq!(program.json(&["audit", "verify"])[0]["sound"], true);
    program.assert_all_accepted();
}

#[test]
fn a_step_that_fails_blocks_the_quest_until_it_is_tried_again() {
    let program = Program::new();
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    program.route(move |request| match step_of(request) {
        Some(1) if counted.fetch_add(1, Ordering::SeqCst) == 0 => Some(Script::message().refuses("cyber", "no")),
        _ => model(request),
    });
    write(&program, "quests/move.md", PLAN);
    let mut host = host(&program);
    let id = start(&program, &[]);
    until_state(&program, &id, "blocked");
    let blocked = show(&program, &id);
    assert_eq!(states(&blocked).1, ["failed", "waiting"]);
    let in_inbox = || program.json(&["inbox"]).into_iter().filter(|entry| entry["kind"] == "quest").collect::<Vec<_>>();
    let waits = in_inbox();
    assert!(waits.len() == 1 && waits[0]["name"] == blocked["name"] && waits[0]["is_seen"] == false, "{waits:?}");
    let agent = blocked["steps"][0]["agent"].as_str().expect("a sub-agent");
    let asked = program.run(&["agents", "say", agent, "why?"]);
    assert_eq!(asked.code, Some(0), "{asked:?}");
    until("the answer", || program.run(&["agents", "show", agent]).out.contains("Report of part 1"));
    assert_eq!(states(&show(&program, &id)), ("blocked".to_owned(), vec!["failed".to_owned(), "waiting".to_owned()]));
    assert_eq!(page(&program, "quests/move.md"), PLAN, "an answer is no step");
    let retried = program.run(&["quest", "retry", &id, "1"]);
    assert_eq!(retried.code, Some(0), "{retried:?}");
    until_state(&program, &id, "done");
    let done = show(&program, &id);
    assert_eq!((states(&done).1, done["steps"][0]["attempt"].as_u64()), (vec!["done".to_owned(); 2], Some(2)));
    assert_eq!(in_inbox(), Vec::<Value>::new(), "nobody has to decide");
    assert!(done["steps"][0]["agent"] != blocked["steps"][0]["agent"]);
    kill(&mut host);
    program.assert_all_accepted();
}

#[test]
fn an_agent_asks_for_a_quest_and_the_person_allows_it() {
    let program = Program::new();
    write(&program, "quests/move.md", PLAN);
    program.route(move |request| match (step_of(request), request.tool_results().is_empty()) {
        (None, true) => Some(calls([("start_quest", json!({"path": "quests/move.md", "budget_usd": "1.50"}))])),
        (None, false) => Some(says(&format!("It came back: {:?}", request.tool_results()))),
        (Some(_), _) => model(request),
    });
    program.chat("move the house");
    assert_eq!(program.json(&["quest", "list"]), Vec::<Value>::new(), "nothing is started before the answer");
    let asks = program.json(&["asks", "list"]);
    assert_eq!(asks[0]["ask"]["scopes"], json!(["once"]), "not any quest, of any size");
    assert_eq!(asks[0]["ask"]["detail"]["call"]["argument"].as_str(), Some("quests/move.md, up to $1.50"));
    program.run(&["asks", "answer", asks[0]["ask"]["id"].as_str().expect("an id"), "allow"]);
    let mut host = host(&program);
    until("the quest", || program.json(&["quest", "list"]).len() == 1);
    let quest = program.json(&["quest", "list"]).remove(0);
    assert_eq!((quest["by_agent"].as_str(), quest["budget"].as_u64()), (Some("grow"), Some(150_000_000)));
    until_state(&program, quest["id"].as_str().expect("an id"), "done");
    kill(&mut host);
    assert!(program.run(&["agents", "show", "grow"]).out.contains("started as q-"));
    program.assert_all_accepted();
}

/// The program is killed before it claims a step, after that, after the Grow Agent has recorded it, before it is ticked, and after that.
fn killed_at_each_step(make: fn() -> Program) {
    let killed = ["quest:due", "quest:claimed", "quest:posted", "quest:done", "quest:ticked"].map(|place| {
        std::thread::spawn(move || {
            let program = make();
            program.route(model);
            write(&program, "quests/move.md", PLAN);
            let id = start(&program, &[]);
            let mark = program.folder().join("stopped");
            let mut command = program.command(&["chat"]);
            command.stdin(Stdio::piped()).stdout(Stdio::null());
            command.env("GROWQR_STOP_POINT", place).env("GROWQR_STOP_POINT_MARK", &mark);
            let mut stopped = command.spawn().expect("the program starts");
            until(place, || mark.exists());
            kill(&mut stopped);
            let mut again = host(&program);
            until_state(&program, &id, "done");
            until("both ticks", || page(&program, "quests/move.md") == PLAN.replace("[ ]", "[x]"));
            kill(&mut again);
            let started = program.json(&["events"]).into_iter().filter(|event| event["kind"] == "scheduled_work_started");
            assert_eq!(started.count(), 2, "{place}");
            let log = program.json(&["memory", "log", "quests/move.md"]);
            let ticks = log.iter().filter(|change| change["message"].as_str().is_some_and(|text| text.ends_with(" done")));
            assert_eq!(ticks.count(), 2, "{place}");
            let quest = show(&program, &id);
            assert_eq!(
                (quest["steps"][0]["attempt"].as_u64(), quest["steps"][1]["attempt"].as_u64()),
                (Some(1), Some(1)),
                "{place}"
            );
            program.assert_all_accepted();
        })
    });
    for one in killed {
        one.join().expect("each step is done once");
    }
}

#[test]
fn a_step_is_done_once_when_killed_at_each_place() {
    killed_at_each_step(Program::new);
}

#[test]
fn a_step_is_done_once_when_killed_at_each_place_on_postgres() {
    if fresh_database().is_some() {
        killed_at_each_step(|| Program::on_postgres(fresh_database().expect("there was a server a moment ago")));
    }
}
