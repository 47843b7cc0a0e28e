//! The decisions of rules as a table, and hostile input.

use super::*;
use crate::id::AgentId;
use crate::raw::RawJson;
use proptest::prelude::*;
use serde_json::json;

fn rules(lines: &[&str]) -> Rules {
    Rules::new(lines.iter().map(|line| RuleLine { rule: line.parse().unwrap(), origin: RuleOrigin::Person }))
}

/// The decision about a call of `tool`, and the text of the line that made it.
fn decided(lines: &[&str], tool: &str, kind: ArgumentKind, value: &str, agent: &str, depth: u32) -> (Decision, String) {
    let field = ArgumentField { kind, reach: Reach::One("argument".to_owned()) };
    let input = RawJson::of(&json!({"argument": value}));
    let agent = AgentId::new(agent);
    let rules = rules(lines);
    let line = rules.decide(&CallFacts::new(tool, Some(&field), &input, &agent, depth)).line;
    (line.rule.decision, line.rule.to_string())
}

/// The person's lines; tool, argument, agent and depth of the call; the decision and the line that makes it.
type Row<'a> = (&'a [&'a str], &'a str, ArgumentKind, &'a str, &'a str, u32, Decision, &'a str);

#[test]
fn the_last_line_that_matches_decides() {
    use ArgumentKind::{Command, Host, Path};
    use Decision::{Allow, Ask, Deny};
    let table: &[Row] = &[
        // The built-in lines.
        (&[], "read_memory", Path, "a.md", "grow", 0, Allow, "allow read_memory"),
        (&[], "commit_memory", Path, "a.md", "a-1", 2, Allow, "allow commit_memory"),
        (&[], "my_commit_memory", Path, "a.md", "grow", 0, Ask, "ask * as risky"),
        (&[], "search_web", Host, "https://a.example", "grow", 0, Ask, "ask * as risky"),
        // Files in the folders of the person: the Grow Agent reads them, its sub-agents ask, and every write asks.
        (&[], "read_file", Path, "notes/a.md", "grow", 0, Allow, "allow read_file depth=0"),
        (&[], "read_file", Path, "notes/a~1.md", "grow", 0, Allow, "allow read_file depth=0"),
        (&[], "read_file", Path, "notes/a.md", "a-1", 1, Ask, "ask read_file as safe"),
        (&[], "write_file", Path, "notes/a.md", "grow", 0, Ask, "ask * as risky"),
        (&["deny * path=notes/*"], "read_file", Path, "Notes/a.md", "grow", 0, Deny, "deny * path=notes/*"),
        // A later line wins, whether it is more general or more specific.
        (&["deny commit_memory path=x/*"], "commit_memory", Path, "x/a.md", "grow", 0, Deny, "deny commit_memory path=x/*"),
        (&["deny commit_memory path=x/*"], "commit_memory", Path, "y/a.md", "grow", 0, Allow, "allow commit_memory"),
        (&["deny commit_memory path=x/*", "allow *"], "commit_memory", Path, "x/a.md", "grow", 0, Allow, "allow *"),
        (
            &["allow *", "deny commit_memory path=x/*"],
            "commit_memory",
            Path,
            "x/a.md",
            "grow",
            0,
            Deny,
            "deny commit_memory path=x/*",
        ),
        (&["deny run", "ask run", "allow run"], "run", Command, "ls", "grow", 0, Allow, "allow run"),
        (&["allow run", "ask run", "deny run"], "run", Command, "ls", "grow", 0, Deny, "deny run"),
        // Agents and depths.
        (&["deny read_memory agent=a-*"], "read_memory", Path, "a", "a-1", 1, Deny, "deny read_memory agent=a-*"),
        (&["deny read_memory agent=a-*"], "read_memory", Path, "a", "grow", 0, Allow, "allow read_memory"),
        (&["ask commit_memory depth=1"], "commit_memory", Path, "a", "a-1", 2, Allow, "allow commit_memory"),
        (&["ask commit_memory depth=1+"], "commit_memory", Path, "a", "a-1", 2, Ask, "ask commit_memory depth=1+"),
        (&["ask commit_memory depth=0"], "commit_memory", Path, "a", "grow", 0, Ask, "ask commit_memory depth=0"),
        // Paths in other spellings: a line that denies matches them, a line that allows does not.
        (&["deny * path=private/*"], "read_memory", Path, "./Private//A.md", "grow", 0, Deny, "deny * path=private/*"),
        (&["deny * path=café/*"], "read_memory", Path, "cafe\u{301}/a", "grow", 0, Deny, "deny * path=café/*"),
        (&["deny * path=private/*"], "read_memory", Path, "notes/../private/a", "grow", 0, Deny, "deny * path=private/*"),
        (&["deny * path=private/*"], "read_memory", Path, "private\\a", "grow", 0, Deny, "deny * path=private/*"),
        (&["allow write path=notes/*"], "write", Path, "notes/a", "grow", 0, Allow, "allow write path=notes/*"),
        (&["allow write path=notes/*"], "write", Path, "Notes/a", "grow", 0, Ask, "ask * as risky"),
        (&["allow write path=notes/*"], "write", Path, "notes/../private/a", "grow", 0, Ask, "ask * as risky"),
        (&["allow write path=notes/*"], "write", Path, "", "grow", 0, Ask, "ask * as risky"),
        // Hosts.
        (
            &["allow fetch host=*.example.com"],
            "fetch",
            Host,
            "https://docs.example.com/a",
            "grow",
            0,
            Allow,
            "allow fetch host=*.example.com",
        ),
        (
            &["allow fetch host=*.example.com"],
            "fetch",
            Host,
            "https://docs.example.com./a",
            "grow",
            0,
            Allow,
            "allow fetch host=*.example.com",
        ),
        (&["allow fetch host=example.com"], "fetch", Host, "https://example.com@evil.example/", "grow", 0, Ask, "ask * as risky"),
        (&["allow fetch host=example.com"], "fetch", Host, "https://evil.example/example.com", "grow", 0, Ask, "ask * as risky"),
        (&["allow fetch host=example.com"], "fetch", Host, "file://example.com/etc/passwd", "grow", 0, Ask, "ask * as risky"),
        (&["deny fetch host=EXAMPLE.com"], "fetch", Host, "HTTPS://Example.COM/", "grow", 0, Deny, "deny fetch host=EXAMPLE.com"),
        // Commands.
        (&["allow run command=\"git *\""], "run", Command, "git status", "grow", 0, Allow, "allow run command=\"git *\""),
        (&["allow run command=\"git *\""], "run", Command, "git status; rm -rf .", "grow", 0, Ask, "ask * as risky"),
        (&["allow run command=\"git *\""], "run", Command, "git log $(rm x)", "grow", 0, Ask, "ask * as risky"),
        (&["allow run command=\"git *\""], "run", Command, "git status\nrm x", "grow", 0, Ask, "ask * as risky"),
        (&["allow run", "deny run command=\"rm *\""], "run", Command, "ls; rm x", "grow", 0, Deny, "deny run command=\"rm *\""),
        // A condition on an argument that the tool does not have.
        (&["deny * command=*"], "read_memory", Path, "a", "grow", 0, Allow, "allow read_memory"),
    ];
    for (lines, tool, kind, value, agent, depth, decision, line) in table {
        let found = decided(lines, tool, *kind, value, agent, *depth);
        assert_eq!(found, (*decision, (*line).to_owned()), "{lines:?} {tool} {value:?} {agent} {depth}");
    }
}

/// The decision about a call that concerns everything that begins with `prefix`, or everything.
fn decided_from(lines: &[&str], prefix: Option<&str>) -> Decision {
    let field = ArgumentField { kind: ArgumentKind::Path, reach: Reach::Beginning("prefix".to_owned()) };
    let (input, grow) = (RawJson::of(&json!({"prefix": prefix})), AgentId::grow());
    let rules = rules(lines);
    rules.decide(&CallFacts::new("list_memory", Some(&field), &input, &grow, 0)).line.rule.decision
}

#[test]
fn a_call_that_may_reach_what_is_denied_is_denied() {
    use Decision::{Allow, Ask, Deny};
    let private: &[&str] = &["deny * path=private/*"];
    for prefix in [Some("private/"), Some("private"), Some("priv"), Some("Private/a"), Some(""), Some("."), None, Some("../x")] {
        assert_eq!(decided_from(private, prefix), Deny, "{prefix:?}");
    }
    for prefix in ["notes/", "privat/", "x"] {
        assert_eq!(decided_from(private, Some(prefix)), Allow, "{prefix:?}");
    }
    // A line that allows must allow everything that the call may reach.
    let notes: &[&str] = &["ask list_memory", "allow list_memory path=notes/*"];
    assert_eq!(
        [Some("notes/"), Some("notes/a"), Some("notes"), None].map(|prefix| decided_from(notes, prefix)),
        [Allow, Allow, Ask, Ask]
    );
    let field = ArgumentField { kind: ArgumentKind::Path, reach: Reach::All };
    let (input, grow) = (RawJson::of(&json!({"query": "x"})), AgentId::grow());
    let search = CallFacts::new("search_memory", Some(&field), &input, &grow, 0);
    assert_eq!(rules(private).decide(&search).line.rule.decision, Deny);
    assert_eq!(rules(&["deny * path=private/*", "allow search_memory"]).decide(&search).line.rule.decision, Allow);
}

#[test]
fn other_spellings_of_a_denied_path_are_denied() {
    let spellings = [
        "PRIVATE/a",
        "private/./a",
        "pri\u{200b}vate/a",
        "pr\u{131}vate/a",
        "PRIVAT~1/a",
        "private /a",
        "private./a",
        "private\u{0}/a",
        "C:private/a",
        "x/../private/a",
        "priv\u{ad}ate/a",
        "private\u{61c}/a",
    ];
    for path in spellings {
        let (decision, _) = decided(&["deny * path=private/*"], "read_memory", ArgumentKind::Path, path, "grow", 0);
        assert_eq!(decision, Decision::Deny, "{path:?}");
    }
    // Memory opens the same page with and without a selector or joiner, and in either Unicode form.
    let selectors = [
        ("10 Finance", "1\u{fe0f}0 Finance"),
        ("\u{1f5dd}\u{fe0f} Secrets", "\u{1f5dd} Secrets"),
        ("\u{1f5dd} Secrets", "\u{1f5dd}\u{fe0f} Secrets"),
        ("priv\u{e9}", "prive\u{301}\u{fe0f}"),
        ("\u{845b}", "\u{845b}\u{e0100}"),
    ];
    for (denied, asked) in selectors {
        let rule = format!("deny * path=\"{denied}/*\"");
        let (decision, _) = decided(&[&rule], "read_memory", ArgumentKind::Path, &format!("{asked}/a"), "grow", 0);
        assert_eq!(decision, Decision::Deny, "{denied:?} {asked:?}");
    }
    let (long_s, _) = decided(&["deny * path=news/*"], "read_memory", ArgumentKind::Path, "new\u{17f}/a", "grow", 0);
    assert_eq!(long_s, Decision::Deny);
}

#[test]
fn a_command_that_a_shell_may_read_differently_is_not_taken_for_an_allowed_one() {
    let allowed = ["git status", "git  status", " git status "];
    let unclear =
        ["git 'status'", "git stat*", "/usr/bin/git status", "X=1 git status", "git ~", "git # x", "git {a,b}", "git [a]"];
    for (command, expected) in
        allowed.map(|command| (command, Decision::Allow)).into_iter().chain(unclear.map(|command| (command, Decision::Ask)))
    {
        let (decision, _) = decided(&["allow run command=\"git *\""], "run", ArgumentKind::Command, command, "grow", 0);
        assert_eq!(decision, expected, "{command:?}");
    }
}

#[test]
fn an_input_with_the_same_field_twice_is_unclear() {
    let field = ArgumentField { kind: ArgumentKind::Path, reach: Reach::One("path".to_owned()) };
    let (input, grow) = (RawJson::parse(r#"{"path": "private/a", "path": "notes/a"}"#).unwrap(), AgentId::grow());
    let call = CallFacts::new("read_memory", Some(&field), &input, &grow, 0);
    assert_eq!(*call.argument(), Argument::Unclear(ArgumentKind::Path));
    assert_eq!(rules(&["deny * path=private/*"]).decide(&call).line.rule.decision, Decision::Deny);
}

#[test]
fn to_allow_a_call_does_not_make_it_safe() {
    let is_risky = |lines: &[&str], tool: &str| {
        let (input, grow, rules) = (RawJson::of(&json!({})), AgentId::grow(), rules(lines));
        rules.decide(&CallFacts::new(tool, None, &input, &grow, 0)).is_risky
    };
    assert!(is_risky(&[], "send") && is_risky(&["allow send"], "send") && is_risky(&["allow *", "allow send"], "send"));
    assert!(!is_risky(&["allow send as safe"], "send") && !is_risky(&["allow send as safe", "allow send"], "send"));
    assert!(is_risky(&["allow send as safe", "ask send as risky"], "send"));
    assert!(!is_risky(&[], "read_file") && is_risky(&["allow write_file"], "write_file"));
    assert!(!is_risky(&[], "read_memory") && is_risky(&["allow read_memory as risky"], "read_memory"));
}

#[test]
fn a_sub_agent_that_may_read_a_folder_reads_one_file_after_the_other() {
    let field = ArgumentField { kind: ArgumentKind::Path, reach: Reach::One("path".to_owned()) };
    let (input, agent) = (RawJson::of(&json!({"path": "notes/a.md"})), AgentId::new("a-1"));
    let decided = |lines: &[&str]| {
        let rules = rules(lines);
        let decided = rules.decide(&CallFacts::new("read_file", Some(&field), &input, &agent, 1));
        (decided.line.rule.decision, decided.is_risky)
    };
    assert_eq!(decided(&["allow read_file path=notes/*"]), (Decision::Allow, false));
    assert_eq!(decided(&["allow read_file path=other/*"]), (Decision::Ask, false));
    assert_eq!(decided(&["allow read_file path=notes/*", "ask read_file as risky"]), (Decision::Ask, true));
}

#[test]
fn a_text_that_is_not_a_rule_is_refused_with_the_reason() {
    let problem = |text: &str| text.parse::<Rule>().unwrap_err().to_string();
    assert!(problem("").starts_with("a rule is:"));
    assert!(problem("permit x").starts_with("a rule is:"));
    assert!(problem("allow x \"open").starts_with("a rule is:"));
    assert!(problem("allow x paht=a").contains("\"paht=a\" has no meaning"));
    assert!(problem("allow x depth=two").contains("\"depth=two\" has no meaning"));
    assert!(problem("allow x path=a path=b").contains("second condition"));
    assert!(problem("allow x path=a host=b").contains("second condition"));
    assert!(problem("allow x agent=a depth=1").contains("second condition"));
    assert!(problem("allow x path=[a").contains("is not a pattern"));
    assert!(problem("allow x path=").contains("is not a pattern"));
    assert!(problem("allow x 'path=a\\b'").contains("write / between folders"));
    assert!(problem("allow x risky").contains("\"risky\" has no meaning"));
    assert!(problem("allow x as harmless").contains("\"as harmless\" has no meaning"));
}

#[test]
fn an_input_that_is_no_object_is_unclear() {
    let field = ArgumentField { kind: ArgumentKind::Path, reach: Reach::One("path".to_owned()) };
    for input in [json!(null), json!([]), json!({}), json!({"path": 3}), json!({"path": null})] {
        let (input, grow) = (RawJson::of(&input), AgentId::grow());
        let call = CallFacts::new("read_memory", Some(&field), &input, &grow, 0);
        assert_eq!(*call.argument(), Argument::Unclear(ArgumentKind::Path));
    }
}

#[test]
fn a_line_with_a_hash_is_about_that_definition_of_the_tool_alone() {
    let lines = rules(&["allow files__write hash=0af1"]);
    let (input, grow) = (RawJson::of(&json!({})), AgentId::grow());
    let decision =
        |hash| lines.decide(&CallFacts::new("files__write", None, &input, &grow, 0).with_hash(hash)).line.rule.decision;
    assert_eq!(decision(Some("0af1")), Decision::Allow);
    assert_eq!((decision(Some("0af2")), decision(None)), (Decision::Ask, Decision::Ask));
    for line in ["allow a hash=", "allow a hash=x", "allow a hash=0 hash=1"] {
        assert!(line.parse::<Rule>().is_err(), "{line}");
    }
}

proptest! {
    /// A model that chooses a name with pattern characters or spaces in it gets a line about exactly that name.
    #[test]
    fn a_line_made_from_an_argument_matches_that_argument_alone(value in "[a-z*?\\[\\]\" '#/$]{1,12}", other in "[a-z*?\\[\\]\" '#/$]{1,12}") {
        let literal = Glob::literal(&value).unwrap();
        let rule = Rule {
            decision: Decision::Allow,
            tool: Glob::literal("write").unwrap(),
            argument: Some((ArgumentKind::Path, literal)),
            agents: Agents::All,
            hash: Some("0af".to_owned()),
            risk: Some(Risk::Risky),
        };
        let read: Rule = rule.to_string().parse().unwrap();
        prop_assert_eq!(&read, &rule);
        let field = ArgumentField { kind: ArgumentKind::Path, reach: Reach::One("path".to_owned()) };
        let (input, grow) = (RawJson::of(&json!({"path": other})), AgentId::grow());
        let call = CallFacts::new("write", Some(&field), &input, &grow, 0).with_hash(Some("0af"));
        let is_same = *call.argument() == Argument::One(ArgumentKind::Path, value.clone());
        prop_assert_eq!(read.matches(&call), is_same);
    }

    #[test]
    fn no_text_breaks_the_parser(text in "\\PC{0,40}") {
        if let Ok(rule) = text.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule);
        }
    }
}
