//! A daemon that is absent, refused, frozen or killed.

use crate::desk::{connect, environment};
use growqr_stack::find::{Address, Candidate, Environment};
use growqr_stack::{Daemon, Scope, Stack, StackError};
use growqr_testkit::DockerHost;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_named_daemon_that_is_not_there_is_an_error_and_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let address = format!("unix://{}", socket.display());
    let missing = Daemon::find(&environment(&address)).await.unwrap_err();
    assert!(matches!(&missing, StackError::NotRunning(path) if path.ends_with("docker.sock")), "{missing}");
    drop(UnixListener::bind(&socket).unwrap());
    let refused = Daemon::find(&environment(&address)).await.unwrap_err();
    assert!(matches!(refused, StackError::Refused(_)), "{refused}");
    let ssh = Daemon::find(&environment("ssh://me@nas")).await.unwrap_err();
    assert!(matches!(ssh, StackError::Refusal(_)), "{ssh}");
}

#[tokio::test]
async fn without_any_daemon_the_error_says_what_was_tried() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".colima/default")).unwrap();
    drop(UnixListener::bind(home.path().join(".colima/default/docker.sock")).unwrap());
    let environment =
        Environment { variables: Default::default(), home: Some(home.path().to_owned()), ..Environment::of_this_process() };
    match Daemon::find(&environment).await {
        // A machine that has Docker at the usual place.
        Ok(daemon) => assert_eq!(daemon.facts().named_by, None),
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("Docker Engine (/var/run/docker.sock): no such file"), "{text}");
            let colima = home.path().join(".colima/default/docker.sock");
            assert!(text.contains(&format!("Colima (default) ({}): nothing listens there", colima.display())), "{text}");
        }
    }
}

#[tokio::test]
async fn a_socket_that_says_nothing_does_not_answer_within_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let _listener = UnixListener::bind(&socket).unwrap();
    let candidate = Candidate { name: "Docker".to_owned(), address: Address::Socket(socket), named_by: None };
    #[expect(clippy::disallowed_methods, reason = "the limit is real time")]
    let start = Instant::now();
    let silent = Daemon::connect(&candidate).await.unwrap_err();
    assert!(matches!(silent, StackError::NoAnswer { .. }), "{silent}");
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_daemon_frozen_stopped_or_killed_is_told_apart_and_works_again_afterwards() {
    let Some(host) = DockerHost::own() else { return };
    let stack = Stack::new(connect(&host).await, Scope::new("install", "local"));
    let facts = stack.daemon().facts();
    assert_eq!((facts.os.as_str(), facts.named_by.as_deref()), ("linux", Some("DOCKER_HOST")));
    assert!(!facts.version.is_empty() && !facts.api_version.is_empty(), "{facts:?}");

    host.freeze();
    let frozen = stack.observe().await.unwrap_err();
    assert!(matches!(frozen, StackError::NoAnswer { .. }), "{frozen}");
    host.thaw();
    stack.observe().await.unwrap();

    host.stop();
    let stopped = stack.observe().await.unwrap_err();
    assert!(matches!(stopped, StackError::NotRunning(_)), "{stopped}");
    host.start();
    stack.observe().await.unwrap();

    host.kill();
    let killed = stack.observe().await.unwrap_err();
    assert!(matches!(killed, StackError::Refused(_)), "{killed}");
    host.start();
    stack.observe().await.unwrap();
}
