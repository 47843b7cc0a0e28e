//! The program opens whatever state the memory repository is in: people are answered, settings can be changed, pages can be
//! read, and `doctor` names the cause.

use crate::program::{Program, kill};
use growqr_testkit::anthropic::{Point, RequestView, Script, StopPoint, calls, says};
use growqr_testkit::{SmallDisk, skipped};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Tries to remember something; tells what came of it.
fn model(request: &RequestView<'_>) -> Option<Script> {
    let results = request.tool_results();
    Some(match results.last() {
        Some(result) if result.text.contains("committed") => says("Noted."),
        Some(result) => says(&format!("Not noted: {}", result.text)),
        None if request.last_user_text().contains("remember") => {
            calls([("commit_memory", json!({"path": "tea.md", "content": "Likes tea.\n", "message": "It matters later"}))])
        }
        None => says("Hello!"),
    })
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=You", "-c", "user.email=you@local"]).args(arguments);
    let output = command.output().expect("git is installed");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// A state of the repository: what `doctor` must say, how it begins and how it ends.
struct Case {
    said: &'static str,
    begin: fn(&Path),
    end: fn(&Path),
}

const CASES: [Case; 5] = [
    Case {
        said: "git bisect is under way",
        begin: |memory| git(memory, &["bisect", "start"]),
        end: |memory| git(memory, &["bisect", "reset"]),
    },
    Case {
        said: "main.lock exists",
        begin: |memory| fs::write(memory.join(".git/refs/heads/main.lock"), "f00\n").expect("a lock"),
        end: |memory| fs::remove_file(memory.join(".git/refs/heads/main.lock")).expect("the lock is there"),
    },
    Case {
        said: "fsck",
        begin: |memory| {
            fs::copy(memory.join(".git/refs/heads/main"), memory.join(".git/kept")).expect("a copy");
            fs::write(memory.join(".git/refs/heads/main"), "").expect("an empty ref");
        },
        end: |memory| fs::rename(memory.join(".git/kept"), memory.join(".git/refs/heads/main")).expect("the copy is there"),
    },
    Case {
        said: "git's settings cannot be read",
        begin: |memory| {
            fs::rename(memory.join(".git/config"), memory.join(".git/kept")).expect("it is there");
            fs::write(memory.join(".git/config"), "[core\n").expect("a broken file");
        },
        end: |memory| fs::rename(memory.join(".git/kept"), memory.join(".git/config")).expect("the copy is there"),
    },
    Case {
        said: "HEAD",
        begin: |memory| {
            fs::rename(memory.join(".git/HEAD"), memory.join(".git/kept")).expect("it is there");
            fs::write(memory.join(".git/HEAD"), "").expect("an empty file");
        },
        end: |memory| fs::rename(memory.join(".git/kept"), memory.join(".git/HEAD")).expect("the copy is there"),
    },
];

#[test]
fn everything_opens_whatever_state_the_memory_is_in() {
    let mut failures = Vec::new();
    for Case { said, begin, end } in CASES {
        let program = Program::new();
        program.claude.route(model);
        assert_eq!(program.chat("hello").code, Some(0));
        let memory = program.profile().join("memory");
        begin(&memory);
        let ran = program.chat("hello again");
        let not_noted = program.chat("remember that I like tea");
        let set = program.run(&["config", "set", "model", "guide"]);
        let unset = program.run(&["config", "set", "model", "claude-opus-5"]);
        let listed = program.run(&["memory", "list"]);
        // It exits with 1, because a check has failed.
        let doctor = program.run(&["--json", "doctor"]);
        let check = doctor.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("a JSON line"));
        let check = check.into_iter().find(|check| check["name"] == "memory").expect("a check of memory");
        end(&memory);
        let noted = program.chat("remember that I like tea");
        let is_right = ran.out.contains("Hello!")
            && not_noted.out.contains("Not noted")
            && not_noted.out.contains(said)
            && set.code == Some(0)
            && listed.out.contains("profile.md")
            && check["state"] == "failed"
            && check["found"].as_str().is_some_and(|found| found.contains(said))
            && noted.out.contains("Noted.");
        if !is_right {
            failures.push(format!("{said}: {ran:?} {not_noted:?} {set:?} {unset:?} {listed:?} {check} {noted:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_error_in_the_persons_own_git_settings_stops_only_changes_of_memory() {
    let mut program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat("hello").code, Some(0));
    let home = program.folder().join("home");
    fs::create_dir_all(&home).expect("a folder");
    fs::write(home.join(".gitconfig"), "[user\n").expect("a file");
    program.variables = vec![("HOME", home.display().to_string()), ("USERPROFILE", home.display().to_string())];
    let ran = program.chat("hello");
    assert!(ran.out.contains("Hello!"), "{ran:?}");
    let ran = program.chat("remember that I like tea");
    assert!(ran.out.contains("Not noted") && ran.out.contains(".gitconfig"), "{ran:?}");
    assert_eq!(program.run(&["memory", "read", "profile.md"]).code, Some(0));
    let doctor = program.run(&["doctor"]);
    assert!(doctor.out.contains(".gitconfig"), "{doctor:?}");
}

fn check_of_memory(program: &Program) -> Value {
    let doctor = program.run(&["--json", "doctor"]);
    let mut checks = doctor.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("a JSON line"));
    checks.find(|check| check["name"] == "memory").expect("a check of memory")
}

/// Fills the disk to the last byte.
fn fill(disk: &SmallDisk, file: &str) {
    let filled = fs::write(disk.path().join(file), vec![0; 8 << 20]);
    assert!(filled.is_err(), "the disk is smaller");
}

#[test]
fn doctor_finds_why_a_full_disk_stops_changes_of_memory() {
    let Some(disk) = SmallDisk::new("6m") else {
        skipped("a full disk: a small file system cannot be mounted here");
        return;
    };
    let program = Program::in_folder(disk.path());
    program.claude.route(model);
    assert_eq!(program.chat("hello").code, Some(0));
    assert_eq!(check_of_memory(&program)["state"], "ok");
    fill(&disk, "filler");
    let text = "A line of a page.\n".repeat(1_000);
    let failed = program.run_with(&["memory", "write", "long.md"], text.as_bytes());
    assert_eq!(failed.code, Some(1), "{failed:?}");
    // A program that ends frees what its own files have taken.
    fill(&disk, "more");
    let check = check_of_memory(&program);
    assert!(check["state"] == "failed" && check["found"].as_str().is_some_and(|found| found.contains("No space")), "{check}");
}

#[test]
#[cfg(unix)]
fn doctor_names_pages_that_are_read_only() {
    use std::os::unix::fs::PermissionsExt;
    let program = Program::new();
    assert_eq!(program.run_with(&["memory", "write", "trips/rome.md"], b"Rome.\n").code, Some(0));
    let folder = program.profile().join("memory/trips");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("it is ours");
    let check = check_of_memory(&program);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
    assert!(
        check["state"] == "failed" && check["found"].as_str().is_some_and(|found| found.contains("trips/rome.md")),
        "{check}"
    );
    assert_eq!(check_of_memory(&program)["state"], "ok");
}

#[test]
fn a_page_is_listed_by_either_unicode_form_of_its_name() {
    let program = Program::new();
    assert_eq!(program.run_with(&["memory", "write", "Caf\u{e9}/menu.md"], b"Tea.\n").code, Some(0));
    for prefix in ["Caf\u{e9}", "Cafe\u{301}", "Cafe\u{301}/m"] {
        assert_eq!(program.json(&["memory", "list", prefix]).len(), 1, "{prefix:?}");
    }
    assert_eq!(program.json(&["memory", "list", "Cafe"]).len(), 0);
}

#[test]
fn private_pages_and_repositories_inside_are_left_alone_and_doctor_counts_them() {
    let program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat("hello").code, Some(0));
    let memory = program.profile().join("memory");
    let write = |path: &str, text: &str| {
        fs::create_dir_all(memory.join(path).parent().expect("in a folder")).expect("a folder");
        fs::write(memory.join(path), text).expect("a file");
    };
    write(".gitignore", "private/\n*.draft.md\nnode_modules/\n");
    write("private/diary.md", "nobody may see this\n");
    write("private/more.md", "nobody may see this\n");
    write("letter.draft.md", "not yet\n");
    fs::create_dir_all(memory.join("projects/site")).expect("a folder");
    git(&memory.join("projects/site"), &["init", "-q"]);
    write("projects/site/README.md", "# Site\n");
    write("goals (Ada's conflicted copy 2026-11-29).md", "theirs\n");
    assert!(program.chat("remember that I like tea").out.contains("Noted."));
    let listed = program.run(&["memory", "list"]);
    assert!(!["diary", "draft", "site"].iter().any(|name| listed.out.contains(name)), "{listed:?}");
    assert!(listed.out.contains("(conflict copy of goals.md)"), "{listed:?}");
    assert!(listed.err.contains("2 files or folders are not listed, because git ignores them"), "{listed:?}");
    assert!(program.json(&["memory", "search", "nobody may"]).is_empty());
    let read = program.run(&["memory", "read", "private/diary.md"]);
    assert!(read.code == Some(1) && read.err.contains("git ignores it"), "{read:?}");
    let doctor = program.run(&["doctor"]).out;
    let said = ["git ignores 3 more", "projects/site", "1 files are left alone", "conflict copy of \"goals.md\""];
    assert!(said.iter().all(|said| doctor.contains(said)), "{doctor}");
    let committed = Command::new("git").arg("-C").arg(&memory).args(["ls-files"]).output().expect("git is installed");
    let committed = String::from_utf8_lossy(&committed.stdout).into_owned();
    assert!(!["diary", "draft", "site"].iter().any(|name| committed.contains(name)), "{committed}");
}

#[test]
fn pages_that_git_encrypts_are_read_and_never_written_or_committed_and_doctor_names_them() {
    let program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat("hello").code, Some(0));
    let memory = program.profile().join("memory");
    for (name, command) in [("clean", "tr a-z n-za-m"), ("smudge", "tr a-z n-za-m")] {
        git(&memory, &["config", &format!("filter.secretive.{name}"), command]);
    }
    fs::write(memory.join(".gitattributes"), "*.md filter=secretive\n").expect("a file");
    fs::write(memory.join("secret.md"), "nobody may read this\n").expect("a page");
    let answer = program.chat("remember that I like tea");
    assert!(answer.out.contains("Not noted") && answer.out.contains("secretive"), "{answer:?}");
    assert_eq!(program.run(&["memory", "read", "secret.md"]).out, "nobody may read this\n");
    assert_eq!(program.run_with(&["memory", "write", "secret.md"], b"changed\n").code, Some(1));
    let objects = ["cat-file", "--batch", "--batch-all-objects"];
    let objects = Command::new("git").arg("-C").arg(&memory).args(objects).output().expect("git is installed");
    assert!(objects.stdout.len() > 1_000 && !String::from_utf8_lossy(&objects.stdout).contains("nobody may read"));
    let doctor = program.run(&["doctor"]).out;
    assert!(doctor.contains("7 pages are read-only") && doctor.contains("secretive"), "{doctor}");
}

