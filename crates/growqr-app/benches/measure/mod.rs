//! Functions for measuring, shared by the benches of this crate.

#![allow(dead_code, reason = "each bench uses a part")]

pub mod canned;

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

pub fn print(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    #[expect(clippy::disallowed_methods, reason = "a bench measures")]
    let began = Instant::now();
    let done = work();
    (done, began.elapsed())
}

/// The median time of a 4 KiB write with fsync in this folder.
pub fn fsync_4k(folder: &Path) -> Duration {
    let mut probe = Probe::new(folder);
    median(&mut (0..200).map(|_| probe.fsync_4k()).collect::<Vec<Duration>>())
}

/// Measures the disk in the course of a bench: it may stall for seconds, which one measurement beforehand does not
/// show.
pub struct Probe(File);

impl Probe {
    pub fn new(folder: &Path) -> Probe {
        Probe(File::create(folder.join("fsync")).expect("a file"))
    }

    /// Times one write of 4 KiB with fsync.
    pub fn fsync_4k(&mut self) -> Duration {
        let (done, time) = timed(|| self.0.write_all(&[7; 4096]).and_then(|()| self.0.sync_data()));
        done.expect("it is written");
        time
    }
}

/// This process's resident memory in bytes, if the system reports it.
pub fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// Waits for a child. Returns its exit status and its peak resident memory in bytes, or 0 if the system does not report
/// it. The resource usage from `wait` is not used: it includes the parent's memory from before the child's program
/// began.
pub fn wait_with_peak(mut child: Child) -> (ExitStatus, u64) {
    let place = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(&place).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now: Option<u64> = line.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        peak = now.map_or(peak, |now| now * 1024);
        if let Some(status) = child.try_wait().expect("a child of ours") {
            return (status, peak);
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}

/// Sends requests with these bodies over one open connection to a [`canned`] server. Returns the time of each request,
/// up to the end of its answer.
pub fn bare_requests(base_url: &str, bodies: &[String]) -> Vec<Duration> {
    let address = base_url.trim_start_matches("http://");
    let mut connection = BufReader::new(TcpStream::connect(address).expect("the server listens"));
    connection.get_ref().set_nodelay(true).expect("a socket");
    bodies
        .iter()
        .map(|body| {
            let length = body.len();
            let request = format!("POST /v1/messages HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n\r\n{body}");
            timed(|| {
                connection.get_mut().write_all(request.as_bytes()).expect("it is sent");
                let length = canned::head(&mut connection).expect("an answer");
                connection.read_exact(&mut vec![0; length]).expect("the whole answer");
            })
            .1
        })
        .collect()
}

/// A folder in the build's own folder, so that the measured disk is the one that is used for work.
pub fn folder() -> tempfile::TempDir {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(target).expect("the build's folder can be written");
    tempfile::tempdir_in(target).expect("a folder")
}
