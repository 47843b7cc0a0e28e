//! Pages of the web, through the whole program: asked about, fetched, shown as text from outside, and switched off.

use crate::program::{Program, kill};
use growqr_testkit::anthropic::{Point, RequestView, Script, StopPoint, calls, says};
use growqr_testkit::openai::ServerBehaviour;
use growqr_testkit::web::{WebAnswer, WebSites};
use serde_json::{Value, json};

/// The program, which finds every host at these sites.
fn found_by(sites: &WebSites, mut program: Program) -> Program {
    program.variables.push(("GROWQR_TEST_WEB", sites.address().to_string()));
    program
}

/// Fetches a page, then says what came back.
fn fetches(url: &'static str) -> impl Fn(&RequestView<'_>) -> Option<Script> + Clone + Send + Sync + 'static {
    move |request| {
        let results = request.tool_results();
        Some(if results.is_empty() {
            calls([("fetch_page", json!({ "url": url }))])
        } else {
            says(&format!("It came back: {results:?}"))
        })
    }
}

fn said(program: &Program) -> String {
    program.run(&["agents", "show", "grow"]).out
}

/// The first event of this kind about a tool call.
fn event(program: &Program, kind: &str) -> Value {
    let events = program.json(&["events"]);
    events.into_iter().find(|event| event["kind"] == kind).unwrap_or_else(|| panic!("an event {kind}"))["data"].clone()
}

#[test]
fn a_page_that_the_person_names_is_fetched_and_its_text_is_marked() {
    let web = WebSites::start();
    web.set("tea.example/green", WebAnswer::html("<title>Green</title><h1>Green tea</h1><p>70 degrees</p><script>no()</script>"));
    let program = found_by(&web, Program::new());
    program.claude.route(fetches("http://tea.example/green"));
    let ran = program.chat("what does http://tea.example/green say?");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let said = said(&program);
    assert!(said.contains("70 degrees") && said.contains("data from outside") && !said.contains("no()"), "{said}");
    assert_eq!(web.seen(), ["tea.example/robots.txt", "tea.example/green"]);
    assert_eq!(web.problems(), Vec::<String>::new());
    let (started, finished) = (event(&program, "tool_started"), event(&program, "tool_finished"));
    assert_eq!((&started["executor"], &started["repeat"]), (&json!("web"), &json!("safe")));
    assert_eq!(started["rule"], "the person has named the address");
    assert_eq!(finished["source"], "web", "what is based on it counts as untrusted");
    program.claude.assert_all_accepted();
}

#[test]
fn a_model_on_this_computer_fetches_pages_too() {
    let web = WebSites::start();
    web.set("tea.example/green", WebAnswer::html("<p>70 degrees</p>"));
    let program = found_by(&web, Program::on_local(ServerBehaviour::lm_studio()));
    program.route(fetches("http://tea.example/green"));
    let ran = program.chat("what does http://tea.example/green say?");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(said(&program).contains("70 degrees"), "{}", said(&program));
    program.assert_all_accepted();
}

#[test]
fn no_way_leads_a_model_to_this_computer() {
    let web = WebSites::start();
    web.set("tea.example/inside", WebAnswer::redirect("302 Found", "http://169.254.169.254/latest/meta-data/"));
    web.set("mapped.example/", WebAnswer::html("<p>secret</p>"));
    for url in ["http://tea.example/inside", "http://mapped.example/", "http://[::ffff:127.0.0.1]/", "http://2130706433/"] {
        let program = found_by(&web, Program::on_local(ServerBehaviour::lm_studio()));
        program.route(fetches(url));
        assert_eq!(program.chat(&format!("what does {url} say?")).code, Some(0));
        assert!(said(&program).contains("private network"), "{url}: {}", said(&program));
    }
    assert_eq!(web.seen(), ["tea.example/robots.txt", "tea.example/inside"]);
}

#[test]
fn a_page_of_a_site_that_nobody_named_is_fetched_only_after_an_answer() {
    let web = WebSites::start();
    web.set("tea.example/black?q=1", WebAnswer::html("<p>90 degrees</p>"));
    let program = found_by(&web, Program::new());
    program.claude.route(fetches("http://tea.example/black?q=1"));
    program.chat("how hot for black tea?");
    assert_eq!(web.seen(), Vec::<String>::new());
    let asks = program.json(&["asks", "list"]);
    assert_eq!(asks.len(), 1, "{asks:?}");
    assert!(asks[0].to_string().contains("http://tea.example/black?q=1"), "the whole address is shown: {asks:?}");
    let id = asks[0]["ask"]["id"].as_str().expect("an id");
    assert_eq!(program.run(&["asks", "answer", id, "allow", "--scope", "always"]).code, Some(0));
    assert_eq!(program.run(&["chat"]).code, Some(0));
    assert!(said(&program).contains("90 degrees"), "{}", said(&program));
    let rules = program.run(&["rules", "list"]).out;
    assert!(rules.contains("allow fetch_page host=tea.example"), "{rules}");
    let test = program.run(&["rules", "test", "fetch_page", "url=http://tea.example/other"]).out;
    assert!(test.starts_with("allow"), "{test}");
    program.claude.assert_all_accepted();
}

