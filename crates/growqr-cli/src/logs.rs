//! The `growqr logs` command.

use crate::CommandResult;
use crate::args::Logs;
use crate::print::{Out, Style, sanitized_line, shortened, time};
use growqr_app::{AppError, Environment, Profile, local_now, send_request};
use growqr_wire::{CHANNEL_ALL, CHANNEL_MEMORY, CHANNEL_STACK, LogCursor, LogLine, LogPage, LogTone, Reply, Request};
use std::time::Duration;

/// The most lines of one answer.
const PAGE: u32 = 500;

/// How many lines are printed, unless told otherwise.
const LAST: usize = 100;

/// How often `--follow` asks for new lines.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

pub async fn logs(profile: Profile, environment: &Environment, out: &Out, logs: Logs) -> CommandResult {
    let channel = match logs.channel.as_str() {
        "all" => CHANNEL_ALL.to_owned(),
        "stack" => CHANNEL_STACK.to_owned(),
        "memory" => CHANNEL_MEMORY.to_owned(),
        other => other.to_owned(),
    };
    let read = async |after, before| -> Result<LogPage, AppError> {
        let (channel, filter) = (channel.clone(), logs.filter.clone());
        let request = Request::Log { channel, filter, after, before, limit: PAGE };
        match send_request(profile.clone(), environment, request).await? {
            Reply::Log { page } => Ok(page),
            _ => Err(AppError::Internal("the log was not answered".to_owned())),
        }
    };
    let mut after = print_last(out, &logs, &read).await?;
    if after.run == 0 && channel == CHANNEL_STACK && !logs.follow {
        out.notice("No GrowQR is running. The log of the containers begins with each start of GrowQR.");
    }
    if !logs.follow {
        return Ok(true);
    }
    loop {
        let page = read(Some(after), None).await?;
        print(out, &page.lines);
        if page.lost > 0 {
            out.notice(&format!("{} lines came too fast and are lost", page.lost));
        }
        after = page.after;
        if !page.has_more {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

/// Prints the last lines, and returns how far the log was read.
async fn print_last(
    out: &Out,
    logs: &Logs,
    read: &impl AsyncFn(Option<LogCursor>, Option<u64>) -> Result<LogPage, AppError>,
) -> Result<LogCursor, AppError> {
    let since = logs.since.map(|ago| local_now().0.0.saturating_sub(i64::try_from(ago.as_millis()).unwrap_or(i64::MAX)));
    let most = logs.last.map_or(if since.is_some() { usize::MAX } else { LAST }, |last| last as usize);
    let first = read(None, None).await?;
    let (after, mut before, mut pages) = (first.after, first.before, vec![first.lines]);
    let mut count = pages[0].len();
    let is_early = |page: &[LogLine]| since.is_some_and(|since| page.first().is_some_and(|line| line.at < since));
    while let Some(position) = before.filter(|_| count < most && !pages.last().is_some_and(|page| is_early(page))) {
        let page = read(None, Some(position)).await?;
        count += page.lines.len();
        before = page.before;
        pages.push(page.lines);
    }
    let mut lines: Vec<LogLine> = pages.into_iter().rev().flatten().collect();
    lines.retain(|line| since.is_none_or(|since| line.at >= since));
    let kept = lines.len().saturating_sub(most);
    print(out, &lines[kept..]);
    if lines.is_empty() && !out.is_json() && !logs.follow {
        out.notice("nothing is in this log");
    }
    Ok(after)
}

fn print(out: &Out, lines: &[LogLine]) {
    for line in lines {
        out.row(line, || text(out, line));
    }
}

fn text(out: &Out, line: &LogLine) -> String {
    let words = sanitized_line(&line.text);
    let words = match line.tone {
        LogTone::Quiet => words,
        LogTone::Good => out.style(Style::Good, &words),
        LogTone::Warn | LogTone::Bad => out.style(Style::Bad, &words),
    };
    let head = out.style(Style::Dim, &format!("{} UTC", time(line.at)));
    format!("{head}  {} {words}", out.style(Style::Bold, &shortened(&line.name, 24)))
}
