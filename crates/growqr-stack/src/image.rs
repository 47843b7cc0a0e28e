//! Images: whether they are here, and how they are fetched.

use crate::daemon::{Daemon, limited};
use crate::error::{self, ImageProblem, StackError};
use crate::gitea_spec::{GITEA_FALLBACK_IMAGE, GITEA_IMAGE};
use crate::opencode_spec::OPENCODE_IMAGE;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::{Stream, StreamExt, stream};
use std::collections::BTreeMap;
use std::time::Duration;

/// A download that says nothing for so long has stopped.
const SILENCE: Duration = Duration::from_secs(120);

/// An image on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFacts {
    /// Its id: the hash of its configuration.
    pub id: String,
    /// The registry's digests, `name@sha256:…`. An image that was built here has none.
    pub digests: Vec<String>,
    /// Its size on disk in bytes.
    pub size: u64,
    /// Its processor: `amd64`, `arm64`.
    pub arch: String,
}

/// One message of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullProgress {
    /// The layer; `None` for a message about the whole.
    pub layer: Option<String>,
    /// The daemon's words: "Downloading", "Pull complete".
    pub status: String,
    /// Bytes so far and in all, if told.
    pub bytes: Option<(u64, u64)>,
}

/// The state of a download, layer by layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullTotals {
    /// The layers by id.
    pub layers: BTreeMap<String, LayerProgress>,
}

/// How far one layer is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerProgress {
    /// The daemon's words.
    pub status: String,
    /// Bytes downloaded.
    pub done: u64,
    /// Bytes to download; 0 until told, and for a layer that is here already.
    pub total: u64,
}

impl LayerProgress {
    /// Takes up the numbers of a message. The daemon also reports all bytes when a transfer breaks off, so a layer is complete only
    /// once the daemon says so; and after a break it counts only the bytes that were missing then.
    fn downloading(&mut self, done: u64, total: u64) {
        let before = self.total.saturating_sub(total);
        self.total = self.total.max(total);
        if done < total {
            self.done = before + done;
        }
    }
}

impl PullTotals {
    /// Takes up one message.
    pub fn apply(&mut self, progress: &PullProgress) {
        let Some(id) = &progress.layer else { return };
        let layer = self.layers.entry(id.clone()).or_default();
        layer.status.clone_from(&progress.status);
        match progress.status.as_str() {
            "Downloading" => {
                if let Some((done, total)) = progress.bytes {
                    layer.downloading(done, total);
                }
            }
            // From here on the numbers are about something else.
            "Verifying Checksum" | "Download complete" | "Extracting" | "Pull complete" => layer.done = layer.total,
            _ => {}
        }
    }

    /// Bytes downloaded and bytes to download, as far as known.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        self.layers.values().fold((0, 0), |(done, total), layer| (done + layer.done, total + layer.total))
    }
}

/// The usual size on disk of an image that this version uses by default, to tell before the download. `None` for others.
#[must_use]
pub fn usual_size(reference: &str) -> Option<u64> {
    match reference.split('@').next()? {
        // Measured with an older version of Gitea and an image of OpenCode that was built from its package.
        GITEA_IMAGE | GITEA_FALLBACK_IMAGE => Some(137_000_000),
        OPENCODE_IMAGE => Some(224_000_000),
        _ => None,
    }
}

