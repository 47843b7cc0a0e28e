//! Vaults as people have them: very many pages, pictures among them, copies of sync programs, names in two cases.

use crate::world::{World, at, write};
use growqr_core::memory::Memory;
use growqr_memory::{Remark, RemarkKind};
use std::fs;

fn listed(world: &World, prefix: &str) -> Vec<String> {
    world.memory.list(prefix).unwrap().into_iter().map(|page| page.path).collect()
}

#[test]
fn an_agent_writes_where_there_are_more_than_ten_thousand_pages() {
    let world = World::new();
    for number in 0..10_100 {
        let folder = world.folder.join(format!("area{:02}", number % 50));
        if number < 50 {
            fs::create_dir(&folder).unwrap();
        }
        fs::write(folder.join(format!("{number}.md")), "x\n").unwrap();
    }
    world.git(&["add", "-A"]);
    world.git(&["commit", "-qm", "A vault"]);
    world.write("new.md", "one more\n");
    world.edit_by_hand("by hand.md", "one more\n");
    assert_eq!(world.memory.adopt_hand_edits(at(1)).unwrap().commits[0].paths, ["by hand.md"]);
    let listing = world.memory.listing("").unwrap();
    assert_eq!(listing.pages.len(), 10_100 + 6 + 2);
    assert!(listing.pages.is_sorted_by(|a, b| a.path < b.path), "each page once, in order");
    assert_eq!(world.memory.survey().unwrap().pages, listing.pages);
    assert_eq!(world.memory.search("one more", 9).unwrap().len(), 2);
    assert_eq!(world.memory.search("X", usize::MAX).unwrap().iter().filter(|line| line.path.starts_with("area")).count(), 10_100);
}

#[test]
fn pictures_and_archives_are_not_listed_and_text_of_any_name_is() {
    let world = World::new();
    world.edit_by_hand("files/photo.png", b"\x89PNG\0\x01");
    world.edit_by_hand("files/latin", b"caf\xe9");
    world.edit_by_hand("files/LICENSE", "free\n");
    world.edit_by_hand("files/large.log", "é".repeat(20_000));
    world.edit_by_hand("files/shifted.log", format!("a{}", "é".repeat(20_000)));
    world.edit_by_hand("files/huge.md", "x".repeat(300_000));
    world.edit_by_hand("files/Vol 1.part/page.md", "in a folder with an odd name\n");
    let pages = ["files/LICENSE", "files/Vol 1.part/page.md", "files/large.log", "files/shifted.log"];
    assert_eq!(listed(&world, "files/"), pages);
    let surveyed: Vec<String> = world.memory.survey().unwrap().pages.into_iter().map(|page| page.path).collect();
    assert_eq!(surveyed.iter().filter(|path| path.starts_with("files/")).collect::<Vec<_>>(), pages.iter().collect::<Vec<_>>());
}

#[test]
fn conflict_copies_and_names_that_differ_in_case_are_pages_and_are_named() {
    let world = World::new();
    let copy = "goals (Ada's conflicted copy 2026-11-29).md";
    world.edit_by_hand(copy, "theirs\n");
    world.write("notes/plan.md", "one\n");
    // Git commits both, for example in a clone from another computer.
    world.edit_by_hand("notes/Plan.md", "two\n");
    world.git(&["add", "-A"]);
    world.git(&["commit", "-qm", "By git"]);
    let survey = world.memory.survey().unwrap();
    let is_case_sensitive = survey.pages.iter().filter(|page| page.path.eq_ignore_ascii_case("notes/plan.md")).count() == 2;
    let mut remarks = vec![Remark { path: copy.into(), kind: RemarkKind::ConflictCopyOf("goals.md".into()) }];
    if is_case_sensitive {
        remarks.push(Remark { path: "notes/plan.md".into(), kind: RemarkKind::SameNameAs("notes/Plan.md".into()) });
    }
    assert_eq!(survey.remarks, remarks);
    assert!(world.memory.read(copy).is_ok());
    world.change(&write(copy, "merged\n", world.version(copy).as_deref())).unwrap();
}

#[cfg(unix)]
#[test]
fn links_and_devices_are_named_and_not_followed() {
    let world = World::new();
    let outside = world.folder.with_file_name("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.md"), "not in memory\n").unwrap();
    std::os::unix::fs::symlink(&outside, world.folder.join("people/outside")).unwrap();
    std::os::unix::fs::symlink(".", world.folder.join("loop")).unwrap();
    std::os::unix::fs::symlink("goals.md", world.folder.join("link.md")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(world.folder.join("socket")).unwrap();
    let skipped: Vec<String> = world.memory.survey().unwrap().skipped.into_iter().map(|skipped| skipped.path).collect();
    assert_eq!(skipped, ["link.md", "loop", "people/outside", "socket"]);
    assert_eq!(world.memory.search("not in memory", 9).unwrap(), []);
    assert!(world.memory.read("people/outside/secret.md").is_err());
    assert_eq!(world.memory.adopt_hand_edits(at(1)).unwrap().commits, []);
}
