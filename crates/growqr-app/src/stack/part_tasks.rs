//! Long work for one part that goes on between rounds: the download of its image, or the preparation of its service. The parts do
//! not wait for each other.

use crate::error::AppError;
use crate::stack::services::Prepared;
use growqr_stack::{ContainerPart, StackError};
use std::collections::BTreeMap;
use tokio::task::{AbortHandle, Id, JoinSet};

/// The result of a task.
pub(super) enum Done {
    /// The image of a part is here, or could not be fetched.
    Download(Result<(), StackError>),
    /// The service of this run of a container is ready, or could not be prepared.
    Preparation(Run, Result<Prepared, AppError>),
    /// The task has panicked.
    Lost,
}

/// One run of a container: its id, and when the run began.
pub(super) type Run = (String, String);

/// At most one download and one preparation for each part: a part that runs is used while another image for it is fetched. All
/// are ended when this is dropped.
#[derive(Default)]
pub(super) struct PartTasks {
    tasks: JoinSet<Done>,
    running: BTreeMap<(ContainerPart, Work), Running>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Download,
    Preparation,
}

struct Running {
    id: Id,
    abort: AbortHandle,
    /// For the person: what is being done.
    doing: String,
    /// The run that is being prepared; `None` for a download.
    run: Option<Run>,
}

impl PartTasks {
    /// Starts a download.
    pub(super) fn download(
        &mut self,
        part: ContainerPart,
        doing: String,
        work: impl Future<Output = Result<(), StackError>> + Send + 'static,
    ) {
        self.start(part, doing, None, async { Done::Download(work.await) });
    }

    /// Starts the preparation of a run.
    pub(super) fn prepare(
        &mut self,
        part: ContainerPart,
        doing: String,
        run: Run,
        work: impl Future<Output = Result<Prepared, AppError>> + Send + 'static,
    ) {
        let prepared = run.clone();
        self.start(part, doing, Some(run), async { Done::Preparation(prepared, work.await) });
    }

    fn start(&mut self, part: ContainerPart, doing: String, run: Option<Run>, work: impl Future<Output = Done> + Send + 'static) {
        let kind = if run.is_none() { Work::Download } else { Work::Preparation };
        self.end((part, kind));
        let abort = self.tasks.spawn(work);
        self.running.insert((part, kind), Running { id: abort.id(), abort, doing, run });
    }

    /// Whether the image of a part is being downloaded.
    pub(super) fn downloads(&self, part: ContainerPart) -> bool {
        self.running.contains_key(&(part, Work::Download))
    }

    /// Whether this run of a part is being prepared.
    pub(super) fn prepares(&self, part: ContainerPart, run: &Run) -> bool {
        self.running.get(&(part, Work::Preparation)).is_some_and(|running| running.run.as_ref() == Some(run))
    }

    /// Whether there is a task for a part.
    pub(super) fn has(&self, part: ContainerPart) -> bool {
        self.running.keys().any(|(of, _)| *of == part)
    }

    /// What is being done, if anything is.
    pub(super) fn doing(&self) -> Option<String> {
        self.running.values().next().map(|running| running.doing.clone())
    }

    /// Ends the tasks of a part.
    pub(super) fn cancel(&mut self, part: ContainerPart) {
        self.end((part, Work::Download));
        self.cancel_preparation(part);
    }

    /// Ends the preparation of a part. A download of its image goes on.
    pub(super) fn cancel_preparation(&mut self, part: ContainerPart) {
        self.end((part, Work::Preparation));
    }

    fn end(&mut self, key: (ContainerPart, Work)) {
        if let Some(running) = self.running.remove(&key) {
            running.abort.abort();
        }
    }

    /// Ends all tasks.
    pub(super) fn cancel_all(&mut self) {
        ContainerPart::ALL.into_iter().for_each(|part| self.cancel(part));
    }

    /// Waits for the end of a task; for ever if there is none. Cancel-safe.
    pub(super) async fn next(&mut self) -> (ContainerPart, Done) {
        loop {
            let Some(joined) = self.tasks.join_next_with_id().await else { return std::future::pending().await };
            let (id, done) = match joined {
                Ok(joined) => joined,
                Err(error) => (error.id(), Done::Lost),
            };
            // A task that was ended may have been done already.
            let key = self.running.iter().find(|(_, running)| running.id == id).map(|(key, _)| *key);
            if let Some(key) = key {
                self.running.remove(&key);
                return (key.0, done);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn a_download_and_a_preparation_of_one_part_do_not_end_each_other() {
        let part = ContainerPart::Gitea;
        let run: Run = ("container".to_owned(), "now".to_owned());
        let mut tasks = PartTasks::default();
        tasks.download(part, "downloading".to_owned(), ready(Ok(())));
        tasks.prepare(part, "waiting".to_owned(), run.clone(), pending());
        assert!(tasks.downloads(part) && tasks.prepares(part, &run));
        assert!(matches!(tasks.next().await, (ContainerPart::Gitea, Done::Download(Ok(())))));
        assert!(!tasks.downloads(part) && tasks.prepares(part, &run));
        tasks.cancel(part);
        assert!(!tasks.has(part));
    }
}
