//! Keys from any program on Wayland: the desktop's portal for shortcuts asks the person, and tells when the keys are pressed.

use super::quick;
use gio::{DBusCallFlags, DBusConnection, DBusSignalFlags};
use glib::variant::ObjectPath;
use glib::{ToVariant, Variant, VariantDict};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::Display;
use tauri::AppHandle;
use tokio::sync::oneshot;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PLACE: &str = "/org/freedesktop/portal/desktop";
const SHORTCUTS: &str = "org.freedesktop.portal.GlobalShortcuts";

/// The name of the shortcut, for the portal.
const ID: &str = "quick-chat";

/// How long the portal may take to answer, in milliseconds. The person may take longer: their answer is a signal.
const TIMEOUT_MS: i32 = 5_000;

/// Why the portal gives no keys.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no portal for shortcuts, or it fails.
    NoPortal(String),
    /// The person has not allowed the keys.
    ByPerson,
    /// It has assigned none.
    NoKeys,
}

thread_local! {
    /// The session with the portal. Only the main thread uses it.
    static SESSION: RefCell<Option<String>> = const { RefCell::new(None) };
    static IS_FOLLOWED: Cell<bool> = const { Cell::new(false) };
    /// Each request has a name of its own.
    static REQUESTS: Cell<u32> = const { Cell::new(0) };
}

/// Asks the portal for these keys in place of the earlier ones; `none` gives those back. Returns once the person has decided.
///
/// # Errors
/// If the portal gives none.
pub async fn bind(app: &AppHandle, keys: &str) -> Result<(), Refusal> {
    let (sender, done) = oneshot::channel();
    let (of_app, wanted) = (app.clone(), trigger(keys));
    let started = app.run_on_main_thread(move || {
        glib::MainContext::default().spawn_local(async move {
            // The receiver is gone if the program ends.
            let _ = sender.send(bind_here(&of_app, wanted).await);
        });
    });
    started.map_err(failed)?;
    done.await.unwrap_or_else(|error| Err(failed(error)))
}

fn failed(error: impl Display) -> Refusal {
    Refusal::NoPortal(error.to_string())
}

/// The keys as the portal writes them; `None` if there are to be none.
fn trigger(keys: &str) -> Option<String> {
    let (modifiers, key) = keys.rsplit_once('+')?;
    let names = modifiers.split('+').map(|name| match name {
        "CmdOrCtrl" | "Ctrl" => "CTRL",
        "Alt" => "ALT",
        "Super" => "LOGO",
        _ => "SHIFT",
    });
    let key = if key.len() == 1 || key == "Space" { key.to_lowercase() } else { key.to_owned() };
    Some(names.chain([key.as_str()]).collect::<Vec<_>>().join("+"))
}

async fn bind_here(app: &AppHandle, wanted: Option<String>) -> Result<(), Refusal> {
    let bus = gio::bus_get_future(gio::BusType::Session).await.map_err(failed)?;
    if let Some(earlier) = SESSION.take() {
        // It has ended already if the portal was restarted.
        let _ = call(&bus, &earlier, ("org.freedesktop.portal.Session", "Close"), None).await;
    }
    let Some(wanted) = wanted else { return Ok(()) };
    let token = next_token();
    let tokens = HashMap::from([("handle_token", token.to_variant()), ("session_handle_token", token.to_variant())]);
    let made = ask(&bus, "CreateSession", &token, &(tokens,).to_variant()).await?;
    let session = made.lookup::<String>("session_handle").ok().flatten().ok_or_else(|| failed("it has made no session"))?;
    SESSION.set(Some(session.clone()));
    if !IS_FOLLOWED.replace(true) {
        show_when_pressed(app, &bus);
    }
    let token = next_token();
    let about = [("description", "Show the GrowQR quick chat".to_variant()), ("preferred_trigger", wanted.to_variant())];
    let session = ObjectPath::try_from(session).map_err(failed)?;
    let tokens = HashMap::from([("handle_token", token.to_variant())]);
    let wanted = (session, vec![(ID, HashMap::from(about))], "", tokens).to_variant();
    let bound = ask(&bus, "BindShortcuts", &token, &wanted).await?;
    let given = bound.lookup::<Vec<(String, HashMap<String, Variant>)>>("shortcuts").ok().flatten().unwrap_or_default();
    let has_keys = given.iter().any(|(id, about)| {
        // A portal that does not say which keys has some.
        id == ID && about.get("trigger_description").and_then(Variant::str).is_none_or(|keys| !keys.is_empty())
    });
    if has_keys { Ok(()) } else { Err(Refusal::NoKeys) }
}

fn next_token() -> String {
    format!("growqr{}", REQUESTS.replace(REQUESTS.get() + 1))
}

/// Shows the quick chat whenever its keys are pressed, as long as the program runs.
fn show_when_pressed(app: &AppHandle, bus: &DBusConnection) {
    let app = app.clone();
    let (flags, signal) = (DBusSignalFlags::NONE, "Activated");
    bus.signal_subscribe(Some(PORTAL), Some(SHORTCUTS), Some(signal), Some(PLACE), None, flags, move |_, _, _, _, _, pressed| {
        if pressed.n_children() > 1 && pressed.child_value(1).str() == Some(ID) {
            quick::toggle(&app);
        }
    });
}

/// Makes a request of the portal and waits for the person's answer, which is a signal of an object with the name of the request.
async fn ask(bus: &DBusConnection, method: &str, token: &str, arguments: &Variant) -> Result<VariantDict, Refusal> {
    let sender = bus.unique_name().ok_or_else(|| failed("the bus has given no name"))?;
    let path = format!("{PLACE}/request/{}/{token}", sender.trim_start_matches(':').replace('.', "_"));
    let (sender, answer) = oneshot::channel();
    let (sender, interface) = (Cell::new(Some(sender)), "org.freedesktop.portal.Request");
    let on_answer = move |_: &DBusConnection, _: &str, _: &str, _: &str, _: &str, answer: &Variant| {
        if let Some(sender) = sender.take() {
            let _ = sender.send(answer.clone());
        }
    };
    let flags = DBusSignalFlags::NONE;
    let following = bus.signal_subscribe(Some(PORTAL), Some(interface), Some("Response"), Some(&path), None, flags, on_answer);
    let asked = call(bus, PLACE, (SHORTCUTS, method), Some(arguments)).await;
    let answer = match asked {
        Ok(_) => answer.await.map_err(failed),
        Err(error) => Err(failed(error)),
    };
    bus.signal_unsubscribe(following);
    let answer = answer?;
    match answer.child_value(0).get::<u32>() {
        Some(0) => Ok(VariantDict::new(Some(&answer.child_value(1)))),
        _ => Err(Refusal::ByPerson),
    }
}

async fn call(
    bus: &DBusConnection,
    place: &str,
    (interface, method): (&str, &str),
    arguments: Option<&Variant>,
) -> Result<Variant, glib::Error> {
    bus.call_future(Some(PORTAL), place, interface, method, arguments, None, DBusCallFlags::NONE, TIMEOUT_MS).await
}

#[cfg(test)]
mod tests {
    use super::trigger;

    #[test]
    fn keys_are_written_as_the_portal_reads_them() {
        for (keys, expected) in [
            ("CmdOrCtrl+Shift+G", Some("CTRL+SHIFT+g")),
            ("Ctrl+Alt+Space", Some("CTRL+ALT+space")),
            ("Super+F12", Some("LOGO+F12")),
            ("Alt+1", Some("ALT+1")),
            ("none", None),
        ] {
            assert_eq!(trigger(keys).as_deref(), expected, "{keys}");
        }
    }
}
