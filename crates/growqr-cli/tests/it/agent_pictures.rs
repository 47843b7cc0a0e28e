//! The agents as a tree, where the time and money of a turn went, and the log in plain words.

use crate::program::{Program, kill};
use crate::story::{MESSAGES, model};
use growqr_testkit::anthropic::{Point, StopPoint};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

fn sum(timeline: &Value, field: &str) -> i64 {
    let sums = timeline["sums"].as_array().expect("sums");
    sums.iter().map(|sum| sum[field].as_i64().expect("a number")).sum()
}

/// The parts of this kind.
fn parts<'a>(timeline: &'a Value, kind: &str) -> Vec<&'a Value> {
    timeline["parts"].as_array().expect("parts").iter().filter(|part| part["kind"] == kind).collect()
}

#[test]
fn the_timelines_of_all_turns_account_for_every_bill_and_every_moment() {
    let program = Program::new();
    program.claude.route(model);
    MESSAGES.iter().for_each(|message| assert_eq!(program.chat(message).code, Some(0)));
    let mut cost = 0;
    for turn in ["1", "2", "3"] {
        let timeline = program.json(&["agents", "timeline", "grow", "--turn", turn]).remove(0);
        let length = timeline["until"].as_i64().expect("an end") - timeline["began_at"].as_i64().expect("a start");
        assert_eq!(sum(&timeline, "time"), length, "{timeline}");
        assert_eq!((&timeline["ended"], &timeline["turns"]), (&Value::from("done"), &Value::from(3)));
        cost += sum(&timeline, "cost");
    }
    assert_eq!(u64::try_from(cost), Ok(program.claude.total_micro_cents()), "sub-agents count with what they report");
    let last = program.json(&["agents", "timeline", "grow"]).remove(0);
    assert_eq!((parts(&last, "sub_agent").len(), parts(&last, "waiting").len()), (2, 1));
    let shown = program.run(&["agents", "timeline", "grow"]).out;
    for words in ["Grow Agent, turn 3 of 3", "looker", "Started sub-agent doubter", "Waited for sub-agents", "Total"] {
        assert!(shown.contains(words), "{words:?} in {shown}");
    }
    let missing = program.run(&["agents", "timeline", "grow", "--turn", "9"]);
    assert!(missing.code == Some(1) && missing.err.contains("Its turns have the numbers 1 to 3."), "{missing:?}");
}

#[test]
fn a_turn_that_was_killed_is_open_until_the_next_start_and_then_says_what_was_cut_off() {
    let program = Program::new();
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    program.claude.route(move |request| {
        let is_looker = request.first_user_text().contains("look at tea");
        model(request).map(|script| if is_looker { script.stop_at(Point::BeforeHead, &route_stop) } else { script })
    });
    let mut chat = program.command(&["chat", MESSAGES[2]]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(stop.reached());
    // The second sub-agent is created while the first one waits.
    while program.json(&["agents", "list"]).len() < 3 {}
    let tree = program.run(&["agents", "tree"]).out;
    assert!(tree.contains("├─ looker") && tree.contains("└─ doubter"), "{tree}");
    kill(&mut chat);
    stop.release();

    let agents = program.json(&["agents", "tree"]);
    let looker = agents.iter().find(|agent| agent["name"] == "looker").expect("it was at work");
    assert_eq!((&looker["step"]["kind"], &looker["step"]["label"]), (&Value::from("model"), &Value::from("Thinking")));
    let id = looker["id"].as_str().expect("an id");
    let open = program.run(&["agents", "timeline", id]);
    assert!(open.out.contains("still running") && open.err.contains("No GrowQR is running"), "{open:?}");

    // A chat runs all agents while it waits for a message.
    let mut chat = program.command(&["chat"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let timeline = loop {
        let timeline = program.json(&["agents", "timeline", id, "--turn", "1"]).remove(0);
        if timeline["ended"] == "done" {
            break timeline;
        }
    };
    kill(&mut chat);
    let calls = parts(&timeline, "model");
    assert_eq!((&calls[0]["state"], &calls[1]["state"]), (&Value::from("cut"), &Value::from("done")), "{timeline}");
    assert_eq!(parts(&timeline, "tool").len(), 1, "{timeline}");
    let length = |part: &Value| part["to"].as_i64().expect("an end") - part["from"].as_i64().expect("a start");
    let was_cut = |part: &&Value| part["state"] == "cut" || part["kind"] == "cut";
    let all = timeline["parts"].as_array().expect("parts");
    let cut = timeline["sums"].as_array().expect("sums").iter().find(|sum| sum["kind"] == "cut").expect("a sum");
    assert_eq!(cut["time"], all.iter().filter(was_cut).map(length).sum::<i64>(), "{timeline}");
    assert!(cut["unknown"].as_u64() > Some(0), "it may have been billed: {cut}");
}

#[test]
fn the_log_is_in_plain_words_by_channel_and_follows_without_losing_a_line() {
    let program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat(MESSAGES[1]).code, Some(0));
    let mut follow = program.command(&["--json", "logs", "--follow", "--last", "1"]);
    let mut following = follow.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut followed = BufReader::new(following.stdout.take().expect("a pipe")).lines().map(|line| line.expect("a line"));
    assert!(followed.next().expect("the last line").contains("is done with turn 1"));
    assert_eq!(program.chat(MESSAGES[0]).code, Some(0));
    let mut seen: Vec<String> = Vec::new();
    while !seen.last().is_some_and(|line| line.contains("is done with turn 2")) {
        seen.push(followed.next().expect("a line"));
    }
    kill(&mut following);

    let all = program.json(&["logs"]);
    let text = |line: &Value| line["text"].as_str().expect("words").to_owned();
    let words: Vec<String> = all.iter().map(text).collect();
    assert!(words.contains(&"you wrote: “remember that I like tea”".to_owned()), "{words:?}");
    let parsed: Vec<Value> = seen.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(parsed, all[all.len() - parsed.len()..], "each line once, in order");

    let memory: Vec<String> = program.json(&["logs", "memory"]).iter().map(text).collect();
    assert_eq!(memory, ["changes the page people/me.md"]);
    assert_eq!(program.json(&["logs", "grow", "--filter", "HELLO THERE"]).len(), 1);
    assert_eq!(program.json(&["logs", "--since", "1h"]).len(), all.len());
    assert_eq!(program.json(&["logs", "--last", "2"]), all[all.len() - 2..]);
    let shown = program.run(&["logs"]).out;
    assert!(shown.contains("Grow Agent you wrote: “hello there”"), "{shown}");
    let stack = program.run(&["logs", "#stack"]);
    assert!(stack.code == Some(0) && stack.err.contains("No GrowQR is running"), "{stack:?}");
    let unknown = program.run(&["logs", "nobody"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("#memory"), "{unknown:?}");
}
