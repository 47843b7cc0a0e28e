//! Adds up the time and the money of a turn's parts.

use super::fold::Part;
use growqr_wire::{PartKind, PartSum};
use std::collections::BTreeMap;

/// The sums of each kind, in the order of the kinds. The times of all add up to `until - from`: a moment counts once, for the first
/// kind that goes on then.
pub(super) fn sums(parts: &[Part], from: i64, until: i64) -> Vec<PartSum> {
    let mut sums: BTreeMap<PartKind, PartSum> = BTreeMap::new();
    for part in parts {
        let sum = sum_of(&mut sums, part.counts_as());
        sum.parts += 1;
        sum.cost = sum.cost.saturating_add(part.cost.unwrap_or_default().0);
        sum.unknown = sum.unknown.saturating_add(part.unknown.0);
    }
    for (kind, time) in times(parts, from, until) {
        sum_of(&mut sums, kind).time = time;
    }
    sums.into_values().collect()
}

fn sum_of(sums: &mut BTreeMap<PartKind, PartSum>, kind: PartKind) -> &mut PartSum {
    sums.entry(kind).or_insert(PartSum { kind, time: 0, cost: 0, unknown: 0, parts: 0 })
}

fn times(parts: &[Part], from: i64, until: i64) -> BTreeMap<PartKind, i64> {
    // The ends of a moment come before its beginnings, which does not matter for sums of lengths.
    let mut edges: Vec<(i64, PartKind, i64)> = Vec::with_capacity(parts.len() * 2);
    for part in parts {
        let begin = part.from.0.clamp(from, until.max(from));
        let end = part.to.map_or(until, |to| to.0).clamp(begin, until.max(from));
        edges.push((begin, part.counts_as(), 1));
        edges.push((end, part.counts_as(), -1));
    }
    edges.sort_unstable();
    let (mut open, mut times): (BTreeMap<PartKind, i64>, BTreeMap<PartKind, i64>) = Default::default();
    let mut at = from;
    for (edge, kind, change) in edges.into_iter().chain([(until.max(from), PartKind::Other, 0)]) {
        if edge > at {
            let first = open.iter().find(|(_, count)| **count > 0).map_or(PartKind::Other, |(kind, _)| *kind);
            *times.entry(first).or_default() += edge - at;
            at = edge;
        }
        *open.entry(kind).or_default() += change;
    }
    times
}
