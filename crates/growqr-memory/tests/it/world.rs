//! Fixtures: a memory in a temporary folder, and helpers for changes.

use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::{Change, CommitPlan, Edit, Memory, MemoryError, Origin};
use growqr_memory::MemoryRepo;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub const START: Timestamp = Timestamp(1_800_000_000_000);

pub fn at(seconds: i64) -> Timestamp {
    Timestamp(START.0 + seconds * 1000)
}

pub struct World {
    pub memory: MemoryRepo,
    pub folder: PathBuf,
    _temporary: TempDir,
}

impl World {
    pub fn new() -> World {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("memory");
        let memory = MemoryRepo::open(&folder, START).unwrap();
        // Whatever the settings of this computer's user say.
        let settings = fs::read_to_string(folder.join(".git/config")).unwrap();
        fs::write(folder.join(".git/config"), format!("{settings}[user]\n\tname = You\n\temail = you@growqr.local\n")).unwrap();
        World { memory, folder, _temporary: temporary }
    }

    pub fn reopen(&mut self) {
        // An assignment opens the new memory before it drops the old one. The second memory is opened after the original
        // one is closed.
        self.memory = MemoryRepo::open(&self.folder, at(999_999)).unwrap();
        self.memory = MemoryRepo::open(&self.folder, at(999_999)).unwrap();
    }

    /// A complete change by an agent: prepare, commit, update the index.
    pub fn change(&self, change: &Change) -> Result<CommitPlan, MemoryError> {
        let plan = self.memory.prepare(change)?;
        self.memory.commit(&plan)?;
        self.memory.tidy()?;
        Ok(plan)
    }

    pub fn write(&self, path: &str, content: &str) -> CommitPlan {
        self.change(&write(path, content, self.version(path).as_deref())).unwrap()
    }

    pub fn version(&self, path: &str) -> Option<String> {
        self.memory.read(path).ok().map(|page| page.version)
    }

    pub fn edit_by_hand(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    pub fn on_disk(&self, path: &str) -> String {
        fs::read_to_string(self.folder.join(path)).unwrap()
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.folder, arguments)
    }

    /// Asserts that the repository is sound and that the user's git sees no changes.
    pub fn is_clean(&self) {
        assert_eq!(self.git(&["status", "--porcelain"]), "");
        assert_eq!(self.git(&["fsck", "--strict", "--no-dangling"]), "");
    }
}

/// Runs the installed git without user or system settings. Returns stdout and stderr.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let nowhere = folder.join(".git").join("no-such-config");
    let output = Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", nowhere)
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.org")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.org")
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "git {arguments:?}: {text}");
    text
}

pub fn origin(effect: &str) -> Origin {
    Origin { agent: AgentId::grow(), name: "Grow".into(), turn: 7, effect: EffectId::new(effect) }
}

/// A write by an agent. The effect id is derived from the content, so different writes are different tool calls.
pub fn write(path: &str, content: &str, base: Option<&str>) -> Change {
    let edit = Edit::Write { content: content.into(), base: base.map(str::to_owned) };
    let effect = growqr_core::id::sha256_hex(format!("{path} {content} {base:?}").as_bytes());
    Change { path: path.into(), edit, message: format!("Note {path}"), origin: origin(&effect[..16]), at: at(60), approval: None }
}

pub fn delete(path: &str) -> Change {
    Change { edit: Edit::Delete, origin: origin("de1e7e"), ..write(path, "", None) }
}

pub fn git_init_bare(folder: &Path) {
    git(folder, &["init", "-q", "--bare"]);
}
