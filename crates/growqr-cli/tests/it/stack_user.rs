//! What a person sees of the containers in a terminal: with a daemon that only answers, and with a real one.

use crate::docker_desk::{GITEA, Owned, desk, docker, equipped, part, reset, set_variable, status, until, up};
use crate::fake_docker::FakeDocker;
use crate::program::{Program, Ran};
use growqr_testkit::anthropic::says;
use growqr_testkit::postgres::fresh_database;
use serde_json::Value;
use std::process::Child;

/// A download that has begun and says no more.
const SLOW: &[&str] = &[
    r#"{"status":"Pulling from gitea/gitea","id":"28"}"#,
    r#"{"status":"Pulling fs layer","id":"aa"}"#,
    r#"{"status":"Downloading","id":"aa","progressDetail":{"current":20000000,"total":100000000}}"#,
];

fn with(docker: &FakeDocker) -> Program {
    at(&docker.address())
}

fn at(docker_host: &str) -> Program {
    let mut program = Program::new();
    set_variable(&mut program, "DOCKER_HOST", Some(docker_host));
    program
}

/// A start that downloads in another terminal.
fn downloading(program: &Program, docker: &FakeDocker) -> Child {
    let child = program.command(&["stack", "up", "--yes"]).spawn().expect("it starts");
    until("the download", || docker.has_begun().then_some(()));
    child
}

#[test]
fn while_a_download_runs_the_chat_answers_and_the_state_shows_it() {
    let docker = FakeDocker::start(SLOW, &[]);
    let program = with(&docker);
    program.claude.route(|_| Some(says("Hello to you.")));
    let mut order = downloading(&program, &docker);
    let chat = program.chat("hi");
    assert!(chat.code == Some(0) && chat.out.contains("Hello to you."), "{chat:?}");
    let state = status(&program);
    assert_eq!(part(&state, "gitea")["state"], "downloading", "{state}");
    for command in ["stack status", "doctor"] {
        let ran = program.run(&command.split(' ').collect::<Vec<_>>());
        assert!(ran.out.contains("downloading gitea/gitea"), "{command}: {ran:?}");
        assert!(!ran.out.contains("To agree"), "{command}: {ran:?}");
    }
    order.kill().expect("it can be killed");
    order.wait().expect("it ends");
}

#[test]
fn a_download_is_shown_with_its_progress() {
    // The daemon tells its progress again and again.
    const AGAIN: &[&str] =
        &[r#"{"status":"Downloading","id":"aa","progressDetail":{"current":20000000,"total":100000000}}"#; 400];
    let docker = FakeDocker::start(AGAIN, &[]);
    let program = with(&docker);
    let mut order = downloading(&program, &docker);
    let shown = until("the progress", || {
        let ran = program.run(&["doctor"]);
        ran.out.contains("20 of 137 MB").then_some(ran.out)
    });
    assert!(shown.contains("downloading gitea/gitea"), "{shown}");
    assert!(program.run(&["stack", "status"]).out.contains("20 of 137 MB"));
    order.kill().expect("it can be killed");
    order.wait().expect("it ends");
}

#[test]
fn a_download_is_cancelled_from_another_terminal() {
    let docker = FakeDocker::start(SLOW, &[]);
    let program = with(&docker);
    let order = downloading(&program, &docker);
    let down = program.run(&["stack", "down"]);
    assert_eq!(down.code, Some(0), "{down:?}");
    until("the end of the download", || docker.is_given_up().then_some(()));
    let ended = order.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(1), "nothing runs: {ended:?}");
    assert_eq!(part(&status(&program), "gitea")["state"], "off");
}

#[test]
fn without_any_data_nothing_is_said_to_be_kept() {
    let docker = FakeDocker::start(SLOW, &[]);
    let program = with(&docker);
    let shown = |command: &str| program.run(&command.split(' ').collect::<Vec<_>>()).out;
    assert!(!shown("stack down").contains("data is kept"));
    assert!(!shown("stack status").contains("data is kept"));
    assert!(shown("stack reset --yes").contains("not started"));
    assert!(!shown("stack status").contains("data is kept"));
}

