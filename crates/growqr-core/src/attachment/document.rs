//! What can be seen of a PDF document without reading all of it.

use flate2::read::ZlibDecoder;
use std::collections::BTreeSet;
use std::io::Read;

/// Whether the bytes are a PDF document. Programs that make them may put some bytes before the header; so may a text that is about
/// them.
pub(super) fn is_pdf(bytes: &[u8]) -> bool {
    let is_near = find(&bytes[..bytes.len().min(1_024)], b"%PDF-").is_some();
    bytes.trim_ascii_start().starts_with(b"%PDF-") || (is_near && std::str::from_utf8(bytes).is_err())
}

/// Whether it can only be read with a password.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    const KEY: &[u8] = b"/Encrypt";
    let mut rest = bytes;
    while let Some(at) = find(rest, KEY) {
        rest = &rest[at + KEY.len()..];
        // Not the start of a longer name, such as `/EncryptMetadata`.
        if !rest.first().is_some_and(u8::is_ascii_alphanumeric) {
            return true;
        }
    }
    false
}

/// Its number of pages: what it says, or the pages that can be seen if there are more. `None` if the document keeps them where they
/// cannot be seen.
pub(super) fn pages(bytes: &[u8]) -> Option<u32> {
    let (mut pages, mut room, mut streams) = (Pages::default(), MAX_UNPACKED, 0);
    let mut rest = bytes;
    while let Some(end) = find(rest, b"endobj") {
        let object = &rest[..end];
        let dictionary = &object[..find(object, b"stream").unwrap_or(end)];
        if find(dictionary, OBJECT_STREAM).is_some() {
            streams += 1;
            pages.add_all(dictionary, &unpacked(dictionary, &object[dictionary.len()..], &mut room)?)?;
        } else {
            pages.add(number(object), object);
        }
        rest = &rest[end + 6..];
    }
    // What stands outside of an object cannot be read.
    if count_of(bytes, OBJECT_STREAM) == streams { pages.number() } else { None }
}

/// The type of the parts that have many objects, most of them compressed.
const OBJECT_STREAM: &[u8] = b"/ObjStm";

/// The most bytes of such parts that are looked at, once they are unpacked.
const MAX_UNPACKED: usize = 32 << 20;

/// The pages that were seen.
#[derive(Default)]
struct Pages {
    said: u32,
    seen: BTreeSet<Vec<u8>>,
}

impl Pages {
    fn add(&mut self, number: &[u8], object: &[u8]) {
        match page_type(object) {
            // The root of the tree counts all pages. A document that was changed may have several.
            Some(Type::Tree) => self.said = self.said.max(number_after(object, b"/Count").unwrap_or(0)),
            // A page that was changed stands there twice, with the same number.
            Some(Type::Page) => drop(self.seen.insert(number.to_vec())),
            None => {}
        }
    }

    /// Adds the objects of an object stream: before them, it has the number and the place of each. `None` if it has not.
    fn add_all(&mut self, dictionary: &[u8], stream: &[u8]) -> Option<()> {
        let first = usize::try_from(number_after(dictionary, b"/First")?).ok()?;
        let head: Vec<&[u8]> = stream.get(..first)?.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
        let (pairs, _) = head.as_chunks::<2>();
        let place = |word: &[u8]| first.checked_add(std::str::from_utf8(word).ok()?.parse().ok()?);
        for (at, &[number, start]) in pairs.iter().enumerate() {
            let end = pairs.get(at + 1).map_or(Some(stream.len()), |&[_, next]| place(next))?;
            self.add(number, stream.get(place(start)?..end)?);
        }
        Some(())
    }

    fn number(&self) -> Option<u32> {
        Some(self.said.max(u32::try_from(self.seen.len()).unwrap_or(u32::MAX))).filter(|pages| *pages > 0)
    }
}

