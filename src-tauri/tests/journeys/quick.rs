//! The quick chat: from `growqr quick` to an answer, an ask answered in it, and the way to the main window, also after a kill.

use crate::computer::Computer;
use crate::names;
use crate::tray_menu::TrayMenu;
use growqr_testkit::anthropic::{Point, RequestView, Script, StopPoint, calls, says};
use serde_json::json;

fn model(request: &RequestView<'_>) -> Option<Script> {
    if request.tool_results().iter().any(|result| result.text.contains("committed")) {
        return Some(says("Noted."));
    }
    let said = request.last_user_text();
    if said.contains("remember") {
        let page = json!({"path": "people/me.md", "content": "Likes tea.\n", "message": "A taste"});
        return Some(calls([("commit_memory", page)]));
    }
    said.contains("hello").then(|| says("Good morning."))
}

#[test]
fn the_quick_chat_answers_asks_and_leads_to_the_main_window() {
    let Some(computer) = Computer::new() else { return };
    computer.claude.route(model);
    let window = computer.open();
    computer.add_rule(&["ask", "commit_memory", "path=people/*"]);
    window.click(names::CHAT);

    computer.open_quick_chat();
    window.switch_to(names::QUICK_PAGE);
    window.say("hello");
    window.see(names::CONVERSATION, "Good morning.");

    window.say("remember that I like tea");
    window.see(names::PERMISSION, "people/me.md");
    assert!(!computer.page("people/me.md").exists(), "nothing happens before the answer");
    window.see(names::QUICK_INBOX, "1");
    window.press_button(names::ALLOW);
    window.see(names::CONVERSATION, "Noted.");
    assert!(computer.page("people/me.md").exists());

    window.type_into(names::MESSAGE, "half a thought");
    window.press_button(names::TO_MAIN);
    window.switch_to("");
    window.see(names::CONVERSATION, "Noted.");
    window.until("return document.querySelector('[data-composer]').value === 'half a thought'", "the draft is here too");

    window.kill();
    let window = computer.open();
    window.see(names::CONVERSATION, "Noted.");
    computer.open_quick_chat();
    window.switch_to(names::QUICK_PAGE);
    window.see(names::CONVERSATION, "Noted.");
    computer.claude.assert_all_accepted();
}

#[test]
fn the_tray_leads_to_the_quick_chat_and_to_what_waits_in_the_main_window() {
    let Some(computer) = Computer::new() else { return };
    computer.claude.route(model);
    computer.add_rule(&["ask", "commit_memory", "path=people/*"]);
    let window = computer.open();
    window.click(names::CHAT);
    let menu = TrayMenu::of(computer.screen().bus());
    menu.choose("Quick chat");
    window.switch_to(names::QUICK_PAGE);
    window.say("hello");
    window.see(names::CONVERSATION, "Good morning.");
    window.say("remember that I like tea");
    window.see(names::PERMISSION, "people/me.md");
    menu.choose(names::ONE_WAITS);
    window.switch_to("");
    window.press_in("Grow Agent wants to use", names::ALLOW);
    menu.choose("Quick chat");
    window.switch_to(names::QUICK_PAGE);
    window.see(names::CONVERSATION, "Noted.");
    computer.claude.assert_all_accepted();
}

#[test]
fn a_kill_while_the_quick_chat_is_answered_or_asks_loses_and_doubles_nothing() {
    let Some(computer) = Computer::new() else { return };
    let stop_point = StopPoint::new();
    computer.claude.will(says("It counts to three.").stop_at(Point::Events(4), &stop_point));
    computer.claude.will(says("It counts to three."));
    computer.add_rule(&["ask", "commit_memory", "path=people/*"]);
    let in_quick_chat = || {
        let window = computer.open();
        window.click(names::CHAT);
        computer.open_quick_chat();
        window.switch_to(names::QUICK_PAGE);
        window
    };
    let window = in_quick_chat();
    window.say("count");
    window.see(names::CONVERSATION, "It counts to");
    window.kill();

    let window = in_quick_chat();
    let seen = window.see(names::CONVERSATION, "It counts to three.");
    assert_eq!((seen.matches("count").count(), seen.matches("three").count()), (2, 1), "{seen}");
    computer.claude.route(model);
    window.say("remember that I like tea");
    window.see(names::PERMISSION, "people/me.md");
    window.kill();

    let window = in_quick_chat();
    window.press_in("Grow Agent wants to use", names::ALLOW);
    window.see(names::CONVERSATION, "Noted.");
    assert!(computer.page("people/me.md").exists());
    computer.claude.assert_all_accepted();
}

#[test]
fn the_settings_show_the_quick_chat_and_the_architecture_in_windows_of_their_own() {
    let Some(computer) = Computer::new() else { return };
    let window = computer.open();
    window.click(names::SETTINGS);
    window.click(names::SHOW_ARCHITECTURE);
    window.click(names::SHOW_QUICK);
    window.switch_to("architecture.html");
    window.see_anywhere("One message, step by step");
    let may_call = "const call = window.__TAURI_INTERNALS__?.invoke('about', {}) ?? Promise.reject(); \
        call.then(() => { document.title = 'allowed'; }, () => { document.title = 'refused'; }); return null";
    window.run(may_call);
    window.until("return document.title === 'refused'", "its page may call nothing");
    window.switch_to(names::QUICK_PAGE);
    let sign_out = "window.__TAURI_INTERNALS__.invoke('sign_out', {}) \
        .then(() => { document.title = 'allowed'; }, () => { document.title = 'refused'; }); return null";
    window.run(sign_out);
    window.until("return document.title === 'refused'", "its page may call only what it needs");
}
