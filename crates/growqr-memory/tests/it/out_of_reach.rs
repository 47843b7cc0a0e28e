//! A property: whatever agents, the person's editor and the person's git do, in any order, no content that the person had gets
//! out of reach. It stays in a file, in a branch, in the reflog, in the stash or in git's index.

use crate::world::{World, at, delete, git, git_init_bare, write};
use git2::{ObjectType, Oid};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const PAGES: [&str; 5] = ["a.md", "b.md", "sub/c.md", "sub/C.md", "goals.md"];

#[derive(Clone, Debug)]
enum Action {
    AgentWrites(usize),
    AgentDeletes(usize),
    HandEdits(usize),
    HandDeletes(usize),
    Adopts,
    Reopens,
    Git(&'static [&'static str]),
    /// Another computer pushes a change of this page to the server.
    OthersPush(usize),
    /// `git pull`, `git push`.
    Pulls,
}

fn action() -> impl Strategy<Value = Action> {
    let page = 0..PAGES.len();
    prop_oneof![
        3 => page.clone().prop_map(Action::AgentWrites),
        1 => page.clone().prop_map(Action::AgentDeletes),
        4 => page.clone().prop_map(Action::HandEdits),
        1 => page.clone().prop_map(Action::HandDeletes),
        4 => Just(Action::Adopts),
        1 => Just(Action::Reopens),
        1 => page.prop_map(Action::OthersPush),
        1 => Just(Action::Pulls),
        7 => prop::sample::select(vec![
            Action::Git(&["add", "-A"]),
            Action::Git(&["commit", "-qam", "By the person"]),
            Action::Git(&["stash", "-q", "-u"]),
            Action::Git(&["stash", "pop", "-q"]),
            Action::Git(&["checkout", "-q", "-b", "side"]),
            Action::Git(&["checkout", "-q", "side"]),
            Action::Git(&["checkout", "-q", "main"]),
            Action::Git(&["checkout", "-q", "--detach"]),
            Action::Git(&["reset", "-q", "--soft", "HEAD~1"]),
            Action::Git(&["reset", "-q", "--hard", "HEAD~1"]),
            Action::Git(&["rebase", "-q", "main"]),
            Action::Git(&["merge", "-q", "--no-edit", "side"]),
            Action::Git(&["gc", "-q"]),
        ]),
    ]
}

struct Story {
    world: World,
    other: PathBuf,
    _temporary: TempDir,
    /// Makes each content different.
    number: usize,
}

impl Story {
    fn new() -> Story {
        let world = World::new();
        let temporary = tempfile::tempdir().unwrap();
        let (server, other) = (temporary.path().join("server"), temporary.path().join("other"));
        fs::create_dir(&server).unwrap();
        git_init_bare(&server);
        let address = server.display().to_string();
        world.git(&["remote", "add", "origin", &address]);
        world.git(&["push", "-q", "-u", "origin", "main"]);
        fs::create_dir(&other).unwrap();
        git(&other, &["clone", "-q", "-b", "main", &address, "."]);
        Story { world, other, _temporary: temporary, number: 0 }
    }

    /// Performs an action. Returns the contents that the person has overwritten or deleted by it.
    fn perform(&mut self, action: &Action) -> BTreeSet<Oid> {
        self.number += 1;
        let text = format!("text {}\n", self.number);
        let folder = self.world.folder.clone();
        let mut gone = BTreeSet::new();
        match action {
            Action::AgentWrites(page) => {
                let base = self.world.version(PAGES[*page]);
                let _ = self.world.change(&write(PAGES[*page], &text, base.as_deref()));
            }
            Action::AgentDeletes(page) => drop(self.world.change(&delete(PAGES[*page]))),
            Action::HandEdits(page) => {
                gone.extend(file_id(&folder.join(PAGES[*page])));
                self.world.edit_by_hand(PAGES[*page], text);
            }
            Action::HandDeletes(page) => {
                let file = folder.join(PAGES[*page]);
                gone.extend(file_id(&file));
                let _ = fs::remove_file(file);
            }
            Action::Adopts => drop(self.world.memory.adopt_hand_edits(at(self.number as i64))),
            Action::Reopens => self.world.reopen(),
            Action::Git(arguments) => {
                gone.extend(self.given_up_by(arguments));
                try_git(&folder, arguments);
            }
            Action::OthersPush(page) => {
                try_git(&self.other, &["pull", "-q", "--no-rebase", "--no-edit"]);
                let file = self.other.join(PAGES[*page]);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
                try_git(&self.other, &["add", "-A"]);
                try_git(&self.other, &["commit", "-qm", "Elsewhere"]);
                try_git(&self.other, &["push", "-q"]);
            }
            Action::Pulls => {
                try_git(&folder, &["pull", "-q", "--no-rebase", "--no-edit"]);
                try_git(&folder, &["push", "-q"]);
            }
        }
        // A person gives up what has conflicts. What was in files before is in the stash or in commits then.
        for command in ["rebase", "merge"] {
            try_git(&folder, &[command, "--abort"]);
        }
        gone
    }