#[test]
fn an_export_that_fails_leaves_an_ordered_removal_as_it_is() {
    let program = at("unix:///nonexistent/docker.sock");
    assert_eq!(program.run(&["stack", "reset", "--yes"]).code, Some(0));
    let file = program.folder().join("work.tar");
    let export = program.run(&["stack", "reset", "--yes", "--export", file.to_str().expect("a path")]);
    assert!(export.code == Some(1) && export.err.contains("nothing was copied or removed"), "{export:?}");
    assert!(program.run(&["stack", "status"]).out.contains("will be removed with its data as soon as Docker can be asked"));
    let doctor = program.run(&["doctor"]).out;
    assert!(doctor.contains("To keep it: growqr stack up") && !doctor.contains("To start it: growqr stack up"), "{doctor}");
    // Once Docker answers, nobody waits for it.
    let docker = FakeDocker::start(SLOW, &[]);
    let mut later = program;
    set_variable(&mut later, "DOCKER_HOST", Some(&docker.address()));
    let shown = later.run(&["stack", "status"]).out;
    assert!(shown.contains("will be removed with its data when GrowQR runs next") && shown.contains("reset --yes"), "{shown}");
    let chat = later.command(&["stack", "reset", "--yes"]).output().expect("it starts");
    assert_eq!(chat.status.code(), Some(0));
    assert!(later.run(&["stack", "status"]).out.contains("not started"));
}

#[test]
fn a_download_that_failed_is_remembered_by_later_commands() {
    let failed: &[&str] = &[
        r#"{"errorDetail":{"message":"dial tcp: lookup registry: no such host"},"error":"dial tcp: lookup registry: no such host"}"#,
    ];
    let docker = FakeDocker::start(failed, &[]);
    let program = with(&docker);
    let up = program.run(&["stack", "up", "--yes"]);
    assert!(up.code == Some(1) && up.out.contains("the registry cannot be reached"), "{up:?}");
    for command in ["stack status", "doctor"] {
        let ran = program.run(&command.split(' ').collect::<Vec<_>>());
        assert!(ran.out.contains("The last download failed: the image gitea/gitea"), "{command}: {ran:?}");
    }
    assert_eq!(program.run(&["stack", "down"]).code, Some(0));
    assert!(!program.run(&["stack", "status"]).out.contains("failed"));
}

#[test]
fn the_address_of_docker_that_cannot_be_used_is_told_with_the_setting_that_names_it() {
    let pipe = at("npipe:////./pipe/x").run(&["stack", "status"]).out;
    assert!(pipe.contains("DOCKER_HOST names npipe:////./pipe/x: this system has no named pipes"), "{pipe}");
    let up = at("npipe:////./pipe/x").run(&["stack", "up"]).out;
    assert!(up.contains("this system has no named pipes") && !up.contains("not looked for yet"), "{up}");
    let nothing = at("unix:///nope").run(&["stack", "status"]).out;
    assert!(nothing.contains("there is no /nope (DOCKER_HOST names this place)"), "{nothing}");
    assert!(nothing.contains("take the setting away"), "{nothing}");
}

#[test]
fn a_wrong_image_is_refused_for_itself_and_a_doubtful_one_is_told_before_its_download() {
    let docker = FakeDocker::start(SLOW, &[]);
    let mut program = with(&docker);
    set_variable(&mut program, "GITEA_IMAGE", Some("UPPER/case"));
    let up = program.run(&["stack", "up", "--yes"]);
    let said = format!("{}{}", up.out, up.err);
    assert!(up.code == Some(1) && said.contains("GITEA_IMAGE") && said.contains("small letters"), "{up:?}");
    assert!(!said.contains("OpenCode"), "{up:?}");
    for (image, doubt) in [("busybox", "not that of an image of Gitea"), ("gitea/gitea:1.20", "Gitea 1.22 to 28")] {
        set_variable(&mut program, "GITEA_IMAGE", Some(image));
        let up = program.run(&["stack", "up"]);
        assert!(up.out.contains(doubt), "{image}: {up:?}");
    }
}

