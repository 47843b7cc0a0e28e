//! Files that come with a message: from the picker and dropped on the window, also if the program is killed before the answer.

use crate::computer::{Computer, Open};
use crate::dragging::drop_file;
use crate::names;
use growqr_testkit::anthropic::says;
use growqr_testkit::files::pdf;
use std::path::PathBuf;
use std::time::Duration;

const ENTER: &str = "\u{E007}";

/// In which intervals, and how often, the disk is looked at: half a minute in all.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const POLLS: u32 = 600;

const WORDS: &str = "words that stand in an attached file";

/// Whether the message field is empty and has no files.
const IS_EMPTY: &str =
    "return document.querySelector('[data-composer]')?.value === '' && document.querySelector('[data-attached]') === null";

/// A computer whose model says whether it got the text and the document.
fn computer() -> Option<Computer> {
    let computer = Computer::new()?;
    computer.claude.route(|request| {
        let body = request.body.to_string();
        let has = |part: &str, name: &str| if body.contains(part) { format!(" {name}") } else { String::new() };
        Some(says(&format!("I have read:{}{}.", has(WORDS, "the notes"), has("application/pdf", "the book"))))
    });
    Some(computer)
}

fn file(computer: &Computer, name: &str, content: &[u8]) -> PathBuf {
    let path = computer.home().join(name);
    std::fs::write(&path, content).expect("a file");
    path
}

fn see_attached(window: &Open, name: &str) {
    let chip = format!("return document.querySelector('[data-attached]')?.textContent.includes('{name}')");
    window.until(&chip, &format!("{name} is attached"));
    // It is on its way until then.
    window.until("return !document.querySelector('[data-attached]').textContent.includes('…')", "it is stored");
}

#[test]
fn files_from_the_picker_and_dropped_on_the_window_are_read_and_stay_in_the_conversation() {
    let Some(computer) = computer() else { return };
    let notes = file(&computer, "notes.txt", WORDS.as_bytes());
    let book = file(&computer, "book.pdf", &pdf(3));
    let window = computer.open();
    window.click(names::CHAT);
    window.choose_file(&notes);
    see_attached(&window, "notes.txt");
    drop_file(computer.screen().display(), &book).expect("the window takes it");
    see_attached(&window, "book.pdf");
    window.say("what is this?");
    let seen = window.see(names::CONVERSATION, "I have read: the notes the book.");
    assert!(seen.contains("notes.txt") && seen.contains("book.pdf"), "{seen}");
    window.until(IS_EMPTY, "the files have gone with the message");

    std::fs::remove_file(notes).expect("the person needs it no more");
    window.reload();
    window.press_button("notes.txt");
    window.see_anywhere(WORDS);
    computer.claude.assert_all_accepted();
}

/// Kills the window at this place of a message with a file.
fn kill_while_sending(computer: &mut Computer, place: &str) {
    let notes = file(computer, "notes.txt", WORDS.as_bytes());
    let window = computer.open();
    window.click(names::CHAT);
    window.say("hello");
    window.see(names::CONVERSATION, "I have read:");
    drop(window);
    computer.stop_windows_at(place);
    let window = computer.open();
    window.choose_file(&notes);
    see_attached(&window, "notes.txt");
    window.type_into(names::MESSAGE, "what is this?");
    until_on_disk(computer, "what is this?");
    window.press(ENTER);
    computer.kill_when_stopped(window);
    assert_eq!(computer.claude.messages().len(), 1, "the model has not got it");
}

/// Waits until the web view has written this text to its storage, which it does a moment later.
fn until_on_disk(computer: &Computer, text: &str) {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let has = |path: &PathBuf| std::fs::read(path).is_ok_and(|file| file.windows(bytes.len()).any(|part| part == bytes));
    for _ in 0..POLLS {
        if computer.files().iter().filter(|path| path.to_string_lossy().contains("localstorage")).any(has) {
            return;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    panic!("{text:?} is not written");
}

/// Expects that the message was answered once, and that a later one has no file.
fn expect_answered_once(computer: &Computer, window: &Open) {
    window.see(names::CONVERSATION, "I have read: the notes.");
    // The files of a message come a moment after its text.
    let seen = window.see(names::CONVERSATION, "notes.txt");
    for words in ["what is this?", "notes.txt", "I have read: the notes."] {
        assert_eq!(seen.matches(words).count(), 1, "{words:?} in {seen}");
    }
    window.until(IS_EMPTY, "nothing is left in the message field");
    window.say("and now?");
    window.see(names::CONVERSATION, "and now?");
    let said = computer.json(&["events"]).into_iter().filter(|event| event["kind"] == "user_said");
    let files: Vec<usize> = said.map(|event| event["data"]["attachments"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(files, [0, 1, 0]);
    computer.claude.assert_all_accepted();
}

#[test]
fn after_a_kill_a_recorded_message_with_a_file_is_answered_once_and_does_not_come_back_as_a_draft() {
    let Some(mut computer) = computer() else { return };
    kill_while_sending(&mut computer, "after:1");
    let window = computer.open();
    expect_answered_once(&computer, &window);
}

#[test]
fn after_a_kill_a_message_that_was_not_recorded_comes_back_as_a_draft_with_its_file() {
    let Some(mut computer) = computer() else { return };
    kill_while_sending(&mut computer, "before:1");
    let window = computer.open();
    see_attached(&window, "notes.txt");
    assert_eq!(window.value(names::MESSAGE), "what is this?");
    window.type_into(names::MESSAGE, ENTER);
    expect_answered_once(&computer, &window);
}
