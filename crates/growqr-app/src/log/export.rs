//! Writes a channel of the log into a file, part by part.

use crate::error::AppError;
use crate::export::{complete, new_file, unwritten};
use crate::host::session::ProfileSession;
use growqr_wire::{LogCursor, LogLine, LogPage, Reply, Request};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The most lines that are read at once.
const PAGE: u32 = 1_000;

impl ProfileSession {
    /// Writes the lines of a channel into a new text file in this folder. A file that exists is not touched.
    ///
    /// # Errors
    /// If there is no such channel, the log cannot be read, or the file cannot be written; no part of a file stays.
    pub async fn export_log(&self, folder: &Path, channel: &str, filter: Option<&str>) -> Result<PathBuf, AppError> {
        let first = self.log_page(channel, filter, LogCursor::default()).await?;
        std::fs::create_dir_all(folder).map_err(unwritten)?;
        let name = format!("GrowQR log {}", channel.trim_start_matches('#'));
        let (part, file) = new_file(folder, &name, "txt.part")?;
        let mut file = BufWriter::new(file);
        let written = match self.write_log(channel, filter, first, &mut file).await {
            Ok(()) => complete(folder, (&name, "txt"), &part, file).await,
            Err(error) => Err(error),
        };
        if written.is_err() {
            // The error says enough.
            let _ = std::fs::remove_file(&part);
        }
        written
    }

    async fn write_log(&self, channel: &str, filter: Option<&str>, first: LogPage, to: impl Write) -> Result<(), AppError> {
        let mut lines = InOrder { to, host: Vec::new() };
        let mut page = first;
        loop {
            lines.add(page.lines)?;
            if !page.has_more {
                return lines.end();
            }
            page = self.log_page(channel, filter, page.after).await?;
        }
    }

    async fn log_page(&self, channel: &str, filter: Option<&str>, after: LogCursor) -> Result<LogPage, AppError> {
        let (channel, filter) = (channel.to_owned(), filter.map(str::to_owned));
        let request = Request::Log { channel, filter, after: Some(after), before: None, limit: PAGE };
        match self.client().send(request).await? {
            Reply::Log { page } => Ok(page),
            _ => Err(AppError::Internal("the log was not answered".to_owned())),
        }
    }
}

/// Writes lines by their time: those of the host come all at once, before later events.
struct InOrder<W: Write> {
    to: W,
    host: Vec<LogLine>,
}

impl<W: Write> InOrder<W> {
    fn add(&mut self, lines: Vec<LogLine>) -> Result<(), AppError> {
        let (host, events): (Vec<LogLine>, Vec<LogLine>) = lines.into_iter().partition(|line| line.agent.is_none());
        self.host.extend(host);
        for event in events {
            let earlier = self.host.partition_point(|line| line.at <= event.at);
            for line in self.host.drain(..earlier) {
                write_line(&mut self.to, &line)?;
            }
            write_line(&mut self.to, &event)?;
        }
        Ok(())
    }

    fn end(mut self) -> Result<(), AppError> {
        for line in &self.host {
            write_line(&mut self.to, line)?;
        }
        self.to.flush().map_err(unwritten)
    }
}

fn write_line(to: &mut impl Write, line: &LogLine) -> Result<(), AppError> {
    let at = crate::date(line.at);
    // Without control characters, so that a line stays one line.
    let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let date = format!("{:04}-{:02}-{:02} {:02}:{:02} UTC", at.year, at.month, at.day, at.hour, at.minute);
    writeln!(to, "{date}  {}: {}", plain(&line.name), plain(&line.text)).map_err(unwritten)
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_wire::LogTone;

    fn line(at: i64, agent: Option<&str>, text: &str) -> LogLine {
        LogLine {
            id: text.to_owned(),
            at,
            agent: agent.map(str::to_owned),
            name: "N".to_owned(),
            text: text.to_owned(),
            tone: LogTone::Quiet,
        }
    }

    #[test]
    fn lines_of_the_host_are_written_between_those_of_the_journals_by_their_time() {
        let mut file = Vec::new();
        let mut lines = InOrder { to: &mut file, host: Vec::new() };
        lines.add(vec![line(1, Some("grow"), "one"), line(2, None, "two"), line(9, None, "last")]).unwrap();
        lines.add(vec![line(3, Some("grow"), "three\nin one line")]).unwrap();
        lines.end().unwrap();
        let expected = ["one", "two", "three in one line", "last"].map(|text| format!("1970-01-01 00:00 UTC  N: {text}\n"));
        assert_eq!(String::from_utf8(file).unwrap(), expected.concat());
    }
}