#[test]
fn what_still_has_to_be_downloaded_is_named_with_its_size() {
    let docker = FakeDocker::start(SLOW, &[]);
    let mut program = with(&docker);
    let up = program.run(&["stack", "up"]);
    assert!(up.err.contains("Not downloaded yet: Gitea and OpenCode (about 361 MB)."), "{up:?}");
    set_variable(&mut program, "GITEA_IMAGE", Some("my/gitea:28"));
    let docker = FakeDocker::start(SLOW, &["opencode"]);
    set_variable(&mut program, "DOCKER_HOST", Some(&docker.address()));
    let up = program.run(&["stack", "up"]);
    assert!(up.err.contains("Not downloaded yet: Gitea (size not known before)."), "{up:?}");
}

#[test]
fn the_note_about_passwords_is_not_repeated_by_commands_that_stop_or_remove() {
    let docker = FakeDocker::start(SLOW, &[]);
    let mut program = with(&docker);
    set_variable(&mut program, "GITEA_IMAGE", Some("busybox"));
    assert!(program.run(&["stack", "status"]).out.contains("Note"));
    for command in ["stack down", "stack reset --yes"] {
        let ran = program.run(&command.split(' ').collect::<Vec<_>>());
        assert!(ran.code == Some(0) && !ran.out.contains("Note"), "{command}: {ran:?}");
    }
}

#[test]
fn logs_name_what_is_missing_and_leftovers_are_told_in_words() {
    let docker = FakeDocker::start(SLOW, &[]);
    let program = with(&docker);
    let one = program.run(&["stack", "logs", "gitea"]);
    assert!(one.code == Some(1) && one.err.contains("container of Gitea"), "{one:?}");
    let both = program.run(&["stack", "logs"]);
    assert!(both.err.contains("container of Gitea") && both.err.contains("container of OpenCode"), "{both:?}");
    let orphans = program.run(&["stack", "orphans"]);
    assert!(orphans.code == Some(0) && orphans.err.contains("Nothing in Docker belongs"), "{orphans:?}");
    let away = at("unix:///nope").run(&["stack", "orphans"]);
    assert!(away.code == Some(1) && away.err.contains("what is left over in Docker cannot be listed"), "{away:?}");
}