    /// Contents in the index, and with a hard reset in files, that this git command replaces, as it is meant to.
    fn given_up_by(&self, arguments: &[&str]) -> Vec<Oid> {
        let listing: &[&str] = match arguments {
            ["add" | "commit", ..] | ["reset", "-q", "--hard", ..] => &["ls-files", "-s"],
            ["stash", "pop", ..] => &["ls-tree", "-r", "stash^2"],
            _ => return Vec::new(),
        };
        let files = PAGES.iter().filter_map(|page| file_id(&self.world.folder.join(page)));
        let files = files.filter(|_| arguments.contains(&"--hard"));
        let listed = Command::new("git").current_dir(&self.world.folder).args(listing).output().unwrap().stdout;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let listed = listed.split_whitespace().filter_map(|word| Oid::from_str(word).ok().filter(|_| word.len() == 40));
        listed.chain(files).collect()
    }

    /// Every content that can still be found.
    fn within_reach(&self) -> BTreeSet<Oid> {
        let listed = self.world.git(&["rev-list", "--objects", "--all", "--reflog", "--indexed-objects"]);
        let blobs = self.world.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"]);
        let blobs: BTreeSet<&str> = blobs.lines().filter_map(|line| line.strip_suffix(" blob")).collect();
        let listed = listed.lines().filter(|line| blobs.contains(line.split(' ').next().unwrap_or_default()));
        let mut found: BTreeSet<Oid> = listed.filter_map(|line| Oid::from_str(line.split(' ').next()?).ok()).collect();
        found.extend(PAGES.iter().filter_map(|page| file_id(&self.world.folder.join(page))));
        found
    }
}

fn file_id(file: &Path) -> Option<Oid> {
    let bytes = fs::read(file).ok()?;
    Oid::hash_object(ObjectType::Blob, &bytes).ok()
}

/// Runs the installed git, which may refuse.
fn try_git(folder: &Path, arguments: &[&str]) {
    let person = ["AUTHOR", "COMMITTER"];
    let names = person.map(|role| (format!("GIT_{role}_NAME"), "Ada"));
    let addresses = person.map(|role| (format!("GIT_{role}_EMAIL"), "ada@example.org"));
    Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .envs(names.into_iter().chain(addresses))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", folder.join(".git/no-such-config"))
        .env("GIT_EDITOR", "true")
        .output()
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_the_person_had_gets_out_of_reach(actions in prop::collection::vec(action(), 4..16)) {
        let mut story = Story::new();
        let mut before = story.within_reach();
        for action in &actions {
            let overwritten = story.perform(action);
            let after = story.within_reach();
            let lost: Vec<&Oid> = before.difference(&after).filter(|oid| !overwritten.contains(oid)).collect();
            prop_assert!(lost.is_empty(), "after {action:?}: {lost:?}");
            before = after;
        }
        story.world.reopen();
        let adopted = story.world.memory.adopt_hand_edits(at(900));
        prop_assert!(adopted.is_ok(), "{adopted:?}");
        let lost: Vec<Oid> = before.difference(&story.within_reach()).copied().collect();
        prop_assert!(lost.is_empty(), "after the last adoption: {lost:?}");
        prop_assert_eq!(story.world.git(&["fsck", "--strict", "--no-dangling"]), "");
    }
}
