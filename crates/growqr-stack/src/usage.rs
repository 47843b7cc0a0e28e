//! What a container uses of memory and disk.

use crate::daemon::Daemon;
use crate::error::StackError;
use crate::exec::Exec;
use bollard::models::MountPoint;
use bollard::query_parameters::{InspectContainerOptionsBuilder, StatsOptionsBuilder};
use futures_util::StreamExt;
use growqr_core::secret::Secret;
use std::time::Duration;

/// The memory of a running container, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// Used, without file pages that can be dropped.
    pub used: u64,
    /// The limit.
    pub limit: u64,
}

/// The disk space of a container, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskUse {
    /// What it wrote outside its volumes: with a read-only root close to nothing.
    pub layer: u64,
    /// What each path of a volume holds; none if the container does not run.
    pub paths: Vec<(String, u64)>,
}

/// A file system with less room, in kibibytes, is full: nothing useful can be written there.
const FULL: u64 = 1 << 10;

/// Prints two lines for each path: the free kibibytes of its file system and, where `df` can, its free files, or an empty line. The
/// lines are known by their order: `df` of BusyBox names the first place where the device is mounted, not the path.
const FREE: &str = r#"for path; do df -Pk "$path" | tail -n 1 | grep . || exit 1; df -Pi "$path" 2>/dev/null | tail -n 1 | grep . || echo; done"#;

/// Prints the kibibytes below each path, without the entries that `SKIP` names.
const MEASURE: &str = r#"
measure() {
  path=$1; shift
  for entry in "$path"/* "$path"/.[!.]*; do
    case ":$SKIP:" in *":$entry:"*) ;; *) set -- "$@" "$entry" ;; esac
  done
  du -sk "$@" 2>/dev/null | {
    total=0
    while read -r size rest; do case $size in *[!0-9]*|"") ;; *) total=$((total + size)) ;; esac; done
    echo "$total $path"
  }
}
for each; do measure "$each"; done
"#;

impl Daemon {
    /// The memory that a running container uses.
    ///
    /// # Errors
    /// [`StackError::ContainerStopped`] if it does not run.
    pub async fn memory(&self, container: &str) -> Result<MemoryUse, StackError> {
        let options = StatsOptionsBuilder::new().stream(false).one_shot(true).build();
        let call = self.call("read the memory in use", "container", container);
        let mut stats = Box::pin(self.docker().stats(container, Some(options)));
        let first = async { stats.next().await.transpose() };
        let memory = self.ask(call, first).await?.and_then(|stats| stats.memory_stats).unwrap_or_default();
        let usage = memory.usage.ok_or_else(|| StackError::ContainerStopped(container.to_owned()))?;
        // The names of control groups version 1 and 2.
        let inactive =
            memory.stats.and_then(|stats| stats.get("total_inactive_file").or_else(|| stats.get("inactive_file")).copied());
        Ok(MemoryUse { used: usage.saturating_sub(inactive.unwrap_or_default()), limit: memory.limit.unwrap_or_default() })
    }

    /// The disk space that a container uses. `paths` are those of its volumes; they are measured inside the container, because
    /// old engines tell the size of volumes only in a form that the client library does not read.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn disk(&self, container: &str, paths: &[&str]) -> Result<DiskUse, StackError> {
        let options = InspectContainerOptionsBuilder::new().size(true).build();
        let call = self.call("read the disk space in use", "container", container);
        let inspected = self.ask(call, self.docker().inspect_container(container, Some(options))).await?;
        let layer = inspected.size_rw.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        let running = inspected.state.and_then(|state| state.running).unwrap_or_default();
        if !running || paths.is_empty() {
            return Ok(DiskUse { layer, paths: Vec::new() });
        }
        // Folders of the person's own are below the path of a volume.
        let is_folder = |mount: &MountPoint| mount.typ.as_deref() == Some("bind");
        let mounts = inspected.mounts.unwrap_or_default();
        let folders: Vec<String> = mounts.into_iter().filter(is_folder).filter_map(|mount| mount.destination).collect();
        let measure = ["sh", "-c", MEASURE, "sh"].into_iter().chain(paths.iter().copied());
        let skipped = ("SKIP".to_owned(), Secret::new(folders.join(":")));
        let exec = Exec { limit: Duration::from_secs(20), environment: vec![skipped], ..Exec::new(measure) };
        let done = self.exec(container, &exec).await?;
        let line = |line: &str| {
            let (kibibytes, path) = line.split_once(' ')?;
            Some((path.trim().to_owned(), kibibytes.parse::<u64>().ok()? * 1024))
        };
        Ok(DiskUse { layer, paths: done.output.lines().filter_map(line).collect() })
    }

    /// Those of these paths of a running container to which nothing more can be written, because the file system has no room left
    /// or no more files.
    ///
    /// # Errors
    /// [`StackError`]; [`StackError::Failed`] also if the container has no `df`, or cannot start it.
    pub async fn full_paths(&self, container: &str, paths: &[&str]) -> Result<Vec<String>, StackError> {
        let command = ["sh", "-c", FREE, "sh"].into_iter().chain(paths.iter().copied());
        let done = self.exec(container, &Exec { limit: Duration::from_secs(10), ..Exec::new(command) }).await?;
        if done.code != 0 {
            return Err(StackError::Failed { during: "read the free disk space", message: done.error });
        }
        let lines: Vec<&str> = done.output.lines().collect();
        let full = paths.iter().zip(lines.chunks(2)).filter(|(_, lines)| is_full(lines));
        Ok(full.map(|(path, _)| (*path).to_owned()).collect())
    }
}

/// Reads the two lines that [`FREE`] prints for a path: kibibytes, then files.
fn is_full(lines: &[&str]) -> bool {
    let counts = |line: &&str| {
        // From the end: the name of a device may have spaces. Mounted on, capacity, free, used.
        let mut fields = line.split_whitespace().rev().skip(2);
        let free: u64 = fields.next()?.parse().ok()?;
        let used: u64 = fields.next()?.parse().ok()?;
        Some((free, used))
    };
    let (room, files) = (lines.first().and_then(counts), lines.get(1).and_then(counts));
    // Where files are not counted, both numbers are 0.
    room.is_some_and(|(free, _)| free < FULL) || files.is_some_and(|(free, used)| free == 0 && used > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_is_full_without_room_or_without_files() {
        let full = |free: u64, files: &str| {
            let (room, files) = (format!("a device 24576 {} {free} 100% /", 24576 - free), format!("a device {files} 100% /"));
            is_full(&[&room, &files])
        };
        assert!(full(0, "900 10 890") && full(1023, "900 10 890") && full(20_000, "900 900 0"));
        assert!(!full(1024, "900 10 890") && !full(20_000, "0 0 0"));
        assert!(is_full(&["tmpfs 24576 24576 0 100% /", ""]) && !is_full(&[]) && !is_full(&["", ""]));
    }
}
