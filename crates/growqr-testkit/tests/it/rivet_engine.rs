//! The real Rivet engine.

use growqr_testkit::rivet_engine::{RivetEngine, Thresholds};

/// The status of a response and its body.
fn parts(response: &str) -> (&str, &str) {
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap(), body)
}

#[test]
fn it_answers_after_a_kill_and_after_a_stop_and_keeps_what_it_knows() {
    let Some(engine) = RivetEngine::start(Thresholds::SHORT) else { return };
    assert!(engine.answers());
    let known = engine.get("/namespaces").unwrap();
    let (status, namespaces) = parts(&known);
    assert!(status == "200" && namespaces.contains("\"default\""), "{known}");
    let first = engine.process();
    engine.kill_9();
    assert!(engine.process().is_none() && !engine.answers());
    engine.restart();
    assert!(engine.process().is_some() && engine.process() != first);
    assert_eq!(parts(&engine.get("/namespaces").unwrap()).1, namespaces, "the same namespace, with the same id");
    engine.stop();
    assert!(engine.process().is_none() && !engine.answers());
    engine.restart();
    assert_eq!(parts(&engine.get("/namespaces").unwrap()).1, namespaces);
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the list of sockets is in /proc")]
fn it_listens_on_loopback_addresses_alone_and_connects_to_no_other() {
    let Some(engine) = RivetEngine::start(Thresholds::default()) else { return };
    let process = engine.process().unwrap();
    let sockets = sockets(process);
    let listening: Vec<u16> = sockets.iter().filter(|socket| socket.is_listening).map(|socket| socket.port).collect();
    assert!(engine.ports().iter().all(|port| listening.contains(port)), "{listening:?}");
    let foreign: Vec<&Socket> = sockets.iter().filter(|socket| !socket.is_loopback).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

/// A TCP socket of a process.
#[derive(Debug)]
#[allow(dead_code, reason = "shown if the test fails")]
struct Socket {
    line: String,
    port: u16,
    is_listening: bool,
    /// Both ends.
    is_loopback: bool,
}

fn sockets(process: u32) -> Vec<Socket> {
    let descriptors = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let own: Vec<String> = descriptors
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()?.to_str()?.strip_prefix("socket:[").map(str::to_owned))
        .map(|inode| inode.trim_end_matches(']').to_owned())
        .collect();
    let is_loopback = |address: &str| {
        let (host, _) = address.split_once(':').unwrap();
        // In the byte order of the processor; the second one is of IPv6, the third one is IPv4 in IPv6.
        host.len() == 8 && host.ends_with("7F")
            || host == "00000000000000000000000001000000"
            || host.starts_with("0000000000000000FFFF0000") && host.ends_with("7F")
    };
    let lines = ["tcp", "tcp6"].map(|table| std::fs::read_to_string(format!("/proc/net/{table}")).unwrap());
    let rows = lines.iter().flat_map(|table| table.lines().skip(1));
    rows.filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (local, remote, state, inode) = (columns[1], columns[2], columns[3], columns[9]);
        own.iter().any(|own| own == inode).then(|| {
            let is_listening = state == "0A";
            Socket {
                line: line.to_owned(),
                port: u16::from_str_radix(local.split_once(':').unwrap().1, 16).unwrap(),
                is_listening,
                is_loopback: is_loopback(local) && (is_listening || is_loopback(remote)),
            }
        })
    })
    .collect()
}
