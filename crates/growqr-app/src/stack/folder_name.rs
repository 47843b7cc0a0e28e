//! Folders as text, without loss: a path need not be valid Unicode, and labels and JSON must be.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Before the bytes of a path that is not written as it is.
const HEX: &str = "hex:";

/// The path itself if it is valid Unicode, otherwise its bytes in hexadecimal digits.
pub(crate) fn to_text(folder: &Path) -> String {
    match folder.to_str() {
        Some(text) if !text.starts_with(HEX) => text.to_owned(),
        _ => {
            let digits: String = bytes(folder.as_os_str()).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{HEX}{digits}")
        }
    }
}

/// The folder of a text that [`to_text`] made.
pub(crate) fn from_text(text: &str) -> PathBuf {
    let named = text.strip_prefix(HEX).and_then(|digits| of_bytes(unhex(digits)?));
    named.map_or_else(|| PathBuf::from(text), PathBuf::from)
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if digits.len().is_multiple_of(2) { digits.as_bytes().chunks(2).map(pair).collect() } else { None }
}

#[cfg(unix)]
fn bytes(name: &OsStr) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec()
}

#[cfg(unix)]
fn of_bytes(bytes: Vec<u8>) -> Option<OsString> {
    Some(std::os::unix::ffi::OsStringExt::from_vec(bytes))
}

/// UTF-16, which may have halves of pairs.
#[cfg(windows)]
fn bytes(name: &OsStr) -> Vec<u8> {
    std::os::windows::ffi::OsStrExt::encode_wide(name).flat_map(u16::to_be_bytes).collect()
}

#[cfg(windows)]
fn of_bytes(bytes: Vec<u8>) -> Option<OsString> {
    let units: Option<Vec<u16>> = bytes.chunks(2).map(|unit| Some(u16::from_be_bytes(unit.try_into().ok()?))).collect();
    Some(std::os::windows::ffi::OsStringExt::from_wide(&units?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_comes_back_from_its_text() {
        for folder in ["/home/you/data", "/home/you/ä ö", "", "hex:2f", "hex:none"] {
            assert_eq!(from_text(&to_text(Path::new(folder))), Path::new(folder));
        }
        assert_eq!(to_text(Path::new("/home/you/ä ö")), "/home/you/ä ö");
        assert_eq!(from_text("hex:2"), Path::new("hex:2"));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_not_valid_unicode_comes_back_from_its_text() {
        let folder = PathBuf::from(of_bytes(b"/home/you/\xff\xfe".to_vec()).unwrap());
        assert_eq!(to_text(&folder), "hex:2f686f6d652f796f752ffffe");
        assert_eq!(from_text(&to_text(&folder)), folder);
    }
}