impl Daemon {
    /// An image on this machine; `None` if it must be fetched.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn image(&self, reference: &str) -> Result<Option<ImageFacts>, StackError> {
        let call = self.call("inspect an image", "image", reference);
        match self.ask(call, self.docker().inspect_image(reference)).await {
            Ok(image) => Ok(Some(ImageFacts {
                id: image.id.unwrap_or_default(),
                digests: image.repo_digests.unwrap_or_default(),
                size: image.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                arch: image.architecture.unwrap_or_default(),
            })),
            Err(StackError::NoImage(_) | StackError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Fetches an image. The stream ends without an error once the image is here. Dropping it ends the download; what is
    /// complete of it is kept by the daemon.
    pub fn pull(&self, reference: &str) -> impl Stream<Item = Result<PullProgress, StackError>> + Send + use<> {
        // Without a tag the daemon would fetch all of them.
        let last = reference.rsplit('/').next().unwrap_or_default();
        let full = if last.contains([':', '@']) { reference.to_owned() } else { format!("{reference}:latest") };
        let options = CreateImageOptionsBuilder::new().from_image(&full).build();
        let messages = Box::pin(self.patient(SILENCE).create_image(Some(options), None, None));
        stream::unfold(Some((messages, self.clone(), full)), async |state| {
            let (mut messages, daemon, image) = state?;
            let next = limited(SILENCE, "download an image", messages.next()).await;
            match next {
                Ok(None) => None,
                Ok(Some(Ok(message))) => Some((Ok(progress(message)), Some((messages, daemon, image)))),
                Ok(Some(Err(problem))) => {
                    let error = pull_error(&problem, &image);
                    let error = error.unwrap_or_else(|| error::read(daemon.call("download an image", "image", &image), problem));
                    Some((Err(error), None))
                }
                Err(silent) => Some((Err(silent), None)),
            }
        })
    }
}

fn progress(message: CreateImageInfo) -> PullProgress {
    let bytes = message
        .progress_detail
        .and_then(|detail| Some((u64::try_from(detail.current?).ok()?, u64::try_from(detail.total?).ok()?)));
    let status = message.status.unwrap_or_default();
    // The first message has the tag in the place of a layer.
    let layer = message.id.filter(|_| !status.starts_with("Pulling from"));
    PullProgress { layer, status, bytes }
}

/// The daemon passes on what the registry or the network said. `None` if it is about neither.
fn pull_error(problem: &bollard::errors::Error, image: &str) -> Option<StackError> {
    use bollard::errors::Error;
    let text = match problem {
        Error::DockerResponseServerError { message, .. } => message.to_lowercase(),
        Error::DockerStreamError { error } => error.to_lowercase(),
        _ => return None,
    };
    // A proxy on the way or a broken registry says "not found" too; that is no word about the image.
    let not_found = format!("{}: not found", image.to_lowercase());
    let is_no_manifest = text.split_once("manifest for ").is_some_and(|(_, rest)| rest.contains(" not found"));
    let has = |fragments: &[&str]| fragments.iter().any(|fragment| text.contains(fragment));
    let problem = if has(&["toomanyrequests", "too many requests"]) {
        ImageProblem::TooManyRequests
    } else if has(&["access denied", "unauthorized", "access to the resource is denied", "authentication required"]) {
        ImageProblem::NotAllowed
    } else if has(&["manifest unknown", "no matching manifest", &not_found]) || is_no_manifest {
        ImageProblem::NotThere
    } else if has(&[
        "no such host",
        "dial tcp",
        "i/o timeout",
        "network is unreachable",
        "handshake timeout",
        "connection refused",
    ]) {
        ImageProblem::NoNetwork
    } else {
        return None;
    };
    Some(StackError::ImageUnavailable { image: image.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_count_each_layer_once() {
        let message =
            |layer: &str, status: &str, bytes| PullProgress { layer: Some(layer.to_owned()), status: status.to_owned(), bytes };
        let mut totals = PullTotals::default();
        for progress in [
            message("a", "Pulling fs layer", None),
            message("a", "Downloading", Some((10, 100))),
            message("b", "Already exists", None),
            message("a", "Downloading", Some((60, 100))),
            message("a", "Download complete", None),
            message("a", "Extracting", Some((5, 300))),
            message("c", "Downloading", Some((1, 50))),
        ] {
            totals.apply(&progress);
        }
        assert_eq!(totals.bytes(), (101, 150));
        assert_eq!(totals.layers.len(), 3);
    }

    #[test]
    fn a_transfer_that_breaks_off_is_not_complete_and_goes_on_where_it_was() {
        let mut totals = PullTotals::default();
        let mut after = |status: &str, bytes| {
            totals.apply(&PullProgress { layer: Some("a".to_owned()), status: status.to_owned(), bytes });
            totals.bytes()
        };
        assert_eq!(after("Downloading", Some((10, 100))), (10, 100));
        // The last message of a connection that has ended early.
        assert_eq!(after("Downloading", Some((100, 100))), (10, 100));
        assert_eq!(after("Retrying in 5 seconds", None), (10, 100));
        assert_eq!(after("Downloading", Some((5, 90))), (15, 100));
        assert_eq!(after("Verifying Checksum", None), (100, 100));
    }

    #[test]
    fn why_a_download_fails_is_told_apart() {
        let answer = |status_code, message: &str| {
            let message = message.to_owned();
            match pull_error(&bollard::errors::Error::DockerResponseServerError { status_code, message }, "a:b") {
                Some(StackError::ImageUnavailable { problem, .. }) => Some(problem),
                _ => None,
            }
        };
        let problem = |message: &str| answer(500, message);
        let not_there = Some(ImageProblem::NotThere);
        let offline = "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host";
        assert_eq!(problem(offline), Some(ImageProblem::NoNetwork));
        assert_eq!(problem("manifest for a:b not found: manifest unknown"), Some(ImageProblem::NotThere));
        assert_eq!(problem("toomanyrequests: You have reached your pull rate limit"), Some(ImageProblem::TooManyRequests));
        let denied = "pull access denied for a, repository does not exist or may require 'docker login'";
        assert_eq!(answer(404, denied), Some(ImageProblem::NotAllowed));
        assert_eq!(problem("unauthorized: authentication required"), Some(ImageProblem::NotAllowed));
        assert_eq!(problem("no matching manifest for linux/riscv64 in the manifest list"), Some(ImageProblem::NotThere));
        assert_eq!(problem("failed to resolve reference \"docker.io/library/a:b\": docker.io/library/a:b: not found"), not_there);
        assert_eq!(answer(404, "manifest for a:b not found"), not_there);
        assert_eq!(problem("something new"), None);
        for elsewhere in ["page not found", "unexpected status from HEAD request: 404 Not Found", "c:d: not found"] {
            assert_eq!(answer(404, elsewhere), None, "{elsewhere}");
        }
    }
}
