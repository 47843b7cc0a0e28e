//! Sync with the stand-in for Gitea: both sides change, nothing is lost.

use crate::world::{World, at, git};
use growqr_core::memory::Memory;
use growqr_core::secret::Secret;
use growqr_memory::{MemoryRepo, PageConflict, Remote, SyncError, Synced};
use growqr_testkit::gitea::GiteaStub;
use std::fs;
use std::path::Path;

pub const REPO: (&str, &str) = ("growqr", "memory");

/// A memory and its server.
pub struct Pair {
    pub world: World,
    pub gitea: GiteaStub,
    pub remote: Remote,
    /// What the last sync has returned.
    pub seen: Option<String>,
}

impl Pair {
    pub fn new() -> Pair {
        let gitea = GiteaStub::start();
        let token = Secret::new(gitea.add_user("growqr", "write:repository,write:user"));
        gitea.add_repo("growqr", "memory");
        let remote = Remote { url: gitea.git_url("growqr", "memory"), user: "growqr".into(), token };
        Pair { world: World::new(), gitea, remote, seen: None }
    }

    /// A pair whose sides are equal, with the page `a.md` of three lines.
    pub fn synced() -> Pair {
        let mut pair = Pair::new();
        pair.world.write("a.md", "one\n\ntwo\n\nthree\n");
        pair.sync();
        pair
    }

    pub fn try_sync(&self) -> Result<Synced, SyncError> {
        self.world.memory.sync(&self.remote, self.seen.as_deref(), at(900))
    }

    /// A sync that succeeds. Afterwards both sides are equal and sound, and a scan finds nothing.
    pub fn sync(&mut self) -> Synced {
        let synced = self.try_sync().unwrap();
        self.seen = Some(synced.head.clone());
        assert_eq!(self.world.memory.adopt_hand_edits(at(901)).unwrap().commits, [], "the scan after the sync");
        self.world.is_clean();
        assert_eq!(self.world.git(&["rev-parse", "HEAD"]).trim(), synced.head);
        assert_eq!(self.gitea.commits("growqr", "memory")[0], synced.head);
        assert_eq!(self.world.memory.unpushed(Some(&synced.head)).unwrap(), 0);
        synced
    }

    pub fn edit_on_server(&self, path: &str, content: &str) -> String {
        self.gitea.edit_page(REPO, path, Some(content))
    }

    pub fn on_server(&self, path: &str) -> Option<String> {
        self.gitea.file("growqr", "memory", path).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    pub fn both_have(&self, path: &str, content: &str) {
        assert_eq!(self.world.on_disk(path), content, "{path} in the folder");
        assert_eq!(self.on_server(path).as_deref(), Some(content), "{path} on the server");
    }

    pub fn neither_has(&self, path: &str) {
        assert!(!self.world.folder.join(path).exists(), "{path} in the folder");
        assert_eq!(self.on_server(path), None, "{path} on the server");
    }
}

fn conflict(path: &str, copy: Option<&str>) -> Vec<PageConflict> {
    vec![PageConflict { path: path.into(), copy: copy.map(str::to_owned) }]
}

#[test]
fn the_first_sync_pushes_everything_and_leaves_the_token_nowhere() {
    let mut pair = Pair::new();
    pair.world.write("a.md", "one\n");
    assert_eq!(pair.world.memory.unpushed(None).unwrap(), 2);
    let synced = pair.sync();
    assert_eq!((synced.pulled, synced.pushed, synced.conflicts), (0, 2, vec![]));
    pair.both_have("a.md", "one\n");
    pair.edit_on_server("a.md", "two\n");
    pair.sync();
    let token = pair.remote.token.expose();
    each_file(&pair.world.folder, &mut |file| {
        let bytes = fs::read(file).unwrap();
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "the token is in {}", file.display());
    });
    assert!(!pair.world.folder.join(".git/FETCH_HEAD").exists());
}

fn each_file(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { each_file(&path, look) } else { look(&path) }
    }
}

