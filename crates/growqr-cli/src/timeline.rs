//! The `growqr agents timeline` command: where the time and the money of a turn went.

use crate::CommandResult;
use crate::print::{Out, Style, duration, sanitized_line, shortened, time, usd};
use growqr_app::{Environment, Library, Profile};
use growqr_wire::event::Ended;
use growqr_wire::{PartSum, Timeline, TimelinePart, TimelinePartState};

/// The width of the bars in characters.
const BARS: usize = 40;

pub async fn timeline(profile: Profile, environment: &Environment, out: &Out, id: &str, turn: Option<u64>) -> CommandResult {
    let library = Library::open(profile.clone()).await?;
    let timeline = library.timeline(id, turn).await?;
    out.row(&timeline, || text(out, &timeline));
    if timeline.ended_at.is_none() {
        crate::missing_host::notice_missing_host(profile, environment, out, &[library.agent(id).await?]).await;
    }
    Ok(true)
}

fn text(out: &Out, timeline: &Timeline) -> String {
    let mut lines = vec![head(out, timeline), String::new()];
    lines.extend(timeline.parts.iter().map(|part| part_line(out, timeline, part)));
    if timeline.left_out > 0 {
        lines.push(out.style(Style::Dim, &format!("{} earlier parts are not listed; the sums count them", timeline.left_out)));
    }
    lines.push(String::new());
    lines.extend(timeline.sums.iter().map(|sum| sum_line(timeline, sum)));
    let cost = timeline.sums.iter().fold((0, 0), |(cost, unknown), sum| (cost + sum.cost, unknown + sum.unknown));
    let all = format!("{:<28} {:>12}          {}", "Total", duration(length(timeline)), money(cost.0, cost.1));
    lines.push(out.style(Style::Bold, all.trim_end()));
    lines.join("\n")
}

fn head(out: &Out, timeline: &Timeline) -> String {
    let how = match (&timeline.ended, timeline.ended_at) {
        (Some(Ended::Done), _) => "done".to_owned(),
        (Some(ended), _) => {
            let text = ended.ending_text(timeline.shortfall, &timeline.agent);
            text.map_or_else(|| "ended".to_owned(), |text| sanitized_line(&text.title))
        }
        (None, _) => "still running".to_owned(),
    };
    let name =
        out.style(Style::Bold, &format!("{}, turn {} of {}", shortened(&timeline.name, 40), timeline.turn, timeline.turns));
    format!("{name}: began {} UTC, {}, {how}", time(timeline.began_at), duration(length(timeline)))
}

fn part_line(out: &Out, timeline: &Timeline, part: &TimelinePart) -> String {
    let took = duration(part.to.unwrap_or(timeline.until) - part.from);
    let state = match part.state {
        TimelinePartState::Running => " (running)",
        TimelinePartState::Done => "",
        TimelinePartState::Failed => " (failed)",
        TimelinePartState::Stopped => " (stopped)",
        TimelinePartState::Cut => " (cut off: GrowQR stopped)",
        TimelinePartState::GoesOn => " (went on after the turn)",
    };
    let label = format!("{}{state}", shortened(&part.label, 70));
    let line = format!("{} {took:>12}  {:<20}  {label}", bar(timeline, part), money(part.cost.unwrap_or(0), part.unknown));
    let is_bad = matches!(part.state, TimelinePartState::Failed | TimelinePartState::Cut);
    if is_bad { out.style(Style::Bad, &line) } else { line }
}

/// The part's place in the turn: at least one character.
fn bar(timeline: &Timeline, part: &TimelinePart) -> String {
    let scale = |at: i64| {
        let passed = (at - timeline.began_at).clamp(0, length(timeline)) as u128 * BARS as u128;
        usize::try_from(passed / (length(timeline).max(1) as u128)).unwrap_or(BARS).min(BARS)
    };
    let from = scale(part.from).min(BARS - 1);
    let to = scale(part.to.unwrap_or(timeline.until)).max(from + 1);
    let fill = if part.to.is_none() { '▒' } else { '█' };
    (0..BARS).map(|index| if (from..to).contains(&index) { fill } else { '·' }).collect()
}

fn sum_line(timeline: &Timeline, sum: &PartSum) -> String {
    let percent = (sum.time * 100).checked_div(length(timeline)).unwrap_or(0);
    let parts = if sum.parts > 0 { format!("  {}×", sum.parts) } else { String::new() };
    let line = format!(
        "{:<28} {:>12}  {percent:>4} %  {:<20}{parts}",
        sum.kind.words(),
        duration(sum.time),
        money(sum.cost, sum.unknown)
    );
    line.trim_end().to_owned()
}

fn length(timeline: &Timeline) -> i64 {
    timeline.until - timeline.began_at
}

/// A cost, and what may have been billed besides; nothing for nothing.
fn money(cost: u64, unknown: u64) -> String {
    match (cost, unknown) {
        (0, 0) => String::new(),
        (cost, 0) => usd(cost),
        (0, unknown) => format!("up to {}", usd(unknown)),
        (cost, unknown) => format!("{} to {}", usd(cost), usd(cost.saturating_add(unknown))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_wire::PartKind;

    fn part(from: i64, to: Option<i64>) -> TimelinePart {
        let state = if to.is_none() { TimelinePartState::Running } else { TimelinePartState::Done };
        let (agent, effect) = (None, None);
        TimelinePart { kind: PartKind::Tool, state, label: String::new(), from, to, cost: None, unknown: 0, agent, effect }
    }

    fn running(until: i64) -> Timeline {
        Timeline {
            agent: "grow".to_owned(),
            name: "Grow Agent".to_owned(),
            turn: 1,
            turns: 1,
            began_at: 1_000,
            ended_at: None,
            until,
            ended: None,
            shortfall: None,
            parts: Vec::new(),
            left_out: 0,
            sums: Vec::new(),
        }
    }

    #[test]
    fn a_bar_is_at_its_place_in_the_turn_and_never_empty() {
        let turn = running(5_000);
        assert_eq!(bar(&turn, &part(2_000, Some(3_000))), format!("{}{}{}", "·".repeat(10), "█".repeat(10), "·".repeat(20)));
        assert_eq!(bar(&turn, &part(4_000, None)), format!("{}{}", "·".repeat(30), "▒".repeat(10)));
        assert_eq!(bar(&turn, &part(5_000, Some(5_000))), format!("{}█", "·".repeat(39)));
        assert_eq!(bar(&running(1_000), &part(1_000, None)), format!("▒{}", "·".repeat(39)));
    }
}
