//! The folder that the system gives to the app, and one spelling for every folder: where systems differ.

use std::path::{Path, PathBuf};

/// The app's identifier; its folder among the user's app data bears this name.
const IDENTIFIER: &str = "ai.growqr.desktop";

/// The system's place for app data.
pub(crate) fn usual_root() -> Option<PathBuf> {
    Some(directories::BaseDirs::new()?.data_dir().join(IDENTIFIER))
}

/// A folder's path for comparing. On Linux two spellings are two folders.
#[cfg(not(any(windows, target_os = "macos")))]
pub(crate) fn one_spelling(folder: &Path) -> PathBuf {
    folder.to_path_buf()
}

/// A folder's path for comparing: the same, however the folder is spelled. Disks of Windows and macOS ignore the case of
/// letters, and Windows knows short names (`PROGRA~1`) as well.
#[cfg(any(windows, target_os = "macos"))]
pub(crate) fn one_spelling(folder: &Path) -> PathBuf {
    spelled_by(folder, |path| path.canonicalize().ok())
}

/// The folder as the disk spells it, as far as it exists; the rest as given.
#[cfg(any(test, windows, target_os = "macos"))]
fn spelled_by(folder: &Path, disk: impl Fn(&Path) -> Option<PathBuf>) -> PathBuf {
    let known = folder.ancestors().find_map(|above| Some((above, disk(above)?)));
    let Some((above, spelled)) = known else { return folder.to_path_buf() };
    let mut place = PathBuf::from(without_prefix(&spelled.to_string_lossy()));
    place.extend(folder.strip_prefix(above).unwrap_or(Path::new("")));
    place
}

/// Without the prefix that Windows gives to a path that it has resolved: nobody types it.
#[cfg(any(test, windows, target_os = "macos"))]
fn without_prefix(path: &str) -> String {
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
    fn a_folder_has_one_spelling_before_and_after_it_is_made() {
        for (given, expected) in [
            ("/data/ADA", "/Data/Ada"),
            ("/Data/Ada", "/Data/Ada"),
            ("/dAta/ada/New/growqr", "/Data/Ada/New/growqr"),
            ("relative", "relative"),
        ] {
            assert_eq!(spelled_by(Path::new(given), disk), PathBuf::from(expected), "{given}");
        }
    }

    #[test]
    fn the_prefix_of_a_resolved_path_of_windows_is_no_other_spelling() {
        assert_eq!(without_prefix(r"\\?\C:\Users\Ada"), r"C:\Users\Ada");
        assert_eq!(without_prefix(r"\\?\UNC\server\share"), r"\\server\share");
        assert_eq!(without_prefix("/Users/you/data"), "/Users/you/data");
    }
}
