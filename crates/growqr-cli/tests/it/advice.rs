//! What the command line says to a person who does not know it yet.

use crate::program::{Program, run_with};
use growqr_testkit::anthropic::{calls, says};
use growqr_testkit::openai::ServerBehaviour;
use serde_json::json;

#[test]
fn a_message_while_a_question_waits_is_queued_with_a_word() {
    let program = Program::new();
    program.claude.route(|request| {
        Some(match request.tool_results().is_empty() {
            true => calls([("commit_memory", json!({"path": "a.md", "content": "x", "message": "m"}))]),
            false => says("Done."),
        })
    });
    assert_eq!(program.run(&["rules", "add", "ask", "commit_memory"]).code, Some(0));
    assert!(!program.chat("write it").err.contains("Your message waits"));
    let second = program.chat("and one more");
    let expected = "Your message waits until this question is answered: growqr asks answer ask-";
    assert!(second.code == Some(1) && second.err.contains(expected), "{second:?}");
    assert!(second.err.contains("allow (or deny). To end the turn instead: growqr agents cancel grow"), "{second:?}");
    let answered = program.run(&["asks", "answer", "ask", "allow"]);
    assert!(answered.err.contains("start it with: growqr chat"), "{answered:?}");
}

#[test]
fn a_message_at_a_limit_waits_for_the_answer_and_nothing_is_dropped() {
    let program = Program::new();
    program.claude.route(|request| {
        let text = request.last_user_text();
        Some(if text.contains("book a table") { says("Both are done.") } else { calls([("list_memory", json!({}))]) })
    });
    assert_eq!(program.run(&["config", "set", "limit.calls", "1"]).code, Some(0));
    assert_eq!(program.chat("go").code, Some(1));
    let asks = program.json(&["asks", "list"]);
    let second = program.chat("and book a table");
    assert_eq!(program.json(&["asks", "list"]), asks, "the question is the same, and still open");
    assert!(
        second.code == Some(1) && second.err.contains("raise (or finish). To end the turn instead: growqr asks answer"),
        "{second:?}"
    );
    assert_eq!(program.run(&["asks", "answer", "ask", "raise"]).code, Some(0));
    let rest = program.run_with(&["chat"], b"");
    assert!(rest.code == Some(0) && program.run(&["agents", "show", "grow"]).out.contains("Both are done."), "{rest:?}");
    let ended = program.json(&["events"]).iter().filter(|line| line["kind"] == "turn_ended").count();
    assert_eq!(ended, 1, "one turn has done both");
}

#[test]
fn a_change_that_the_guide_could_not_write_is_a_failure_of_the_command() {
    let program = Program::new();
    let remember = |what: &str| {
        let mut command = program.command(&["chat", &format!("remember that I like {what}")]);
        command.env_remove("ANTHROPIC_API_KEY");
        run_with(command, b"")
    };
    assert_eq!(remember("tea").code, Some(0));
    let lock = program.profile().join("memory/.git/refs/heads/main.lock");
    std::fs::write(&lock, "f00\n").expect("a lock");
    let ran = remember("coffee");
    assert!(ran.code == Some(1) && ran.out.contains("I could not write it down"), "{ran:?}");
    assert!(ran.err.contains("commit_memory was not carried out"), "{ran:?}");
    std::fs::remove_file(&lock).expect("the lock is there");
    assert_eq!(remember("coffee").code, Some(0));
}

#[test]
fn after_an_answer_the_command_for_the_next_step_is_named() {
    let program = Program::new();
    program.claude.route(|request| {
        let ask = |question: &str| ("ask_user", json!({"question": question}));
        Some(match request.tool_results().is_empty() {
            true => calls([ask("Which city?"), ask("Which day?")]),
            false => says("I have asked you."),
        })
    });
    assert_eq!(program.chat("plan a trip").code, Some(0));
    let answer = |ask: &serde_json::Value| program.run(&["asks", "answer", ask["ask"]["id"].as_str().expect("an id"), "Oslo"]);
    let asks = program.json(&["asks", "list"]);
    let first = answer(&asks[0]);
    assert!(first.err.contains("other questions that wait: growqr asks list"), "{first:?}");
    let second = answer(&asks[1]);
    assert!(second.err.contains("goes on") && second.err.contains("growqr chat"), "{second:?}");
}

