//! Drags a file from another program onto the window: the source's side of XDND, the protocol of X11 for that.

use growqr_testkit::window::Failure;
use std::path::Path;
use std::time::Duration;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt, CreateWindowAux, EventMask, MapState, PropMode, SELECTION_NOTIFY_EVENT,
    SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME, NONE};

/// The version of the protocol.
const VERSION: u32 = 5;

/// In which intervals, and how often, the program looks for what the window says: half a minute in all.
const POLL_INTERVAL: Duration = Duration::from_millis(10);
const POLLS: u32 = 3_000;

/// After so many of them without an answer the pointer moves again.
const MOVE_AFTER: u32 = 10;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        XdndAware,
        XdndSelection,
        XdndEnter,
        XdndPosition,
        XdndStatus,
        XdndDrop,
        XdndFinished,
        XdndActionCopy,
        UriList: b"text/uri-list",
    }
}

/// Drops the file in the middle of the largest window that takes files.
pub fn drop_file(display: &str, file: &Path) -> Result<(), Failure> {
    let (connection, screen) = x11rb::connect(Some(display))?;
    let root = connection.setup().roots[screen].root;
    let atoms = Atoms::new(&connection)?.reply()?;
    let (target, place) = largest_target(&connection, root, &atoms)?.ok_or("no window takes dropped files")?;
    let source = connection.generate_id()?;
    let (depth, visual) = (COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT);
    connection.create_window(depth, source, root, 0, 0, 1, 1, 0, WindowClass::INPUT_OUTPUT, visual, &CreateWindowAux::new())?;
    connection.set_selection_owner(source, atoms.XdndSelection, CURRENT_TIME)?;
    let drag = Drag { connection: &connection, atoms, target, uri: format!("file://{}\r\n", file.display()) };
    drag.send(atoms.XdndEnter, [source, VERSION << 24, atoms.UriList, 0, 0])?;
    let over = [source, 0, place, CURRENT_TIME, atoms.XdndActionCopy];
    // The page is asked first whether it takes the file, so a first answer may be no.
    let accepts = |message: &ClientMessageEvent| message.type_ == atoms.XdndStatus && message.data.as_data32()[1] & 1 == 1;
    drag.until("the window takes the file", Some((atoms.XdndPosition, over)), accepts)?;
    drag.send(atoms.XdndDrop, [source, 0, CURRENT_TIME, 0, 0])?;
    drag.until("the window has taken the file", None, |message| message.type_ == atoms.XdndFinished)
}

struct Drag<'a> {
    connection: &'a RustConnection,
    atoms: Atoms,
    target: Window,
    /// The file, as a list of one address.
    uri: String,
}

impl Drag<'_> {
    fn send(&self, kind: Atom, data: [u32; 5]) -> Result<(), Failure> {
        let message = ClientMessageEvent::new(32, self.target, kind, data);
        self.connection.send_event(false, self.target, EventMask::NO_EVENT, message)?;
        Ok(self.connection.flush()?)
    }

    /// Hands the file over to those who ask for it until such a message comes. Repeats `moving` meanwhile.
    fn until(
        &self,
        what: &str,
        moving: Option<(Atom, [u32; 5])>,
        is_it: impl Fn(&ClientMessageEvent) -> bool,
    ) -> Result<(), Failure> {
        for poll in 0..POLLS {
            if let Some((kind, data)) = moving.filter(|_| poll % MOVE_AFTER == 0) {
                self.send(kind, data)?;
            }
            while let Some(event) = self.connection.poll_for_event()? {
                match event {
                    Event::SelectionRequest(request) => self.hand_over(&request)?,
                    Event::ClientMessage(message) if is_it(&message) => return Ok(()),
                    _ => {}
                }
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        Err(format!("timeout while waiting until {what}").into())
    }

    fn hand_over(&self, request: &SelectionRequestEvent) -> Result<(), Failure> {
        let SelectionRequestEvent { requestor, selection, target, time, .. } = *request;
        let has = target == self.atoms.UriList;
        if has {
            self.connection.change_property8(PropMode::REPLACE, requestor, request.property, target, self.uri.as_bytes())?;
        }
        let property = if has { request.property } else { NONE };
        let done = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time,
            requestor,
            selection,
            target,
            property,
        };
        self.connection.send_event(false, requestor, EventMask::NO_EVENT, done)?;
        Ok(self.connection.flush()?)
    }
}

/// The largest visible window that takes dropped files, and its middle on the screen, as the protocol writes it.
fn largest_target(connection: &RustConnection, root: Window, atoms: &Atoms) -> Result<Option<(Window, u32)>, Failure> {
    let (mut left, mut found) = (vec![root], None);
    while let Some(window) = left.pop() {
        left.extend(connection.query_tree(window)?.reply()?.children);
        let aware = connection.get_property(false, window, atoms.XdndAware, AtomEnum::ATOM, 0, 1)?.reply()?;
        let is_visible = connection.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
        if aware.value_len == 0 || !is_visible {
            continue;
        }
        let shape = connection.get_geometry(window)?.reply()?;
        let area = u32::from(shape.width) * u32::from(shape.height);
        let middle = |length: u16| i16::try_from(length / 2).unwrap_or(0);
        let at = connection.translate_coordinates(window, root, middle(shape.width), middle(shape.height))?.reply()?;
        let place = (u32::from(at.dst_x.unsigned_abs()) << 16) | u32::from(at.dst_y.unsigned_abs());
        if found.is_none_or(|(largest, _, _)| area > largest) {
            found = Some((area, window, place));
        }
    }
    Ok(found.map(|(_, window, place)| (window, place)))
}
