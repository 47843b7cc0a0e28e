//! The text of PDF documents, page by page.
//!
//! A program that runs agents reads each in a process of its own (`own_process.rs`). Others, such as tests of this crate, read on a thread:
//! a panic ends that thread alone, and one that takes too long is left behind. While one document is read no other one is.

use super::MAX_TEXT;
use lopdf::{Document, LoadOptions};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// What one stream, and the text of one page, may be unpacked to, in bytes.
const MAX_UNPACKED: usize = 32 << 20;
const MAX_PAGES: usize = 2_000;
pub(super) const STACK: usize = 64 << 20;

/// How long a document may take.
const TIME: Duration = Duration::from_secs(20);

static IS_READING: AtomicBool = AtomicBool::new(false);

/// Ends the reading, also after a panic.
struct Reading;

impl Drop for Reading {
    fn drop(&mut self) {
        IS_READING.store(false, Ordering::Release);
    }
}

/// The text of a document. `elsewhere` reads it in another process, in at most this time; `None`: there is none.
///
/// # Errors
/// A sentence about why it cannot be read.
pub(super) fn text(
    bytes: &[u8],
    elsewhere: impl FnOnce(&[u8], Duration) -> Option<Result<String, String>>,
) -> Result<String, String> {
    if IS_READING.swap(true, Ordering::AcqRel) {
        return Err("another PDF document is being read; try again".to_owned());
    }
    let reading = Reading;
    if let Some(text) = elsewhere(bytes, TIME) {
        return text;
    }
    let (sender, receiver) = mpsc::channel();
    let bytes = bytes.to_vec();
    let work = move || {
        let _reading = reading;
        // The reader may have given up.
        let _ = sender.send(read(&bytes));
    };
    let started = std::thread::Builder::new().name("pdf".to_owned()).stack_size(STACK).spawn(work);
    started.map_err(|error| format!("no thread can be started: {error}"))?;
    match receiver.recv_timeout(TIME) {
        Ok(text) => text,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("it takes more than {} s", TIME.as_secs())),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("it is damaged".to_owned()),
    }
}

/// The text of a document, read in this thread.
///
/// # Errors
/// As [`text`].
pub(super) fn read(bytes: &[u8]) -> Result<String, String> {
    let options = LoadOptions { max_decompressed_size: Some(MAX_UNPACKED), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| shortened(&error.to_string()))?;
    if document.is_encrypted() {
        return Err("it is protected with a password".to_owned());
    }
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let mut text = String::new();
    let mut unreadable = 0;
    for page in pages.iter().take(MAX_PAGES) {
        let parts = document.extract_text_chunks_with_limit(&[*page], MAX_UNPACKED);
        unreadable += u32::from(parts.iter().any(Result::is_err));
        let found: String = parts.into_iter().flatten().collect();
        if !found.trim().is_empty() {
            text.push_str(&format!("[page {page}]\n{}\n\n", found.trim()));
        }
        if text.len() > MAX_TEXT {
            text.truncate(text.floor_char_boundary(MAX_TEXT));
            text.push_str("\n[the rest is left out]");
            break;
        }
    }
    if unreadable > 0 && text.is_empty() {
        return Err("none of its pages can be read".to_owned());
    }
    if unreadable > 0 {
        text.push_str(&format!("[{unreadable} pages cannot be read, or only in part]"));
    }
    if pages.len() > MAX_PAGES {
        text.push_str(&format!("[{} more pages are left out]", pages.len() - MAX_PAGES));
    }
    Ok(text)
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
