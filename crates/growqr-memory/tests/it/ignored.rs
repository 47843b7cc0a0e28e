//! What git ignores is private: it is neither listed, found, read, written nor committed. A tracked file is never ignored.

use crate::world::{World, at, git, write};
use growqr_core::memory::{Memory, MemoryError};
use growqr_memory::{MemoryRepo, NoProbe};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

fn listed(memory: &MemoryRepo) -> Vec<String> {
    memory.list("").unwrap().into_iter().map(|page| page.path).collect()
}

/// A memory with a diary in an ignored folder and an ignored draft.
fn with_private_pages() -> World {
    let world = World::new();
    world.edit_by_hand(".gitignore", "private/\n*.draft.md\n");
    world.edit_by_hand("private/diary.md", "nobody may see this\n");
    world.edit_by_hand("letter.draft.md", "nobody may see this\n");
    world.edit_by_hand("open.md", "everybody may see this\n");
    world
}

#[test]
fn ignored_pages_are_neither_listed_nor_found_nor_committed() {
    let world = with_private_pages();
    let adopted = world.memory.adopt_hand_edits(at(1)).unwrap();
    assert_eq!(adopted.commits[0].paths, ["open.md"]);
    assert_eq!(adopted.skipped, []);
    let listed = listed(&world.memory);
    assert!(!listed.iter().any(|path| path.contains("diary") || path.contains("draft")), "{listed:?}");
    let found: Vec<String> = world.memory.search("may see", 9).unwrap().into_iter().map(|line| line.path).collect();
    assert_eq!(found, ["open.md"]);
    let survey = world.memory.survey().unwrap();
    assert_eq!((survey.ignored, survey.skipped), (2, vec![]));
    assert_eq!(world.git(&["status", "--porcelain"]), "?? .gitignore\n");
}

#[test]
fn undoing_a_change_commits_no_page_that_has_become_private() {
    let world = World::new();
    world.write("diary.md", "of everybody\n");
    world.git(&["rm", "-q", "--cached", "diary.md"]);
    world.edit_by_hand(".gitignore", "diary.md\n");
    world.git(&["add", ".gitignore"]);
    world.git(&["commit", "-qm", "The diary is mine"]);
    world.edit_by_hand("diary.md", "nobody may see this\n");
    let head = world.git(&["rev-parse", "HEAD"]);
    for rev in ["HEAD", "HEAD~1"] {
        let refusal = world.memory.restore(rev, at(5)).unwrap_err();
        assert!(refusal.to_string().contains("git ignores it"), "{refusal}");
    }
    assert_eq!(world.git(&["rev-parse", "HEAD"]), head);
}

#[test]
fn ignore_files_that_are_not_in_the_folder_are_obeyed() {
    for is_in_index_only in [false, true] {
        let world = World::new();
        world.edit_by_hand("people/.gitignore", "secret*\n");
        world.edit_by_hand("trips/.gitignore", "secret*\n");
        world.write("trips/rome.md", "far\n");
        world.git(&["add", "people/.gitignore", "trips/.gitignore"]);
        world.git(&["commit", "-qm", "Rules"]);
        if is_in_index_only {
            world.git(&["config", "advice.sparseIndexExpanded", "false"]);
            world.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "projects"]);
            assert!(!world.folder.join("trips").exists());
        } else {
            world.git(&["update-index", "--skip-worktree", "people/.gitignore", "trips/.gitignore"]);
            fs::remove_file(world.folder.join("people/.gitignore")).unwrap();
            fs::remove_file(world.folder.join("trips/.gitignore")).unwrap();
        }
        let refused = world.memory.prepare(&write("trips/secret.md", "nobody\n", None)).unwrap_err().to_string();
        assert!(refused.contains("git ignores it"), "{refused}");
        world.edit_by_hand("people/secret.md", "nobody may see this\n");
        assert_eq!(world.memory.adopt_hand_edits(at(1)).unwrap().commits, []);
        assert_eq!(world.memory.search("may see", 9).unwrap(), []);
        assert!(!listed(&world.memory).iter().any(|path| path.contains("secret")));
        assert!(world.memory.read("people/secret.md").is_err());
        assert_eq!(world.git(&["status", "--porcelain"]), "", "git agrees");
        fs::remove_file(world.folder.join(".git/index")).unwrap();
        for seconds in [2, 3] {
            assert_eq!(world.memory.adopt_hand_edits(at(seconds)).unwrap().commits, [], "without git's index");
            assert!(!listed(&world.memory).iter().any(|path| path.contains("secret")));
            assert!(world.memory.read("people/secret.md").is_err());
        }
        assert_eq!(world.git(&["status", "--porcelain"]), "", "git agrees");
    }
}

