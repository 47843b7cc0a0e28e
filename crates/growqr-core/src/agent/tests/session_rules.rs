//! Answers to the permissions of a session that hold for longer: they are rules, which decide the next request.

use super::sessions::{answer, bash, request, started};
use super::world::{World, rules};
use crate::agent::Input;
use crate::ask::{AskDetail, AskScope, SettledBy};
use crate::event::{AskSettled, Event};
use crate::id::RequestId;
use crate::workbench::{Permission, SessionNews, SessionReply};

/// The line that the open ask proposes.
fn proposed(world: &World) -> Option<String> {
    match world.only_ask().detail {
        Some(AskDetail::Session { rule, .. }) => rule,
        other => panic!("a permission of a session: {other:?}"),
    }
}

fn asked(world: &mut World, requests: Vec<crate::workbench::SessionRequest>) -> Vec<&'static str> {
    world.news(SessionNews::Asked(requests))
}

/// The line that the last answer of the person added.
fn added(world: &World) -> Option<String> {
    world.entries.iter().rev().find_map(|entry| match &entry.event {
        Event::AskSettled(AskSettled { by: SettledBy::Person, rule, .. }) => rule.clone(),
        _ => None,
    })
}

#[test]
fn an_answer_for_always_is_a_line_that_decides_later_requests_until_it_is_removed() {
    for (scope, line) in [
        (AskScope::Agent, "allow workbench_bash command=\"cargo *\" agent=a-1"),
        (AskScope::Always, "allow workbench_bash command=\"cargo *\""),
    ] {
        let mut world = started();
        asked(&mut world, vec![bash("per_1", "cargo test")]);
        assert_eq!(proposed(&world).as_deref(), Some("allow workbench_bash command=\"cargo *\""));
        world.answer_only(answer("allow", scope, None));
        assert_eq!(added(&world).as_deref(), Some(line));
        assert_eq!(world.replies(), [(RequestId::new("per_1"), SessionReply::Once)], "OpenCode keeps no rule of its own");
        world.deliver_reply("per_1");
        assert_eq!(asked(&mut world, vec![bash("per_2", "cargo build --release")]), ["session_decided"]);
        assert_eq!(world.replies(), [(RequestId::new("per_2"), SessionReply::Once)]);
        world.deliver_reply("per_2");
        assert_eq!(asked(&mut world, vec![bash("per_3", "cargo test; rm -r x")]), ["ask_raised"], "more than the line says");
        world.answer_only(answer("deny", AskScope::Once, None));
        world.deliver_reply("per_3");
        world.setup.rules = rules(&[]);
        assert_eq!(asked(&mut world, vec![bash("per_4", "cargo test")]), ["ask_raised"], "the line was removed");
        world.check_replay();
    }
}

#[test]
fn a_refusal_for_always_is_a_line_too() {
    let mut world = started();
    asked(&mut world, vec![bash("per_1", "cargo test")]);
    world.answer_only(answer("deny", AskScope::Agent, None));
    assert_eq!(added(&world).as_deref(), Some("deny workbench_bash command=\"cargo *\" agent=a-1"));
    world.deliver_reply("per_1");
    assert_eq!(asked(&mut world, vec![bash("per_2", "cargo test")]), ["session_decided"]);
    assert!(matches!(world.replies()[0].1, SessionReply::Reject { .. }));
}

#[test]
fn an_answer_for_always_settles_the_same_question_of_another_request() {
    let mut world = started();
    asked(&mut world, vec![bash("per_1", "cargo test"), bash("per_2", "cargo build")]);
    let first = world.state.open_asks().next().expect("an ask").id.clone();
    world.input(Input::Answer { ask: first, answer: answer("allow", AskScope::Agent, None) });
    assert_eq!(world.input(Input::RulesChanged), ["ask_settled"]);
    assert_eq!(world.replies().len(), 2);
}

#[test]
fn the_line_names_what_was_shown_and_nothing_wider() {
    let edit = |path: &str| Permission {
        what: "edit".into(),
        path: Some(path.into()),
        always: vec!["*".into()],
        ..Permission::default()
    };
    let fetch = |url: &str| Permission {
        what: "webfetch".into(),
        url: Some(url.into()),
        always: vec!["*".into()],
        ..Permission::default()
    };
    let command = |command: &str, always: &[&str]| Permission {
        what: "bash".into(),
        command: Some(command.into()),
        always: always.iter().map(|pattern| (*pattern).to_owned()).collect(),
        ..Permission::default()
    };
    for (permission, line) in [
        (edit("src/a*.rs"), Some("allow workbench_edit path=src/a[*].rs")),
        (edit("../a.rs"), None),
        (fetch("https://Docs.rs/a"), Some("allow workbench_webfetch host=docs.rs")),
        (command("git status", &["git status *"]), Some("allow workbench_bash command=\"git status\"")),
        (command("git push origin", &["git push *"]), Some("allow workbench_bash command=\"git push *\"")),
        (command("cargo  test", &["*"]), Some("allow workbench_bash command=\"cargo test\"")),
        (command("cargo test", &["rm *"]), Some("allow workbench_bash command=\"cargo test\"")),
        (command("a b; c d", &["a *", "c *"]), None),
        (command("echo $HOME", &["echo *"]), None),
    ] {
        let mut world = started();
        asked(&mut world, vec![request("per_1", permission.clone())]);
        assert_eq!(proposed(&world).as_deref(), line, "{permission:?}");
        let scopes = world.only_ask().scopes;
        assert_eq!(scopes.contains(&AskScope::Always), line.is_some(), "{scopes:?}");
    }
}

#[test]
fn a_risky_call_after_untrusted_text_can_be_allowed_once_only() {
    let mut world = started();
    world.setup.rules = rules(&["allow workbench_*"]);
    let page = Permission { what: "webfetch".into(), url: Some("https://docs.rs/a".into()), ..Permission::default() };
    asked(&mut world, vec![request("per_1", page)]);
    world.deliver_reply("per_1");
    asked(&mut world, vec![bash("per_2", "cargo test")]);
    assert_eq!((world.only_ask().scopes, proposed(&world)), (vec![AskScope::Once], None));
}
