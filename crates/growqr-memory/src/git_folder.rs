//! Finds the git folder of a memory folder without opening the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The git folder with HEAD and the index of this working tree: `.git`, or the folder that the file `.git` names.
pub(crate) fn own(folder: &Path) -> PathBuf {
    let git = folder.join(".git");
    match pointed(&git, "gitdir:") {
        Some(target) => folder.join(target),
        None => git,
    }
}

/// The git folder that holds settings, `info` and objects: of a linked worktree, the one of its repository.
pub(crate) fn common(folder: &Path) -> PathBuf {
    let git = own(folder);
    match pointed(&git.join("commondir"), "") {
        Some(common) => git.join(common),
        None => git,
    }
}

fn pointed(file: &Path, prefix: &str) -> Option<PathBuf> {
    let text = fs::read_to_string(file).ok()?;
    Some(PathBuf::from(text.trim_end().strip_prefix(prefix)?.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linked_worktree_shares_the_folder_of_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        let (main, linked) = (folder.path().join("main"), folder.path().join("linked"));
        let git = main.join(".git/worktrees/linked");
        fs::create_dir_all(&git).unwrap();
        fs::create_dir_all(&linked).unwrap();
        fs::write(git.join("commondir"), "../..\n").unwrap();
        fs::write(linked.join(".git"), format!("gitdir: {}\n", git.display())).unwrap();
        assert_eq!(own(&linked), git);
        assert_eq!(common(&linked).canonicalize().unwrap(), main.join(".git").canonicalize().unwrap());
        assert_eq!((own(&main), common(&main)), (main.join(".git"), main.join(".git")));
    }
}