#[test]
fn why_a_container_does_not_run_is_said_by_the_start_and_by_later_commands() {
    const BROKEN: &str = "growqr-test/gitea-broken:28";
    let Some(host) = docker() else { return };
    let made = host.docker(&["create", GITEA]);
    host.docker(&["commit", "--change", r#"ENTRYPOINT ["/bin/sh", "-c", "echo it is broken; exit 3"]"#, &made, BROKEN]);
    host.docker(&["rm", &made]);
    let mut program = desk(host);
    set_variable(&mut program, "GITEA_IMAGE", Some(BROKEN));
    let up = program.run(&["stack", "up"]);
    assert!(up.code == Some(1) && up.out.contains("is not started again by itself"), "{up:?}");
    assert!(up.out.contains("exit code 3"), "{up:?}");
    for command in ["stack status", "doctor"] {
        let ran = program.run(&command.split(' ').collect::<Vec<_>>());
        assert!(ran.out.contains("exit code 3") && ran.out.contains("it is broken"), "{command}: {ran:?}");
        assert!(ran.out.contains("growqr stack logs gitea"), "{command}: {ran:?}");
    }
    let state = status(&program);
    assert_eq!((&part(&state, "gitea")["url"], &part(&state, "opencode")["state"]), (&Value::Null, &"running".into()));
    assert!(program.run(&["stack", "logs", "gitea"]).out.contains("it is broken"));
    reset(&program);
    host.docker(&["rmi", "--no-prune", BROKEN]);
}

#[test]
fn the_containers_of_a_removed_profile_are_leftovers() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    up(&program);
    let owned = Owned::of(host, &program);
    std::fs::remove_dir_all(program.profile()).expect("it is removed");
    let listed = program.run(&["stack", "orphans"]);
    // Other tests share the daemon.
    let own = || listed.out.lines().filter(|line| line.contains("of this data folder is gone"));
    let count = |kind: &str| own().filter(|line| line.starts_with(kind)).count();
    assert_eq!((count("container"), count("network"), count("volume")), (2, 2, 5), "{listed:?}");
    let removed = program.run(&["stack", "orphans", "--remove", "--yes"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert_eq!((owned.containers().len(), owned.networks().len(), owned.volumes().len()), (0, 0, 0));
}

#[test]
fn the_containers_of_a_profile_whose_database_is_another_one_are_no_leftovers() {
    let Some(host) = docker() else { return };
    let mut program = desk(host);
    up(&program);
    let owned = Owned::of(host, &program);
    for name in ["growqr.db", "growqr.db-wal", "growqr.db-shm"] {
        let _ = std::fs::remove_file(program.profile().join(name));
    }
    let urls = [None, fresh_database()];
    for url in urls {
        program.database_url = url;
        let listed = program.run(&["stack", "orphans"]);
        assert!(listed.code == Some(0) && !listed.out.contains("of this data folder"), "{listed:?}");
        let removed = program.run(&["stack", "orphans", "--remove", "--yes"]);
        assert_eq!(removed.code, Some(0), "{removed:?}");
        assert_eq!((owned.containers().len(), owned.networks().len(), owned.volumes().len()), (2, 2, 5));
    }
    reset(&program);
}

#[test]
fn what_another_data_folder_has_left_is_removed_only_if_that_is_gone_and_named() {
    let Some(host) = docker() else { return };
    let base = tempfile::tempdir().expect("a folder");
    let place = std::fs::canonicalize(base.path()).expect("a folder");
    let [first, moved] = ["first", "moved to"].map(|name| place.join(name));
    std::fs::create_dir(&first).expect("a folder");
    let [first_name, moved_name] = [&first, &moved].map(|folder| folder.display().to_string());
    let at_first = equipped(host, Program::in_folder(&first));
    up(&at_first);
    let owned = Owned::of(host, &at_first);
    let seen = || (owned.running().len(), owned.networks().len(), owned.volumes().len());
    let program = desk(host);
    let orphans = |arguments: &[&str]| program.run(&[&["stack", "orphans"], arguments].concat());
    let lines = |ran: &Ran, part: &str| ran.out.lines().filter(|line| line.contains(part)).count();
    let listed = orphans(&[]);
    assert_eq!(lines(&listed, &format!("({first_name}: its data folder uses it)")), 9, "{listed:?}");
    let refused = orphans(&["--remove", "--folder", &first_name, "--yes"]);
    assert!(refused.code == Some(1) && refused.err.contains("its data folder uses it"), "{refused:?}");
    // Nobody but the moved folder knows where it is.
    std::fs::rename(&first, &moved).expect("a move");
    let mut at_moved = Program::in_folder(&moved);
    at_moved.variables.clone_from(&at_first.variables);
    up(&at_moved);
    assert_eq!(seen(), (2, 2, 6));
    let listed = orphans(&[]);
    assert_eq!(lines(&listed, &format!("({moved_name}: its data folder uses it)")), 10, "{listed:?}");
    std::fs::remove_dir_all(&moved).expect("it is removed");
    let listed = orphans(&[]);
    assert_eq!(lines(&listed, &format!("({moved_name}: its data folder is not there")), 10, "{listed:?}");
    let command = format!("growqr stack orphans --remove --folder '{moved_name}' --yes");
    assert!(listed.err.contains(&command), "{listed:?}");
    assert_eq!(orphans(&["--remove", "--yes"]).code, Some(0));
    let asked = orphans(&["--remove", "--folder", &moved_name]);
    assert!(asked.code == Some(1) && asked.err.contains(&command), "{asked:?}");
    assert_eq!(seen(), (2, 2, 6), "nothing of it was removed");
    let removed = orphans(&["--remove", "--folder", &moved_name, "--yes"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert_eq!(seen(), (0, 0, 0));
    assert_eq!(lines(&orphans(&[]), &moved_name), 0);
}
