//! The commands when nothing fails.

use crate::program::{Program, kill};
use crate::story::{MESSAGES, model};
use growqr_testkit::anthropic::{Point, Script, StopPoint, calls, says};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn tool_calls_and_sub_agents_are_printed_as_they_happen() {
    let program = Program::new();
    program.claude.route(model);
    let shown: Vec<String> = MESSAGES.iter().map(|message| program.chat(message).out).collect();
    assert_eq!(shown[0], "Hello! What would you like to grow in?\n");
    assert_eq!(shown[1], "· commit_memory people/me.md\nNoted.\n");
    for words in ["→ looker (a-", "→ doubter (a-", "looker · read_memory people/me.md", "← doubter (a-", "Both are done.\n"]
    {
        assert!(shown[2].contains(words), "{words:?} in {}", shown[2]);
    }
    program.claude.assert_all_accepted();
}

#[test]
fn a_failed_sub_agent_says_why_and_what_to_do() {
    let program = Program::new();
    program.claude.route(|request| {
        Some(if request.first_user_text().contains("look at tea") {
            Script::error(403, "permission_error", "not with this key")
        } else {
            match request.answers_so_far() {
                0 => calls([("spawn_sub_agent", json!({"name": "scout", "task": "look at tea"}))]),
                1 => calls([("wait_for_sub_agents", json!({}))]),
                _ => says("Noted."),
            }
        })
    });
    assert_eq!(program.chat("send a scout").code, Some(0));
    let scout = program.json(&["agents", "list"]).into_iter().find(|agent| agent["name"] == "scout").expect("it was sent");
    let id = scout["id"].as_str().expect("an id");
    let shown = program.json(&["agents", "show", id]).remove(0);
    assert_eq!(shown["status"], "failed");
    let (reason, next_step) = (&shown["ending"]["reason"], &shown["ending"]["next_step"]);
    let (reason, next_step) = (reason.as_str().expect("a reason"), next_step.as_str().expect("a next step"));
    assert!(reason.contains("not with this key"), "{reason}");
    assert!(next_step.contains(&format!("growqr agents resume {id}")), "{next_step}");
    let text = program.run(&["agents", "show", id]).out;
    assert!(text.contains(&format!("{reason} {next_step}")), "{text}");
    let grow = program.json(&["agents", "show", "grow"]).remove(0);
    assert_eq!(grow.get("ending"), None, "it ended normally: {grow}");
}

#[test]
fn the_first_request_is_small_and_the_third_turn_is_read_from_the_cache() {
    let program = Program::new();
    program.claude.route(|request| Some(says(&format!("Answer {}.", request.answers_so_far() + 1))));
    for turn in 0..6 {
        assert_eq!(program.chat(&format!("message {turn}")).code, Some(0));
    }
    let bills: Vec<_> = program.claude.messages().into_iter().filter_map(|request| request.bill).collect();
    assert!(bills[0].prompt_tokens() <= 3_000, "{} tokens", bills[0].prompt_tokens());
    for bill in &bills[2..] {
        assert!(bill.cached_percent() >= 90, "{bill:?}");
    }
}

#[test]
fn the_shown_cost_equals_the_billed_cost() {
    let program = Program::new();
    program.claude.route(model);
    MESSAGES.iter().for_each(|message| assert_eq!(program.chat(message).code, Some(0)));
    let budget = &program.json(&["budget", "show"])[0];
    assert_eq!(budget["spent"].as_u64(), Some(program.claude.total_micro_cents()));
    assert_eq!(budget["unknown"], 0);
    assert_eq!(budget["unpriced"], Value::Null, "the model has a price");
    assert_eq!(budget["used_day"], budget["spent"], "unused allowances have been returned");
}

#[test]
fn an_allowance_is_never_exceeded() {
    let program = Program::new();
    // So that money is the first limit.
    assert_eq!(program.run(&["config", "set", "limit.calls", "500"]).code, Some(0));
    assert_eq!(program.run(&["budget", "set", "--per-message", "0.10"]).code, Some(0));
    program.claude.route(|request| {
        let prefix = format!("{}", request.answers_so_far());
        Some(calls([("list_memory", json!({"prefix": prefix}))]))
    });
    let ran = program.chat("go on for ever");
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("has reached the budget of one message") && ran.err.contains("waits for your answer"), "{ran:?}");
    assert!(program.claude.total_micro_cents() <= 10_000_000);
}

#[test]
fn the_words_of_an_attempt_that_broke_off_are_withdrawn() {
    let program = Program::new();
    let broken = says("Let me think about that for a while").cut(Point::Events(5));
    program.claude.will_all([broken, says("Tea it is.")]);
    let ran = program.chat("coffee or tea?");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("the words above are withdrawn"), "{ran:?}");
    assert!(ran.out.trim_end().ends_with("Tea it is."), "{ran:?}");
}