#[test]
fn fetching_can_be_switched_off_and_private_addresses_are_never_fetched() {
    let web = WebSites::start();
    let program = found_by(&web, Program::new());
    program.claude.route(fetches("http://127.0.0.1/admin"));
    program.chat("read http://127.0.0.1/admin");
    assert!(said(&program).contains("private network"), "{}", said(&program));
    assert_eq!(program.run(&["config", "set", "web.fetch", "off"]).code, Some(0));
    program.chat("again: http://127.0.0.1/admin");
    let said = said(&program);
    assert!(said.contains("there is no tool") || said.contains("not available any more"), "{said}");
    assert_eq!(web.seen(), Vec::<String>::new());
    program.claude.assert_all_accepted();
}

/// A search that the service makes for its model.
fn search(id: &str) -> Value {
    json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": "green tea"}, "caller": {"type": "direct"}})
}

/// What it has found.
fn found(id: &str) -> Value {
    let page = json!({"type": "web_search_result", "url": "https://tea.example/green", "title": "Green tea", "page_age": null,
        "encrypted_content": "EqgfCioIARgBIiQ3YTAwMjY1Mi1mZjM5LTQ1NGUtODgxNC1kNjNjNTk1"});
    json!({"type": "web_search_tool_result", "tool_use_id": id, "content": [page]})
}

#[test]
fn a_search_of_the_service_is_billed_echoed_and_shown_with_its_sources() {
    let program = Program::new();
    assert_eq!(program.run(&["config", "set", "web.search", "on"]).code, Some(0));
    let citation = json!({"type": "web_search_result_location", "url": "https://tea.example/green", "title": "Green tea",
        "encrypted_index": "Eo8BCioIAhgBIiQyYjQ0", "cited_text": "70 degrees"});
    let cited = json!({"type": "text", "text": "70 degrees", "citations": [citation]});
    let answer = Script::message().block(found("srvtoolu_1")).block(search("srvtoolu_2")).block(found("srvtoolu_2"));
    program.claude.will_all([
        Script::message().says("I search.").block(search("srvtoolu_1")).stop("pause_turn"),
        answer.says("Take ").block(cited).says(" at most."),
        says("You are welcome."),
    ]);
    let ran = program.chat("how hot for green tea?");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(format!("{}{}", ran.out, ran.err).contains("https://tea.example/green"), "{ran:?}");
    let answers: Vec<Value> = program.json(&["events"]).into_iter().filter(|event| event["kind"] == "model_answered").collect();
    assert_eq!(answers.len(), 2);
    let spent: u64 = answers.iter().filter_map(|answer| answer["data"]["reply"]["cost"].as_u64()).sum();
    assert_eq!(spent, program.claude.total_micro_cents());
    assert!(spent >= 2_000_000, "two searches: {spent}");
    assert_eq!(answers[1]["data"]["untrusted"], json!(["web"]));
    let shown = said(&program);
    assert!(shown.contains("Take 70 degrees at most."), "{shown}");
    assert!(shown.contains("Searched the web: green tea") && shown.contains("Green tea https://tea.example/green"), "{shown}");
    // Another process sends what was found back as it was received: the stub knows its own blocks.
    assert_eq!(program.chat("thanks").code, Some(0));
    let exported = program.run(&["export", "--markdown"]).out;
    assert!(exported.contains("[Green tea](<https://tea.example/green>)"), "{exported}");
    assert!(program.run(&["privacy"]).out.contains("Web search"));
    program.claude.assert_all_accepted();
}

#[test]
fn a_search_that_a_kill_cuts_off_goes_on_where_the_service_was() {
    let program = Program::new();
    assert_eq!(program.run(&["config", "set", "web.search", "on"]).code, Some(0));
    let stop = StopPoint::new();
    let answer = || Script::message().block(found("srvtoolu_1")).says("70 degrees.");
    program.claude.will_all([
        Script::message().says("I search.").block(search("srvtoolu_1")).stop("pause_turn"),
        answer().stop_at(Point::BeforeHead, &stop),
        answer(),
    ]);
    let mut chat = program.command(&["chat", "how hot for green tea?"]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(stop.reached());
    kill(&mut chat);
    stop.release();
    assert_eq!(program.run(&["chat"]).code, Some(0));
    let events = program.json(&["events"]);
    let count = |kind: &str| events.iter().filter(|event| event["kind"] == kind).count();
    assert_eq!(
        (count("user_said"), count("model_answered"), count("turn_ended")),
        (1, 2, 1),
        "the answer before the kill is kept"
    );
    let shown = said(&program);
    assert!(shown.contains("I search.") && shown.contains("70 degrees."), "{shown}");
    program.claude.assert_all_accepted();
}
