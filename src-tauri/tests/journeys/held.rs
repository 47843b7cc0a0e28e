//! Changes of memory that wait for the person: one approved, one rejected, also if the program is killed right after the decision.

use crate::computer::{Computer, Open};
use crate::names;
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use growqr_testkit::window::Element;
use serde_json::json;

const TEA: &str = "plans/tea.md";
const GIN: &str = "plans/gin.md";

fn model(request: &RequestView<'_>) -> Option<Script> {
    if request.has_tool_results() {
        return Some(says("Both wait for you."));
    }
    let page = |path: &str, text: &str| json!({"path": path, "content": text, "message": "A plan for the year"});
    let plans = || calls([("commit_memory", page(TEA, "Drink tea.\n")), ("commit_memory", page(GIN, "Drink gin.\n"))]);
    Some(if request.last_user_text().contains("plan my year") { plans() } else { says("I see.") })
}

/// A window in which two changes wait.
fn with_two_held(computer: &Computer) -> Open {
    computer.claude.route(model);
    computer.add_rule(&["hold", "commit_memory", "path=plans/*"]);
    let window = computer.open();
    window.click(names::CHAT);
    window.say("plan my year");
    window.see(names::CONVERSATION, "Both wait for you.");
    assert!(!computer.page(TEA).exists() && !computer.page(GIN).exists(), "nothing of them is in memory");
    window
}

/// Opens the page of the approved change in the memory of this window.
fn see_tea_in_memory(window: &Open) {
    window.click(names::MEMORY);
    window.click(Element::link("tea.md"));
    window.see(names::PAGE, "Drink tea.");
}

#[test]
fn one_held_change_is_approved_in_the_inbox_and_another_rejected_in_the_quick_chat() {
    let Some(computer) = Computer::new() else { return };
    let window = with_two_held(&computer);
    window.click(names::INBOX);
    window.see(Element::group(&names::held_page(TEA)), "Drink tea.");
    window.press_in(&names::held_page(TEA), names::APPROVE);
    window.see(names::INBOX, names::ONE_WAITS);
    see_tea_in_memory(&window);

    computer.open_quick_chat();
    window.switch_to(names::QUICK_PAGE);
    window.press_in(&names::held_page(GIN), names::REJECT);
    window.switch_to("");
    window.until("return find('link', 'Inbox')?.innerText.includes('waits') === false", "nothing waits");
    assert!(!computer.page(GIN).exists());
    assert!(computer.json(&["memory", "requests"]).is_empty());
    let changes = computer.json(&["memory", "log", TEA]);
    assert!(changes.len() == 1 && !changes[0]["origin"].is_null(), "it is a change of the agent: {changes:?}");
    computer.claude.assert_all_accepted();
}

#[test]
fn a_decision_that_was_taken_right_before_a_kill_is_carried_out_at_the_next_start() {
    let Some(mut computer) = Computer::new() else { return };
    drop(with_two_held(&computer));
    for (path, decision) in [(TEA, names::APPROVE), (GIN, names::REJECT)] {
        computer.stop_windows_at("after:1");
        let window = computer.open();
        window.click(names::INBOX);
        window.press_in(&names::held_page(path), decision);
        computer.kill_when_stopped(window);
        assert!(!computer.page(path).exists(), "it is decided, and not carried out");

        let window = computer.open();
        window.click(names::INBOX);
        window.see_anywhere(&format!("You answered: {decision}"));
        see_tea_in_memory(&window);
    }
    assert!(!computer.page(GIN).exists());
    assert!(computer.json(&["memory", "requests"]).is_empty());
    computer.claude.assert_all_accepted();
}
