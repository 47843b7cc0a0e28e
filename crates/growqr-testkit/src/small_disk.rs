//! A disk that is really full, or may really only be read.

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A file system of a few megabytes in memory, so that full and read-only are real. Needs root on Linux.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one of this size (`4m`). `None` where that cannot be done.
    ///
    /// # Panics
    /// If there is no room for a temporary folder.
    #[must_use]
    pub fn new(size: &str) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
        mount.output().is_ok_and(|output| output.status.success()).then_some(SmallDisk(folder))
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Makes room, and allows writing.
    ///
    /// # Panics
    /// If the system forbids it.
    pub fn grow(&self) {
        self.remount("remount,rw,size=64m");
    }

    /// Nothing may be written from now on.
    ///
    /// # Panics
    /// If files are open for writing.
    pub fn forbid_writing(&self) {
        self.remount("remount,ro");
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount").args(["-o", options]).arg(self.path()).status();
        assert!(done.is_ok_and(|status| status.success()), "the disk was mounted by us");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the program's own threads may not have closed their files yet.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
