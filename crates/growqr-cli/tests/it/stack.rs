//! The person's containers, with a real Docker daemon, the real OpenCode, and the stand-in of Gitea in a container of the same
//! shape.

use crate::docker_desk::{
    LIMIT, Owned, Running, desk, docker, equipped, part, port, ports, remember, reset, status, until, until_parts, up,
};
use crate::program::{Program, kill};
use growqr_testkit::DockerHost;
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::time::Instant;

#[test]
fn one_command_starts_both_services_and_another_stops_them() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    assert_eq!(part(&status(&program), "gitea")["state"], "off");
    up(&program);
    let owned = Owned::of(host, &program);
    assert_eq!(owned.running().len(), 2);
    let state = status(&program);
    for id in ["gitea", "opencode"] {
        assert_eq!(part(&state, id)["state"], "running", "{state}");
    }
    let log = program.run(&["stack", "logs", "opencode"]);
    assert!(log.out.contains("listening"), "{log:?}");
    // A second time nothing is made anew.
    let before = [owned.container("gitea"), owned.container("opencode")];
    up(&program);
    assert_eq!([owned.container("gitea"), owned.container("opencode")], before);
    let down = program.run(&["stack", "down"]);
    assert_eq!(down.code, Some(0), "{down:?}");
    assert_eq!(owned.running(), Vec::<String>::new());
    reset(&program);
    assert_eq!(owned.volumes(), Vec::<String>::new());
}

#[test]
fn an_up_that_comes_while_a_container_is_being_prepared_ends_when_it_is() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = Running::ready(&program);
    let container = Owned::of(host, &program).container("opencode");
    // So that it takes long to answer, however fast the machine is.
    host.docker(&["update", "--cpus", "0.1", &container]);
    host.docker(&["restart", "-t", "0", &container]);
    until("the preparation", || (part(&status(&program), "opencode")["found"] == "waiting until it answers").then_some(()));
    host.docker(&["update", "--cpus", "1", &container]);
    up(&program);
    assert_eq!(part(&status(&program), "opencode")["state"], "running");
    drop(running);
    reset(&program);
}

/// A program that listens on a port, as another program of the person might.
fn occupy(port: u16) -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("nobody listens there")
}

#[test]
fn a_port_that_is_taken_while_the_stack_is_down_is_passed_over() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    up(&program);
    let first = port(&status(&program), "gitea");
    assert_eq!(program.run(&["stack", "down"]).code, Some(0));
    let _other = occupy(first);
    up(&program);
    let second = port(&status(&program), "gitea");
    assert!(second != first && ports(&program).contains(&second), "{first} {second}");
    let owned = Owned::of(host, &program);
    assert_eq!((owned.containers().len(), owned.volumes().len()), (2, 5), "no second container, no new volumes");
    reset(&program);
}

#[test]
fn a_port_that_docker_finds_taken_at_the_start_is_replaced() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    up(&program);
    let first = port(&status(&program), "opencode");
    let owned = Owned::of(host, &program);
    host.docker(&["stop", "-t", "1", &owned.container("opencode")]);
    let _other = occupy(first);
    up(&program);
    let second = port(&status(&program), "opencode");
    assert!(second != first && ports(&program).contains(&second), "{first} {second}");
    assert_eq!((owned.containers().len(), owned.running().len()), (2, 2));
    reset(&program);
}

