//! The accessible names of the window's elements. Only this file contains them.

use growqr_testkit::window::Element;

// The first run.
pub const START_WITH_GUIDE: Element<'_> = Element::button("Start with the guide");
/// The text of one of the suggested first messages.
pub const SUGGESTED: &str = "Remember that I want to learn something new every week";

// Navigation.
pub const CHAT: Element<'_> = Element::link("Chat");
pub const AGENTS: Element<'_> = Element::link("Agents");
pub const MEMORY: Element<'_> = Element::link("Memory");
pub const SETTINGS: Element<'_> = Element::link("Settings");
pub const SETTINGS_IN_GERMAN: Element<'_> = Element::link("Einstellungen");
pub const BACK_UP: &str = "Back up now";
pub const START_AT_LOGIN: Element<'_> = Element::button("Start at login");
pub const INBOX: Element<'_> = Element::link("Inbox");

pub const STACK: Element<'_> = Element::link("Stack");

// The stack.
pub const STACK_VIEW: Element<'_> = Element::region("Stack");
pub const START_STACK: Element<'_> = Element::button("Start");
pub const DOWNLOAD: Element<'_> = Element::button("Download and start");

// Asks.
/// In the name of the inbox while one ask is open.
pub const ONE_WAITS: &str = "1 question waits for you";
pub const PERMISSION: Element<'_> = Element::group("Grow Agent wants to use");
/// The answer that lets a call happen.
pub const ALLOW: &str = "Allow";
/// The answers to a change of memory that waits for approval.
pub const APPROVE: &str = "Approve";
pub const REJECT: &str = "Reject";

/// The beginning of the name of the question about a page that a held change adds.
pub fn held_page(path: &str) -> String {
    format!("Grow Agent wants to add the page \u{201c}{path}\u{201d}")
}

// Sign-in.
/// The account button; its name continues with the user and the state.
pub const ACCOUNT: Element<'_> = Element::button("Account:");
pub const MENU: Element<'_> = Element::menu("");
/// The dialog while the browser is open.
pub const WAITING: Element<'_> = Element::dialog("Finish in your browser");
/// The authorization URL in that dialog.
pub const ADDRESS: Element<'_> = Element::group("Address");
pub const CANCEL: Element<'_> = Element::button("Cancel");
pub const CHECK: Element<'_> = Element::button("Check now");

// The quick chat.
/// The file of its page.
pub const QUICK_PAGE: &str = "quick.html";
pub const TO_MAIN: &str = "Open in the main window";
pub const QUICK_INBOX: Element<'_> = Element::button("Inbox: 1 question waits");
pub const SHOW_QUICK: Element<'_> = Element::button("Show the quick chat");
pub const SHOW_ARCHITECTURE: Element<'_> = Element::button("Show the architecture diagram");

// A conversation.
pub const CONVERSATION: Element<'_> = Element::log("Conversation");
pub const MESSAGE: Element<'_> = Element::textbox("Message");
/// The button at an earlier message, the field that it opens, and the beginning of the fold of what was said before.
pub const EDIT_AGAIN: &str = "Edit and send again";
pub const ANEW: Element<'_> = Element::textbox("Write your message anew");
pub const SET_ASIDE: &str = "Set aside";
/// Shown after the name of a sub-agent that has reported.
pub const REPORTED: &str = "reported back";

// Agents.
pub const AGENT_TREE: Element<'_> = Element::region("Agents");
/// The state of an agent whose work is done.
pub const DONE: &str = "Done";

// A page of memory.
pub const EDIT: Element<'_> = Element::button("Edit");
pub const SAVE: Element<'_> = Element::button("Save");
pub const PAGE_TAB: Element<'_> = Element::tab("Page");
pub const PAGE: Element<'_> = Element::region("Page");
pub const HISTORY_TAB: Element<'_> = Element::tab("History");
pub const HISTORY: Element<'_> = Element::region("History");
pub const BLAME_TAB: Element<'_> = Element::tab("Who wrote what");
pub const BLAME: Element<'_> = Element::region("Who wrote what");
pub const UNDO: Element<'_> = Element::button("Undo this change");
/// Shown after a change was undone.
pub const UNDONE: &str = "Undone";

/// The name of the field in which a page is edited.
pub fn editor_of(path: &str) -> String {
    format!("Text of {path}")
}
