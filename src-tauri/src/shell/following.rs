//! Forwards the events of the open profile to the page.

use super::desktop::Desktop;
use growqr_wire::{self as wire, Push};
use std::sync::{Mutex, PoisonError};
use tauri::State;
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;

/// The task that forwards events to the current page. There is at most one: when a reloaded page subscribes, its task
/// replaces the old one. A switch of the profile ends the event stream, and so the task.
#[derive(Default)]
pub struct Follower(Mutex<Option<JoinHandle<()>>>);

/// Starts to forward all events to `channel`. Returns as soon as the subscription is active.
pub async fn begin(
    desktop: State<'_, Desktop>,
    follower: State<'_, Follower>,
    channel: Channel<Push>,
) -> Result<(), wire::Error> {
    let mut subscription = desktop.subscribe().await?;
    let task = tauri::async_runtime::spawn(async move {
        while let Some(push) = subscription.next().await {
            if let Err(error) = channel.send(push) {
                tracing::debug!(%error, "the page no longer receives events");
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
