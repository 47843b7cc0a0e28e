//! Images that are not here: what starts without them, what runs on, and which one takes their place.

use crate::docker_desk::{GITEA, Owned, Running, desk, docker, part, reset, set_variable, status, until, until_parts, up};
use crate::docker_proxy::{DockerProxy, Pull};
use crate::program::{Program, kill};
use growqr_testkit::DockerHost;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

const DEFAULT: &str = "gitea/gitea:28.1.0-rootless";
const OLDER: &str = "gitea/gitea:1.27.3-rootless";

/// Held by tests that need the default image not to be here: one of them makes it for a while.
static NO_DEFAULT_IMAGE: Mutex<()> = Mutex::new(());

/// A person who has not named Gitea's image, with this answer to the download of the default one. The older one is here.
fn without_a_gitea_image(host: &DockerHost, pulls: &'static [(&'static str, Pull)]) -> (Program, DockerProxy) {
    // Left over if another test has failed.
    let _ = host.try_docker(&["rmi", "--no-prune", DEFAULT]);
    host.docker(&["tag", GITEA, OLDER]);
    let mut program = desk(host);
    let proxy = DockerProxy::start(host, pulls);
    set_variable(&mut program, "GITEA_IMAGE", None);
    set_variable(&mut program, "DOCKER_HOST", Some(&proxy.address()));
    (program, proxy)
}

fn has_note(state: &Value, words: &str) -> bool {
    state["notes"].as_array().expect("notes").iter().any(|note| note.as_str().expect("a text").contains(words))
}

#[test]
fn a_default_image_that_the_registry_does_not_have_is_replaced_by_the_older_one_for_good() {
    let Some(host) = docker() else { return };
    let _alone = NO_DEFAULT_IMAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let gone = &[(DEFAULT, Pull::Refused(404, "manifest for gitea/gitea:28.1.0-rootless not found: manifest unknown"))];
    let (mut program, _proxy) = without_a_gitea_image(host, gone);
    let ran = program.run(&["stack", "up", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let owned = Owned::of(host, &program);
    let container = owned.container("gitea");
    assert_eq!(host.docker(&["inspect", "-f", "{{.Config.Image}}", &container]), OLDER);
    let assert_shown = |program: &Program| {
        let state = status(program);
        assert_eq!(part(&state, "gitea")["image"], OLDER);
        assert!(has_note(&state, OLDER) && has_note(&state, DEFAULT), "{state}");
        let doctor = program.run(&["doctor"]);
        assert!(doctor.out.contains("did not offer gitea/gitea:28.1.0-rootless"), "{doctor:?}");
    };
    assert_shown(&program);
    // Later starts stay with it, also when the default image is there.
    set_variable(&mut program, "DOCKER_HOST", Some(&host.address()));
    host.docker(&["tag", GITEA, DEFAULT]);
    let running = Running::ready(&program);
    assert_shown(&program);
    assert_eq!(owned.container("gitea"), container);
    drop(running);
    // Without its data, nothing speaks for the older one.
    reset(&program);
    up(&program);
    assert_eq!(part(&status(&program), "gitea")["image"], DEFAULT);
    assert!(!has_note(&status(&program), OLDER));
    reset(&program);
    host.docker(&["rmi", "--no-prune", DEFAULT]);
}

#[test]
fn an_image_for_users_who_have_signed_in_is_not_replaced() {
    let Some(host) = docker() else { return };
    let _alone = NO_DEFAULT_IMAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let denied = &[(
        DEFAULT,
        Pull::Refused(404, "pull access denied for gitea/gitea, repository does not exist or may require 'docker login'"),
    )];
    let (program, _proxy) = without_a_gitea_image(host, denied);
    let ran = program.run(&["stack", "up", "--yes"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let state = status(&program);
    assert_eq!(part(&state, "gitea")["image"], DEFAULT);
    assert!(ran.out.contains("wants a sign-in"), "{ran:?}");
    reset(&program);
}

#[test]
fn a_download_of_gitea_that_takes_long_does_not_keep_the_workbench_from_starting() {
    let Some(host) = docker() else { return };
    let mut program = desk(host);
    let proxy = DockerProxy::start(host, &[("growqr-test/slow", Pull::Hangs)]);
    set_variable(&mut program, "GITEA_IMAGE", Some("growqr-test/slow:1"));
    set_variable(&mut program, "DOCKER_HOST", Some(&proxy.address()));
    let running = Running::without_up(&program, "info");
    let mut order = program.command(&["stack", "up", "--yes"]).spawn().expect("it starts");
    let state = until_parts(&program, "running", &["opencode"]);
    assert_eq!(part(&state, "gitea")["state"], "downloading", "{state}");
    kill(&mut order);
    // The download is given up with the order.
    assert_eq!(program.run(&["stack", "down"]).code, Some(0));
    assert_eq!(part(&status(&program), "gitea")["state"], "off");
    drop(running);
    reset(&program);
}

#[test]
fn a_container_runs_on_until_the_image_that_it_should_have_is_here() {
    let Some(host) = docker() else { return };
    let mut program = desk(host);
    up(&program);
    let owned = Owned::of(host, &program);
    let before = owned.container("opencode");
    let usual = program.variables.iter().find(|(name, _)| *name == "OPENCODE_IMAGE").expect("set").1.clone();
    set_variable(&mut program, "OPENCODE_IMAGE", Some("growqr-test/next:1"));
    let running = Running::ready(&program);
    let state = until("the offer", || {
        let state = status(&program);
        (state["next"] == "download").then_some(state)
    });
    assert_eq!(part(&state, "opencode")["state"], "running");
    assert!(has_note(&state, "still runs with another image"), "{state}");
    assert_eq!((owned.container("opencode"), owned.running().len()), (before.clone(), 2));
    // Once it is here, the container is made anew.
    host.docker(&["tag", &usual, "growqr-test/next:1"]);
    up(&program);
    assert_ne!(owned.container("opencode"), before);
    until("the note goes", || (!has_note(&status(&program), "still runs with another image")).then_some(()));
    drop(running);
    reset(&program);
    host.docker(&["rmi", "--no-prune", "growqr-test/next:1"]);
}
