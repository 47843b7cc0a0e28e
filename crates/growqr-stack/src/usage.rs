//! What a container uses of memory and disk.

use crate::daemon::Daemon;
use crate::error::StackError;
use crate::exec::Exec;
use bollard::query_parameters::{InspectContainerOptionsBuilder, StatsOptionsBuilder};
use futures_util::StreamExt;
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
        let measure = ["du", "-sk"].into_iter().chain(paths.iter().copied());
        let exec = Exec { limit: Duration::from_secs(20), ..Exec::new(measure) };
        let done = self.exec(container, &exec).await?;
        let line = |line: &str| {
            let (kibibytes, path) = line.split_once(char::is_whitespace)?;
            Some((path.trim().to_owned(), kibibytes.parse::<u64>().ok()? * 1024))
        };
        Ok(DiskUse { layer, paths: done.output.lines().filter_map(line).collect() })
    }
}
