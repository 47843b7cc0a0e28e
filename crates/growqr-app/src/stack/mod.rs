//! The person's containers: started, watched and stopped by one task per open profile, which nothing waits for.

mod computer;
pub(crate) mod config;
mod conflicts;
mod connection;
pub(crate) mod control;
pub(crate) mod credentials;
mod deaths;
pub(crate) mod deps;
mod download;
mod failures;
mod folder_name;
pub(crate) mod gateway;
mod gitea_commands;
mod install;
mod leftovers;
mod look;
mod memory_copy;
mod notes;
mod orders;
pub(crate) mod other_folders;
mod part_tasks;
mod place;
mod ports;
pub(crate) mod preferences;
mod problem;
mod pull_requests;
mod restarts;
mod round;
mod running_gateway;
mod services;
mod view;
pub(crate) mod work_files;
mod work_folder;
pub(crate) mod workbench;
mod worker;

use crate::error::AppError;
use crate::profile::location::{Environment, Profile};
use config::docker_environment;
use deps::GITEA_USER;
use gitea_commands::GiteaExec;
use growqr_stack::gitea_server::{GiteaError, GiteaServer};
use growqr_stack::{ContainerPart, Daemon, RealContainer, Stack, StackError};
use growqr_wire::{GiteaLogin, Reply};
use other_folders::OtherFolders;
use problem::Problem;

/// The most lines of a log that are read.
const LOG_LINES: u32 = 1_000;

impl From<StackError> for AppError {
    fn from(error: StackError) -> AppError {
        AppError::Docker {
            message: error.to_string(),
            retryable: !matches!(error, StackError::Refusal(_) | StackError::NameTaken { .. }),
            next_step: view::next_step(&error).to_owned(),
        }
    }
}

impl From<GiteaError> for AppError {
    fn from(error: GiteaError) -> AppError {
        let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
        let (retryable, next_step) = match &error {
            GiteaError::NotReady { .. } | GiteaError::Unreachable(_) => (true, "Wait a moment, then try again."),
            GiteaError::UnknownVersion(_) => (false, "Set GITEA_IMAGE to an image of version 1.22 to 28, or unset it."),
            _ => (true, "Try again. The last lines of the log may tell more: growqr stack logs gitea"),
        };
        AppError::Docker { message: format!("{error}{cause}"), retryable, next_step: next_step.to_owned() }
    }
}

/// A part's container. Asks Docker itself, so it works whatever the task for the containers does.
async fn container(
    profile: &Profile,
    environment: &Environment,
    part: ContainerPart,
) -> Result<(Stack, RealContainer), AppError> {
    let daemon = Daemon::find(&docker_environment(environment)).await?;
    let stack = match look::stack(daemon, profile, &OtherFolders::default()).await {
        Ok(stack) => stack,
        Err(Problem::Docker(error)) => return Err(error.into()),
        Err(Problem::Other(error)) => return Err(error),
    };
    match stack.container(part).await {
        Ok(container) => Ok((stack, container)),
        Err(StackError::Missing { .. }) => Err(AppError::Missing {
            what: format!("container of {} yet", part.name()),
            next_step: "Start it with: growqr stack up".to_owned(),
        }),
        Err(error) => Err(error.into()),
    }
}

/// The last lines of a container's log.
///
/// # Errors
/// [`AppError::Missing`] if there is no such container.
pub(crate) async fn log(profile: &Profile, environment: &Environment, part: &str, lines: u32) -> Result<Reply, AppError> {
    let found = ContainerPart::ALL.into_iter().find(|known| known.word() == part);
    let part = found.ok_or_else(|| AppError::Missing {
        what: format!("container called {part:?}"),
        next_step: "Logs can be read of: gitea, opencode".to_owned(),
    })?;
    let (stack, container) = container(profile, environment, part).await?;
    let read = stack.daemon().logs(&container.id, lines.min(LOG_LINES) as usize).await?;
    Ok(Reply::StackLog { lines: read.into_iter().map(|line| line.text).collect() })
}

/// Sets a new password for Gitea's pages. It is stored nowhere.
pub(crate) async fn gitea_login(profile: &Profile, environment: &Environment) -> Result<Reply, AppError> {
    let (stack, container) = container(profile, environment, ContainerPart::Gitea).await?;
    let port = container.port.unwrap_or_default();
    let url = format!("http://127.0.0.1:{port}/");
    let server = GiteaServer::new(&url, GITEA_USER)?;
    let login = server.reset_password(&GiteaExec::new(stack.daemon().clone(), container.id)).await?;
    Ok(Reply::GiteaLogin { login: GiteaLogin { url, user: login.user, password: login.password.expose().to_owned() } })
}
