//! Which paths a backup may have. They are refused before anything is written.

use crate::manifest::{DATABASE, HISTORY, MANIFEST, MEMORY};

/// The deepest folder.
const MAX_DEPTH: usize = 128;
/// The longest name of one file or folder, in bytes.
const MAX_NAME: usize = 255;

/// Files directly in a repository that are data and no settings. `config` and `hooks` are not among them: git carries them out.
const GIT_FILES: [&str; 10] = [
    "HEAD",
    "ORIG_HEAD",
    "MERGE_HEAD",
    "MERGE_MODE",
    "MERGE_MSG",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "index",
    "packed-refs",
    "shallow",
];

/// Folders of a repository that are data.
const GIT_FOLDERS: [&str; 4] = ["objects", "refs", "logs", "reftable"];

/// Other files of a repository that are data.
const GIT_PATHS: [&str; 4] = ["info/exclude", "info/attributes", "info/sparse-checkout", "growqr/used-by"];

/// Whether a file of a git folder is data that a backup has. `path` is within the git folder. Settings, hooks, the todo list of a
/// rebase and links to other repositories are none: git would carry out, or follow, what a stranger has written there.
#[must_use]
pub fn is_portable_git_file(path: &str) -> bool {
    if GIT_FILES.contains(&path) || GIT_PATHS.contains(&path) {
        return true;
    }
    let Some((folder, rest)) = path.split_once('/') else { return false };
    let name = rest.rsplit('/').next().unwrap_or(rest);
    let is_link = folder == "objects" && matches!(rest, "info/alternates" | "info/http-alternates");
    let is_unfinished = name.ends_with(".lock") || (folder == "objects" && name.starts_with("tmp_"));
    GIT_FOLDERS.contains(&folder) && !is_link && !is_unfinished
}

/// Why a path is refused; `None` if a backup may have it.
pub(crate) fn refusal(path: &str) -> Option<String> {
    let shown: String = path.chars().take(200).collect();
    let refused = |what: &str| Some(format!("{what}: {shown:?}"));
    let names: Vec<&str> = path.split('/').collect();
    if names.len() > MAX_DEPTH {
        return refused("a path that is too deep");
    }
    if names.iter().any(|name| name.is_empty() || *name == "." || *name == ".." || name.len() > MAX_NAME) {
        return refused("a path that leads elsewhere");
    }
    if path.contains('\0') || (cfg!(windows) && path.contains(['\\', ':', '<', '>', '"', '|', '?', '*'])) {
        return refused("a name with characters that are not allowed");
    }
    match names.as_slice() {
        [name] => (!matches!(*name, DATABASE | HISTORY | MANIFEST)).then(|| format!("an unknown file: {shown:?}")),
        [MEMORY, ".git", rest @ ..] => match is_portable_git_file(&rest.join("/")) {
            true => None,
            false => refused("a file that git would carry out or follow"),
        },
        [MEMORY, rest @ ..] if rest.iter().any(|name| passes_for_git(name)) => refused("a repository in the memory folder"),
        [MEMORY, ..] => None,
        _ => refused("an unknown folder"),
    }
}

/// Whether some file system takes this name for `.git`: it may ignore case, dots and spaces at the end, or characters that nobody
/// sees, and have short names.
fn passes_for_git(name: &str) -> bool {
    let is_ignored =
        |c: char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let plain: String = name.chars().filter(|c| !is_ignored(*c)).collect::<String>().to_lowercase();
    let plain = plain.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
    plain == ".git" || plain.strip_prefix("git~").is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_data_in_known_places_is_accepted() {
        let objects = "memory/.git/objects/ab/cdef";
        for path in
            ["growqr.db", "manifest.json", "memory/me.md", "memory/a b/ü.md", "memory/.gitignore", "memory/.git/HEAD", objects]
        {
            assert_eq!(refusal(path), None, "{path}");
        }
        for path in [
            "/etc/passwd",
            "../growqr.db",
            "memory/../../x",
            "memory//x",
            "memory/./x",
            "memory",
            "other/x",
            "config.toml",
            "memory/.git/config",
            "memory/.git/hooks/post-commit",
            "memory/.git/objects/info/alternates",
            "memory/.git/rebase-merge/git-rebase-todo",
            "memory/.git/modules/x/config",
            "memory/.git",
            "memory/.GIT/config",
            "memory/sub/.git/config",
            "memory/.g\u{200c}it/config",
            "memory/GIT~1/config",
            "memory/.git. /config",
            "memory/x\0y",
        ] {
            assert!(refusal(path).is_some(), "{path}");
        }
        assert!(refusal(&["memory"; 200].join("/")).is_some() && refusal(&format!("memory/{}", "x".repeat(300))).is_some());
    }

    #[test]
    fn unfinished_files_of_git_are_not_copied() {
        for path in ["index.lock", "refs/heads/main.lock", "objects/pack/tmp_pack_1", "FETCH_HEAD", "gc.pid", "COMMIT_EDITMSG"] {
            assert!(!is_portable_git_file(path), "{path}");
        }
        for path in ["refs/heads/main", "objects/pack/pack-1.pack", "logs/HEAD", "growqr/used-by", "info/exclude"] {
            assert!(is_portable_git_file(path), "{path}");
        }
    }
}
