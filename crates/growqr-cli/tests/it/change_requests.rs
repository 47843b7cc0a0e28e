//! Changes of memory that wait for the person's approval, from the command line.

use crate::program::{Program, Ran};
use growqr_testkit::anthropic::{calls, says};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A program whose agent changes `plans/a.md` when it is told to, and whose changes of `plans/` are held.
fn holding() -> Program {
    let program = Program::new();
    program.claude.route(|request| {
        let change = json!({"path": "plans/a.md", "content": "learn Rust\nwrite a book\n", "message": "She told me so"});
        Some(match request.tool_results().is_empty() {
            true if request.last_user_text().contains("plan it") => calls([("commit_memory", change)]),
            _ => says("Proposed."),
        })
    });
    assert_eq!(program.run(&["rules", "add", "hold commit_memory path=plans/*"]).code, Some(0));
    assert_eq!(program.chat("plan it").code, Some(0));
    program
}

fn requests(program: &Program) -> Vec<Value> {
    program.json(&["memory", "requests"])
}

fn id(program: &Program) -> String {
    let rows = requests(program);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0]["ask"]["id"].as_str().expect("an id").to_owned()
}

fn page(program: &Program) -> Ran {
    program.run(&["memory", "read", "plans/a.md"])
}

#[test]
fn a_held_change_is_listed_shown_and_approved() {
    let program = holding();
    assert_eq!(page(&program).code, Some(1), "it is not in memory");
    let id = id(&program);
    let listed = program.run(&["memory", "requests"]);
    assert!(listed.out.contains("wants to add the page plans/a.md"), "{listed:?}");
    let shown = program.run(&["memory", "requests", "show", &id]);
    assert!(shown.out.contains("+learn Rust") && shown.out.contains("She told me so"), "{shown:?}");
    assert!(shown.out.contains("hold commit_memory path=plans/*"), "it says why it waits: {shown:?}");
    assert_eq!(program.run(&["memory", "requests", "approve", &id]).code, Some(0));
    assert_eq!(program.chat("and now?").code, Some(0));
    assert_eq!(page(&program).out, "learn Rust\nwrite a book\n");
    assert!(requests(&program).is_empty());
    let late = program.run(&["memory", "requests", "reject", &id]);
    assert!(late.code == Some(1), "the first decision counts: {late:?}");
    program.claude.assert_all_accepted();
}

#[test]
fn a_rejected_change_leaves_no_page_and_its_reason_is_told() {
    let program = holding();
    let id = id(&program);
    assert_eq!(program.run(&["memory", "requests", "reject", &id, "shorter, please"]).code, Some(0));
    assert_eq!(program.chat("and now?").code, Some(0));
    assert_eq!(page(&program).code, Some(1));
    let told =
        program.claude.requests().iter().any(|request| request.body.to_string().contains("The person adds: shorter, please"));
    assert!(told, "the agent is told why");
}

#[test]
fn an_edited_text_is_committed_instead() {
    let program = holding();
    let id = id(&program);
    let file = program.folder().join("edited.md");
    fs::write(&file, "learn Rust\n").expect("it can be written");
    let file = file.to_str().expect("a path");
    assert_eq!(program.run(&["memory", "requests", "approve", &id, "--text", file]).code, Some(0));
    assert_eq!(program.chat("and now?").code, Some(0));
    assert_eq!(page(&program).out, "learn Rust\n");
    let log = program.run(&["memory", "log", "plans/a.md"]);
    assert!(log.out.contains("Grow Agent") && log.out.contains("turn 1"), "{log:?}");
}

#[test]
fn another_ask_is_no_change_request() {
    let program = Program::new();
    program.claude.route(|request| {
        Some(match request.tool_results().is_empty() {
            true => calls([("ask_user", json!({"question": "Which one?"}))]),
            false => says("I wait."),
        })
    });
    program.chat("ask me");
    let ask = program.json(&["asks", "list"]).remove(0);
    let refused = program.run(&["memory", "requests", "approve", ask["ask"]["id"].as_str().expect("an id")]);
    assert!(refused.code == Some(1) && refused.err.contains("not about a change of memory"), "{refused:?}");
}

#[test]
fn after_a_hand_edit_of_the_same_page_all_three_versions_are_shown_and_both_can_be_kept() {
    let program = holding();
    let id = id(&program);
    let write = program.run_with(&["memory", "write", "plans/a.md"], b"learn Go\n");
    assert_eq!(write.code, Some(0), "{write:?}");
    let shown = program.run(&["memory", "requests", "show", &id]);
    let parts = [
        "Changed in the page since the proposal:",
        "+learn Go",
        "The proposal:",
        "+learn Rust",
        "What an approval commits:",
        "-learn Go",
    ];
    for part in parts {
        assert!(shown.out.contains(part), "{part}: {shown:?}");
    }
    let version = program.json(&["memory", "read", "plans/a.md"])[0]["version"].as_str().expect("a version").to_owned();
    assert!(shown.err.contains(&version), "{shown:?}");
    let file = program.folder().join("both.md");
    fs::write(&file, "learn Go\nlearn Rust\n").expect("it can be written");
    let file = file.to_str().expect("a path");
    assert_eq!(program.run(&["memory", "requests", "approve", &id, "--text", file, "--base", &version]).code, Some(0));
    assert_eq!(program.chat("and now?").code, Some(0));
    assert_eq!(page(&program).out, "learn Go\nlearn Rust\n");
}

