//! The stack under load and in trouble: a sub-agent that ends the container, a full volume, two people in one data folder.

use crate::docker_desk::{
    Owned, Running, desk, docker, equipped, import_images, own_orphans, part, remember, reset, status, until,
};
use crate::program::Program;
use crate::sign_in::World;
use crate::workbench::{
    NAMES, answer, assert_costs_equal_the_bill, assert_every_cost_is_counted, count, is_over, is_session, named, restarts, say,
    send, send_to_host, shell, sub_agents, until_asked, until_said, wait, write,
};
use growqr_testkit::DockerHost;
use growqr_testkit::anthropic::{Point, RequestView, Script, StopPoint, calls, says};
use growqr_testkit::clerk::User;
use growqr_wire::{OrphanKey, Request};
use serde_json::{Value, json};

/// Eight sub-agents: each writes a file, then does what `trouble` says for its number (or says that it is done), and is done.
fn of_eight(request: &RequestView<'_>, trouble: impl Fn(char, Script) -> Script) -> Option<Script> {
    if !is_session(request) {
        return Some(if request.tool_results().is_empty() && request.answers_so_far() == 0 {
            calls((1..=8).map(|number| send(NAMES[number], &format!("be number {number}"))))
        } else {
            says("Noted.")
        });
    }
    let number = request.first_user_text().split("number ").nth(1)?.chars().next()?;
    let done = says(&format!("Number {number} is done."));
    if request.last_user_text().contains("The workbench stopped while you worked") {
        return Some(done);
    }
    Some(match request.answers_so_far() {
        0 => write(&format!("file-{number}.txt"), &format!("written by {number}\n")),
        1 => trouble(number, done),
        _ => done,
    })
}

#[test]
fn one_of_eight_ends_the_container_and_nothing_of_the_others_is_lost_or_doubled() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    assert_eq!(program.run(&["budget", "set", "--per-message", "4"]).code, Some(0));
    let held = StopPoint::new();
    let stop = held.clone();
    program.claude.route(move |request| {
        of_eight(request, |number, done| match number {
            '7' => shell("kill 1; sleep 60"),
            // Number two waits for its model meanwhile.
            '2' => done.stop_at(Point::BeforeHead, &stop),
            _ => done,
        })
    });
    let running = Running::ready(&program);
    say(&program, "send eight");
    let ask = until_asked(&program);
    assert_eq!(ask["agent_name"], "seven");
    wait(&held);
    let container = Owned::of(host, &program).container("opencode");
    answer(&program, &ask, "allow");
    until("the restart", || (restarts(&status(&program), "opencode") == 1).then_some(()));
    held.release();
    running.until_ready();
    until("the end of all", || is_over(&program).then_some(()));
    let owned = Owned::of(host, &program);
    assert_eq!(owned.container("opencode"), container, "the same container");
    let sent = sub_agents(&program);
    for (number, name) in NAMES.iter().enumerate().skip(1) {
        let agent = named(&sent, name);
        let folder = format!("/workspace/{}", agent["id"].as_str().expect("an id"));
        assert_eq!(owned.shell("opencode", &format!("cat {folder}/file-{number}.txt")), format!("written by {number}"));
        assert!(number == 7 || agent["status"] == "done", "{agent}");
    }
    assert_eq!(count(&program, "session_started"), 8, "no session was made twice");
    // What number seven did is not done again, and the Grow Agent hears of it.
    let ends: Vec<Value> = program.json(&["events"]).into_iter().filter(|event| event["kind"] == "session_ended").collect();
    assert!(ends.iter().any(|end| end.to_string().contains("kill 1; sleep 60")), "{ends:?}");
    assert_every_cost_is_counted(&program);
    drop(running);
    reset(&program);
}

