//! What follows when a schedule is looked at: at most one claim, which settles every occurrence up to now.
//!
//! A schedule has settled its occurrences up to a time. A claim moves that time forward and says what became of each occurrence in
//! between: one that is on time runs, earlier ones are missed, and a late one runs, is missed, or is left to the person
//! ([`OnMissed`]). At most one occurrence runs at a time.
//!
//! Clocks jump. Set forward, a clock lets occurrences pass, as sleep does. Set back, it shows a time before one that was settled: what
//! is still to come is due again, but for what has run already; what was only counted as missed is forgotten.

use super::{OnMissed, Schedule, ScheduleState};
use crate::clock::Timestamp;
use crate::id::{EffectId, ScheduleId};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// An occurrence that is at most this late is on time: the computer may have slept, or the program started.
pub const ON_TIME: i64 = 10 * 60_000;

/// The most missed occurrences that are counted one by one.
const MAX_COUNTED: u32 = 1_000;

/// What becomes of an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It runs.
    Run,
    /// The person is asked whether it is to run.
    Ask,
    /// It does not run.
    Missed(MissedBecause),
}

/// Why an occurrence does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissedBecause {
    /// Nothing ran at its time: the computer slept, or GrowQR was closed.
    Away,
    /// The run before was still at work.
    Busy,
}

impl Fate {
    /// All of them.
    pub const ALL: [Fate; 4] = [Fate::Run, Fate::Ask, Fate::Missed(MissedBecause::Away), Fate::Missed(MissedBecause::Busy)];

    /// Its name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Fate::Run => "run",
            Fate::Ask => "ask",
            Fate::Missed(MissedBecause::Away) => "missed",
            Fate::Missed(MissedBecause::Busy) => "busy",
        }
    }
}

/// A settled occurrence, or several missed ones that follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The schedule.
    pub schedule: ScheduleId,
    /// When it was due; of several, the first. One schedule settles a time once.
    pub due: Timestamp,
    /// Of several, when the last was due.
    pub last: Timestamp,
    /// How many. At a thousand, counting stops: there can be more.
    pub count: u32,
    /// What becomes of it.
    pub fate: Fate,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// When the Grow Agent recorded it. `None`: not yet, or there is nothing to record, because it was missed.
    pub posted_at: Option<Timestamp>,
    /// The person started it by hand.
    pub by_hand: bool,
}

impl Occurrence {
    /// The id of its effect.
    #[must_use]
    pub fn effect(&self) -> EffectId {
        super::occurrence_id(&self.schedule, self.due)
    }

    fn new(schedule: &Schedule, due: Timestamp, fate: Fate, now: Timestamp) -> Occurrence {
        let schedule = schedule.id.clone();
        Occurrence { schedule, due, last: due, count: 1, fate, claimed_at: now, posted_at: None, by_hand: false }
    }

    /// A run that the person starts by hand.
    #[must_use]
    pub fn by_hand(schedule: &Schedule, now: Timestamp) -> Occurrence {
        Occurrence { by_hand: true, ..Occurrence::new(schedule, now, Fate::Run, now) }
    }
}

/// A change of one schedule that settles occurrences. It counts only if the schedule still has the revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The schedule.
    pub schedule: ScheduleId,
    /// Its revision before.
    pub revision: u64,
    /// Its state afterwards.
    pub state: ScheduleState,
    /// See [`Schedule::next_at`].
    pub next_at: Option<Timestamp>,
    /// See [`Schedule::settled_to`].
    pub settled_to: Timestamp,
    /// What is settled.
    pub settled: Vec<Occurrence>,
    /// The clock was set back to about this time: missed occurrences that are due later are forgotten before `settled` is written.
    pub forget_after: Option<Timestamp>,
}

/// What follows for a schedule at this time; `None` if nothing does. `zone` is the time zone that its rule names. `later` are its
/// settled occurrences of which the last was due after [`Schedule::settled_since`]. `is_busy`: the run before is still at work.
#[must_use]
pub fn settle(schedule: &Schedule, now: Timestamp, zone: &TimeZone, later: &[Occurrence], is_busy: bool) -> Option<Claim> {
    let is_live = matches!(schedule.state, ScheduleState::Active | ScheduleState::Done);
    let ran = later.iter().filter(|other| !matches!(other.fate, Fate::Missed(_))).map(|other| other.due).collect();
    let view = Ahead { schedule, zone, later, ran };
    if is_live && schedule.settled_to > now {
        return Some(view.set_back(now));
    }
    let first = schedule.next_at.filter(|next| schedule.state == ScheduleState::Active && *next <= now)?;
    Some(view.due(first, now, is_busy))
}

/// A schedule with what is settled of its future.
struct Ahead<'a> {
    schedule: &'a Schedule,
    zone: &'a TimeZone,
    later: &'a [Occurrence],
    /// The times that have run, or about which the person was asked.
    ran: BTreeSet<Timestamp>,
}

