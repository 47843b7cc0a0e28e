//! Reading, writing, merging, listing, searching.

use crate::world::{World, at, delete, git, origin, write};
use growqr_core::memory::{FoundLine, Memory, MemoryError, PageInfo};
use growqr_memory::MemoryRepo;
use std::fs;
use std::path::Path;

#[test]
fn a_new_memory_has_a_readme_and_a_layout_and_is_clean() {
    let world = World::new();
    let pages: Vec<String> = world.memory.list("").unwrap().into_iter().map(|page| page.path).collect();
    assert_eq!(pages, ["README.md", "goals.md", "journal/README.md", "people/README.md", "profile.md", "projects/README.md"]);
    assert!(world.memory.read("README.md").unwrap().content.contains("It is yours"));
    world.is_clean();
}

#[test]
fn the_same_changes_give_the_same_commit_ids() {
    let (one, other) = (World::new(), World::new());
    assert_eq!(one.write("a/b.md", "x\n"), other.write("a/b.md", "x\n"));
    assert_eq!(one.change(&delete("goals.md")), other.change(&delete("goals.md")));
    assert_eq!(one.git(&["rev-parse", "HEAD"]), other.git(&["rev-parse", "HEAD"]));
}

#[test]
fn a_written_page_is_on_disk_and_in_the_history_with_its_author() {
    let world = World::new();
    let plan = world.write("people/ada.md", "# Ada\n");
    assert_eq!(world.on_disk("people/ada.md"), "# Ada\n");
    let page = world.memory.read("people/ada.md").unwrap();
    assert_eq!((page.content.as_str(), Some(page.version)), ("# Ada\n", plan.new_blob));
    let effect = write("people/ada.md", "# Ada\n", None).origin.effect;
    let log = world.git(&["log", "-1", "--format=%an <%ae> %at%n%cn %ct%n%B"]);
    assert_eq!(
        log.trim_end(),
        format!(
            "Grow <grow@agents.growqr.local> 1800000060\nGrow 1800000060\nNote people/ada.md\n\nAgent: grow (Grow)\nTurn: 7\nTool-Call: {effect}"
        )
    );
    let trailers = world.git(&["log", "-1", "--format=%(trailers:key=Tool-Call,valueonly)"]);
    assert_eq!(trailers.trim(), effect.as_str());
    let newest = &world.memory.history(None, 1).unwrap()[0];
    assert_eq!((newest.origin.clone().unwrap(), newest.at), (origin(effect.as_str()), at(60)));
    assert_eq!((newest.message.as_str(), newest.paths.clone()), ("Note people/ada.md", vec!["people/ada.md".to_owned()]));
    world.is_clean();
}

