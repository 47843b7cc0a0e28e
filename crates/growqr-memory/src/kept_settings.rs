//! The settings of a repository that a backup keeps. The others may contain passwords, or programs that git runs.

use crate::error_context::Context;
use crate::git_folder;
use git2::Config;
use growqr_core::memory::MemoryError;
use std::fs;
use std::path::Path;

/// Their names: who the person is, and how the repository is stored.
const KEPT: [&str; 10] = [
    "core.repositoryformatversion",
    "core.filemode",
    "core.ignorecase",
    "core.precomposeunicode",
    "core.autocrlf",
    "core.eol",
    "extensions.objectformat",
    "extensions.refstorage",
    "user.name",
    "user.email",
];

/// The settings of the repository in `folder` itself, without those of the person and the system. Empty if there is none.
#[must_use]
pub fn kept_settings(folder: &Path) -> Vec<(String, String)> {
    let Ok(config) = Config::open(&git_folder::common(folder).join("config")) else { return Vec::new() };
    let value = |name: &&str| Some(((*name).to_owned(), config.get_string(name).ok()?));
    KEPT.iter().filter_map(value).collect()
}

/// Writes the settings of a restored repository in `folder`, and the folders that git expects. Settings of other names are left out.
///
/// # Errors
/// [`MemoryError::Repository`] if they cannot be written.
pub fn write_settings(folder: &Path, settings: &[(String, String)]) -> Result<(), MemoryError> {
    let doing = "write the settings of the repository";
    let git = folder.join(".git");
    for inside in ["refs/heads", "refs/tags", "objects/info", "objects/pack", "info"] {
        fs::create_dir_all(git.join(inside)).context(doing)?;
    }
    let file = git.join("config");
    fs::write(&file, "[core]\n\trepositoryformatversion = 0\n").context(doing)?;
    let mut config = Config::open(&file).context(doing)?;
    for (name, value) in settings.iter().filter(|(name, _)| KEPT.contains(&name.as_str())) {
        config.set_str(name, value).context(doing)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_and_a_program_in_the_settings_are_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let repo = git2::Repository::init(folder.path()).unwrap();
        let mut config = repo.config().unwrap().open_level(git2::ConfigLevel::Local).unwrap();
        config.set_str("user.name", "Ada \"A\" \\ ; x").unwrap();
        config.set_str("remote.origin.url", "https://ada:canary@example.org/x").unwrap();
        config.set_str("core.fsmonitor", "/bin/canary").unwrap();
        let kept = kept_settings(folder.path());
        assert!(kept.iter().any(|(name, value)| name == "user.name" && value.starts_with("Ada \"A\"")), "{kept:?}");
        assert!(!format!("{kept:?}").contains("canary"), "{kept:?}");

        let other = tempfile::tempdir().unwrap();
        let hostile = [("core.sshcommand".to_owned(), "/bin/evil".to_owned())];
        write_settings(other.path(), &[&kept[..], &hostile].concat()).unwrap();
        fs::write(other.path().join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        assert!(git2::Repository::open(other.path()).is_ok());
        assert_eq!(kept_settings(other.path()), kept);
        assert!(!fs::read_to_string(other.path().join(".git/config")).unwrap().contains("evil"));
    }
}
