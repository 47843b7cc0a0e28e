//! Explains why memory cannot be opened or changed now, and how that ends: text for people, on the errors of libgit2.

use git2::{Error, ErrorClass, ErrorCode, RepositoryState};
use std::path::Path;

/// Why the repository in `folder` cannot be opened, and what to do.
pub(crate) fn explain(folder: &Path, error: &Error) -> String {
    let (folder, message) = (folder.display(), error.message());
    if error.code() == ErrorCode::Owner {
        return format!(
            "the folder belongs to another user of this computer. Make it yours, or allow it with: git config --global --add \
             safe.directory \"{folder}\""
        );
    }
    if error.class() == ErrorClass::Config || message.contains("config file") {
        return format!("git's settings cannot be read: {message}. Correct that file");
    }
    if message.contains("refstorage") {
        return format!(
            "its branches are stored as reftable, which GrowQR cannot read. Turn it back with: git -C \"{folder}\" refs migrate \
             --ref-format=files"
        );
    }
    if message.contains("objectformat") || message.contains("object format") || message.contains("sha256") {
        return "its objects have the format sha256, which GrowQR cannot read. Move its .git folder away; GrowQR then makes a new \
                repository of the same pages"
            .to_owned();
    }
    format!("{message}. See what is damaged with: git -C \"{folder}\" fsck")
}

/// Which command of the user's git is under way, and how to end it. `None` if there is none.
pub(crate) fn unfinished_command(folder: &Path, state: RepositoryState) -> Option<String> {
    let (command, end) = match state {
        RepositoryState::Clean => return None,
        RepositoryState::Merge => ("merge", "merge --continue or merge --abort"),
        RepositoryState::Revert | RepositoryState::RevertSequence => ("revert", "revert --continue or revert --abort"),
        RepositoryState::CherryPick | RepositoryState::CherryPickSequence => {
            ("cherry-pick", "cherry-pick --continue or cherry-pick --abort")
        }
        RepositoryState::Bisect => ("bisect", "bisect reset"),
        RepositoryState::Rebase | RepositoryState::RebaseInteractive | RepositoryState::RebaseMerge => {
            ("rebase", "rebase --continue or rebase --abort")
        }
        RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => ("am", "am --continue or am --abort"),
    };
    Some(format!(
        "a git {command} is under way in the memory folder, so pages can be read but not changed. End it with git in {}: {end}",
        folder.display()
    ))
}
