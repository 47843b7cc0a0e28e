//! The keys of the quick chat on Wayland, where the desktop's portal gives them. The portal is played here.

use crate::computer::Computer;
use crate::names;
use gio::{Cancellable, DBusCallFlags, DBusConnection, DBusConnectionFlags, DBusMethodInvocation, DBusNodeInfo};
use glib::variant::ObjectPath;
use glib::{MainContext, MainLoop, ToVariant, Variant, VariantDict};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const NAME: &str = "org.freedesktop.portal.Desktop";
const PLACE: &str = "/org/freedesktop/portal/desktop";
const SHORTCUTS: &str = "org.freedesktop.portal.GlobalShortcuts";
const SESSION: &str = "/org/freedesktop/portal/desktop/session/test";
const INTERFACE: &str = "<node><interface name='org.freedesktop.portal.GlobalShortcuts'>\
    <method name='CreateSession'><arg type='a{sv}' direction='in'/><arg type='o' direction='out'/></method>\
    <method name='BindShortcuts'><arg type='o' direction='in'/><arg type='a(sa{sv})' direction='in'/>\
    <arg type='s' direction='in'/><arg type='a{sv}' direction='in'/><arg type='o' direction='out'/></method></interface></node>";

/// Long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(30);

type Shortcuts = Vec<(String, HashMap<String, Variant>)>;

/// A portal that allows all keys.
struct Portal {
    bus: DBusConnection,
    /// The keys that were asked for.
    asked: Receiver<String>,
}

impl Portal {
    fn start(address: &str) -> Portal {
        let (address, (ready, started), (asks, asked)) = (address.to_owned(), channel(), channel());
        std::thread::spawn(move || {
            let context = MainContext::new();
            let serve = || {
                let flags = DBusConnectionFlags::AUTHENTICATION_CLIENT | DBusConnectionFlags::MESSAGE_BUS_CONNECTION;
                let bus = DBusConnection::for_address_sync(&address, flags, None, Cancellable::NONE).expect("the bus");
                let node = DBusNodeInfo::for_xml(INTERFACE).expect("a description");
                let interface = node.lookup_interface(SHORTCUTS).expect("it is described");
                let answer = move |bus: DBusConnection,
                                   sender: &str,
                                   _: &str,
                                   _: &str,
                                   method: &str,
                                   arguments: Variant,
                                   call: DBusMethodInvocation| {
                    let options = VariantDict::new(Some(&arguments.child_value(arguments.n_children() - 1)));
                    let token = options.lookup::<String>("handle_token").expect("text").expect("a token");
                    let request = format!("{PLACE}/request/{}/{token}", sender.trim_start_matches(':').replace('.', "_"));
                    let path = ObjectPath::try_from(request.as_str()).expect("a path");
                    call.return_value(Some(&(path,).to_variant()));
                    let results = if method == "CreateSession" {
                        HashMap::from([("session_handle", SESSION.to_variant())])
                    } else {
                        let wanted = arguments.child_value(1).get::<Shortcuts>().expect("shortcuts");
                        asks.send(wanted[0].1["preferred_trigger"].get::<String>().expect("keys")).expect("the test waits");
                        HashMap::from([("shortcuts", wanted.to_variant())])
                    };
                    let response = (0_u32, results).to_variant();
                    let emitted =
                        bus.emit_signal(Some(sender), &request, "org.freedesktop.portal.Request", "Response", Some(&response));
                    emitted.expect("it is sent");
                };
                let nothing = |_: DBusConnection, _: &str, _: &str, _: &str, _: &str| "".to_variant();
                let refused = |_: DBusConnection, _: &str, _: &str, _: &str, _: &str, _: Variant| false;
                bus.register_object(PLACE, &interface, answer, nothing, refused).expect("a free place");
                let (daemon, name) = ("org.freedesktop.DBus", (NAME, 0_u32).to_variant());
                let (flags, limit) = (DBusCallFlags::NONE, 5_000);
                let place = "/org/freedesktop/DBus";
                let named =
                    bus.call_sync(Some(daemon), place, daemon, "RequestName", Some(&name), None, flags, limit, Cancellable::NONE);
                named.expect("a free name");
                ready.send(bus).expect("the test waits");
                MainLoop::new(Some(&context), false).run();
            };
            context.with_thread_default(serve).expect("a thread of its own");
        });
        Portal { bus: started.recv_timeout(TIMEOUT).expect("it starts"), asked }
    }

    fn press(&self) {
        let session = ObjectPath::try_from(SESSION).expect("a path");
        let pressed = (session, "quick-chat", 1_u64, HashMap::<String, Variant>::new()).to_variant();
        self.bus.emit_signal(None, PLACE, SHORTCUTS, "Activated", Some(&pressed)).expect("it is sent");
    }
}

#[test]
fn on_wayland_the_desktop_gives_the_keys_of_the_quick_chat() {
    let Some(mut computer) = Computer::new() else { return };
    let portal = Portal::start(computer.screen().bus());
    // There is none, so the window is on the virtual screen all the same.
    computer.set("WAYLAND_DISPLAY", "none");
    let window = computer.open();
    assert_eq!(portal.asked.recv_timeout(TIMEOUT).expect("the portal is asked"), "CTRL+SHIFT+g");
    portal.press();
    window.switch_to(names::QUICK_PAGE);
    window.type_into(names::MESSAGE, "a question");
    computer.claude.assert_all_accepted();
}