#[test]
fn a_range_without_a_free_port_is_named_with_its_holders() {
    let Some(host) = docker() else { return };
    let mut program = desk(host);
    let start = *ports(&program).start();
    // Gitea, OpenCode and the gateway need three.
    program.variables.retain(|(name, _)| *name != "USER_PORT_RANGE_END");
    program.variables.push(("USER_PORT_RANGE_END", (start + 1).to_string()));
    let ran = program.run(&["stack", "up"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let range = format!("No free ports in USER_PORT_RANGE ({start}-{})", start + 1);
    let holders = [format!("{start} by Gitea"), format!("{} by OpenCode", start + 1)];
    assert!(ran.out.contains(&range) && holders.iter().all(|holder| ran.out.contains(holder)), "{ran:?}");
    assert!(ran.out.contains("USER_PORT_RANGE_END"), "the remedy: {ran:?}");
    let _ = program.run(&["stack", "reset", "--yes"]);
}

/// Kills two starts of a program after so many milliseconds, for each pair of delays, and lets the third arrive.
fn kill_starts(delays: &[[u64; 2]]) {
    let Some(host) = docker() else { return };
    for delays in delays {
        let program = desk(host);
        for delay in *delays {
            let mut child = program.command(&["stack", "up"]).spawn().expect("it starts");
            std::thread::sleep(Duration::from_millis(delay));
            kill(&mut child);
        }
        up(&program);
        let state = status(&program);
        for id in ["gitea", "opencode"] {
            assert_eq!(part(&state, id)["state"], "running", "{delays:?}: {state}");
        }
        let owned = Owned::of(host, &program);
        let found = (owned.containers().len(), owned.running().len(), owned.networks().len(), owned.volumes().len());
        assert_eq!(found, (2, 2, 2, 5), "{delays:?}");
        assert_eq!(state["orphans"], Value::Array(Vec::new()), "{delays:?}");
        reset(&program);
        let found = (owned.containers().len(), owned.networks().len(), owned.volumes().len());
        assert_eq!(found, (0, 0, 0), "{delays:?}");
    }
}

#[test]
fn a_start_that_is_killed_early_arrives_the_next_time() {
    kill_starts(&[[200, 2_200], [600, 2_600]]);
}

#[test]
fn a_start_that_is_killed_late_arrives_the_next_time() {
    kill_starts(&[[1_000, 3_000], [1_400, 3_500], [1_800, 4_000]]);
}

fn copy_folder(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().expect("cp starts");
    assert!(copied.success());
}

#[test]
fn two_data_folders_and_a_copy_of_one_never_touch_each_others_containers() {
    let Some(host) = docker() else { return };
    let (first, second) = (desk(host), desk(host));
    up(&first);
    up(&second);
    let (first_owned, second_owned) = (Owned::of(host, &first), Owned::of(host, &second));
    let seen = |owned: &Owned<'_>| (owned.running(), owned.networks(), owned.volumes());
    let (first_before, second_before) = (seen(&first_owned), seen(&second_owned));
    let folder = tempfile::tempdir().expect("a folder");
    copy_folder(first.folder(), folder.path());
    let copy = equipped(host, Program::in_folder(folder.path()));
    up(&copy);
    let copy_owned = Owned::of(host, &copy);
    assert_eq!((copy_owned.running().len(), copy_owned.volumes().len()), (2, 5));
    assert_eq!(seen(&first_owned), first_before);
    reset(&copy);
    assert_eq!(copy_owned.containers(), Vec::<String>::new());
    assert_eq!(seen(&first_owned), first_before);
    reset(&first);
    assert_eq!(seen(&first_owned), (Vec::new(), Vec::new(), Vec::new()));
    assert_eq!(seen(&second_owned), second_before);
    for id in ["gitea", "opencode"] {
        assert_eq!(part(&status(&second), id)["state"], "running");
    }
    reset(&second);
}

#[test]
fn a_moved_data_folder_keeps_its_containers() {
    let Some(host) = docker() else { return };
    let base = tempfile::tempdir().expect("a folder");
    let [before, after] = ["before", "after"].map(|name| base.path().join(name));
    std::fs::create_dir(&before).expect("a folder");
    let program = equipped(host, Program::in_folder(&before));
    up(&program);
    let owned = Owned::of(host, &program);
    let seen = || (owned.running(), owned.networks(), owned.volumes());
    let first = seen();
    assert_eq!((first.0.len(), first.2.len()), (2, 5));
    std::fs::rename(&before, &after).expect("a move");
    let mut moved = Program::in_folder(&after);
    moved.variables.clone_from(&program.variables);
    let program = moved;
    let state = status(&program);
    for id in ["gitea", "opencode"] {
        assert_eq!(part(&state, id)["state"], "running", "{state}");
    }
    up(&program);
    assert_eq!(seen(), first);
    assert_eq!(status(&program)["orphans"], Value::Array(Vec::new()));
    reset(&program);
    assert_eq!(seen(), (Vec::new(), Vec::new(), Vec::new()));
}

#[test]
fn a_copy_that_was_taken_for_the_original_gets_containers_of_its_own_when_that_is_back() {
    let Some(host) = docker() else { return };
    let base = tempfile::tempdir().expect("a folder");
    let [disk, home, away] = ["disk", "home", "away"].map(|name| base.path().join(name));
    std::fs::create_dir(&disk).expect("a folder");
    let original = equipped(host, Program::in_folder(&disk));
    up(&original);
    let owned = Owned::of(host, &original);
    let seen = || (owned.running(), owned.networks(), owned.volumes());
    let before = seen();
    copy_folder(&disk, &home);
    std::fs::rename(&disk, &away).expect("a move");
    let mut copy = Program::in_folder(&home);
    copy.variables.clone_from(&original.variables);
    let running = Running::ready(&copy);
    assert_eq!(seen(), before, "taken for the moved original");
    remember(&copy, "plan.md", "learn Rust\n");
    assert_eq!(sync(&copy, &[]).0, Some(0));
    std::fs::rename(&away, &disk).expect("a move");
    let folder = std::fs::canonicalize(&home).expect("a folder");
    let label = format!("label=ai.growqr.folder={}", folder.display());
    until("containers of its own", || (host.docker(&["ps", "-q", "--filter", &label]).lines().count() == 2).then_some(()));
    running.until_ready();
    assert_eq!(seen(), before, "the original keeps its containers");
    assert_eq!(sync(&copy, &[]).0, Some(0), "the new copy of memory is filled");
    up(&original);
    assert_eq!(seen(), before);
    drop(running);
    reset(&copy);
    assert_eq!(seen(), before);
    assert_eq!(part(&status(&original), "opencode")["state"], "running");
    reset(&original);
    assert_eq!(seen(), (Vec::new(), Vec::new(), Vec::new()));
}

/// Runs git on the bare repository in Gitea's container.
fn in_gitea(owned: &Owned<'_>, command: &str) -> String {
    owned.shell("gitea", &format!("cd /var/lib/gitea/git/repositories/*/memory.git && {command}"))
}

fn page(program: &Program, path: &str) -> Value {
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
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port(&status(program), "gitea"))).expect("Gitea listens");
    let token = gitea_token(program);
    let head =
        format!("{method} /api/v1/{route} HTTP/1.1\r\nhost: gitea\r\nauthorization: token {token}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).expect("it answers");
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{answer}"))
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

fn sync(program: &Program, arguments: &[&str]) -> (Option<i32>, Value) {
    let ran = program.run(&[&["--json", "stack", "sync"], arguments].concat());
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}")))
}

#[test]
fn memory_goes_to_gitea_and_edits_there_come_back() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    remember(&program, "plan.md", "learn Rust\n");
    until("the page in Gitea", || {
        in_gitea(&owned, "git show HEAD:plan.md 2>/dev/null || true").contains("learn Rust").then_some(())
    });
    push_page(&program, "plan.md", "learn Rust and C\n");
    assert_eq!(sync(&program, &[]).0, Some(0));
    assert_eq!(page(&program, "plan.md"), "learn Rust and C\n");
    // Both sides change pages of their own.
    push_page(&program, "theirs.md", "theirs\n");
    remember(&program, "ours.md", "ours\n");
    assert_eq!(sync(&program, &[]).0, Some(0));
    assert_eq!(page(&program, "theirs.md"), "theirs\n");
    assert_eq!(in_gitea(&owned, "git show HEAD:ours.md HEAD:theirs.md HEAD:plan.md"), "ours\ntheirs\nlearn Rust and C");
    drop(running);
    reset(&program);
    assert_eq!(page(&program, "plan.md"), "learn Rust and C\n", "memory stays on this computer");
}