/// How many commits of hand edits memory has.
fn adoptions(program: &Program) -> usize {
    let log = program.json(&["memory", "log"]);
    log.iter().filter(|change| change["message"].as_str().is_some_and(|message| message.starts_with("Edited by hand"))).count()
}

#[test]
fn a_kill_during_a_long_adoption_loses_neither_the_message_nor_a_page() {
    const PAGES: usize = 8_000;
    let program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat("hello").code, Some(0));
    let memory = program.profile().join("memory");
    for number in 0..PAGES {
        let folder = memory.join(format!("area {}", number % 80));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("{number}.md")), format!("page {number}\n")).expect("a page");
    }
    let stop = StopPoint::new();
    let held = stop.clone();
    program.claude.route(move |request| Some(model(request)?.stop_at(Point::Events(1), &held)));
    let mut child = program.command(&["chat", "remember: I like tea"]).spawn().expect("it starts");
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(stop.reached());
    kill(&mut child);
    stop.release();
    assert_eq!(adoptions(&program), 0, "it was killed while the pages were still taken over");
    let said = |program: &Program| {
        let events = program.json(&["events"]);
        events.iter().filter(|event| event["kind"] == "user_said" && event.to_string().contains("I like tea")).count()
    };
    assert_eq!(said(&program), 1, "the message was recorded first");
    program.claude.route(model);
    let ran = program.run(&["chat"]);
    assert!(ran.code == Some(0) && ran.out.contains("Noted."), "{ran:?}");
    // Each start goes on with the adoption until it has answered.
    let starts = (0..60).take_while(|_| adoptions(&program) == 0 && program.chat("hello").code == Some(0)).count();
    assert_eq!((adoptions(&program), said(&program)), (1, 1), "after {starts} starts");
    let committed = Command::new("git").arg("-C").arg(&memory).args(["ls-tree", "-r", "--name-only", "HEAD"]).output();
    let committed = String::from_utf8(committed.expect("git is installed").stdout).expect("text");
    assert_eq!(committed.lines().filter(|path| path.contains("area ")).count(), PAGES);
    let log = program.json(&["memory", "log"]);
    assert_eq!(log.iter().filter(|change| change["paths"] == json!(["tea.md"])).count(), 1, "the change was made once");
    git(&memory, &["fsck", "--strict", "--no-dangling"]);
    git(&memory, &["diff", "--exit-code", "HEAD"]);
}

