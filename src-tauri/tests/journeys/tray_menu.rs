//! The menu of the tray icon, used over the message bus as a panel does.

use gio::{Cancellable, DBusCallFlags, DBusConnection, DBusConnectionFlags};
use glib::{ToVariant, Variant};
use std::time::Duration;

/// Where programs put their icons.
const ICONS: &str = "/org/ayatana/NotificationItem";
const MENU: &str = "com.canonical.dbusmenu";

/// In which intervals, and how often, something is looked for: half a minute in all.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
const POLLS: u32 = 300;

/// The menu of the only program with a tray icon on a message bus.
pub struct TrayMenu {
    bus: DBusConnection,
}

impl TrayMenu {
    pub fn of(address: &str) -> TrayMenu {
        let flags = DBusConnectionFlags::AUTHENTICATION_CLIENT | DBusConnectionFlags::MESSAGE_BUS_CONNECTION;
        let bus = DBusConnection::for_address_sync(address, flags, None, Cancellable::NONE).expect("the bus of the session");
        TrayMenu { bus }
    }

    /// Chooses the item with this text. Waits until it is there.
    pub fn choose(&self, text: &str) {
        for _ in 0..POLLS {
            if let Some((owner, path)) = self.place()
                && let Some(item) = self.item(&owner, &path, text)
            {
                let clicked = (item, "clicked", "".to_variant(), 0_u32).to_variant();
                self.call(&owner, &path, (MENU, "Event"), Some(&clicked)).expect("the menu takes it");
                return;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        panic!("the tray menu has no item {text:?}");
    }

    /// The program with an icon, and the path of its menu.
    fn place(&self) -> Option<(String, String)> {
        let bus = "org.freedesktop.DBus";
        let names = self.call(bus, "/org/freedesktop/DBus", (bus, "ListNames"), None)?.child_value(0).get::<Vec<String>>()?;
        names.into_iter().filter(|name| name.starts_with(':')).find_map(|name| {
            let described = self.call(&name, ICONS, ("org.freedesktop.DBus.Introspectable", "Introspect"), None)?;
            let text = described.child_value(0).get::<String>()?;
            let (_, rest) = text.split_once("<node name=\"")?;
            let (icon, _) = rest.split_once('"')?;
            Some((name, format!("{ICONS}/{icon}/Menu")))
        })
    }

    /// The number of the enabled item with this text.
    fn item(&self, owner: &str, path: &str, text: &str) -> Option<i32> {
        let whole = (0_i32, -1_i32, Vec::<String>::new()).to_variant();
        let menu = self.call(owner, path, (MENU, "GetLayout"), Some(&whole))?.child_value(1);
        let items = menu.child_value(2);
        items.iter().filter_map(|item| item.as_variant()).find_map(|item| {
            let properties = glib::VariantDict::new(Some(&item.child_value(1)));
            let label = properties.lookup::<String>("label").ok().flatten()?;
            let is_enabled = properties.lookup::<bool>("enabled").ok().flatten().unwrap_or(true);
            // An underscore marks a letter of the keyboard.
            (is_enabled && label.replace('_', "") == text).then(|| item.child_value(0).get::<i32>())?
        })
    }

    fn call(&self, owner: &str, path: &str, (interface, method): (&str, &str), arguments: Option<&Variant>) -> Option<Variant> {
        let (flags, limit) = (DBusCallFlags::NO_AUTO_START, 5_000);
        self.bus.call_sync(Some(owner), path, interface, method, arguments, None, flags, limit, Cancellable::NONE).ok()
    }
}
