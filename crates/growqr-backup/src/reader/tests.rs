//! A backup comes back as it was; one that is cut off, changed or hostile is refused, and nothing is written.

use super::*;
use crate::BackupWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

const LIMIT: u64 = 1 << 20;

fn long_path() -> String {
    format!("memory/{}/ü.md", ["folder"; 40].join("/"))
}

fn manifest() -> Manifest {
    Manifest { program: "0.4.0".to_owned(), profile: "local".to_owned(), schema: 15, events: 7, ..Manifest::default() }
}

/// A backup with three files.
fn backup() -> (File, Manifest) {
    let mut writer = BackupWriter::new(tempfile::tempfile().expect("a file"));
    writer.add("growqr.db", 3, false, &b"abc"[..]).expect("added");
    writer.add(&long_path(), 0, true, &b""[..]).expect("added");
    writer.add("memory/.git/HEAD", 4, false, &b"main"[..]).expect("added");
    writer.finish(manifest()).expect("finished")
}

/// An archive with these entries, and the manifest of none.
fn archive(entries: &[(EntryType, &str, &[u8])]) -> File {
    let file = tempfile::tempfile().expect("a file");
    let mut archive = Builder::new(GzEncoder::new(file, Compression::fast()));
    for (kind, path, content) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // The library refuses such names, so they are written as bytes.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        archive.append(&header, *content).expect("appended");
    }
    archive.into_inner().expect("an end").finish().expect("an end")
}

fn bytes(file: &File) -> Vec<u8> {
    let (mut file, mut bytes) = (file, Vec::new());
    file.rewind().expect("its begin");
    file.read_to_end(&mut bytes).expect("its content");
    bytes
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    file
}

#[test]
fn a_backup_comes_back_as_it_was() {
    let (file, written) = backup();
    assert_eq!(check(&file, LIMIT).expect("it is sound"), written);
    let names: Vec<_> = written.parts.iter().map(|part| (part.name.as_str(), part.files, part.bytes)).collect();
    assert_eq!(names, [("growqr.db", 1, 3), ("memory", 1, 0), ("memory/.git", 1, 4)]);
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(extract(&file, LIMIT, folder.path()).expect("extracted"), (written, Vec::new()));
    assert_eq!(fs::read(folder.path().join("growqr.db")).expect("a file"), b"abc");
    assert_eq!(fs::read(folder.path().join("memory/.git/HEAD")).expect("a file"), b"main");
    let page = folder.path().join(long_path());
    assert!(page.exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(page).expect("a file").permissions().mode() & 0o777, 0o755);
    }
}

#[test]
fn a_backup_that_is_cut_off_anywhere_is_not_complete() {
    let whole = bytes(&backup().0);
    for end in 0..whole.len() {
        assert!(check(&file_of(&whole[..end]), LIMIT).is_err(), "{end} of {}", whole.len());
    }
    assert!(check(&file_of(&[&whole[..], b"x"].concat()), LIMIT).is_err(), "something after its end");
}

#[test]
fn a_changed_bit_is_refused_unless_the_content_stays_the_same() {
    let whole = bytes(&backup().0);
    let content = |file: &[u8]| {
        let mut content = Vec::new();
        GzDecoder::new(file).read_to_end(&mut content).map(|_| content)
    };
    let expected = content(&whole).expect("a backup");
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        // Names of the operating system in the head of gzip, or the same zeros copied from another place.
        let is_same = content(&changed).is_ok_and(|content| content == expected);
        assert_eq!(check(&file_of(&changed), LIMIT).is_ok(), is_same, "bit {bit}");
    }
}

#[test]
fn a_changed_content_is_named() {
    let text = serde_json::to_vec(&backup().1).expect("JSON");
    let entries: [(EntryType, &str, &[u8]); 2] =
        [(EntryType::Regular, "growqr.db", b"abd"), (EntryType::Regular, "manifest.json", &text)];
    let error = check(&archive(&entries), LIMIT).expect_err("it is changed").to_string();
    assert_eq!(error, "the backup is damaged: growqr.db is not what was written");
    assert!(matches!(check(&archive(&entries[..1]), LIMIT), Err(BackupError::Incomplete)));
}

