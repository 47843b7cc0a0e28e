//! The app's data folder, and a normalized form of every folder path: both differ between systems.

use std::path::{Path, PathBuf};

/// The app's identifier. The app's folder among the user's app data has this name.
const IDENTIFIER: &str = "ai.growqr.desktop";

/// The system's folder for app data.
#[cfg(not(windows))]
pub(crate) fn default_root() -> Option<PathBuf> {
    Some(directories::BaseDirs::new()?.data_dir().join(IDENTIFIER))
}

/// The system's folder for app data that stays on this computer. Earlier versions used the roaming folder, which may be
/// a network share, on which SQLite's log is not safe. Data in the roaming folder is moved once. The window keeps its
/// browser's data in the same local folder, hence the subfolder `data`.
#[cfg(windows)]
pub(crate) fn default_root() -> Option<PathBuf> {
    static ROOT: std::sync::OnceLock<Option<PathBuf>> = std::sync::OnceLock::new();
    let find = || {
        let folders = directories::BaseDirs::new()?;
        Some(move_data(folders.data_dir().join(IDENTIFIER), folders.data_local_dir().join(IDENTIFIER).join("data")))
    };
    ROOT.get_or_init(find).clone()
}

/// Moves the data from `old` to `new` if necessary, and returns the folder to use. It is `old` if the data cannot be
/// moved: another program uses it, or it is on another disk. One rename moves everything, so that the move is never
/// half done.
#[cfg(any(test, windows))]
fn move_data(old: PathBuf, new: PathBuf) -> PathBuf {
    // The window stores its size in the old folder too; that alone need not be moved.
    let has_data = ["profiles", "accounts.json", "config.toml"].iter().any(|name| old.join(name).exists());
    if new.exists() || !has_data {
        return new;
    }
    let parent = new.parent().unwrap_or(&new);
    match std::fs::create_dir_all(parent).and_then(|()| std::fs::rename(&old, &new)) {
        Ok(()) => new,
        // Another program has moved the data meanwhile.
        Err(_) if new.exists() => new,
        Err(error) => {
            tracing::warn!(%error, "the data stays in {}: it cannot be moved to {}. If this repeats, quit GrowQR everywhere \
                                    and move the folder by hand", old.display(), new.display());
            old
        }
    }
}

/// A folder's path for comparison. On Linux two spellings are two folders.
#[cfg(not(any(windows, target_os = "macos")))]
pub(crate) fn normalized(folder: &Path) -> PathBuf {
    folder.to_path_buf()
}

/// A folder's path for comparison: the same for all spellings of one folder. Windows and macOS ignore upper and lower
/// case, and Windows also has short names (`PROGRA~1`).
#[cfg(any(windows, target_os = "macos"))]
pub(crate) fn normalized(folder: &Path) -> PathBuf {
    normalized_by(folder, |path| path.canonicalize().ok())
}

/// A folder's path with all links followed, as people know it; as given if it cannot be found. Looks at the disk.
pub(crate) fn canonical(folder: &Path) -> PathBuf {
    normalized(&folder.canonicalize().unwrap_or_else(|_| folder.to_owned()))
}

/// The path as the disk spells it, for the part that exists; the rest as given.
#[cfg(any(test, windows, target_os = "macos"))]
fn normalized_by(folder: &Path, disk: impl Fn(&Path) -> Option<PathBuf>) -> PathBuf {
    let existing = folder.ancestors().find_map(|ancestor| Some((ancestor, disk(ancestor)?)));
    let Some((ancestor, spelled)) = existing else { return folder.to_path_buf() };
    let mut path = PathBuf::from(without_verbatim_prefix(&spelled.to_string_lossy()));
    path.extend(folder.strip_prefix(ancestor).unwrap_or(Path::new("")));
    path
}

/// Removes the prefix that Windows adds to a path that it has resolved: people do not type it.
#[cfg(any(test, windows, target_os = "macos"))]
fn without_verbatim_prefix(path: &str) -> String {
    match (path.strip_prefix(r"\\?\UNC\"), path.strip_prefix(r"\\?\")) {
        (Some(shared), _) => format!(r"\\{shared}"),
        (None, Some(local)) => local.to_owned(),
        (None, None) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that ignores case and has one folder, `/Data/Ada`.
    fn disk(path: &Path) -> Option<PathBuf> {
        let known = ["/", "/Data", "/Data/Ada"];
        known.into_iter().map(PathBuf::from).find(|known| known.as_os_str().eq_ignore_ascii_case(path.as_os_str()))
    }

    #[test]
    fn data_of_an_earlier_version_is_moved_once_and_completely() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("roaming/app"), folder.path().join("local/app/data"));
        assert_eq!(move_data(old.clone(), new.clone()), new, "there is nothing to move");
        std::fs::create_dir_all(old.join("profiles/local")).unwrap();
        std::fs::write(old.join("accounts.json"), "{}").unwrap();
        assert_eq!(move_data(old.clone(), new.clone()), new);
        assert!(new.join("profiles/local").exists() && new.join("accounts.json").exists() && !old.exists());
        // Data that an earlier version writes later is not mixed into the new folder.
        std::fs::create_dir_all(old.join("profiles")).unwrap();
        assert_eq!(move_data(old.clone(), new.clone()), new);
        assert!(old.join("profiles").exists());
    }

    #[test]
    fn data_that_cannot_be_moved_is_used_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("roaming"), folder.path().join("local/app"));
        std::fs::create_dir_all(old.join("profiles")).unwrap();
        std::fs::write(folder.path().join("local"), "a file where a folder should be").unwrap();
        assert_eq!(move_data(old.clone(), new), old);
        assert!(old.join("profiles").exists());
    }

    #[test]
    fn a_path_is_normalized_the_same_before_and_after_the_folder_is_created() {
        for (given, expected) in [
            ("/data/ADA", "/Data/Ada"),
            ("/Data/Ada", "/Data/Ada"),
            ("/dAta/ada/New/growqr", "/Data/Ada/New/growqr"),
            ("relative", "relative"),
        ] {
            assert_eq!(normalized_by(Path::new(given), disk), PathBuf::from(expected), "{given}");
        }
    }

    #[test]
    fn the_verbatim_prefix_of_windows_is_removed() {
        assert_eq!(without_verbatim_prefix(r"\\?\C:\Users\Ada"), r"C:\Users\Ada");
        assert_eq!(without_verbatim_prefix(r"\\?\UNC\server\share"), r"\\server\share");
        assert_eq!(without_verbatim_prefix("/Users/you/data"), "/Users/you/data");
    }
}
