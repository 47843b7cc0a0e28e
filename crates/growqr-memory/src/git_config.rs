//! git's settings as they count for one memory folder: those of the system, the person and the repository, with the files that
//! they include, also under a condition. Does not open the repository, and reads past a file that is broken. Settings in the
//! environment (`GIT_CONFIG_COUNT`) are not read.

use crate::git_folder;
use crate::glob::{Glob, Slashes};
use git2::Config;
use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The deepest chain of files that include each other, as in git.
const MAX_DEPTH: usize = 10;

/// The settings. A later file wins over an earlier one.
#[derive(Default)]
pub(crate) struct GitConfig {
    /// By the name, in lower case but for its middle part.
    values: HashMap<String, String>,
}

impl GitConfig {
    /// Reads the settings for the working tree in `folder`.
    pub(crate) fn read(folder: &Path) -> GitConfig {
        let mut files = files_of_system_and_person();
        files.push(git_folder::common(folder).join("config"));
        let mut reading = Reading { folder, remotes: None, files, config: GitConfig::default() };
        for file in reading.files.clone() {
            reading.add(&file, 0);
        }
        if reading.config.is_set("extensions.worktreeconfig") {
            reading.add(&git_folder::own(folder).join("config.worktree"), 0);
        }
        reading.config
    }

    /// The text of a setting.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether a setting is true.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| Config::parse_bool(value.as_str()).unwrap_or(false))
    }

    /// A setting that is a path, with the person's home folder in the place of `~`.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.values.get(name).filter(|value| !value.is_empty()).map(|value| expanded(value))
    }
}

fn files_of_system_and_person() -> Vec<PathBuf> {
    let named = |variable: &str| env::var_os(variable).map(PathBuf::from);
    let is_without_system = env::var_os("GIT_CONFIG_NOSYSTEM").is_some();
    let of_system = named("GIT_CONFIG_SYSTEM").or_else(|| Config::find_system().ok()).filter(|_| !is_without_system);
    let of_person = match named("GIT_CONFIG_GLOBAL") {
        Some(file) => vec![file],
        None => [Config::find_xdg(), Config::find_global()].into_iter().flatten().collect(),
    };
    of_system.into_iter().chain(of_person).collect()
}

/// Settings that are being read.
struct Reading<'a> {
    folder: &'a Path,
    files: Vec<PathBuf>,
    /// The addresses of all remotes, once a condition needs them.
    remotes: Option<Vec<String>>,
    config: GitConfig,
}

impl Reading<'_> {
    /// Adds the settings of a file and of the files that it includes.
    fn add(&mut self, file: &Path, depth: usize) {
        for Entry { name, value, .. } in entries(file).into_iter().filter(|entry| !entry.is_included) {
            let condition = name.strip_prefix("includeif.").and_then(|rest| rest.strip_suffix(".path"));
            let is_included = match condition {
                Some(condition) => self.holds(condition, file),
                None => name == "include.path",
            };
            if is_included && depth < MAX_DEPTH {
                self.add(&file.parent().unwrap_or(file).join(expanded(&value)), depth + 1);
            } else if condition.is_none() {
                self.config.values.insert(name, value);
            }
        }
    }

    /// Whether the condition of an include is met. An unknown condition is not, as in git.
    fn holds(&mut self, condition: &str, file: &Path) -> bool {
        let Some((kind, pattern)) = condition.split_once(':') else { return false };
        match kind {
            "gitdir" => self.is_in_folder(pattern, file, false),
            "gitdir/i" => self.is_in_folder(pattern, file, true),
            "onbranch" => {
                let head = fs::read_to_string(git_folder::own(self.folder).join("HEAD")).unwrap_or_default();
                let branch = head.trim_end().strip_prefix("ref: refs/heads/");
                branch.is_some_and(|branch| matches(&with_all_below(pattern), branch, false))
            }
            "hasconfig" => {
                let Some(pattern) = pattern.strip_prefix("remote.*.url:") else { return false };
                let files = &self.files;
                let remotes = self.remotes.get_or_insert_with(|| {
                    let all = files.iter().flat_map(|file| entries(file));
                    let is_remote = |name: &str| name.starts_with("remote.") && name.ends_with(".url");
                    all.filter(|entry| is_remote(&entry.name)).map(|entry| entry.value).collect()
                });
                remotes.iter().any(|address| matches(pattern, address, false))
            }
            _ => false,
        }
    }

    /// Whether the git folder is the one that the pattern names. `file` is the file with the condition.
    fn is_in_folder(&self, pattern: &str, file: &Path, folds_case: bool) -> bool {
        let slashes = |path: &Path| path.to_string_lossy().replace('\\', "/");
        let above = |path: Option<PathBuf>| path.map(|path| slashes(&path.canonicalize().unwrap_or(path)));
        // The folder before a pattern is no pattern, whatever characters it has.
        let (literal, pattern) = if let Some(rest) = pattern.strip_prefix("~/") {
            (above(home()), format!("/{rest}"))
        } else if let Some(rest) = pattern.strip_prefix("./") {
            (above(file.parent().map(Path::to_owned)), format!("/{rest}"))
        } else if Path::new(pattern).is_absolute() || pattern.starts_with('/') {
            (Some(String::new()), pattern.to_owned())
        } else {
            (Some(String::new()), format!("**/{pattern}"))
        };
        let Some(literal) = literal else { return false };
        let pattern = with_all_below(&pattern);
        let git = git_folder::own(self.folder);
        // git tries the folder without its links first, then as it was named.
        [git.canonicalize().ok(), std::path::absolute(&git).ok()].into_iter().flatten().any(|git| {
            let git = slashes(&git);
            let Some((start, rest)) = git.split_at_checked(literal.len()) else { return false };
            let is_below = if folds_case { start.eq_ignore_ascii_case(&literal) } else { start == literal };
            is_below && matches(&pattern, rest, folds_case)
        })
    }
}