#[test]
fn rules_that_are_made_during_a_long_adoption_count() {
    struct Late<'a>(&'a World);
    impl growqr_memory::AdoptionObserver for Late<'_> {
        fn progress(&self, _: usize, _: usize) {
            self.0.edit_by_hand(".gitignore", "private/\n");
        }
    }
    let world = World::new();
    for number in 0..1_000 {
        world.edit_by_hand(&format!("private/{number}.md"), format!("secret {number}\n"));
        world.edit_by_hand(&format!("open/{number}.md"), format!("open {number}\n"));
    }
    let adopted = world.memory.adopt_observed(at(5), &Late(&world)).unwrap();
    assert!(adopted.commits[0].paths.iter().all(|path| path.starts_with("open/")), "{adopted:?}");
    assert_eq!(world.git(&["ls-tree", "-r", "--name-only", "HEAD", "private"]), "");
}

#[test]
fn an_ignored_page_is_neither_read_nor_written_nor_deleted() {
    let world = with_private_pages();
    for page in ["private/diary.md", "letter.draft.md", "private/new.md"] {
        let refusals = [
            world.memory.read(page).map(drop),
            world.memory.prepare(&write(page, "x\n", None)).map(drop),
            world.memory.write_as_person(page, "x\n", None, "Write", at(1)).map(drop),
            world.memory.delete_as_person(page, None, "Delete", at(1)).map(drop),
        ];
        for refusal in refusals {
            let Err(MemoryError::BadPath { path, reason }) = refusal else { panic!("{page}: {refusal:?}") };
            assert_eq!(path, page);
            assert!(reason.contains("git ignores it"), "{reason}");
        }
    }
    assert_eq!(world.on_disk("private/diary.md"), "nobody may see this\n");
}

#[test]
fn a_tracked_page_stays_a_page_whatever_the_patterns_say() {
    let world = World::new();
    world.write("private/known.md", "one\n");
    world.edit_by_hand(".gitignore", "private/\ngoals.md\n");
    world.edit_by_hand("private/unknown.md", "x\n");
    world.edit_by_hand("private/staged.md", "staged\n");
    world.git(&["add", "-f", "private/staged.md"]);
    world.edit_by_hand("private/known.md", "two\n");
    let listed = listed(&world.memory);
    assert!(["goals.md", "private/known.md", "private/staged.md"].iter().all(|page| listed.iter().any(|path| path == page)));
    assert!(!listed.iter().any(|path| path == "private/unknown.md"));
    let adopted = world.memory.adopt_hand_edits(at(1)).unwrap();
    assert_eq!(adopted.commits[0].paths, ["private/known.md", "private/staged.md"]);
    world.write("private/known.md", "three\n");
    fs::remove_file(world.folder.join("goals.md")).unwrap();
    assert_eq!(world.memory.adopt_hand_edits(at(2)).unwrap().commits[0].paths, ["goals.md"]);
    assert_eq!(world.memory.survey().unwrap().ignored, 1);
}

#[test]
fn a_page_that_becomes_ignored_and_is_removed_from_the_index_is_left_alone() {
    let world = World::new();
    world.write("diary.md", "one\n");
    world.edit_by_hand(".git/info/exclude", "diary.md\n");
    world.git(&["rm", "-q", "--cached", "diary.md"]);
    world.edit_by_hand("diary.md", "private\n");
    assert_eq!(world.memory.adopt_hand_edits(at(1)).unwrap().commits, []);
    assert!(world.memory.read("diary.md").is_err());
    assert_eq!(world.memory.search("private", 9).unwrap(), []);
}

