//! Skills: in the segment by name, read on demand, switched off in the middle, edited by hand, and after a kill.

use crate::program::Program;
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use serde_json::{Value, json};
use std::fs;

const PAGE: &str = "skills/tea/SKILL.md";

fn tea(text: &str) -> String {
    format!("---\nname: tea\ndescription: Makes tea. Use when the person is thirsty.\n---\n{text}\n")
}

/// A program with a skill in memory.
fn program() -> Program {
    let program = Program::new();
    assert_eq!(program.run_with(&["memory", "write", PAGE], tea("Boil the water first.").as_bytes()).code, Some(0));
    program
}

/// Reads the file of a skill that a message names, then says what came back.
fn reads(request: &RequestView<'_>) -> Option<Script> {
    let results = request.tool_results();
    let said = request.last_user_text();
    Some(match said.strip_prefix("read ") {
        Some(path) if results.is_empty() => calls([("read_skill", json!({"path": path}))]),
        _ if results.is_empty() => says("Yes."),
        _ => says(&format!("It came back: {results:?}")),
    })
}

fn last_answer(program: &Program) -> String {
    let shown = program.run(&["agents", "show", "grow"]).out;
    shown.rsplit("It came back").next().unwrap_or_default().to_owned()
}

fn segments(program: &Program) -> Vec<Value> {
    program.json(&["events"]).into_iter().filter(|line| line["kind"] == "segment_started").collect()
}

#[test]
fn an_agent_sees_which_skills_there_are_and_reads_one_when_it_needs_it() {
    let program = program();
    program.claude.route(reads);
    assert_eq!(program.chat("hello").code, Some(0));
    let first = program.claude.messages()[0].body["messages"].to_string();
    assert!(first.contains("Makes tea. Use when") && first.contains(PAGE), "{first}");
    assert!(!first.contains("Boil the water"), "the body is read on demand");
    assert_eq!(program.chat(&format!("read {PAGE}")).code, Some(0));
    assert!(last_answer(&program).contains("Boil the water first."), "{}", last_answer(&program));
    assert_eq!(program.json(&["asks", "list"]), Vec::<Value>::new(), "reading needs no question");
    // Whoever has written a skill: what comes after it counts as caused by text from outside.
    let finished = program.json(&["events"]).into_iter().find(|line| line["kind"] == "tool_finished").expect("a result");
    assert_eq!(finished["data"]["source"], "skills");
    program.assert_all_accepted();
}

#[test]
fn a_skill_that_is_switched_off_in_the_middle_is_refused_and_the_prefix_stays() {
    let program = program();
    program.claude.route(reads);
    assert_eq!(program.chat(&format!("read {PAGE}")).code, Some(0));
    assert_eq!(program.run(&["skills", "off", "tea"]).code, Some(0));
    assert_eq!(program.chat(&format!("read {PAGE}")).code, Some(0));
    assert!(last_answer(&program).contains("turned off the skill tea"), "{}", last_answer(&program));
    assert_eq!(segments(&program).len(), 1, "the cached prefix stays");
    assert_eq!(program.run(&["fresh"]).code, Some(0));
    assert_eq!(program.chat("hello").code, Some(0));
    let pictures = segments(&program);
    assert!(pictures.len() == 2 && !pictures[1]["data"]["picture"].to_string().contains("Makes tea"), "{pictures:?}");
    assert_eq!(program.run(&["skills", "on", "tea"]).code, Some(0));
    assert_eq!(program.chat(&format!("read {PAGE}")).code, Some(0));
    assert!(last_answer(&program).contains("Boil the water first."), "{}", last_answer(&program));
    program.assert_all_accepted();
}

