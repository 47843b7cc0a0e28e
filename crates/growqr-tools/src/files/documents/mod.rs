//! The text of documents that are no text files. Their content is hostile input: everything has a limit.

mod office;
mod own_process;
mod pdf;

pub use own_process::read_pdf_if_asked;

/// The text of a document.
pub(super) struct Document {
    /// What it is, for the model, such as `a PDF document`.
    pub kind: &'static str,
    pub text: String,
}

/// The most text of one document, in bytes.
const MAX_TEXT: usize = 4 << 20;

/// The text of a document; `None` if the file is none of a known kind.
pub(super) fn text_of(name: &str, bytes: &[u8]) -> Option<Result<Document, String>> {
    let text = if bytes.starts_with(b"%PDF-") {
        pdf::text(bytes, own_process::text).map(|text| Document { kind: "a PDF document", text })
    } else {
        let kind = office::Kind::of(name, bytes)?;
        office::text(kind, bytes).map(|text| Document { kind: kind.as_str(), text })
    };
    Some(text.and_then(|document| match document.text.trim() {
        "" => Err("it has no text; it may consist of pictures".to_owned()),
        _ => Ok(document),
    }))
}