#[test]
fn edits_made_on_the_server_come_back_without_another_commit() {
    let mut pair = Pair::synced();
    pair.edit_on_server("a.md", "one\n\ntwo, on the server\n\nthree\n");
    pair.edit_on_server("new/page.md", "new\n");
    pair.gitea.edit_page(REPO, "goals.md", None::<&str>);
    let head = pair.gitea.commits("growqr", "memory")[0].clone();
    let synced = pair.sync();
    assert_eq!((synced.head, synced.pulled, synced.pushed), (head, 3, 0));
    pair.both_have("a.md", "one\n\ntwo, on the server\n\nthree\n");
    pair.both_have("new/page.md", "new\n");
    pair.neither_has("goals.md");
    assert_eq!(pair.world.memory.history(Some("a.md"), 1).unwrap()[0].author, "growqr");
    let quiet = pair.sync();
    assert_eq!((quiet.pulled, quiet.pushed), (0, 0));
}

#[test]
fn changes_of_both_sides_are_merged_by_lines_and_pages() {
    let mut pair = Pair::synced();
    pair.edit_on_server("a.md", "ONE\n\ntwo\n\nthree\n");
    pair.edit_on_server("server.md", "s\n");
    pair.world.write("a.md", "one\n\ntwo\n\nTHREE\n");
    pair.world.write("here.md", "h\n");
    assert_eq!(pair.world.memory.unpushed(pair.seen.as_deref()).unwrap(), 2);
    let synced = pair.sync();
    assert_eq!((synced.pulled, synced.pushed, synced.conflicts), (2, 3, vec![]));
    pair.both_have("a.md", "ONE\n\ntwo\n\nTHREE\n");
    pair.both_have("server.md", "s\n");
    pair.both_have("here.md", "h\n");
    let merge = &pair.world.memory.history(None, 1).unwrap()[0];
    assert_eq!((merge.message.as_str(), merge.author.as_str()), ("Merge changes from the server", "GrowQR"));
}

#[test]
fn a_conflict_keeps_both_versions_and_is_reported_once() {
    let mut pair = Pair::synced();
    pair.edit_on_server("a.md", "server\n");
    pair.world.write("a.md", "one\n\ntwo\n\nthree, here\n");
    let synced = pair.sync();
    assert_eq!(synced.conflicts, conflict("a.md", Some("a (from the server).md")));
    pair.both_have("a.md", "one\n\ntwo\n\nthree, here\n");
    pair.both_have("a (from the server).md", "server\n");
    assert_eq!(pair.sync().conflicts, []);
    pair.edit_on_server("a.md", "server again\n");
    pair.world.write("a.md", "here again\n");
    assert_eq!(pair.sync().conflicts, conflict("a.md", Some("a (from the server 2).md")));
    pair.both_have("a (from the server).md", "server\n");
}

#[test]
fn a_page_deleted_on_one_side_and_changed_on_the_other_is_kept() {
    let mut pair = Pair::synced();
    pair.gitea.edit_page(REPO, "a.md", None::<&str>);
    pair.world.write("a.md", "one\n\ntwo\n\nthree and more\n");
    assert_eq!(pair.sync().conflicts, conflict("a.md", None));
    pair.both_have("a.md", "one\n\ntwo\n\nthree and more\n");
    pair.world.change(&crate::world::delete("a.md")).unwrap();
    pair.edit_on_server("a.md", "changed\n");
    assert_eq!(pair.sync().conflicts, conflict("a.md", Some("a (from the server).md")));
    pair.neither_has("a.md");
    pair.both_have("a (from the server).md", "changed\n");
}

#[test]
fn uncommitted_hand_edits_are_merged_and_not_lost() {
    let mut pair = Pair::synced();
    pair.world.edit_by_hand("a.md", "one\n\ntwo\n\nthree by hand\n");
    pair.world.edit_by_hand("by hand.md", "mine\n");
    pair.edit_on_server("a.md", "one on the server\n\ntwo\n\nthree\n");
    pair.edit_on_server("by hand.md", "the server's\n");
    let synced = pair.sync();
    assert_eq!(synced.conflicts, conflict("by hand.md", Some("by hand (from the server).md")));
    pair.both_have("a.md", "one on the server\n\ntwo\n\nthree by hand\n");
    pair.both_have("by hand.md", "mine\n");
    pair.both_have("by hand (from the server).md", "the server's\n");
    assert!(pair.world.memory.history(Some("by hand.md"), 2).unwrap().iter().any(|change| change.author == "You"));
}

