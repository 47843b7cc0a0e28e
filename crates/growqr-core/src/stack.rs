//! What the store keeps about a profile's containers: which ones the person wants, their ports, and the repositories on the
//! profile's Gitea. Docker is the truth about what runs; these rows say what should.

use crate::clock::Timestamp;
use std::fmt;
use std::ops::RangeInclusive;

/// A part of a profile's stack that has a port on this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StackPart {
    /// The container that holds the memory repository.
    Gitea,
    /// The container of the workbench: sub-agents' sessions.
    OpenCode,
    /// The model gateway in the host: no container, but a port that containers know.
    Gateway,
}

impl StackPart {
    /// All of them.
    pub const ALL: [StackPart; 3] = [StackPart::Gitea, StackPart::OpenCode, StackPart::Gateway];

    /// Its name in SQL, labels, JSON and commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StackPart::Gitea => "gitea",
            StackPart::OpenCode => "opencode",
            StackPart::Gateway => "gateway",
        }
    }

    /// Reads [`StackPart::as_str`] back.
    #[must_use]
    pub fn parse(name: &str) -> Option<StackPart> {
        StackPart::ALL.into_iter().find(|part| part.as_str() == name)
    }
}

impl fmt::Display for StackPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StackPart::Gitea => "Gitea",
            StackPart::OpenCode => "OpenCode",
            StackPart::Gateway => "the model gateway",
        })
    }
}

/// Whether a container should run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It should run.
    Up,
    /// It should not run; its data stays.
    Down,
    /// The person ordered that it is removed with its data, and that is not done yet.
    Removed,
}

impl Wanted {
    /// All of them.
    pub const ALL: [Wanted; 3] = [Wanted::Up, Wanted::Down, Wanted::Removed];

    /// Its name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Wanted::Up => "up",
            Wanted::Down => "down",
            Wanted::Removed => "removed",
        }
    }
}

/// A container of the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackContainer {
    /// Which service.
    pub part: StackPart,
    /// Whether it should run.
    pub wanted: Wanted,
    /// The image that it was made from; empty before the first start.
    pub image: String,
    /// Docker's id of the container that was seen last.
    pub container: Option<String>,
    /// When this row was last changed.
    pub changed_at: Timestamp,
}

/// A port of this computer that one of the profile's containers uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservedPort {
    /// The port on the loopback address.
    pub port: u16,
    /// The service.
    pub part: StackPart,
    /// Since when.
    pub reserved_at: Timestamp,
}

/// A repository on the profile's Gitea.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackRepo {
    /// Its name there.
    pub name: String,
    /// Its owner there.
    pub owner: String,
    /// The commit that its main branch had when it was last read or written; `None` before the first sync. A repository that no
    /// longer contains it was wiped or restored.
    pub head: Option<String>,
    /// When it was last the same on both sides.
    pub synced_at: Option<Timestamp>,
    /// The label of the containers for which this counts. `None` in rows of earlier versions.
    pub install: Option<String>,
}

/// The lowest port of the range that is neither reserved nor among those that were found in use. `None`: the range is used up.
#[must_use]
pub fn lowest_free_port(range: RangeInclusive<u16>, reserved: &[ReservedPort], in_use: &[u16]) -> Option<u16> {
    range.into_iter().find(|port| !in_use.contains(port) && !reserved.iter().any(|held| held.port == *port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_port_that_nobody_holds_is_next() {
        let held = [42_000, 42_002].map(|port| ReservedPort { port, part: StackPart::Gitea, reserved_at: Timestamp(0) });
        assert_eq!(lowest_free_port(42_000..=42_004, &held, &[]), Some(42_001));
        assert_eq!(lowest_free_port(42_000..=42_004, &held, &[42_001, 42_003]), Some(42_004));
        assert_eq!(lowest_free_port(42_000..=42_002, &held, &[42_001]), None);
        assert_eq!(lowest_free_port(u16::MAX..=u16::MAX, &[], &[]), Some(u16::MAX));
    }

    #[test]
    fn every_part_has_a_name_that_is_read_back() {
        for part in StackPart::ALL {
            assert_eq!(StackPart::parse(part.as_str()), Some(part));
        }
        assert_eq!(StackPart::parse("Gitea"), None);
    }
}
