//! git's conversion of line ends: of a file in the folder to what is committed, and back.

use std::borrow::Cow;

/// How the line ends of a page are converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// Not at all.
    AsTheyAre,
    /// They are LF when committed, if the page `is_text` or looks like text. Checked out, they are CRLF if `crlf_in_folder`.
    Convert { is_text: bool, crlf_in_folder: bool },
}

/// What a file contains. git's rules decide from these numbers whether it is text.
#[derive(Default)]
struct Counts {
    nul: usize,
    lone_cr: usize,
    lone_lf: usize,
    crlf: usize,
    printable: usize,
    not_printable: usize,
}

impl Counts {
    fn of(bytes: &[u8]) -> Counts {
        let mut counts = Counts::default();
        let mut rest = bytes.iter().copied().peekable();
        while let Some(byte) = rest.next() {
            match byte {
                b'\r' if rest.next_if_eq(&b'\n').is_some() => counts.crlf += 1,
                b'\r' => counts.lone_cr += 1,
                b'\n' => counts.lone_lf += 1,
                0x08 | b'\t' | 0x1b | 0x0c => counts.printable += 1,
                0..=0x1f | 0x7f => {
                    counts.nul += usize::from(byte == 0);
                    counts.not_printable += 1;
                }
                _ => counts.printable += 1,
            }
        }
        // The end mark of old DOS files.
        if bytes.last() == Some(&0x1a) {
            counts.not_printable -= 1;
        }
        counts
    }

    fn is_binary(&self) -> bool {
        self.lone_cr > 0 || self.nul > 0 || self.printable >> 7 < self.not_printable
    }
}

impl LineEnds {
    /// The bytes to commit for a file of the folder. `committed` reads the version of the last commit: a page that looks like
    /// text and was committed with CRLF stays so.
    pub(crate) fn to_commit<'a>(self, bytes: &'a [u8], committed: impl FnOnce() -> Option<Vec<u8>>) -> Cow<'a, [u8]> {
        let LineEnds::Convert { is_text, .. } = self else { return Cow::Borrowed(bytes) };
        let counts = Counts::of(bytes);
        if counts.crlf == 0 {
            return Cow::Borrowed(bytes);
        }
        if !is_text && (counts.is_binary() || committed().is_some_and(|old| has_crlf(&old))) {
            return Cow::Borrowed(bytes);
        }
        let next = bytes.iter().copied().skip(1).map(Some).chain([None]);
        let kept = bytes.iter().copied().zip(next).filter(|(byte, next)| (*byte, *next) != (b'\r', Some(b'\n')));
        Cow::Owned(kept.map(|(byte, _)| byte).collect())
    }

    /// The bytes that git would write to the folder for a committed version.
    pub(crate) fn to_folder<'a>(self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let LineEnds::Convert { is_text, crlf_in_folder: true } = self else { return Cow::Borrowed(bytes) };
        let counts = Counts::of(bytes);
        if counts.lone_lf == 0 || (!is_text && (counts.crlf > 0 || counts.is_binary())) {
            return Cow::Borrowed(bytes);
        }
        let mut converted = Vec::with_capacity(bytes.len() + counts.lone_lf);
        for byte in bytes {
            if *byte == b'\n' && converted.last() != Some(&b'\r') {
                converted.push(b'\r');
            }
            converted.push(*byte);
        }
        Cow::Owned(converted)
    }
}

fn has_crlf(bytes: &[u8]) -> bool {
    let counts = Counts::of(bytes);
    !counts.is_binary() && counts.crlf > 0
}