#[test]
fn of_eight_one_asks_one_is_cancelled_and_one_ends_the_container_while_the_program_is_killed_and_nothing_is_doubled() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    assert_eq!(program.run(&["budget", "set", "--per-message", "4"]).code, Some(0));
    program.claude.route(|request| {
        of_eight(request, |number, done| match number {
            '3' => shell("cp file-3.txt copy-3.txt"),
            '5' => shell("sleep 300"),
            '7' => shell("kill 1; sleep 60"),
            _ => done,
        })
    });
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    let before = (owned.container("gitea"), owned.container("opencode"));
    say(&program, "send eight");
    until_asked(&program);
    running.kill();
    let running = Running::start(&program);
    let open = until("three questions", || Some(program.json(&["asks", "list"])).filter(|open| open.len() == 3));
    let of = |name: &str| open.iter().find(|ask| ask["agent_name"] == name).unwrap_or_else(|| panic!("{open:?}"));
    let status_of = |name: &str| named(&sub_agents(&program), name)["status"].clone();
    let five = named(&sub_agents(&program), "five")["id"].as_str().expect("an id").to_owned();
    let cancelled = program.run(&["agents", "cancel", &five]);
    assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
    answer(&program, of("three"), "allow");
    until("the end of three", || (status_of("three") == "done").then_some(()));
    answer(&program, of("seven"), "allow");
    until("the restart", || (restarts(&status(&program), "opencode") == 1).then_some(()));
    running.until_ready();
    until("the end of all", || is_over(&program).then_some(()));
    assert_eq!((owned.container("gitea"), owned.container("opencode")), before, "adopted as they are");
    let sent = sub_agents(&program);
    assert_eq!(sent.len(), 8);
    for (number, name) in NAMES.iter().enumerate().skip(1) {
        let agent = named(&sent, name);
        let folder = format!("/workspace/{}", agent["id"].as_str().expect("an id"));
        assert_eq!(owned.shell("opencode", &format!("cat {folder}/file-{number}.txt")), format!("written by {number}"));
        let expected = if number == 3 { "copy-3.txt\nfile-3.txt".to_owned() } else { format!("file-{number}.txt") };
        assert_eq!(owned.shell("opencode", &format!("ls {folder}")), expected, "nothing of the others");
        let end = if number == 5 { "cancelled" } else { "done" };
        assert!(number == 7 || agent["status"] == end, "{agent}");
    }
    assert_eq!(count(&program, "session_started"), 8, "no session was made twice");
    let ends: Vec<Value> = program.json(&["events"]).into_iter().filter(|event| event["kind"] == "session_ended").collect();
    assert!(ends.iter().any(|end| end.to_string().contains("kill 1; sleep 60")), "what may have happened is said: {ends:?}");
    assert_every_cost_is_counted(&program);
    drop(running);
    reset(&program);
}

/// Makes the volume of a part anew with so little room, with the name and labels that it has.
fn shrink(host: &DockerHost, volume: &str, labels: &serde_json::Map<String, Value>, megabytes: u32) {
    let room = format!("o=size={megabytes}m,uid=1000,gid=1000");
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={}", value.as_str().expect("a text"))).collect();
    let mut arguments = vec!["volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", &room];
    arguments.extend(labels.iter().flat_map(|label| ["--label", label.as_str()]));
    arguments.push(volume);
    host.docker(&arguments);
}

#[test]
fn commits_wait_while_the_volume_of_gitea_is_full() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    drop(running);
    make_small(host, &program, &owned, "-gitea-data");
    let running = Running::ready(&program);
    remember(&program, "plan.md", "learn Rust\n");
    assert_eq!(program.run(&["stack", "sync"]).code, Some(0));
    owned.shell("gitea", "dd if=/dev/zero of=/var/lib/gitea/fill bs=1M 2>/dev/null; true");
    remember(&program, "more.md", &"a line that takes room\n".repeat(4_000));
    let behind = until("behind", || {
        let memory = status(&program)["memory"].clone();
        (memory["state"] == "behind").then_some(memory)
    });
    assert_eq!(behind["behind"], 1, "{behind}");
    let is_named = |state: &Value| state["notes"].to_string().contains("The disk of Gitea is full");
    until("the full disk", || is_named(&status(&program)).then_some(()));
    owned.shell("gitea", "rm /var/lib/gitea/fill");
    until("the same", || {
        let state = status(&program);
        (state["memory"]["state"] == "same" && !is_named(&state)).then_some(())
    });
    drop(running);
    reset(&program);
}

