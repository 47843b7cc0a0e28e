//! The same stories with a model server on the person's own computer: strict stubs of Ollama and similar servers.

use crate::kills::{expected_end_state, kill_at_every_stop_point, play_story, restart_and_finish};
use crate::program::{Program, kill};
use crate::story::{MESSAGES, end_state, model};
use growqr_testkit::DeadPort;
use growqr_testkit::anthropic::{Point, StopPoint, says};
use growqr_testkit::openai::{OpenAiStub, ServerBehaviour};
use serde_json::Value;

#[test]
fn the_story_ends_the_same_with_every_model_server() {
    for behaviour in [ServerBehaviour::plain(), ServerBehaviour::ollama(), ServerBehaviour::lm_studio(), ServerBehaviour::vllm()]
    {
        let program = Program::on_local(behaviour);
        program.route(model);
        play_story(&program);
        assert_eq!(end_state(&program), expected_end_state());
        assert_eq!(program.claude.requests().len(), 0, "no request goes to another provider");
    }
}

#[test]
fn a_kill_after_any_append_of_a_turn_with_a_commit_leads_to_the_same_end() {
    assert!(kill_at_every_stop_point(1, "after", || Program::on_local(ServerBehaviour::ollama())) >= 4);
}

#[test]
fn a_kill_before_any_append_of_a_turn_with_sub_agents_leads_to_the_same_end() {
    assert!(kill_at_every_stop_point(2, "before", || Program::on_local(ServerBehaviour::ollama())) >= 8);
}