#[test]
fn a_prompt_loop_reads_lines_from_a_pipe() {
    let program = Program::new();
    program.claude.route(|request| Some(says(&format!("You said: {}", request.last_user_text()))));
    let ran = program.run_with(&["chat"], b"one\n\ntwo\n");
    assert_eq!(ran.out, "You said: one\nYou said: two\n");
}

#[test]
fn without_a_key_the_guide_answers_and_is_labelled_as_no_ai() {
    let program = Program::new();
    let mut command = program.command(&["chat", "remember that I like tea"]);
    command.env_remove("ANTHROPIC_API_KEY");
    let ran = crate::program::run_with(command, b"");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("no AI"), "{ran:?}");
    assert!(program.run(&["memory", "search", "tea"]).out.contains("I like tea"));
    let mut command = program.command(&["chat", "send two helpers to look for tea"]);
    command.env_remove("ANTHROPIC_API_KEY");
    let ran = crate::program::run_with(command, b"");
    assert_eq!(ran.out.matches("← helper").count(), 2, "{ran:?}");
    let is_of_grow = |found: Vec<Value>| found.iter().map(|one| one["agent"] == "grow").collect::<BTreeSet<_>>();
    assert_eq!(is_of_grow(program.json(&["search", "tea"])), BTreeSet::from([false, true]), "in all conversations");
    assert_eq!(is_of_grow(program.json(&["search", "tea", "--agent", "grow"])), BTreeSet::from([true]), "in one");
}

#[test]
fn a_search_says_that_there_are_more_lines_of_memory_and_can_show_them() {
    let program = Program::new();
    program.claude.route(model);
    program.chat(MESSAGES[0]);
    let text: String = (0..250).map(|number| format!("needle {number}\n\n")).collect();
    std::fs::write(program.profile().join("memory/many.md"), text).expect("written");
    for args in [&["search", "needle"][..], &["memory", "search", "needle"]] {
        let ran = program.run(args);
        assert!(ran.out.matches("needle").count() == 200 && ran.err.contains("more"), "{args:?}: {ran:?}");
    }
    for limit in ["250", "10000"] {
        let ran = program.run(&["search", "needle", "--limit", limit]);
        assert!(ran.out.matches("needle").count() == 250 && ran.err.is_empty(), "{limit}: {ran:?}");
    }
    let found = program.json(&["search", "needle"]);
    assert!(found.len() == 200 && found.iter().all(|line| line["kind"] == "page" && line["path"] == "many.md"), "{found:?}");
    let messages = program.json(&["search", "Hello", "--agent", "grow"]);
    assert!(!messages.is_empty() && messages.iter().all(|message| message.get("kind").is_none()), "{messages:?}");
}

#[test]
fn a_change_can_be_listed_diffed_blamed_and_undone() {
    let program = Program::new();
    program.claude.route(model);
    program.chat(MESSAGES[1]);
    let log = program.json(&["memory", "log", "people/me.md"]);
    let commit = log[0]["commit"].as_str().expect("a commit");
    assert_eq!(log[0]["origin"]["agent"], "grow");
    assert!(program.run(&["memory", "diff", commit]).out.contains("+Likes tea."));
    assert_eq!(program.json(&["memory", "blame", "people/me.md"])[0]["origin"]["turn"], 1);
    assert_eq!(program.run(&["memory", "restore", commit]).code, Some(0));
    assert_eq!(program.run(&["memory", "read", "people/me.md"]).code, Some(1));
    assert_eq!(program.json(&["memory", "log"])[0]["origin"], json!(null), "an undo is a change of the person");
}

#[test]
fn a_page_is_deleted_by_the_person_and_restored() {
    let program = Program::new();
    assert_eq!(program.run_with(&["memory", "write", "notes.md"], b"Tea.\n").code, Some(0));
    let stale = program.run(&["memory", "delete", "notes.md", "--base", "0000000000000000000000000000000000000000"]);
    assert_eq!(stale.code, Some(1), "{stale:?}");
    let gone = program.json(&["memory", "delete", "notes.md"]);
    assert_eq!(gone[0]["changed"]["paths"], json!(["notes.md"]));
    assert_eq!(program.run(&["memory", "read", "notes.md"]).code, Some(1));
    assert_eq!(program.run(&["memory", "restore", gone[0]["changed"]["commit"].as_str().expect("a commit")]).code, Some(0));
    assert_eq!(program.run(&["memory", "read", "notes.md"]).out, "Tea.\n");
}

#[test]
fn the_last_events_are_read_without_the_others() {
    let program = Program::new();
    program.claude.route(|_| Some(says("Hello.")));
    program.chat("hello");
    let all = program.json(&["events"]);
    assert_eq!(program.json(&["events", "--last", "2"]), all[all.len() - 2..]);
}

#[test]
fn a_hand_edit_is_committed_separately_before_the_next_message() {
    let program = Program::new();
    program.claude.route(model);
    program.chat(MESSAGES[1]);
    std::fs::write(program.profile().join("memory/people/me.md"), "Likes coffee, in truth.\n").expect("a file");
    program.chat(MESSAGES[0]);
    let change = &program.json(&["memory", "log"])[0];
    assert_eq!((&change["origin"], &change["paths"]), (&json!(null), &json!(["people/me.md"])));
}