/// The home folder of the person, as git finds it: also on Windows `HOME` comes first, then a drive of the network.
fn home() -> Option<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let on_drive = || {
        let mut home = variable("HOMEDRIVE").filter(|_| cfg!(windows))?;
        home.push(variable("HOMEPATH")?);
        Some(PathBuf::from(home)).filter(|home| home.is_dir())
    };
    variable("HOME").map(PathBuf::from).or_else(on_drive).or_else(env::home_dir)
}

/// The file that git reads for the person if no setting names another one: its `ignore` or `attributes`.
pub(crate) fn default_personal_file(name: &str) -> Option<PathBuf> {
    let folder = env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = folder.or_else(|| home().map(|home| home.join(".config")))?;
    Some(folder.join("git").join(name))
}

/// The path with the person's home folder in the place of `~`.
fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), home()) {
        (Some(inside), Some(home)) => home.join(inside),
        _ => PathBuf::from(path),
    }
}

fn with_all_below(pattern: &str) -> String {
    if pattern.ends_with('/') { format!("{pattern}**") } else { pattern.to_owned() }
}

fn matches(pattern: &str, text: &str, folds_case: bool) -> bool {
    Glob::new(pattern.as_bytes(), Slashes::Separate, folds_case).is_some_and(|glob| glob.matches(text.as_bytes()))
}

/// A setting in a file.
struct Entry {
    name: String,
    value: String,
    /// It is in a file that this one includes without a condition.
    is_included: bool,
}

/// The settings of a file and of those that it includes without a condition, in their order. Empty if it cannot be read.
fn entries(file: &Path) -> Vec<Entry> {
    let read = || {
        let config = Config::open(file)?;
        let mut found = Vec::new();
        config.entries(None)?.for_each(|entry| {
            if let Ok(name) = entry.name() {
                // A name without a value means true.
                let value =
                    if entry.has_value() { String::from_utf8_lossy(entry.value_bytes()).into_owned() } else { "true".to_owned() };
                found.push(Entry { name: name.to_owned(), value, is_included: entry.include_depth() > 0 });
            }
        })?;
        Ok::<_, git2::Error>(found)
    };
    read().unwrap_or_else(|error| {
        tracing::debug!(file = %file.display(), %error, "git's settings are read without this file");
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_met_as_in_git() {
        let folder = tempfile::tempdir().unwrap();
        let memory = folder.path().join("data/memory");
        fs::create_dir_all(memory.join(".git")).unwrap();
        fs::write(memory.join(".git/HEAD"), "ref: refs/heads/work/plan\n").unwrap();
        let config = memory.join(".git/config");
        fs::write(&config, "[remote \"origin\"]\n\turl = https://example.org/me/memory\n").unwrap();
        let mut reading = Reading { folder: &memory, files: vec![config.clone()], remotes: None, config: GitConfig::default() };
        let absolute = format!("gitdir:{}/", folder.path().canonicalize().unwrap().display());
        for condition in [
            &*absolute,
            "gitdir:data/",
            "gitdir:memory/.git",
            "gitdir:da*/memory/",
            "gitdir/i:DATA/",
            "onbranch:work/",
            "onbranch:work/*",
            "hasconfig:remote.*.url:https://example.org/**",
        ] {
            assert!(reading.holds(condition, &config), "{condition}");
        }
        for condition in [
            "gitdir:DATA/",
            "gitdir:/data/",
            "gitdir:data",
            "gitdir:~/",
            "onbranch:work",
            "onbranch:main",
            "hasconfig:remote.*.url:https://example.org/*",
            "always:true",
            "always",
        ] {
            assert!(!reading.holds(condition, &config), "{condition}");
        }
        let beside = folder.path().join("data/config");
        assert!(reading.holds("gitdir:./memory/", &beside));
        assert!(!reading.holds("gitdir:./other/", &beside));
    }

    #[test]
    fn a_condition_in_an_included_file_names_a_file_beside_that_one() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        fs::create_dir_all(git.join("shared")).unwrap();
        let write = |file: &str, text: &str| fs::write(git.join(file), text).unwrap();
        write("config", "[core]\n\tautocrlf = true\n\teol = lf\n[include]\n\tpath = shared/all\n[core]\n\teol = crlf\n");
        write("shared/all", "[core]\n\tautocrlf = input\n\teol = native\n[includeIf \"gitdir:.git\"]\n\tpath = more\n");
        write("shared/more", "[core]\n\tignoreCase\n");
        write("more", "[core]\n\tprecomposeUnicode\n");
        let config = GitConfig::read(folder.path());
        assert_eq!([config.is_set("core.ignorecase"), config.is_set("core.precomposeunicode")], [true, false]);
        assert_eq!([config.get("core.autocrlf"), config.get("core.eol")], [Some("input"), Some("crlf")]);
    }

    #[test]
    fn files_that_include_each_other_come_to_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        fs::create_dir_all(&git).unwrap();
        fs::write(git.join("config"), "[includeIf \"gitdir:.git\"]\n\tpath = config\n[core]\n\tignoreCase\n").unwrap();
        assert!(GitConfig::read(folder.path()).is_set("core.ignorecase"));
    }
}
