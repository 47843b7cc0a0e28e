//! The program `growqr-node`.

use crate::http::ask;
use crate::node_process::TIMEOUT;
use growqr_testkit::rivet_engine::{self, RivetEngine, Thresholds};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running program. It is killed when this is dropped.
struct Program {
    child: Child,
    /// Where it tells how it does.
    watch: SocketAddr,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

impl Program {
    fn start(engine: &[&str], token: Option<&str>, database: &str) -> Program {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        // Closed again, so that the program finds it free.
        let watch = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_growqr-node"));
        program.args(engine).args(["--watch", &watch.to_string()]).env("GROWQR_DATABASE_URL", database);
        program.envs(token.map(|token| ("GROWQR_ENGINE_TOKEN", token)));
        let child = program.stdin(Stdio::null()).stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
        Program { child, watch, log, _folder: folder }
    }

    /// The answer of `/health/ready`, once it has this status.
    async fn ready(&self, wanted: u16) -> String {
        let wait = async {
            loop {
                match ask(self.watch, "GET", "/health/ready").await {
                    Ok((status, body)) if status == wanted => return body,
                    _ => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        };
        tokio::time::timeout(TIMEOUT, wait).await.unwrap_or_else(|_| panic!("never {wanted}:\n{}", self.log()))
    }

    /// Asks it to end, and waits until it has.
    fn stop(&mut self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "{}", self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first of three ports in a row that nothing listens on.
fn three_free_ports() -> u16 {
    let is_free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    let mut ports = std::iter::repeat_with(|| std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    ports.find(|port| *port < 65_000 && (*port..*port + 3).all(is_free)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_ready_while_its_engine_works_and_ends_when_the_system_asks_it_to() {
    let start = || Some((RivetEngine::start(Thresholds::SHORT)?, growqr_testkit::postgres::fresh_database()?));
    let Some((engine, database)) = tokio::task::spawn_blocking(start).await.unwrap() else { return };
    let mut program = Program::start(&["--engine", &engine.address()], Some(engine.token()), &database);
    let works = program.ready(200).await;
    assert!(works.contains(r#""database":"ok""#) && works.contains(r#""engine":"ok""#), "{works}");
    let (status, metrics) = ask(program.watch, "GET", "/metrics").await.unwrap();
    assert!(status == 200 && metrics.contains("growqr_agents_awake 0"), "{metrics}");
    tokio::task::block_in_place(|| engine.kill_9());
    let broken = program.ready(503).await;
    assert!(broken.contains(r#""database":"ok""#) && !broken.contains(r#""engine":"ok""#), "{broken}");
    tokio::task::block_in_place(|| engine.restart());
    program.ready(200).await;
    tokio::task::block_in_place(|| program.stop());
    for shown in [broken, program.log()] {
        assert!(!shown.contains(engine.token()) && !shown.contains(&database), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_starts_an_engine_of_its_own_which_ends_with_it_and_keeps_its_data() {
    let start = || Some((rivet_engine::program()?, growqr_testkit::postgres::fresh_database()?));
    let Some((engine, database)) = tokio::task::spawn_blocking(start).await.unwrap() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [engine, data] = [engine.as_path(), folder.path()].map(|path| path.to_str().unwrap());
    let port = three_free_ports();
    let arguments = ["--own-engine", data, "--engine-program", engine, "--engine-port", &port.to_string()];
    for _ in 0..2 {
        let mut program = Program::start(&arguments, None, &database);
        program.ready(200).await;
        tokio::task::block_in_place(|| program.stop());
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "the engine has ended");
        let config = std::fs::read_to_string(folder.path().join("config.json")).unwrap();
        let config: serde_json::Value = serde_json::from_str(&config).unwrap();
        assert!(!program.log().contains(config["auth"]["admin_token"].as_str().unwrap()), "{}", program.log());
    }
}

/// An address of this computer that is not a loopback one, which passes on to a port of the loopback address.
fn passed_on(port: u16) -> std::net::SocketAddr {
    // No packet is sent: the system only says which address it would send from.
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").unwrap();
    let listener = std::net::TcpListener::bind((socket.local_addr().unwrap().ip(), 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = std::net::TcpStream::connect(("127.0.0.1", port)) else { continue };
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
            }
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_joins_an_engine_of_another_computer_that_knows_no_pool_yet_and_says_at_once_that_a_token_is_refused() {
    let start = || Some((RivetEngine::start(Thresholds::SHORT)?, growqr_testkit::postgres::fresh_database()?));
    let Some((engine, database)) = tokio::task::spawn_blocking(start).await.unwrap() else { return };
    let address = passed_on(engine.ports()[0]);
    assert!(!address.ip().is_loopback(), "this computer has no other address");
    let address = format!("http://{address}");
    let mut program = Program::start(&["--engine", &address], Some(engine.token()), &database);
    program.ready(200).await;
    tokio::task::block_in_place(|| program.stop());
    let mut refused = Program::start(&["--engine", &address], Some("another-token"), &database);
    let took = growqr_testkit::measure::timed(|| assert!(!refused.child.wait().unwrap().success(), "{}", refused.log()));
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(refused.log().contains("Access denied"), "{}", refused.log());
}
