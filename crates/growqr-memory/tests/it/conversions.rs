//! Attributes and line-end settings of the person: memory commits what the real git would commit, and leaves filtered pages alone.

use crate::world::{World, at, delete, write};
use growqr_core::memory::{Memory, MemoryError};
use proptest::prelude::*;
use std::fs;

/// The clean filter of case 16: it turns the letters, so that the plain text is recognised in the repository.
fn turn_on_filter(world: &World, attributes: &str) {
    world.git(&["config", "filter.secretive.clean", "tr a-zA-Z n-za-mN-ZA-M"]);
    world.git(&["config", "filter.secretive.smudge", "tr a-zA-Z n-za-mN-ZA-M"]);
    fs::write(world.folder.join(".gitattributes"), attributes).unwrap();
}

/// Every object of the repository, as text.
fn all_objects(world: &World) -> String {
    let ids = world.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"]);
    let blobs = ids.lines().filter_map(|line| line.strip_suffix(" blob"));
    blobs.map(|blob| world.git(&["cat-file", "blob", blob])).collect()
}

fn is_read_only<T: std::fmt::Debug>(result: Result<T, MemoryError>) {
    let error = result.unwrap_err();
    assert!(matches!(error, MemoryError::ReadOnly { .. }), "{error}");
}

#[test]
fn a_filtered_page_is_read_but_neither_written_nor_committed() {
    let world = World::new();
    turn_on_filter(&world, "secret.md filter=secretive\nprivate/** filter=secretive\n");
    world.edit_by_hand("secret.md", "my secret\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "Encrypt from now on"]);
    assert_eq!(world.git(&["show", "HEAD:secret.md"]), "zl frperg\n");
    assert_eq!(world.memory.read("secret.md").unwrap().content, "my secret\n");

    world.edit_by_hand("secret.md", "my plain words\n");
    world.edit_by_hand("private/new.md", "plain words as well\n");
    world.edit_by_hand("open.md", "open\n");
    let adopted = world.memory.adopt_hand_edits(at(5)).unwrap();
    assert_eq!(adopted.commits[0].paths, ["open.md"]);
    is_read_only(world.memory.prepare(&write("secret.md", "plain words of an agent\n", None)));
    is_read_only(world.memory.prepare(&write("private/other.md", "plain words of an agent\n", None)));
    is_read_only(world.memory.prepare(&delete("secret.md")));
    is_read_only(world.memory.write_as_person("secret.md", "plain words", None, "", at(6)));
    is_read_only(world.memory.restore("HEAD~1", at(6)));
    fs::remove_file(world.folder.join("secret.md")).unwrap();
    assert_eq!(world.memory.adopt_hand_edits(at(7)).unwrap().commits, []);
    assert!(!all_objects(&world).contains("plain words"));
    assert_eq!(world.git(&["status", "--porcelain", "-uall"]), " D secret.md\n?? private/new.md\n");
    assert_eq!(world.git(&["fsck", "--strict"]), "");
}

#[test]
fn a_filter_counts_from_a_file_in_the_folder_that_a_setting_names() {
    let world = World::new();
    world.git(&["config", "core.attributesFile", ".mine"]);
    fs::write(world.folder.join(".mine"), "goals.md filter=secretive\n").unwrap();
    is_read_only(world.memory.prepare(&write("goals.md", "x\n", None)));
}

#[test]
fn a_filter_counts_from_any_attribute_file_and_at_once() {
    let world = World::new();
    let page = "people/Ada.md";
    let refused = |memory: &growqr_memory::MemoryRepo| memory.prepare(&write(page, "x\n", None)).is_err();
    assert!(!refused(&world.memory));
    for file in [".gitattributes", "people/.gitattributes", ".git/info/attributes"] {
        let file = world.folder.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "[Aa]*.md filter=git-crypt\n").unwrap();
        assert!(refused(&world.memory), "{file:?}");
        fs::remove_file(file).unwrap();
        assert!(!refused(&world.memory));
    }
    world.git(&["config", "core.attributesFile", &world.folder.join("mine").display().to_string()]);
    fs::write(world.folder.join("mine"), "*.md working-tree-encoding=UTF-16LE\n").unwrap();
    assert!(refused(&world.memory));
    fs::remove_file(world.folder.join("mine")).unwrap();
    // An attribute file that is committed but not in the folder counts for git, and so it does here.
    fs::write(world.folder.join("people/.gitattributes"), "*.md filter=lfs\n").unwrap();
    world.git(&["add", "people/.gitattributes"]);
    world.git(&["commit", "-qm", "Attributes"]);
    fs::remove_file(world.folder.join("people/.gitattributes")).unwrap();
    assert!(refused(&world.memory));
}

