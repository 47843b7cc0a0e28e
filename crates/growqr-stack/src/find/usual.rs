//! The usual sockets and pipes of each flavour of Docker.

use super::{Address, Candidate, Environment, System, config_folder};
use std::path::{Path, PathBuf};

/// Every usual place, best first. A file that exists proves nothing, so places without a file are listed too: an error can
/// then say what was looked for.
pub(super) fn places(environment: &Environment) -> Vec<Candidate> {
    if environment.system == System::Windows {
        let pipe = |(name, pipe): (&str, &str)| usual(name, Address::Pipe(format!("//./pipe/{pipe}")));
        return [
            ("Docker", "docker_engine"),
            ("Docker Desktop", "dockerDesktopLinuxEngine"),
            ("Podman", "podman-machine-default"),
        ]
        .map(pipe)
        .into();
    }
    let mut found = vec![socket("Docker Engine", "/var/run/docker.sock")];
    let runtime = environment.variable("XDG_RUNTIME_DIR").map(PathBuf::from);
    if let Some(runtime) = &runtime {
        found.push(socket("Docker Engine (rootless)", runtime.join("docker.sock")));
    }
    if let Some(config) = config_folder(environment) {
        found.push(socket("Docker Desktop", config.join("run/docker.sock")));
        found.push(socket("Docker Desktop", config.join("desktop/docker.sock")));
    }
    if let Some(home) = &environment.home {
        found.push(socket("OrbStack", home.join(".orbstack/run/docker.sock")));
        found.push(socket("Rancher Desktop", home.join(".rd/docker.sock")));
        found.extend(named_machines("Colima", &home.join(".colima"), "docker.sock"));
        found.extend(named_machines("Lima", &home.join(".lima"), "sock/docker.sock"));
    }
    if let Some(runtime) = &runtime {
        found.push(socket("Podman", runtime.join("podman/podman.sock")));
    }
    if let (System::MacOs, Some(home)) = (environment.system, &environment.home) {
        found.push(socket("Podman", home.join(".local/share/containers/podman/machine/podman.sock")));
    }
    found.push(socket("Podman", "/run/podman/podman.sock"));
    found
}

/// A name for people, if the place is a usual one of some flavour.
pub(super) fn name_of(address: &Address) -> Option<String> {
    let text = address.to_string();
    let machine = |folder: &str| text.split_once(folder)?.1.split('/').next().map(str::to_owned);
    let known = [
        ("/.docker/desktop/", "Docker Desktop"),
        ("/.docker/run/", "Docker Desktop"),
        ("dockerDesktopLinuxEngine", "Docker Desktop"),
        ("/.orbstack/", "OrbStack"),
        ("/.rd/", "Rancher Desktop"),
        ("podman", "Podman"),
    ];
    if let Some(profile) = machine("/.colima/") {
        return Some(format!("Colima ({profile})"));
    }
    if let Some(name) = machine("/.lima/") {
        return Some(format!("Lima ({name})"));
    }
    if let Some((_, name)) = known.iter().find(|(fragment, _)| text.contains(fragment)) {
        return Some((*name).to_owned());
    }
    matches!(text.as_str(), "/var/run/docker.sock" | "/run/docker.sock").then(|| "Docker Engine".to_owned())
}

/// The sockets of the virtual machines in a folder, one subfolder each, `default` first.
fn named_machines(flavour: &str, folder: &Path, socket_path: &str) -> Vec<Candidate> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| folder.join(name).join(socket_path).exists());
    names.sort_by_key(|name| (name != "default", name.clone()));
    names.iter().map(|name| socket(&format!("{flavour} ({name})"), folder.join(name).join(socket_path))).collect()
}

fn socket(name: &str, path: impl Into<PathBuf>) -> Candidate {
    usual(name, Address::Socket(path.into()))
}

fn usual(name: &str, address: Address) -> Candidate {
    Candidate { name: name.to_owned(), address, named_by: None }
}
