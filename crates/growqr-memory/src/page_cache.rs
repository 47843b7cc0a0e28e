//! What the last scan has seen, in `.git/growqr/pages`: so the next one reads only the pages whose files have changed since,
//! and the trees of HEAD only where they have. An entry stays true however old it is, as long as the rules of conversion and, for
//! the version in HEAD, the tree are those of the cache. A cache that is lost, damaged or of another version is made anew.
//!
//! A file's stat counts only if it is older than the scan that has read it: a file may be written twice in one tick of the
//! file system's clock.

use crate::stat::Stat;
use git2::Oid;
use std::fs;
use std::io;
use std::path::Path;

/// The beginning of the file, with its version.
const SIGNATURE: &[u8; 8] = b"growqrP2";
const CHECKSUM: usize = 4;

const IN_HEAD: u8 = 1;
const PAGE: u8 = 2;
const NOT_TEXT: u8 = 4;
const NOT_IN_FOLDER: u8 = 8;
/// The content is the version in HEAD.
const SAME: u8 = 16;

/// The pages of HEAD and of the folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageCache {
    /// The tree to which [`CachedPage::in_head`] refers.
    pub(crate) tree: Option<Oid>,
    /// The rules by which files were converted to blobs ([`crate::conversion::Conversion::fingerprint`]).
    pub(crate) rules: Option<Oid>,
    /// The stat of git's index when it agreed with that tree.
    pub(crate) index: Option<Stat>,
    /// Sorted by path.
    pub(crate) pages: Vec<CachedPage>,
}

/// A path that is in HEAD or in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CachedPage {
    pub(crate) path: String,
    /// Its version in HEAD.
    pub(crate) in_head: Option<Oid>,
    pub(crate) seen: Seen,
}

/// What a scan has seen in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing that counts: the file must be read.
    Unknown,
    /// A file with this stat has the content of this blob.
    Page(Stat, Oid),
    /// A file with this stat is not text.
    NotText(Stat),
    /// The file of HEAD cannot be a page and is not in the folder.
    NotInFolder,
}

impl PageCache {
    /// Reads the cache; an empty one if there is none or if it is damaged.
    pub(crate) fn load(file: &Path) -> PageCache {
        fs::read(file).ok().and_then(|bytes| parse(&bytes)).unwrap_or_default()
    }

    /// Forgets what was seen of files: what would be committed of them may be different now.
    pub(crate) fn forget_files(&mut self) {
        for page in self.pages.iter_mut().filter(|page| page.seen != Seen::NotInFolder) {
            page.seen = Seen::Unknown;
        }
    }

    /// Replaces the file. It need not be durable.
    ///
    /// # Errors
    /// If the disk fails; the next scan then reads more.
    pub(crate) fn save(&self, file: &Path) -> io::Result<()> {
        let temporary = file.with_extension("new");
        fs::write(&temporary, self.to_bytes())?;
        fs::rename(temporary, file)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.pages.len() * 128 + 128);
        bytes.extend_from_slice(SIGNATURE);
        put_oid(&mut bytes, self.tree.unwrap_or(Oid::ZERO_SHA1));
        put_oid(&mut bytes, self.rules.unwrap_or(Oid::ZERO_SHA1));
        put_stat(&mut bytes, &self.index.unwrap_or_default());
        for page in &self.pages {
            page.put(&mut bytes);
        }
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }
}

impl CachedPage {
    fn put(&self, to: &mut Vec<u8>) {
        let Ok(length) = u16::try_from(self.path.len()) else { return };
        let head = self.in_head.map_or(0, |_| IN_HEAD);
        let seen = match self.seen {
            Seen::Unknown => 0,
            Seen::Page(_, oid) if Some(oid) == self.in_head => PAGE | SAME,
            Seen::Page(..) => PAGE,
            Seen::NotText(_) => NOT_TEXT,
            Seen::NotInFolder => NOT_IN_FOLDER,
        };
        to.push(head | seen);
        to.extend_from_slice(&length.to_le_bytes());
        to.extend_from_slice(self.path.as_bytes());
        if let Some(oid) = self.in_head {
            put_oid(to, oid);
        }
        if let Seen::Page(stat, _) | Seen::NotText(stat) = &self.seen {
            put_stat(to, stat);
        }
        if let Seen::Page(_, oid) = self.seen
            && seen & SAME == 0
        {
            put_oid(to, oid);
        }
    }
}