/// A writer and a reader, whose models wait until the disk is full, and later writers that do not wait.
fn those_with_little_room(request: &RequestView<'_>, held: &[StopPoint; 2]) -> Option<Script> {
    if !is_session(request) {
        let said = request.last_user_text();
        return Some(match said {
            _ if said.contains("send two") => calls([send("writer", "be the writer"), send("reader", "be the reader")]),
            _ if said.contains("send another") => calls([send("late", "be late")]),
            _ if said.contains("how are you") => says("I am well."),
            _ => says("Noted."),
        });
    }
    let task = request.first_user_text();
    let wrote = || {
        let failed = request.tool_results().last().is_some_and(|result| result.is_error || result.text.contains("no space"));
        says(if failed { "I could not write it." } else { "It is written." })
    };
    let large = || write("greeting.txt", &"hello\n".repeat(4_000));
    Some(match request.answers_so_far() {
        0 if task.contains("be the reader") => says("I have read it.").stop_at(Point::BeforeHead, &held[1]),
        0 if task.contains("be late") => large(),
        0 => write("first.txt", "first\n"),
        1 if task.contains("be the writer") => large().stop_at(Point::BeforeHead, &held[0]),
        _ => wrote(),
    })
}

/// Replaces the volumes whose names end so by small ones.
fn make_small(host: &DockerHost, program: &Program, owned: &Owned<'_>, ending: &str) {
    let labels = |name: &String| host.docker(&["volume", "inspect", "-f", "{{json .Labels}}", name]);
    let volumes: Vec<(String, String)> =
        owned.volumes().into_iter().filter(|name| name.ends_with(ending)).map(|name| (name.clone(), labels(&name))).collect();
    assert!(!volumes.is_empty());
    reset(program);
    for (name, labels) in volumes {
        let labels: Value = serde_json::from_str(&labels).expect("JSON");
        shrink(host, &name, labels.as_object().expect("labels"), 24);
    }
}

#[test]
fn sub_agents_on_a_full_disk_say_so_and_the_others_and_the_chat_go_on() {
    const FULL: &str = "The disk of the workbench is full: nothing more can be written to /workspace. Next step: free space";
    let Some(host) = docker() else { return };
    let program = desk(host);
    assert_eq!(program.run(&["budget", "set", "--per-message", "4"]).code, Some(0));
    let held = [StopPoint::new(), StopPoint::new()];
    let stops = held.clone();
    program.claude.route(move |request| those_with_little_room(request, &stops));
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    drop(running);
    make_small(host, &program, &owned, "-opencode-work");
    let running = Running::ready(&program);
    say(&program, "send two");
    held.iter().for_each(wait);
    owned.shell("opencode", "dd if=/dev/zero of=/workspace/fill bs=1M 2>/dev/null; true");
    held.iter().for_each(StopPoint::release);
    until_said(&program, "I could not write it.");
    until_said(&program, "I have read it.");
    assert!(program.run(&["agents", "show", "grow"]).out.contains(FULL), "the writer's report");
    say(&program, "send another");
    until_said(&program, &format!("Its session failed: {FULL}"));
    say(&program, "how are you");
    until_said(&program, "I am well.");
    assert_eq!(part(&status(&program), "opencode")["state"], "running");
    owned.shell("opencode", "rm /workspace/fill");
    say(&program, "send another");
    until_said(&program, "It is written.");
    assert_every_cost_is_counted(&program);
    drop(running);
    reset(&program);
}

