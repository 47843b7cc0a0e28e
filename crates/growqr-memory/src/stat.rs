//! The size, times and identity of a file, from one metadata call.

use std::fs::Metadata;
use std::time::{SystemTime, UNIX_EPOCH};

/// If two stats of a path are equal, its file has not been written in between, unless that happened within one tick of the
/// file system's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stat {
    /// In bytes.
    pub(crate) size: u64,
    /// Time of the last write of the content, in nanoseconds since 1970; negative before.
    pub(crate) mtime_ns: i64,
    /// Unix: time of the last change of content or metadata. Elsewhere: time of creation, 0 if unknown.
    pub(crate) ctime_ns: i64,
    /// Unix only; 0 elsewhere, because reading it there would mean opening the file.
    pub(crate) inode: u64,
    /// Unix only; 0 elsewhere.
    pub(crate) device: u64,
    /// Unix only: type and permissions; 0 elsewhere.
    pub(crate) mode: u32,
}

impl Stat {
    /// The stat of a file. `metadata` must come from a call that does not follow links.
    pub(crate) fn of(metadata: &Metadata) -> Stat {
        let plain = Stat { size: metadata.len(), mtime_ns: metadata.modified().map_or(0, nanoseconds), ..Stat::default() };
        with_identity(plain, metadata)
    }
}

#[cfg(unix)]
fn with_identity(plain: Stat, metadata: &Metadata) -> Stat {
    use std::os::unix::fs::MetadataExt;
    let ctime_ns = metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
    Stat { ctime_ns, inode: metadata.ino(), device: metadata.dev(), mode: metadata.mode(), ..plain }
}

#[cfg(not(unix))]
fn with_identity(plain: Stat, metadata: &Metadata) -> Stat {
    Stat { ctime_ns: metadata.created().map_or(0, nanoseconds), ..plain }
}

fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanoseconds| -nanoseconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Duration;

    #[test]
    fn a_written_file_has_another_stat() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.md");
        let stat = || Stat::of(&fs::symlink_metadata(&file).unwrap());
        fs::write(&file, "one").unwrap();
        let first = stat();
        assert_eq!(stat(), first);
        fs::write(&file, "three").unwrap();
        assert_eq!((first.size, stat().size), (3, 5));
    }

    #[test]
    fn times_before_1970_are_negative() {
        assert_eq!(nanoseconds(UNIX_EPOCH - Duration::from_nanos(7)), -7);
        assert_eq!(nanoseconds(UNIX_EPOCH + Duration::from_secs(1)), 1_000_000_000);
    }
}