#[test]
fn a_file_in_the_folder_that_is_no_page_is_not_overwritten() {
    let pair = Pair::synced();
    pair.world.edit_by_hand("a.md", b"\0binary");
    pair.world.edit_by_hand("picture.md", b"\0mine");
    pair.edit_on_server("a.md", "server\n");
    pair.edit_on_server("picture.md", "server\n");
    let synced = pair.try_sync().unwrap();
    let copies: Vec<_> = synced.conflicts.into_iter().map(|conflict| conflict.copy.unwrap()).collect();
    assert_eq!(copies, ["a (from the server).md", "picture (from the server).md"]);
    assert_eq!(fs::read(pair.world.folder.join("a.md")).unwrap(), b"\0binary");
    assert_eq!(fs::read(pair.world.folder.join("picture.md")).unwrap(), b"\0mine");
    pair.both_have("picture (from the server).md", "server\n");
}

#[test]
fn files_that_cannot_be_pages_stay_on_the_server_and_out_of_the_folder() {
    let mut pair = Pair::synced();
    let big = "x".repeat(300 * 1024);
    let files: [(&str, &[u8]); 5] = [
        (".gitignore", b"*.tmp\n"),
        ("photo.png", b"\x89PNG\0"),
        ("nul.md", b"x\n"),
        ("dir/big.md", big.as_bytes()),
        ("fine.md", b"f\n"),
    ];
    let edits: Vec<(&str, Option<&[u8]>)> = files.iter().map(|(path, bytes)| (*path, Some(*bytes))).collect();
    pair.gitea.edit_pages(REPO, &edits);
    let synced = pair.sync();
    assert_eq!(synced.not_pages, [".gitignore", "dir/big.md", "nul.md", "photo.png"]);
    pair.both_have("fine.md", "f\n");
    for (path, bytes) in &files[..4] {
        assert!(!pair.world.folder.join(path).exists(), "{path}");
        assert_eq!(pair.gitea.file("growqr", "memory", path).unwrap(), *bytes, "{path}");
    }
    // Later changes on both sides leave them alone, and so does a restart.
    pair.world.write("here.md", "h\n");
    pair.world.edit_by_hand("by hand.md", "h\n");
    pair.world.reopen();
    pair.world.memory.adopt_hand_edits(at(902)).unwrap();
    fs::remove_file(pair.world.folder.join(".git/index")).unwrap();
    pair.edit_on_server("photo.png", "\u{0}new");
    pair.sync();
    assert!(pair.gitea.files("growqr", "memory").len() > 10 && pair.on_server("nul.md").is_some());
    pair.gitea.edit_pages(REPO, &[("photo.png", None), (".gitignore", None)]);
    assert_eq!(pair.sync().not_pages, [""; 0]);
    pair.neither_has("photo.png");
}

#[test]
fn a_page_is_not_replaced_by_a_binary_file() {
    let mut pair = Pair::synced();
    pair.gitea.edit_page(REPO, "a.md", Some(b"\0binary"));
    let synced = pair.sync();
    assert_eq!(synced.conflicts, conflict("a.md", Some("a (from the server).md")));
    pair.both_have("a.md", "one\n\ntwo\n\nthree\n");
    assert_eq!(pair.gitea.file("growqr", "memory", "a (from the server).md").unwrap(), b"\0binary");
    assert!(!pair.world.folder.join("a (from the server).md").exists());
}

#[test]
fn names_that_one_file_system_cannot_hold_side_by_side_are_told_apart() {
    let mut pair = Pair::synced();
    pair.world.write("notes", "a page\n");
    pair.edit_on_server("A.md", "other spelling\n");
    pair.edit_on_server("notes/below.md", "below\n");
    let synced = pair.sync();
    let copies: Vec<_> = synced.conflicts.iter().map(|conflict| conflict.copy.as_deref().unwrap()).collect();
    assert_eq!(copies, ["A (from the server).md", "notes (from the server)/below.md"]);
    pair.both_have("A (from the server).md", "other spelling\n");
    pair.both_have("notes (from the server)/below.md", "below\n");
    pair.both_have("notes", "a page\n");
}

