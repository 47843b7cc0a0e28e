//! The files that git tracks.

use std::path::{Path, PathBuf};
use std::process::Command;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Every tracked text file: its path relative to the root, with `/`, and its text. Binary files are left out.
pub fn texts() -> Vec<(String, String)> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "git ls-files failed: this is not a git working tree");
    let paths = String::from_utf8(output.stdout).unwrap();
    let read = |path: &str| Some((path.to_owned(), std::fs::read_to_string(root().join(path)).ok()?));
    paths.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect()
}
