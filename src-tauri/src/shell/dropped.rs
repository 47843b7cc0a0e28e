//! Files that the person drops on a window, on Linux: WebKitGTK tells the page neither that files are dragged nor what is in them,
//! and would open the file in place of the page. The page gets only what was dropped, once.

use growqr_app::{MAX_TOTAL_BYTES, file_content};
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
    /// In base64; `None` for a folder, and for a file that is too large for a message with the files before it.
    content: Option<String>,
    /// Why it cannot be attached: a sentence. `None` for a folder, and for a file that is only too large.
    problem: Option<String>,
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

/// Reads these files, as many as a message can have.
pub fn read(paths: &[PathBuf]) -> Vec<DroppedFile> {
    read_up_to(MAX_TOTAL_BYTES, paths)
}

fn read_up_to(mut room: u64, paths: &[PathBuf]) -> Vec<DroppedFile> {
    paths.iter().map(|path| read_one(path, &mut room)).collect()
}

fn read_one(path: &Path, room: &mut u64) -> DroppedFile {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut file = DroppedFile { name, is_folder: false, bytes: 0, content: None, problem: None };
    if let Err(error) = fill(&mut file, path, room) {
        file.problem = Some(format!("{} cannot be read: {error}.", file.name));
    }
    file
}

fn fill(file: &mut DroppedFile, path: &Path, room: &mut u64) -> io::Result<()> {
    let data = path.metadata()?;
    file.is_folder = data.is_dir();
    file.bytes = data.len();
    if !data.is_file() {
        // A pipe or a device may have no end.
        if !data.is_dir() {
            file.problem = Some(format!("{} is not a regular file and cannot be attached.", file.name));
        }
        return Ok(());
    }
    if file.bytes > *room {
        return Ok(());
    }
    let mut content = Vec::new();
    // It may grow meanwhile.
    let read = File::open(path)?.take(*room).read_to_end(&mut content)?;
    *room = room.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
    file.content = Some(file_content(&content).0);
    Ok(())
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
        let files = read(&["a.txt", "huge", "folder"].map(place));
        let content = Some("dGVh".to_owned());
        assert_eq!(files[0], DroppedFile { name: "a.txt".to_owned(), is_folder: false, bytes: 3, content, problem: None });
        assert_eq!((files[1].bytes, &files[1].content, files[1].is_folder), (MAX_TOTAL_BYTES + 1, &None, false));
        assert!(files[2].is_folder && files[2].content.is_none() && files[2].problem.is_none());
    }

    #[test]
    fn no_more_is_read_than_a_message_can_have() {
        let folder = tempfile::tempdir().unwrap();
        let places = ["a", "b", "c"].map(|name| folder.path().join(name));
        for (place, text) in places.iter().zip(["four", "five5", "6"]) {
            std::fs::write(place, text).unwrap();
        }
        let files = read_up_to(5, &places);
        let read: Vec<(u64, bool)> = files.iter().map(|file| (file.bytes, file.content.is_some())).collect();
        assert_eq!(read, [(4, true), (5, false), (1, true)]);
    }

    #[test]
    fn what_cannot_be_read_has_a_problem_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        std::fs::write(place("a.txt"), "tea").unwrap();
        let files = read(&["none", "a.txt"].map(place));
        assert!(files[0].problem.as_ref().is_some_and(|problem| problem.starts_with("none cannot be read: ")));
        assert!(files[1].content.is_some() && files[1].problem.is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_read() {
        let files = read(&[PathBuf::from("/dev/zero")]);
        assert_eq!(files[0].problem.as_deref(), Some("zero is not a regular file and cannot be attached."));
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
