//! A tar archive in memory: directories and small files with an owner, for uploads into a container.

const BLOCK: usize = 512;

/// One entry of the archive.
pub(crate) struct Entry<'a> {
    /// Without a leading slash.
    pub path: &'a str,
    /// The bytes of a file; `None` for a directory.
    pub content: Option<&'a [u8]>,
    pub mode: u32,
    pub owner: (u32, u32),
}

/// The archive in ustar format. Paths longer than 100 bytes are not supported: they are all named in this crate.
pub(crate) fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut archive = Vec::new();
    for entry in entries {
        archive.extend_from_slice(&header(entry));
        if let Some(content) = entry.content {
            archive.extend_from_slice(content);
            archive.resize(archive.len().next_multiple_of(BLOCK), 0);
        }
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}

fn header(entry: &Entry<'_>) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &entry.path.as_bytes()[..entry.path.len().min(100)]);
    put(100, format!("{:07o}", entry.mode).as_bytes());
    put(108, &id(entry.owner.0));
    put(116, &id(entry.owner.1));
    put(124, format!("{:011o}", entry.content.map_or(0, <[u8]>::len)).as_bytes());
    put(136, b"00000000000");
    put(148, b"        ");
    put(156, if entry.content.is_some() { b"0" } else { b"5" });
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Octal digits, or binary with the first bit set if they would not fit.
fn id(number: u32) -> [u8; 8] {
    let mut field = [0; 8];
    if number < 1 << 21 {
        field[..7].copy_from_slice(format!("{number:07o}").as_bytes());
    } else {
        field[0] = 0x80;
        field[4..].copy_from_slice(&number.to_be_bytes());
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_owner_is_written_in_binary() {
        let archive = tar(&[Entry { path: "a", content: None, mode: 0o755, owner: (2_097_151, 2_097_152) }]);
        assert_eq!(&archive[108..116], b"7777777\0");
        assert_eq!(&archive[116..124], &[0x80, 0, 0, 0, 0, 0x20, 0, 0]);
    }

    #[test]
    fn the_archive_has_a_header_and_padded_content_for_each_entry() {
        let archive = tar(&[
            Entry { path: "data", content: None, mode: 0o755, owner: (1000, 1000) },
            Entry { path: "data/a", content: Some(b"abc"), mode: 0o644, owner: (0, 0) },
        ]);
        assert_eq!(archive.len(), 5 * BLOCK);
        assert_eq!(&archive[108..115], b"0001750");
        assert_eq!(&archive[2 * BLOCK..2 * BLOCK + 4], b"abc\0");
    }
}