/// The content of a stream, which begins with that word; at most `room` bytes. `None` if it cannot be unpacked.
fn unpacked(dictionary: &[u8], stream: &[u8], room: &mut usize) -> Option<Vec<u8>> {
    let packed = stream.strip_prefix(b"stream")?;
    let packed = packed.strip_prefix(b"\r").unwrap_or(packed);
    let packed = packed.strip_prefix(b"\n").unwrap_or(packed);
    let mut content = Vec::new();
    match find(dictionary, b"/Filter") {
        None => content.extend_from_slice(&packed[..find(packed, b"endstream")?]),
        Some(at) if is_deflated(dictionary[at + 7..].trim_ascii_start()) && find(dictionary, b"/Predictor").is_none() => {
            ZlibDecoder::new(packed).take(*room as u64 + 1).read_to_end(&mut content).ok()?;
        }
        Some(_) => return None,
    }
    *room = room.checked_sub(content.len())?;
    Some(content)
}

/// Whether this names one filter, or a list of one: that of zlib.
fn is_deflated(filter: &[u8]) -> bool {
    const NAME: &[u8] = b"/FlateDecode";
    match filter.strip_prefix(b"[") {
        Some(list) => list.split(|byte| *byte == b']').next().is_some_and(|names| names.trim_ascii() == NAME),
        None => filter.strip_prefix(NAME).is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric)),
    }
}

enum Type {
    Tree,
    Page,
}

fn page_type(object: &[u8]) -> Option<Type> {
    let mut rest = object;
    while let Some(at) = find(rest, b"/Type") {
        rest = &rest[at + 5..];
        let value = rest.trim_ascii_start();
        if value.starts_with(b"/Pages") {
            return Some(Type::Tree);
        }
        if value.starts_with(b"/Page") && !value.get(5).is_some_and(u8::is_ascii_alphanumeric) {
            return Some(Type::Page);
        }
    }
    None
}

/// The number after this key.
fn number_after(object: &[u8], key: &[u8]) -> Option<u32> {
    let after = object[find(object, key)? + key.len()..].trim_ascii_start();
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { None } else { Some(std::str::from_utf8(&after[..digits]).ok()?.parse().unwrap_or(u32::MAX)) }
}

/// The number of an object, which stands before its generation: `12 0 obj`.
fn number(object: &[u8]) -> &[u8] {
    let head = &object[..find(object, b" obj").unwrap_or(0)];
    head.rsplit(u8::is_ascii_whitespace).nth(1).unwrap_or_default()
}

