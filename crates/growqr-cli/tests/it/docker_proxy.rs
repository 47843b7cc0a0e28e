//! A socket in front of the Docker daemon that answers downloads of chosen images in its place, as a registry would that does not
//! have them, or that is slow. Everything else goes to the daemon.

use growqr_testkit::DockerHost;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// The answer to a download.
#[derive(Clone, Copy)]
pub enum Pull {
    /// This status with this message.
    Refused(u16, &'static str),
    /// It begins and says nothing more.
    Hangs,
}

/// Serves until the test process ends.
pub struct DockerProxy {
    folder: TempDir,
}

impl DockerProxy {
    /// `pulls`: a part of the image's name, and the answer to its download.
    pub fn start(host: &DockerHost, pulls: &'static [(&'static str, Pull)]) -> DockerProxy {
        let folder = TempDir::new().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("docker.sock")).expect("a socket");
        let daemon: Arc<PathBuf> = Arc::new(host.socket());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let daemon = Arc::clone(&daemon);
                std::thread::spawn(move || serve(stream, &daemon, pulls));
            }
        });
        DockerProxy { folder }
    }

    /// The value for `DOCKER_HOST`.
    pub fn address(&self) -> String {
        format!("unix://{}", self.folder.path().join("docker.sock").display())
    }
}

fn serve(mut client: UnixStream, daemon: &PathBuf, pulls: &[(&str, Pull)]) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let line = text.lines().next()?.replace("%2F", "/").replace("%3A", ":");
    let pull = pulls.iter().find(|(image, _)| line.contains("/images/create") && line.contains(image));
    match pull {
        Some((_, Pull::Refused(status, message))) => {
            let body = serde_json::json!({"message": message}).to_string();
            let head = format!("HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
            write!(client, "{head}Connection: close\r\n\r\n{body}").ok()
        }
        Some((_, Pull::Hangs)) => {
            write!(client, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n").ok()?;
            // Until the other side gives up.
            client.read(&mut byte).ok().map(drop)
        }
        None => {
            let mut daemon = UnixStream::connect(daemon).ok()?;
            daemon.write_all(&head).ok()?;
            let (mut from, mut to) = (client.try_clone().ok()?, daemon.try_clone().ok()?);
            let up = std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Write);
            });
            let _ = std::io::copy(&mut daemon, &mut client);
            let _ = client.shutdown(Shutdown::Both);
            up.join().ok()
        }
    }
}
