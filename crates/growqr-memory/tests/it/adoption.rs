//! Adoption of many hand edits: into packs, without the lock, with progress, and after any interruption.

use crate::world::{START, World, at, git};
use growqr_memory::{AdoptionObserver, MemoryRepo};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Enough for three reports of progress.
const MANY: usize = 1_600;

fn edit_many(world: &World) {
    (0..MANY).for_each(|number| world.edit_by_hand(&format!("area {}/{number}.md", number % 40), format!("page {number}\n")));
}

/// Calls a function with each report, which tells whether to stop.
struct Observer<F>(Mutex<F>, Mutex<Vec<(usize, usize)>>);

impl<F: FnMut() -> bool + Send> Observer<F> {
    fn new(work: F) -> Observer<F> {
        Observer(Mutex::new(work), Mutex::default())
    }

    fn reports(&self) -> Vec<(usize, usize)> {
        self.1.lock().unwrap().clone()
    }
}

impl<F: FnMut() -> bool + Send> AdoptionObserver for Observer<F> {
    fn progress(&self, done: usize, total: usize) {
        self.1.lock().unwrap().push((done, total));
    }

    fn should_stop(&self) -> bool {
        (self.0.lock().unwrap())()
    }
}

fn loose_objects(folder: &Path) -> usize {
    let count = git(folder, &["count-objects"]);
    count.split(' ').next().unwrap().parse().unwrap()
}

/// Number of packs that git must neither remove nor take apart.
fn protected_packs(world: &World) -> usize {
    let entries = fs::read_dir(world.folder.join(".git/objects/pack")).into_iter().flatten().flatten();
    entries.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "keep")).count()
}

#[test]
fn many_hand_edits_become_one_commit_in_sound_packs() {
    let world = World::new();
    let before = loose_objects(&world.folder);
    edit_many(&world);
    let adopted = world.memory.adopt_hand_edits(at(5)).unwrap();
    let [change] = adopted.commits.as_slice() else { panic!("one commit: {adopted:?}") };
    assert_eq!((change.paths.len() as u64 + change.more_paths, change.paths.len()), (MANY as u64, 20));
    assert_eq!(loose_objects(&world.folder), before, "nothing is written one by one");
    world.is_clean();
    for index in fs::read_dir(world.folder.join(".git/objects/pack")).unwrap().flatten() {
        let path = index.path();
        if path.extension().is_some_and(|ending| ending == "idx") {
            world.git(&["verify-pack", path.to_str().unwrap()]);
        }
    }
    world.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(world.memory.adopt_hand_edits(at(6)).unwrap().commits, []);
    world.write("area 1/1.md", "page 1, changed\n");
    world.is_clean();
}

#[test]
fn an_adoption_that_is_stopped_goes_on_later() {
    let mut world = World::new();
    edit_many(&world);
    let observer = Observer::new(|| true);
    let stopped = world.memory.adopt_observed(at(5), &observer).unwrap();
    assert!(stopped.is_interrupted && stopped.commits.is_empty(), "{stopped:?}");
    let first = observer.reports();
    assert_eq!(first.len(), 1);
    assert_eq!(world.git(&["rev-list", "--count", "HEAD"]).trim(), "1");
    assert_eq!(world.git(&["fsck", "--strict", "--no-dangling"]), "");
    world.reopen();
    let observer = Observer::new(|| false);
    let adopted = world.memory.adopt_observed(at(6), &observer).unwrap();
    assert_eq!(adopted.commits[0].more_paths, MANY as u64 - 20);
    assert!(observer.reports()[0].1 < first[0].1, "what was read is not read again");
    world.is_clean();
}

