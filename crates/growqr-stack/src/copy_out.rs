//! Files out of a container, byte for byte: by the daemon's archive calls, which also work while the container is stopped.

use crate::daemon::{Daemon, WORK, limited};
use crate::error::{self, StackError};
use crate::tar_stream::{self, Damaged, Entry, Next};
use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use std::time::Duration;

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
        if !entry.kind.is_file() {
            return Ok(InContainer::Other);
        }
        (file.size, file.left) = (entry.size, entry.size);
        Ok(InContainer::File(file))
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

    /// The first entry of the archive.
    async fn entry(&mut self) -> Result<Entry, StackError> {
        loop {
            match tar_stream::next(&self.rest)? {
                Next::Entry(entry) => {
                    self.rest.drain(..entry.headers);
                    return Ok(entry);
                }
                Next::Zeros => return Err(StackError::ConnectionLost { during: "copy a file" }),
                Next::Incomplete => {
                    let piece = self.receive().await?;
                    self.rest.extend_from_slice(&piece);
                }
            }
        }
    }

    async fn receive(&mut self) -> Result<Piece, StackError> {
        self.archive.try_next().await?.ok_or(StackError::ConnectionLost { during: "copy a file" })
    }
}

impl From<Damaged> for StackError {
    fn from(error: Damaged) -> StackError {
        StackError::Failed { during: "copy a file", message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_given_out_without_header_padding_and_end_and_a_cut_one_is_an_error() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(9);
        header.set_uid(1);
        header.set_gid(1);
        builder.append_data(&mut header, "long/".repeat(50), &b" exact \n\n"[..]).unwrap();
        let archive = builder.into_inner().unwrap();
        let open = async |bytes: &[u8]| {
            let pieces: Vec<_> = bytes.chunks(7).map(|piece| Ok(piece.to_vec())).collect();
            let archive = futures_util::stream::iter(pieces).boxed();
            let mut file = ContainerFile { archive, rest: Piece::new(), size: 0, left: 0 };
            file.left = file.entry().await?.size;
            file.start(100).await
        };
        assert_eq!(open(&archive).await.unwrap(), b" exact \n\n");
        let content = archive.windows(9).position(|bytes| bytes == b" exact \n\n").unwrap();
        for length in [0, 100, content, content + 3] {
            assert!(matches!(open(&archive[..length]).await, Err(StackError::ConnectionLost { .. })), "{length}");
        }
    }
}
