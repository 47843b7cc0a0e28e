//! The files of the person: tools on the folders that they have chosen.
//!
//! Paths are the name of a folder and the path in it; where the folder is on this computer, agents are never told. Every path is opened
//! part by part inside the folder (`place.rs`), hidden files and files with keys are refused (`closed_names.rs`), and what is read is
//! text from outside. Nothing is kept: a result is in the conversation, and a text that is being written is beside its file.

mod disk;
mod documents;
mod error;
mod folder;
mod input;
mod listing;
mod path;
mod place;
mod read;
mod search;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use documents::read_pdf_if_asked;
pub use folder::Folder;

use async_trait::async_trait;
use disk::Disk;
use error::FilesError;
use growqr_core::id::{EffectId, ExecutorId};
use growqr_core::memory::CommitPlan;
use growqr_core::raw::RawJson;
use growqr_core::tool::{Executor, LookedUp, OfferedTool, Performed, ToolCall, ToolResult};
use growqr_core::tool_input::{ToolInput, parse};
use input::{ListInput, ReadInput, SearchInput, WriteInput};
use path::FilePath;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// How long a call may take: one that reads a large document has a limit of its own, which is shorter.
const LIMIT: Duration = Duration::from_secs(60);

/// The name of the tool that writes.
pub const WRITE_FILE: &str = WriteInput::NAME;

/// All tools on chosen folders, as they are offered while a folder can be written.
#[must_use]
pub fn file_tools() -> Vec<OfferedTool> {
    input::offered(&FileTools::executor_id(), true)
}

/// The executor of the tools on the chosen folders.
pub struct FileTools {
    folders: RwLock<Arc<[Folder]>>,
    /// For each folder, held by the thread that writes in it, also if nobody waits for it any more: what an interrupted write has done is
    /// looked up after it. A disk that does not answer keeps only its own folder.
    writing: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// By the places of the folders; the empty one is for searches in all of them.
    disks: Mutex<HashMap<PathBuf, Arc<Disk>>>,
    limit: Duration,
}

impl FileTools {
    /// Tools on these folders; without one, none is offered.
    #[must_use]
    pub fn new(folders: Vec<Folder>) -> FileTools {
        FileTools { folders: RwLock::new(folders.into()), writing: Mutex::default(), disks: Mutex::default(), limit: LIMIT }
    }

    /// Replaces the folders. Calls that run go on with the earlier ones; later ones find the new ones.
    pub fn set(&self, folders: Vec<Folder>) {
        *self.folders.write().unwrap_or_else(PoisonError::into_inner) = folders.into();
    }

    fn executor_id() -> ExecutorId {
        ExecutorId::new("files")
    }

    fn folders(&self) -> Arc<[Folder]> {
        Arc::clone(&self.folders.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The lock of the folder in which a call writes; `None` if it writes nothing.
    fn writing(&self, call: &ToolCall) -> Option<Arc<tokio::sync::Mutex<()>>> {
        let input = (call.name == WRITE_FILE).then(|| parse::<WriteInput>(&call.input).ok()).flatten()?;
        let folder = find(&self.folders(), &input.path).ok()?.0.name.clone();
        Some(Arc::clone(self.writing.lock().unwrap_or_else(PoisonError::into_inner).entry(folder).or_default()))
    }

    /// The disk that a call needs; `None` if it needs none.
    fn disk(&self, folders: &[Folder], call: &ToolCall) -> Option<Arc<Disk>> {
        let path = match &*call.name {
            ListInput::NAME => Some(parse::<ListInput>(&call.input).ok()?.path.filter(|path| !is_everything(path))?),
            SearchInput::NAME => parse::<SearchInput>(&call.input).ok()?.path.filter(|path| !is_everything(path)),
            ReadInput::NAME => Some(parse::<ReadInput>(&call.input).ok()?.path),
            WRITE_FILE => Some(parse::<WriteInput>(&call.input).ok()?.path),
            _ => return None,
        };
        let place = match path {
            Some(path) => find(folders, &path).ok()?.0.path.clone(),
            None => PathBuf::new(),
        };
        Some(Arc::clone(self.disks.lock().unwrap_or_else(PoisonError::into_inner).entry(place).or_default()))
    }

    /// Runs `work` on a blocking thread.
    async fn blocking<T: Send + 'static>(
        &self,
        call: &ToolCall,
        work: impl FnOnce(&[Folder], &ToolCall) -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let of_work = call.clone();
        let work = async {
            let writing = match self.writing(call) {
                Some(writing) => Some(writing.lock_owned().await),
                None => None,
            };
            // The folders as they are now: a write may have waited for long.
            let folders = self.folders();
            let place = match self.disk(&folders, call) {
                Some(disk) => Some(disk.enter().await.ok_or(NotDone::NotBegun)?),
                None => None,
            };
            let work = move || {
                let _until_it_is_done = (writing, place);
                work(&folders, &of_work)
            };
            tokio::task::spawn_blocking(work).await.map_err(|error| {
                tracing::error!(%error, "a tool on files failed");
                NotDone::Failed
            })
        };
        tokio::time::timeout(self.limit, work).await.unwrap_or_else(|_| {
            self.disk(&self.folders(), call).inspect(|disk| disk.has_not_answered());
            Err(NotDone::NoAnswer)
        })
    }
}

#[async_trait]
impl Executor for FileTools {
    fn id(&self) -> ExecutorId {
        FileTools::executor_id()
    }

    fn tools(&self) -> Vec<OfferedTool> {
        let folders = self.folders();
        if folders.is_empty() {
            return Vec::new();
        }
        input::offered(&self.id(), folders.iter().any(|folder| folder.can_write))
    }

