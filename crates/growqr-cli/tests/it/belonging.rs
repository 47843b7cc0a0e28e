//! The conversation in the database and the memory in the folder: exchanged, copied, restored or moved while the program did not
//! run. What does not belong together is said, nothing is lost, and the person decides where two memories would come of it.

use crate::program::{Program, Ran, kill};
use growqr_testkit::anthropic::{Point, RequestView, Script, StopPoint, calls, says};
use growqr_testkit::postgres::{dump, fresh_database, restore_in_place};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// "remember PATH: TEXT" is committed as a page; an existing page is read first. Tells what came of it.
fn model(request: &RequestView<'_>) -> Option<Script> {
    let results = request.tool_results();
    let Some(result) = results.last() else {
        let said = request.last_user_text();
        let order = said.lines().find_map(|line| line.strip_prefix("remember "));
        return Some(match order.and_then(|order| order.split_once(": ")) {
            Some((path, _)) => calls([("read_memory", json!({"path": path}))]),
            None => says("Hello!"),
        });
    };
    let base = result.text.strip_prefix("version: ").and_then(|text| text.get(..40));
    if base.is_none() && !result.text.contains("there is no page") {
        return Some(says(&if result.text.contains("committed") {
            "Noted.".to_owned()
        } else {
            format!("Not noted: {}", result.text)
        }));
    }
    let (path, text) = last_order(request)?;
    let mut input = json!({"path": path, "content": format!("{text}\n"), "message": "It matters later"});
    if let Some(base) = base {
        input["base"] = json!(base);
    }
    Some(calls([("commit_memory", input)]))
}

/// Path and text of the last order in the whole conversation.
fn last_order(request: &RequestView<'_>) -> Option<(String, String)> {
    let text = request.body["messages"].to_string();
    let order = text.rsplit("remember ").next()?.split(['"', '\\']).next()?;
    let (path, text) = order.split_once(": ")?;
    Some((path.to_owned(), text.to_owned()))
}

fn program(database_url: Option<String>) -> Program {
    let mut program = Program::new();
    program.claude.route(model);
    program.database_url = database_url;
    program
}

/// The program in another folder, with the same database and the same model, which both go on with the same conversation.
fn program_in(folder: &Path, other: &Program) -> Program {
    let claude = [("ANTHROPIC_API_KEY", other.claude.key()), ("ANTHROPIC_BASE_URL", other.claude.base_url())];
    let mut program = Program::in_folder(folder);
    program.variables = claude.map(|(name, value)| (name, value.to_string())).to_vec();
    program.database_url = other.database_url.clone();
    program
}

