//! A sync that ends at any step, on this computer or on the way to the server, is finished by the next one.

use crate::sync::{Pair, REPO};
use crate::world::START;
use growqr_core::memory::MemoryError;
use growqr_memory::{MemoryRepo, Probe, Step};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

struct StopAt(AtomicUsize);

impl Probe for StopAt {
    fn reached(&self, step: Step) -> Result<(), MemoryError> {
        match self.0.fetch_sub(1, Ordering::SeqCst) {
            1 => Err(MemoryError::Repository { doing: "go on", cause: format!("stopped after {step:?}") }),
            _ => Ok(()),
        }
    }
}

/// Changes on the server only (the branch moves forward), and on both sides with a conflict.
#[derive(Clone, Copy, Debug)]
enum Scenario {
    Forward,
    Merge,
}

fn prepared(scenario: Scenario) -> Pair {
    let pair = Pair::synced();
    let edits: [(&str, Option<&[u8]>); 4] =
        [("a.md", Some(b"server\n")), ("z/new.md", Some(b"new\n")), ("goals.md", None), ("photo.png", Some(b"\0"))];
    pair.gitea.edit_pages(REPO, &edits[..2]);
    // Several commits, so that the first parent of the newest is not the base.
    pair.gitea.edit_pages(REPO, &edits[2..]);
    if matches!(scenario, Scenario::Merge) {
        pair.world.write("here.md", "h\n");
        pair.world.edit_by_hand("a.md", "by hand\n");
    }
    pair
}

/// What a person sees on both sides: pages with their text, the files of the server, and the number of commits.
fn state(pair: &Pair) -> (Vec<(String, String)>, Vec<String>, usize) {
    let pages = growqr_core::memory::Memory::list(&pair.world.memory, "").unwrap();
    let pages = pages.into_iter().map(|page| (page.path.clone(), pair.world.on_disk(&page.path))).collect();
    (pages, pair.gitea.files("growqr", "memory"), pair.gitea.commits("growqr", "memory").len())
}

fn staged_files(pair: &Pair) -> usize {
    std::fs::read_dir(pair.world.folder.join(".git/growqr/staged")).unwrap().count()
}

#[test]
fn a_sync_interrupted_at_any_step_is_finished_by_the_next() {
    for scenario in [Scenario::Forward, Scenario::Merge] {
        let mut undisturbed = prepared(scenario);
        undisturbed.sync();
        let expected = state(&undisturbed);
        for steps in 1.. {
            let mut pair = prepared(scenario);
            pair.world.memory =
                MemoryRepo::open_probed(&pair.world.folder, START, Arc::new(StopAt(AtomicUsize::new(steps)))).unwrap();
            let done = pair.try_sync();
            pair.world.reopen();
            pair.sync();
            assert_eq!(state(&pair), expected, "{scenario:?}, step {steps}");
            assert_eq!(staged_files(&pair), 0, "{scenario:?}, step {steps}");
            if done.is_ok() {
                assert!(steps > Step::ALL.len(), "every step was interrupted");
                break;
            }
        }
    }
}

#[test]
fn a_sync_cut_off_at_any_request_is_finished_by_the_next() {
    for scenario in [Scenario::Forward, Scenario::Merge] {
        let mut undisturbed = prepared(scenario);
        undisturbed.sync();
        let expected = state(&undisturbed);
        for answers in 0.. {
            let mut pair = prepared(scenario);
            pair.gitea.switch(|switches| switches.answers_left = Some(answers));
            let done = pair.try_sync();
            pair.gitea.switch(|switches| switches.answers_left = None);
            pair.world.reopen();
            pair.sync();
            assert_eq!(state(&pair), expected, "{scenario:?}, after {answers} answers");
            if done.is_ok() {
                assert!(answers > 3, "several requests were cut off");
                break;
            }
        }
    }
}

#[test]
fn a_page_that_is_held_open_during_a_sync_gets_its_version_later() {
    struct Held(AtomicUsize);
    impl Probe for Held {
        fn reached(&self, _: Step) -> Result<(), MemoryError> {
            Ok(())
        }

        fn replacing(&self, page: &str) -> std::io::Result<()> {
            match self.0.load(Ordering::SeqCst) {
                1 if page == "a.md" => Err(std::io::ErrorKind::ResourceBusy.into()),
                _ => Ok(()),
            }
        }
    }
    let mut pair = prepared(Scenario::Forward);
    let held = Arc::new(Held(AtomicUsize::new(1)));
    pair.world.memory = MemoryRepo::open_probed(&pair.world.folder, START, held.clone()).unwrap();
    let synced = pair.try_sync().unwrap();
    assert_eq!(pair.world.on_disk("a.md"), "one\n\ntwo\n\nthree\n");
    // A restart meanwhile forgets nothing.
    drop(std::mem::replace(&mut pair.world.memory, MemoryRepo::open_probed(&pair.world.folder, START, held.clone()).unwrap()));
    held.0.store(0, Ordering::SeqCst);
    pair.seen = Some(synced.head);
    pair.world.reopen();
    pair.sync();
    pair.both_have("a.md", "server\n");
    assert_eq!(staged_files(&pair), 0);
}
