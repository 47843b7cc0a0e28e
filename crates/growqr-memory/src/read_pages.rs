//! Reads changed pages for a scan, on all processors, and records their blobs in packs. No ref points to these blobs yet; a
//! later scan finds them through the cache, or finds that the repository has them.

use crate::conversion::Conversion;
use crate::error_context::Context;
use crate::observer::AdoptionObserver;
use crate::on_disk::{self, OnDisk};
use crate::pack::{self, PACK_FROM, PackedObject};
use crate::text;
use git2::{ObjectType, Odb, OdbLookupFlags, Oid};
use growqr_core::memory::MemoryError;
use std::collections::HashMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Pages that are read between two reports of progress.
const BATCH: usize = 512;
/// A pack is written when this many bytes wait for it.
const PACK_BYTES: usize = 48 << 20;
/// More threads than this wait for the disk, not for the processor.
const MAX_THREADS: usize = 8;

/// What reading a file has found.
pub(crate) enum Found {
    /// A page with this content.
    Page(Oid),
    /// A file that is not text.
    NotText,
    /// Something else that cannot be a page.
    NotAPage(MemoryError),
    /// Nothing: it was deleted meanwhile.
    Absent,
}

/// A page to read.
pub(crate) struct ToRead<'a> {
    /// For the caller.
    pub(crate) number: usize,
    pub(crate) path: &'a str,
    /// Its version in HEAD, which needs no blob.
    pub(crate) in_head: Option<Oid>,
}

/// Where pages are read and recorded.
pub(crate) struct Reader<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) conversion: &'a Conversion,
    /// The folder of the repository's objects.
    pub(crate) objects: PathBuf,
    pub(crate) observer: &'a dyn AdoptionObserver,
}

/// How reading has ended.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Contents of new blobs, if they are few: they are to be written with the commit.
    pub(crate) blobs: HashMap<Oid, Vec<u8>>,
    pub(crate) is_interrupted: bool,
}

/// A page that was read.
struct Read {
    number: usize,
    found: Found,
    new: Option<New>,
}

/// A blob that the repository may not have.
enum New {
    Plain(Oid, Vec<u8>),
    Packed(PackedObject),
}

impl Reader<'_> {
    /// Reads the pages in order and tells `found` about each. `recorded` is called whenever all blobs of the pages until then are
    /// on disk.
    ///
    /// # Errors
    /// If blobs cannot be written.
    pub(crate) fn read(
        &self,
        pages: &[ToRead<'_>],
        found: &mut dyn FnMut(usize, Found),
        recorded: &mut dyn FnMut(),
    ) -> Result<Outcome, MemoryError> {
        let mut outcome = Outcome::default();
        let is_long = pages.len() >= PACK_FROM;
        let (mut packed, mut bytes, mut waiting) = (Vec::new(), 0, Vec::new());
        for (number, batch) in pages.chunks(BATCH).enumerate() {
            if number > 0 {
                self.observer.progress(number * BATCH, pages.len());
                if self.observer.should_stop() {
                    outcome.is_interrupted = true;
                    break;
                }
            }
            for Read { number, found: page, new } in self.read_batch(batch, is_long)? {
                match new {
                    Some(New::Plain(oid, content)) => drop(outcome.blobs.insert(oid, content)),
                    Some(New::Packed(object)) => {
                        bytes += object.len();
                        packed.push(object);
                    }
                    None => {}
                }
                waiting.push((number, page));
            }
            if bytes >= PACK_BYTES {
                self.write(std::mem::take(&mut packed))?;
                bytes = 0;
                waiting.drain(..).for_each(|(number, page)| found(number, page));
                recorded();
            }
        }
        self.write(packed)?;
        waiting.into_iter().for_each(|(number, page)| found(number, page));
        Ok(outcome)
    }

    fn write(&self, packed: Vec<PackedObject>) -> Result<(), MemoryError> {
        pack::write_pack(&self.objects, pack::PAGES, packed).context("record hand edits")
    }

    /// Reads some pages. The result has their order.
    fn read_batch(&self, batch: &[ToRead<'_>], is_packed: bool) -> Result<Vec<Read>, MemoryError> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(batch.len()));
        let work = || {
            let odb = if is_packed { Some(self.open_objects()?) } else { None };
            while let Some(page) = batch.get(next.fetch_add(1, Ordering::Relaxed)) {
                let read = self.read_page(page, odb.as_ref())?;
                done.lock().unwrap_or_else(PoisonError::into_inner).push(read);
            }
            Ok(())
        };
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS).min(batch.len());
        if threads <= 1 {
            work()?;
        } else {
            thread::scope(|scope| {
                let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
                threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(thread_panicked())))
            })?;
        }
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|read| read.number);
        Ok(done)
    }

    fn open_objects(&self) -> Result<Odb<'static>, MemoryError> {
        let odb = Odb::new().context("record hand edits")?;
        odb.add_disk_alternate(&self.objects.to_string_lossy()).context("record hand edits")?;
        Ok(odb)
    }

    /// `odb`: blobs that it does not have are compressed for a pack.
    fn read_page(&self, page: &ToRead<'_>, odb: Option<&Odb<'_>>) -> Result<Read, MemoryError> {
        let ToRead { number, path, in_head } = *page;
        let read = |found| Read { number, found, new: None };
        let (bytes, oid) = match on_disk::inspect(self.folder, self.conversion, path) {
            OnDisk::Absent | OnDisk::Outside(_) => return Ok(read(Found::Absent)),
            OnDisk::NotAPage(reason) => return Ok(read(Found::NotAPage(reason))),
            OnDisk::File(bytes, oid) => (bytes, oid),
        };
        if Some(oid) == in_head {
            return Ok(read(Found::Page(oid)));
        }
        if text::decode(path, &bytes).is_err() {
            return Ok(read(Found::NotText));
        }
        let new = match odb {
            None => Some(New::Plain(oid, bytes)),
            // Without a refresh: a pack that another process has added since is not worth a listing of the folder for each page.
            Some(odb) if odb.exists_ext(oid, OdbLookupFlags::NO_REFRESH) => None,
            Some(_) => Some(New::Packed(PackedObject::new(oid, ObjectType::Blob, &bytes).context("record hand edits")?)),
        };
        Ok(Read { number, found: Found::Page(oid), new })
    }
}

fn thread_panicked() -> MemoryError {
    MemoryError::Repository { doing: "record hand edits", cause: "a reading thread panicked".to_owned() }
}