#[test]
fn an_agent_at_a_limit_that_is_told_to_finish_waits_for_no_answer() {
    let program = Program::new();
    program.claude.route(|request| {
        let text = request.last_user_text();
        Some(if text.contains("Finish now") { says("That is all.") } else { calls([("list_memory", json!({}))]) })
    });
    assert_eq!(program.run(&["config", "set", "limit.calls", "1"]).code, Some(0));
    assert_eq!(program.chat("go").code, Some(1));
    assert_eq!(program.json(&["asks", "list"]).len(), 1);
    assert_eq!(program.run(&["agents", "finish", "grow"]).code, Some(0));
    assert_eq!(program.json(&["asks", "list"]), Vec::<serde_json::Value>::new());
    assert_eq!(program.run_with(&["chat"], b"").code, Some(0));
    assert!(program.run(&["agents", "show", "grow"]).out.contains("That is all."));
}

#[test]
fn a_dead_proxy_is_named() {
    let program = Program::new();
    let mut command = program.command(&["chat", "hello"]);
    // The proxy is on a closed port, so nothing leaves this computer.
    command.env("ANTHROPIC_BASE_URL", "https://api.anthropic.com").env("ALL_PROXY", "http://127.0.0.1:9");
    let ran = run_with(command, b"");
    assert!(ran.code == Some(1) && ran.err.contains("through the proxy in ALL_PROXY; check that proxy"), "{ran:?}");
}

#[test]
fn a_proxy_through_which_the_server_is_not_asked_is_not_blamed() {
    for (variable, value) in [("HTTP_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "name.invalid")] {
        let program = Program::new();
        let mut command = program.command(&["chat", "hello"]);
        // Nothing has this name.
        command.env("ANTHROPIC_BASE_URL", "https://name.invalid").env(variable, value);
        if variable == "NO_PROXY" {
            command.env("HTTPS_PROXY", "http://127.0.0.1:9");
        }
        let ran = run_with(command, b"");
        assert!(ran.code == Some(1) && ran.err.contains("There is no connection to name.invalid; check the network"), "{ran:?}");
    }
}

#[test]
fn a_change_of_a_setting_is_confirmed_and_a_doubtful_one_remarked() {
    let program = Program::new();
    let set = |args: &[&str]| program.run(&[&["config", "set"], args].concat()).err;
    assert!(set(&["limit.calls", "7"]).contains("limit.calls is 7 now"));
    assert!(set(&["budget.per_day", "0"]).contains("no model that costs money can be called"));
    assert!(set(&["model", "gpt-4"]).contains("write openai/ before it"));
    assert!(!set(&["model", "claude-opus-4-7"]).contains("openai/"));
    let models = program.command(&["models"]).env_remove("ANTHROPIC_API_KEY").output().expect("it runs");
    assert!(String::from_utf8_lossy(&models.stderr).contains("the models of Anthropic need a key"));
}

#[test]
fn a_rule_is_tested_in_the_form_in_which_it_is_added_and_a_doubled_one_is_remarked() {
    let program = Program::new();
    let add = || program.run(&["rules", "add", "deny", "commit_memory", "path=people/*"]);
    assert!(!add().err.contains("stands above"));
    assert!(add().err.contains("the same rule stands above already"));
    let test = program.run(&["rules", "test", "commit_memory", "path=people/x.md"]);
    assert!(test.code == Some(0) && test.out.contains("deny"), "{test:?}");
}

#[test]
fn a_small_context_window_is_told_in_the_chat() {
    let program = Program::on_local(ServerBehaviour { window: 8_000, ..ServerBehaviour::vllm() });
    program.route(|_| Some(says("Hello.")));
    let ran = program.chat("hello");
    assert!(ran.err.contains("has 8000 tokens") && ran.err.contains("16000"), "{ran:?}");
}
