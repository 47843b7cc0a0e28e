//! Files that the person drops on a window, on Linux: WebKitGTK tells the page neither that files are dragged nor what is in them,
//! and would open the file in place of the page. The page gets only what was dropped, once.

use growqr_app::{MAX_TOTAL_BYTES, file_content};
use growqr_wire as wire;
use serde::Serialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tauri::{DragDropEvent, Emitter, Manager, Window, WindowEvent};

/// Whether the window reads dropped files. Elsewhere the page does.
pub const IS_NEEDED: bool = cfg!(target_os = "linux");

/// Events for the page: files are over the window, have left it, were dropped.
const DRAGGED: &str = "files-dragged";
const LEFT: &str = "files-left";
const DROPPED: &str = "files-dropped";

/// The paths that were dropped on each window and not taken yet. Managed by Tauri.
#[derive(Default)]
pub struct Dropped(Mutex<HashMap<String, Vec<PathBuf>>>);

/// A dropped file or folder, for the page.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct DroppedFile {
    name: String,
    is_folder: bool,
    bytes: u64,
    /// In base64; `None` for a folder, and for a file that is too large for a message.
    content: Option<String>,
}

pub fn on_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::DragDrop(event) = event else { return };
    let told = match event {
        DragDropEvent::Enter { paths, .. } if !files(paths).is_empty() => DRAGGED,
        DragDropEvent::Leave => LEFT,
        DragDropEvent::Drop { paths, .. } if !files(paths).is_empty() => {
            let dropped = window.state::<Dropped>();
            dropped.0.lock().unwrap_or_else(PoisonError::into_inner).insert(window.label().to_owned(), files(paths));
            DROPPED
        }
        _ => return,
    };
    if let Err(error) = window.emit_to(window.label(), told, ()) {
        tracing::warn!(%error, "an event could not be sent to the page");
    }
}

/// The files among what is dragged: it may also be a link of a page.
fn files(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().filter(|path| path.is_absolute()).cloned().collect()
}

impl Dropped {
    /// What was dropped last on this window, once.
    pub fn take(&self, label: &str) -> Vec<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(label).unwrap_or_default()
    }
}

/// Reads these files.
///
/// # Errors
/// If one of them cannot be read.
pub fn read(paths: &[PathBuf]) -> Result<Vec<DroppedFile>, wire::Error> {
    let problem = |path: &Path, error: &io::Error| {
        let message = format!("the file {} cannot be read: {error}", path.display());
        wire::Error::new(wire::ErrorCode::BadRequest, message)
    };
    paths.iter().map(|path| read_one(path).map_err(|error| problem(path, &error))).collect()
}

fn read_one(path: &Path) -> io::Result<DroppedFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let data = path.metadata()?;
    let (is_folder, bytes) = (data.is_dir(), data.len());
    // A pipe or a device may have no end.
    if !data.is_file() || bytes > MAX_TOTAL_BYTES {
        return Ok(DroppedFile { name, is_folder, bytes, content: None });
    }
    let mut content = Vec::new();
    // It may grow meanwhile.
    File::open(path)?.take(MAX_TOTAL_BYTES).read_to_end(&mut content)?;
    Ok(DroppedFile { name, is_folder, bytes, content: Some(file_content(&content).0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_content_and_a_folder_or_a_huge_file_none() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        std::fs::write(place("a.txt"), "tea").unwrap();
        File::create(place("huge")).unwrap().set_len(MAX_TOTAL_BYTES + 1).unwrap();
        std::fs::create_dir(place("folder")).unwrap();
        let read = read(&["a.txt", "huge", "folder"].map(place)).unwrap();
        assert_eq!(read[0], DroppedFile { name: "a.txt".into(), is_folder: false, bytes: 3, content: Some("dGVh".into()) });
        assert_eq!((read[1].bytes, &read[1].content, read[1].is_folder), (MAX_TOTAL_BYTES + 1, &None, false));
        assert!(read[2].is_folder && read[2].content.is_none());
        assert!(super::read(&[place("none")]).is_err());
    }

    #[test]
    fn what_was_dropped_is_taken_once() {
        let dropped = Dropped::default();
        dropped.0.lock().unwrap().insert("main".to_owned(), vec![PathBuf::from("a")]);
        assert!(dropped.take("quick").is_empty());
        assert_eq!(dropped.take("main"), [PathBuf::from("a")]);
        assert!(dropped.take("main").is_empty());
    }
}
