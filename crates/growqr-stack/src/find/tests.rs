use super::*;
use sha2::{Digest, Sha256};

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Desk {
        Desk(tempfile::tempdir().unwrap())
    }

    fn environment(&self, variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Environment { variables, home: Some(self.0.path().to_owned()), system: System::Linux }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn context(&self, name: &str, host: &str) {
        let hash = crate::labels::hex(&Sha256::digest(name.as_bytes()));
        let meta = format!(r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#);
        self.write(&format!(".docker/contexts/meta/{hash}/meta.json"), &meta);
    }
}

fn only(environment: &Environment) -> Candidate {
    let mut found = candidates(environment).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn docker_host_goes_before_the_context_and_is_the_only_candidate() {
    let desk = Desk::new();
    desk.context("work", "unix:///ctx.sock");
    let found = only(&desk.environment(&[("DOCKER_HOST", "unix:///host.sock"), ("DOCKER_CONTEXT", "work")]));
    assert_eq!(found.address, Address::Socket("/host.sock".into()));
    assert_eq!(found.named_by.as_deref(), Some("DOCKER_HOST"));
}

#[test]
fn the_context_of_the_variable_goes_before_the_one_of_the_configuration() {
    let desk = Desk::new();
    desk.write(".docker/config.json", r#"{"currentContext":"colima","auths":{}}"#);
    desk.context("colima", "unix:///home/you/.colima/default/docker.sock");
    desk.context("work", "unix:///work.sock");
    assert_eq!(only(&desk.environment(&[])).name, "Colima (default)");
    assert_eq!(only(&desk.environment(&[("DOCKER_CONTEXT", "work")])).name, "context work");
}

#[test]
fn the_default_context_and_an_empty_docker_host_mean_the_usual_places() {
    let desk = Desk::new();
    desk.write(".docker/config.json", r#"{"currentContext":"gone"}"#);
    let found = candidates(&desk.environment(&[("DOCKER_CONTEXT", "default"), ("DOCKER_HOST", "")])).unwrap();
    assert_eq!(found[0].address, Address::Socket("/var/run/docker.sock".into()));
}

#[test]
fn a_named_context_that_is_missing_or_unreadable_is_refused_and_not_passed_over() {
    let desk = Desk::new();
    desk.write(".docker/config.json", r#"{"currentContext":"gone"}"#);
    let refused = candidates(&desk.environment(&[])).unwrap_err();
    assert!(matches!(&refused, Refusal::NoSuchContext { context, .. } if context == "gone"), "{refused}");
    desk.write(".docker/config.json", "{");
    assert!(matches!(candidates(&desk.environment(&[])), Err(Refusal::Unreadable { .. })));
    desk.write(".docker/config.json", r#"{"currentContext":"empty"}"#);
    desk.context("empty", "");
    assert!(matches!(candidates(&desk.environment(&[])), Err(Refusal::Unreadable { .. })));
}

#[test]
fn daemons_on_other_machines_are_refused_with_the_reason() {
    let desk = Desk::new();
    desk.context("far", "ssh://me@nas.local");
    let refused = |variables: &[(&str, &str)]| candidates(&desk.environment(variables)).unwrap_err();
    assert!(matches!(refused(&[("DOCKER_HOST", "tcp://10.0.0.1:2375")]), Refusal::Tcp { .. }));
    let ssh = refused(&[("DOCKER_CONTEXT", "far")]);
    assert!(matches!(&ssh, Refusal::Ssh { .. }) && ssh.to_string().contains("far"), "{ssh}");
    assert!(matches!(refused(&[("DOCKER_HOST", "/var/run/docker.sock")]), Refusal::UnknownForm { .. }));
}

#[test]
fn the_usual_places_carry_names_for_people() {
    let desk = Desk::new();
    desk.write(".colima/work/docker.sock", "");
    desk.write(".colima/default/docker.sock", "");
    desk.write(".colima/_lima/nothing", "");
    let found = candidates(&desk.environment(&[("XDG_RUNTIME_DIR", "/run/user/1000")])).unwrap();
    let names: Vec<_> = found.iter().map(|candidate| candidate.name.as_str()).collect();
    let expected = [
        "Docker Engine",
        "Docker Engine (rootless)",
        "Docker Desktop",
        "Docker Desktop",
        "OrbStack",
        "Rancher Desktop",
        "Colima (default)",
        "Colima (work)",
        "Podman",
        "Podman",
    ];
    assert_eq!(names, expected);
}

#[test]
fn on_windows_the_usual_places_are_pipes() {
    let windows = Environment { system: System::Windows, ..Desk::new().environment(&[]) };
    let found = candidates(&windows).unwrap();
    assert_eq!(found[0].address, Address::Pipe("//./pipe/docker_engine".to_owned()));
    let named = Environment { variables: [("DOCKER_HOST".to_owned(), r"npipe:////./pipe/x".to_owned())].into(), ..windows };
    assert_eq!(only(&named).address, Address::Pipe("//./pipe/x".to_owned()));
}

#[test]
fn a_pipe_on_linux_and_a_socket_on_windows_are_refused() {
    let linux = Desk::new().environment(&[("DOCKER_HOST", "npipe:////./pipe/x")]);
    let refused = candidates(&linux).unwrap_err().to_string();
    assert_eq!(refused, "DOCKER_HOST names npipe:////./pipe/x: this system has no named pipes");
    let socket = Desk::new().environment(&[("DOCKER_HOST", "unix:///x.sock")]);
    let windows = Environment { system: System::Windows, ..socket };
    assert!(matches!(candidates(&windows), Err(Refusal::OtherSystem { .. })));
}
