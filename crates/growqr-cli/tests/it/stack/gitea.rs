//! Memory and its copy on Gitea.

use crate::docker_desk::{LIMIT, Owned, Running, desk, docker, part, port, remember, reset, status, until, until_parts, up};
use crate::program::Program;
use growqr_testkit::DockerHost;
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::process::Command;
use std::time::Duration;
use tokio::time::Instant;

/// The page of these tests, and the page with Gitea's version.
const PLAN: &str = "plan.md";
const PLAN_OF_GITEA: &str = "plan (from the server).md";

/// Runs a test with a program whose page Gitea has, and removes everything but memory afterwards.
fn with_synced_page(test: impl FnOnce(&Program, &Owned<'_>)) {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = Running::ready(&program);
    remember(&program, PLAN, "learn Rust\n");
    assert_eq!(sync(&program, &[]).0, Some(0));
    test(&program, &Owned::of(host, &program));
    drop(running);
    let before = page(&program, PLAN);
    reset(&program);
    assert_eq!(page(&program, PLAN), before, "memory stays on this computer");
}

/// Runs git on the bare repository in Gitea's container.
pub(super) fn in_gitea(owned: &Owned<'_>, command: &str) -> String {
    owned.shell("gitea", &format!("cd /var/lib/gitea/git/repositories/*/memory.git && {command}"))
}

/// Waits until a page in Gitea has these words.
fn until_in_gitea(owned: &Owned<'_>, path: &str, words: &str) {
    let read = format!("git show HEAD:{path} 2>/dev/null || true");
    until("the page in Gitea", || in_gitea(owned, &read).contains(words).then_some(()));
}

pub(super) fn page(program: &Program, path: &str) -> Value {
    program.json(&["memory", "read", path])[0]["text"].clone()
}

/// The program's token for Gitea.
fn gitea_token(program: &Program) -> String {
    let stored = std::fs::read(program.profile().join("stack-credentials.json")).expect("a file");
    let stored: Value = serde_json::from_slice(&stored).expect("JSON");
    stored["gitea_token"].as_str().expect("a token").to_owned()
}

/// Calls Gitea's API and returns the status.
fn api(program: &Program, method: &str, route: &str) -> u16 {
    request(program, method, route, None).0
}

/// Calls Gitea's API and returns the status and the answer.
pub(super) fn request(program: &Program, method: &str, route: &str, body: Option<&Value>) -> (u16, Value) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port(&status(program), "gitea"))).expect("Gitea listens");
    let (token, body) = (gitea_token(program), body.map(Value::to_string).unwrap_or_default());
    let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    let head = format!(
        "{method} /api/v1/{route} HTTP/1.1\r\nhost: gitea\r\nauthorization: token {token}\r\n{kind}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("it reads");
    stream.shutdown(Shutdown::Write).expect("it is told that nothing follows");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{answer}"));
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (code, serde_json::from_str(body).unwrap_or_default())
}

/// Stops all processes of Gitea: it takes connections and says nothing.
fn freeze_gitea(owned: &Owned<'_>) {
    owned.shell("gitea", "kill -STOP $(ls /proc | grep -xE '[0-9]+' | grep -vx \"$$\" | grep -vx 1) 2>/dev/null; true");
}

fn thaw_gitea(owned: &Owned<'_>) {
    owned.shell("gitea", "kill -CONT -1; true");
}

