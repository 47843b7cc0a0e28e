//! What people see and assistive technology hears: an element is found by its role and its name, never by its class.

use serde_json::{Value, json};
use std::fmt;

/// Finds elements and waits for them, in the page.
pub(super) const SCRIPT: &str = include_str!("element.js");

/// An element of a page, by its role and the beginning of its accessible name.
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
    /// Something to press.
    button
    /// Something that leads elsewhere.
    link
    /// Something to write into.
    textbox
    /// One of several views of a thing.
    tab
    /// A named part of the page.
    region
    /// A conversation.
    log
    /// A title.
    heading
    /// What opens to choose from.
    menu
    /// One of its choices.
    menuitem
    /// A question over the page.
    dialog
    /// What belongs together.
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