#[test]
fn nothing_is_visible_before_the_commit() {
    let world = World::new();
    let head = world.git(&["rev-parse", "HEAD"]);
    let change = write("a.md", "x\n", None);
    let plan = world.memory.prepare(&change).unwrap();
    assert_eq!(world.memory.prepare(&change).unwrap(), plan);
    assert_eq!(world.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(world.memory.read("a.md"), Err(MemoryError::Missing { path: "a.md".into() }));
    world.is_clean();
}

#[test]
fn the_same_tool_call_twice_is_one_commit() {
    let mut world = World::new();
    let change = write("a.md", "x\n", None);
    let plan = world.change(&change).unwrap();
    world.write("b.md", "later\n");
    assert_eq!(world.change(&change).unwrap(), plan);
    world.reopen();
    assert_eq!(world.change(&change).unwrap(), plan);
    assert_eq!(world.git(&["rev-list", "--count", "HEAD"]).trim(), "3");
    world.is_clean();
}

#[test]
fn deleting_a_page_removes_its_empty_folder_and_old_versions_stay_readable() {
    let world = World::new();
    let plan = world.write("deep/er/a.md", "x\n");
    world.change(&delete("deep/er/a.md")).unwrap();
    assert!(!world.folder.join("deep").exists());
    assert_eq!(world.change(&write("zz.md", "y", None)).map(|_| ()), Ok(()));
    assert_eq!(world.memory.page_at("deep/er/a.md", &plan.commit).unwrap().content, "x\n");
    assert_eq!(world.memory.prepare(&delete_other()), Err(MemoryError::Missing { path: "none.md".into() }));
    world.is_clean();
}

fn delete_other() -> growqr_core::memory::Change {
    growqr_core::memory::Change { origin: origin("another"), ..delete("none.md") }
}

#[test]
fn changes_to_different_lines_are_merged() {
    let world = World::new();
    let base = world.write("a.md", "one\n\ntwo\n\nthree\n").new_blob.unwrap();
    world.write("a.md", "ONE\n\ntwo\n\nthree\n");
    let plan = world.change(&write("a.md", "one\n\ntwo\n\nTHREE\n", Some(&base))).unwrap();
    assert!(plan.merged);
    assert_eq!(world.on_disk("a.md"), "ONE\n\ntwo\n\nTHREE\n");
    assert_eq!(world.memory.prepare(&write("a.md", "one\n\ntwo\n\nTHREE\n", Some(&base))).unwrap(), plan);
    world.is_clean();
}

#[test]
fn changes_to_the_same_line_conflict_and_return_the_current_text() {
    let world = World::new();
    let base = world.write("a.md", "one\n").new_blob.unwrap();
    let now = world.write("a.md", "uno\n").new_blob.unwrap();
    let conflict = MemoryError::Conflict { path: "a.md".into(), version: now, content: "uno\n".into() };
    for base in [Some(base.as_str()), None, Some("1234567890123456789012345678901234567890")] {
        assert_eq!(world.memory.prepare(&write("a.md", "eins\n", base)), Err(conflict.clone()), "{base:?}");
    }
    assert_eq!(world.on_disk("a.md"), "uno\n");
    world.is_clean();
}

#[test]
fn without_a_base_only_adding_at_the_end_is_safe() {
    let world = World::new();
    world.write("a.md", "one\n");
    let plan = world.change(&write("a.md", "one\ntwo\n", None)).unwrap();
    assert!(!plan.merged);
    assert_eq!(world.on_disk("a.md"), "one\ntwo\n");
}

#[test]
fn writing_the_current_text_is_refused_as_unchanged() {
    let world = World::new();
    let version = world.write("a.md", "one\n").new_blob;
    let again = |base| growqr_core::memory::Change { origin: origin("again"), ..write("a.md", "one\n", base) };
    for base in [version.as_deref(), None] {
        assert_eq!(world.memory.prepare(&again(base)), Err(MemoryError::Unchanged { path: "a.md".into() }));
    }
}

#[test]
fn a_write_with_a_base_to_a_deleted_page_is_refused_as_missing() {
    let world = World::new();
    let version = world.write("a.md", "one\n").new_blob;
    world.change(&delete("a.md")).unwrap();
    let change = growqr_core::memory::Change { origin: origin("again"), ..write("a.md", "two\n", version.as_deref()) };
    assert_eq!(world.memory.prepare(&change), Err(MemoryError::Missing { path: "a.md".into() }));
}

#[test]
fn a_listing_has_the_paths_and_sizes_of_pages_with_a_prefix() {
    let world = World::new();
    world.edit_by_hand("projects/x.md", "123");
    world.edit_by_hand("projects/.hidden", "123");
    world.edit_by_hand("projects/x.md~", "123");
    let expected = PageInfo { path: "projects/x.md".into(), bytes: 3 };
    assert_eq!(world.memory.list("projects/x").unwrap(), [expected]);
    assert_eq!(world.memory.list("projects/").unwrap().len(), 2);
    assert_eq!(world.memory.list("nothing").unwrap(), []);
}

#[test]
fn search_ignores_case_and_sorts_by_path_then_line() {
    let world = World::new();
    world.write("b.md", "Über Ada\nnothing\nADA again\n");
    world.write("a.md", &format!("ada {}\n", "x".repeat(500)));
    world.edit_by_hand("bin.md", b"ada\0");
    let found = world.memory.search("aDa", 10).unwrap();
    let lines: Vec<(&str, u64)> = found.iter().map(|found| (found.path.as_str(), found.line)).collect();
    assert_eq!(lines, [("a.md", 1), ("b.md", 1), ("b.md", 3)]);
    assert_eq!(found[0].text.chars().count(), 201);
    assert_eq!(world.memory.search("ÜBER", 10).unwrap(), [FoundLine { path: "b.md".into(), line: 1, text: "Über Ada".into() }]);
    assert_eq!(world.memory.search("ada", 2).unwrap().len(), 2);
    assert_eq!(world.memory.search(" ", 2).unwrap(), []);
}

#[test]
fn a_search_over_many_pages_keeps_their_order_and_its_limit() {
    let world = World::new();
    for number in 0..3000 {
        let text = if number % 7 == 0 { "ΟΔΟΣ of tea\r\nTEA\n" } else { "water\n" };
        world.edit_by_hand(&format!("p{number:04}.md"), text.as_bytes());
    }
    let all: Vec<(String, u64)> = (0..3000).step_by(7).flat_map(|n| [1, 2].map(|line| (format!("p{n:04}.md"), line))).collect();
    for limit in [1, 2, 3, 100, 801, 5000] {
        let found: Vec<(String, u64)> =
            world.memory.search("TEA", limit).unwrap().into_iter().map(|found| (found.path, found.line)).collect();
        assert_eq!(found, all[..limit.min(all.len())], "{limit}");
    }
    assert_eq!(world.memory.search("οδοσ", 5000).unwrap().len(), 429);
    assert_eq!(world.memory.search("tea\r", 9).unwrap(), []);
    assert_eq!(world.memory.search("tea\r\ntea", 9).unwrap(), []);
}

#[test]
fn concurrent_writes_of_threads_are_all_kept() {
    let world = World::new();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let world = &world;
            scope.spawn(move || {
                let change = write(&format!("t{number}.md"), "x\n", None);
                // Another thread may commit between prepare and commit; then the change must be prepared again.
                while let Err(error) = world.change(&change) {
                    assert_eq!(error, MemoryError::HeadMoved);
                }
            });
        }
    });
    assert_eq!(world.git(&["rev-list", "--count", "HEAD"]).trim(), "5");
    world.is_clean();
}

