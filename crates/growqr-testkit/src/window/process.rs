//! Process trees: their processes, memory use, start time, and killing them.

use super::Failure;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Interval of the checks whether a process has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// A child process. Dropping it kills the process.
pub(super) struct ChildGuard(pub Child);

impl Drop for ChildGuard {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and returns the first line that it prints, which is its address.
pub(super) fn spawn_and_read_line(command: &mut Command) -> Result<(ChildGuard, String), Failure> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take();
    let started = ChildGuard(child);
    let mut line = String::new();
    BufReader::new(output.ok_or("a program without output")?).read_line(&mut line)?;
    if line.trim().is_empty() {
        return Err(format!("{} did not start", command.get_program().to_string_lossy()).into());
    }
    Ok((started, line.trim().to_owned()))
}

/// A process and all its descendants.
#[derive(Clone, Debug)]
pub struct ProcessTree {
    /// Process ids; parents before their children.
    ids: Vec<u32>,
}

impl ProcessTree {
    /// The current tree of a process.
    #[must_use]
    pub fn of(root: u32) -> ProcessTree {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for (id, parent) in parents() {
            children.entry(parent).or_default().push(id);
        }
        let mut ids = vec![root];
        let mut at = 0;
        while at < ids.len() {
            ids.extend(children.remove(&ids[at]).unwrap_or_default());
            at += 1;
        }
        ProcessTree { ids }
    }

    /// The current descendants, without the root.
    #[must_use]
    pub fn children(&self) -> ProcessTree {
        ProcessTree { ids: ProcessTree::of(self.ids[0]).ids.split_off(1) }
    }

    /// Name and memory use in bytes of each process. Shared memory is divided among its processes (PSS).
    #[must_use]
    pub fn memory(&self) -> Vec<(String, u64)> {
        let read = |id: &u32, file: &str| std::fs::read_to_string(format!("/proc/{id}/{file}")).ok();
        let of = |id: &u32| {
            let rollup = read(id, "smaps_rollup")?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
            Some((read(id, "comm")?.trim().to_owned(), kilobytes * 1024))
        };
        self.ids.iter().filter_map(of).collect()
    }

    /// When the first process was started, in milliseconds since 1970; precise to 10 ms.
    ///
    /// # Errors
    /// If there is no process, or its start time cannot be read.
    pub fn began_ms(&self) -> Result<f64, Failure> {
        let id = self.ids.first().ok_or("the program has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        let ticks: f64 = after_name(&stat).and_then(|mut fields| fields.nth(19)).ok_or("no start time")?.parse()?;
        #[expect(clippy::disallowed_methods, reason = "the real time is needed")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs_f64();
        let uptime = std::fs::read_to_string("/proc/uptime")?;
        let up: f64 = uptime.split(' ').next().ok_or("no uptime")?.parse()?;
        // Linux always reports 100 ticks per second.
        Ok((now - up + ticks / 100.0) * 1e3)
    }

    /// Kills all processes and waits until they have released their resources. Ignores processes that have ended already.
    pub fn kill(&self) {
        if !self.ids.is_empty() {
            let ids = self.ids.iter().map(u32::to_string);
            let _ = Command::new("kill").arg("-9").args(ids).stderr(Stdio::null()).status();
        }
        // They are not children of this process, so it cannot wait for them and polls.
        while self.ids.iter().any(|id| is_alive(*id)) {
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}

/// Whether a process still runs. A zombie does not.
fn is_alive(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    after_name(&stat).and_then(|mut fields| fields.next()).is_some_and(|state| !matches!(state, "Z" | "X"))
}

/// All processes with their parents.
fn parents() -> Vec<(u32, u32)> {
    let Ok(folder) = std::fs::read_dir("/proc") else { return Vec::new() };
    let of = |entry: std::fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        Some((id, after_name(&stat)?.nth(1)?.parse().ok()?))
    };
    folder.flatten().filter_map(of).collect()
}

/// The fields of a `stat` line after the process name, which may contain any characters.
fn after_name(stat: &str) -> Option<std::str::SplitWhitespace<'_>> {
    Some(stat.rsplit_once(')')?.1.split_whitespace())
}
