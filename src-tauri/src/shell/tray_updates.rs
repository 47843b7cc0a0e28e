//! Keeps the tray icon, and the keys of the quick chat, as the open profile wants them.

use super::desktop::Desktop;
use super::tray_state::TrayState;
use super::{shortcut, tray};
use growqr_app::Subscription;
use growqr_wire::{self as wire, Push};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tauri::{AppHandle, Manager};
use tokio::sync::Notify;
use tokio::time::sleep;

/// How long changes are collected: a streamed turn records several events a second.
const PAUSE: Duration = Duration::from_millis(250);

/// How long a profile that cannot be opened is left alone.
const RETRY: Duration = Duration::from_secs(5);

/// The states of an agent at work.
const BUSY: [&str; 3] = ["thinking", "working", "waiting"];

/// What the page has told about the network, managed by Tauri.
#[derive(Default)]
pub struct Network {
    is_offline: AtomicBool,
    changed: Notify,
}

/// Sets whether there is a network.
pub fn set_online(app: &AppHandle, online: bool) {
    let network = app.state::<Network>();
    network.is_offline.store(!online, Ordering::Relaxed);
    network.changed.notify_one();
}

/// Keeps the icon, and the count in the title of the main window, up to date while the program runs.
pub fn follow(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        loop {
            match app.state::<Desktop>().subscribe().await {
                Ok(events) => {
                    // Each profile has its own keys.
                    shortcut::apply(&app).await;
                    until_it_ends(&app, events).await;
                }
                Err(_) => sleep(RETRY).await,
            }
        }
    });
}

/// Follows the events of one profile until it is closed.
async fn until_it_ends(app: &AppHandle, mut events: Subscription) {
    let network = app.state::<Network>();
    let mut shown = None;
    loop {
        match read(app).await {
            Ok(state) if shown == Some(state) => {}
            Ok(state) => {
                tray::show(app, state);
                shown = Some(state);
            }
            Err(error) => tracing::debug!(%error, "the state of the tray icon cannot be read"),
        }
        loop {
            tokio::select! {
                push = events.next() => match push {
                    None => return,
                    Some(Push::Recorded { .. } | Push::Missed | Push::Stopped { .. }) => break,
                    Some(_) => {}
                },
                () = network.changed.notified() => break,
            }
        }
        sleep(PAUSE).await;
    }
}

async fn read(app: &AppHandle) -> Result<TrayState, wire::Error> {
    let agents = app.state::<Desktop>().session().await?.library().agents().await?;
    let asks = agents.iter().map(|agent| u64::from(agent.asks)).sum();
    let is_working = agents.iter().any(|agent| BUSY.contains(&agent.status.as_str()));
    Ok(TrayState::of(asks, is_working, app.state::<Network>().is_offline.load(Ordering::Relaxed)))
}
