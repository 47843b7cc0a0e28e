//! Servers that must not be written to, or cannot be: each is told apart, and nothing is changed.

use crate::sync::{Pair, REPO};
use crate::world::{World, at};
use growqr_core::memory::Memory;
use growqr_core::secret::Secret;
use growqr_memory::{MemoryRepo, SyncError};
use growqr_testkit::DeadPort;

/// Runs a sync that fails, and asserts that neither side has changed.
fn refused(pair: &Pair) -> SyncError {
    let (ours, theirs) = (pair.world.git(&["rev-parse", "HEAD"]), pair.gitea.commits("growqr", "memory"));
    let error = pair.try_sync().unwrap_err();
    assert_eq!(pair.world.git(&["rev-parse", "HEAD"]), ours);
    assert_eq!(pair.gitea.commits("growqr", "memory"), theirs);
    pair.world.is_clean();
    error
}

#[test]
fn a_wiped_server_is_recognised_and_filled_only_on_demand() {
    let mut pair = Pair::synced();
    let expected = pair.seen.clone().unwrap();
    pair.gitea.remove_repo("growqr", "memory");
    pair.gitea.add_repo("growqr", "memory");
    assert_eq!(refused(&pair), SyncError::Wiped { expected });
    pair.seen = None;
    assert_eq!(pair.sync().pushed, 2);
}

#[test]
fn a_server_that_was_set_back_is_recognised() {
    let mut pair = Pair::synced();
    let old = pair.seen.clone().unwrap();
    pair.world.write("b.md", "b\n");
    let expected = pair.sync().head;
    pair.gitea.set_head("growqr", "memory", Some(&old));
    assert_eq!(refused(&pair), SyncError::Rewound { expected: expected.clone(), found: old.clone() });
    // Another history since the old commit.
    let found = pair.edit_on_server("c.md", "c\n");
    assert_eq!(refused(&pair), SyncError::Rewound { expected, found });
    // The person has decided: both histories are kept.
    pair.seen = None;
    pair.sync();
    pair.both_have("b.md", "b\n");
    pair.both_have("c.md", "c\n");
}

#[test]
fn a_server_with_another_memory_is_recognised() {
    let pair = Pair::synced();
    let other = World::new();
    let elsewhere = Pair::new();
    elsewhere.edit_on_server("x.md", "x\n");
    let found = elsewhere.gitea.commits("growqr", "memory")[0].clone();
    for expected in [None, pair.seen.as_deref()] {
        let error = other.memory.sync(&elsewhere.remote, expected, at(5)).unwrap_err();
        assert_eq!(error, SyncError::Foreign { found: found.clone() });
    }
    assert_eq!(elsewhere.gitea.commits("growqr", "memory"), [found]);
}

#[test]
fn a_missing_repository_and_a_refused_token_are_told_apart() {
    let mut pair = Pair::synced();
    pair.world.write("b.md", "b\n");
    let good = pair.remote.clone();
    pair.remote.token = Secret::new("0".repeat(40));
    assert_eq!(refused(&pair), SyncError::Denied);
    // A token that may only read.
    let reader = pair.gitea.command(&[
        "admin",
        "user",
        "generate-access-token",
        "--username",
        "growqr",
        "--token-name",
        "r",
        "--scopes",
        "read:repository",
        "--raw",
    ]);
    pair.remote.token = Secret::new(reader.stdout.trim());
    assert_eq!(refused(&pair), SyncError::Denied);
    pair.remote = good;
    pair.gitea.demand_new_password("growqr");
    assert_eq!(refused(&pair), SyncError::Denied);
    let unset = pair.gitea.command(&["admin", "user", "must-change-password", "--unset", "growqr"]);
    assert_eq!(unset.exit, 0);
    pair.sync();
    pair.gitea.remove_repo("growqr", "memory");
    assert_eq!(pair.try_sync().unwrap_err(), SyncError::Missing);
}

#[test]
fn a_server_that_is_down_or_silent_is_unreachable_and_commits_wait() {
    let mut pair = Pair::synced();
    let port = DeadPort::take();
    let url = std::mem::replace(&mut pair.remote.url, format!("http://{}/growqr/memory.git", port.address()));
    assert!(matches!(refused(&pair), SyncError::Unreachable { .. }));
    pair.remote.url = url;
    pair.gitea.switch(|switches| switches.fails_with = Some(502));
    assert!(matches!(refused(&pair), SyncError::Unreachable { .. }));
    pair.gitea.switch(|switches| switches.fails_with = None);
    pair.gitea.switch(|switches| switches.hangs = true);
    // Agents can change pages while the sync waits for the server.
    std::thread::scope(|scope| {
        let sync = scope.spawn(|| pair.try_sync());
        while pair.gitea.hanging() == 0 {
            std::thread::yield_now();
        }
        pair.world.memory.write_as_person("meanwhile.md", "m\n", None, "", at(6)).unwrap();
        assert!(!sync.is_finished());
        assert!(matches!(sync.join().unwrap(), Err(SyncError::Unreachable { .. })));
    });
    assert_eq!(pair.world.memory.unpushed(pair.seen.as_deref()).unwrap(), 1);
    pair.gitea.switch(|switches| switches.hangs = false);
    pair.sync();
    pair.both_have("meanwhile.md", "m\n");
}

#[test]
fn a_push_that_a_hook_refuses_gives_the_servers_reason() {
    let mut pair = Pair::synced();
    pair.world.write("b.md", "b\n");
    pair.gitea.switch(|switches| switches.refuses_push = Some("Not allowed to push to protected branch main".into()));
    let reason = "Not allowed to push to protected branch main".to_owned();
    assert_eq!(refused(&pair), SyncError::Refused { reason });
    pair.gitea.switch(|switches| switches.refuses_push = None);
    pair.sync();
}

#[test]
fn a_push_that_loses_a_race_is_repeated_a_few_times() {
    let mut pair = Pair::synced();
    pair.gitea.switch(|switches| switches.allows_force_push = false);
    pair.world.write("b.md", "b\n");
    pair.gitea.switch(|switches| switches.races = 2);
    let synced = pair.sync();
    assert_eq!((synced.pulled, synced.conflicts), (2, vec![]));
    pair.both_have("raced.md", "1\n");
    pair.world.write("b.md", "b\nc\n");
    pair.gitea.switch(|switches| switches.races = 1_000);
    assert_eq!(pair.try_sync().unwrap_err(), SyncError::Raced);
    pair.gitea.switch(|switches| switches.races = 0);
    pair.sync();
    pair.both_have("b.md", "b\nc\n");
}

#[test]
fn an_unfinished_merge_of_the_person_stops_the_sync() {
    let pair = Pair::synced();
    pair.gitea.edit_page(REPO, "x.md", Some("x\n"));
    std::fs::write(pair.world.folder.join(".git/MERGE_HEAD"), format!("{}\n", pair.seen.as_deref().unwrap())).unwrap();
    assert!(matches!(pair.try_sync(), Err(SyncError::Memory(_))));
    std::fs::remove_file(pair.world.folder.join(".git/MERGE_HEAD")).unwrap();
}

#[test]
fn the_memory_opens_and_works_without_its_server() {
    let mut pair = Pair::synced();
    pair.gitea.stop();
    pair.world.reopen();
    pair.world.write("b.md", "b\n");
    assert!(matches!(pair.try_sync(), Err(SyncError::Unreachable { .. })));
    assert_eq!(MemoryRepo::open(&pair.world.folder, at(9)).unwrap().list("").unwrap().len(), 8);
    pair.gitea.start_again();
    pair.sync();
}