#[test]
fn a_plan_for_an_old_head_is_refused() {
    let world = World::new();
    let plan = world.memory.prepare(&write("a.md", "x\n", None)).unwrap();
    world.write("b.md", "y\n");
    assert_eq!(world.memory.commit(&plan), Err(MemoryError::HeadMoved));
    assert!(!world.folder.join("a.md").exists());
    world.is_clean();
}

#[test]
fn files_from_before_the_first_start_stay_and_are_committed_as_the_users() {
    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join("profile.md"), "I am Ada\n").unwrap();
    let memory = MemoryRepo::open(temporary.path(), at(0)).unwrap();
    assert_eq!(memory.read("profile.md").unwrap().content, "I am Ada\n");
    let adopted = memory.adopt_hand_edits(at(1)).unwrap();
    assert_eq!(adopted.commits[0].paths, ["profile.md"]);
    assert_eq!(memory.list("").unwrap().len(), 1, "none of ours are added to them");
    assert_eq!(git(temporary.path(), &["status", "--porcelain"]), "");
    let titles = || git(temporary.path(), &["log", "--format=%s"]);
    assert_eq!(titles(), "Pages that were here already\nBegin\n");
    fs::write(temporary.path().join("profile.md"), "I am Ada Lovelace\n").unwrap();
    memory.adopt_hand_edits(at(2)).unwrap();
    assert_eq!(titles(), "Edited by hand: profile.md\nPages that were here already\nBegin\n");
}

#[test]
fn pages_in_a_folder_without_a_repository_can_be_read() {
    let temporary = tempfile::tempdir().unwrap();
    assert!(MemoryRepo::open_read_only(temporary.path()).is_none());
    fs::write(temporary.path().join("tea.md"), "Green tea\n").unwrap();
    let memory = MemoryRepo::open_read_only(temporary.path()).unwrap();
    assert_eq!(memory.list("").unwrap()[0].path, "tea.md");
    assert_eq!(memory.read("tea.md").unwrap().content, "Green tea\n");
    assert_eq!(memory.search("green", 9).unwrap().len(), 1);
    assert_eq!(memory.survey().unwrap().pages.len(), 1);
    assert!(!temporary.path().join(".git").exists(), "reading makes no repository");
}

#[test]
fn a_repository_that_is_gone_is_said_and_one_that_is_back_is_used() {
    let world = World::new();
    world.write("a.md", "x\n");
    let (git, away) = (world.folder.join(".git"), world.folder.with_file_name("away"));
    fs::rename(&git, &away).unwrap();
    let error = world.memory.prepare(&write("b.md", "y\n", None)).unwrap_err().to_string();
    assert!(error.contains(".git folder is gone"), "{error}");
    assert!(!git.exists(), "no new history begins in secret");
    assert_eq!(world.memory.read("a.md").unwrap().content, "x\n");
    fs::rename(&away, &git).unwrap();
    world.write("b.md", "y\n");
    world.is_clean();
}