#[test]
fn two_computers_with_one_server_come_to_rest() {
    let mut pair = Pair::synced();
    let other = tempfile::tempdir().unwrap();
    let folder = other.path().join("memory");
    git(
        other.path().parent().unwrap(),
        &["clone", "-q", pair.gitea.git_folder("growqr", "memory").to_str().unwrap(), folder.to_str().unwrap()],
    );
    let second = MemoryRepo::open(&folder, at(0)).unwrap();
    second.write_as_person("second.md", "2\n", None, "", at(1)).unwrap();
    pair.world.write("first.md", "1\n");
    second.sync(&pair.remote, None, at(2)).unwrap();
    pair.sync();
    let heads = |pair: &mut Pair| (second.sync(&pair.remote, None, at(3)).unwrap().head, pair.sync().head);
    let (one, two) = heads(&mut pair);
    assert_eq!(one, two);
    assert_eq!(heads(&mut pair), (one, two), "no merge of merges");
    assert_eq!(second.read("first.md").unwrap().content, "1\n");
    assert_eq!(second.adopt_hand_edits(at(4)).unwrap().commits, []);
}

#[test]
fn a_tool_call_is_found_again_after_a_sync() {
    let mut pair = Pair::synced();
    let change = crate::world::write("tool.md", "x\n", None);
    let plan = pair.world.change(&change).unwrap();
    pair.edit_on_server("a.md", "server\n");
    pair.sync();
    assert_eq!(pair.world.memory.prepare(&change).unwrap(), plan);
}

