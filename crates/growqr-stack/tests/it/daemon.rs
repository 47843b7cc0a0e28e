//! A daemon that is absent, refused, frozen or killed.

use crate::desk::{connect, environment};
use growqr_stack::find::{Address, Candidate, Environment, System};
use growqr_stack::{ContainerPart, Daemon, Exec, Scope, Stack, StackError, Wanted};
use growqr_testkit::DockerHost;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_named_daemon_that_is_not_there_is_an_error_and_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let address = format!("unix://{}", socket.display());
    let named = |error: StackError| match error {
        StackError::NamedPlace { named_by, problem } if named_by == "DOCKER_HOST" => *problem,
        other => panic!("the setting is not named: {other}"),
    };
    let missing = named(Daemon::find(&environment(&address)).await.unwrap_err());
    assert!(matches!(&missing, StackError::NotRunning(path) if path.ends_with("docker.sock")), "{missing}");
    drop(UnixListener::bind(&socket).unwrap());
    let refused = named(Daemon::find(&environment(&address)).await.unwrap_err());
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
        Environment { variables: Default::default(), home: Some(home.path().to_owned()), system: System::current() };
    match Daemon::find(&environment).await {
        // A machine that has Docker at the usual place.
        Ok(daemon) => assert_eq!(daemon.facts().named_by, None),
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("nothing at the usual place of Docker Engine"), "{text}");
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
async fn the_daemon_of_the_current_context_is_used_and_named() {
    let Some(host) = crate::desk::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    // The name of the folder is the SHA-256 of "colima".
    let meta = folder.path().join("contexts/meta/f24fd3749c1368328e2b149bec149cb6795619f244c5b584e844961215dadd16");
    std::fs::create_dir_all(&meta).unwrap();
    let endpoint = format!(r#"{{"Name":"colima","Endpoints":{{"docker":{{"Host":"{}"}}}}}}"#, host.address());
    std::fs::write(meta.join("meta.json"), endpoint).unwrap();
    std::fs::write(folder.path().join("config.json"), r#"{"currentContext":"colima"}"#).unwrap();
    let variables = [("DOCKER_CONFIG".to_owned(), folder.path().display().to_string())].into();
    let daemon = Daemon::find(&Environment { variables, home: None, system: System::current() }).await.unwrap();
    assert_eq!(daemon.facts().name, "context colima");
    assert!(daemon.facts().named_by.as_ref().unwrap().contains("the Docker context \"colima\""));
}

#[tokio::test]
async fn a_command_whose_daemon_is_killed_is_not_taken_for_done() {
    let Some(host) = DockerHost::own() else { return };
    crate::desk::import_images(&host);
    let stack = Stack::new(connect(&host).await, Scope::new("install", "local"));
    let wanted = Wanted { opencode: None, ..crate::desk::wanted() };
    let real = stack.reconcile(&wanted, |_| {}).await.unwrap();
    let id = real.container(ContainerPart::Gitea).unwrap().id.clone();
    let command = Exec::new(["sh", "-c", "touch /tmp/began; sleep 20"]);
    let kill = async {
        let began = Exec::new(["test", "-e", "/tmp/began"]);
        while stack.daemon().exec(&id, &began).await.unwrap().code != 0 {}
        host.kill();
    };
    let (done, ()) = tokio::join!(stack.daemon().exec(&id, &command), kill);
    let lost = done.unwrap_err();
    assert!(lost.is_about_the_daemon(), "{lost}");
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