fn doctor_says(program: &Program, what: &str) {
    let doctor = program.run(&["doctor"]);
    assert!(doctor.out.contains(what), "{what}: {doctor:?}");
}

#[test]
fn a_change_that_no_branch_has_is_said_kept_and_brought_back() {
    let program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat("hello").code, Some(0));
    let memory = program.profile().join("memory");
    git(&memory, &["checkout", "-q", "--detach"]);
    let ran = program.chat("remember that I like tea");
    assert!(ran.out.contains("Noted."), "{ran:?}");
    let told = program.claude.requests().iter().any(|request| request.body.to_string().contains("detached HEAD"));
    assert!(told, "the agent is told with the result of its change");
    doctor_says(&program, "detached HEAD");
    git(&memory, &["checkout", "-q", "main"]);
    doctor_says(&program, "in no branch any more");
    assert_eq!(program.chat("hello").code, Some(0));
    let listed = program.run(&["memory", "list"]);
    assert!(!listed.out.contains("tea.md") && listed.err.contains("It matters later"), "{listed:?}");
    let command = listed.err.split(" merge ").nth(1).and_then(|rest| rest.get(..12)).expect("a command");
    git(&memory, &["merge", "-q", "-m", "Back", command]);
    let listed = program.run(&["memory", "list"]);
    assert!(listed.out.contains("tea.md") && !listed.err.contains("branch"), "{listed:?}");
}

