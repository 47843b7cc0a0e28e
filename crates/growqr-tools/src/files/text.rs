//! Texts as files store them: encoding and line ends, both of which a change keeps.

use encoding_rs::WINDOWS_1252;

/// How a text is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf8WithMark,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

impl Encoding {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf8WithMark => "UTF-8 with a byte order mark",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Windows1252 => "Windows-1252",
        }
    }
}

/// How the lines of a text end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnds {
    /// LF, or there is only one line.
    Lf,
    CrLf,
    /// More than one kind: the text is shown and written as it is.
    Mixed,
}

/// How a file stores its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub encoding: Encoding,
    pub ends: LineEnds,
}

/// The text of a file, with LF at the ends of lines unless they are mixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub text: String,
    pub format: Format,
}

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const LE_MARK: &[u8] = b"\xff\xfe";
const BE_MARK: &[u8] = b"\xfe\xff";

/// The text of these bytes; `None` if they are none.
pub(super) fn decode(bytes: &[u8]) -> Option<Text> {
    let (text, encoding) = if let Some(rest) = bytes.strip_prefix(UTF8_MARK) {
        (String::from_utf8(rest.to_vec()).ok()?, Encoding::Utf8WithMark)
    } else if let Some(rest) = bytes.strip_prefix(LE_MARK) {
        (utf16(rest, u16::from_le_bytes)?, Encoding::Utf16Le)
    } else if let Some(rest) = bytes.strip_prefix(BE_MARK) {
        (utf16(rest, u16::from_be_bytes)?, Encoding::Utf16Be)
    } else if let Ok(text) = str::from_utf8(bytes) {
        (text.to_owned(), Encoding::Utf8)
    } else {
        // Every byte is a letter of this encoding, so its round trip loses nothing.
        (WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), Encoding::Windows1252)
    };
    let is_binary =
        |c: char| c.is_control() && c < ' ' && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1b}' | '\u{1a}');
    if text.chars().any(is_binary) {
        return None;
    }
    let ends = line_ends(&text);
    let text = if ends == LineEnds::CrLf { text.replace("\r\n", "\n") } else { text };
    Some(Text { text, format: Format { encoding, ends } })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (units, []) = bytes.as_chunks::<2>() else { return None };
    let units: Vec<u16> = units.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).ok()
}

fn line_ends(text: &str) -> LineEnds {
    let (returns, pairs) = (text.matches('\r').count(), text.matches("\r\n").count());
    let breaks = text.matches('\n').count();
    match returns {
        0 => LineEnds::Lf,
        _ if returns == pairs && pairs == breaks => LineEnds::CrLf,
        _ => LineEnds::Mixed,
    }
}

/// What is read of a text after it was written with these line ends.
pub(super) fn as_read(text: &str, ends: LineEnds) -> String {
    match ends {
        LineEnds::Lf | LineEnds::CrLf => text.replace("\r\n", "\n"),
        LineEnds::Mixed => text.to_owned(),
    }
}

/// The bytes of a text in the format of an earlier one; the error is the first character that its encoding does not have.
pub(super) fn encode(text: &str, format: Format) -> Result<Vec<u8>, char> {
    let text = as_read(text, format.ends);
    let text = if format.ends == LineEnds::CrLf { text.replace('\n', "\r\n") } else { text };
    Ok(match format.encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Utf8WithMark => [UTF8_MARK, text.as_bytes()].concat(),
        Encoding::Utf16Le => LE_MARK.iter().copied().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        Encoding::Utf16Be => BE_MARK.iter().copied().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect(),
        Encoding::Windows1252 => {
            let is_missing = |c: &char| WINDOWS_1252.encode(c.encode_utf8(&mut [0; 4])).2;
            if let Some(missing) = text.chars().filter(|c| !c.is_ascii()).find(is_missing) {
                return Err(missing);
            }
            WINDOWS_1252.encode(&text).0.into_owned()
        }
    })
}

/// Whether these bytes are what writing this text makes of some file.
pub(super) fn is_written(text: &str, bytes: &[u8]) -> bool {
    all_forms(text).any(|written| written == bytes)
}

/// Whether these bytes are the beginning of what writing this text makes of some file.
pub(super) fn is_beginning(text: &str, bytes: &[u8]) -> bool {
    all_forms(text).any(|written| written.starts_with(bytes))
}

fn all_forms(text: &str) -> impl Iterator<Item = Vec<u8>> {
    use Encoding::{Utf8, Utf8WithMark, Utf16Be, Utf16Le, Windows1252};
    let encodings = [Utf8, Utf8WithMark, Utf16Le, Utf16Be, Windows1252].into_iter();
    let formats =
        encodings.flat_map(|encoding| [LineEnds::Lf, LineEnds::CrLf, LineEnds::Mixed].map(|ends| Format { encoding, ends }));
    formats.filter_map(move |format| encode(text, format).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn encoding_and_line_ends_are_kept() {
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("a\r\nü".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (bytes, text, encoding, ends) in [
            (&b"a\nb\n"[..], "a\nb\n", Encoding::Utf8, LineEnds::Lf),
            (b"a\r\nb\r\n", "a\nb\n", Encoding::Utf8, LineEnds::CrLf),
            (b"a\r\nb\n", "a\r\nb\n", Encoding::Utf8, LineEnds::Mixed),
            (b"a\rb", "a\rb", Encoding::Utf8, LineEnds::Mixed),
            (b"\xef\xbb\xbfa", "a", Encoding::Utf8WithMark, LineEnds::Lf),
            (b"caf\xe9 \x80", "café €", Encoding::Windows1252, LineEnds::Lf),
            (&utf16, "a\nü", Encoding::Utf16Le, LineEnds::CrLf),
            (b"", "", Encoding::Utf8, LineEnds::Lf),
        ] {
            let read = decode(bytes).unwrap();
            assert_eq!((&*read.text, read.format), (text, Format { encoding, ends }));
            assert_eq!(encode(text, read.format).unwrap(), bytes);
        }
        assert_eq!(encode("日", Format { encoding: Encoding::Windows1252, ends: LineEnds::Lf }), Err('日'));
    }

    #[test]
    fn bytes_that_are_no_text_are_not_shown() {
        for bytes in [&b"\x89PNG\r\n\x1a\n\0\0"[..], b"a\0b", b"\xff\xfea", b"\xff\xfe\x00\xd8", b"\xef\xbb\xbf\xff"] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_that_is_written_as_it_was_read_is_the_same_file(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Some(read) = decode(&bytes) {
                prop_assert_eq!(encode(&read.text, read.format).unwrap(), bytes);
            }
        }

        #[test]
        fn a_written_text_is_found_whatever_it_replaced(text in "[a-zä\\r\\n]{0,12}", before in proptest::collection::vec(any::<u8>(), 0..12)) {
            if let Some(read) = decode(&before)
                && let Ok(written) = encode(&text, read.format)
            {
                let other = format!("{text}!");
                prop_assert!(is_written(&text, &written));
                prop_assert!(!is_written(&other, &written));
            }
        }
    }
}