/// The page of the next tests, and the page with Gitea's version.
const PLAN: &str = "plan.md";
const PLAN_OF_GITEA: &str = "plan (from the server).md";

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
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    remember(&program, "plan.md", "learn Rust\n");
    assert_eq!(sync(&program, &[]).0, Some(0));
    assert_eq!(api(&program, "DELETE", "repos/growqr/memory"), 204);
    let (code, state) = sync(&program, &[]);
    assert_eq!(code, Some(1), "{state}");
    let is_stopped = || status(&program)["memory"]["state"] == "stopped";
    until("the repository is made again, and nothing is sent unasked", || is_stopped().then_some(()));
    assert_eq!(sync(&program, &["--join"]).0, Some(0));
    assert_eq!(in_gitea(&owned, "git show HEAD:plan.md"), "learn Rust");
    drop(running);
    reset(&program);
}

#[test]
fn a_wiped_repository_is_recognised_and_filled_again_only_when_the_person_joins_it() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    remember(&program, "plan.md", "learn Rust\n");
    assert_eq!(sync(&program, &[]).0, Some(0));
    in_gitea(&owned, "git for-each-ref --format='delete %(refname)' | git update-ref --stdin");
    remember(&program, "more.md", "more\n");
    let (code, state) = sync(&program, &[]);
    assert_eq!((code, &state["memory"]["state"]), (Some(1), &"stopped".into()), "{state}");
    assert!(state["memory"]["next_step"].as_str().is_some_and(|step| step.contains("--join")), "{state}");
    assert_eq!(in_gitea(&owned, "git for-each-ref"), "", "nothing is sent");
    assert_eq!(status(&program)["memory"]["state"], "stopped");
    let (code, state) = sync(&program, &["--join"]);
    assert_eq!((code, &state["memory"]["state"]), (Some(0), &"same".into()), "{state}");
    assert_eq!(in_gitea(&owned, "git show HEAD:plan.md HEAD:more.md"), "learn Rust\nmore");
    drop(running);
    reset(&program);
}

#[test]
fn a_token_that_was_removed_in_gitea_is_made_again_and_what_waited_is_sent() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    remember(&program, "plan.md", "learn Rust\n");
    assert_eq!(sync(&program, &[]).0, Some(0));
    let before = gitea_token(&program);
    assert_eq!(api(&program, "DELETE", "token"), 204);
    remember(&program, "more.md", "more\n");
    until("the page in Gitea", || in_gitea(&owned, "git show HEAD:more.md 2>/dev/null || true").contains("more").then_some(()));
    assert_ne!(gitea_token(&program), before);
    drop(running);
    reset(&program);
}