#[test]
fn agents_commit_during_a_long_adoption_and_nothing_is_reverted() {
    let world = World::new();
    world.write("theirs.md", "one\n");
    edit_many(&world);
    let mut round = 0;
    let observer = Observer::new(|| {
        round += 1;
        world.write("theirs.md", &format!("round {round}\n"));
        world.edit_by_hand("area 1/1.md", format!("by hand {round}\n"));
        false
    });
    let adopted = world.memory.adopt_observed(at(5), &observer).unwrap();
    let last = world.on_disk("theirs.md");
    assert!(last.starts_with("round "), "{last}");
    assert_eq!(world.git(&["show", "HEAD:theirs.md"]), last);
    assert_eq!(adopted.commits.len(), 1);
    assert!(!adopted.commits[0].paths.contains(&"theirs.md".to_owned()));
    world.memory.adopt_hand_edits(at(6)).unwrap();
    world.is_clean();
}

#[test]
fn an_adoption_killed_at_any_time_goes_on_at_the_next_start() {
    for reports in 1..=3 {
        let mut world = World::new();
        edit_many(&world);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "adoption::a_process_that_adopts_until_it_is_killed", "--ignored", "--nocapture"])
            .env("MEMORY_FOLDER", &world.folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let seen = lines.filter(|line| line.contains("progress")).take(reports).count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(seen, reports);
        world.reopen();
        assert_eq!(protected_packs(&world), 0);
        let adopted = world.memory.adopt_hand_edits(at(6)).unwrap();
        assert_eq!(protected_packs(&world), 0);
        let left = adopted.commits.first().map_or(0, |change| change.paths.len() as u64 + change.more_paths);
        assert!([0, MANY as u64].contains(&left), "all or nothing: {left}");
        assert_eq!(world.git(&["ls-tree", "-r", "--name-only", "HEAD"]).lines().count(), MANY + 6);
        world.is_clean();
    }
}

#[test]
#[ignore = "is run, and killed, by the test above"]
fn a_process_that_adopts_until_it_is_killed() {
    let memory = MemoryRepo::open(Path::new(&std::env::var("MEMORY_FOLDER").unwrap()), START).unwrap();
    let observer = Observer::new(|| {
        println!("progress");
        false
    });
    memory.adopt_observed(at(5), &observer).unwrap();
    std::thread::park();
}

#[test]
fn an_edit_of_the_same_length_in_the_same_instant_is_seen() {
    let world = World::new();
    for round in 0..60 {
        world.edit_by_hand("a.md", format!("{round:04}\n"));
        let adopted = world.memory.adopt_hand_edits(at(round)).unwrap();
        assert_eq!(adopted.commits.len(), 1, "round {round}");
    }
    world.is_clean();
}

#[test]
fn a_lost_or_damaged_cache_changes_nothing() {
    let mut world = World::new();
    world.edit_by_hand("a.md", "one\n");
    world.edit_by_hand("picture.png", b"\x89PNG\0");
    let skipped = world.memory.adopt_hand_edits(at(5)).unwrap().skipped;
    let cache = world.folder.join(".git/growqr/pages");
    let bytes = fs::read(&cache).unwrap();
    let damaged = [Vec::new(), bytes[..bytes.len() / 2].to_vec(), bytes.iter().rev().copied().collect()];
    for content in damaged {
        fs::write(&cache, content).unwrap();
        world.reopen();
        let adopted = world.memory.adopt_hand_edits(at(6)).unwrap();
        assert_eq!((adopted.commits, adopted.skipped), (Vec::new(), skipped.clone()));
        assert!(fs::read(&cache).unwrap().len() >= bytes.len(), "it is made anew");
    }
    // A folder in its place: nothing can be remembered.
    fs::remove_file(&cache).unwrap();
    fs::create_dir_all(cache.join("x")).unwrap();
    world.reopen();
    world.edit_by_hand("a.md", "two\n");
    assert_eq!(world.memory.adopt_hand_edits(at(7)).unwrap().commits.len(), 1);
    assert_eq!(world.git(&["status", "--porcelain"]), "?? picture.png\n");
}

