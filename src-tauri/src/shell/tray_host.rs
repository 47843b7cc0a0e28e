//! Whether somebody draws the tray icon. On Linux an icon can be created although nothing shows it: GNOME without its
//! extension, a bare window manager. The watcher of the session bus knows whether there is such a program.

/// The name of the program on the session bus that knows the icons and those who draw them.
#[cfg(target_os = "linux")]
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// How long the watcher may take to answer, in milliseconds.
#[cfg(target_os = "linux")]
const TIMEOUT_MS: i32 = 500;

/// Whether tray icons are drawn now.
#[cfg(target_os = "linux")]
pub fn is_present() -> bool {
    use glib::ToVariant;
    let Ok(bus) = gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE) else { return false };
    let property = (WATCHER, "IsStatusNotifierHostRegistered").to_variant();
    let reply = bus.call_sync(
        Some(WATCHER),
        "/StatusNotifierWatcher",
        "org.freedesktop.DBus.Properties",
        "Get",
        Some(&property),
        None,
        gio::DBusCallFlags::NO_AUTO_START,
        TIMEOUT_MS,
        gio::Cancellable::NONE,
    );
    reply.ok().and_then(|reply| reply.child_value(0).as_variant()?.get::<bool>()).unwrap_or(false)
}

/// Windows and macOS always draw them.
#[cfg(not(target_os = "linux"))]
pub fn is_present() -> bool {
    true
}

/// Calls `then` whenever tray icons are no longer drawn. Call it on the main thread.
#[cfg(target_os = "linux")]
pub fn on_loss(then: impl Fn() + Send + Sync + 'static) {
    let appeared = |_, _: &str, _: &str| {};
    let vanished = move |_, _: &str| then();
    // Watched until the program ends.
    gio::bus_watch_name(gio::BusType::Session, WATCHER, gio::BusNameWatcherFlags::NONE, appeared, vanished);
}

/// Windows and macOS always draw them.
#[cfg(not(target_os = "linux"))]
pub fn on_loss(_then: impl Fn() + Send + Sync + 'static) {}
