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
pub fn is_backed_up_git_file(path: &str) -> bool {
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
    // A page that this system cannot hold is left out; the other files have names that every system holds.
    if path.contains('\0') || (cfg!(windows) && !is_page(path) && names.iter().any(|name| not_on_windows(name).is_some())) {
        return refused("a name with characters that are not allowed");
    }
    match names.as_slice() {
        [name] => (!matches!(*name, DATABASE | HISTORY | MANIFEST)).then(|| format!("an unknown file: {shown:?}")),
        [MEMORY, ".git", rest @ ..] => match is_backed_up_git_file(&rest.join("/")) {
            true => None,
            false => refused("a file that git would carry out or follow"),
        },
        [MEMORY, rest @ ..] if rest.iter().any(|name| passes_for_git(name)) => refused("a repository in the memory folder"),
        [MEMORY, ..] => None,
        _ => refused("an unknown folder"),
    }
}

/// Whether this is a file of the memory folder and none of its history.
pub(crate) fn is_page(path: &str) -> bool {
    matches!(path.split_once('/'), Some((MEMORY, rest)) if rest.split('/').next() != Some(".git"))
}

/// Why Windows cannot hold a file of this path, or would take it for another one; `None` if it can.
pub(crate) fn not_on_windows(path: &str) -> Option<&'static str> {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let is_numbered = |base: &str, name: &str| {
        let mut rest = base.strip_prefix(name).unwrap_or_default().chars();
        matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    };
    path.split('/').find_map(|name| {
        let base = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_uppercase();
        if name.chars().any(|c| c < ' ' || matches!(c, '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*')) {
            Some("Windows allows no name with one of its characters")
        } else if name.ends_with(['.', ' ']) {
            Some("Windows allows no name with a dot or a space at the end")
        } else if DEVICES.contains(&base.as_str()) || is_numbered(&base, "COM") || is_numbered(&base, "LPT") {
            Some("Windows has a device of this name")
        } else {
            None
        }
    })
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
    fn names_that_windows_cannot_hold_are_known() {
        for path in [
            "memory/a:b.md",
            "memory/a\\b",
            "memory/what?.md",
            "memory/tab\t.md",
            "memory/a./x",
            "memory/a ",
            "memory/con",
            "memory/Com1.md",
            "memory/NUL .x",
            "memory/lpt²",
        ] {
            assert!(not_on_windows(path).is_some(), "{path}");
        }
        for path in ["memory/console.md", "memory/com10.md", "memory/.hidden", "memory/a.b c/ü.md", "memory/com"] {
            assert_eq!(not_on_windows(path), None, "{path}");
        }
        assert!(is_page("memory/a/.git") && !is_page("memory/.git/HEAD") && !is_page("growqr.db") && !is_page("memory"));
    }

    #[test]
    fn unfinished_files_of_git_are_not_copied() {
        for path in ["index.lock", "refs/heads/main.lock", "objects/pack/tmp_pack_1", "FETCH_HEAD", "gc.pid", "COMMIT_EDITMSG"] {
            assert!(!is_backed_up_git_file(path), "{path}");
        }
        for path in ["refs/heads/main", "objects/pack/pack-1.pack", "logs/HEAD", "growqr/used-by", "info/exclude"] {
            assert!(is_backed_up_git_file(path), "{path}");
        }
    }
}
