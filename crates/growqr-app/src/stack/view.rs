//! The state of the stack as everyone sees it: one value, changed only by the task that works on it.

use growqr_core::stack::StackPart;
use growqr_stack::{ContainerPart, DaemonFacts, PullTotals, StackError};
use growqr_wire as wire;
use growqr_wire::{Docker, DockerState, PartState, Stack};
use std::sync::Arc;
use tokio::sync::watch;

/// The one writer of the state.
#[derive(Clone)]
pub(crate) struct StackView(Arc<watch::Sender<Stack>>);

impl StackView {
    pub(crate) fn new(gitea_image: &str, opencode_image: &str) -> StackView {
        StackView(Arc::new(watch::Sender::new(unknown(gitea_image, opencode_image))))
    }

    pub(crate) fn get(&self) -> Stack {
        self.0.borrow().clone()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Stack> {
        self.0.subscribe()
    }

    /// Changes the state; readers are told only if it is another one.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Stack)) {
        self.0.send_if_modified(|stack| {
            let before = stack.clone();
            change(stack);
            *stack != before
        });
    }

    pub(crate) fn change_part(&self, part: ContainerPart, change: impl FnOnce(&mut wire::StackPart)) {
        self.change(|stack| {
            if let Some(shown) = stack.parts.iter_mut().find(|shown| shown.id == part.word()) {
                change(shown);
            }
        });
    }

    /// Sets a part's state with its sentence, without a next step.
    pub(crate) fn set_part(&self, part: ContainerPart, state: PartState, found: impl Into<String>) {
        self.change_part(part, |shown| {
            shown.state = state;
            shown.found = found.into();
            shown.next_step = None;
            if !matches!(state, PartState::Downloading | PartState::NeedsDownload) {
                shown.progress = None;
            }
            if !matches!(state, PartState::Running | PartState::Starting) {
                shown.memory_bytes = None;
            }
        });
    }

    /// The daemon has answered.
    pub(crate) fn docker_ready(&self, facts: &DaemonFacts) {
        let named = facts.named_by.as_ref().map_or_else(String::new, |setting| format!(", set by {setting}"));
        let found = format!("{} {} at {}{named}", facts.name, facts.version, facts.address);
        self.change(|stack| stack.docker = Docker { state: DockerState::Ready, found, next_step: None });
    }

    /// The daemon cannot be used, so the state of the parts is not known.
    pub(crate) fn docker_failed(&self, error: &StackError) {
        let state = match error {
            StackError::NoAnswer { .. } => DockerState::NoAnswer,
            StackError::Refusal(_) | StackError::PermissionDenied(_) => DockerState::Refused,
            _ => DockerState::Absent,
        };
        let docker = Docker { state, found: error.to_string(), next_step: Some(next_step(error).to_owned()) };
        self.change(|stack| {
            stack.docker = docker;
            stack.busy = None;
            for part in stack.parts.iter_mut().filter(|part| part.state != PartState::Off) {
                part.state = PartState::Unknown;
                "not known, because Docker cannot be asked".clone_into(&mut part.found);
                (part.progress, part.next_step, part.memory_bytes) = (None, None, None);
            }
        });
    }
}

/// Shows a download, with its layers. Layers that have not begun are not in the totals, so the usual size of the image counts
/// as long as it is more.
pub(crate) fn progress(totals: &PullTotals, usual: Option<u64>) -> wire::StackProgress {
    let (done, total) = totals.bytes();
    let total = total.max(usual.unwrap_or_default());
    let layer = |(id, layer): (&String, &growqr_stack::LayerProgress)| wire::LayerProgress {
        id: id.clone(),
        status: layer.status.clone(),
        done: layer.done,
        total: (layer.total > 0).then_some(layer.total),
    };
    wire::StackProgress { done, total: (total > 0).then_some(total), layers: totals.layers.iter().map(layer).collect() }
}

/// What a person can do about an error of Docker.
pub(crate) fn next_step(error: &StackError) -> &'static str {
    match error {
        StackError::NotFound(_) | StackError::NotRunning(_) | StackError::Refused(_) | StackError::ConnectionLost { .. } => {
            "Start Docker, or install it. Everything else of GrowQR works without it."
        }
        StackError::NamedPlace { .. } => {
            "Start the Docker of that place, or take the setting away: without it, Docker is looked for at the usual places. \
             Everything else of GrowQR works without it."
        }
        StackError::NoAnswer { .. } => "Wait, or start Docker again if it stays like this. Everything else of GrowQR works.",
        StackError::PermissionDenied(_) => {
            "Add this user to the group \"docker\" and sign in to the computer again, or use Docker Desktop or rootless Docker."
        }
        StackError::Refusal(_) => "Choose a Docker on this computer: unset DOCKER_HOST, or run: docker context use default",
        StackError::ImageUnavailable { .. } | StackError::NoImage(_) => {
            "Check the network connection, or load the image with: docker load. Then try again."
        }
        StackError::PortTaken(_) => "Try again: another port is chosen.",
        StackError::NameTaken { .. } => "Rename or remove it in Docker, then try again.",
        StackError::NoSpace { .. } => "Make room on the disk, for example with: docker system prune. Then try again.",
        StackError::NoAddresses => "Remove the networks that no container uses: docker network prune. Then try again.",
        StackError::FolderMissing(_) => "Correct the setting workbench.folders, or share the folder in Docker's settings.",
        StackError::Missing { .. }
        | StackError::ContainerStopped(_)
        | StackError::ContainerPaused(_)
        | StackError::NoProgress(_)
        | StackError::EndedAtOnce(_)
        | StackError::Failed { .. } => "Try again. The last lines of the log may tell more: growqr stack logs",
    }
}

fn unknown(gitea_image: &str, opencode_image: &str) -> Stack {
    let part = |part: StackPart, purpose: &str, image: &str| wire::StackPart {
        id: part.as_str().to_owned(),
        name: part.to_string(),
        purpose: purpose.to_owned(),
        state: PartState::Off,
        found: "not started".to_owned(),
        next_step: None,
        image: image.to_owned(),
        version: None,
        url: None,
        memory_bytes: None,
        disk_bytes: None,
        restarts: 0,
        progress: None,
    };
    Stack {
        docker: Docker { state: DockerState::Unknown, found: "not looked for yet".to_owned(), next_step: None },
        parts: vec![
            part(StackPart::Gitea, "a copy of your memory with pages to browse and edit", gitea_image),
            part(StackPart::OpenCode, "a workbench where sub-agents use files and a shell", opencode_image),
        ],
        memory: None,
        busy: None,
        next: None,
        orphans: Vec::new(),
        others: Vec::new(),
        notes: Vec::new(),
    }
}
