//! The archive of a folder of a container without some of the folders in it, and whether it is complete.

use crate::copy_out::Piece;
use crate::daemon::Daemon;
use crate::error::StackError;
use crate::tar_stream::{self, BLOCK, Next};
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
            Some(piece) => Ok(Some((filter.pass(piece)?, Some((archive, filter))))),
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
        Filter { left_out, rest: Piece::new(), left: 0, passes: true, zeros: 0 }
    }

    fn pass(&mut self, piece: Piece) -> Result<Piece, StackError> {
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
            let (headers, passes) = match tar_stream::next(rest)? {
                Next::Entry(entry) => {
                    self.zeros = 0;
                    self.left = entry.padded_size;
                    self.passes = !self.is_left_out(&entry.name);
                    (entry.headers, self.passes)
                }
                Next::Zeros => {
                    self.zeros += 1;
                    (BLOCK, true)
                }
                Next::Incomplete => break,
            };
            let (now, later) = rest.split_at(headers);
            if passes {
                out.extend_from_slice(now);
            }
            rest = later;
        }
        self.rest = rest.to_vec();
        Ok(out)
    }

    fn is_left_out(&self, name: &[u8]) -> bool {
        let is_in = |folder: &Vec<u8>| name.strip_prefix(&folder[..]).is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
        self.left_out.iter().any(is_in)
    }

    fn is_complete(&self) -> bool {
        self.zeros >= END && self.left == 0 && self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of these files and folders. Folders have no content.
    fn tar(entries: &[(&str, Option<&[u8]>)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in entries {
            let mut header = tar::Header::new_gnu();
            let kind = if content.is_some() { tar::EntryType::Regular } else { tar::EntryType::Directory };
            header.set_entry_type(kind);
            header.set_uid(1);
            header.set_gid(1);
            header.set_size(content.map_or(0, |content| content.len() as u64));
            builder.append_data(&mut header, path, content.unwrap_or_default()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    async fn copied(archive: &[u8], left_out: &[&str]) -> Result<Piece, StackError> {
        let left_out: Vec<String> = left_out.iter().map(|place| (*place).to_owned()).collect();
        let pieces: Vec<_> = archive.chunks(700).map(|piece| Ok(piece.to_vec())).collect();
        without(stream::iter(pieces).boxed(), Filter::new("/workspace", &left_out)).try_concat().await
    }

    #[tokio::test]
    async fn shared_folders_are_left_out_and_all_else_stays_as_it_is() {
        let large = [7; 2000];
        let (folder, file) = (("workspace/", None), ("workspace/x-2/a", Some(&large[..])));
        let last: (_, Option<&[u8]>) = ("workspace/b", Some(b""));
        let all = tar(&[folder, ("workspace/x/", None), ("workspace/x/big", Some(&large)), file, last]);
        let expected = tar(&[folder, file, last]);
        assert_eq!(copied(&all, &["/workspace/x"]).await.unwrap(), expected);
        assert_eq!(copied(&all, &[]).await.unwrap(), all);
    }

    #[tokio::test]
    async fn an_entry_with_a_long_name_is_left_out_with_the_records_before_it() {
        let name = format!("workspace/x/{}", "long/".repeat(50));
        let long = tar(&[(&name, Some(b"secret"))]);
        assert_eq!(copied(&long, &["/workspace/x"]).await.unwrap(), tar(&[]));
        assert_eq!(copied(&long, &["/workspace/y"]).await.unwrap(), long);
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_pax_extensions([("path", &b"workspace/x"[..])]).unwrap();
        let mut pax = builder.into_inner().unwrap();
        pax.truncate(2 * BLOCK);
        pax.extend(tar(&[("cut", Some(b"secret"))]));
        assert_eq!(copied(&pax, &["/workspace/x"]).await.unwrap(), tar(&[]));
        assert_eq!(copied(&pax, &["/workspace/y"]).await.unwrap(), pax);
    }

    #[tokio::test]
    async fn an_archive_without_its_end_is_an_error() {
        let whole = tar(&[("workspace/a", Some(b"abc"))]);
        for length in [0, BLOCK, 2 * BLOCK, 3 * BLOCK, 4 * BLOCK - 1] {
            assert!(matches!(copied(&whole[..length], &[]).await, Err(StackError::ConnectionLost { .. })), "{length}");
        }
        assert_eq!(copied(&whole, &[]).await.unwrap(), whole);
    }
}
