//! The entries of a tar archive that arrives in pieces. The `tar` crate reads archives only from a blocking reader, and a thread
//! that waits for the daemon cannot be cancelled. It also refuses records whose value has a line break, such as the name of a
//! file. So its headers are used here, and nothing else of its reader.

use tar::{EntryType, Header};

/// Headers and contents are padded to this.
pub(crate) const BLOCK: usize = 512;

/// A name or a set of records that is longer is none.
const LONGEST_RECORDS: u64 = 1 << 20;

/// The archive is not one.
#[derive(Debug, thiserror::Error)]
#[error("the archive is damaged: {0}")]
pub(crate) struct Damaged(String);

/// What comes next in an archive.
#[derive(Debug)]
pub(crate) enum Next {
    /// An entry. Its content follows.
    Entry(Entry),
    /// A block of zeros: an archive ends with two.
    Zeros,
    /// Not all of it was received yet.
    Incomplete,
}

/// What the headers of an entry say.
#[derive(Debug)]
pub(crate) struct Entry {
    pub kind: EntryType,
    /// Its path.
    pub name: Vec<u8>,
    /// Bytes of its content.
    pub size: u64,
    /// Bytes of its content with the padding.
    pub padded_size: u64,
    /// User and group id.
    pub owner: (u32, u32),
    /// The number of received bytes that were its headers, with the names and records before them.
    pub headers: usize,
}

/// Reads the next headers at the beginning of what was received.
///
/// # Errors
/// [`Damaged`] if these are no headers.
pub(crate) fn next(received: &[u8]) -> Result<Next, Damaged> {
    let (mut name, mut size, mut user, mut group) = (None, None, None, None);
    let mut rest = received;
    loop {
        let Some((block, after)) = rest.split_at_checked(BLOCK) else { return Ok(Next::Incomplete) };
        if block.iter().all(|byte| *byte == 0) {
            let is_first = rest.len() == received.len();
            return if is_first { Ok(Next::Zeros) } else { Err(Damaged("records without an entry".to_owned())) };
        }
        let header = Header::from_byte_slice(block);
        check(header)?;
        let kind = header.entry_type();
        let content = header.entry_size().map_err(damaged)?;
        let is_long_name = kind.is_gnu_longname();
        if !(is_long_name || kind.is_gnu_longlink() || kind.is_pax_local_extensions() || kind.is_pax_global_extensions()) {
            let size = if has_content(kind) { size.unwrap_or(content) } else { 0 };
            let id = |record: Option<u64>, field: std::io::Result<u64>| {
                record.map_or(field, Ok).map(|id| u32::try_from(id).unwrap_or(u32::MAX)).map_err(damaged)
            };
            return Ok(Next::Entry(Entry {
                kind,
                name: name.unwrap_or_else(|| header.path_bytes().into_owned()),
                size,
                padded_size: size.checked_next_multiple_of(BLOCK as u64).ok_or_else(|| too_large(size))?,
                owner: (id(user, header.uid())?, id(group, header.gid())?),
                headers: received.len() - after.len(),
            }));
        }
        if content > LONGEST_RECORDS {
            return Err(too_large(content));
        }
        // It is at most LONGEST_RECORDS.
        let length = content as usize;
        let Some((padded, after)) = after.split_at_checked(length.next_multiple_of(BLOCK)) else { return Ok(Next::Incomplete) };
        let content = &padded[..length];
        if is_long_name {
            name = content.split(|byte| *byte == 0).next().map(<[u8]>::to_vec);
        } else if kind.is_pax_local_extensions() {
            let number = |wanted| record(content, wanted).map(number).transpose();
            name = record(content, "path").map(<[u8]>::to_vec).or(name);
            size = number("size")?.or(size);
            user = number("uid")?.or(user);
            group = number("gid")?.or(group);
        }
        rest = after;
    }
}

/// The last value of a key among records of the form `length key=value` and a line break.
fn record<'a>(mut records: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    let mut found = None;
    while let Some(space) = records.iter().position(|byte| *byte == b' ') {
        let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
        let pair = records.get(space + 1..length)?.strip_suffix(b"\n")?;
        found = pair.strip_prefix(wanted.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")).or(found);
        records = &records[length..];
    }
    found
}

fn number(record: &[u8]) -> Result<u64, Damaged> {
    let text = String::from_utf8_lossy(record);
    text.parse().map_err(|_| Damaged(format!("{text:?} is no number")))
}

/// Links, devices and folders have no content, whatever their size.
fn has_content(kind: EntryType) -> bool {
    !(kind.is_hard_link()
        || kind.is_symlink()
        || kind.is_character_special()
        || kind.is_block_special()
        || kind.is_dir()
        || kind.is_fifo())
}

fn check(header: &Header) -> Result<(), Damaged> {
    let mut same = header.clone();
    same.set_cksum();
    if same.cksum().map_err(damaged)? == header.cksum().map_err(damaged)? {
        Ok(())
    } else {
        Err(Damaged("the checksum of a header is wrong".to_owned()))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn damaged(error: std::io::Error) -> Damaged {
    Damaged(error.to_string())
}

fn too_large(size: u64) -> Damaged {
    Damaged(format!("an entry of {size} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(archive: &[u8]) -> Entry {
        match next(archive) {
            Ok(Next::Entry(entry)) => entry,
            other => panic!("{other:?}"),
        }
    }

    /// An archive of one file. `set` changes its header.
    fn archive(records: &[(&str, &[u8])], set: impl FnOnce(&mut Header)) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_pax_extensions(records.iter().copied()).unwrap();
        let mut header = Header::new_ustar();
        header.set_path("a").unwrap();
        header.set_size(0);
        header.set_uid(1);
        header.set_gid(2);
        set(&mut header);
        header.set_cksum();
        builder.append(&header, std::io::empty()).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn numbers_that_do_not_fit_into_a_header_are_read_from_the_records_before_it() {
        let records: [(&str, &[u8]); 4] =
            [("size", b"10000000000"), ("uid", b"3000000"), ("gid", b"4000000"), ("path", b"b\n9 size=5\n")];
        let found = entry(&archive(&records, |_| {}));
        assert_eq!((found.kind, found.size, found.owner), (EntryType::Regular, 10_000_000_000, (3_000_000, 4_000_000)));
        assert_eq!(found.name, b"b\n9 size=5\n", "a value may have line breaks");
    }

    #[test]
    fn numbers_of_a_header_are_octal_or_binary() {
        let found = entry(&archive(&[], |header| {
            header.set_uid(1000);
            header.set_gid(2 << 24);
            header.set_size(10_000_000_000);
        }));
        assert_eq!((found.owner, found.size, found.padded_size), ((1000, 2 << 24), 10_000_000_000, 10_000_000_000));
    }

    #[test]
    fn a_size_that_no_file_can_have_is_an_error() {
        let almost_all = |header: &mut Header| header.as_old_mut().size = [0x80, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255];
        assert!(next(&archive(&[], almost_all)).is_err());
        assert!(next(&archive(&[("size", b"18446744073709551615")], |_| {})).is_err());
        for kind in [EntryType::XHeader, EntryType::GNULongName] {
            let records = archive(&[], |header| {
                almost_all(header);
                header.set_entry_type(kind);
            });
            assert!(next(&records).is_err(), "{kind:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_archive_are_an_error() {
        assert!(next(&[7; BLOCK]).is_err());
        let mut changed = archive(&[], |_| {});
        changed[0] = b'b';
        assert!(next(&changed).is_err());
        assert!(matches!(next(&changed[..BLOCK - 1]), Ok(Next::Incomplete)));
    }
}
