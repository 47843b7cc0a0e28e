//! Questions, limits and rules: with real processes, kills, and answers from another terminal.

use crate::program::{Program, Ran, kill};
use growqr_testkit::anthropic::{Point, RequestView, Script, StopPoint, calls, says};
use growqr_testkit::openai::ServerBehaviour;
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The open asks.
fn asks(program: &Program) -> Vec<Value> {
    program.json(&["asks", "list"])
}

fn id(row: &Value) -> &str {
    row["ask"]["id"].as_str().expect("an id")
}

fn answer(program: &Program, ask: &Value, answer: &str) -> Ran {
    program.run(&["asks", "answer", id(ask), answer])
}

/// Waits until something has come about.
fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = found() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} did not come about");
}

fn until_asked(program: &Program) -> Value {
    until("a question", || asks(program).into_iter().next())
}

/// A program that runs the agents until it is killed.
fn host(program: &Program) -> Child {
    program.command(&["chat"]).stdin(Stdio::piped()).spawn().expect("it starts")
}

/// The Grow Agent sends a sub-agent, which sends another one, which asks.
fn three_levels(request: &RequestView<'_>) -> Option<Script> {
    let (first, last) = (request.first_user_text(), request.last_user_text());
    let results = request.tool_results();
    let spawn = |task: &str| calls([("spawn_sub_agent", json!({"name": task, "task": task}))]);
    Some(if first.contains("ask the person") {
        match (results.is_empty(), last.contains("The person answers: blue")) {
            (_, true) => says("It is blue."),
            (true, _) => calls([("ask_user", json!({"question": "Which one?", "options": ["red", "blue"]}))]),
            (false, _) => says("I wait for the answer."),
        }
    } else if first.contains("find out") {
        if last.contains("It is blue.") {
            says("Found out: It is blue.")
        } else if results.is_empty() {
            spawn("ask the person")
        } else {
            says("Sent.")
        }
    } else if last.contains("Found out") {
        says("The answer is blue.")
    } else if results.is_empty() {
        spawn("find out")
    } else {
        says("I have sent somebody.")
    })
}

#[test]
fn a_question_two_levels_down_survives_a_kill_and_its_answer_from_another_terminal_lets_all_go_on() {
    let program = Program::new();
    program.claude.route(three_levels);
    let mut first = program.command(&["chat"]).stdin(Stdio::piped()).spawn().expect("it starts");
    std::io::Write::write_all(first.stdin.as_mut().expect("piped"), b"which one is it?\n").expect("it reads");
    let before = until_asked(&program);
    kill(&mut first);
    let again = asks(&program);
    assert_eq!(again, std::slice::from_ref(&before), "still there, asked once");
    assert_eq!((again[0]["depth"].as_u64(), again[0]["ask"]["text"].as_str()), (Some(2), Some("Which one?")));
    let mut second = host(&program);
    let agents = until("a host", || {
        let agents = program.json(&["agents", "list"]);
        (agents.len() == 3).then_some(agents)
    });
    assert_eq!(agents.iter().filter(|agent| agent["asks"] == 1).count(), 1);
    assert_eq!(answer(&program, &before, "blue").code, Some(0));
    until("the end", || {
        let agents = program.json(&["agents", "list"]);
        let is_over = agents.iter().all(|agent| agent["status"] == "idle" || agent["status"] == "done");
        let told = program.run(&["agents", "show", "grow"]).out.contains("The answer is blue.");
        (is_over && told).then_some(())
    });
    let late = answer(&program, &before, "red");
    assert!(late.code == Some(1) && late.err.contains("the answer was: blue"), "{late:?}");
    kill(&mut second);
    program.claude.assert_all_accepted();
}

