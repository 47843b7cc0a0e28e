//! Images: whether they are here, and their download once the person has agreed.

use crate::SystemClock;
use crate::stack::look::needs_download;
use crate::stack::notes;
use crate::stack::problem::Problem;
use crate::stack::view::{self, StackView};
use crate::stack::worker::Worker;
use futures_util::StreamExt;
use growqr_core::clock::Clock;
use growqr_core::stack::StackPart;
use growqr_stack::{
    ContainerPart, Daemon, GITEA_FALLBACK_IMAGE, GITEA_IMAGE, ImageProblem, PullTotals, Real, Stack, StackError, Status,
    VolumePart, usual_size,
};
use growqr_wire::{PartState, StackAction};
use std::time::Duration;
use tokio::time::Instant;

/// How often a download is shown.
const SHOW_PROGRESS: Duration = Duration::from_millis(250);

/// How long a download waits after one that the daemon has ended.
const RETRY: Duration = Duration::from_secs(5);

impl Worker {
    pub(super) fn image(&self, part: ContainerPart) -> &str {
        match part {
            ContainerPart::Gitea => &self.config.gitea_image,
            ContainerPart::OpenCode => &self.config.opencode_image,
        }
    }

    /// Whether the image of a part is here. Starts its download if the person has agreed.
    pub(super) async fn has_image(&mut self, stack: &Stack, real: &Real, part: ContainerPart) -> Result<bool, Problem> {
        let image = self.image(part).to_owned();
        if stack.daemon().image(&image).await?.is_some() {
            self.missing_images.remove(&part);
            return Ok(true);
        }
        self.missing_images.insert(part);
        let is_running = real.container(part).is_some_and(|container| container.status == Status::Running);
        if part == ContainerPart::OpenCode && !is_running {
            self.deps.workbench.clear("its image is not here");
        }
        if self.tasks.downloads(part) {
            return Ok(false);
        }
        if !self.agreed {
            // A failed download stays shown until the person tries again.
            if !self.failed_downloads.contains(&part) && !is_running {
                needs_download(part, &image, &self.view);
            }
            return Ok(false);
        }
        if self.next_download.is_some_and(|at| Instant::now() < at) {
            return Ok(false);
        }
        self.failed_downloads.remove(&part);
        // A volume that the default image has used cannot go back to the older one.
        let is_new = real.volumes.iter().all(|volume| volume.part != VolumePart::GiteaData.word());
        self.may_fall_back = is_new && !self.config.gitea_image_is_set;
        let doing = format!("downloading {image}");
        if !is_running {
            self.view.set_part(part, PartState::Downloading, doing.clone());
        }
        self.view.change(|stack| stack.busy = Some(doing.clone()));
        self.tasks.download(part, doing, download(stack.daemon().clone(), image, part, self.view.clone()));
        Ok(false)
    }

    /// Shows the notes, and offers the download of an image that a running container should have.
    pub(super) fn show_notes(&self) {
        let is_missing = |part: &ContainerPart| {
            let stack = self.view.get();
            let runs = stack.parts.iter().any(|shown| shown.id == part.word() && shown.state == PartState::Running);
            runs && self.missing_images.contains(part) && !self.tasks.downloads(*part)
        };
        let missing: Vec<ContainerPart> = ContainerPart::ALL.into_iter().filter(is_missing).collect();
        let mut notes = notes::notes(&self.config, &self.deps.profile);
        notes.extend(self.full_disks.iter().map(|(part, paths)| notes::full_disk(part.name(), paths)));
        notes.extend(missing.iter().map(|part| {
            format!(
                "{} still runs with another image: {} is not on this computer. To download it: growqr stack up --yes",
                part.name(),
                self.image(*part)
            )
        }));
        self.view.change(|stack| {
            stack.notes = notes;
            if !missing.is_empty() {
                stack.next = Some(StackAction::Download);
            }
        });
    }

    /// Shows what a download that has ended leaves to do.
    pub(super) async fn downloaded(&mut self, part: ContainerPart, result: Result<(), StackError>) {
        self.view.change_part(part, |shown| shown.progress = None);
        match result {
            Ok(()) => {}
            Err(error) if error.is_about_the_daemon() => self.next_download = Some(Instant::now() + RETRY),
            Err(StackError::ImageUnavailable { problem: ImageProblem::NotThere, image })
                if image == GITEA_IMAGE && self.may_fall_back =>
            {
                tracing::warn!(%image, "the registry does not offer Gitea's default image; the older one is used");
                let at = SystemClock.now();
                if let Err(error) = self.deps.store.saw_container(StackPart::Gitea, GITEA_FALLBACK_IMAGE, None, at).await {
                    self.view.stopped_by(error.into());
                }
            }
            Err(error) => {
                self.agreed = false;
                self.failed_downloads.insert(part);
                // One that runs with another image goes on.
                if !self.ready.contains_key(&part) {
                    self.view.set_part(part, PartState::Failed, error.to_string());
                }
                self.view.change_part(part, |shown| shown.next_step = Some(view::next_step(&error).to_owned()));
            }
        }
    }
}

/// Downloads an image and shows how far it is.
async fn download(daemon: Daemon, image: String, part: ContainerPart, shown: StackView) -> Result<(), StackError> {
    let (mut totals, mut shown_at) = (PullTotals::default(), Instant::now());
    let mut pull = std::pin::pin!(daemon.pull(&image));
    while let Some(progress) = pull.next().await {
        totals.apply(&progress?);
        if shown_at.elapsed() > SHOW_PROGRESS {
            shown_at = Instant::now();
            let progress = view::progress(&totals, usual_size(&image));
            shown.change_part(part, |shown| shown.progress = Some(progress));
        }
    }
    Ok(())
}
