//! Forwards the events of the open profile to the pages.

use super::desktop::Desktop;
use growqr_wire::{self as wire, Push};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tauri::State;
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;

/// The tasks that forward events to the page of each window, by its label. A window has at most one: when a reloaded page
/// subscribes, its task replaces the old one. A switch of the profile ends the event stream, and so the tasks.
#[derive(Default)]
pub struct Followers(Mutex<HashMap<String, JoinHandle<()>>>);

/// Starts to forward all events to `channel`, for this window. Returns as soon as the subscription is active.
pub async fn begin(
    window: &str,
    desktop: State<'_, Desktop>,
    followers: State<'_, Followers>,
    channel: Channel<Push>,
) -> Result<(), wire::Error> {
    let mut subscription = desktop.subscribe_page(window).await?;
    let task = tauri::async_runtime::spawn(async move {
        while let Some(push) = subscription.next().await {
            if let Err(error) = channel.send(push) {
                tracing::debug!(%error, "the page no longer receives events");
                return;
            }
        }
    });
    let old = followers.0.lock().unwrap_or_else(PoisonError::into_inner).insert(window.to_owned(), task);
    if let Some(old) = old {
        old.abort();
    }
    Ok(())
}
