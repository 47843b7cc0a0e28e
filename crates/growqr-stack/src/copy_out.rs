//! Files out of a container, byte for byte: by the daemon's archive calls, which also work while the container is stopped.

use crate::daemon::{Daemon, WORK, limited};
use crate::error::{self, StackError};
use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use std::time::Duration;

/// Headers and contents are padded to this.
pub(crate) const BLOCK: usize = 512;

/// An archive that says nothing for so long has stopped.
const SILENCE: Duration = Duration::from_secs(30);

/// A piece of an archive or of a file.
pub type Piece = Vec<u8>;

/// A file of a container that is being read.
pub struct ContainerFile {
    archive: BoxStream<'static, Result<Piece, StackError>>,
    /// What was received and not given out.
    rest: Piece,
    size: u64,
    left: u64,
}

/// What a path of a container is.
pub enum InContainer {
    /// A file.
    File(ContainerFile),
    /// A folder, a link or a device: not copied.
    Other,
}

impl Daemon {
    /// A path of a container as a tar archive, in pieces.
    pub fn archive(&self, container: &str, path: &str) -> BoxStream<'static, Result<Piece, StackError>> {
        let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
        let pieces = Box::pin(self.patient(WORK).download_from_container(container, Some(options)));
        let (daemon, path) = (self.clone(), path.to_owned());
        let next = async |state: Option<(_, Daemon, String)>| {
            let (mut pieces, daemon, path): (std::pin::Pin<Box<_>>, _, _) = state?;
            match limited(SILENCE, "copy a file", StreamExt::next(&mut pieces)).await {
                Ok(None) => None,
                Ok(Some(Ok(piece))) => Some((Ok(Piece::from(piece)), Some((pieces, daemon, path)))),
                Ok(Some(Err(problem))) => {
                    let error = error::read(daemon.call("copy a file", "file", &path), problem);
                    Some((Err(error), None))
                }
                Err(silent) => Some((Err(silent), None)),
            }
        };
        futures_util::stream::unfold(Some((pieces, daemon, path)), next).boxed()
    }

    /// Opens a path of a container.
    ///
    /// # Errors
    /// [`StackError::Missing`] if there is no such path.
    pub async fn open_path(&self, container: &str, path: &str) -> Result<InContainer, StackError> {
        let mut file = ContainerFile { archive: self.archive(container, path), rest: Piece::new(), size: 0, left: 0 };
        let entry = file.entry().await?;
        match entry.kind {
            b'0' | 0 => {
                (file.size, file.left) = (entry.size, entry.size);
                Ok(InContainer::File(file))
            }
            _ => Ok(InContainer::Other),
        }
    }

    /// User and group id of a path of a container.
    ///
    /// # Errors
    /// [`StackError::Missing`] if there is no such path.
    pub(crate) async fn owner(&self, container: &str, path: &str) -> Result<(u32, u32), StackError> {
        let mut file = ContainerFile { archive: self.archive(container, path), rest: Piece::new(), size: 0, left: 0 };
        Ok(file.entry().await?.owner)
    }
}

/// What the header of an entry says, with the records before it.
struct Entry {
    kind: u8,
    size: u64,
    owner: (u32, u32),
}

impl ContainerFile {
    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// [`StackError::ConnectionLost`] if the archive ends before the file does.
    pub async fn next(&mut self) -> Result<Option<Piece>, StackError> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut piece = std::mem::take(&mut self.rest);
        if piece.is_empty() {
            piece = self.receive().await?;
        }
        piece.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= piece.len() as u64;
        Ok(Some(piece))
    }

    /// At most so many bytes of it, from its beginning.
    ///
    /// # Errors
    /// As for [`ContainerFile::next`].
    pub async fn start(mut self, most: usize) -> Result<Piece, StackError> {
        let mut bytes = Piece::new();
        while bytes.len() < most
            && let Some(piece) = self.next().await?
        {
            bytes.extend_from_slice(&piece);
        }
        bytes.truncate(most);
        Ok(bytes)
    }

    /// The header of the first entry. Numbers that do not fit into it are in records before it.
    async fn entry(&mut self) -> Result<Entry, StackError> {
        let (mut size_before, mut user, mut group) = (None, None, None);
        loop {
            let header = self.take(BLOCK).await?;
            let size = size(&header);
            match header[156] {
                b'x' | b'g' => {
                    let content = self.take(padded(size)).await?;
                    let content = &content[..usize::try_from(size).unwrap_or(usize::MAX).min(content.len())];
                    size_before = number_record(content, "size").or(size_before);
                    user = number_record(content, "uid").or(user);
                    group = number_record(content, "gid").or(group);
                }
                // A long name of the entry that follows.
                b'L' | b'K' => drop(self.take(padded(size)).await?),
                kind => {
                    let id = |record: Option<u64>, at: usize| {
                        u32::try_from(record.unwrap_or_else(|| number(&header[at..at + 8]))).unwrap_or(u32::MAX)
                    };
                    return Ok(Entry { kind, size: size_before.unwrap_or(size), owner: (id(user, 108), id(group, 116)) });
                }
            }
        }
    }

    async fn take(&mut self, count: usize) -> Result<Piece, StackError> {
        while self.rest.len() < count {
            let piece = self.receive().await?;
            self.rest.extend_from_slice(&piece);
        }
        let rest = self.rest.split_off(count);
        Ok(std::mem::replace(&mut self.rest, rest))
    }

    async fn receive(&mut self) -> Result<Piece, StackError> {
        self.archive.try_next().await?.ok_or(StackError::ConnectionLost { during: "copy a file" })
    }
}

