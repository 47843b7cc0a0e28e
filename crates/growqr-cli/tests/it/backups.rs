//! `growqr backup` and `growqr restore`: a copy of everything, made while agents work, that comes back as it was.

use crate::kills::restart_and_finish;
use crate::program::{Program, kill};
use crate::story::{MESSAGES, end_state, model};
use crate::tools::add;
use growqr_testkit::anthropic::{Point, StopPoint};
use growqr_testkit::mcp::ScriptedMcp;
use growqr_testkit::postgres::fresh_database;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The program in another data folder, with the same model.
fn program_in(folder: &Path, other: &Program) -> Program {
    let claude = [("ANTHROPIC_API_KEY", other.claude.key()), ("ANTHROPIC_BASE_URL", other.claude.base_url())];
    let mut program = Program::in_folder(folder);
    program.variables = claude.map(|(name, value)| (name, value.to_string())).to_vec();
    program
}

/// Makes a backup in this folder. Returns its file and what was said about it.
fn back_up(program: &Program, folder: &Path) -> (PathBuf, Value) {
    let made = program.json(&["backup", folder.to_str().expect("a path")]).remove(0);
    (PathBuf::from(made["file"].as_str().expect("a file")), made)
}

fn restore(program: &Program, file: &Path) -> Value {
    program.json(&["restore", file.to_str().expect("a path")]).remove(0)
}