    async fn perform(&self, call: &ToolCall, _plan: Option<&CommitPlan>) -> Performed {
        let done = self.blocking(call, perform).await;
        Performed::Finished(done.unwrap_or_else(|not_done| ToolResult::error(not_done.told(&call.name))))
    }

    async fn look_up(&self, call: &ToolCall) -> LookedUp {
        self.blocking(call, look_up).await.unwrap_or(LookedUp::Unknown)
    }
}

/// Why a call has no result.
enum NotDone {
    /// It panicked.
    Failed,
    /// Earlier calls wait for the disk already.
    NotBegun,
    /// The disk did not answer in time. A write may still happen.
    NoAnswer,
}

impl NotDone {
    /// For the model.
    fn told(&self, tool: &str) -> &'static str {
        match self {
            NotDone::Failed => "the file could not be handled; go on without it, or tell the person",
            NotDone::NotBegun => "the disk does not answer, so nothing was done; go on without it, or tell the person",
            NotDone::NoAnswer if tool == WRITE_FILE => {
                "the disk does not answer, so it is not known whether the file was or will be written; read it before you write it again, \
                 or tell the person"
            }
            NotDone::NoAnswer => {
                "a disk does not answer in time; name one folder or a smaller one, go on without it, or tell the person"
            }
        }
    }
}

fn perform(folders: &[Folder], call: &ToolCall) -> ToolResult {
    match result(folders, &call.name, &call.input, &call.origin.effect) {
        Ok(text) => ToolResult::ok(text),
        Err(problem) => ToolResult::error(problem),
    }
}

fn result(folders: &[Folder], name: &str, input: &RawJson, effect: &EffectId) -> Result<String, String> {
    let told = |error: FilesError| error.to_string();
    match name {
        ListInput::NAME => match parse::<ListInput>(input)?.path.filter(|path| !is_everything(path)) {
            None => Ok(listing::list_folders(folders)),
            Some(path) => find(folders, &path).and_then(|(folder, path)| listing::list(folder, &path)).map_err(told),
        },
        ReadInput::NAME => {
            let input: ReadInput = parse(input)?;
            let from = input.from.unwrap_or(0);
            find(folders, &input.path).and_then(|(folder, path)| read::read(folder, &path, from)).map_err(told)
        }
        SearchInput::NAME => {
            let input: SearchInput = parse(input)?;
            let places = match input.path.filter(|path| !is_everything(path)) {
                None => Ok(folders
                    .iter()
                    .map(|folder| (folder, FilePath { folder: folder.name.clone(), parts: Vec::new() }))
                    .collect()),
                Some(path) => find(folders, &path).map(|found| vec![found]),
            };
            places.and_then(|places| search::search(&places, &input.query)).map_err(told)
        }
        WRITE_FILE => {
            let input: WriteInput = parse(input)?;
            let written = find(folders, &input.path).and_then(|(folder, path)| write::write(folder, &path, &input, effect));
            written.map(|version| written_result(&input.path, &version)).map_err(told)
        }
        _ => Err(format!("this version of GrowQR no longer has the tool {name:?}; go on without it")),
    }
}

fn written_result(path: &str, version: &str) -> String {
    format!("{path} is written; its version is {version}")
}

/// Whether a model means all folders.
fn is_everything(path: &str) -> bool {
    matches!(path.trim(), "" | "." | "./" | "/")
}

fn find<'a>(folders: &'a [Folder], path: &str) -> Result<(&'a Folder, FilePath), FilesError> {
    let path = FilePath::parse(path)?;
    let folder = folders.iter().find(|folder| folder.name == path.folder);
    folder.map(|folder| (folder, path.clone())).ok_or(FilesError::NoFolder(path.folder))
}

fn look_up(folders: &[Folder], call: &ToolCall) -> LookedUp {
    let Ok(input) = parse::<WriteInput>(&call.input) else { return LookedUp::NothingHappened };
    let Ok((folder, path)) = find(folders, &input.path) else { return LookedUp::Unknown };
    match write::look_up(folder, &path, &input, &call.origin.effect) {
        Ok(write::Found::Written { version }) => LookedUp::Happened(ToolResult::ok(written_result(&input.path, &version))),
        Ok(write::Found::Nothing) => LookedUp::NothingHappened,
        Ok(write::Found::Unclear) | Err(_) => LookedUp::Unknown,
    }
}

/// What a recorded call of `write_file` would do now, for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The file, as the model names it.
    pub path: String,
    /// Where it is on this computer; `None` if there is no such folder.
    pub place: Option<PathBuf>,
    /// The text that it would replace; `None` if the file is new, or cannot be written.
    pub before: Option<String>,
    /// The new text, as it will be read after it is written.
    pub after: String,
    /// Why nothing would be written; `None` if it would be.
    pub problem: Option<String>,
}

/// What a call of `write_file` with this input would do now. Changes nothing.
///
/// # Errors
/// A sentence about an input that is none of this tool.
pub fn file_change(folders: &[Folder], input: &RawJson) -> Result<FileChange, String> {
    let input: WriteInput = parse(input)?;
    let (place, planned) = match find(folders, &input.path) {
        Ok((folder, path)) => {
            let place = path.parts.iter().fold(folder.path.clone(), |place, part| place.join(part));
            (Some(place), write::plan(folder, &path, &input))
        }
        Err(error) => (None, Err(error)),
    };
    let (before, after, problem) = match planned {
        Ok(change) => (change.before, change.after, None),
        Err(error) => (None, input.content, Some(error.to_string())),
    };
    Ok(FileChange { path: input.path, place, before, after, problem })
}