/// Changes a page in the repository on Gitea, over HTTP. The token is the program's: the person's password is for the pages
/// alone.
fn push_page(program: &Program, path: &str, text: &str) {
    let address =
        format!("http://growqr:{}@127.0.0.1:{}/growqr/memory.git", gitea_token(program), port(&status(program), "gitea"));
    let clone = tempfile::tempdir().expect("a folder");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(clone.path()).args(["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]);
        let output = command.args(arguments).output().expect("git starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["clone", "-q", &address, "."]);
    std::fs::write(clone.path().join(path), text).expect("a page");
    git(&["add", path]);
    git(&["commit", "-qm", "An edit in Gitea"]);
    git(&["push", "-q"]);
}

pub(super) fn sync(program: &Program, arguments: &[&str]) -> (Option<i32>, Value) {
    let ran = program.run(&[&["--json", "stack", "sync"], arguments].concat());
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}")))
}

#[test]
fn memory_goes_to_gitea_and_edits_there_come_back() {
    with_synced_page(|program, owned| {
        remember(program, PLAN, "learn more Rust\n");
        until_in_gitea(owned, PLAN, "learn more Rust");
        push_page(program, PLAN, "learn Rust and C\n");
        assert_eq!(sync(program, &[]).0, Some(0));
        assert_eq!(page(program, PLAN), "learn Rust and C\n");
        // Both sides change pages of their own.
        push_page(program, "theirs.md", "theirs\n");
        remember(program, "ours.md", "ours\n");
        assert_eq!(sync(program, &[]).0, Some(0));
        assert_eq!(page(program, "theirs.md"), "theirs\n");
        assert_eq!(in_gitea(owned, "git show HEAD:ours.md HEAD:theirs.md HEAD:plan.md"), "ours\ntheirs\nlearn Rust and C");
    });
}

/// Starts a program whose page was changed here and in Gitea since they were compared.
fn with_a_plan_of_both_sides<'a>(host: &'a DockerHost, program: &'a Program) -> (Running<'a>, Owned<'a>) {
    up(program);
    remember(program, PLAN, "learn Rust\n");
    assert_eq!(sync(program, &[]).0, Some(0));
    let running = Running::ready(program);
    let owned = Owned::of(host, program);
    freeze_gitea(&owned);
    remember(program, PLAN, "learn Ada\n");
    let edit = format!(
        "export GIT_INDEX_FILE=/tmp/edit && git read-tree HEAD && \
         page=$(echo 'learn C' | git hash-object -w --stdin) && \
         git update-index --add --cacheinfo 100644,$page,{PLAN} && \
         change=$(git -c user.name=x -c user.email=x@example.org commit-tree -p HEAD -m Edit $(git write-tree)) && \
         git update-ref HEAD $change"
    );
    in_gitea(&owned, &edit);
    thaw_gitea(&owned);
    (running, owned)
}

/// Asks about conflicts that wait for an answer.
fn conflicts(program: &Program) -> Vec<Value> {
    program.json(&["asks", "list"]).into_iter().filter(|row| row["ask"]["kind"] == "conflict").collect()
}

fn until_asked(program: &Program) -> Value {
    until("an ask about the conflict", || conflicts(program).into_iter().next())
}

fn says_two_versions(program: &Program) -> bool {
    status(program)["memory"]["found"].as_str().is_some_and(|found| found.contains("both versions are kept"))
}

/// A Grow Agent that merges the page: it reads both versions, writes one, and deletes the other.
fn merges(request: &RequestView<'_>) -> Option<Script> {
    let results: Vec<String> = request.tool_results().into_iter().map(|result| result.text).collect();
    Some(match &results[..] {
        [] if request.last_user_text().contains(&format!("\"{PLAN}\" and \"{PLAN_OF_GITEA}\"")) => {
            calls([("read_memory", json!({"path": PLAN})), ("read_memory", json!({"path": PLAN_OF_GITEA}))])
        }
        [here, there] if here.contains("learn Ada") && there.contains("learn C") => {
            let base = here.lines().next().and_then(|line| line.strip_prefix("version: ")).expect("a version");
            let merged = json!({"path": PLAN, "content": "learn Ada and C\n", "message": "Merge the plans", "base": base});
            calls([("commit_memory", merged), ("delete_memory", json!({"path": PLAN_OF_GITEA, "message": "Merged"}))])
        }
        _ => says("Both plans are one page now."),
    })
}

#[test]
fn a_page_that_both_sides_have_changed_is_kept_twice_and_asked_about_once_whatever_is_killed() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    program.route(merges);
    let (running, owned) = with_a_plan_of_both_sides(host, &program);
    // Killed at the merge, most likely before the ask is recorded.
    let copy = program.profile().join("memory").join(PLAN_OF_GITEA);
    let start = Instant::now();
    while !copy.exists() {
        assert!(start.elapsed() < LIMIT, "both sides are compared");
        std::thread::sleep(Duration::from_millis(1));
    }
    running.kill();
    let running = Running::start(&program);
    let ask = until_asked(&program);
    let expected = json!([{"path": PLAN, "copy": PLAN_OF_GITEA}]);
    assert_eq!((&ask["ask"]["detail"]["conflict"]["pages"], &ask["agent"]), (&expected, &json!("grow")));
    running.until_ready();
    assert_eq!(sync(&program, &[]).0, Some(0));
    assert!(says_two_versions(&program), "the merge was made before the restart");
    assert_eq!(in_gitea(&owned, &format!("git show HEAD:{PLAN} 'HEAD:{PLAN_OF_GITEA}'")), "learn Ada\nlearn C");
    running.kill();
    let running = Running::ready(&program);
    assert_eq!(sync(&program, &[]).0, Some(0));
    assert!(says_two_versions(&program));
    assert_eq!(conflicts(&program), std::slice::from_ref(&ask), "asked once");
    let id = ask["ask"]["id"].as_str().expect("an id");
    let shown = program.run(&["asks", "show", id]);
    assert!(shown.out.contains("Let the Grow Agent merge them") && shown.out.contains(PLAN_OF_GITEA), "{shown:?}");
    // Another terminal answers, and the agent merges.
    assert_eq!(program.run(&["asks", "answer", id, "merge"]).code, Some(0));
    until("the merge", || (!copy.exists()).then_some(()));
    until("the end of the notice", || (!says_two_versions(&program)).then_some(()));
    assert_eq!(page(&program, PLAN), "learn Ada and C\n");
    assert_eq!(conflicts(&program), [] as [Value; 0]);
    program.assert_all_accepted();
    drop(running);
    reset(&program);
}