#[test]
fn on_a_mac_a_pattern_matches_a_name_that_is_composed_otherwise() {
    let world = World::new();
    world.git(&["config", "core.precomposeUnicode", "true"]);
    world.edit_by_hand("r\u{e9}sum\u{e9}s/.gitignore", "secr\u{e9}t*\n");
    world.edit_by_hand(".gitignore", "priv\u{e9}/\n");
    for page in ["prive\u{301}/diary.md", "re\u{301}sume\u{301}s/open.md"] {
        world.edit_by_hand(page, "x\n");
    }
    fs::copy(world.folder.join("r\u{e9}sum\u{e9}s/.gitignore"), world.folder.join("re\u{301}sume\u{301}s/.gitignore")).unwrap();
    world.edit_by_hand("re\u{301}sume\u{301}s/secre\u{301}t.md", "x\n");
    let listed = listed(&world.memory);
    assert!(!listed.iter().any(|path| path.contains("diary") || path.contains("secr")), "{listed:?}");
    assert!(listed.iter().any(|path| path.ends_with("open.md")), "{listed:?}");
}

const INNER_TEST: &str = "ignored::pages_that_the_person_ignores_everywhere";

/// Runs the inner test in a child process with a home folder that has these files.
fn with_home(files: &[(&str, &str)]) {
    let home = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = home.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let result = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", INNER_TEST, "--ignored", "--nocapture"])
        .env("HOME", home.path())
        .env("USERPROFILE", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("GIT_CONFIG_GLOBAL")
        .output()
        .unwrap();
    assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
    assert!(String::from_utf8_lossy(&result.stdout).contains("1 passed"));
}

#[test]
fn the_persons_own_ignore_file_is_obeyed() {
    with_home(&[(".config/git/ignore", "*.secret.md\n")]);
    with_home(&[(".gitconfig", "[core]\n\texcludesFile = ~/mine\n"), ("mine", "*.secret.md\n")]);
    with_home(&[
        (".gitconfig", "[include]\n\tpath = more\n"),
        ("more", "[core]\n\texcludesFile = ~/mine\n"),
        ("mine", "*.secret.md\n"),
    ]);
}

#[test]
fn an_ignore_file_that_is_set_under_a_condition_is_obeyed() {
    let conditions = [
        "gitdir:**/memory/",
        "gitdir:memory/.git",
        "gitdir/i:MEMORY/",
        "onbranch:main",
        "onbranch:m*",
        "hasconfig:remote.*.url:https://example.org/**",
    ];
    for condition in conditions {
        with_home(&[
            (
                ".gitconfig",
                &format!(
                    "[includeIf \"gitdir:/elsewhere/\"]\n\tpath = none\n[includeIf \"{condition}\"]\n\tpath = more/config\n\
                     [remote \"x\"]\n\turl = https://example.org/a/b\n"
                ),
            ),
            ("none", "[core]\n\texcludesFile = ~/nothing\n"),
            ("more/config", "[include]\n\tpath = most\n"),
            ("more/most", "[core]\n\texcludesFile = ~/mine\n"),
            ("mine", "*.secret.md\n"),
        ]);
    }
}

#[test]
#[ignore = "is run by the test above, with several homes"]
fn pages_that_the_person_ignores_everywhere() {
    let world = World::new();
    world.edit_by_hand("a.secret.md", "private\n");
    assert_eq!(world.memory.adopt_hand_edits(at(1)).unwrap().commits, []);
    assert_eq!(world.memory.search("private", 9).unwrap(), []);
    assert_eq!(world.memory.survey().unwrap().ignored, 1);
    assert!(world.memory.read("a.secret.md").is_err());
}

#[test]
fn where_the_repository_cannot_be_read_private_pages_stay_private() {
    let world = with_private_pages();
    fs::write(world.folder.join(".git/HEAD"), "broken").unwrap();
    let memory = MemoryRepo::open_when_possible(&world.folder, at(0), Arc::new(NoProbe));
    assert!(!listed(&memory).iter().any(|path| path.contains("diary")));
    assert!(listed(&memory).iter().any(|path| path == "open.md"));
    assert!(memory.read("private/diary.md").is_err());
    assert!(memory.read("open.md").is_ok());
}

/// Names in the folders of the random trees. They include what patterns treat specially.
const NAMES: &[&str] = &["a", "b", "ab", "Ab", "a b", "x.md", "y.txt", "{a,b}", "!a", "[a]", "é.md", "b-", "^"];
/// Parts of random patterns.
const PARTS: &[&str] = &[
    "a",
    "b",
    "A",
    "*",
    "**",
    "?",
    "[ab]",
    "[!a]",
    "[^a]",
    "[[:alpha:]]",
    "[a-]",
    "[]a]",
    "{a,b}",
    "/",
    "/",
    "\\",
    "\\*",
    " ",
    "\\ ",
    ".md",
    "x",
    "é",
    "!",
    "#",
    "^",
    "**/",
    "/**",
    "[",
    "\t",
];

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(NAMES), 1..4).prop_map(|parts| parts.join("/"))
}

