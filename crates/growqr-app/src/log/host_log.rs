//! What the host knows besides the journals, as lines of the log: what happens to the containers, and scans of memory. Kept in
//! memory for as long as the host runs; the oldest lines give way.

use crate::SystemClock;
use crate::host::host_events::HostEvents;
use growqr_core::clock::{Clock, Timestamp};
use growqr_wire::{CHANNEL_MEMORY, CHANNEL_STACK, LogCursor, LogLine, LogTone, MemorySyncState, PartState, Push, Stack};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most lines that are kept.
const LINES: usize = 2_000;

/// The lines.
#[derive(Default)]
pub(crate) struct HostLog(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    /// The number of the last line that was added.
    last: u64,
    kept: VecDeque<(u64, &'static str, LogLine)>,
    stack: Option<Stack>,
    /// The pages of a scan that goes on.
    scanned: Option<u64>,
}

/// Some lines of a channel.
pub(super) struct HostLines {
    /// Oldest first.
    pub(super) lines: Vec<LogLine>,
    /// The number of the last line of all channels that was read.
    pub(super) read_to: u64,
    /// How many lines are gone that were not read.
    pub(super) lost: u64,
}

impl HostLog {
    /// Adds lines for what the host reports, until the host ends.
    pub(crate) async fn keep(self: Arc<HostLog>, mut events: HostEvents) {
        while let Some(push) = events.next().await {
            self.note(push, SystemClock.now());
        }
    }

    pub(super) fn note(&self, push: Push, at: Timestamp) {
        let mut lines = self.lines();
        match push {
            Push::StackChanged { stack } => lines.stack(stack, at),
            Push::MemoryChanged => {
                lines.add(
                    CHANNEL_MEMORY,
                    at,
                    "Memory",
                    "pages were changed by you, or in the copy on Gitea".to_owned(),
                    LogTone::Good,
                );
            }
            Push::MemoryProgress { done, total } => lines.scan(done, total, at),
            _ => {}
        }
    }

    /// The lines of a channel after a number; `None`: all that are kept.
    pub(super) fn after(&self, channel: &str, after: Option<u64>) -> HostLines {
        let lines = self.lines();
        let first = lines.kept.front().map_or(lines.last + 1, |(number, ..)| *number);
        let lost = after.map_or(0, |after| first.saturating_sub(after + 1));
        let newer = lines.kept.iter().filter(|(number, of, _)| *of == channel && after.is_none_or(|after| *number > after));
        HostLines { lines: newer.map(|(.., line)| line.clone()).collect(), read_to: lines.last, lost }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn add(&mut self, channel: &'static str, at: Timestamp, name: &str, text: String, tone: LogTone) {
        self.last += 1;
        let line = LogLine { id: format!("host-{}", self.last), at: at.0, agent: None, name: name.to_owned(), text, tone };
        self.kept.push_back((self.last, channel, line));
        if self.kept.len() > LINES {
            self.kept.pop_front();
        }
    }

    /// One line when a scan begins and one when it ends.
    fn scan(&mut self, done: u64, total: u64, at: Timestamp) {
        if done < total && self.scanned.replace(total).is_none() {
            let text = format!("records {total} pages that were edited in the folder");
            self.add(CHANNEL_MEMORY, at, "Memory", text, LogTone::Quiet);
        }
        if done >= total && self.scanned.take().is_some() {
            self.add(
                CHANNEL_MEMORY,
                at,
                "Memory",
                format!("has recorded {total} pages that were edited in the folder"),
                LogTone::Good,
            );
        }
    }

    /// A line for each thing that is not as it was. The progress of a download is none.
    fn stack(&mut self, stack: Stack, at: Timestamp) {
        let before = self.stack.take();
        let docker = before.as_ref().map(|before| before.docker.state);
        if docker != Some(stack.docker.state) && !stack.docker.found.is_empty() {
            let tone = if stack.docker.next_step.is_some() { LogTone::Warn } else { LogTone::Quiet };
            self.add(CHANNEL_STACK, at, "Docker", with_step(&stack.docker.found, stack.docker.next_step.as_deref()), tone);
        }
        let busy = before.as_ref().and_then(|before| before.busy.as_ref());
        if let Some(text) = stack.busy.as_ref().filter(|text| busy != Some(text)) {
            self.add(CHANNEL_STACK, at, "Stack", text.clone(), LogTone::Quiet);
        }
        for part in &stack.parts {
            let known = before.as_ref().and_then(|before| before.parts.iter().find(|other| other.id == part.id));
            let is_same = known.is_some_and(|known| known.state == part.state && known.restarts == part.restarts);
            if is_same || (known.is_none() && part.state == PartState::Off) {
                continue;
            }
            let (text, tone) = match part.state {
                PartState::Off => ("is off", LogTone::Quiet),
                PartState::NeedsDownload => ("has to be downloaded first", LogTone::Warn),
                PartState::Downloading => ("is downloaded", LogTone::Quiet),
                PartState::Starting => ("starts", LogTone::Quiet),
                PartState::Running => ("runs", LogTone::Good),
                PartState::Stopped => ("is stopped until it is needed", LogTone::Quiet),
                PartState::Failed => ("has failed", LogTone::Bad),
                PartState::Unknown => ("cannot be asked for its state", LogTone::Warn),
            };
            let why =
                (part.state == PartState::Failed).then(|| format!(": {}", with_step(&part.found, part.next_step.as_deref())));
            self.add(CHANNEL_STACK, at, &part.name, format!("{text}{}", why.unwrap_or_default()), tone);
        }
        let copy = |stack: &Stack| stack.memory.as_ref().map(|memory| memory.state);
        let (was, is) = (before.as_ref().and_then(copy), copy(&stack));
        if let Some(memory) = stack.memory.as_ref().filter(|_| was != is) {
            let tone = if memory.state == MemorySyncState::Stopped { LogTone::Bad } else { LogTone::Quiet };
            self.add(CHANNEL_MEMORY, at, "Copy on Gitea", with_step(&memory.found, memory.next_step.as_deref()), tone);
        }
        self.stack = Some(stack);
    }
}

fn with_step(found: &str, next_step: Option<&str>) -> String {
    let step = next_step.map_or_else(String::new, |step| format!(". {step}"));
    format!("{}{step}", found.trim_end_matches('.'))
}

/// The cursor after these lines of the host that runs as `run`.
pub(super) fn cursor(events: u64, host: u64, run: u64) -> LogCursor {
    LogCursor { events, host, run }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_wire::{Docker, DockerState, StackPart};

    fn stack(state: PartState) -> Stack {
        let docker = Docker { state: DockerState::Ready, found: "Docker 29 answers".to_owned(), next_step: None };
        let part = StackPart {
            id: "gitea".to_owned(),
            name: "Gitea".to_owned(),
            purpose: String::new(),
            state,
            found: "its port is taken".to_owned(),
            next_step: Some("Close the other program.".to_owned()),
            image: String::new(),
            version: None,
            url: None,
            memory_bytes: None,
            disk_bytes: None,
            restarts: 0,
            progress: None,
        };
        Stack {
            docker,
            parts: vec![part],
            memory: None,
            busy: None,
            next: None,
            orphans: Vec::new(),
            others: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn texts(lines: &HostLines) -> Vec<String> {
        lines.lines.iter().map(|line| format!("{} {}", line.name, line.text)).collect()
    }

    #[test]
    fn a_container_has_a_line_for_each_change_of_its_state_and_none_for_the_same_again() {
        let log = HostLog::default();
        for state in [PartState::Starting, PartState::Starting, PartState::Running, PartState::Failed] {
            log.note(Push::StackChanged { stack: stack(state) }, Timestamp(1));
        }
        let lines = log.after(CHANNEL_STACK, None);
        let failed = "Gitea has failed: its port is taken. Close the other program.";
        assert_eq!(texts(&lines), ["Docker Docker 29 answers", "Gitea starts", "Gitea runs", failed]);
        assert_eq!(texts(&log.after(CHANNEL_STACK, Some(lines.read_to - 1))), [failed]);
        assert!(log.after(CHANNEL_MEMORY, None).lines.is_empty());
    }

    #[test]
    fn a_scan_has_a_line_at_its_begin_and_one_at_its_end() {
        let log = HostLog::default();
        for (done, total) in [(0, 9), (5, 9), (9, 9)] {
            log.note(Push::MemoryProgress { done, total }, Timestamp(1));
        }
        let expected = [
            "Memory records 9 pages that were edited in the folder",
            "Memory has recorded 9 pages that were edited in the folder",
        ];
        assert_eq!(texts(&log.after(CHANNEL_MEMORY, None)), expected);
    }

    #[test]
    fn the_oldest_lines_give_way_and_a_reader_is_told_how_many_it_has_missed() {
        let log = HostLog::default();
        for _ in 0..LINES + 5 {
            log.note(Push::MemoryChanged, Timestamp(1));
        }
        let lines = log.after(CHANNEL_MEMORY, Some(1));
        assert_eq!((lines.lines.len(), lines.lost), (LINES, 4));
        assert_eq!(log.after(CHANNEL_MEMORY, Some(lines.read_to)).lost, 0);
    }
}
