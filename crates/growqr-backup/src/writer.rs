//! Writes a backup, file by file.

use crate::error::BackupError;
use crate::manifest::{FORMAT, MANIFEST, Manifest, Parts, hex};
use crate::names;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Read};
use tar::{Builder, EntryType, Header};

/// The size of the buffer in front of the file.
const BUFFER: usize = 1 << 20;

/// A backup that is being written. Its file is complete once [`BackupWriter::finish`] has returned.
pub struct BackupWriter {
    archive: Builder<GzEncoder<BufWriter<File>>>,
    parts: Parts,
}

impl BackupWriter {
    /// Writes to this empty file.
    #[must_use]
    pub fn new(file: File) -> BackupWriter {
        let compressed = GzEncoder::new(BufWriter::with_capacity(BUFFER, file), Compression::fast());
        BackupWriter { archive: Builder::new(compressed), parts: Parts::default() }
    }

    /// Adds a file of `bytes` bytes.
    ///
    /// # Errors
    /// [`BackupError::Changed`] if there is less to read, [`BackupError::Source`] if it cannot be read, [`BackupError::Write`] if the
    /// backup cannot be written: then it cannot be continued. [`BackupError::Refused`] if no backup may have a file of this name.
    pub fn add(&mut self, path: &str, bytes: u64, is_program: bool, content: impl Read) -> Result<(), BackupError> {
        if let Some(what) = names::refusal(path) {
            return Err(BackupError::Refused { what });
        }
        let mut content = Hashed { inner: content.take(bytes), hasher: Sha256::new(), bytes: 0, failed: None };
        let added = self.append(path, bytes, is_program, &mut content);
        if let Some(source) = content.failed {
            return Err(BackupError::Source { path: path.to_owned(), source });
        }
        added?;
        if content.bytes != bytes {
            return Err(BackupError::Changed { path: path.to_owned() });
        }
        self.parts.add(path, bytes, &hex(&content.hasher.finalize()));
        Ok(())
    }

    /// Adds the manifest, whose parts are set here, and returns both. The file is not durable yet.
    ///
    /// # Errors
    /// [`BackupError::Write`].
    pub fn finish(mut self, manifest: Manifest) -> Result<(File, Manifest), BackupError> {
        let manifest = Manifest { format: FORMAT, parts: std::mem::take(&mut self.parts).finish(), ..manifest };
        let text = serde_json::to_vec_pretty(&manifest).map_err(|error| BackupError::Write(error.into()))?;
        self.append(MANIFEST, text.len() as u64, false, &mut text.as_slice())?;
        let compressed = self.archive.into_inner().map_err(BackupError::Write)?;
        let buffer = compressed.finish().map_err(BackupError::Write)?;
        let file = buffer.into_inner().map_err(|error| BackupError::Write(error.into_error()))?;
        Ok((file, manifest))
    }

    fn append(&mut self, path: &str, bytes: u64, is_program: bool, content: &mut dyn Read) -> Result<(), BackupError> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes);
        header.set_mode(if is_program { 0o755 } else { 0o644 });
        self.archive.append_data(&mut header, path, content).map_err(BackupError::Write)
    }
}

/// Computes the hash of what is read, and keeps an error of reading apart from those of writing.
struct Hashed<R> {
    inner: R,
    hasher: Sha256,
    bytes: u64,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(read) => {
                self.hasher.update(&buffer[..read]);
                self.bytes += read as u64;
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}