fn put_oid(to: &mut Vec<u8>, oid: Oid) {
    to.extend_from_slice(oid.as_bytes());
}

fn put_stat(to: &mut Vec<u8>, stat: &Stat) {
    to.extend_from_slice(&stat.size.to_le_bytes());
    to.extend_from_slice(&stat.mtime_ns.to_le_bytes());
    to.extend_from_slice(&stat.ctime_ns.to_le_bytes());
    to.extend_from_slice(&stat.inode.to_le_bytes());
    to.extend_from_slice(&stat.device.to_le_bytes());
    to.extend_from_slice(&stat.mode.to_le_bytes());
}

fn parse(bytes: &[u8]) -> Option<PageCache> {
    let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
    if crc32fast::hash(content).to_le_bytes() != checksum {
        return None;
    }
    let mut rest = Bytes(content.strip_prefix(SIGNATURE)?);
    let tree = Some(rest.oid()?).filter(|oid| !oid.is_zero());
    let rules = Some(rest.oid()?).filter(|oid| !oid.is_zero());
    let index = Some(rest.stat()?).filter(|stat| *stat != Stat::default());
    let mut pages = Vec::new();
    while !rest.0.is_empty() {
        pages.push(rest.page()?);
    }
    Some(PageCache { tree, rules, index, pages })
}

/// The bytes that are not read yet.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        self.take(LENGTH)?.try_into().ok()
    }

    fn oid(&mut self) -> Option<Oid> {
        Oid::from_bytes(self.take(20)?).ok()
    }

    fn stat(&mut self) -> Option<Stat> {
        Some(Stat {
            size: u64::from_le_bytes(self.array()?),
            mtime_ns: i64::from_le_bytes(self.array()?),
            ctime_ns: i64::from_le_bytes(self.array()?),
            inode: u64::from_le_bytes(self.array()?),
            device: u64::from_le_bytes(self.array()?),
            mode: u32::from_le_bytes(self.array()?),
        })
    }

    fn page(&mut self) -> Option<CachedPage> {
        let [flags] = self.array()?;
        let length = u16::from_le_bytes(self.array()?);
        let path = std::str::from_utf8(self.take(usize::from(length))?).ok()?.to_owned();
        let in_head = if flags & IN_HEAD == 0 { None } else { Some(self.oid()?) };
        let seen = if flags & PAGE != 0 {
            let stat = self.stat()?;
            Seen::Page(stat, if flags & SAME == 0 { self.oid()? } else { in_head? })
        } else if flags & NOT_TEXT != 0 {
            Seen::NotText(self.stat()?)
        } else if flags & NOT_IN_FOLDER != 0 {
            Seen::NotInFolder
        } else {
            Seen::Unknown
        };
        Some(CachedPage { path, in_head, seen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use git2::ObjectType;

    fn cache() -> PageCache {
        let oid = |text: &str| Oid::hash_object(ObjectType::Blob, text.as_bytes()).unwrap();
        let stat = Stat { size: 7, mtime_ns: -1, ctime_ns: i64::MAX, inode: 3, device: 4, mode: 0o100_644 };
        let page = |path: &str, in_head, seen| CachedPage { path: path.to_owned(), in_head, seen };
        PageCache {
            tree: Some(oid("tree")),
            rules: Some(oid("rules")),
            index: Some(stat),
            pages: vec![
                page("a.md", Some(oid("a")), Seen::Page(stat, oid("a"))),
                page("b/é.md", Some(oid("a")), Seen::Page(stat, oid("b"))),
                page("c.md", None, Seen::Page(stat, oid("c"))),
                page("d.png", None, Seen::NotText(stat)),
                page("e.md", Some(oid("e")), Seen::Unknown),
                page("f", Some(oid("f")), Seen::NotInFolder),
            ],
        }
    }

    #[test]
    fn a_saved_cache_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pages");
        for cache in [cache(), PageCache::default()] {
            cache.save(&file).unwrap();
            assert_eq!(PageCache::load(&file), cache);
        }
    }

    #[test]
    fn a_lost_or_damaged_cache_is_empty() {
        let bytes = cache().to_bytes();
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x20;
            assert_eq!(parse(&damaged), None, "byte {place}");
            assert_eq!(parse(&bytes[..place]), None, "cut at {place}");
        }
        assert_eq!(PageCache::load(Path::new("no such file")), PageCache::default());
    }
}
