//! Reads a file: its text, or the text of a document, in parts.

use super::documents;
use super::error::FilesError;
use super::folder::Folder;
use super::path::FilePath;
use super::place::{Place, read_whole};
use super::text::{LineEnds, decode};
use super::write::version;
use crate::bounded_text::part;
use crate::closed_names::holds_private_key;

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 32 << 20;

/// The text for the model: the file from the byte `from` of its text on.
///
/// # Errors
/// [`FilesError`]: there is no such file, or it has no text.
pub(super) fn read(folder: &Folder, path: &FilePath, from: u64) -> Result<String, FilesError> {
    let place = Place::of(folder, path, false)?;
    let (file, _) = place.open(path)?.ok_or_else(|| FilesError::Missing(path.to_string()))?;
    let bytes = read_whole(file, path, MAX_BYTES)?;
    let (head, text) = match documents::text_of(&place.name, &bytes) {
        Some(Ok(document)) => (format!("{path}: the text of {}; it cannot be written", document.kind), document.text),
        Some(Err(problem)) => return Err(FilesError::Document { path: path.to_string(), problem }),
        None => {
            let text = decode(&bytes).ok_or_else(|| FilesError::Binary(path.to_string()))?;
            let ends = match text.format.ends {
                LineEnds::Lf => "",
                LineEnds::CrLf => ", lines end with CRLF in the file and with LF here",
                LineEnds::Mixed => ", line ends are mixed",
            };
            let head =
                format!("{path}: version {}, {} bytes, {}{ends}", version(&bytes), bytes.len(), text.format.encoding.as_str());
            (head, text.text)
        }
    };
    if holds_private_key(&text) {
        return Err(FilesError::PrivateKey(path.to_string()));
    }
    let part = part(&text, from).ok_or(FilesError::From(text.len()))?;
    Ok(format!("{head}\n\n{part}"))
}
