//! `opencode run` in the container of the workbench, with the configuration of the server and the same model stub, which it calls
//! without the gateway.

use crate::docker_desk::{Owned, part, status};
use crate::program::Program;
use growqr_testkit::DockerHost;
use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;
use tokio::time::Instant;

/// The model in place of the one that only the gateway knows.
const MODEL: &str = "claude-sonnet-5-5";

pub struct OpenCodeRun<'a> {
    host: &'a DockerHost,
    container: String,
    variables: Vec<String>,
}

impl<'a> OpenCodeRun<'a> {
    /// Prepares runs in the container of this program.
    pub fn new(host: &'a DockerHost, program: &Program) -> OpenCodeRun<'a> {
        assert_eq!(part(&status(program), "opencode")["state"], "running");
        let container = Owned::of(host, program).container("opencode");
        let format = "{{range .Config.Env}}{{println .}}{{end}}";
        let environment = host.docker(&["inspect", "-f", format, &container]);
        let config = environment.lines().find_map(|line| line.strip_prefix("OPENCODE_CONFIG_CONTENT=")).expect("a configuration");
        let mut config: serde_json::Value = serde_json::from_str(config).expect("JSON");
        let address = format!("http://host.docker.internal:{}/v1", relay(program.claude.base_url()));
        config["provider"]["anthropic"]["options"]["baseURL"] = address.into();
        let config =
            config.to_string().replace("\"growqr\"", &format!("\"{MODEL}\"")).replace("/growqr\"", &format!("/{MODEL}\""));
        let variables = vec![
            format!("OPENCODE_CONFIG_CONTENT={config}"),
            format!("GROWQR_GATEWAY_TOKEN={}", program.claude.key()),
            // A database of its own: the server writes to the other one meanwhile.
            "XDG_DATA_HOME=/data/run".to_owned(),
            "XDG_STATE_HOME=/data/run-state".to_owned(),
        ];
        OpenCodeRun { host, container, variables }
    }

    /// Sends a prompt and returns how long it took. The prompt's files are in a folder of its own.
    pub fn prompt(&self, folder: &str, prompt: &str) -> Duration {
        self.host.docker(&["exec", &self.container, "mkdir", "-p", folder]);
        let mut command = vec!["exec", "-w", folder];
        self.variables.iter().for_each(|variable| command.extend(["-e", variable]));
        command.extend([&self.container, "opencode", "run", "--title", "bench", "--agent", "grow", prompt]);
        let began = Instant::now();
        self.host.docker(&command);
        let took = began.elapsed();
        let written = self.host.docker(&["exec", &self.container, "cat", &format!("{folder}/greeting.txt")]);
        assert_eq!(written, "hello");
        took
    }
}

/// Passes connections on to the stub, which listens on the loopback address only. Returns the port.
fn relay(stub: &str) -> u16 {
    let stub = stub.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for near in listener.incoming() {
            let near = near.expect("a connection");
            let far = TcpStream::connect(&stub).expect("the stub listens");
            let pairs = [(near.try_clone(), far.try_clone()), (Ok(far), Ok(near))];
            for (from, to) in pairs {
                let (mut from, mut to) = (from.expect("a handle"), to.expect("a handle"));
                from.set_nodelay(true).expect("a socket");
                std::thread::spawn(move || {
                    // An end of either side ends the connection.
                    let _ = copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    port
}