/// How often this stands in the bytes.
fn count_of(bytes: &[u8], wanted: &[u8]) -> usize {
    let (mut count, mut rest) = (0, bytes);
    while let Some(at) = find(rest, wanted) {
        count += 1;
        rest = &rest[at + wanted.len()..];
    }
    count
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, rest) = wanted.split_first()?;
    let mut from = 0;
    loop {
        let at = from + bytes[from..].iter().position(|byte| byte == first)?;
        if bytes[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_where_they_can_be_seen() {
        let tree =
            b"%PDF-1.4\n1 0 obj <</Type /Outlines /Count 900>> endobj 2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 12 >>\n\
            endobj 3 0 obj <</Type/Page>> endobj";
        assert_eq!(pages(tree), Some(12));
        assert_eq!(pages(b"%PDF-1.4 1 0 obj <</Type/Page /Parent 2 0 R>> endobj 4 0 obj <</Type /Page>> endobj"), Some(2));
        let changed = b"%PDF-1.4 3 0 obj <</Type/Page>> endobj trailer <<>> startxref 9 %%EOF\n3 0 obj <</Type/Page>> endobj";
        assert_eq!(pages(changed), Some(1), "the same page twice");
        assert!(is_encrypted(b"<</EncryptMetadata true>> trailer <</Encrypt 4 0 R>>"));
        assert!(!is_encrypted(b"<</EncryptMetadata true>>"));
    }

    #[test]
    fn a_text_about_documents_is_none() {
        assert!(is_pdf(b"\n\n%PDF-1.4") && is_pdf(b"Made by x\n%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"));
        assert!(!is_pdf(b"PDF") && !is_pdf("A document begins with %PDF-1.4, été.".as_bytes()));
    }

    /// An object stream with these objects, from number 10 on.
    fn object_stream(objects: &[&str], filter: &str, pack: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let (mut head, mut body) = (String::new(), String::new());
        for (at, object) in objects.iter().enumerate() {
            head += &format!("{} {} ", at + 10, body.len());
            body += &format!("{object} ");
        }
        let first = head.len();
        let start = format!("%PDF-1.7\n4 0 obj\n<</Type/ObjStm/N {}/First {first}{filter}>>stream\r\n", objects.len());
        [start.as_bytes(), &pack(format!("{head}{body}").as_bytes()), b"\nendstream\nendobj\n"].concat()
    }

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut encoder, bytes).expect("a Vec takes all");
        encoder.finish().expect("a Vec takes all")
    }

    #[test]
    fn compressed_pages_are_counted_whatever_the_document_says_elsewhere() {
        let objects = ["<</Type/Pages/Count 1>>", "<</Type /Page/Parent 10 0 R>>", "<</Type/Page>>", "<</Type/PageLabel>>", "7"];
        for filter in ["/Filter/FlateDecode", "/Filter [ /FlateDecode ]/Length 9", "/Filter /FlateDecode /Length 9"] {
            assert_eq!(pages(&object_stream(&objects, filter, deflated)), Some(2), "{filter}");
        }
        let plain = object_stream(&objects, "", <[u8]>::to_vec);
        let again = [&plain[..], b"12 0 obj <</Type/Page>> endobj 13 0 obj <</Type/Pages/Count 1>> endobj"].concat();
        assert_eq!((pages(&plain), pages(&again)), (Some(2), Some(2)));
    }

    #[test]
    fn pages_that_cannot_be_seen_are_unknown_also_if_some_can() {
        let seen: &[u8] = b"\n1 0 obj <</Type/Pages/Count 1>> endobj 2 0 obj <</Type/Page>> endobj";
        let objects = ["<</Type/Page>>"];
        let cases = [
            object_stream(&objects, "/Filter/LZWDecode", <[u8]>::to_vec),
            object_stream(&objects, "/Filter[/ASCII85Decode/FlateDecode]", deflated),
            object_stream(&objects, "/Filter/FlateDecode/DecodeParms<</Predictor 12>>", deflated),
            object_stream(&objects, "/Filter/FlateDecode", |_| b"no zlib".to_vec()),
            object_stream(&objects, "/Filter/FlateDecode", |bytes| deflated(&[bytes, &vec![b' '; MAX_UNPACKED]].concat())),
            b"%PDF-1.7 1 0 obj <</Type /ObjStm>> stream x endstream endobj".to_vec(),
            b"%PDF-1.7 1 0 obj <</Type /ObjStm/First 99>> stream x endstream endobj".to_vec(),
            b"%PDF-1.7 <</Type /ObjStm>> stream".to_vec(),
        ];
        for case in cases {
            assert_eq!(pages(&[&case[..], seen].concat()), None, "{}", String::from_utf8_lossy(&case[..case.len().min(200)]));
        }
    }

    #[test]
    fn a_document_that_lies_about_its_pages_is_not_believed() {
        let pages_of = |count: &str| {
            let leaves: String = (0..7).map(|number| format!("{number} 0 obj <</Type/Page>> endobj ")).collect();
            pages(format!("%PDF-1.4 9 0 obj <</Type/Pages/Count {count}>> endobj {leaves}").as_bytes())
        };
        assert_eq!(pages_of("1"), Some(7));
        assert_eq!(pages_of("-4"), Some(7));
        assert_eq!(pages_of("99999999999999999999"), Some(u32::MAX));
    }
}
