//! The bare repositories, worked on by the installed `git` program without any settings of the user or the system.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Refuses what Gitea's own hook refuses. The server sets the variables.
const HOOK: &str = r#"#!/bin/sh
refuse() { echo "error:" >&2; echo "error: $1" >&2; echo "error:" >&2; exit 1; }
[ -n "$STAND_IN_BRANCH" ] || refuse "Rejecting changes as Gitea environment not set."
[ -z "$STAND_IN_REFUSE" ] || refuse "$STAND_IN_REFUSE"
while read -r old new ref; do
  branch="${ref#refs/heads/}"
  case "$new" in *[!0]*) ;; *)
    [ "$branch" = "$STAND_IN_BRANCH" ] && refuse "branch $branch is the default branch and cannot be deleted"
    continue ;;
  esac
  case "$old" in *[!0]*)
    if [ -n "$STAND_IN_PROTECTED" ] && ! git merge-base --is-ancestor "$old" "$new"; then
      refuse "branch $branch is protected from force push"
    fi ;;
  esac
done
exit 0
"#;

/// An entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub mode: String,
    pub kind: String,
    pub id: String,
    pub path: String,
}

/// A change of one file: its path and new content (`None`: deleted).
pub(super) type FileEdit<'a> = (&'a str, Option<&'a [u8]>);

/// One bare repository.
#[derive(Clone, Debug)]
pub(super) struct Bare(pub PathBuf);

impl Bare {
    pub fn create(&self, branch: &str) -> io::Result<()> {
        std::fs::create_dir_all(&self.0)?;
        self.git(&["init", "--quiet", "--bare", "--template=", &format!("--initial-branch={branch}")], None)?;
        let hooks = self.0.join("hooks");
        std::fs::create_dir_all(&hooks)?;
        let hook = hooks.join("pre-receive");
        std::fs::write(&hook, HOOK)?;
        make_executable(&hook)
    }

    /// The newest commit of a branch.
    pub fn head(&self, branch: &str) -> Option<String> {
        self.line(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}^{{commit}}")])
    }

    /// The commit that a branch, a tag or a full id names.
    pub fn commit(&self, name: &str) -> Option<String> {
        let is_id = name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let full = if is_id { format!("{name}^{{commit}}") } else { format!("refs/tags/{name}^{{commit}}") };
        self.head(name).or_else(|| self.line(&["rev-parse", "--verify", "--quiet", &full]))
    }

    pub fn branches(&self) -> Vec<String> {
        let names = self.git(&["for-each-ref", "--format=%(refname:strip=2)", "refs/heads"], None);
        String::from_utf8_lossy(&names.unwrap_or_default()).lines().map(str::to_owned).collect()
    }

    /// The ids of the commits that a commit has in its history, newest first.
    pub fn log(&self, from: &str) -> Vec<String> {
        let ids = self.git(&["rev-list", from], None).unwrap_or_default();
        String::from_utf8_lossy(&ids).lines().map(str::to_owned).collect()
    }

    /// Author name, email and date, then the message.
    pub fn describe(&self, commit: &str) -> Option<[String; 4]> {
        let text = self.git(&["show", "--no-patch", "--format=%an%x00%ae%x00%aI%x00%B", commit], None).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let fields: Vec<String> = text.splitn(4, '\0').map(str::to_owned).collect();
        fields.try_into().ok()
    }

    /// The entry at a path.
    pub fn entry(&self, commit: &str, path: &str) -> Option<Entry> {
        self.entries(&["ls-tree", "-z", commit, "--", path]).into_iter().find(|entry| entry.path == path)
    }

    /// The entries in a folder; the root if the path is empty.
    pub fn folder(&self, commit: &str, path: &str) -> Vec<Entry> {
        let inside = format!("{path}/");
        let mut arguments = vec!["ls-tree", "-z", commit];
        if !path.is_empty() {
            arguments.extend(["--", &inside]);
        }
        self.entries(&arguments)
    }

    /// All files of a commit.
    pub fn files(&self, commit: &str) -> Vec<Entry> {
        self.entries(&["ls-tree", "-r", "-z", commit])
    }

    fn entries(&self, arguments: &[&str]) -> Vec<Entry> {
        let listing = String::from_utf8_lossy(&self.git(arguments, None).unwrap_or_default()).into_owned();
        let entry = |line: &str| {
            let (head, path) = line.split_once('\t')?;
            let [mode, kind, id] = head.split(' ').collect::<Vec<_>>().try_into().ok()?;
            Some(Entry { mode: mode.to_owned(), kind: kind.to_owned(), id: id.to_owned(), path: path.to_owned() })
        };
        listing.split('\0').filter_map(entry).collect()
    }

    pub fn blob(&self, id: &str) -> io::Result<Vec<u8>> {
        self.git(&["cat-file", "blob", id], None)
    }

    /// Commits changes on top of a branch and moves the branch. Returns the commit.
    pub fn edit(&self, branch: &str, edits: &[FileEdit<'_>], author: (&str, &str), message: &str) -> io::Result<String> {
        let temporary = tempfile::tempdir()?;
        let index = temporary.path().join("index");
        let parent = self.head(branch);
        let run = |arguments: &[&str], input: Option<&[u8]>| {
            let mut command = self.command(arguments);
            command.env("GIT_INDEX_FILE", &index);
            for who in ["AUTHOR", "COMMITTER"] {
                command.env(format!("GIT_{who}_NAME"), author.0).env(format!("GIT_{who}_EMAIL"), author.1);
            }
            output(command, input).map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned())
        };
        run(&["read-tree", parent.as_deref().unwrap_or("--empty")], None)?;
        let mut entries = Vec::new();
        for (path, content) in edits {
            let (mode, blob) = match content {
                None => ("0", "0".repeat(40)),
                Some(bytes) => ("100644", run(&["hash-object", "-w", "--stdin"], Some(bytes))?),
            };
            entries.extend_from_slice(format!("{mode} {blob}\t{path}\0").as_bytes());
        }
        run(&["update-index", "-z", "--index-info"], Some(&entries))?;
        let tree = run(&["write-tree"], None)?;
        let mut arguments = vec!["commit-tree", &tree];
        if let Some(parent) = &parent {
            arguments.extend(["-p", parent]);
        }
        let commit = run(&arguments, Some(message.as_bytes()))?;
        let old = parent.unwrap_or_else(|| "0".repeat(40));
        run(&["update-ref", &format!("refs/heads/{branch}"), &commit, &old], None)?;
        Ok(commit)
    }

    fn line(&self, arguments: &[&str]) -> Option<String> {
        let line = self.git(arguments, None).ok()?;
        Some(String::from_utf8_lossy(&line).trim_end().to_owned()).filter(|line| !line.is_empty())
    }

    pub fn git(&self, arguments: &[&str], input: Option<&[u8]>) -> io::Result<Vec<u8>> {
        output(self.command(arguments), input)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = clean_git();
        command.current_dir(&self.0).args(arguments).env("GIT_DIR", &self.0);
        command
    }
}

/// The `git` program without settings of the user or the system.
pub(super) fn clean_git() -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" });
    command.env("GIT_LITERAL_PATHSPECS", "1").env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
    command
}

/// Runs a command to its end.
pub(super) fn output(mut command: Command, input: Option<&[u8]>) -> io::Result<Vec<u8>> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(input.unwrap_or_default())));
        child.wait_with_output()
    })?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

#[cfg(unix)]
fn make_executable(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}
