//! The memory of a running program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The memory of a process in bytes, with its part of shared pages; `None` if the system does not tell.
fn proportional_size(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|size| size * 1024)
}

/// The median of several looks at an idle process.
pub fn at_rest(process: u32) -> Option<u64> {
    let look = |_| {
        std::thread::sleep(PAUSE);
        proportional_size(process)
    };
    let mut sizes = (0..21).map(look).collect::<Option<Vec<u64>>>()?;
    sizes.sort_unstable();
    Some(sizes[sizes.len() / 2])
}

/// Watches the largest size of a process until it is asked.
pub struct Watch {
    stop: Arc<AtomicBool>,
    largest: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Watch {
    pub fn start(process: u32) -> Watch {
        let (stop, largest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, seen) = (Arc::clone(&stop), Arc::clone(&largest));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                seen.fetch_max(proportional_size(process).unwrap_or_default(), Ordering::Relaxed);
                std::thread::sleep(PAUSE);
            }
        });
        Watch { stop, largest, thread }
    }

    pub fn largest(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it only looks");
        self.largest.load(Ordering::Relaxed)
    }
}