#[test]
fn a_filtered_page_of_the_server_is_committed_but_stays_as_it_is_in_the_folder() {
    let mut pair = Pair::synced();
    let world = &pair.world;
    world.git(&["config", "filter.turned.clean", "tr a-zA-Z n-za-mN-ZA-M"]);
    world.git(&["config", "filter.turned.smudge", "tr a-zA-Z n-za-mN-ZA-M"]);
    world.edit_by_hand(".gitattributes", "secret.md filter=turned\n");
    world.edit_by_hand("secret.md", "mine\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "Encrypt"]);
    pair.sync();
    pair.edit_on_server("secret.md", "lbhef\n");
    pair.edit_on_server("a.md", "one\n\ntwo\n\nTHREE\n");
    let synced = pair.try_sync().unwrap();
    pair.seen = Some(synced.head);
    assert_eq!(pair.world.on_disk("secret.md"), "mine\n");
    assert_eq!(pair.on_server("secret.md").as_deref(), Some("lbhef\n"));
    pair.both_have("a.md", "one\n\ntwo\n\nTHREE\n");
    assert_eq!(pair.world.git(&["status", "--porcelain"]), " M secret.md\n");
    pair.world.git(&["checkout", "secret.md"]);
    assert_eq!(pair.world.on_disk("secret.md"), "yours\n");
    pair.sync();
}

#[test]
fn a_filter_that_the_server_brings_counts_for_the_pages_that_come_with_it() {
    let mut pair = Pair::synced();
    pair.edit_on_server(".gitattributes", "secret.md filter=turned\n");
    pair.edit_on_server("secret.md", "lbhef\n");
    assert!(pair.sync().not_pages.contains(&"secret.md".to_owned()));
    assert!(!pair.world.folder.join("secret.md").exists());
    pair.world.write("a.md", "one\n");
    pair.sync();
}

#[test]
fn a_page_of_the_server_that_git_ignores_here_stays_in_the_repository_and_is_named() {
    let mut pair = Pair::synced();
    pair.world.edit_by_hand(".git/info/exclude", "private/\ndiary.md\n");
    pair.world.edit_by_hand("diary.md", "mine, of nobody else\n");
    pair.edit_on_server("private/plan.md", "secret plan\n");
    pair.edit_on_server("diary.md", "of the server\n");
    pair.edit_on_server("open.md", "open\n");
    let synced = pair.sync();
    assert_eq!((synced.not_pages, synced.conflicts), (vec!["diary.md".to_owned(), "private/plan.md".to_owned()], vec![]));
    let is_private = |pair: &Pair| {
        assert!(!pair.world.folder.join("private").exists());
        assert_eq!(pair.world.on_disk("diary.md"), "mine, of nobody else\n");
        let memory = &pair.world.memory;
        assert!(memory.list("").unwrap().iter().all(|page| !page.path.contains("diary") && !page.path.contains("private")));
        for text in ["secret plan", "nobody else", "of the server"] {
            assert_eq!(memory.search(text, 9).unwrap(), [], "{text}");
        }
        for page in ["private/plan.md", "diary.md"] {
            assert!(memory.read(page).unwrap_err().to_string().contains("git ignores it"));
        }
    };
    is_private(&pair);
    pair.world.reopen();
    pair.edit_on_server("private/plan.md", "another secret plan\n");
    pair.world.write("a.md", "one\n");
    pair.sync();
    assert_eq!(pair.on_server("private/plan.md").as_deref(), Some("another secret plan\n"));
    is_private(&pair);
    // Also when the server changes the page again, back to what the private file has, and removes it.
    for text in ["of the server, again\n", "mine, of nobody else\n", "of the server at last\n"] {
        pair.edit_on_server("diary.md", text);
        assert_eq!(pair.sync().conflicts, []);
        assert_eq!(pair.on_server("diary.md").as_deref(), Some(text));
        is_private(&pair);
    }
    pair.gitea.edit_pages(REPO, &[("diary.md", None)]);
    pair.sync();
    is_private(&pair);
    assert_eq!(pair.on_server("diary.md"), None);
}

#[test]
fn a_page_that_git_ignores_here_stays_private_when_gits_index_is_lost() {
    for (is_sparse, is_damaged) in [(false, false), (false, true), (true, true)] {
        let mut pair = Pair::synced();
        if is_sparse {
            pair.world.git(&["sparse-checkout", "set", "--no-cone", "/*"]);
        }
        pair.world.edit_by_hand(".git/info/exclude", "diary.md\nforced.md\n");
        pair.world.edit_by_hand("forced.md", "public\n");
        pair.world.git(&["add", "-f", "forced.md"]);
        pair.world.git(&["commit", "-qm", "Track it all the same"]);
        pair.world.edit_by_hand("diary.md", "mine, of nobody else\n");
        pair.edit_on_server("diary.md", "of the server\n");
        pair.seen = Some(pair.try_sync().unwrap().head);
        let index = pair.world.folder.join(".git/index");
        if is_damaged {
            fs::write(&index, "broken").unwrap()
        } else {
            fs::remove_file(&index).unwrap()
        }
        for text in ["one\n", "two\n"] {
            assert_eq!(pair.world.memory.adopt_hand_edits(at(901)).unwrap().commits, [], "{is_sparse} {is_damaged}");
            pair.edit_on_server("a.md", text);
            pair.seen = Some(pair.try_sync().unwrap().head);
            pair.both_have("a.md", text);
            assert_eq!(pair.on_server("diary.md").as_deref(), Some("of the server\n"));
            assert_eq!(pair.world.on_disk("diary.md"), "mine, of nobody else\n");
            assert!(pair.world.memory.read("diary.md").unwrap_err().to_string().contains("git ignores it"));
            assert_eq!(pair.world.memory.search("nobody else", 9).unwrap(), []);
            assert!(pair.world.memory.read("forced.md").is_ok(), "{is_sparse} {is_damaged}");
            pair.world.reopen();
        }
    }
}

#[test]
fn a_new_page_of_the_server_outside_a_sparse_checkout_stays_out_of_the_folder() {
    let mut pair = Pair::synced();
    pair.world.git(&["sparse-checkout", "set", "people"]);
    pair.edit_on_server("trips/rome.md", "far\n");
    pair.edit_on_server("people/ada.md", "near\n");
    assert_eq!(pair.sync().not_pages, [""; 0]);
    assert!(!pair.world.folder.join("trips").exists());
    assert_eq!(pair.world.on_disk("people/ada.md"), "near\n");
    assert_eq!(pair.world.memory.read("trips/rome.md").unwrap().content, "far\n");
}

#[test]
fn a_change_of_the_server_to_a_page_that_is_not_here_stays_out_of_the_folder() {
    let mut pair = Pair::synced();
    pair.world.write("projects/tea.md", "green\n");
    pair.sync();
    pair.world.git(&["config", "advice.sparseIndexExpanded", "false"]);
    pair.world.git(&["sparse-checkout", "set", "--sparse-index", "people"]);
    pair.edit_on_server("projects/tea.md", "black\n");
    assert_eq!(pair.sync().conflicts, []);
    assert!(!pair.world.folder.join("projects/tea.md").exists());
    assert_eq!(pair.world.memory.read("projects/tea.md").unwrap().content, "black\n");
}