#[test]
fn a_skill_that_is_edited_by_hand_or_added_counts_at_once_and_keeps_its_history() {
    let program = program();
    program.claude.route(reads);
    assert_eq!(program.chat(&format!("read {PAGE}")).code, Some(0));
    assert_eq!(program.run_with(&["memory", "write", PAGE], tea("Rinse the cup.").as_bytes()).code, Some(0));
    assert_eq!(program.json(&["memory", "log", PAGE]).len(), 2, "it is a page like every other");
    fs::write(program.profile().join("memory").join(PAGE), tea("Warm the pot first.")).unwrap();
    assert_eq!(program.chat(&format!("read {PAGE}")).code, Some(0));
    assert!(last_answer(&program).contains("Warm the pot first."), "{}", last_answer(&program));
    assert_eq!(segments(&program).len(), 1);
    // One that is new is in the list of the tool now, and in the picture of the next segment.
    program.claude.route(|request| {
        Some(if request.has_tool_results() {
            says(&format!("It came back: {:?}", request.tool_results()))
        } else {
            calls([("read_skill", json!({}))])
        })
    });
    let coffee = "---\nname: coffee\ndescription: Makes coffee.\n---\nGrind.\n";
    assert_eq!(program.run_with(&["memory", "write", "skills/coffee/SKILL.md"], coffee.as_bytes()).code, Some(0));
    assert_eq!(program.chat("which?").code, Some(0));
    assert!(last_answer(&program).contains("Makes coffee."), "{}", last_answer(&program));
    assert_eq!(segments(&program).len(), 1);
    program.assert_all_accepted();
}

#[test]
fn a_skill_of_an_agent_that_waits_for_approval_is_none_yet() {
    let program = Program::new();
    program.claude.route(|request| {
        let change = json!({"path": PAGE, "content": tea("Boil."), "message": "A way to make tea"});
        Some(if request.last_user_text().contains("learn") && !request.has_tool_results() {
            calls([("commit_memory", change)])
        } else {
            says("Done.")
        })
    });
    assert_eq!(program.run(&["rules", "add", "hold commit_memory path=skills/*"]).code, Some(0));
    assert_eq!(program.chat("learn it").code, Some(0));
    assert_eq!(program.json(&["skills", "list"]), Vec::<Value>::new());
    let waiting = program.json(&["memory", "requests"]);
    let id = waiting[0]["ask"]["id"].as_str().unwrap();
    assert_eq!(program.run(&["memory", "requests", "approve", id]).code, Some(0));
    assert_eq!(program.chat("and now?").code, Some(0));
    assert_eq!(program.json(&["skills", "list"])[0]["is_on"], false, "the person has seen the change, and turns the skill on");
    let list = program.run(&["skills", "list"]).out;
    assert!(list.contains("new, written by an agent") && list.contains("growqr skills show tea"), "{list}");
    assert_ne!(program.run(&["skills", "on", "tea"]).code, Some(0), "nobody has read it");
    let shown = program.run(&["skills", "show", "tea"]);
    let mark = shown.err.rsplit("growqr skills on tea --seen ").next().expect("a mark").trim().to_owned();
    assert_eq!(program.run(&["skills", "on", "tea", "--seen", &mark]).code, Some(0));
    assert_eq!(program.json(&["skills", "list"])[0]["is_on"], true);
    program.assert_all_accepted();
}

#[test]
fn rules_decide_which_skills_sub_agents_see_and_read() {
    let program = program();
    program.claude.route(|request| {
        let results = request.tool_results();
        let is_sub_agent = request.first_user_text().starts_with("make tea");
        Some(match (is_sub_agent, results.is_empty()) {
            (true, true) => calls([("read_skill", json!({"path": PAGE}))]),
            (true, false) => says(&format!("Report: {results:?}")),
            (false, true) => {
                calls([("spawn_sub_agent", json!({"name": "maker", "task": "make tea"})), ("wait_for_sub_agents", json!({}))])
            }
            (false, false) => says(&format!("It came back: {results:?}")),
        })
    });
    assert_eq!(program.run(&["rules", "add", "deny * path=skills/tea/* depth=1+"]).code, Some(0));
    assert_eq!(program.chat("go").code, Some(0));
    let requests = program.claude.messages();
    let of_sub = requests.iter().find(|request| {
        request.body["messages"].to_string().contains("make tea")
            && !request.body["messages"].to_string().contains("spawn_sub_agent")
    });
    let of_sub = of_sub.expect("a request of the sub-agent").body["messages"].to_string();
    assert!(!of_sub.contains("Makes tea."), "{of_sub}");
    assert!(segments(&program)[0]["data"]["picture"].to_string().contains("Makes tea."), "the Grow Agent sees it");
    assert!(!last_answer(&program).contains("Boil the water"), "{}", last_answer(&program));
    program.assert_all_accepted();
}