impl Ahead<'_> {
    /// The first occurrence after this time that has not run, and about which nobody was asked.
    fn next(&self, mut after: Timestamp) -> Option<Timestamp> {
        loop {
            after = self.schedule.when.next(after, self.zone)?;
            if !self.ran.contains(&after) {
                return Some(after);
            }
        }
    }

    /// Settles the occurrences from `first` until now.
    fn due(&self, first: Timestamp, now: Timestamp, is_busy: bool) -> Claim {
        let schedule = self.schedule;
        // After a clock that was years late: what was due before the schedule was made is no occurrence of it.
        let made = Some(schedule.created_at).filter(|made| *made <= now);
        let before = Timestamp(first.0 - 1).max(made.unwrap_or(Timestamp(i64::MIN)));
        let Some(first) = self.next(before).filter(|first| *first <= now) else {
            // The person has started a run by hand at the same moment, or it has run already.
            return self.claim(self.next(now), now, Vec::new(), None);
        };
        let last = schedule.when.latest(first, now, self.zone).unwrap_or(first);
        if self.ran.contains(&last) {
            // The clock was set back and forth. The last one has run, so none runs for those before.
            let missed = self.missed(first, Timestamp(last.0 - 1), now);
            return self.claim(self.next(last), last, missed.into_iter().collect(), None);
        }
        let is_on_time = now.0.saturating_sub(last.0) <= ON_TIME;
        let fate = match schedule.on_missed {
            _ if is_busy => Fate::Missed(MissedBecause::Busy),
            OnMissed::RunOnce => Fate::Run,
            OnMissed::Skip | OnMissed::Ask if is_on_time => Fate::Run,
            OnMissed::Skip => Fate::Missed(MissedBecause::Away),
            OnMissed::Ask => Fate::Ask,
        };
        let missed_too = fate == Fate::Missed(MissedBecause::Away);
        let until = if missed_too { last } else { Timestamp(last.0 - 1) };
        let mut settled: Vec<Occurrence> = self.missed(first, until, now).into_iter().collect();
        if !missed_too {
            let new = Occurrence::new(schedule, last, fate, now);
            settled.push(self.left_out_before().filter(|_| is_busy && settled.is_empty()).map_or(new, |before| Occurrence {
                last,
                count: (before.count + 1).min(MAX_COUNTED),
                ..before.clone()
            }));
        }
        self.claim(self.next(last), last, settled, None)
    }

    /// The last settled occurrence, if it was left out because a run was at work: the next one that is left out is counted with it.
    fn left_out_before(&self) -> Option<&Occurrence> {
        let last = self.later.iter().max_by_key(|other| other.last)?;
        (last.fate == Fate::Missed(MissedBecause::Busy)).then_some(last)
    }

    /// The occurrences from `first` to `until`, as missed.
    fn missed(&self, first: Timestamp, until: Timestamp, now: Timestamp) -> Option<Occurrence> {
        let (mut count, mut last) = (0, None);
        let mut next = Some(first).filter(|first| *first <= until);
        while let Some(due) = next.filter(|_| count < MAX_COUNTED) {
            (count, last) = (count + 1, Some(due));
            next = self.next(due).filter(|due| *due <= until);
        }
        // Those that are not counted are missed all the same.
        let last = if next.is_some() { self.schedule.when.latest(first, until, self.zone) } else { last };
        Some(Occurrence { last: last?, count, ..Occurrence::new(self.schedule, first, Fate::Missed(MissedBecause::Away), now) })
    }

    /// The clock shows a time before one that was settled. What would still be on time is due again, as is what comes.
    fn set_back(&self, now: Timestamp) -> Claim {
        let since = Timestamp(now.0.saturating_sub(ON_TIME));
        let is_cut = |other: &&Occurrence| other.due <= since && other.last > since;
        let cut = self.later.iter().filter(is_cut);
        let settled = cut.filter_map(|other| {
            let kept = self.missed(other.due, since, other.claimed_at)?;
            Some(Occurrence { fate: other.fate, ..kept })
        });
        // What was due before the schedule was made is no occurrence of it. If that time is long to come, the clock was wrong when it
        // was made, or is wrong now: then only what is still to come is due.
        let made = self.schedule.created_at;
        let after = if made.0.saturating_sub(now.0) <= ON_TIME { since.max(made) } else { now };
        self.claim(self.next(after), since, settled.collect(), Some(since))
    }

    fn claim(
        &self,
        next_at: Option<Timestamp>,
        settled_to: Timestamp,
        settled: Vec<Occurrence>,
        forget_after: Option<Timestamp>,
    ) -> Claim {
        let state = if next_at.is_some() { ScheduleState::Active } else { ScheduleState::Done };
        let Schedule { id, revision, .. } = self.schedule;
        Claim { schedule: id.clone(), revision: *revision, state, next_at, settled_to, settled, forget_after }
    }
}

#[cfg(test)]
mod tests;
