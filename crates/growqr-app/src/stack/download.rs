//! Images: whether they are here, and their download once the person has agreed.

use crate::stack::look::needs_download;
use crate::stack::problem::Problem;
use crate::stack::view;
use crate::stack::worker::Worker;
use futures_util::StreamExt;
use growqr_stack::{ContainerPart, PullTotals, Stack, usual_size};
use growqr_wire::PartState;
use std::time::Duration;
use tokio::time::Instant;

/// How often a download is shown.
const SHOW_PROGRESS: Duration = Duration::from_millis(250);

impl Worker {
    pub(super) fn image(&self, part: ContainerPart) -> &str {
        match part {
            ContainerPart::Gitea => &self.config.gitea_image,
            ContainerPart::OpenCode => &self.config.opencode_image,
        }
    }

    /// Whether the image of a part is here. Downloads it if the person has agreed.
    pub(super) async fn has_image(&mut self, stack: &Stack, part: ContainerPart) -> Result<bool, Problem> {
        let image = self.image(part).to_owned();
        if stack.daemon().image(&image).await?.is_some() {
            return Ok(true);
        }
        if part == ContainerPart::OpenCode {
            self.deps.workbench.clear("its image is not here");
        }
        if !self.agreed {
            // A failed download stays shown until the person tries again.
            if !self.failed_downloads.contains(&part) {
                needs_download(part, &image, &self.view);
            }
            return Ok(false);
        }
        self.failed_downloads.remove(&part);
        self.view.set_part(part, PartState::Downloading, format!("downloading {image}"));
        self.view.change(|stack| stack.busy = Some(format!("downloading {image}")));
        let (mut totals, mut shown) = (PullTotals::default(), Instant::now());
        let mut pull = std::pin::pin!(stack.daemon().pull(&image));
        while let Some(progress) = pull.next().await {
            match progress {
                Ok(progress) => totals.apply(&progress),
                Err(error) if error.is_about_the_daemon() => return Err(error.into()),
                Err(error) => {
                    self.agreed = false;
                    self.failed_downloads.insert(part);
                    self.view.set_part(part, PartState::Failed, error.to_string());
                    self.view.change_part(part, |shown| shown.next_step = Some(view::next_step(&error).to_owned()));
                    return Ok(false);
                }
            }
            if shown.elapsed() > SHOW_PROGRESS {
                shown = Instant::now();
                let progress = view::progress(&totals, usual_size(&image));
                self.view.change_part(part, |shown| shown.progress = Some(progress));
            }
        }
        Ok(true)
    }
}
