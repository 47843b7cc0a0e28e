//! The person's containers, with a real Docker daemon, the real OpenCode, and the stand-in of Gitea in a container of the same
//! shape.

mod gitea;
mod pulls;

use crate::docker_desk::{
    Owned, Running, desk, docker, equipped, own_orphans, part, port, ports, remember, reset, status, until, up,
};
use crate::program::{Program, kill};
use gitea::sync;
use serde_json::Value;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

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
    // What Gitea writes would be there too, with its name.
    let both = program.json(&["stack", "logs"]);
    let is_named = |line: &Value| line["part"] == "opencode" && line["text"].to_string().contains("listening");
    assert!(both.iter().any(is_named), "{both:?}");
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
        assert_eq!(own_orphans(&state), [] as [&Value; 0], "{delays:?}");
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
    remember(&first, "plan.md", "learn Rust\n");
    up(&first);
    assert_eq!(sync(&first, &[]).0, Some(0));
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
    assert_eq!(sync(&copy, &[]).0, Some(0), "its own Gitea is filled, not taken for one that was emptied");
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
    let (running, networks, mut volumes) = seen();
    // One more names the new place.
    volumes.retain(|volume| first.2.contains(volume));
    assert_eq!((running, networks, volumes), first);
    assert_eq!(own_orphans(&status(&program)), [] as [&Value; 0]);
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
    let volumes = owned.volumes();
    // A container is made anew if the copy has the port of the gateway. One more volume names the place of the copy.
    let seen = || {
        let of_original = owned.volumes().into_iter().filter(|volume| volumes.contains(volume));
        (owned.running().len(), owned.networks(), of_original.collect::<Vec<_>>())
    };
    let before = seen();
    assert_eq!((before.0, before.2.len()), (2, 5));
    copy_folder(&disk, &home);
    std::fs::rename(&disk, &away).expect("a move");
    let mut copy = Program::in_folder(&home);
    copy.variables.clone_from(&original.variables);
    let running = Running::ready(&copy);
    assert_eq!(seen(), before, "taken for the moved original");
    remember(&copy, "plan.md", "learn Rust\n");
    assert_eq!(sync(&copy, &[]).0, Some(0));
    std::fs::rename(&away, &disk).expect("a move");
    let original_runs = Running::ready(&original);
    let folder = std::fs::canonicalize(&home).expect("a folder");
    let label = format!("label=ai.growqr.folder={}", folder.display());
    until("containers of its own", || (host.docker(&["ps", "-q", "--filter", &label]).lines().count() == 2).then_some(()));
    let state = running.until_ready();
    let disk = std::fs::canonicalize(&disk).expect("a folder").display().to_string();
    assert!(state["notes"].to_string().contains(&disk), "who has the other ones: {state}");
    assert_eq!(seen(), before, "the original keeps its containers");
    assert_eq!(sync(&copy, &[]).0, Some(0), "the new copy of memory is filled");
    assert_eq!(seen(), before);
    let (code, state) = sync(&original, &[]);
    assert!(code == Some(1) && state["memory"]["found"].to_string().contains("a copy of this one"), "{state}");
    assert_ne!(original.run(&["memory", "read", "plan.md"]).code, Some(0), "what the copy wrote is not in it");
    assert_eq!(sync(&original, &["--join"]).0, Some(0));
    assert_eq!(original.run(&["memory", "read", "plan.md"]).out, "learn Rust\n");
    drop(original_runs);
    drop(running);
    reset(&copy);
    assert_eq!(seen(), before);
    assert_eq!(part(&status(&original), "opencode")["state"], "running");
    reset(&original);
    assert_eq!((owned.containers(), owned.networks(), owned.volumes()), (Vec::new(), Vec::new(), Vec::new()));
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
