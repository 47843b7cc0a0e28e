//! What `doctor` says about Docker: the daemon, the images, the containers.

use crate::daemon::Daemon;
use crate::error::StackError;
use crate::image::usual_size;
use crate::labels::Part;
use crate::observe::Status;
use crate::plan::Wanted;
use crate::stack::Stack;

/// One line of the diagnosis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorLine {
    /// What it is about: "Docker", "image of Gitea", "Gitea".
    pub subject: String,
    /// Whether something must be done.
    pub health: Health,
    /// The finding in a sentence.
    pub text: String,
}

/// Whether a part works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Good,
    /// It is not there or does not run now; the program can change that.
    Waiting,
    /// The person must do something.
    Bad,
}

/// The lines for a daemon that was looked for, and for one profile's stack on it.
pub async fn diagnose(found: &Result<Stack, StackError>, wanted: &Wanted) -> Vec<DoctorLine> {
    match found {
        Err(error) => vec![line("Docker", Health::Bad, error.to_string())],
        Ok(stack) => {
            let mut lines = vec![daemon_line(stack.daemon()).await];
            if lines[0].health == Health::Good {
                lines.extend(image_lines(stack.daemon(), wanted).await);
                lines.extend(container_lines(stack).await);
            }
            lines
        }
    }
}

fn line(subject: impl Into<String>, health: Health, text: String) -> DoctorLine {
    DoctorLine { subject: subject.into(), health, text }
}

async fn daemon_line(daemon: &Daemon) -> DoctorLine {
    let facts = daemon.facts();
    if let Err(error) = daemon.ping().await {
        return line("Docker", Health::Bad, format!("{}: {error}", facts.name));
    }
    let named = facts.named_by.as_ref().map(|setting| format!(", named by {setting}")).unwrap_or_default();
    let text = format!(
        "{} {} (API {}, {}/{}) at {}{named}",
        facts.name, facts.version, facts.api_version, facts.os, facts.arch, facts.address
    );
    let health = if facts.os == "linux" { Health::Good } else { Health::Bad };
    line("Docker", health, text)
}

async fn image_lines(daemon: &Daemon, wanted: &Wanted) -> Vec<DoctorLine> {
    let mut lines = Vec::new();
    for spec in Part::ALL.into_iter().filter_map(|part| wanted.spec(part)) {
        let subject = format!("image of {}", spec.part.name());
        let megabytes = |bytes: u64| bytes / 1_000_000;
        lines.push(match daemon.image(&spec.image).await {
            Ok(Some(image)) => line(subject, Health::Good, format!("{}, {} MB", spec.image, megabytes(image.size))),
            Ok(None) => {
                let size = usual_size(&spec.image).map(|size| format!(", about {} MB", megabytes(size))).unwrap_or_default();
                line(subject, Health::Waiting, format!("{} must be downloaded{size}", spec.image))
            }
            Err(error) => line(subject, Health::Bad, error.to_string()),
        });
    }
    lines
}

async fn container_lines(stack: &Stack) -> Vec<DoctorLine> {
    let real = match stack.observe().await {
        Ok(real) => real,
        Err(error) => return vec![line("containers", Health::Bad, error.to_string())],
    };
    let mut lines = Vec::new();
    for part in Part::ALL {
        let Some(container) = real.container(part) else {
            lines.push(line(part.name(), Health::Waiting, "no container yet".to_owned()));
            continue;
        };
        let (health, text) = match container.status {
            Status::Running => {
                let port = container.port.map(|port| format!(" on 127.0.0.1:{port}")).unwrap_or_default();
                (Health::Good, format!("runs{port}"))
            }
            Status::Paused => (Health::Waiting, "is paused".to_owned()),
            _ => match stack.daemon().explain(container, false).await {
                Ok(Some(death)) => (Health::Waiting, format!("does not run: {death}")),
                Ok(None) => (Health::Waiting, "does not run yet".to_owned()),
                Err(error) => (Health::Bad, error.to_string()),
            },
        };
        lines.push(line(part.name(), health, text));
    }
    let foreign = real.foreign_volumes.iter();
    lines.extend(
        foreign
            .map(|name| line("volumes", Health::Bad, StackError::NameTaken { what: "volume", name: name.clone() }.to_string())),
    );
    lines
}