#[test]
fn an_ask_about_two_versions_is_withdrawn_when_the_person_deletes_one() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let (running, _) = with_a_plan_of_both_sides(host, &program);
    let ask = until_asked(&program);
    until("the notice", || says_two_versions(&program).then_some(()));
    let mut texts = [PLAN, PLAN_OF_GITEA].map(|path| page(&program, path));
    texts.sort_by_key(Value::to_string);
    assert_eq!(texts, ["learn Ada\n", "learn C\n"]);
    assert_eq!(program.run(&["memory", "delete", PLAN_OF_GITEA]).code, Some(0));
    until("the end of the ask", || conflicts(&program).is_empty().then_some(()));
    let settled = program.json(&["asks", "list", "--settled", "1"]).remove(0);
    assert_eq!((&settled["ask"]["id"], &settled["settled"]["by"]), (&ask["ask"]["id"], &json!("withdrawn")));
    until("the end of the notice", || (!says_two_versions(&program)).then_some(()));
    drop(running);
    reset(&program);
}

#[test]
fn a_repository_that_was_deleted_is_made_again_and_filled_only_by_joining_it() {
    with_synced_page(|program, owned| {
        assert_eq!(api(program, "DELETE", "repos/growqr/memory"), 204);
        let (code, state) = sync(program, &[]);
        assert_eq!(code, Some(1), "{state}");
        let is_stopped = || status(program)["memory"]["state"] == "stopped";
        until("the repository is made again, and nothing is sent unasked", || is_stopped().then_some(()));
        assert_eq!(sync(program, &["--join"]).0, Some(0));
        assert_eq!(in_gitea(owned, "git show HEAD:plan.md"), "learn Rust");
    });
}

