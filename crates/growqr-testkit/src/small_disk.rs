//! A small file system that can really be full or read-only.

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A small in-memory file system (tmpfs). Needs root on Linux.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts a file system of this size, such as `4m`. `None` if it cannot be mounted.
    ///
    /// # Panics
    /// If no temporary folder can be created.
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

    /// Enlarges the file system and allows writing.
    ///
    /// # Panics
    /// If remounting fails.
    pub fn grow(&self) {
        self.remount("remount,rw,size=64m");
    }

    /// Makes the file system read-only.
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
        // `-l`: threads of the program may not have closed their files yet.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