#[test]
fn attributes_that_an_earlier_version_wrote_are_removed_and_those_of_the_person_stay() {
    let mut world = World::new();
    let file = world.folder.join(".git/info/attributes");
    assert!(!file.exists());
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "* -text !eol !filter !ident !working-tree-encoding\n").unwrap();
    world.reopen();
    assert!(!file.exists());
    fs::write(&file, "*.md text\n").unwrap();
    world.reopen();
    assert_eq!(fs::read_to_string(&file).unwrap(), "*.md text\n");
}

#[test]
fn a_page_with_crlf_in_the_folder_and_lf_in_the_repository_is_unchanged() {
    let world = World::new();
    fs::write(world.folder.join(".gitattributes"), "*.md text=auto eol=crlf\n").unwrap();
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "Attributes"]);
    let text = world.on_disk("profile.md");
    fs::write(world.folder.join("profile.md"), text.replace('\n', "\r\n")).unwrap();
    assert_eq!(world.memory.adopt_hand_edits(at(5)).unwrap().commits, []);
    assert_eq!(world.memory.read("profile.md").unwrap().content, text);
    world.write("profile.md", &format!("{text}one more line\n"));
    assert_eq!(world.on_disk("profile.md"), format!("{text}one more line\n").replace('\n', "\r\n"));
    assert_eq!(world.git(&["show", "HEAD:profile.md"]), format!("{text}one more line\n"));
    world.write("new.md", "a\nb\n");
    assert_eq!(world.on_disk("new.md"), "a\r\nb\r\n");
    assert_eq!(world.git(&["show", "HEAD:new.md"]), "a\nb\n");
    world.memory.restore("HEAD~1", at(9)).unwrap();
    assert_eq!(world.on_disk("profile.md"), text.replace('\n', "\r\n"));
    world.is_clean();
}

#[test]
fn pages_that_another_computer_normalised_are_replaced_in_the_folder() {
    let world = World::new();
    world.edit_by_hand("crlf.md", "a\r\nb\r\n");
    world.memory.adopt_hand_edits(at(1)).unwrap();
    fs::write(world.folder.join(".gitattributes"), "* text=auto\n").unwrap();
    world.git(&["add", ".gitattributes"]);
    world.git(&["commit", "-qm", "Attributes"]);
    assert_eq!(world.memory.adopt_hand_edits(at(2)).unwrap().commits, []);
    world.write("crlf.md", "c");
    assert_eq!((world.on_disk("crlf.md"), world.git(&["show", "HEAD:crlf.md"])), ("c".to_owned(), "c".to_owned()));
    world.is_clean();
}

fn attribute_line() -> impl Strategy<Value = String> {
    let pattern = prop_oneof![
        Just("*"),
        Just("*.md"),
        Just("a.md"),
        Just("/a.md"),
        Just("sub/*"),
        Just("sub/**"),
        Just("**/a.md"),
        Just("su[a-c]/b.?d"),
        Just("\"b.md\""),
        Just("sub/"),
        Just("!a.md"),
    ];
    let attribute = prop_oneof![
        Just("text"),
        Just("-text"),
        Just("!text"),
        Just("text=auto"),
        Just("text=auto eol=crlf"),
        Just("eol=lf"),
        Just("eol=crlf"),
        Just("crlf=input"),
        Just("-crlf"),
        Just("binary"),
        Just("mine"),
        Just("filter=none"),
        Just("-filter"),
    ];
    (pattern, attribute).prop_map(|(pattern, attribute)| format!("{pattern} {attribute}\n"))
}

fn attribute_file() -> impl Strategy<Value = String> {
    prop::collection::vec(attribute_line(), 0..4).prop_map(|lines| format!("[attr]mine text eol=lf -filter\n{}", lines.concat()))
}

