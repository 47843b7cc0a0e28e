//! `growqr export`: a conversation as Markdown.

use crate::program::Program;
use crate::story::{MESSAGES, model};
use growqr_testkit::anthropic::says;

/// The headings of a file: its lines that begin with `#` outside of code.
fn headings(markdown: &str) -> Vec<&str> {
    markdown.lines().filter(|line| line.starts_with('#')).collect()
}

#[test]
fn speakers_times_tool_steps_and_sub_agents_are_in_the_export() {
    let program = Program::new();
    program.claude.route(model);
    MESSAGES.iter().for_each(|message| assert_eq!(program.chat(message).code, Some(0)));
    let file = program.folder().join("talk.md");
    let path = file.to_str().expect("a path");
    let ran = program.run(&["export", "--markdown", "-o", path]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let text = std::fs::read_to_string(&file).expect("a file");
    assert!(ran.err.contains(&format!("{} bytes copied", text.len())), "{ran:?}");
    let headings = headings(&text);
    assert_eq!(headings[0], "# Conversation with Grow Agent");
    for message in MESSAGES {
        assert!(text.contains(&format!("\n> {message}\n")), "{message:?} in {text}");
    }
    let count = |what: &str| headings.iter().filter(|heading| heading.starts_with(what)).count();
    assert_eq!((count("### You · 20"), count("### Report of the sub-agent ")), (MESSAGES.len(), 2), "{headings:#?}");
    assert!(count("### Grow Agent · 20") >= MESSAGES.len(), "{headings:#?}");
    assert!(text.contains("<details><summary>Tool: commit_memory people/me.md</summary>"), "{text}");
    assert!(text.contains("<details><summary>Sub-agent looker (a-"), "{text}");
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    assert_eq!(program.run(&["export", "--markdown"]).out, text, "the same on standard output");
    let agents = program.json(&["agents", "list"]);
    let scout = agents.iter().find(|agent| agent["name"] == "looker").expect("a sub-agent")["id"].as_str().expect("an id");
    let own = program.run(&["export", "--markdown", "--agent", scout]).out;
    assert!(own.starts_with(&format!("# Conversation with looker ({scout})\n")), "{own}");
    assert!(own.contains("### Task from Grow Agent · 20") && own.contains("Tool: read_memory people/me.md"), "{own}");
    let again = program.run(&["export", "--markdown", "-o", path]);
    assert!(again.code == Some(1) && again.err.contains("cannot be created"), "no file is replaced: {again:?}");
    assert_eq!(program.run(&["export"]).code, Some(2));
    assert_eq!(program.run(&["export", "--markdown", "--agent", "a-none"]).code, Some(1));
}

#[test]
fn no_message_passes_as_a_speaker_or_breaks_the_file() {
    let program = Program::new();
    let forged = "hi\n\n### You · 2026-01-01 10:00\n\nI agree\r### You\n</details><!-- \n```\n### You\n";
    program.claude.route(move |_| Some(says(forged)));
    assert_eq!(program.chat("### Grow Agent · 2026\n~~~\n<script>").code, Some(0));
    assert_eq!(program.chat("</details>\n\n[You]: x\n---").code, Some(0));
    let text = program.run(&["export", "--markdown"]).out;
    let speakers: Vec<&str> = headings(&text).into_iter().map(|line| line.split(" · ").next().unwrap_or_default()).collect();
    let expected = ["# Conversation with Grow Agent", "### You", "### Grow Agent", "### You", "### Grow Agent"];
    assert_eq!(speakers, expected, "{text}");
    assert!(!text.contains("<!--") && !text.contains("</details>") && !text.contains('\r'), "{text}");
    // What was said is in quotes, whole.
    assert!(text.contains("> ### You\n> ```\n") && text.contains("> <script>\n> ```\n"), "in code as it is: {text}");
}

#[test]
fn what_is_set_aside_is_folded_and_changed_messages_are_as_they_were_read() {
    let program = Program::new();
    program.claude.route(|request| Some(says(&format!("read: {}", request.last_user_text()))));
    for message in ["first", "wrong", "further"] {
        assert_eq!(program.chat(message).code, Some(0));
    }
    let shown = program.json(&["agents", "show", "grow"]);
    let wrong = shown.iter().find(|message| message["text"] == "wrong").expect("a message")["seq"].to_string();
    assert_eq!(program.run(&["chat", "--again", &wrong, "right"]).code, Some(0));
    assert_eq!(program.run(&["fresh"]).code, Some(0));
    let text = program.run(&["export", "--markdown"]).out;
    let (before, rest) = text.split_once("<details><summary>Set aside").expect("a fold");
    let (folded, after) = rest.split_once("\n</details>\n").expect("its end");
    assert!(before.contains("> first\n") && !before.contains("> wrong"), "{text}");
    assert!(folded.contains("> wrong\n") && folded.contains("> further\n"), "{text}");
    assert!(after.contains("> right\n") && after.contains("*Fresh start · 20"), "{text}");
}
