//! Why containers do not run, kept for later commands: the process that saw a failure may have ended.

use crate::profile::location::Profile;
use crate::profile::private_file;
use crate::stack::place;
use crate::stack::view::StackView;
use growqr_wire::{PartState, StackPart};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The failure of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    part: String,
    /// The image with which it failed. Another one may work.
    image: String,
    found: String,
    next_step: Option<String>,
}

/// The failures of a profile's parts, as they were last stored.
pub(crate) struct Failures {
    file: PathBuf,
    stored: Stored,
}

/// What the file has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    /// The data folder whose containers have failed. A copy of the folder has others.
    folder: String,
    failures: Vec<Failure>,
}

impl Failures {
    /// Reads them. A file that cannot be read says nothing.
    pub(crate) fn read(profile: &Profile) -> Failures {
        let file = profile.folder().join("stack-failures.json");
        let folder = place::name(profile.root());
        let stored: Option<Stored> = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let stored = stored.filter(|stored| stored.folder == folder);
        Failures { file, stored: stored.unwrap_or(Stored { folder, failures: Vec::new() }) }
    }

    /// Adds the last failure to the parts that wait for a download, and keeps what has failed now. What runs or was stopped by the
    /// person has no failure any more.
    pub(crate) fn update(&mut self, shown: &StackView) {
        self.show_failed_downloads(shown);
        let failures = shown.get().parts.iter().filter_map(|part| self.failure_of(part)).collect();
        let now = Stored { failures, ..self.stored.clone() };
        if now == self.stored {
            return;
        }
        let text = serde_json::to_vec(&now).unwrap_or_default();
        if let Err(error) = private_file::replace(&self.file, &text) {
            // Not an error: it only helps later commands to say why.
            tracing::debug!(%error, "why containers do not run could not be kept");
        }
        self.stored = now;
    }

    fn failure_of(&self, part: &StackPart) -> Option<Failure> {
        match part.state {
            PartState::Failed => Some(Failure {
                part: part.id.clone(),
                image: part.image.clone(),
                found: part.found.clone(),
                next_step: part.next_step.clone(),
            }),
            PartState::NeedsDownload | PartState::Downloading | PartState::Starting => self.of(part).cloned(),
            _ => None,
        }
    }

    fn of(&self, part: &StackPart) -> Option<&Failure> {
        self.stored.failures.iter().find(|failure| failure.part == part.id && failure.image == part.image)
    }

    fn show_failed_downloads(&self, shown: &StackView) {
        shown.change(|stack| {
            for part in stack.parts.iter_mut().filter(|part| part.state == PartState::NeedsDownload) {
                if let Some(failure) = self.of(part)
                    && !part.found.contains(&failure.found)
                {
                    part.found = format!("{}. The last download failed: {}", part.found, failure.found);
                }
            }
        });
    }

    /// Shows the failures of parts that do not run although they should, for a process that has not seen them.
    pub(crate) fn show(&self, shown: &StackView, should_run: impl Fn(&StackPart) -> bool) {
        self.show_failed_downloads(shown);
        shown.change(|stack| {
            for part in &mut stack.parts {
                if let Some(failure) = self.of(part)
                    && matches!(part.state, PartState::Stopped | PartState::Failed)
                    && should_run(part)
                {
                    part.state = PartState::Failed;
                    part.found.clone_from(&failure.found);
                    part.next_step.clone_from(&failure.next_step);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::location::Environment;
    use growqr_stack::ContainerPart::{Gitea, OpenCode};

    fn found(view: &StackView) -> Vec<String> {
        view.get().parts.into_iter().map(|part| part.found).collect()
    }

    #[test]
    fn a_later_process_knows_why_parts_do_not_run_until_they_do() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::find(Some(folder.path()), &Environment::default()).unwrap();
        let view = StackView::new("a:1", "b:1");
        view.set_part(Gitea, PartState::Failed, "it has ended 6 times");
        view.change_part(Gitea, |part| part.next_step = Some("Read its log".to_owned()));
        view.set_part(OpenCode, PartState::Failed, "no network");
        Failures::read(&profile).update(&view);
        let later = StackView::new("a:1", "b:1");
        later.set_part(Gitea, PartState::Stopped, "stopped");
        later.set_part(OpenCode, PartState::NeedsDownload, "the image must be downloaded");
        Failures::read(&profile).show(&later, |_| true);
        let expected = ["it has ended 6 times", "the image must be downloaded. The last download failed: no network"];
        assert_eq!(found(&later), expected);
        assert_eq!(later.get().parts[0].next_step.as_deref(), Some("Read its log"));
        let other_images = StackView::new("a:2", "b:2");
        other_images.set_part(Gitea, PartState::Stopped, "stopped");
        Failures::read(&profile).show(&other_images, |_| true);
        assert_eq!(found(&other_images)[0], "stopped");
        later.set_part(Gitea, PartState::Running, "running");
        Failures::read(&profile).update(&later);
        later.set_part(Gitea, PartState::Stopped, "stopped");
        Failures::read(&profile).show(&later, |_| true);
        assert_eq!(found(&later), ["stopped", expected[1]]);
    }

    #[test]
    fn a_copy_of_a_data_folder_does_not_have_the_failures_of_the_original() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [original, copied] =
            folders.each_ref().map(|folder| Profile::find(Some(folder.path()), &Environment::default()).unwrap());
        let view = StackView::new("a:1", "b:1");
        view.set_part(Gitea, PartState::Failed, "it has ended 6 times");
        Failures::read(&original).update(&view);
        copied.create().unwrap();
        std::fs::copy(original.folder().join("stack-failures.json"), copied.folder().join("stack-failures.json")).unwrap();
        let later = StackView::new("a:1", "b:1");
        later.set_part(Gitea, PartState::Stopped, "stopped");
        Failures::read(&copied).show(&later, |_| true);
        assert_eq!(found(&later)[0], "stopped");
        Failures::read(&original).show(&later, |_| true);
        assert_eq!(found(&later)[0], "it has ended 6 times");
    }
}
