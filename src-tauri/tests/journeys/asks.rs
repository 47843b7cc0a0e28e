//! An ask that appears while another view is open, and is answered by keyboard alone.

use crate::computer::Computer;
use crate::names;
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use serde_json::json;

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";

fn model(request: &RequestView<'_>) -> Option<Script> {
    let results = request.tool_results();
    if results.iter().any(|result| result.text.contains("committed")) {
        return Some(says("Noted."));
    }
    let said = request.last_user_text();
    said.contains("remember").then(|| {
        let call = ("commit_memory", json!({"path": "people/me.md", "content": "Likes tea.\n", "message": "A taste"}));
        calls([call])
    })
}

#[test]
fn an_ask_is_announced_in_another_view_and_answered_by_keyboard() {
    let Some(computer) = Computer::new() else { return };
    computer.claude.route(model);
    let window = computer.open();
    computer.add_rule(&["ask", "commit_memory", "path=people/*"]);

    window.click(names::CHAT);
    window.say("remember that I like tea");
    window.click(names::AGENTS);
    let announced = "return document.querySelector('[data-announcer=asks]')?.textContent.includes('commit_memory')";
    window.until(announced, "the ask is announced");
    window.see(names::INBOX, names::ONE_WAITS);
    assert!(!computer.page("people/me.md").exists(), "nothing happens before the answer");

    window.press("5");
    window.see(names::PERMISSION, "people/me.md");
    for _ in 0..20 {
        if window.run("return document.activeElement.textContent.trim()") == json!(names::ALLOW) {
            break;
        }
        window.press(TAB);
    }
    window.press(ENTER);
    window.see(names::INBOX, "Inbox");
    window.press("1");
    window.see(names::CONVERSATION, "Noted.");
    assert!(computer.page("people/me.md").exists());
    computer.claude.assert_all_accepted();
}