fn remember(program: &Program, path: &str, text: &str) -> Ran {
    let ran = program.chat(&format!("remember {path}: {text}"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran
}

fn noted(program: &Program, path: &str, text: &str) {
    let ran = remember(program, path, text);
    assert!(ran.out.contains("Noted.") && !ran.out.contains("Not noted"), "{ran:?}");
    assert_eq!(page(program, path), format!("{text}\n"));
}

fn page(program: &Program, path: &str) -> String {
    program.json(&["memory", "read", path])[0]["text"].as_str().expect("a text").to_owned()
}

/// The check of `doctor` that says what belongs together.
fn check(program: &Program) -> Value {
    let doctor = program.run(&["--json", "doctor"]);
    let checks = doctor.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("a JSON line"));
    checks.into_iter().find(|check| check["name"] == "conversation").expect("the check")
}

/// A check's state, with what it has found and the next step.
fn state(check: &Value) -> (&str, String) {
    let text = |name: &str| check[name].as_str().unwrap_or_default().to_owned();
    (check["state"].as_str().expect("a state"), format!("{} {}", text("found"), text("next_step")))
}

#[track_caller]
fn assert_quiet(program: &Program) {
    let ran = program.chat("hello");
    assert!(ran.code == Some(0) && ran.err.is_empty(), "{ran:?}");
    let check = check(program);
    assert_eq!(state(&check).0, "ok", "{check}");
}

/// The notice is said once on standard error, and by `doctor` until it is confirmed. Messages are answered meanwhile.
#[track_caller]
fn assert_told(program: &Program, parts: &[&str]) {
    let first = program.chat("hello");
    assert!(first.code == Some(0) && first.out.contains("Hello!"), "{first:?}");
    let check_before = check(program);
    let (found, text) = state(&check_before);
    assert_eq!(found, "missing", "{check_before}");
    for part in parts {
        assert!(first.err.contains(part) && text.contains(part), "{part}: {first:?} {text}");
    }
    let again = program.chat("hello");
    assert!(again.code == Some(0) && again.err.is_empty(), "{again:?}");
    assert_eq!(program.run(&["memory", "confirm"]).code, Some(0));
    assert_quiet(program);
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a kind").is_dir() {
            fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

#[test]
fn the_first_start_and_later_ones_have_nothing_to_tell() {
    let mut databases = vec![None];
    databases.extend(fresh_database().map(Some));
    for url in databases {
        let program = program(url);
        assert_quiet(&program);
        noted(&program, "tea.md", "Likes tea.");
        assert_quiet(&program);
        let text = state(&check(&program)).1;
        assert!(text.contains("conversation ") && text.contains("memory ") && text.contains("profiles/local"), "{text}");
    }
}

#[test]
fn a_database_that_is_newly_set_uses_the_old_memory_and_says_so() {
    let Some(url) = fresh_database() else { return };
    let mut program = program(None);
    noted(&program, "tea.md", "Likes tea.");
    program.database_url = Some(url);
    assert_told(&program, &["growqr.db", "postgres://", "to return to it"]);
    noted(&program, "tea.md", "Likes green tea.");
    program.database_url = None;
    assert_told(&program, &["meanwhile", "growqr memory log"]);
    noted(&program, "tea.md", "Likes black tea.");
}

#[test]
fn a_database_that_was_deleted_is_told_as_a_new_conversation() {
    let program = program(None);
    noted(&program, "tea.md", "Likes tea.");
    for name in ["growqr.db", "growqr.db-wal", "growqr.db-shm"] {
        let _ = fs::remove_file(program.profile().join(name));
    }
    assert_told(&program, &["is new", "earlier conversation"]);
    noted(&program, "tea.md", "Likes green tea.");
}

#[test]
fn a_second_data_folder_on_one_database_changes_no_memory_until_the_person_decides() {
    let Some(url) = fresh_database() else { return };
    let first = program(Some(url));
    noted(&first, "tea.md", "Likes tea.");
    let folder = tempfile::tempdir().expect("a folder");
    let second = program_in(folder.path(), &first);
    let ran = remember(&second, "tea.md", "Likes coffee.");
    assert!(ran.out.contains("Not noted") && ran.out.contains("growqr memory confirm"), "{ran:?}");
    let first_folder = first.profile().display().to_string();
    assert!(ran.err.contains(&first_folder) && ran.err.contains(&second.profile().display().to_string()), "{ran:?}");
    let held = check(&second);
    assert!(state(&held).0 == "failed" && state(&held).1.contains(&first_folder), "{held}");
    assert!(!second.profile().join("memory/.git").exists());
    // The first folder goes on as before.
    noted(&first, "tea.md", "Likes green tea.");
    assert_quiet(&first);
    assert_eq!(second.run(&["memory", "confirm"]).code, Some(0));
    assert_quiet(&second);
    noted(&second, "tea.md", "Likes coffee.");
    let ran = remember(&first, "tea.md", "Likes water.");
    assert!(ran.out.contains("Not noted"), "{ran:?}");
    assert_eq!(page(&first, "tea.md"), "Likes green tea.\n", "its pages can be read");
    assert_eq!(first.run(&["memory", "confirm"]).code, Some(0));
    noted(&first, "tea.md", "Likes water.");
}

#[test]
fn a_copied_data_folder_on_the_same_database_waits_as_well() {
    let Some(url) = fresh_database() else { return };
    let first = program(Some(url));
    noted(&first, "tea.md", "Likes tea.");
    let folder = tempfile::tempdir().expect("a folder");
    copy(first.folder(), folder.path());
    let second = program_in(folder.path(), &first);
    let ran = remember(&second, "tea.md", "Likes coffee.");
    assert!(ran.out.contains("Not noted") && ran.err.contains("is a copy of"), "{ran:?}");
    assert_eq!(page(&second, "tea.md"), "Likes tea.\n");
    assert_quiet(&first);
    assert_eq!(second.run(&["memory", "confirm"]).code, Some(0));
    noted(&second, "tea.md", "Likes coffee.");
    let ran = remember(&first, "tea.md", "Likes water.");
    assert!(ran.out.contains("Not noted"), "{ran:?}");
}

#[test]
fn a_copied_data_folder_has_a_life_of_its_own_and_a_moved_one_stays_what_it_was() {
    let original = program(None);
    noted(&original, "tea.md", "Likes tea.");
    let folder = tempfile::tempdir().expect("a folder");
    let (place, moved) = (folder.path().join("copy"), folder.path().join("moved"));
    fs::create_dir(&place).expect("a folder");
    copy(original.folder(), &place);
    let copied = program_in(&place, &original);
    assert_told(&copied, &["is a copy of", &original.profile().display().to_string()]);
    let named = |program: &Program| state(&check(program)).1.split(' ').nth(1).map(str::to_owned);
    assert_ne!(named(&copied), named(&original), "the conversations have different names");
    noted(&copied, "tea.md", "Likes coffee.");
    noted(&original, "tea.md", "Likes green tea.");
    assert_quiet(&original);
    assert_eq!(page(&copied, "tea.md"), "Likes coffee.\n");
    let before = named(&copied);
    fs::rename(&place, &moved).expect("it can be moved");
    let at_its_new_place = program_in(&moved, &original);
    assert_quiet(&at_its_new_place);
    assert_eq!(named(&at_its_new_place), before);
    noted(&at_its_new_place, "tea.md", "Likes water.");
}

#[test]
fn a_link_to_the_data_folder_is_no_copy() {
    let original = program(None);
    noted(&original, "tea.md", "Likes tea.");
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(original.folder(), &link).expect("a link");
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir(original.folder(), &link).expect("a link");
    assert_quiet(&program_in(&link, &original));
}

/// The number of events that the memory's mark names.
fn noted_events(program: &Program) -> u64 {
    let mark = fs::read_to_string(program.profile().join("memory/.git/growqr/used-by")).expect("the mark");
    let events = mark.lines().find_map(|line| line.strip_prefix("events "));
    events.and_then(|events| events.parse().ok()).expect("a number")
}

#[test]
fn a_kill_leaves_a_note_that_is_neither_old_nor_ahead_of_the_database() {
    let program = program(None);
    noted(&program, "tea.md", "Likes tea.");
    let back_up = tempfile::tempdir().expect("a folder");
    copy(&program.profile(), back_up.path());
    let before = noted_events(&program);
    // The answer never comes; what was said is recorded, and then noted.
    let stop = StopPoint::new();
    let held = stop.clone();
    program.claude.route(move |_| Some(says("Hello!").stop_at(Point::Events(1), &held)));
    let mut child = program.command(&["chat", "hello"]).spawn().expect("it starts");
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(stop.reached());
    let events = program.json(&["events"]).len() as u64;
    // Polls: nothing tells when a file is written.
    let is_noted = |_: &u32| {
        std::thread::sleep(Duration::from_millis(20));
        noted_events(&program) >= events
    };
    (0..3_000).find(is_noted);
    kill(&mut child);
    stop.release();
    assert!(noted_events(&program) >= events && events > before, "{} {events} {before}", noted_events(&program));
    program.claude.route(model);
    let ran = program.run(&["chat"]);
    assert!(ran.code == Some(0) && ran.err.is_empty(), "nothing is said to be restored: {ran:?}");
    assert_quiet(&program);
    // A database from before the kill is recognised as older.
    for name in ["growqr.db", "growqr.db-wal", "growqr.db-shm"] {
        let _ = fs::remove_file(program.profile().join(name));
        let _ = fs::copy(back_up.path().join(name), program.profile().join(name));
    }
    assert_told(&program, &["is older than the memory"]);
}

#[test]
fn a_memory_that_is_gone_or_exchanged_is_told() {
    let (one, other) = (program(None), program(None));
    noted(&one, "tea.md", "Likes tea.");
    noted(&other, "tea.md", "Likes coffee.");
    let memory = one.profile().join("memory");
    fs::rename(&memory, one.profile().join("kept")).expect("it can be moved");
    assert_told(&one, &["is no longer in", "new memory has begun"]);
    fs::remove_dir_all(&memory).expect("it can be removed");
    copy(&other.profile().join("memory"), &create(&memory));
    assert_told(&one, &["another memory than the one"]);
    noted(&one, "tea.md", "Likes water.");
}

fn create(folder: &Path) -> std::path::PathBuf {
    fs::create_dir_all(folder).expect("a folder");
    folder.to_owned()
}

/// The scenario of a restored database: a page was committed after the backup, and then edited by hand.
fn restored(program: &Program, back_up: impl FnOnce(&Program) -> Box<dyn FnOnce(&Program)>) {
    noted(program, "plan.md", "Plan A.");
    let restore = back_up(program);
    noted(program, "x.md", "From after the backup.");
    noted(program, "plan.md", "Plan B.");
    let spent = spent(program);
    restore(program);
    fs::write(program.profile().join("memory/x.md"), "Edited by hand.\n").expect("it can be written");
    let ran = remember(program, "x.md", "After the restore.");
    assert!(ran.out.contains("Noted.") && ran.err.contains("is older than the memory"), "{ran:?}");
    assert_eq!(page(program, "x.md"), "After the restore.\n", "what was called committed is in the page");
    assert_eq!(page(program, "plan.md"), "Plan B.\n", "what memory has stays");
    noted(program, "plan.md", "Plan C.");
    let log = program.json(&["memory", "log", "x.md"]);
    assert_eq!(log.len(), 3, "after the backup, by hand, after the restore: {log:?}");
    let held = check(program);
    let (found, text) = state(&held);
    assert!(found == "missing" && text.contains("costs since that copy are missing"), "{held}");
    assert!(self::spent(program) < 2 * spent && self::spent(program) > 0, "the budget counts what this database knows");
    assert_eq!(program.run(&["memory", "confirm"]).code, Some(0));
    assert_quiet(program);
    assert_eq!(program.run(&["audit", "verify"]).code, Some(0));
}

fn spent(program: &Program) -> i64 {
    program.json(&["agents", "show", "grow"])[0]["spent"].as_i64().expect("a sum")
}

#[test]
fn a_restored_sqlite_database_does_not_make_memory_lie() {
    restored(&program(None), |program| {
        let kept = tempfile::tempdir().expect("a folder");
        fs::copy(program.profile().join("growqr.db"), kept.path().join("growqr.db")).expect("a copy");
        Box::new(move |program| {
            for name in ["growqr.db-wal", "growqr.db-shm"] {
                let _ = fs::remove_file(program.profile().join(name));
            }
            fs::copy(kept.path().join("growqr.db"), program.profile().join("growqr.db")).expect("it is put back");
        })
    });
}

#[test]
fn a_restored_postgres_database_does_not_make_memory_lie() {
    let Some(url) = fresh_database() else { return };
    restored(&program(Some(url.clone())), |_| {
        let backup = dump(&url);
        Box::new(move |_| restore_in_place(&url, &backup))
    });
}
