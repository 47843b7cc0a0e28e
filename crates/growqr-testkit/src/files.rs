//! Small files that people attach to messages: as much of them as services and GrowQR look at.

/// A PNG picture of this size. It has no pixels.
#[must_use]
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// A PDF document with this many empty pages.
#[must_use]
pub fn pdf(pages: usize) -> Vec<u8> {
    let kids: String = (0..pages).map(|page| format!("{} 0 R ", page + 3)).collect();
    let mut text = String::from("%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
    text += &format!("2 0 obj\n<</Type/Pages/Count {pages}/Kids[{kids}]>>\nendobj\n");
    text.extend((0..pages).map(|page| format!("{} 0 obj\n<</Type/Page/Parent 2 0 R>>\nendobj\n", page + 3)));
    text += "trailer\n<</Root 1 0 R>>\n%%EOF\n";
    text.into_bytes()
}
