//! Decodes a body: by its first bytes, its header, what HTML says of itself, else as UTF-8 or Windows-1252.

use super::media_type::{Kind, charset};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many first bytes of HTML may name the charset.
const PRESCANNED: usize = 1_024;

/// The text. What is not valid in its charset becomes `U+FFFD`.
pub(crate) fn decode(bytes: &[u8], content_type: Option<&str>, kind: Kind) -> String {
    let named = content_type.and_then(charset).and_then(|label| Encoding::for_label(label.as_bytes()));
    let encoding = named.or_else(|| if kind == Kind::Html { of_html(bytes) } else { None });
    let encoding = encoding.unwrap_or_else(|| if is_utf_8(bytes) { UTF_8 } else { WINDOWS_1252 });
    // A mark at the beginning counts before all of them.
    encoding.decode(bytes).0.into_owned()
}

/// Whether it is UTF-8, but for a character that was cut at the end.
fn is_utf_8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// The charset that HTML names in a `meta` element near its beginning.
fn of_html(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(PRESCANNED)]).to_ascii_lowercase();
    let mut found = head.split("<meta").skip(1).filter_map(|rest| {
        let element = rest.split('>').next()?;
        let (_, value) = element.split_once("charset")?;
        let value =
            value.trim_start().strip_prefix('=')?.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        let label = value.split(|c: char| c.is_whitespace() || "\"';/".contains(c)).next()?;
        Encoding::for_label(label.as_bytes())
    });
    // What could be read so far was not UTF-16.
    found.next().map(|encoding| if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_of_the_charset_counts_in_its_order() {
        let html = |bytes: &[u8], header| decode(bytes, header, Kind::Html);
        assert_eq!(html(b"\xef\xbb\xbfgr\xc3\xbcn", Some("text/html; charset=latin1")), "grün");
        assert_eq!(html(b"gr\xfcn", Some("text/html; charset=iso-8859-1")), "grün");
        assert_eq!(html(b"<meta charset='windows-1251'>\xef\xf0", Some("text/html")), "<meta charset='windows-1251'>пр");
        let old = b"<META http-equiv=content-type content=\"text/html; charset=shift_jis\">\x93\xfa";
        assert!(html(old, None).ends_with('日'));
        assert_eq!(html(b"gr\xc3\xbcn", Some("text/html; charset=no-such")), "grün");
        assert_eq!(html(b"gr\xfcn", None), "grün");
        assert_eq!(decode(b"<meta charset=koi8-r>gr\xc3\xbcn", None, Kind::Text), "<meta charset=koi8-r>grün");
        assert_eq!(decode(b"\xff\xfeh\0i\0", None, Kind::Text), "hi");
        assert_eq!(html(b"<meta charset=utf-16>gr\xc3\xbcn", None), "<meta charset=utf-16>grün");
    }

    #[test]
    fn a_text_that_was_cut_within_a_character_stays_utf_8() {
        assert_eq!(decode(b"gr\xc3\xbcn \xe2\x82", None, Kind::Text), "grün \u{fffd}");
        assert_eq!(decode(b"bad \xe2\x82 here", Some("text/plain; charset=utf-8"), Kind::Text), "bad \u{fffd} here");
    }
}
