//! Finds the files with ignore patterns that lie outside the working tree, and git's setting for letter case. Does not open the
//! repository, and reads past a configuration file that is broken.

use crate::git_config::{GitConfig, default_personal_file};
use crate::git_folder;
use std::path::{Path, PathBuf};

/// Where git looks for ignore patterns besides the `.gitignore` files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IgnoreSources {
    /// The weakest first. They need not exist.
    pub(crate) files: Vec<PathBuf>,
    /// Whether letter case does not matter in patterns.
    pub(crate) ignores_case: bool,
    /// Whether names are composed before they are compared: on a Mac, `é` may be two characters on disk.
    pub(crate) composes_names: bool,
}

/// The sources for the repository in `folder`.
pub(crate) fn of_repository(folder: &Path) -> IgnoreSources {
    let git_folder = git_folder::common(folder);
    let config = GitConfig::read(folder);
    let excludes = config.path("core.excludesfile").or_else(|| default_personal_file("ignore")).map(|file| folder.join(file));
    IgnoreSources {
        files: excludes.into_iter().chain([git_folder.join("info").join("exclude")]).collect(),
        ignores_case: config.is_set("core.ignorecase"),
        composes_names: config.is_set("core.precomposeunicode"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_broken_setting_file_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".git")).unwrap();
        let config = folder.path().join(".git/config");
        fs::write(&config, "[core]\n\texcludesFile = mine\n\tignoreCase = true\n").unwrap();
        let sources = of_repository(folder.path());
        assert_eq!(sources.files, [folder.path().join("mine"), folder.path().join(".git/info/exclude")]);
        assert!(sources.ignores_case);
        fs::write(&config, "[core\n").unwrap();
        assert!(of_repository(folder.path()).files.contains(&folder.path().join(".git/info/exclude")));
    }
}