#[test]
fn a_rename_that_changes_only_the_case_is_one_change_and_blame_follows_it() {
    let world = World::new();
    let first = world.write("Team/Notes.md", "one\ntwo\n");
    let rename = |from: &str, to: &str| fs::rename(world.folder.join(from), world.folder.join(to)).unwrap();
    rename("Team/Notes.md", "Team/notes.md");
    let adopted = world.memory.adopt_hand_edits(at(5)).unwrap();
    assert_eq!(adopted.skipped, []);
    assert_eq!(adopted.commits[0].paths, ["Team/Notes.md", "Team/notes.md"]);
    world.is_clean();
    rename("Team", "team");
    world.edit_by_hand("team/notes.md", "one\nTWO\n");
    let adopted = world.memory.adopt_hand_edits(at(6)).unwrap();
    assert_eq!(adopted.commits[0].paths, ["Team/notes.md", "team/notes.md"]);
    world.is_clean();
    let lines = world.memory.blame("team/notes.md").unwrap();
    let seen: Vec<(&str, &str)> = lines.iter().map(|line| (line.text.as_str(), line.commit.as_str())).collect();
    assert_eq!(seen, [("one", first.commit.as_str()), ("TWO", adopted.commits[0].commit.as_str())]);
    // Another name with the same content is followed too.
    rename("team/notes.md", "elsewhere.md");
    world.memory.adopt_hand_edits(at(7)).unwrap();
    assert_eq!(world.memory.blame("elsewhere.md").unwrap()[0].commit, first.commit);
}

#[test]
fn what_the_user_has_staged_stays_staged() {
    let world = World::new();
    world.write("a.md", "one\n");
    world.write("b.md", "one\n");
    world.memory.adopt_hand_edits(at(4)).unwrap();
    for page in ["a.md", "new.md"] {
        world.edit_by_hand(page, "only in the index\n");
        world.git(&["add", page]);
    }
    world.edit_by_hand("a.md", "in the folder\n");
    fs::remove_file(world.folder.join("new.md")).unwrap();
    world.edit_by_hand("b.md", "two\n");
    world.memory.adopt_hand_edits(at(5)).unwrap();
    for page in ["a.md", "new.md"] {
        assert_eq!(world.git(&["show", &format!(":{page}")]), "only in the index\n", "{page}");
    }
    assert_eq!(world.git(&["show", "HEAD:a.md"]), "in the folder\n");
    assert!(!world.git(&["status", "--porcelain"]).contains("b.md"));
}

#[test]
fn a_sparse_checkout_deletes_nothing() {
    for with_sparse_index in [false, true] {
        let mut world = World::new();
        world.write("people/ada.md", "x\n");
        world.memory.adopt_hand_edits(at(4)).unwrap();
        let index = if with_sparse_index { "--sparse-index" } else { "--no-sparse-index" };
        world.git(&["status"]);
        world.git(&["sparse-checkout", "set", index, "projects"]);
        assert!(!world.folder.join("people").exists());
        world.reopen();
        world.edit_by_hand("projects/new.md", "x\n");
        let adopted = world.memory.adopt_hand_edits(at(5)).unwrap();
        assert_eq!(adopted.commits[0].paths, ["projects/new.md"], "{index}");
        world.write("b.md", "x\n");
        assert_eq!(world.memory.adopt_hand_edits(at(6)).unwrap().commits, [], "{index}");
        assert_eq!(world.git(&["show", "HEAD:people/ada.md"]), "x\n");
    }
}

#[test]
fn after_an_adoption_git_need_not_read_the_pages_again() {
    let world = World::new();
    edit_many(&world);
    world.memory.adopt_hand_edits(at(5)).unwrap();
    let entry = world.git(&["ls-files", "--debug", "area 1/1.md"]);
    let size = fs::metadata(world.folder.join("area 1/1.md")).unwrap().len();
    assert!(entry.contains(&format!("size: {size}")), "{entry}");
}