#[test]
fn two_signed_in_people_in_one_data_folder_have_a_stack_each() {
    let Some(host) = docker() else { return };
    let Some(world) = World::of(equipped(host, Program::new())) else { return };
    let run = |arguments: &[&str]| {
        let ran = world.run(arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran
    };
    let state = || -> Value { serde_json::from_str(&run(&["--json", "stack", "status"]).out).expect("JSON") };
    assert_eq!(world.sign_in(&["--fresh"], true).code, Some(0));
    run(&["stack", "up"]);
    let owned = Owned::of(host, &world.program);
    let seen = || (owned.running(), owned.networks(), owned.volumes());
    let of_ada = seen();
    assert_eq!((of_ada.0.len(), of_ada.2.len()), (2, 5));
    world.clerk.sign_in_as(User::grace());
    assert_eq!(world.sign_in(&["--fresh", "--someone-else"], true).code, Some(0));
    assert_eq!(part(&state(), "gitea")["state"], "off");
    run(&["stack", "up"]);
    assert_eq!((owned.running().len(), owned.volumes().len()), (4, 10));
    assert_eq!(own_orphans(&state()), [] as [&Value; 0], "what belongs to the other person is no leftover");
    run(&["stack", "reset", "--yes"]);
    assert_eq!(seen(), of_ada);
    run(&["auth", "switch", "ada+clerk_test@example.com"]);
    assert_eq!(part(&state(), "gitea")["state"], "running");
    run(&["stack", "reset", "--yes"]);
    assert_eq!(seen(), (Vec::new(), Vec::new(), Vec::new()));
}

/// One who asks for the shell, and one whose model call waits. Both go on after the workbench stopped.
fn one_who_asks_and_one_who_thinks(request: &RequestView<'_>, held: &StopPoint) -> Option<Script> {
    if !is_session(request) {
        let said = request.last_user_text();
        return Some(match said {
            _ if said.contains("send the first") => calls([send("asker", "be the asker")]),
            _ if said.contains("send the second") => calls([send("thinker", "be the thinker")]),
            _ if said.contains("The thinker is done") => says("The second is done."),
            _ if said.contains("may have happened") => says("I shall look whether it happened."),
            _ => says("Noted."),
        });
    }
    if request.last_user_text().contains("The workbench stopped while you worked") {
        return Some(says("The thinker is done."));
    }
    let is_asker = request.first_user_text().contains("be the asker");
    Some(match request.answers_so_far() {
        0 => write("greeting.txt", "hello\n"),
        1 if is_asker => shell("cp greeting.txt copy.txt"),
        1 => says("The thinker is done.").stop_at(Point::BeforeHead, held),
        _ => says("Done."),
    })
}

#[test]
fn a_docker_that_restarts_in_the_middle_of_sessions_gets_its_containers_back_and_nothing_is_doubled() {
    let Some(host) = DockerHost::own().filter(import_images) else { return };
    let program = desk(&host);
    let held = StopPoint::new();
    let stop = held.clone();
    program.claude.route(move |request| one_who_asks_and_one_who_thinks(request, &stop));
    let running = Running::ready(&program);
    let owned = Owned::of(&host, &program);
    let seen = || {
        let mut containers = owned.running();
        containers.sort();
        (containers, owned.networks(), owned.volumes())
    };
    let before = seen();
    assert_eq!((before.0.len(), before.1.len(), before.2.len()), (2, 2, 5));
    let until_back = || {
        until("Docker is away", || (status(&program)["docker"]["state"] != "ready").then_some(()));
        host.start();
        until("Docker is back", || (status(&program)["docker"]["state"] == "ready").then_some(()));
        running.until_ready();
        assert_eq!(seen(), before, "adopted as they are");
        assert_eq!(own_orphans(&status(&program)), [] as [&Value; 0]);
    };
    // A question is open. Its command may have been under way, so it is reported instead of run again.
    say(&program, "send the first");
    let ask = until_asked(&program);
    host.stop();
    until_back();
    until_said(&program, "I shall look whether it happened.");
    assert!(program.run(&["agents", "show", "grow"]).out.contains("cp greeting.txt copy.txt"));
    assert_eq!(program.run(&["asks", "answer", ask["ask"]["id"].as_str().expect("an id"), "allow"]).code, Some(1));
    assert_costs_equal_the_bill(&program);
    // A model call is under way. The daemon is killed: it ends the containers when it starts again.
    say(&program, "send the second");
    wait(&held);
    host.kill();
    until_back();
    held.release();
    until_said(&program, "The second is done.");
    assert_eq!(count(&program, "session_started"), 2, "no session was made twice");
    for (name, file) in [("asker", "greeting.txt"), ("thinker", "greeting.txt")] {
        let agent = named(&sub_agents(&program), name)["id"].as_str().expect("an id").to_owned();
        assert_eq!(owned.shell("opencode", &format!("cd /workspace/{agent} && echo * && cat {file}")), "greeting.txt\nhello");
    }
    assert_every_cost_is_counted(&program);
    drop(running);
    reset(&program);
}

#[test]
fn only_leftovers_that_were_shown_are_removed() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    let left_over = |name: &str| {
        let labels = ["ai.growqr.app=growqr-desktop", owned.install(), "ai.growqr.profile=gone", "ai.growqr.part=gitea-data"];
        let labels: Vec<&str> = labels.iter().flat_map(|label| ["--label", *label]).collect();
        host.docker(&[&["volume", "create"], &labels[..], &[name]].concat());
    };
    left_over("growqr-test-shown");
    let shown = until("the leftover", || own_orphans(&status(&program)).first().map(|found| (*found).clone()));
    assert_eq!((&shown["kind"], &shown["id"]), (&json!("volume"), &json!("growqr-test-shown")));
    left_over("growqr-test-unseen");
    let agreed = OrphanKey { kind: "volume".to_owned(), id: "growqr-test-shown".to_owned() };
    // A volume of the profile itself is no leftover, whatever is sent.
    let own = OrphanKey { kind: "volume".to_owned(), id: owned.volumes().remove(0) };
    send_to_host(&program, Request::StackRemoveOrphans { orphans: vec![agreed, own.clone()] });
    let left = until("the rest", || {
        let state = status(&program);
        let is_first = own_orphans(&state).first().is_some_and(|left| left["id"] == "growqr-test-unseen");
        (state["busy"].is_null() && is_first).then_some(state)
    });
    assert_eq!(own_orphans(&left).len(), 1, "{left}");
    assert!(owned.volumes().contains(&own.id));
    let removed = program.run(&["stack", "orphans", "--remove", "--yes"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert_eq!(own_orphans(&status(&program)), [] as [&Value; 0]);
    drop(running);
    reset(&program);
}

#[test]
fn a_shared_folder_is_used_as_its_owner_and_is_no_part_of_the_disk_space() {
    use std::os::unix::fs::{MetadataExt, chown};
    const PERSON: u32 = 1234;
    let Some(host) = docker() else { return };
    let program = desk(host);
    let shared = tempfile::tempdir().expect("a folder");
    let notes = shared.path().join("notes");
    std::fs::create_dir(&notes).expect("a folder");
    std::fs::write(notes.join("large"), vec![0; 80 << 20]).expect("a file");
    for own in [program.folder(), shared.path(), &notes] {
        chown(own, Some(PERSON), Some(PERSON)).expect("this runs as root");
    }
    let share = json!([{"path": notes, "write": true}]).to_string();
    let set = |value: &str| assert_eq!(program.run(&["config", "set", "workbench.folders", value]).code, Some(0));
    // The disk space is measured at the start.
    set(&share);
    let running = Running::ready(&program);
    let owned = Owned::of(host, &program);
    let until_user = |user: u32| {
        until("the other container", || {
            let found = host.docker(&[
                "ps",
                "-q",
                "--filter",
                &format!("label={}", owned.install()),
                "--filter",
                "label=ai.growqr.part=opencode",
            ]);
            let id = found.lines().next()?;
            // A container of earlier settings may be removed between these two commands.
            let found = host.try_docker(&["inspect", "-f", "{{.Config.User}}", id]).ok()?;
            (found == format!("{user}:{user}") && part(&status(&program), "opencode")["state"] == "running").then_some(())
        });
    };
    until_user(PERSON);
    let bytes = until("the disk space", || part(&status(&program), "opencode")["disk_bytes"].as_u64());
    assert!(bytes < 60_000_000, "{bytes}");
    set("none");
    until_user(1000);
    owned.shell(
        "opencode",
        "mkdir -p /workspace/work/.deep && echo one > /workspace/work/.deep/file && chmod 700 /workspace/work",
    );
    set(&share);
    until_user(PERSON);
    owned
        .shell("opencode", "echo two >> /workspace/work/.deep/file && echo new > /workspace/notes/new && echo x > /data/share/x");
    assert_eq!(std::fs::metadata(notes.join("new")).expect("a file").uid(), PERSON);
    set("none");
    until_user(1000);
    assert_eq!(
        owned.shell("opencode", "echo three >> /workspace/work/.deep/file && cat /workspace/work/.deep/file"),
        "one\ntwo\nthree"
    );
    drop(running);
    reset(&program);
}
