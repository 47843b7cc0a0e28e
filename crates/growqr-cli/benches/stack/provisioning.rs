//! A cold `growqr stack up` against a bare `docker run` of the same two images, one after the other in each run. Cold: the images
//! are there, and no network, volume or container is.

use crate::docker_desk::{port, reset, status};
use crate::figures::{print_ratio, print_times};
use crate::free_ports::{desk, first_port, variable};
use growqr_testkit::DockerHost;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;
use tokio::time::Instant;

const RUNS: usize = 7;

const GITEA_HEALTH: &str = "/api/healthz";
const OPENCODE_HEALTH: &str = "/global/health";

/// The limit for one attempt to get an answer. OpenCode never answers a request that comes while it starts.
const ATTEMPT: Duration = Duration::from_millis(500);

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// The limit for a start.
const START: Duration = Duration::from_secs(120);

pub fn measure(host: &DockerHost) {
    // The first start reads the images from the disk.
    bare_run(host);
    let (mut bare, mut answered, mut ended) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        bare.push(bare_run(host));
        let (answers, end) = stack_up(host);
        answered.push(answers);
        ended.push(end);
    }
    print_times("bare_run", &bare);
    print_times("stack_up_answers", &answered);
    print_times("stack_up", &ended);
    print_ratio("stack_up_answers_ratio", &answered, &bare);
    // With user, token and repository in Gitea, memory's first copy, and the workbench's call to the gateway.
    print_ratio("stack_up_ratio", &ended, &bare);
}

/// The time until both containers answer.
fn bare_run(host: &DockerHost) -> Duration {
    let desk = desk(host);
    let (gitea, opencode) = (first_port(&desk), first_port(&desk) + 1);
    let image = |wanted: &str| variable(&desk, wanted).to_owned();
    let began = Instant::now();
    let publish = format!("127.0.0.1:{gitea}:3000");
    let mut run = vec!["run", "-d", "-p", &publish];
    let secret = format!("GITEA__security__SECRET_KEY={}", "k".repeat(64));
    // Without these Gitea waits for a person to install it.
    let variables = [&secret, "GITEA__security__INSTALL_LOCK=true", "GITEA__database__DB_TYPE=sqlite3"];
    variables.iter().for_each(|variable| run.extend(["-e", variable]));
    let image_of_gitea = image("GITEA_IMAGE");
    run.push(&image_of_gitea);
    let first = host.docker(&run);
    let publish = format!("127.0.0.1:{opencode}:4096");
    let image = image("OPENCODE_IMAGE");
    let second = host.docker(&["run", "-d", "-p", &publish, &image, "serve", "--hostname", "0.0.0.0", "--port", "4096"]);
    until_both_answer(gitea, opencode, began);
    let took = began.elapsed();
    host.docker(&["rm", "-f", "-v", &first, &second]);
    took
}

/// The time until both containers answer, and the time until the command has ended.
fn stack_up(host: &DockerHost) -> (Duration, Duration) {
    let desk = desk(host);
    let (gitea, opencode) = (first_port(&desk), first_port(&desk) + 1);
    let began = Instant::now();
    let command = desk.command(&["stack", "up"]).spawn().expect("it starts");
    let ended = std::thread::spawn(move || (command.wait_with_output().expect("it ends"), began.elapsed()));
    until_both_answer(gitea, opencode, began);
    let answered = began.elapsed();
    let (output, ended) = ended.join().expect("it waits");
    assert!(output.status.success(), "{output:?}");
    let state = status(&desk);
    assert_eq!((port(&state, "gitea"), port(&state, "opencode")), (gitea, opencode), "the ports that were asked");
    reset(&desk);
    (answered, ended)
}

fn until_both_answer(gitea: u16, opencode: u16, began: Instant) {
    for (port, path) in [(gitea, GITEA_HEALTH), (opencode, OPENCODE_HEALTH)] {
        while !answers(port, path) {
            assert!(began.elapsed() < START, "no answer on port {port}");
            std::thread::sleep(PAUSE);
        }
    }
}

/// Whether a service answers here. One that asks for a password does.
fn answers(port: u16, path: &str) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let status = TcpStream::connect_timeout(&address, ATTEMPT).and_then(|mut stream| {
        stream.set_read_timeout(Some(ATTEMPT))?;
        write!(stream, "GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status)
    });
    status.is_ok_and(|status| status.ends_with(b" 200") || status.ends_with(b" 401"))
}
