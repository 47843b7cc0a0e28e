//! Keeps the tray icon, the title, the notifications, and the keys of the quick chat, as the open profile wants them.

use super::desktop::Desktop;
use super::tray_state::TrayState;
use super::{notifications, shortcut, tray};
use growqr_app::{Notifier, Subscription};
use growqr_wire::{self as wire, AskRow, InboxEntry, Kind, Push, Reply, Request};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tauri::{AppHandle, Manager};
use tokio::sync::Notify;
use tokio::time::sleep;

/// How long changes are collected: a streamed turn records several events a second.
const PAUSE: Duration = Duration::from_millis(250);

/// How long a profile that cannot be opened is left alone.
const RETRY: Duration = Duration::from_secs(5);

/// Without a notification that is held back nothing happens by itself; then it looks again this seldom.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// The longest wait for the end of quiet hours without a look at the clock.
const RECHECK: Duration = Duration::from_secs(60);

/// The states of an agent at work.
const BUSY: [&str; 3] = ["thinking", "working", "waiting"];

/// The events after which something else may wait for the person.
const TURNS_AND_ASKS: [Kind; 7] =
    [Kind::TurnStarted, Kind::TurnEnded, Kind::AskRaised, Kind::AskSettled, Kind::UserSaid, Kind::SaidAgain, Kind::MailReceived];

/// What the page has told, managed by Tauri.
#[derive(Default)]
pub struct FromPage {
    is_offline: AtomicBool,
    changed: Notify,
}

/// What waits for the person.
#[derive(Default)]
struct Waiting {
    asks: Vec<AskRow>,
    entries: Vec<InboxEntry>,
}

/// Sets whether there is a network.
pub fn set_online(app: &AppHandle, online: bool) {
    let page = app.state::<FromPage>();
    page.is_offline.store(!online, Ordering::Relaxed);
    page.changed.notify_one();
}

/// The person has changed something that no event tells: what they have seen of the inbox, or a setting.
pub fn refresh(app: &AppHandle) {
    app.state::<FromPage>().changed.notify_one();
}

/// Whether a request changes something that no event tells.
pub fn is_changed_by(request: &Request) -> bool {
    matches!(request, Request::SeeInbox { .. } | Request::SetSetting { .. })
}

/// Keeps the icon, the count in the title of the main window and the notifications up to date while the program runs.
pub fn follow(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        loop {
            match app.state::<Desktop>().subscribe().await {
                Ok(events) => {
                    // Each profile has its own keys.
                    shortcut::apply(&app, false).await;
                    until_it_ends(&app, events).await;
                }
                Err(_) => sleep(RETRY).await,
            }
        }
    });
}

/// Follows the events of one profile until it is closed.
async fn until_it_ends(app: &AppHandle, mut events: Subscription) {
    let page = app.state::<FromPage>();
    let (mut shown, mut waiting, mut notifier) = (None, None, Notifier::default());
    let mut containers = None;
    loop {
        if waiting.is_none() {
            waiting = read_waiting(app).await.map_err(|error| tracing::debug!(%error, "the inbox cannot be read")).ok();
        }
        match read_state(app, waiting.as_ref()).await {
            Ok(state) if shown == Some(state) => {}
            Ok(state) => {
                tray::show(app, state);
                shown = Some(state);
            }
            Err(error) => tracing::debug!(%error, "the state of the tray icon cannot be read"),
        }
        let again_in = match &waiting {
            Some(Waiting { asks, entries }) => notifications::announce(app, &mut notifier, asks, entries).await,
            None => Ok(Some(RETRY)),
        };
        // A timer stands still while the computer sleeps, and the clock of the wall may jump.
        let again_in = again_in.ok().flatten().map_or(LONGEST, |wait| wait.min(RECHECK));
        loop {
            tokio::select! {
                push = events.next() => match push {
                    None => return,
                    Some(push) => match effect(&push, &mut containers) {
                        Effect::Nothing => {}
                        Effect::Icon => break,
                        Effect::Inbox => {
                            waiting = None;
                            break;
                        }
                    },
                },
                () = page.changed.notified() => {
                    waiting = None;
                    break;
                }
                () = sleep(again_in) => break,
            }
        }
        sleep(PAUSE).await;
    }
}

/// What the inbox lists of the containers. Most changes are of their memory or of a download.
#[derive(PartialEq)]
struct Containers {
    docker: wire::DockerState,
    parts: Vec<(String, wire::PartState, String)>,
    copy: Option<String>,
}

impl Containers {
    fn of(stack: &wire::Stack) -> Containers {
        let is_listed = |part: &&wire::StackPart| matches!(part.state, wire::PartState::Failed | wire::PartState::Unknown);
        let parts = stack.parts.iter().filter(is_listed).map(|part| (part.id.clone(), part.state, part.found.clone()));
        let copy = stack.memory.as_ref().filter(|memory| memory.state == wire::MemorySyncState::Stopped);
        Containers { docker: stack.docker.state, parts: parts.collect(), copy: copy.map(|memory| memory.found.clone()) }
    }
}

/// What a push may have changed.
enum Effect {
    Nothing,
    Icon,
    Inbox,
}

/// `containers` is what the inbox lists of them since the last push about them.
fn effect(push: &Push, containers: &mut Option<Containers>) -> Effect {
    match push {
        Push::Recorded { events, .. } => {
            let is_turn_or_ask = |line: &wire::EventLine| line.known_kind().is_some_and(|kind| TURNS_AND_ASKS.contains(&kind));
            if events.iter().any(is_turn_or_ask) { Effect::Inbox } else { Effect::Icon }
        }
        Push::StackChanged { stack } => {
            let now = Containers::of(stack);
            let is_same = containers.as_ref() == Some(&now);
            *containers = Some(now);
            if is_same { Effect::Nothing } else { Effect::Inbox }
        }
        Push::Missed | Push::Stopped { .. } | Push::HealthChanged { .. } => Effect::Inbox,
        Push::Delta { .. } | Push::MemoryChanged | Push::MemoryProgress { .. } => Effect::Nothing,
    }
}

async fn read_waiting(app: &AppHandle) -> Result<Waiting, wire::Error> {
    let session = app.state::<Desktop>().session().await?;
    let asks = session.library().asks().await?;
    let entries = match session.client().send(Request::Inbox).await? {
        Reply::Inbox { entries } => entries,
        _ => Vec::new(),
    };
    Ok(Waiting { asks, entries })
}

async fn read_state(app: &AppHandle, waiting: Option<&Waiting>) -> Result<TrayState, wire::Error> {
    let agents = app.state::<Desktop>().session().await?.library().agents().await?;
    let questions = agents.iter().map(|agent| u64::from(agent.asks)).sum();
    let problems = waiting.map_or(0, |waiting| waiting.entries.iter().filter(|entry| entry.needs_person()).count() as u64);
    let is_working = agents.iter().any(|agent| BUSY.contains(&agent.status.as_str()));
    let is_offline = app.state::<FromPage>().is_offline.load(Ordering::Relaxed);
    Ok(TrayState::of(questions, problems, is_working, is_offline))
}