fn git(folder: &Path, args: &[&str]) -> String {
    let ran = Command::new("git").arg("-C").arg(folder).args(args).output().expect("git");
    assert!(ran.status.success(), "{args:?}: {ran:?}");
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

fn entries(file: &Path) -> Vec<String> {
    let ran = Command::new("tar").arg("-tzf").arg(file).output().expect("tar");
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8_lossy(&ran.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn a_restored_backup_has_the_same_conversations_memory_and_budget() {
    let program = Program::new();
    program.claude.route(model);
    MESSAGES.iter().for_each(|message| assert_eq!(program.chat(message).code, Some(0)));
    assert_eq!(program.run(&["budget", "set", "--per-day", "7"]).code, Some(0));
    let memory = program.profile().join("memory");
    fs::write(memory.join("draft.md"), "not committed\n").expect("written");
    fs::create_dir_all(memory.join("ü/inside/.git")).expect("created");
    fs::write(memory.join("ü/inside/x.md"), "another repository\n").expect("written");
    git(&memory, &["config", "remote.origin.url", "https://ada:canary@example.org/x"]);
    git(&memory, &["stash", "list"]);
    git(&memory, &["branch", "kept", "HEAD~1"]);
    fs::write(program.profile().join("stack-credentials.json"), "canary").expect("written");
    fs::write(memory.join(".git/hooks/post-commit"), "canary").expect("written");

    let (file, made) = back_up(&program, program.folder());
    assert_eq!(made["left_out"], serde_json::json!(["memory/ü/inside: it is a repository of its own"]), "{made}");
    let names = entries(&file);
    assert!(
        names.iter().any(|name| name == "growqr.db") && names.last().is_some_and(|name| name == "manifest.json"),
        "{names:?}"
    );
    for secret in ["config", "hooks", "credentials", "host."] {
        assert!(!names.iter().any(|name| name.contains(secret)), "{secret}: {names:?}");
    }

    let folder = tempfile::tempdir().expect("a folder");
    let other = program_in(&folder.path().join("new"), &program);
    let restored = restore(&other, &file);
    assert_eq!(restored["needs_sign_in"], false);
    for command in
        [&["events"][..], &["agents", "list"], &["budget", "show"], &["memory", "log"], &["memory", "list"], &["config", "get"]]
    {
        assert_eq!(other.json(command), program.json(command), "{command:?}");
    }
    assert_eq!(end_state(&other), end_state(&program));
    assert_eq!(other.json(&["audit", "verify"])[0]["sound"], true);
    let copy = other.profile().join("memory");
    assert_eq!(fs::read_to_string(copy.join("draft.md")).expect("a file"), "not committed\n");
    assert_eq!(git(&copy, &["rev-parse", "kept"]), git(&memory, &["rev-parse", "kept"]));
    assert_eq!(git(&copy, &["status", "--short"]), "?? draft.md\n");
    git(&copy, &["fsck", "--strict"]);
    assert!(!fs::read_to_string(copy.join(".git/config")).expect("a file").contains("canary"));

    // Both are on this computer: the restored one is a copy, and says so.
    let told = other.chat("hello again");
    assert!(told.code == Some(0) && told.err.contains("cop"), "{told:?}");
    let again = other.run(&["restore", file.to_str().expect("a path")]);
    assert!(again.code == Some(1) && again.err.contains("has data already"), "{again:?}");
}

#[test]
fn a_restored_backup_starts_no_program_and_allows_nothing_until_the_person_says_so() {
    let program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat(MESSAGES[0]).code, Some(0));
    let server = ScriptedMcp::new(&json!({"tools": [{"name": "read"}]}));
    add(&program, "files", &server, &["--trust"]);
    assert_eq!(program.run(&["rules", "add", "allow files__read"]).code, Some(0));
    assert_eq!(program.run(&["config", "set", "openai.base_url", "http://127.0.0.1:9/v1"]).code, Some(0));
    let (file, _) = back_up(&program, program.folder());
    let started = server.count("initialize");

    let folder = tempfile::tempdir().expect("a folder");
    let other = program_in(&folder.path().join("new"), &program);
    let ran = other.run(&["restore", file.to_str().expect("a path")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for off in ["the tool server files (", "the rule allow files__read", "the setting openai.base_url = http://127.0.0.1:9/v1"] {
        assert!(ran.err.contains(&format!("turned off: {off}")), "{off}: {ran:?}");
    }
    assert!(ran.err.contains("growqr tools on NAME"), "{ran:?}");
    let listed = other.json(&["tools", "list"]).remove(0);
    assert_eq!((&listed["is_on"], &listed["is_trusted"]), (&json!(false), &json!(false)), "{listed}");
    assert!(!format!("{:?}", other.json(&["rules", "list"])).contains("files__read"));
    assert_eq!(other.chat("hello again").code, Some(0));
    assert_eq!(server.count("initialize"), started, "it was not started");
    assert_eq!(other.run(&["tools", "on", "files"]).code, Some(0));
}

#[test]
fn a_backup_made_while_a_turn_runs_continues_that_turn() {
    let program = Program::new();
    let (stop, requests) = (StopPoint::new(), Arc::new(AtomicU32::new(0)));
    let (route_stop, counted) = (stop.clone(), Arc::clone(&requests));
    program.claude.route(move |request| {
        let script = model(request)?;
        let is_held = request.tool_results().iter().any(|result| result.text.contains("committed"));
        let is_first = is_held && counted.fetch_add(1, Ordering::Relaxed) == 0;
        Some(if is_first { script.stop_at(Point::Events(2), &route_stop) } else { script })
    });
    assert_eq!(program.chat(MESSAGES[0]).code, Some(0));
    let mut child = program.command(&["chat", MESSAGES[1]]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(stop.reached());
    let (file, made) = back_up(&program, program.folder());
    assert_eq!(made["left_out"], serde_json::json!([]), "{made}");
    stop.release();
    assert!(child.wait().expect("it ends").success());

    // The original is gone, as after a crash of the disk.
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("kept.tar.gz");
    fs::copy(&file, &kept).expect("copied");
    let expected = end_state(&program);
    fs::rename(program.profile(), program.folder().join("lost")).expect("moved");
    let other = program_in(&folder.path().join("new"), &program);
    restore(&other, &kept);
    let ran = other.run(&["chat"]);
    assert!(ran.code == Some(0) && !ran.err.contains("copy"), "{ran:?}");
    assert_eq!(end_state(&other), expected);
    restart_and_finish(&other);
    assert_eq!(other.json(&["audit", "verify"])[0]["sound"], true);
}

#[test]
fn a_killed_backup_leaves_nothing_that_looks_whole() {
    let program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat(MESSAGES[0]).code, Some(0));
    // Bytes that do not compress, so that the copy takes a while.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33).to_le_bytes()[0]
    })
    .take(24 << 20)
    .collect();
    fs::write(program.profile().join("memory/noise.bin"), noise).expect("written");
    let place = tempfile::tempdir().expect("a folder");
    let names = |ending: &str| {
        let all = fs::read_dir(place.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
        all.filter(|path| path.to_string_lossy().ends_with(ending)).collect::<Vec<_>>()
    };
    let mut killed = 0;
    for pause in [0, 20, 80, 200, 400] {
        let mut child = program.command(&["backup", place.path().to_str().expect("a path")]).spawn().expect("it starts");
        while names(".part").is_empty() && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(pause));
        killed += u32::from(child.try_wait().expect("a child").is_none());
        kill(&mut child);
        for whole in names(".tar.gz") {
            let folder = tempfile::tempdir().expect("a folder");
            restore(&program_in(folder.path(), &program), &whole);
        }
        for left in names(".part") {
            let folder = tempfile::tempdir().expect("a folder");
            let refused = program_in(folder.path(), &program).run(&["restore", left.to_str().expect("a path")]);
            assert!(refused.code == Some(0) || !folder.path().join("profiles/local").exists(), "{refused:?}");
            fs::remove_file(left).expect("removed");
        }
    }
    assert!(killed > 0, "no kill came in time");
}

#[test]
fn a_damaged_backup_and_another_file_are_refused_and_change_nothing() {
    let program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat(MESSAGES[0]).code, Some(0));
    let (file, _) = back_up(&program, program.folder());
    let whole = fs::read(&file).expect("a file");
    let place = tempfile::tempdir().expect("a folder");
    let middle = whole.len() / 2;
    let mut changed = whole.clone();
    // In gzip's checksum: a changed bit elsewhere may leave the content the same.
    changed[whole.len() - 5] ^= 1;
    for (name, bytes) in [("cut", &whole[..middle]), ("changed", &changed), ("text", b"hello")] {
        let path = place.path().join(name);
        fs::write(&path, bytes).expect("written");
        let other = program_in(&place.path().join("new"), &program);
        let ran = other.run(&["restore", path.to_str().expect("a path")]);
        assert!(ran.code == Some(1) && ran.err.contains("Nothing was changed"), "{name}: {ran:?}");
        assert!(!other.folder().exists(), "{name}");
    }
    let again = program.run(&["backup", file.to_str().expect("a path")]);
    assert!(again.code == Some(1) && again.err.contains("exists already"), "{again:?}");
    let empty = program_in(&place.path().join("empty"), &program);
    assert!(empty.run(&["backup"]).err.contains("nothing to back up yet"));
}

#[test]
fn a_journal_that_was_damaged_before_it_was_backed_up_comes_back_and_the_damage_is_named() {
    let program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat(MESSAGES[0]).code, Some(0));
    let database = program.profile().join("growqr.db");
    let (mut bytes, said) = (fs::read(&database).expect("a file"), MESSAGES[0].as_bytes());
    let places: Vec<usize> = (0..bytes.len() - said.len()).filter(|at| bytes[*at..].starts_with(said)).collect();
    assert!(!places.is_empty());
    places.iter().for_each(|at| bytes[*at] = b'#');
    fs::write(&database, bytes).expect("written");
    let damage = program.run(&["audit", "verify"]);
    assert!(damage.code == Some(1) && damage.err.contains("(position "), "{damage:?}");
    let (file, _) = back_up(&program, program.folder());
    let folder = tempfile::tempdir().expect("a folder");
    let other = program_in(&folder.path().join("new"), &program);
    let ran = other.run(&["restore", file.to_str().expect("a path")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("damaged already when it was backed up") && ran.err.contains("(position "), "{ran:?}");
    assert_eq!(other.json(&["events"]), program.json(&["events"]));
}

#[test]
fn on_a_database_server_only_memory_is_copied_and_that_is_said() {
    let Some(url) = fresh_database() else { return };
    let program = Program::on_postgres(url);
    program.claude.route(model);
    assert_eq!(program.chat(MESSAGES[0]).code, Some(0));
    let (file, made) = back_up(&program, program.folder());
    assert!(made["database_server"].as_str().is_some_and(|server| server.starts_with("postgres")), "{made}");
    assert!(!entries(&file).iter().any(|name| name == "growqr.db"));
    let ran = program.run(&["backup", program.folder().to_str().expect("a path")]);
    assert!(ran.code == Some(0) && ran.err.contains("pg_dump"), "{ran:?}");
}
