//! The archive of a folder of a container without some of the folders in it, and whether it is complete.

use crate::copy_out::{BLOCK, Piece, number_record, padded, record, size};
use crate::daemon::Daemon;
use crate::error::StackError;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};

/// An archive ends with so many blocks of zeros.
const END: usize = 2;

impl Daemon {
    /// A path of a container as a tar archive, in pieces, without these absolute paths below it. The stream ends without an error
    /// only if the archive is complete.
    pub fn archive_without(
        &self,
        container: &str,
        path: &str,
        left_out: &[String],
    ) -> BoxStream<'static, Result<Piece, StackError>> {
        without(self.archive(container, path), Filter::new(path, left_out))
    }
}

fn without(
    archive: BoxStream<'static, Result<Piece, StackError>>,
    filter: Filter,
) -> BoxStream<'static, Result<Piece, StackError>> {
    let next = async |state: Option<(BoxStream<'static, _>, Filter)>| {
        let Some((mut archive, mut filter)) = state else { return Ok(None) };
        match archive.try_next().await? {
            Some(piece) => Ok(Some((filter.pass(piece), Some((archive, filter))))),
            None if filter.is_complete() => Ok(None),
            None => Err(StackError::ConnectionLost { during: "copy a file" }),
        }
    };
    stream::try_unfold(Some((archive, filter)), next).boxed()
}

/// Takes pieces of an archive and gives out what is not left out.
struct Filter {
    /// As the archive names them.
    left_out: Vec<Vec<u8>>,
    /// What was received and not looked at.
    rest: Piece,
    /// What is before the header of an entry: long names and other records.
    before: Piece,
    name: Option<Vec<u8>>,
    size: Option<u64>,
    /// Bytes of the entry that are still to come, and whether they are given out.
    left: u64,
    passes: bool,
    zeros: usize,
}

impl Filter {
    /// An archive names its entries from the last part of the path on.
    fn new(path: &str, left_out: &[String]) -> Filter {
        let parent = path.trim_end_matches('/').rsplit_once('/').map_or(0, |(parent, _)| parent.len() + 1);
        let named = |place: &String| place.as_bytes().get(parent..).unwrap_or_default().to_vec();
        let left_out = left_out.iter().filter(|place| place.starts_with(path)).map(named).collect();
        Filter { left_out, rest: Piece::new(), before: Piece::new(), name: None, size: None, left: 0, passes: true, zeros: 0 }
    }

    fn pass(&mut self, piece: Piece) -> Piece {
        let mut received = std::mem::take(&mut self.rest);
        received.extend(piece);
        let mut rest = &received[..];
        let mut out = Piece::new();
        loop {
            if self.left > 0 {
                let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
                let (now, later) = rest.split_at(count);
                if self.passes {
                    out.extend_from_slice(now);
                }
                self.left -= count as u64;
                rest = later;
            }
            let Some((header, after)) = rest.split_at_checked(BLOCK) else { break };
            if header.iter().all(|byte| *byte == 0) {
                self.zeros += 1;
                out.extend_from_slice(header);
                rest = after;
                continue;
            }
            self.zeros = 0;
            let size = size(header);
            if matches!(header[156], b'x' | b'g' | b'L' | b'K') {
                let Some((content, later)) = after.split_at_checked(padded(size)) else { break };
                self.read_before(header[156], &content[..usize::try_from(size).unwrap_or(usize::MAX).min(content.len())]);
                self.before.extend_from_slice(header);
                self.before.extend_from_slice(content);
                rest = later;
                continue;
            }
            let name = self.name.take().unwrap_or_else(|| name(header));
            // Links, devices and folders have no content, whatever their size.
            let size = if matches!(header[156], b'1'..=b'6') { 0 } else { self.size.take().unwrap_or(size) };
            self.size = None;
            self.left = size.next_multiple_of(BLOCK as u64);
            self.passes = !self.is_left_out(&name);
            let before = std::mem::take(&mut self.before);
            if self.passes {
                out.extend(before);
                out.extend_from_slice(header);
            }
            rest = after;
        }
        self.rest = rest.to_vec();
        out
    }

    fn read_before(&mut self, kind: u8, content: &[u8]) {
        match kind {
            b'x' => {
                self.name = record(content, "path").map(<[u8]>::to_vec).or(self.name.take());
                self.size = number_record(content, "size").or(self.size);
            }
            b'L' => self.name = content.split(|byte| *byte == 0).next().map(<[u8]>::to_vec),
            _ => {}
        }
    }

    fn is_left_out(&self, name: &[u8]) -> bool {
        let is_in = |folder: &Vec<u8>| name.strip_prefix(&folder[..]).is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
        self.left_out.iter().any(is_in)
    }

    fn is_complete(&self) -> bool {
        self.zeros >= END && self.left == 0 && self.rest.is_empty()
    }
}

/// The name in a header: its end, after its beginning if the format has a place for it.
fn name(header: &[u8]) -> Vec<u8> {
    let text = |field: &[u8]| field.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
    let (start, end) = (text(&header[345..500]), text(&header[..100]));
    if &header[257..263] != b"ustar\0" || start.is_empty() { end } else { [start, end].join(&b'/') }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Entry, tar};

    fn entry<'a>(path: &'a str, content: Option<&'a [u8]>) -> Entry<'a> {
        Entry { path, content, mode: 0o644, owner: (1, 1) }
    }

    async fn copied(archive: &[u8], left_out: &[&str]) -> Result<Piece, StackError> {
        let left_out: Vec<String> = left_out.iter().map(|place| (*place).to_owned()).collect();
        let pieces: Vec<_> = archive.chunks(700).map(|piece| Ok(piece.to_vec())).collect();
        without(stream::iter(pieces).boxed(), Filter::new("/workspace", &left_out)).try_concat().await
    }

    #[tokio::test]
    async fn shared_folders_are_left_out_and_all_else_stays_as_it_is() {
        let large = [7; 2000];
        let (folder, file) = (entry("workspace/", None), entry("workspace/x-2/a", Some(&large)));
        let all = tar(&[
            folder,
            entry("workspace/x/", None),
            entry("workspace/x/big", Some(&large)),
            file,
            entry("workspace/b", Some(b"")),
        ]);
        let expected = tar(&[entry("workspace/", None), entry("workspace/x-2/a", Some(&large)), entry("workspace/b", Some(b""))]);
        assert_eq!(copied(&all, &["/workspace/x"]).await.unwrap(), expected);
        assert_eq!(copied(&all, &[]).await.unwrap(), all);
    }

    #[tokio::test]
    async fn an_entry_with_a_long_name_is_left_out_with_the_records_before_it() {
        let mut long = tar(&[entry("record", Some(b"20 path=workspace/x\n"))]);
        long[156] = b'x';
        long.truncate(2 * BLOCK);
        long.extend(tar(&[entry("cut", Some(b"secret"))]));
        assert_eq!(copied(&long, &["/workspace/x"]).await.unwrap(), tar(&[]));
        assert_eq!(copied(&long, &["/workspace/y"]).await.unwrap(), long);
    }

    #[tokio::test]
    async fn an_archive_without_its_end_is_an_error() {
        let whole = tar(&[entry("workspace/a", Some(b"abc"))]);
        for length in [0, BLOCK, 2 * BLOCK, 3 * BLOCK, 4 * BLOCK - 1] {
            assert!(matches!(copied(&whole[..length], &[]).await, Err(StackError::ConnectionLost { .. })), "{length}");
        }
        assert_eq!(copied(&whole, &[]).await.unwrap(), whole);
    }
}
