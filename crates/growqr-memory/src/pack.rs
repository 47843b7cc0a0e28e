//! Writes git packs: many objects in one file, with one wait for the disk. A pack of this module holds whole objects, no
//! deltas; `git gc` makes it smaller. No ref points to the objects yet, so a kill leaves at most a temporary file, which the
//! next pack of the same kind overwrites.

use crate::disk;
use flate2::{Compress, Compression, FlushCompress, Status};
use git2::{ObjectType, Oid};
use sha1::{Digest, Sha1};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// From this number of objects on, a pack is faster than an fsync for each.
pub(crate) const PACK_FROM: usize = 8;

/// The purposes of packs: the pages of a scan, and a commit.
pub(crate) const PAGES: &str = "pages";
pub(crate) const COMMIT: &str = "commit";

/// The ending of the file beside a pack that keeps git from removing the pack.
const KEEP: &str = "keep";
const PACK_VERSION: u32 = 2;
const INDEX_SIGNATURE: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];
/// Offsets from here on stand in the index's table of large offsets.
const LARGE_OFFSET: u64 = 1 << 31;

/// An object in the form in which a pack holds it.
pub(crate) struct PackedObject {
    pub(crate) oid: Oid,
    /// Kind, size, and the compressed content.
    bytes: Vec<u8>,
}

impl PackedObject {
    /// Compresses an object whose id is known.
    ///
    /// # Errors
    /// If zlib fails.
    pub(crate) fn new(oid: Oid, kind: ObjectType, content: &[u8]) -> io::Result<PackedObject> {
        let mut bytes = header(kind, content.len());
        bytes.reserve(content.len() / 2 + 64);
        // Fast rather than small: `git gc` compresses it again.
        let mut zlib = Compress::new(Compression::fast(), true);
        loop {
            let done = usize::try_from(zlib.total_in()).unwrap_or(content.len());
            match zlib.compress_vec(&content[done..], &mut bytes, FlushCompress::Finish)? {
                Status::StreamEnd => return Ok(PackedObject { oid, bytes }),
                Status::Ok | Status::BufError => bytes.reserve(bytes.len().max(64)),
            }
        }
    }

