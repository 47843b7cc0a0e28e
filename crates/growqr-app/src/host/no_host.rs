//! Answers requests that need neither a host nor the profile lock, when no host runs.

use crate::SystemClock;
use crate::check_key::check_key;
use crate::error::AppError;
use crate::host::handler::hello;
use crate::inbox::{HostFacts, Inbox};
use crate::library::Library;
use crate::log::{self, LogQuery};
use crate::models::local_servers;
use crate::profile::keys::{keys_without_host, unlock_keychain};
use crate::profile::location::{Environment, Profile};
use crate::{attachments, skills, stack, tools};
use growqr_core::clock::Clock;
use growqr_wire::{Health, Reply, Request};

/// Answers one request from what this process finds: the environment, the keychain and the stored settings.
///
/// # Errors
/// The errors of the request, or [`AppError::Internal`] for a request that needs a host or the lock.
pub(crate) async fn answer(profile: &Profile, environment: &Environment, request: Request) -> Result<Reply, AppError> {
    match request {
        Request::Hello { version, .. } => hello(version, profile),
        Request::CheckKey { name, value } => {
            Ok(Reply::KeyChecked { check: check_key(profile, environment, &name, &value.0).await? })
        }
        Request::Keys => Ok(keys(profile, environment).await),
        Request::UnlockKeychain => {
            unlock_keychain(profile).await;
            Ok(keys(profile, environment).await)
        }
        Request::LocalServers => Ok(Reply::LocalServers { servers: local_servers(profile, environment).await? }),
        Request::StackStatus => Ok(Reply::Stack { stack: stack::control::look_without_host(profile, environment).await? }),
        Request::ToolServers => {
            let library = Library::open(profile.clone()).await?;
            Ok(Reply::ToolServers { servers: tools::list_without_host(&library).await? })
        }
        Request::ToolConfigurations => tools::list_configurations().await,
        Request::Skills => skills::list(&skills::without_host(&Library::open_all(profile.clone()).await?).await?).await,
        Request::Skill { name } => {
            skills::show(&skills::without_host(&Library::open_all(profile.clone()).await?).await?, name).await
        }
        Request::Health => Ok(Reply::Health { health: Health::default() }),
        Request::Inbox => {
            let library = Library::open_all(profile.clone()).await?;
            let entries = Inbox::default().entries(&library, &HostFacts::default(), SystemClock.now()).await?;
            Ok(Reply::Inbox { entries })
        }
        Request::Log { channel, filter, after, before, limit } => {
            let library = Library::open(profile.clone()).await?;
            let page = log::read(&library, None, LogQuery { channel, filter, after, before, limit }).await?;
            Ok(Reply::Log { page })
        }
        Request::Attachment { hash } => {
            let library = Library::open(profile.clone()).await?;
            attachments::read(library.store.as_deref(), hash).await
        }
        Request::StackLog { part, lines } => stack::log(profile, environment, &part, lines).await,
        Request::GiteaLogin => stack::gitea_login(profile, environment).await,
        Request::ReadWorkFile { agent, path } => stack::work_files::read(profile, environment, &agent, &path).await,
        Request::WorkFiles { .. } => Err(AppError::bad_request(
            "what sub-agents have changed in the workbench can only be listed while GrowQR runs",
            "Open the window, or start a chat. To copy all their files: growqr stack files export FILE",
        )),
        _ => Err(AppError::Internal("this request needs a host or the profile lock".to_owned())),
    }
}

async fn keys(profile: &Profile, environment: &Environment) -> Reply {
    let (keys, keychain) = keys_without_host(profile, environment).await;
    Reply::Keys { keys, keychain }
}
