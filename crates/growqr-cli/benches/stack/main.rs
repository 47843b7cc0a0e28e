//! The stack, with a real Docker daemon and the real OpenCode: how long a start takes against a bare `docker run` of the same
//! images, how long a sub-agent takes against `opencode run` with the same prompt, and how much memory this program needs for it.
//! Prints `name value unit` lines. Needs root, `dockerd` and npm, as the tests of this crate do. An argument, `provisioning` or
//! `sub_agents`, measures only that.

#[cfg(target_os = "linux")]
#[path = "../../tests/it/docker_desk.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod docker_desk;
#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
mod free_ports;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod opencode_run;
#[cfg(target_os = "linux")]
#[path = "../../tests/it/program.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod program;
#[cfg(target_os = "linux")]
mod provisioning;
#[cfg(target_os = "linux")]
mod sub_agents;

fn main() {
    #[cfg(target_os = "linux")]
    measure();
    #[cfg(not(target_os = "linux"))]
    println!("# the stack was not measured: it needs Linux");
}

#[cfg(target_os = "linux")]
fn measure() {
    let Some(host) = docker_desk::docker() else {
        println!("# the stack was not measured: it needs root, dockerd, docker, iptables and OpenCode");
        return;
    };
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    if is_wanted("provisioning") {
        provisioning::measure(host);
    }
    if is_wanted("sub_agents") {
        sub_agents::measure(host);
    }
}