#[test]
fn an_answer_while_no_host_runs_is_acted_on_at_the_next_start() {
    let program = Program::new();
    program.claude.route(|request| {
        Some(match request.tool_results().is_empty() {
            true => calls([("commit_memory", json!({"path": "a.md", "content": "x", "message": "m"}))]),
            false => says("Done."),
        })
    });
    assert_eq!(program.run(&["rules", "add", "ask", "commit_memory"]).code, Some(0));
    let waits = program.chat("write it");
    assert!(waits.code == Some(1) && waits.err.contains("waits for your answer"), "{waits:?}");
    let ask = until_asked(&program);
    assert_eq!(answer(&program, &ask, "allow").code, Some(0));
    assert_eq!(program.run(&["memory", "read", "a.md"]).code, Some(1), "nothing happens without a host");
    let resumed = program.run(&["agents", "resume", "grow"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(program.json(&["memory", "read", "a.md"])[0]["text"], "x");
}

#[test]
fn a_command_that_waits_for_the_person_shows_the_question_and_ends() {
    let program = Program::new();
    program.claude.route(|request| {
        Some(match request.tool_results().is_empty() {
            true => calls([("commit_memory", json!({"path": "a.md", "content": "x", "message": "m"}))]),
            false => says("Done."),
        })
    });
    assert_eq!(program.run(&["rules", "add", "ask", "commit_memory"]).code, Some(0));
    let ways = [
        program.chat("write it"),
        program.run(&["agents", "resume", "grow"]),
        program.run_with(&["chat"], b""),
        program.run_with(&["chat"], b"!perhaps\n"),
    ];
    for ran in ways {
        assert!(ran.code == Some(1) && ran.out.contains("wants to use commit_memory"), "{ran:?}");
    }
    let answered = program.run_with(&["chat"], b"!yes\n");
    assert_eq!(answered.code, Some(0), "{answered:?}");
    assert_eq!(program.json(&["memory", "read", "a.md"])[0]["text"], "x");
}

#[test]
fn a_shown_command_has_no_text_of_the_model_in_it() {
    let program = Program::new();
    program.claude.route(|request| {
        let question = json!({"question": "Which one?\nallow everything", "options": ["$(touch pwned)", "`id`"]});
        Some(if request.tool_results().is_empty() { calls([("ask_user", question)]) } else { says("I wait.") })
    });
    let ran = program.chat("ask me");
    let commands: Vec<&str> = ran.out.lines().filter(|line| line.contains("growqr asks answer")).collect();
    assert!(
        commands.len() == 2 && commands[0].contains(" 1        $(touch pwned)"),
        "the label stands behind the answer: {ran:?}"
    );
    assert!(ran.out.contains("│ allow everything"), "a line of the question is marked as such: {ran:?}");
}

#[test]
fn a_rule_keeps_the_words_that_the_shell_has_joined() {
    let program = Program::new();
    assert_eq!(program.run(&["rules", "add", "deny", "read_memory", "path=my notes/*"]).code, Some(0));
    assert_eq!(program.run(&["rules", "add", "ask delete_memory agent=a-*"]).code, Some(0));
    let lines: Vec<Value> = program.json(&["rules", "list"]).into_iter().filter(|rule| rule["origin"] == "person").collect();
    assert_eq!(lines[0]["line"], r#"deny read_memory path="my notes/*""#);
    assert_eq!(lines[1]["line"], "ask delete_memory agent=a-*");
    let refused = program.run(&["rules", "add", "deny call_tool"]);
    assert!(refused.code != Some(0) && refused.err.contains("the tool that it names"), "no rule decides about it: {refused:?}");
    let test = program.json(&["rules", "test", "read_memory", r#"{"path": "My Notes/x.md"}"#]);
    assert_eq!((test[0]["decision"].as_str(), test[0]["rule"]["id"].as_str()), (Some("deny"), lines[0]["id"].as_str()));
}

/// A model that sends sub-agents for ever, at every level, and never repeats itself.
fn runaway() -> impl Fn(&RequestView<'_>) -> Option<Script> + Clone + Send + Sync + 'static {
    let count = Arc::new(AtomicUsize::new(0));
    move |_| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        let spawn = |side: &str| ("spawn_sub_agent", json!({"name": format!("{side} {n}"), "task": "send more of your kind"}));
        Some(calls([spawn("left"), spawn("right"), ("list_memory", json!({"prefix": format!("{n}")}))]))
    }
}

#[test]
fn a_runaway_model_with_a_price_ends_with_one_question_within_its_budget_and_uses_half_of_it() {
    let program = Program::new();
    program.claude.route(runaway());
    assert_eq!(program.run(&["budget", "set", "--per-message", "0.30"]).code, Some(0));
    assert_eq!(program.run(&["config", "set", "limit.calls", "500"]).code, Some(0), "so that money is the limit");
    let ran = program.chat("go");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let (budget, billed) = (30_000_000, program.claude.total_micro_cents());
    assert!(billed <= budget && billed >= budget / 2, "{billed} of {budget}\n{:?}\n{}", asks(&program), ran.out);
    let open = asks(&program);
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!((open[0]["ask"]["kind"].as_str(), open[0]["depth"].as_u64()), (Some("budget"), Some(0)));
    let agents = program.json(&["agents", "list"]);
    let spent: u64 = agents.iter().map(|agent| agent["spent"].as_u64().unwrap_or(0)).sum();
    assert_eq!(spent, billed, "to the micro-cent");
    let sums = program.json(&["budget", "show", "--by", "agent"]);
    assert_eq!(sums.iter().map(|row| row["cost"].as_u64().unwrap_or(0)).sum::<u64>(), billed);
    assert_eq!(answer(&program, &open[0], "stop").code, Some(0));
}

#[test]
fn a_runaway_model_without_a_price_ends_with_one_question_within_its_calls() {
    let program = Program::on_local(ServerBehaviour::plain());
    program.route(runaway());
    for (name, value) in [("limit.unpriced_calls", "60"), ("limit.calls", "500")] {
        assert_eq!(program.run(&["config", "set", name, value]).code, Some(0), "{name}");
    }
    let ran = program.chat("go");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let calls = program.local().chats().len();
    assert!((30..=60).contains(&calls), "{calls} calls\n{ran:?}");
    let open = asks(&program);
    assert_eq!(open.len(), 1, "{open:?}");
}

#[test]
fn a_runaway_model_without_a_price_stays_within_its_limits_whenever_it_is_killed() {
    let program = Program::on_local(ServerBehaviour::plain());
    program.route(runaway());
    assert_eq!(program.run(&["budget", "set", "--unpriced-calls", "60", "--children", "12"]).code, Some(0));
    assert_eq!(program.run(&["config", "set", "limit.calls", "500"]).code, Some(0));
    let calls = || program.local().chats().len();
    let is_over = || !asks(&program).is_empty();
    let mut running = program.command(&["chat", "go"]).spawn().expect("it starts");
    for enough in [4, 15, 26, 37] {
        until("more calls", || (calls() >= enough || is_over()).then_some(()));
        kill(&mut running);
        running = host(&program);
    }
    until("a question", || is_over().then_some(()));
    kill(&mut running);
    let open = asks(&program);
    assert_eq!((open.len(), open[0]["ask"]["kind"].as_str(), open[0]["depth"].as_u64()), (1, Some("budget"), Some(0)));
    let calls = calls();
    assert!((30..=60).contains(&calls), "{calls} calls");
    let started = program.json(&["agents", "list"]).len() - 1;
    assert!((1..=12).contains(&started), "{started} sub-agents");
    let requested = program.json(&["events"]).iter().filter(|event| event["kind"] == "model_requested").count();
    let budget = &program.json(&["budget", "show"])[0];
    assert_eq!(budget["unpriced"]["calls"], json!({"used": requested, "limit": 60}), "{budget}");
    assert_eq!(budget["children"], json!({"used": started, "limit": 12}));
    let shown = program.run(&["budget", "show"]).out;
    assert!(shown.contains("of 60 for this message, because the model has no known price"), "{shown}");
}

#[test]
fn what_a_sub_agent_has_left_of_an_earlier_message_is_not_subtracted_from_the_latest_one() {
    let program = Program::on_local(ServerBehaviour::plain());
    let held = StopPoint::new();
    let route_held = held.clone();
    program.route(move |request| {
        let (last, is_answered) = (request.last_user_text(), !request.tool_results().is_empty());
        Some(if request.first_user_text().contains("look around") {
            says("Nothing here.").stop_at(Point::BeforeHead, &route_held)
        } else if last.contains("send one") && !is_answered {
            calls([("spawn_sub_agent", json!({"name": "scout", "task": "look around"}))])
        } else {
            says("As you say.")
        })
    });
    let mut running = host(&program);
    let mut used_after = |text: &str, answers: usize| {
        let input = running.stdin.as_mut().expect("piped");
        std::io::Write::write_all(input, text.as_bytes()).expect("it reads");
        until("an answer", || {
            let shown = program.run(&["agents", "show", "grow"]).out;
            let at_work = program.json(&["agents", "list"]).iter().filter(|agent| agent["status"] == "thinking").count();
            (shown.matches("As you say.").count() == answers && at_work == 1).then_some(())
        });
        let budget = program.json(&["budget", "show"]).remove(0);
        [&budget["children"]["used"], &budget["unpriced"]["calls"]["used"]].map(|used| used.as_u64().expect("a count"))
    };
    assert_eq!(used_after("send one\n", 1), [1, 3], "two calls of the Grow Agent and one of its sub-agent");
    assert_eq!(used_after("and now?\n", 2), [0, 1], "the sub-agent works for the earlier message");
    held.release();
    kill(&mut running);
}

#[test]
fn raising_the_limit_lets_the_turn_go_on_and_the_next_message_has_the_old_limit() {
    let program = Program::new();
    // So that money is the first limit.
    assert_eq!(program.run(&["config", "set", "limit.calls", "500"]).code, Some(0));
    let count = AtomicUsize::new(0);
    program.claude.route(move |request| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        let is_enough = request.last_user_text().contains("enough");
        Some(if is_enough { says("Enough.") } else { calls([("list_memory", json!({"prefix": format!("{n}")}))]) })
    });
    assert_eq!(program.run(&["budget", "set", "--per-message", "0.10"]).code, Some(0));
    assert_eq!(program.chat("go").code, Some(1));
    let before = program.claude.total_micro_cents();
    let open = asks(&program);
    assert_eq!(program.run(&["asks", "answer", id(&open[0]), "raise", "--by", "0.05"]).code, Some(0));
    let resumed = program.run(&["agents", "resume", "grow"]);
    assert_eq!(resumed.code, Some(1), "it reaches the raised limit: {resumed:?}");
    let after = program.claude.total_micro_cents();
    assert!(after > before && after <= 15_000_000, "{before} {after}");
}

#[test]
fn an_agent_that_is_told_to_finish_reports_without_further_calls() {
    let program = Program::new();
    program.claude.route(|request| {
        Some(if request.last_user_text().contains("Finish now") {
            says("This is what I have.")
        } else {
            calls([("ask_user", json!({"question": "May I?"})), ("wait_for_sub_agents", json!({}))])
        })
    });
    assert_eq!(program.run(&["rules", "add", "ask", "list_memory"]).code, Some(0));
    assert_eq!(program.run(&["agents", "finish", "grow"]).code, Some(1), "there is no agent yet");
}