#[test]
fn a_kill_in_the_middle_of_a_streamed_answer_repeats_the_request() {
    let program = Program::on_local(ServerBehaviour::ollama());
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    let first = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    program.route(move |request| {
        let script = model(request)?;
        let is_first = first.swap(false, std::sync::atomic::Ordering::Relaxed);
        Some(if is_first { script.stop_at(Point::Events(3), &route_stop) } else { script })
    });
    let mut child = program.command(&["chat", MESSAGES[0]]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(stop.reached());
    kill(&mut child);
    stop.release();
    restart_and_finish(&program);
    assert_eq!(end_state(&program), expected_end_state());
    program.assert_all_accepted();
    let budget = &program.json(&["budget", "show"])[0];
    assert_eq!((&budget["spent"], &budget["unknown"]), (&Value::from(0), &Value::from(0)), "a local model costs nothing");
}

#[test]
fn sums_with_tokens_that_the_server_did_not_count_are_marked_as_estimates() {
    let program = Program::on_local(ServerBehaviour { counts: false, ..ServerBehaviour::ollama() });
    program.route(|_| Some(says("Hello.")));
    assert_eq!(program.chat("hello").code, Some(0));
    for by in ["agent", "model", "day"] {
        let shown = program.run(&["budget", "show", "--by", by]);
        let (cells, legend) = (shown.out.split_whitespace(), &shown.err);
        assert_eq!(cells.filter(|cell| cell.starts_with('~')).count(), 2, "prompt and answer, but not the cost: {shown:?}");
        assert!(legend.contains("~ contains estimates"), "{shown:?}");
        assert_eq!(program.json(&["budget", "show", "--by", by])[0]["estimates"], 1);
    }
    let counted = Program::on_local(ServerBehaviour::ollama());
    counted.route(|_| Some(says("Hello.")));
    assert_eq!(counted.chat("hello").code, Some(0));
    let shown = counted.run(&["budget", "show", "--by", "agent"]);
    assert!(!shown.out.contains('~') && !shown.err.contains('~'), "{shown:?}");
    assert_eq!(counted.json(&["budget", "show", "--by", "agent"])[0]["estimates"], 0);
}

#[test]
fn a_conversation_can_switch_between_models() {
    let program = Program::on_local(ServerBehaviour::ollama());
    program.route(|request| Some(says(&format!("{} heard: {}", request.model(), request.first_user_text().replace('\n', " ")))));
    let choose = |name: &str| assert_eq!(program.run(&["config", "set", "model", name]).code, Some(0));
    choose("guide");
    assert_eq!(program.chat("remember that I like tea").code, Some(0));
    choose("openai/qwen3:8b");
    let ran = program.chat("and what do I like?");
    assert!(ran.out.contains("qwen3:8b heard: <earlier_conversation>") && ran.out.contains("I like tea"), "{ran:?}");
    choose("claude-opus-4-7");
    let ran = program.chat("say it again");
    assert!(ran.out.contains("claude-opus-4-7 heard: <earlier_conversation>") && ran.out.contains("I like tea"), "{ran:?}");
    choose("openai/qwen3:8b");
    let ran = program.chat("once more");
    assert!(ran.out.contains("qwen3:8b heard: <earlier_conversation>"), "{ran:?}");
    program.assert_all_accepted();
}

#[test]
fn privacy_lists_where_data_goes_with_the_settings_as_they_are() {
    let program = Program::on_local(ServerBehaviour::ollama());
    let used_models = || -> Vec<String> {
        let rows = program.json(&["privacy"]).into_iter();
        let used = rows.filter(|row| row["kind"] == "model" && row["in_use"] == true);
        used.map(|row| row["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    for (model, expected) in
        [("openai/qwen3:8b", &["OpenAI-compatible server"][..]), ("claude-opus-4-7", &["Anthropic"]), ("guide", &[])]
    {
        assert_eq!(program.run(&["config", "set", "model", model]).code, Some(0));
        assert_eq!(used_models(), expected, "{model}");
    }
    let shown = program.run(&["privacy"]);
    assert!(shown.out.contains("never: GrowQR has none of them"), "{shown:?}");
}

#[test]
fn a_model_is_asked_at_the_server_where_it_was_listed() {
    let program = Program::on_local(ServerBehaviour::ollama());
    program.route(|_| Some(says("from the configured server")));
    let other = OpenAiStub::start_blocking(ServerBehaviour::llama_cpp()).expect("a port");
    other.route(|_| Some(says("from the other server")));
    let choice = format!("openai/qwen3:8b@{}", other.base_url());
    assert_eq!(program.run(&["config", "set", "model", &choice]).code, Some(0));
    assert_eq!(program.chat("who is there?").out.trim(), "from the other server");
    assert!(program.run(&["doctor"]).out.contains(other.base_url()));
    assert_eq!(program.run(&["config", "set", "model", "openai/qwen3:8b"]).code, Some(0));
    assert_eq!(program.chat("and now?").out.trim(), "from the configured server");
    other.assert_all_accepted();
}

#[test]
fn an_unreachable_server_is_reported_and_no_other_model_answers() {
    let mut program = Program::on_local(ServerBehaviour::ollama());
    program.local = None;
    let dead_port = DeadPort::take();
    let address = format!("http://{}/v1", dead_port.address());
    let set = program.run(&["config", "set", "openai.base_url", &address]);
    assert_eq!(set.code, Some(0), "{set:?}");
    let ran = program.chat("hello");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains(&format!("No model server answers at {address}")), "{ran:?}");
    assert!(!ran.out.contains("no AI") && program.claude.requests().is_empty(), "{ran:?}");
    let doctor = program.run(&["doctor"]);
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.out.contains(&format!("no model server answers at {address}")), "{doctor:?}");
    // Once a server runs, the waiting message is answered.
    let server = OpenAiStub::start_blocking(ServerBehaviour::ollama()).expect("a port");
    server.route(model);
    assert_eq!(program.run(&["config", "set", "openai.base_url", server.base_url()]).code, Some(0));
    let resumed = program.run(&["agents", "resume", "grow"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert!(server.chats()[0].body.to_string().contains("hello"));
    server.assert_all_accepted();
}

#[test]
fn doctor_and_models_show_the_models_of_the_server() {
    let program = Program::on_local(ServerBehaviour::ollama());
    program.route(model);
    let models = program.json(&["models"]);
    let id = format!("openai/qwen3:8b@{}", program.local().base_url());
    let row = serde_json::json!({"id": id, "name": "qwen3:8b", "provider": "openai"});
    assert!(models.contains(&row) && models.iter().any(|row| row["id"] == "guide"), "{models:?}");
    assert!(program.run(&["models"]).out.contains(&format!("Ollama at {}", program.local().base_url())));
    let doctor = program.run(&["doctor"]);
    assert!(doctor.out.contains("4096 tokens are assumed") && doctor.out.contains("OLLAMA_CONTEXT_LENGTH"), "{doctor:?}");
    assert_eq!(program.chat(MESSAGES[0]).code, Some(0));
    let doctor = program.run(&["doctor"]);
    assert!(doctor.out.contains("qwen3:8b, with a context window of 32768 tokens"), "{doctor:?}");
    assert_eq!(program.run(&["config", "set", "model", "openai/llama9"]).code, Some(0));
    let doctor = program.run(&["doctor"]);
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.out.contains("ollama pull llama9"), "{doctor:?}");
}

#[test]
fn an_unencrypted_address_on_the_network_is_refused() {
    let program = Program::new();
    let ran = program.run(&["config", "set", "openai.base_url", "http://models.example.com/v1"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("https://"), "{ran:?}");
    let mut command = program.command(&["chat", "hello"]);
    command.env("OPENAI_BASE_URL", "http://models.example.com/v1");
    assert_eq!(program.run(&["config", "set", "model", "openai/x"]).code, Some(0));
    let ran = crate::program::run_with(command, b"");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("OPENAI_BASE_URL") && ran.err.contains("https://"), "{ran:?}");
}