fn patterns() -> impl Strategy<Value = String> {
    let parts = prop::collection::vec(prop::sample::select(PARTS), 1..6).prop_map(|parts| parts.concat());
    let literal = path().prop_map(|path| path.replace('[', "\\["));
    let body = prop_oneof![3 => parts, 2 => literal];
    let line =
        (prop::sample::select(&["", "", "!", "/", "\\", "#", " "]), body, prop::sample::select(&["", "", "/", " ", "  ", "\\ "]))
            .prop_map(|(before, body, after)| format!("{before}{body}{after}"));
    let end = prop::sample::select(&["\n", "\n", "\r\n", "\n\n"]);
    let lines = prop::collection::vec((line, end), 0..6)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect::<String>());
    (prop::sample::select(&["", "", "", "\u{feff}"]), lines, prop::sample::select(&["", "a", "b/\r", "*.md"]))
        .prop_map(|(bom, lines, last)| format!("{bom}{lines}{last}"))
}

/// Creates a file; does nothing where a file or folder is in the way.
fn create(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    if fs::create_dir_all(file.parent().unwrap()).is_ok() && !file.exists() {
        fs::write(file, text).unwrap();
    }
}

fn git_may_fail(folder: &Path, arguments: &[&str]) {
    Command::new("git").current_dir(folder).args(arguments).output().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_pages_are_exactly_the_files_that_git_does_not_ignore(
        files in prop::collection::btree_set(path(), 1..24),
        tracked in prop::collection::vec(path(), 0..3),
        top in patterns(),
        nested in prop::collection::vec((path(), patterns()), 0..3),
        (exclude, own) in (patterns(), patterns()),
        ignores_case in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        git(folder, &["init", "-q"]);
        git(folder, &["config", "core.ignoreCase", if ignores_case { "true" } else { "false" }]);
        git(folder, &["config", "core.excludesFile", &folder.join(".git/own").display().to_string()]);
        fs::write(folder.join(".git/info/exclude"), &exclude).unwrap();
        fs::write(folder.join(".git/own"), &own).unwrap();
        for path in files.iter().chain(&tracked) {
            create(folder, path, "text\n");
        }
        fs::write(folder.join(".gitignore"), &top).unwrap();
        for (path, patterns) in &nested {
            create(folder, &format!("{path}/.gitignore"), patterns);
        }
        // With core.ignoreCase git shows no untracked file whose name differs from a tracked one in case only.
        for path in tracked.iter().filter(|_| !ignores_case) {
            git_may_fail(folder, &["add", "-f", "--", &format!(":(literal){path}")]);
        }
        let seen = git(folder, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let expected: BTreeSet<&str> = seen.split('\0').filter(|path| !path.is_empty() && !path.ends_with(".gitignore")).collect();
        let memory = MemoryRepo::open_when_possible(folder, at(0), Arc::new(NoProbe));
        let survey = memory.survey().unwrap();
        let pages: BTreeSet<&str> = survey.pages.iter().map(|page| page.path.as_str()).collect();
        prop_assert_eq!(&pages, &expected);
        let all = files.iter().chain(&tracked).filter(|path| folder.join(path).is_file()).collect::<BTreeSet<_>>();
        prop_assert_eq!(survey.ignored, all.len() - pages.len());
        for path in all {
            prop_assert_eq!(memory.read(path).is_ok(), pages.contains(path.as_str()), "{}", path);
        }
    }
}