#[test]
fn a_base_that_is_no_version_is_named_as_such() {
    let world = World::new();
    world.write("a.md", "x\n");
    let error = world.change(&write("a.md", "y\n", Some("zzz"))).unwrap_err();
    assert_eq!(error, MemoryError::UnknownVersion { path: "a.md".into(), version: "zzz".into() });
}

#[test]
fn files_that_are_no_pages_are_named_in_a_list() {
    let world = World::new();
    world.edit_by_hand("latin1.md", b"caf\xe9\n");
    world.edit_by_hand("big.md", "x".repeat(1 + usize::try_from(growqr_memory::MAX_PAGE_BYTES).unwrap()));
    let listing = world.memory.listing("").unwrap();
    assert_eq!(listing.left_alone.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["big.md", "latin1.md"]);
    assert!(listing.pages.iter().all(|page| page.path != "latin1.md"));
    assert_eq!(world.memory.listing("people/").unwrap().left_alone, []);
}

#[test]
fn a_search_finds_the_names_of_pages() {
    let world = World::new();
    world.write("people/Grace Hopper.md", "A compiler\n");
    let found = world.memory.search("grace", 9).unwrap();
    assert_eq!(found, [FoundLine { path: "people/Grace Hopper.md".into(), line: 1, text: "(by name) A compiler".into() }]);
}

#[test]
fn pages_that_only_lie_in_a_folder_of_the_name_hide_no_lines_in_a_search() {
    let world = World::new();
    for number in 0..100 {
        world.edit_by_hand(&format!("all tulips/day {number:02}.md"), "rain\n");
        world.edit_by_hand(&format!("garden/tulips {number:02}.md"), "sun\n");
        world.edit_by_hand(&format!("work/plan {number:02}.md"), "first\nthe tulips\n");
    }
    let found = world.memory.search("tulips", 50).unwrap();
    let lines = found.iter().take_while(|found| found.path.starts_with("work/") && found.line == 2).count();
    assert_eq!(lines, 40);
    let named: Vec<&str> = found[lines..].iter().map(|found| found.path.as_str()).collect();
    assert_eq!(named, (0..10).map(|number| format!("garden/tulips {number:02}.md")).collect::<Vec<_>>());
    assert!(found[lines..].iter().all(|found| found.text == "(by name) sun"));
    assert_eq!(world.memory.search("tulips/day 07", 50).unwrap().len(), 1, "a whole path");
}

#[test]
fn only_pages_from_before_the_memory_are_committed_as_such() {
    let title = |folder: &Path, memory: &MemoryRepo| {
        fs::write(folder.join("later.md"), "later\n").unwrap();
        memory.adopt_hand_edits(at(9)).unwrap().commits[0].message.clone()
    };
    let temporary = tempfile::tempdir().unwrap();
    git(temporary.path(), &["init", "-q"]);
    git(temporary.path(), &["commit", "-q", "--allow-empty", "-m", "The person begins"]);
    let memory = MemoryRepo::open(temporary.path(), at(0)).unwrap();
    assert_eq!(title(temporary.path(), &memory), "Edited by hand: later.md");

    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join("photo.png"), b"\x89PNG\0\x01").unwrap();
    fs::create_dir(temporary.path().join("empty")).unwrap();
    assert!(!growqr_memory::has_pages(temporary.path()));
    let memory = MemoryRepo::open(temporary.path(), at(0)).unwrap();
    assert_eq!(memory.list("").unwrap().len(), 6, "a picture is no page, so the first ones are added");
    assert_eq!(title(temporary.path(), &memory), "Edited by hand: later.md");
    assert!(growqr_memory::has_pages(temporary.path()));
}

#[test]
fn a_name_with_a_colon_is_refused_for_the_colon() {
    let world = World::new();
    let refused = |path: &str| world.change(&write(path, "x\n", None)).unwrap_err().to_string();
    assert!(refused("a:b?.md").contains("leave out <"), "{}", refused("a:b?.md"));
    assert!(refused("c:/x.md").contains("relative"), "{}", refused("c:/x.md"));
}
