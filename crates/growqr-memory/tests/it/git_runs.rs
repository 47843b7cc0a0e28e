//! Runs of the user's git for an index that libgit2 cannot change. A stand-in in front of git counts and refuses them; it is in the
//! `PATH` of a child process, in which the test runs itself again.

use crate::partial::sparse;
use crate::sync::Pair;
use crate::world::{World, at, write};
use growqr_core::memory::Memory;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// The folder of the stand-in, in the child process.
const FOLDER: &str = "GROWQR_TEST_GIT";

/// The stand-in. Only this program passes `--literal-pathspecs`, so git's runs by the tests are neither noted nor refused.
const STAND_IN: &str = r#"#!/bin/sh
case "$*" in
    *--literal-pathspecs*)
        echo "$*" >> "$GROWQR_TEST_GIT/runs"
        if [ -e "$GROWQR_TEST_GIT/refused" ]; then
            case "$*" in *"$(cat "$GROWQR_TEST_GIT/refused")"*) exit 1 ;; esac
        fi ;;
esac
PATH=$GROWQR_TEST_PATH
exec git "$@"
"#;

/// Runs this ignored test in a process with the stand-in.
fn run_with_stand_in(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let git = folder.path().join("git");
    fs::write(&git, STAND_IN).unwrap();
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
    let path = env::var("PATH").unwrap();
    let result = Command::new(env::current_exe().unwrap())
        .args(["--exact", &format!("git_runs::{test}"), "--ignored", "--nocapture"])
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .env("GROWQR_TEST_PATH", path)
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    assert!(result.status.success(), "{}{}", String::from_utf8_lossy(&result.stdout), String::from_utf8_lossy(&result.stderr));
    assert!(String::from_utf8_lossy(&result.stdout).contains("1 passed"));
}

fn of_stand_in(name: &str) -> PathBuf {
    PathBuf::from(env::var_os(FOLDER).unwrap()).join(name)
}

/// Lets the stand-in fail where this is among the arguments; with `None` nowhere.
fn refuse(argument: Option<&str>) {
    match argument {
        Some(argument) => fs::write(of_stand_in("refused"), argument).unwrap(),
        None => fs::remove_file(of_stand_in("refused")).unwrap(),
    }
}

#[test]
fn an_update_of_the_index_that_stops_halfway_deletes_no_page() {
    run_with_stand_in("an_update_that_stops_halfway");
}

#[test]
#[ignore = "is run by the test above, with a stand-in for git"]
fn an_update_that_stops_halfway() {
    let mut world = sparse(&["--cone", "--sparse-index"]);
    refuse(Some("--skip-worktree"));
    world.write("trips/rome.md", "far\n");
    refuse(None);
    world.reopen();
    for seconds in [5, 6] {
        assert_eq!(world.memory.adopt_hand_edits(at(seconds)).unwrap().commits, []);
    }
    assert_eq!(world.memory.read("trips/rome.md").unwrap().content, "far\n");
    world.is_clean();
}

#[test]
fn the_number_of_runs_of_git_does_not_grow_with_the_pages_that_are_pulled() {
    run_with_stand_in("a_pull_of_many_pages");
}

#[test]
#[ignore = "is run by the test above, with a stand-in for git"]
fn a_pull_of_many_pages() {
    let runs = |pages: usize| {
        let mut pair = Pair::synced();
        pair.world.edit_by_hand(".git/info/exclude", "private/\n");
        pair.world.git(&["sparse-checkout", "set", "--no-cone", "people"]);
        pair.world.git(&["update-index", "--split-index"]);
        for number in 0..pages {
            for folder in ["trips", "private", "people"] {
                pair.edit_on_server(&format!("{folder}/{number}.md"), "x\n");
            }
        }
        let _ = fs::remove_file(of_stand_in("runs"));
        assert_eq!(pair.sync().not_pages.len(), pages);
        fs::read_to_string(of_stand_in("runs")).unwrap().lines().count()
    };
    assert_eq!(runs(1), runs(4));
}

#[test]
fn a_page_that_is_assumed_unchanged_stays_so_when_an_agent_changes_it() {
    let kinds: [&[&str]; 2] =
        [&["update-index", "--split-index"], &["-c", "index.skipHash=true", "update-index", "--force-write-index"]];
    for kind in kinds {
        let world = World::new();
        world.git(&["update-index", "--assume-unchanged", "goals.md"]);
        world.git(kind);
        let version = world.version("goals.md");
        world.change(&write("goals.md", "more\n", version.as_deref())).unwrap();
        assert_eq!(world.git(&["ls-files", "-v", "goals.md"]), "h goals.md\n", "{kind:?}");
        world.is_clean();
    }
}