#[test]
fn a_wiped_repository_is_recognised_and_filled_again_only_when_the_person_joins_it() {
    with_synced_page(|program, owned| {
        in_gitea(owned, "git for-each-ref --format='delete %(refname)' | git update-ref --stdin");
        remember(program, "more.md", "more\n");
        let (code, state) = sync(program, &[]);
        assert_eq!((code, &state["memory"]["state"]), (Some(1), &"stopped".into()), "{state}");
        assert!(state["memory"]["next_step"].as_str().is_some_and(|step| step.contains("--join")), "{state}");
        assert_eq!(in_gitea(owned, "git for-each-ref"), "", "nothing is sent");
        assert_eq!(status(program)["memory"]["state"], "stopped");
        let (code, state) = sync(program, &["--join"]);
        assert_eq!((code, &state["memory"]["state"]), (Some(0), &"same".into()), "{state}");
        assert_eq!(in_gitea(owned, "git show HEAD:plan.md HEAD:more.md"), "learn Rust\nmore");
    });
}

#[test]
fn a_token_that_was_removed_in_gitea_is_made_again_and_what_waited_is_sent() {
    with_synced_page(|program, owned| {
        let before = gitea_token(program);
        assert_eq!(api(program, "DELETE", "token"), 204);
        remember(program, "more.md", "more\n");
        until_in_gitea(owned, "more.md", "more");
        assert_ne!(gitea_token(program), before);
    });
}

#[test]
fn another_memory_on_gitea_is_recognised_and_nothing_is_sent() {
    with_synced_page(|program, owned| {
        let names = "GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@x";
        let foreign = in_gitea(
            owned,
            &format!(
                "head=$({names} git commit-tree -m other $(git mktree </dev/null)) && git update-ref HEAD $head && echo $head"
            ),
        );
        remember(program, "more.md", "more\n");
        for arguments in [&[][..], &["--join"]] {
            let (code, state) = sync(program, arguments);
            assert_eq!((code, &state["memory"]["state"]), (Some(1), &"stopped".into()), "{state}");
            assert!(state["memory"]["next_step"].as_str().is_some_and(|step| step.contains("Rename or delete")), "{state}");
            assert_eq!(in_gitea(owned, "git rev-parse HEAD"), foreign);
        }
        assert_eq!(page(program, PLAN), "learn Rust\n");
        assert_eq!(api(program, "DELETE", "repos/growqr/memory"), 204);
        until("the copy is made again", || (sync(program, &["--join"]).0 == Some(0)).then_some(()));
        assert_eq!(in_gitea(owned, "git show HEAD:plan.md HEAD:more.md"), "learn Rust\nmore");
    });
}

#[test]
fn a_gitea_that_hangs_is_said_and_writing_does_not_wait_for_it() {
    with_synced_page(|program, owned| {
        freeze_gitea(owned);
        let start = Instant::now();
        remember(program, "more.md", "more\n");
        // The program waits for Gitea for ten seconds where it does.
        assert!(start.elapsed() < Duration::from_secs(8), "writing does not wait for Gitea: {:?}", start.elapsed());
        let behind = until("behind", || {
            let memory = status(program)["memory"].clone();
            (memory["state"] == "behind" && memory["behind"] == 1).then_some(memory)
        });
        assert!(behind["found"].as_str().is_some_and(|found| found.contains("behind by 1 change")), "{behind}");
        thaw_gitea(owned);
        until_in_gitea(owned, "more.md", "more");
        until("the same", || (status(program)["memory"]["state"] == "same").then_some(()));
    });
}

#[test]
fn a_paused_gitea_is_shown_without_a_host_and_unpaused_by_one() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    up(&program);
    let owned = Owned::of(host, &program);
    host.docker(&["pause", &owned.container("gitea")]);
    let shown = status(&program);
    assert_eq!(
        (&part(&shown, "gitea")["state"], &part(&shown, "gitea")["found"]),
        (&"stopped".into(), &"paused in Docker".into())
    );
    remember(&program, PLAN, "learn Rust\n");
    let running = Running::start(&program);
    until_parts(&program, "running", &["gitea"]);
    until_in_gitea(&owned, PLAN, "learn Rust");
    // While the program runs, a pause is ended at once.
    host.docker(&["pause", &owned.container("gitea")]);
    until("running again", || {
        let paused = host.docker(&["inspect", "-f", "{{.State.Paused}}", &owned.container("gitea")]);
        (paused == "false").then_some(())
    });
    assert!(running.log().contains("unpause Gitea"));
    drop(running);
    reset(&program);
}
