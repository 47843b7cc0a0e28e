//! What happens, passed on to the page.

use super::desktop::Desktop;
use growqr_wire::{self as wire, Push};
use std::sync::{Mutex, PoisonError};
use tauri::State;
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;

/// The one follower there is: the page that runs now. A page that was reloaded follows anew, which ends the old one; so
/// does a switch of the profile.
#[derive(Default)]
pub struct Follower(Mutex<Option<JoinHandle<()>>>);

/// Passes on everything from now on; returns once that has begun.
pub async fn begin(
    desktop: State<'_, Desktop>,
    follower: State<'_, Follower>,
    channel: Channel<Push>,
) -> Result<(), wire::Error> {
    let mut following = desktop.follow().await?;
    let task = tauri::async_runtime::spawn(async move {
        while let Some(push) = following.next().await {
            if let Err(error) = channel.send(push) {
                tracing::debug!(%error, "the page no longer follows");
                return;
            }
        }
    });
    let old = follower.0.lock().unwrap_or_else(PoisonError::into_inner).replace(task);
    if let Some(old) = old {
        old.abort();
    }
    Ok(())
}
