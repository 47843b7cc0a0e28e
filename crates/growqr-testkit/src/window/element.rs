//! Elements are found as users and assistive technology find them: by role and name, never by CSS class.

use serde_json::{Value, json};
use std::fmt;

/// The script that finds elements and waits for them in the page.
pub(super) const SCRIPT: &str = include_str!("element.js");

/// An element of a page: its role and the beginning of its accessible name.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    role: &'a str,
    name: &'a str,
}

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident)*) => {
        impl<'a> Element<'a> {
            $($(#[$doc])*
            #[must_use]
            pub const fn $role(name: &'a str) -> Element<'a> {
                Element { role: stringify!($role), name }
            })*
        }
    };
}

roles! {
    /// A button.
    button
    /// A link.
    link
    /// A text field.
    textbox
    /// A tab.
    tab
    /// A named region of the page.
    region
    /// A conversation.
    log
    /// A heading.
    heading
    /// A menu.
    menu
    /// An item of a menu.
    menuitem
    /// A dialog.
    dialog
    /// A group of elements.
    group
}

impl Element<'_> {
    /// The whole page.
    #[must_use]
    pub const fn page() -> Element<'static> {
        Element { role: "page", name: "" }
    }

    pub(super) fn arguments(self) -> Vec<Value> {
        vec![json!(self.role), json!(self.name)]
    }
}

impl fmt::Display for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {}", self.role)?;
        if self.name.is_empty() { Ok(()) } else { write!(f, " {:?}", self.name) }
    }
}