#[test]
fn reading_commands_create_nothing_and_call_no_model() {
    let program = Program::new();
    for args in [
        &["agents", "list"][..],
        &["events"],
        &["memory", "list"],
        &["search", "x"],
        &["budget", "show"],
        &["config", "get"],
        &["keys", "list"],
        &["doctor"],
    ] {
        assert_eq!(program.run(args).code, Some(0), "{args:?}");
    }
    assert!(!program.folder().join("profiles").exists());
    assert_eq!(program.claude.requests().len(), 0);
}

#[test]
fn settings_are_checked_stored_and_used() {
    let program = Program::new();
    assert_eq!(program.run(&["config", "set", "limit.calls", "many"]).code, Some(1));
    assert_eq!(program.run(&["config", "set", "colour", "red"]).code, Some(1));
    assert_eq!(program.run(&["config", "set", "model", "claude-opus-4-7"]).code, Some(0));
    program.claude.route(|_| Some(says("Hi.")));
    assert_eq!(program.chat("hello").code, Some(0));
    assert_eq!(program.claude.messages()[0].asked().model(), "claude-opus-4-7");
    assert_eq!(program.run(&["config", "set", "model", "default"]).code, Some(0));
    assert_eq!(program.run(&["config", "get", "model"]).out, "claude-opus-5-5\n");
}

#[test]
fn an_invalid_limit_changes_no_limit() {
    let program = Program::new();
    assert_eq!(program.run(&["budget", "set", "--per-day", "1", "--per-month", "abc"]).code, Some(1));
    assert_eq!(program.run(&["config", "get", "budget.per_day"]).out, "10.00\n");
}

#[test]
fn cancelling_an_agent_wakes_no_agent() {
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
    kill(&mut chat);
    stop.release();
    let agents = program.json(&["agents", "list"]);
    let looker = agents.iter().find(|agent| agent["name"] == "looker").expect("it was at work")["id"].clone();
    let last = program.json(&["events", "--last", "1"])[0]["position"].to_string();
    let stopped = program.json(&["agents", "cancel", looker.as_str().expect("an id")]);
    assert_eq!(stopped[0]["status"], "cancelled");
    let since = program.json(&["events", "--since", &last]);
    assert!(since.iter().all(|event| event["agent"] == looker && event["kind"] != "model_requested"), "{since:?}");
}

#[test]
fn wrong_usage_and_failure_have_different_exit_codes() {
    let program = Program::new();
    assert_eq!(program.run(&["agents", "fly"]).code, Some(2));
    assert_eq!(program.run(&["agents", "show", "nobody"]).code, Some(1));
    assert!(program.run(&["completions", "bash"]).out.contains("growqr"));
}

#[test]
fn event_numbers_have_no_gaps_per_agent_and_overall() {
    let program = Program::new();
    program.claude.route(model);
    MESSAGES.iter().for_each(|message| drop(program.chat(message)));
    let events = program.json(&["events"]);
    let positions: Vec<u64> = events.iter().filter_map(|event| event["position"].as_u64()).collect();
    assert_eq!(positions, (1..=events.len() as u64).collect::<Vec<_>>());
    let grow: Vec<u64> =
        events.iter().filter(|event| event["agent"] == "grow").filter_map(|event| event["seq"].as_u64()).collect();
    assert_eq!(grow, (1..=grow.len() as u64).collect::<Vec<_>>());
    assert_eq!(program.json(&["events", "--since", "5"])[0]["position"], 6);
}

#[test]
fn a_failed_turn_is_in_the_inbox_until_it_is_read_and_then_marked() {
    let program = Program::new();
    assert_eq!(program.run(&["inbox"]).code, Some(0));
    let chat = program.command(&["chat", "hello"]).env("ANTHROPIC_API_KEY", "sk-ant-wrong").output().unwrap();
    assert_eq!(chat.status.code(), Some(1));
    let entries = program.json(&["inbox"]);
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(
        (&entries[0]["kind"], &entries[0]["agent"], &entries[0]["is_seen"]),
        (&json!("failed"), &json!("grow"), &json!(false))
    );
    let shown = program.run(&["inbox", "--read"]).out;
    assert!(
        shown.contains("new") && shown.contains("could not finish") && shown.contains("growqr agents resume grow"),
        "{shown}"
    );
    assert_eq!(program.json(&["inbox"])[0]["is_seen"], true);
}

#[test]
fn a_model_that_retires_soon_is_listed_with_its_date_and_its_successor() {
    let program = Program::new();
    let listed = program.run(&["models"]).out;
    let line = listed.lines().find(|line| line.starts_with("claude-sonnet-4-5")).expect("it is listed");
    assert!(line.contains("retires on 2026-11-30; choose claude-sonnet-5-5"), "{line}");
    assert!(!listed.lines().any(|line| line.starts_with("claude-opus-5-5") && line.contains("retires")), "{listed}");
}
