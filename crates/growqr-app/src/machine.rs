//! This computer: its name, and the space that is left on its disks.

use std::path::Path;

/// The name of this computer, for messages to people at other computers.
pub(crate) fn name() -> String {
    system_name().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "another computer".to_owned())
}

#[cfg(unix)]
fn system_name() -> Option<String> {
    Some(rustix::system::uname().nodename().to_string_lossy().into_owned())
}

#[cfg(not(unix))]
fn system_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

/// The bytes that this user may still write on the disk of a folder, which may not exist yet. `None` if the system does not say.
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let existing = folder.ancestors().find(|ancestor| ancestor.exists())?;
    free_bytes_of_existing(existing)
}

#[cfg(unix)]
fn free_bytes_of_existing(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(not(unix))]
fn free_bytes_of_existing(folder: &Path) -> Option<u64> {
    let folder = std::fs::canonicalize(folder).ok()?;
    let shown = folder.to_string_lossy().trim_start_matches(r"\\?\").to_owned();
    let disks = sysinfo::Disks::new_with_refreshed_list();
    let holding = disks.list().iter().filter(|disk| Path::new(&shown).starts_with(disk.mount_point()));
    holding.max_by_key(|disk| disk.mount_point().as_os_str().len()).map(sysinfo::Disk::available_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_space_for_a_folder_that_does_not_exist_yet_is_that_of_its_parent() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(&folder.path().join("not/yet")).is_some_and(|bytes| bytes > 0));
        assert!(!name().is_empty());
    }
}