#[test]
fn all_changes_of_a_turn_are_shown_and_then_undone_together() {
    let program = Program::new();
    program.claude.route(|request| {
        let change = |path: &str| ("commit_memory", json!({"path": path, "content": "noted\n", "message": "Note it"}));
        Some(match request.tool_results().is_empty() {
            true if request.last_user_text().contains("note it") => calls([change("a.md"), change("b.md")]),
            _ => says("Noted."),
        })
    });
    assert_eq!(program.chat("note it").code, Some(0));
    let preview = program.run(&["memory", "undo", "--turn", "1"]);
    assert!(preview.out.contains("-noted") && preview.err.contains("2 change(s) would be undone"), "{preview:?}");
    assert_eq!(program.run(&["memory", "read", "a.md"]).code, Some(0), "nothing is done yet");
    let undone = program.run(&["memory", "undo", "--turn", "1", "--yes"]);
    assert!(undone.code == Some(0) && undone.out.contains("a.md, b.md"), "{undone:?}");
    assert_eq!(program.run(&["memory", "read", "a.md"]).code, Some(1));
    assert_eq!(program.run(&["memory", "undo", "--agent", "nobody"]).code, Some(1));
}

#[test]
fn what_another_conversation_has_changed_is_named_and_not_undone() {
    let program = Program::new();
    program.claude.route(|request| {
        let change = json!({"path": "a.md", "content": "noted\n", "message": "Note it"});
        Some(match request.tool_results().is_empty() {
            true if request.last_user_text().contains("note it") => calls([("commit_memory", change)]),
            _ => says("Noted."),
        })
    });
    assert_eq!(program.chat("note it").code, Some(0));
    let memory = program.json(&["memory", "path"])[0]["text"].as_str().expect("a folder").to_owned();
    fs::write(Path::new(&memory).join("brought.md"), "brought along\n").expect("it can be written");
    // The first turn of a conversation on another computer.
    let message = "Brought along\n\nAgent: grow (Grow Agent)\nTurn: 1\nTool-Call: 0123456789abcdef";
    let commit = ["commit", "-q", "--author=Grow Agent <grow@agents.growqr.local>", "-m", message];
    for arguments in [&["add", "brought.md"][..], &commit] {
        let mut git = Command::new("git");
        git.args(["-C", &memory, "-c", "user.name=You", "-c", "user.email=you@local"]).args(arguments);
        assert!(git.output().expect("git is installed").status.success(), "{arguments:?}");
    }
    let preview = program.run(&["memory", "undo", "--turn", "1"]);
    assert!(preview.out.contains("-noted") && !preview.out.contains("brought along"), "{preview:?}");
    assert!(preview.err.contains("another conversation made it") && preview.err.contains("Brought along"), "{preview:?}");
    assert!(preview.err.contains("1 change(s) would be undone"), "{preview:?}");
    let undone = program.run(&["memory", "undo", "--agent", "grow", "--yes"]);
    assert!(undone.code == Some(0) && undone.err.contains("Brought along"), "{undone:?}");
    assert_eq!(program.run(&["memory", "read", "a.md"]).code, Some(1));
    assert_eq!(program.run(&["memory", "read", "brought.md"]).out, "brought along\n");
}

#[test]
fn a_change_is_not_dismissed_without_a_decision() {
    let program = holding();
    let id = id(&program);
    let refused = program.run(&["asks", "withdraw", &id]);
    assert!(refused.code == Some(1) && refused.err.contains("approved or rejected"), "{refused:?}");
    assert_eq!(requests(&program).len(), 1);
}

#[test]
fn only_the_chosen_parts_of_a_change_are_approved() {
    let program = Program::new();
    let lines = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n7\n8\n{last}\n");
    let write = program.run_with(&["memory", "write", "plans/a.md"], lines("1", "9").as_bytes());
    assert_eq!(write.code, Some(0), "{write:?}");
    let base = program.json(&["memory", "read", "plans/a.md"])[0]["version"].clone();
    let change = json!({"path": "plans/a.md", "content": lines("one", "nine"), "base": base, "message": "Note it"});
    program.claude.route(move |request| {
        Some(match request.tool_results().is_empty() {
            true if request.last_user_text().contains("plan it") => calls([("commit_memory", change.clone())]),
            _ => says("Proposed."),
        })
    });
    assert_eq!(program.run(&["rules", "add", "hold commit_memory path=plans/*"]).code, Some(0));
    assert_eq!(program.chat("plan it").code, Some(0));
    let id = id(&program);
    let shown = program.run(&["memory", "requests", "show", &id]);
    assert!(shown.out.contains("Part 2 of 2:") && shown.err.contains("--only"), "{shown:?}");
    let refused = program.run(&["memory", "requests", "approve", &id, "--only", "3"]);
    assert!(refused.code == Some(1) && refused.err.contains("no part 3"), "{refused:?}");
    assert_eq!(program.run(&["memory", "requests", "approve", &id, "--only", "2"]).code, Some(0));
    assert_eq!(program.chat("and now?").code, Some(0));
    assert_eq!(page(&program).out, lines("1", "nine"));
}
