//! A person's computer with ports that no other program uses now, such as a test that runs at the same time.

use crate::docker_desk;
use crate::program::Program;
use growqr_testkit::DockerHost;
use std::net::{Ipv4Addr, TcpListener};

const PORTS: u16 = 10;

/// A computer with Docker, and a range of free ports.
pub fn desk(host: &DockerHost) -> Program {
    let mut desk = docker_desk::desk(host);
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let mut starts = (45_000..60_000).step_by(PORTS.into());
    let start = starts.find(|start| (*start..start + PORTS).all(is_free)).expect("free ports");
    for (name, value) in &mut desk.variables {
        match *name {
            "USER_PORT_RANGE_START" => *value = start.to_string(),
            "USER_PORT_RANGE_END" => *value = (start + PORTS - 1).to_string(),
            _ => {}
        }
    }
    desk
}

/// The first port of its range, which Gitea gets; OpenCode gets the next one.
pub fn first_port(desk: &Program) -> u16 {
    variable(desk, "USER_PORT_RANGE_START").parse().expect("a port")
}

/// A variable of its environment.
pub fn variable<'a>(desk: &'a Program, wanted: &str) -> &'a str {
    desk.variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str()).expect("set")
}
