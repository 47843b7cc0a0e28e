//! What can be seen of a PDF document without taking it apart.

/// Whether the bytes are a PDF document. Programs that make them may put some bytes before the header.
pub(super) fn is_pdf(bytes: &[u8]) -> bool {
    find(&bytes[..bytes.len().min(1_024)], b"%PDF-").is_some()
}

/// Whether it can only be read with a password.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    find(bytes, b"/Encrypt").is_some_and(|at| !bytes.get(at + 8).is_some_and(u8::is_ascii_alphanumeric))
}

/// Its number of pages. `None` if the document keeps it in compressed parts.
pub(super) fn pages(bytes: &[u8]) -> Option<u32> {
    let (mut counts, mut leaves) = (Vec::new(), 0_u32);
    let mut rest = bytes;
    while let Some(end) = find(rest, b"endobj") {
        let object = &rest[..end];
        match page_type(object) {
            Some(Type::Tree) => counts.extend(count(object)),
            Some(Type::Page) => leaves = leaves.saturating_add(1),
            None => {}
        }
        rest = &rest[end + 6..];
    }
    // The root of the tree counts all pages. A document that was changed may have several.
    counts.into_iter().max().or((leaves > 0).then_some(leaves)).filter(|pages| *pages > 0)
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
    std::str::from_utf8(&after[..digits]).ok()?.parse().ok()
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
        assert!(is_pdf(b"\n\n%PDF-1.4") && !is_pdf(b"PDF"));
        assert!(is_encrypted(b"trailer <</Encrypt 4 0 R>>") && !is_encrypted(b"<</EncryptMetadata true>>"));
    }
}
