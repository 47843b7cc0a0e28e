//! What can be seen of a PDF document without taking it apart.

use std::collections::BTreeSet;

/// Whether the bytes are a PDF document. Programs that make them may put some bytes before the header.
pub(super) fn is_pdf(bytes: &[u8]) -> bool {
    find(&bytes[..bytes.len().min(1_024)], b"%PDF-").is_some()
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

/// Its number of pages: what it says, or the pages that can be seen if there are more. `None` if the document keeps them in
/// compressed parts.
pub(super) fn pages(bytes: &[u8]) -> Option<u32> {
    let (mut said, mut seen) = (0, BTreeSet::new());
    let mut rest = bytes;
    while let Some(end) = find(rest, b"endobj") {
        let object = &rest[..end];
        match page_type(object) {
            // The root of the tree counts all pages. A document that was changed may have several.
            Some(Type::Tree) => said = said.max(count(object).unwrap_or(0)),
            // A page that was changed stands there twice, with the same number.
            Some(Type::Page) => drop(seen.insert(number(object))),
            None => {}
        }
        rest = &rest[end + 6..];
    }
    Some(said.max(u32::try_from(seen.len()).unwrap_or(u32::MAX))).filter(|pages| *pages > 0)
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

fn count(object: &[u8]) -> Option<u32> {
    let after = object[find(object, b"/Count")? + 6..].trim_ascii_start();
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { None } else { Some(std::str::from_utf8(&after[..digits]).ok()?.parse().unwrap_or(u32::MAX)) }
}

/// The number of an object, which stands before its generation: `12 0 obj`.
fn number(object: &[u8]) -> &[u8] {
    let head = &object[..find(object, b" obj").unwrap_or(0)];
    head.rsplit(u8::is_ascii_whitespace).nth(1).unwrap_or_default()
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
        assert_eq!(pages(b"%PDF-1.7 1 0 obj <</Type /ObjStm>> stream x endstream endobj"), None);
        let changed = b"%PDF-1.4 3 0 obj <</Type/Page>> endobj trailer <<>> startxref 9 %%EOF\n3 0 obj <</Type/Page>> endobj";
        assert_eq!(pages(changed), Some(1), "the same page twice");
        assert!(is_pdf(b"\n\n%PDF-1.4") && !is_pdf(b"PDF"));
        assert!(is_encrypted(b"<</EncryptMetadata true>> trailer <</Encrypt 4 0 R>>"));
        assert!(!is_encrypted(b"<</EncryptMetadata true>>"));
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