/// The size of a content with its padding.
pub(crate) fn padded(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX - BLOCK).next_multiple_of(BLOCK)
}

/// The size of an entry's content, as its header tells it.
pub(crate) fn size(header: &[u8]) -> u64 {
    number(&header[124..136])
}

/// A number of a header: octal digits, or binary if the first bit is set.
fn number(field: &[u8]) -> u64 {
    if field[0] & 0x80 != 0 {
        return field.iter().skip(1).fold(0, |number, byte| (number << 8) | u64::from(*byte));
    }
    let digits = field.iter().filter(|byte| (b'0'..=b'7').contains(byte));
    digits.fold(0, |number, digit| number * 8 + u64::from(digit - b'0'))
}

/// The value of a key among records of the form `length key=value` and a line break.
pub(crate) fn record<'a>(mut records: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    let mut found = None;
    while let Some(space) = records.iter().position(|byte| *byte == b' ') {
        let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
        let pair = records.get(space + 1..length)?.strip_suffix(b"\n")?;
        found = pair.strip_prefix(wanted.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")).or(found);
        records = &records[length..];
    }
    found
}

/// [`record`], if it is a number.
pub(crate) fn number_record(records: &[u8], wanted: &str) -> Option<u64> {
    std::str::from_utf8(record(records, wanted)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn numbers_that_do_not_fit_into_a_header_are_read_from_the_records_before_it() {
        let records = b"20 size=10000000000\n15 uid=3000000\n15 gid=4000000\n19 path=size=5 x=y\n\n";
        assert_eq!(number_record(records, "size"), Some(10_000_000_000));
        let tar = |content| crate::archive::tar(&[crate::archive::Entry { path: "a", content, mode: 0o644, owner: (1, 2) }]);
        let mut archive = tar(Some(&records[..]));
        archive[156] = b'x';
        archive.truncate(2 * BLOCK);
        archive.extend(tar(Some(b"")));
        let archive = futures_util::stream::iter([Ok(archive)]).boxed();
        let entry = ContainerFile { archive, rest: Piece::new(), size: 0, left: 0 }.entry().await.unwrap();
        assert_eq!((entry.kind, entry.size, entry.owner), (b'0', 10_000_000_000, (3_000_000, 4_000_000)));
    }

    #[test]
    fn numbers_of_a_header_are_octal_or_binary() {
        assert_eq!(number(b"00000001750\0"), 1000);
        assert_eq!(number(&[0x80, 0, 0, 0, 2, 0, 0, 0]), 2 << 24);
    }

    #[tokio::test]
    async fn a_file_is_given_out_without_header_padding_and_end_and_a_cut_one_is_an_error() {
        let archive =
            crate::archive::tar(&[crate::archive::Entry { path: "a", content: Some(b" exact \n"), mode: 0o644, owner: (1, 2) }]);
        let pieces = |bytes: &[u8]| bytes.chunks(7).map(|piece| Ok(piece.to_vec())).collect::<Vec<_>>();
        let open = |bytes: &[u8], left| ContainerFile {
            archive: futures_util::stream::iter(pieces(bytes)).boxed(),
            rest: Piece::new(),
            size: left,
            left,
        };
        let mut file = open(&archive, 8);
        assert_eq!(size(&file.take(BLOCK).await.unwrap()), 8);
        assert_eq!(file.start(100).await.unwrap(), b" exact \n");
        let cut = open(&archive[..BLOCK + 3], 8);
        let mut cut = cut;
        cut.take(BLOCK).await.unwrap();
        assert!(matches!(cut.start(100).await, Err(StackError::ConnectionLost { .. })));
    }
}