#[test]
fn another_memory_on_gitea_is_recognised_and_nothing_is_sent() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    remember(&program, "plan.md", "learn Rust\n");
    assert_eq!(sync(&program, &[]).0, Some(0));
    let names = "GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@x";
    let foreign = in_gitea(
        &owned,
        &format!("head=$({names} git commit-tree -m other $(git mktree </dev/null)) && git update-ref HEAD $head && echo $head"),
    );
    remember(&program, "more.md", "more\n");
    for arguments in [&[][..], &["--join"]] {
        let (code, state) = sync(&program, arguments);
        assert_eq!((code, &state["memory"]["state"]), (Some(1), &"stopped".into()), "{state}");
        assert!(state["memory"]["next_step"].as_str().is_some_and(|step| step.contains("Rename or delete")), "{state}");
        assert_eq!(in_gitea(&owned, "git rev-parse HEAD"), foreign);
    }
    assert_eq!(page(&program, "plan.md"), "learn Rust\n");
    assert_eq!(api(&program, "DELETE", "repos/growqr/memory"), 204);
    until("the copy is made again", || (sync(&program, &["--join"]).0 == Some(0)).then_some(()));
    assert_eq!(in_gitea(&owned, "git show HEAD:plan.md HEAD:more.md"), "learn Rust\nmore");
    drop(running);
    reset(&program);
}

#[test]
fn a_gitea_that_hangs_is_said_and_writing_does_not_wait_for_it() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    remember(&program, "plan.md", "learn Rust\n");
    assert_eq!(sync(&program, &[]).0, Some(0));
    freeze_gitea(&owned);
    let start = Instant::now();
    remember(&program, "more.md", "more\n");
    // The program waits for Gitea for ten seconds where it does.
    assert!(start.elapsed() < Duration::from_secs(8), "writing does not wait for Gitea: {:?}", start.elapsed());
    let behind = until("behind", || {
        let memory = status(&program)["memory"].clone();
        (memory["state"] == "behind" && memory["behind"] == 1).then_some(memory)
    });
    assert!(behind["found"].as_str().is_some_and(|found| found.contains("behind by 1 change")), "{behind}");
    thaw_gitea(&owned);
    until("the page in Gitea", || in_gitea(&owned, "git show HEAD:more.md 2>/dev/null || true").contains("more").then_some(()));
    until("the same", || (status(&program)["memory"]["state"] == "same").then_some(()));
    drop(running);
    reset(&program);
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
    remember(&program, "plan.md", "learn Rust\n");
    let running = Running::start(&program);
    until_parts(&program, "running", &["gitea"]);
    until("the page in Gitea", || {
        in_gitea(&owned, "git show HEAD:plan.md 2>/dev/null || true").contains("learn Rust").then_some(())
    });
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

#[test]
fn a_reset_that_was_ordered_while_docker_was_away_is_carried_out_after_a_kill() {
    let Some(host) = docker() else { return };
    let mut program = desk(host);
    up(&program);
    let owned = Owned::of(host, &program);
    let address = std::mem::replace(&mut docker_host(&mut program).1, "unix:///nonexistent/docker.sock".to_owned());
    let mut order = program.command(&["stack", "reset", "--yes"]).spawn().expect("it starts");
    until_removal_shown(&program);
    kill(&mut order);
    assert_eq!(owned.containers().len(), 2, "nothing was removed yet");
    assert_eq!(part(&until_removal_shown(&program), "gitea")["next_step"], "To keep it: growqr stack up, or growqr stack down");
    // It can be withdrawn as long as it is not done.
    let _ = program.run(&["stack", "down"]);
    assert!(!part(&status(&program), "gitea")["found"].to_string().contains("removed"), "{}", status(&program));
    let _ = program.run(&["stack", "reset", "--yes"]);
    docker_host(&mut program).1 = address;
    let running = Running::without_up(&program, "info");
    until("the removal", || (owned.containers().is_empty() && owned.volumes().is_empty()).then_some(()));
    until("its end", || (part(&status(&program), "gitea")["state"] == "off").then_some(()));
    drop(running);
}

fn docker_host(program: &mut Program) -> &mut (&'static str, String) {
    program.variables.iter_mut().find(|(name, _)| *name == "DOCKER_HOST").expect("set")
}

/// Waits until the state says that the containers will be removed.
fn until_removal_shown(program: &Program) -> Value {
    until("the order", || {
        let state = status(program);
        part(&state, "gitea")["found"].as_str().expect("a text").contains("will be removed with its data").then_some(state)
    })
}