    /// Its length in the pack.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// The kind and the size of an object, as a pack encodes them: four bits of the size in the first byte, then seven in each.
fn header(kind: ObjectType, size: usize) -> Vec<u8> {
    let kind: u8 = match kind {
        ObjectType::Commit => 1,
        ObjectType::Tree => 2,
        ObjectType::Tag => 4,
        _ => 3,
    };
    let mut bytes = vec![kind << 4 | (size & 0x0f) as u8];
    let mut rest = size >> 4;
    while rest > 0 {
        if let Some(last) = bytes.last_mut() {
            *last |= 0x80;
        }
        bytes.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    bytes
}

/// Writes the objects into one pack in the folder `objects` of a repository. They are durable when this returns. `purpose` names
/// the temporary files; two threads must not use the same one. Until [`release`] is called for it, git neither removes the pack nor
/// takes it apart.
///
/// # Errors
/// If the disk fails.
pub(crate) fn write_pack(objects: &Path, purpose: &str, mut packed: Vec<PackedObject>) -> io::Result<()> {
    let mut seen = HashSet::with_capacity(packed.len());
    packed.retain(|object| seen.insert(object.oid));
    if packed.is_empty() {
        return Ok(());
    }
    let folder = objects.join("pack");
    fs::create_dir_all(&folder)?;
    // `git gc` removes old files whose names begin like this.
    let temporary = |kind: &str| folder.join(format!("tmp_{kind}_growqr_{purpose}"));
    let (pack, index) = (temporary("pack"), temporary("idx"));
    let count = u32::try_from(packed.len()).map_err(io::Error::other)?;
    let mut writer = HashedFile::create(&pack)?;
    writer.write(b"PACK")?;
    writer.write(&PACK_VERSION.to_be_bytes())?;
    writer.write(&count.to_be_bytes())?;
    let mut places = Vec::with_capacity(packed.len());
    for object in packed {
        places.push(Place { oid: object.oid, crc: crc32fast::hash(&object.bytes), offset: writer.length });
        writer.write(&object.bytes)?;
    }
    let checksum = writer.finish()?;
    places.sort_by_key(|place| place.oid);
    let mut writer = HashedFile::create(&index)?;
    write_index(&mut writer, &places, &checksum)?;
    writer.finish()?;
    let name = checksum.iter().fold(String::from("pack-"), |name, byte| name + &format!("{byte:02x}"));
    fs::write(folder.join(format!("{name}.{KEEP}")), kept_for(purpose))?;
    // The index last: git looks for packs by their indexes.
    install(&pack, &folder.join(format!("{name}.pack")))?;
    install(&index, &folder.join(format!("{name}.idx")))?;
    disk::sync_folder(&folder)
}

/// Lets git do with the packs of this purpose what it likes again: a ref points to their objects, or nobody needs them. A failure
/// is only logged; the next call tries again.
pub(crate) fn release(objects: &Path, purpose: &str) {
    let Ok(entries) = fs::read_dir(objects.join("pack")) else { return };
    let files = entries.flatten().map(|entry| entry.path());
    for file in files.filter(|path| path.extension().is_some_and(|ending| ending == KEEP)) {
        let is_ours = fs::read_to_string(&file).is_ok_and(|text| text == kept_for(purpose));
        if is_ours && let Err(error) = fs::remove_file(&file) {
            tracing::debug!(%error, "a pack stays protected");
        }
    }
}

/// What the file beside a pack says that keeps git from removing the pack.
fn kept_for(purpose: &str) -> String {
    format!("growqr {purpose}\n")
}

fn install(temporary: &Path, place: &Path) -> io::Result<()> {
    disk::retry_while_in_use(|| fs::rename(temporary, place))
}

/// Where an object stands in its pack.
struct Place {
    oid: Oid,
    crc: u32,
    offset: u64,
}

/// Writes the pack's index, version 2: object ids in order, with checksum and place of each.
fn write_index(to: &mut HashedFile, places: &[Place], checksum: &[u8]) -> io::Result<()> {
    to.write(&INDEX_SIGNATURE)?;
    let mut below = 0_u32;
    let mut rest = places.iter().peekable();
    for first in 0..=u8::MAX {
        while rest.next_if(|place| place.oid.as_bytes()[0] == first).is_some() {
            below += 1;
        }
        to.write(&below.to_be_bytes())?;
    }
    for place in places {
        to.write(place.oid.as_bytes())?;
    }
    for place in places {
        to.write(&place.crc.to_be_bytes())?;
    }
    let mut large = Vec::new();
    for Place { offset, .. } in places {
        let short = match u32::try_from(*offset) {
            Ok(short) if *offset < LARGE_OFFSET => short,
            _ => {
                large.push(*offset);
                u32::try_from(large.len() - 1).map_err(io::Error::other)? | 1 << 31
            }
        };
        to.write(&short.to_be_bytes())?;
    }
    for offset in large {
        to.write(&offset.to_be_bytes())?;
    }
    to.write(checksum)
}

/// A new file that ends with the SHA-1 of its content.
struct HashedFile {
    file: io::BufWriter<File>,
    hash: Sha1,
    length: u64,
}

impl HashedFile {
    fn create(path: &Path) -> io::Result<HashedFile> {
        let file = io::BufWriter::with_capacity(1 << 20, File::create(path)?);
        Ok(HashedFile { file, hash: Sha1::new(), length: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Adds the checksum and makes the file durable.
    fn finish(mut self) -> io::Result<Vec<u8>> {
        let checksum = self.hash.finalize().to_vec();
        self.file.write_all(&checksum)?;
        disk::sync_file(&self.file.into_inner().map_err(io::IntoInnerError::into_error)?)?;
        Ok(checksum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use git2::Repository;
    use std::process::Command;

    #[test]
    fn a_pack_outlives_git_repack_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repository::init_bare(folder.path()).unwrap();
        let objects = folder.path().join("objects");
        let write = |purpose: &str| {
            let bytes = purpose.as_bytes();
            let oid = Oid::hash_object(ObjectType::Blob, bytes).unwrap();
            write_pack(&objects, purpose, vec![PackedObject::new(oid, ObjectType::Blob, bytes).unwrap()]).unwrap();
            oid
        };
        let (pages, commit) = (write(PAGES), write(COMMIT));
        let clean = || {
            for arguments in [&["repack", "-a", "-d", "-q"][..], &["gc", "-q", "--prune=now"]] {
                let done = Command::new("git").arg("-C").arg(folder.path()).args(arguments).output().unwrap();
                assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            }
            repo.odb().unwrap().refresh().unwrap();
            [pages, commit].map(|oid| Repository::open(folder.path()).unwrap().find_blob(oid).is_ok())
        };
        assert_eq!(clean(), [true, true]);
        release(&objects, PAGES);
        assert_eq!(clean(), [false, true]);
        release(&objects, COMMIT);
        assert_eq!(clean(), [false, false]);
    }

    #[test]
    fn git_reads_the_objects_of_a_pack_and_finds_it_sound() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repository::init_bare(folder.path()).unwrap();
        let contents: Vec<Vec<u8>> = (0..300_usize).map(|number| format!("{number} ").repeat(number * 7).into_bytes()).collect();
        let packed = contents.iter().map(|bytes| {
            let oid = Oid::hash_object(ObjectType::Blob, bytes).unwrap();
            PackedObject::new(oid, ObjectType::Blob, bytes).unwrap()
        });
        write_pack(&folder.path().join("objects"), "test", packed.collect()).unwrap();
        for bytes in &contents {
            let oid = Oid::hash_object(ObjectType::Blob, bytes).unwrap();
            assert_eq!(repo.find_blob(oid).unwrap().content(), bytes);
        }
        let pack = fs::read_dir(folder.path().join("objects/pack")).unwrap().flatten().map(|entry| entry.path());
        let index = pack.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "idx")).unwrap();
        for arguments in [vec!["verify-pack", index.to_str().unwrap()], vec!["fsck", "--strict", "--full"]] {
            let done = Command::new("git").arg("-C").arg(folder.path()).args(&arguments).output().unwrap();
            assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        }
    }
}
