//! Memory pages: edited on disk and in the window, shown in blame, and a change undone.

use crate::computer::Computer;
use crate::names;
use growqr_testkit::anthropic::{calls, says};
use growqr_testkit::window::Element;
use serde_json::json;

#[test]
fn hand_edits_on_disk_and_in_the_window_appear_in_blame_and_can_be_undone() {
    let Some(computer) = Computer::new() else { return };
    let page = json!({"path": "me.md", "content": "Likes tea.\n", "message": "A taste"});
    computer.claude.will_all([calls([("commit_memory", page)]), says("Noted.")]);
    let window = computer.open();
    window.say("remember that I like tea");
    window.see(names::CONVERSATION, "Noted.");
    window.click(names::MEMORY);
    window.click(Element::link("me.md"));
    window.see(names::PAGE, "Likes tea.");

    // Edit the file on disk while the page is open: the window updates by itself.
    std::fs::write(computer.page("me.md"), "Likes tea.\nAnd coffee, in truth.\n").expect("a page is a normal file");
    window.see(names::PAGE, "And coffee, in truth.");

    // Edit in the window.
    window.click(names::EDIT);
    let field = names::editor_of("me.md");
    window.type_into(Element::textbox(&field), "And cake.");
    assert!(window.value(Element::textbox(&field)).contains("And cake."));
    window.click(names::SAVE);
    window.see(names::PAGE, "And cake.");

    // Blame.
    window.click(names::BLAME_TAB);
    let seen = window.see(names::BLAME, "And cake.");
    assert!(seen.contains("Grow Agent"), "{seen}");

    // Undo the latest change, which is the first in the history.
    window.click(names::HISTORY_TAB);
    window.see(names::HISTORY, "A taste");
    let latest = computer.json(&["memory", "log", "me.md"])[0]["message"].as_str().unwrap_or_default().to_owned();
    window.click(Element::button(&latest));
    window.click(names::UNDO);
    window.see(names::HISTORY, names::UNDONE);
    window.click(names::PAGE_TAB);
    let seen = window.see(names::PAGE, "And coffee, in truth.");
    assert!(!seen.contains("And cake."), "{seen}");

    drop(window);
    let changes = computer.json(&["memory", "log", "me.md"]);
    let by_agent: Vec<bool> = changes.iter().map(|change| !change["origin"].is_null()).collect();
    assert_eq!(by_agent, [false, false, false, true], "three changes by the user: {changes:?}");
}