#[test]
fn a_kill_at_any_moment_of_a_turn_that_reads_a_skill_leads_to_the_same_end() {
    for moment in ["before", "after"] {
        let mut number = 1;
        loop {
            let program = program();
            program.claude.route(reads);
            let mark = program.folder().join("stopped");
            let mut command = program.command(&["chat", &format!("read {PAGE}")]);
            command.env("GROWQR_STOP_POINT", format!("{moment}:{number}")).env("GROWQR_STOP_POINT_MARK", &mark);
            if !program.kill_at(command, &mark) {
                break;
            }
            let ran = program.run(&["chat", "hello"]);
            assert_eq!(ran.code, Some(0), "{moment} {number}: {ran:?}");
            let events = program.json(&["events"]);
            let count = |kind: &str| events.iter().filter(|line| line["kind"] == kind).count();
            assert!(count("tool_finished") <= 1 && count("tool_finished") == count("tool_started"), "{moment} {number}");
            program.assert_all_accepted();
            number += 1;
        }
        assert!(number > 3, "{moment}: {number}");
    }
}

#[test]
fn a_folder_of_the_person_is_added_listed_shown_and_removed() {
    let program = Program::new();
    let folder = program.folder().join("my skills");
    fs::create_dir_all(folder.join("tea")).unwrap();
    fs::write(folder.join("tea/SKILL.md"), tea("Boil.\u{1b}[2J")).unwrap();
    fs::write(folder.join("tea/leaves.md"), "Green.").unwrap();
    let path = folder.to_str().unwrap();
    let nothing = program.run(&["skills", "list"]);
    assert!(nothing.code == Some(0) && nothing.err.contains("No skills yet"), "{nothing:?}");
    let wrong = program.run(&["skills", "add", program.profile().to_str().unwrap()]);
    assert!(wrong.code == Some(1) && wrong.err.contains("growqr skills add"), "{wrong:?}");
    let added = program.run(&["skills", "add", path]);
    assert!(added.code == Some(0) && added.out.contains("tea") && added.out.contains("my skills"), "{added:?}");
    let shown = program.run(&["skills", "show", "tea"]);
    assert!(shown.out.contains("Boil.") && shown.out.contains("leaves.md") && !shown.out.contains('\u{1b}'), "{shown:?}");
    program.claude.route(reads);
    assert_eq!(program.chat("read tea/leaves.md").code, Some(0));
    assert!(last_answer(&program).contains("Green."), "{}", last_answer(&program));
    assert_eq!(program.run(&["skills", "remove", path]).code, Some(0));
    assert_eq!(program.json(&["skills", "list"]), Vec::<Value>::new());
    let again = program.run(&["skills", "remove", path]);
    assert!(again.code == Some(1) && again.err.contains("growqr skills list"), "{again:?}");
    let unknown = program.run(&["skills", "on", "tea"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("growqr skills list"), "{unknown:?}");
    assert!(folder.join("tea/SKILL.md").exists(), "the folder stays");
    program.assert_all_accepted();
}

#[test]
fn skills_of_a_restored_backup_are_off_until_the_person_turns_them_on() {
    let program = program();
    assert_eq!(program.run(&["config", "set", "effort", "low"]).code, Some(0));
    let made = program.json(&["backup", program.folder().to_str().unwrap()]).remove(0);
    let folder = tempfile::tempdir().unwrap();
    let other = Program::in_folder(&folder.path().join("new"));
    let restored = other.json(&["restore", made["file"].as_str().unwrap()]).remove(0);
    assert!(restored["turned_off"].to_string().contains("the skill tea"), "{restored}");
    assert_eq!(other.json(&["skills", "list"])[0]["is_on"], false);
    assert_eq!(other.run(&["skills", "on", "tea"]).code, Some(0));
    assert_eq!(other.json(&["skills", "list"])[0]["is_on"], true);
}
