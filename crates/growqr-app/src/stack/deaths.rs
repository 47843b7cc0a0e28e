//! What is done about containers that end, and how much those that run use.

use crate::stack::problem::Problem;
use crate::stack::restarts::Verdict;
use crate::stack::worker::Worker;
use growqr_stack::{ContainerPart, Real, Stack, Status};
use growqr_wire::PartState;
use std::time::Duration;
use tokio::time::Instant;

/// How often the disk space is measured; it takes seconds on a large volume.
const MEASURE_DISK: Duration = Duration::from_secs(300);

impl Worker {
    /// Whether a part may be started now: one that has died waits longer each time, and is given up after too many deaths.
    pub(super) async fn after_death(&mut self, stack: &Stack, real: &Real, part: ContainerPart) -> Result<Verdict, Problem> {
        let restarts = self.restarts.entry(part).or_default();
        if let (Some(container), Some((id, _))) = (real.container(part), self.ready.get(&part))
            && container.id == *id
            && container.status == Status::Exited
        {
            let saw_oom = self.out_of_memory.contains(&container.id);
            let death = stack.daemon().explain(container, saw_oom).await?;
            let last = death.as_ref().and_then(|death| death.last_lines.last());
            let last = last.map(|line| format!(" The last line of its log: {}", line.text));
            let words = death.map_or_else(|| "it has ended".to_owned(), |death| death.to_string());
            let reason = format!("{words}.{}", last.unwrap_or_default());
            tracing::warn!(part = part.word(), %reason, "a container has ended");
            restarts.died(reason, Instant::now());
            self.out_of_memory.retain(|id| *id != container.id);
            self.ready.remove(&part);
            self.tasks.cancel_preparation(part);
            match part {
                // Its port is free now, and another program may take it: nothing is sent there until Gitea is ready again.
                ContainerPart::Gitea => self.services.forget_gitea(),
                ContainerPart::OpenCode => self.deps.workbench.clear("it has ended and is being started again"),
            }
        }
        let verdict = restarts.verdict(Instant::now());
        let (count, reason) = (restarts.count(), restarts.reason().unwrap_or_default().to_owned());
        self.view.change_part(part, |shown| shown.restarts = count);
        match verdict {
            Verdict::Wait(wait) => {
                let found = format!("it is started again in {} s: {reason}", wait.as_secs().max(1));
                self.view.set_part(part, PartState::Starting, found);
            }
            Verdict::GiveUp => {
                let found = format!("it has ended {count} times within ten minutes and is not started again by itself: {reason}");
                let step = format!("Read its log: growqr stack logs {}. Then start it with: growqr stack up", part.word());
                if part == ContainerPart::OpenCode {
                    self.deps.workbench.give_up(&format!("{}. {step}", found.trim_end_matches('.')));
                }
                self.view.set_part(part, PartState::Failed, found);
                self.view.change_part(part, |shown| shown.next_step = Some(step));
            }
            Verdict::Start => {}
        }
        Ok(verdict)
    }

    /// A container that ends right after its start counts as dead, with its reason.
    pub(super) async fn ended_at_once(&mut self, stack: &Stack, real: &Real, name: &str) -> Result<(), Problem> {
        for part in ContainerPart::ALL.into_iter().filter(|part| part.name() == name) {
            if let Some(container) = real.container(part) {
                self.ready.insert(part, (container.id.clone(), container.started_at.clone()));
                self.after_death(stack, real, part).await?;
            }
        }
        Ok(())
    }

    /// Reads how much the containers use.
    pub(super) async fn measure(&mut self, stack: &Stack, real: &Real) {
        let measures_disk = self.disk_measured.is_none_or(|at| at.elapsed() > MEASURE_DISK);
        self.full_disks.retain(|part, _| self.ready.contains_key(part));
        for part in self.ready.keys().copied().collect::<Vec<_>>() {
            let Some(container) = real.container(part) else { continue };
            if let Ok(memory) = stack.daemon().memory(&container.id).await {
                // Whole megabytes: smaller changes are not news.
                let bytes = memory.used / 1_000_000 * 1_000_000;
                self.view.change_part(part, |shown| shown.memory_bytes = Some(bytes));
            }
            let paths: &[&str] = match part {
                ContainerPart::Gitea => &["/var/lib/gitea"],
                ContainerPart::OpenCode => &["/data", "/workspace"],
            };
            let may_be_full = part == ContainerPart::Gitea && self.copy.has_failed() || self.full_disks.contains_key(&part);
            if (measures_disk || may_be_full)
                && let Ok(full) = stack.daemon().full_paths(&container.id, paths).await
            {
                if full.is_empty() {
                    self.full_disks.remove(&part)
                } else {
                    self.full_disks.insert(part, full)
                };
            }
            if measures_disk && let Ok(disk) = stack.daemon().disk(&container.id, paths).await {
                let bytes = disk.paths.iter().map(|(_, bytes)| bytes).sum::<u64>();
                self.view.change_part(part, |shown| shown.disk_bytes = Some(bytes));
                self.disk_measured = Some(Instant::now());
            }
        }
    }
}