#[test]
fn hostile_entries_are_refused_before_anything_is_written() {
    let plain = EntryType::Regular;
    let cases: [(EntryType, &str); 9] = [
        (plain, "../evil"),
        (plain, "/tmp/evil"),
        (plain, "memory/../../evil"),
        (plain, "memory/.git/hooks/post-commit"),
        (EntryType::Symlink, "memory/link"),
        (EntryType::Link, "memory/link"),
        (EntryType::Directory, "memory"),
        (EntryType::Fifo, "memory/pipe"),
        (EntryType::XHeader, "memory/x"),
    ];
    for (kind, path) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let file = archive(&[(kind, path, b"")]);
        let error = extract(&file, LIMIT, folder.path()).expect_err(path);
        assert!(matches!(error, BackupError::Refused { .. }), "{path}: {error}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "{path}");
    }
    let twice = archive(&[(plain, "memory/a", b""), (plain, "memory/a", b"")]);
    assert!(matches!(check(&twice, LIMIT), Err(BackupError::Refused { .. })));
}

#[test]
fn a_page_that_a_system_cannot_hold_is_left_out_and_the_others_come_back() {
    let mut writer = BackupWriter::new(tempfile::tempfile().expect("a file"));
    // A file and a folder of one name: what two names are that differ only in capital letters, where these do not count.
    for path in ["growqr.db", "memory/a", "memory/a/b.md", "memory/c:d.md", "memory/e.md"] {
        writer.add(path, 1, false, &b"x"[..]).expect("added");
    }
    let (file, written) = writer.finish(manifest()).expect("finished");
    for (is_windows, expected) in [(false, vec!["memory/a/b.md"]), (true, vec!["memory/a/b.md", "memory/c:d.md"])] {
        let folder = tempfile::tempdir().expect("a folder");
        let (found, left_out) = extract_on(&file, LIMIT, folder.path(), is_windows).expect("extracted");
        assert_eq!(found, written);
        let paths: Vec<&str> = left_out.iter().map(|left| left.path.as_str()).collect();
        assert_eq!(paths, expected);
        for path in ["growqr.db", "memory/a", "memory/e.md"] {
            assert_eq!(fs::read(folder.path().join(path)).expect(path), b"x");
        }
    }
    // What is no page cannot be left out.
    let twice = archive(&[(EntryType::Regular, "memory/.git/refs/a", b""), (EntryType::Regular, "memory/.git/refs/a/b", b"")]);
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(extract(&twice, LIMIT, folder.path()), Err(BackupError::Extract { .. })));
}

#[test]
fn a_bomb_is_refused_at_the_limit() {
    let many = vec![0; 4 << 20];
    let bomb = archive(&[(EntryType::Regular, "memory/a", &many)]);
    assert!(matches!(check(&bomb, LIMIT), Err(BackupError::TooLarge { limit: LIMIT })));
    let name = archive(&[(EntryType::GNULongName, "././@LongLink", &many)]);
    assert!(matches!(check(&name, LIMIT), Err(BackupError::Refused { .. })), "a name of 4 MB");
}

#[test]
fn paths_that_would_fill_the_memory_are_refused() {
    let mut paths = Paths::new(30);
    paths.add("memory/a.md").expect("11 bytes");
    paths.add("memory/b.md").expect("22 bytes");
    assert!(matches!(paths.add("memory/c.md"), Err(BackupError::Refused { .. })), "33 bytes");
}

#[test]
fn a_long_list_of_what_was_left_out_is_cut_and_counted_and_one_that_is_not_is_refused() {
    let mut list = LeftOutList::default();
    (0..=LeftOutList::MAX).for_each(|number| list.add(&format!("memory/{number}"), "a link"));
    assert_eq!((list.named.len(), list.more), (LeftOutList::MAX, 1));
    let mut left_out = list.named;
    let written = |left_out| {
        let writer = BackupWriter::new(tempfile::tempfile().expect("a file"));
        writer.finish(Manifest { left_out, more_left_out: 1, ..manifest() }).expect("finished").0
    };
    assert_eq!(check(&written(left_out.clone()), LIMIT).expect("it is sound").more_left_out, 1);
    left_out.extend_from_within(..1);
    assert!(matches!(check(&written(left_out), LIMIT), Err(BackupError::Refused { .. })));
}

#[test]
fn a_later_format_is_named_as_newer() {
    let text = br#"{"format": 2, "program": "9.0.0", "unknown": true}"#;
    let error = check(&archive(&[(EntryType::Regular, "manifest.json", text)]), LIMIT).expect_err("it is newer");
    assert_eq!(error.to_string(), "the backup is from a newer GrowQR (9.0.0)");
}

#[test]
fn a_file_that_shrinks_while_it_is_copied_is_reported() {
    let mut writer = BackupWriter::new(tempfile::tempfile().expect("a file"));
    assert!(matches!(writer.add("growqr.db", 5, false, &b"abc"[..]), Err(BackupError::Changed { .. })));
}