#[test]
fn notes_from_before_the_first_message_are_shown_and_committed_as_what_they_are() {
    let program = Program::new();
    program.claude.route(model);
    let path = program.run(&["memory", "path"]);
    let memory = program.profile().join("memory");
    assert_eq!(Path::new(path.out.trim()), memory);
    fs::create_dir_all(&memory).expect("a folder");
    fs::write(memory.join("garden.md"), "Plant tulips.\n").expect("a note");
    fs::write(memory.join("latin1.md"), b"caf\xe9\n").expect("a file");
    let listed = program.run(&["memory", "list"]);
    assert!(listed.out.contains("garden.md") && !listed.out.contains("latin1.md"), "{listed:?}");
    assert!(listed.err.contains("latin1.md") && listed.err.contains("Pages that were here already"), "{listed:?}");
    assert!(program.run(&["memory", "search", "tulips"]).out.contains("garden.md"));
    assert!(program.run(&["memory", "search", "GARDEN"]).out.contains("garden.md"), "by its name");
    assert_eq!(program.run(&["memory", "log"]).code, Some(0));
    assert!(check_of_memory(&program)["found"].as_str().is_some_and(|found| found.starts_with("1 pages in")));
    assert!(!memory.join(".git").exists());
    let first = program.chat("hello");
    assert!(first.err.contains("Pages that were here already"), "{first:?}");
    let log = program.run(&["memory", "log"]);
    assert!(log.out.contains("Pages that were here already"), "{log:?}");
    assert!(!program.run(&["memory", "list"]).out.contains("profile.md"), "no templates among them");
    assert_eq!(check_of_memory(&program)["state"], "ok");

    // The history goes away and comes back.
    fs::rename(memory.join(".git"), program.profile().join("away")).expect("it is there");
    doctor_says(&program, "has no .git folder");
    assert!(check_of_memory(&program)["found"].as_str().is_some_and(|found| found.starts_with("1 pages in")));
    assert!(program.chat("hello").err.contains("has no .git folder"));
    fs::rename(memory.join(".git"), program.profile().join("interim")).expect("a new one");
    fs::rename(program.profile().join("away"), memory.join(".git")).expect("it is there");
    assert!(program.chat("hello").err.contains("used before is in"), "it is recognised");
}

#[test]
fn a_lock_that_git_has_left_is_named_and_holds_up_no_answer() {
    let program = Program::new();
    program.claude.route(model);
    assert_eq!(program.chat("hello").code, Some(0));
    let memory = program.profile().join("memory");
    let lock = memory.join(".git/index.lock");
    fs::write(&lock, "").expect("a lock");
    fs::write(memory.join("mine.md"), "by hand\n").expect("a page");
    let ran = program.chat("hello");
    assert!(ran.code == Some(0) && ran.out.contains("Hello!"), "{ran:?}");
    let written = program.run_with(&["memory", "write", "lock.md"], b"x\n");
    assert!(written.code == Some(0) && written.err.contains("index.lock"), "{written:?}");
    doctor_says(&program, "index.lock is");
    doctor_says(&program, "before you commit with git yourself, let GrowQR bring git's index up to date");
    fs::remove_file(lock).expect("it is there");
    assert_eq!(program.chat("hello").code, Some(0));
    git(&memory, &["diff", "--cached", "--exit-code"]);
    let doctor = program.run(&["doctor"]);
    assert!(!doctor.out.contains("index.lock"), "{doctor:?}");
}
