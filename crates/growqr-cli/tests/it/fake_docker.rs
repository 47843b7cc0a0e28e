//! A Docker daemon in name only: it answers on a socket, has no image, and downloads as a test says. For what the program says and
//! does about Docker, not for containers.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// Serves until the test process ends.
pub struct FakeDocker {
    folder: TempDir,
    /// True once a download has begun.
    pulls: Arc<AtomicBool>,
    /// True once the other side has given up a download.
    given_up: Arc<AtomicBool>,
}

impl FakeDocker {
    /// `pull`: the messages of each download, which then says nothing more; `images`: a part of the names of those that it has.
    pub fn start(pull: &'static [&'static str], images: &'static [&'static str]) -> FakeDocker {
        let folder = TempDir::new().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("docker.sock")).expect("a socket");
        let fake = FakeDocker { folder, pulls: Arc::default(), given_up: Arc::default() };
        let (pulls, given_up) = (Arc::clone(&fake.pulls), Arc::clone(&fake.given_up));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (pulls, given_up) = (Arc::clone(&pulls), Arc::clone(&given_up));
                std::thread::spawn(move || serve(stream, pull, images, &pulls, &given_up));
            }
        });
        fake
    }

    /// The value for `DOCKER_HOST`.
    pub fn address(&self) -> String {
        format!("unix://{}", self.folder.path().join("docker.sock").display())
    }

    pub fn has_begun(&self) -> bool {
        self.pulls.load(Ordering::SeqCst)
    }

    pub fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::SeqCst)
    }
}

fn serve(mut client: UnixStream, pull: &[&str], images: &[&str], pulls: &AtomicBool, given_up: &AtomicBool) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).replace("%2F", "/").replace("%3A", ":");
    let path = text.split(' ').nth(1)?.to_owned();
    let stream_head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    if path.contains("/images/create") {
        write!(client, "{stream_head}").ok()?;
        for message in pull {
            let line = format!("{message}\n");
            write!(client, "{:x}\r\n{line}\r\n", line.len()).ok()?;
            pulls.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = client.read(&mut byte);
        given_up.store(true, Ordering::SeqCst);
        return Some(());
    }
    if path.contains("/events") {
        write!(client, "{stream_head}").ok()?;
        return client.read(&mut byte).ok().map(drop);
    }
    let (status, body) = match path.as_str() {
        path if path.contains("/_ping") => (200, "OK"),
        path if path.contains("/version") => (200, r#"{"Version":"20.10","ApiVersion":"1.41","Os":"linux","Arch":"amd64"}"#),
        path if path.contains("/volumes/") => (404, r#"{"message":"no such volume"}"#),
        path if path.contains("/volumes") => (200, r#"{"Volumes":[]}"#),
        path if path.contains("/networks/") => (404, r#"{"message":"no such network"}"#),
        path if path.contains("/images/") && images.iter().any(|image| path.contains(image)) => (200, r#"{"Id":"sha256:1"}"#),
        path if path.contains("/images/") => (404, r#"{"message":"No such image"}"#),
        path if path.contains("/networks") || path.contains("/containers/json") => (200, "[]"),
        _ => (500, r#"{"message":"this daemon makes nothing"}"#),
    };
    write!(
        client,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}