fn content() -> impl Strategy<Value = String> {
    let line =
        prop_oneof![4 => Just("text\r\n"), 4 => Just("text\n"), 2 => Just("\r\n"), 1 => Just("cr\r"), 1 => Just("\u{1}\u{2}\n")];
    prop::collection::vec(line, 0..5).prop_map(|lines| lines.concat())
}

/// Standard output of git, which warns of odd attribute files. With an index of its own, nothing is staged.
fn ask(world: &World, index: Option<&std::path::Path>, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new("git");
    command.current_dir(&world.folder).args(["-c", "core.safecrlf=false"]).args(arguments);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", world.folder.join("no-such-config"));
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const PAGES: [&str; 4] = ["a.md", "b.md", "sub/a.md", "sub/b.md"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn memory_commits_what_git_would_commit(
        root in attribute_file(),
        sub in attribute_file(),
        info in attribute_file(),
        auto_crlf in prop_oneof![Just("false"), Just("true"), Just("input")],
        eol in prop_oneof![Just("lf"), Just("crlf"), Just("native")],
        committed in prop::array::uniform4(prop::option::of(content())),
        edited in prop::array::uniform4(content()),
        written in content(),
    ) {
        let world = World::new();
        // Committed without conversion, as by a computer without these attributes.
        for (page, content) in PAGES.iter().zip(&committed) {
            if let Some(content) = content {
                world.edit_by_hand(page, content);
            }
        }
        world.memory.adopt_hand_edits(at(1)).unwrap();
        for (page, content) in PAGES.iter().zip(&edited) {
            world.edit_by_hand(page, content);
        }
        world.edit_by_hand(".gitattributes", &root);
        world.edit_by_hand("sub/.gitattributes", &sub);
        world.edit_by_hand(".git/info/attributes", &info);
        if auto_crlf != "input" || eol != "crlf" {
            world.git(&["config", "core.eol", eol]);
        }
        world.git(&["config", "core.autocrlf", auto_crlf]);
        ask(&world, None, &["add", ".gitattributes", "sub/.gitattributes"]);
        ask(&world, None, &["-c", "user.name=Ada", "-c", "user.email=a@b", "commit", "-qm", "Attributes"]);

        let is_filtered = |page: &str| ask(&world, None, &["check-attr", "filter", "--", page]).trim().ends_with(": none");
        let ours: Vec<(&str, String)> =
            PAGES.into_iter().filter(|page| !is_filtered(page)).map(|page| (page, world.version(page).unwrap())).collect();
        for page in PAGES.into_iter().filter(|page| is_filtered(page)) {
            is_read_only(world.memory.prepare(&write(page, "x", None)));
        }
        let index = world.folder.join(".git/asked");
        // git takes a file of another size for changed without a look at its content, so git is asked with an index that knows no
        // sizes.
        let forget_stats = || ask(&world, Some(&index), &["read-tree", "HEAD"]);
        forget_stats();
        for (page, version) in &ours {
            let is_modified = !ask(&world, Some(&index), &["status", "--porcelain", "--", page]).is_empty();
            let head = ask(&world, None, &["ls-tree", "HEAD", "--", page]);
            prop_assert_eq!(!head.contains(version.as_str()), is_modified, "{} {:?}", page, head);
            ask(&world, Some(&index), &["add", page]);
            let staged = ask(&world, Some(&index), &["ls-files", "-s", "--", page]);
            prop_assert!(staged.contains(version.as_str()), "{} {} {}", page, staged, version);
        }
        world.memory.adopt_hand_edits(at(2)).unwrap();
        let changes = || {
            forget_stats();
            let of_page = |page: &&str| {
                let staged = ask(&world, None, &["diff", "--cached", "--name-only", "--", page]);
                staged + &ask(&world, Some(&index), &["status", "--porcelain", "--", page])
            };
            ours.iter().map(|(page, _)| of_page(page)).collect::<String>()
        };
        prop_assert_eq!(changes(), "");
        let written = written.replace(['\u{1}', '\u{2}'], "");
        for (page, version) in &ours {
            match world.change(&write(page, &written, Some(version))) {
                Ok(_) | Err(MemoryError::Unchanged { .. }) => {}
                Err(error) => panic!("{page}: {error}"),
            }
        }
        prop_assert_eq!(changes(), "");
        prop_assert_eq!(ask(&world, None, &["fsck", "--strict", "--no-dangling"]), "");
    }
}
