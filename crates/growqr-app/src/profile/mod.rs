//! The person's profile: where its data is, whose it is, and its settings, keys and sign-in.

pub(crate) mod accounts;
pub(crate) mod file_folders;
pub(crate) mod file_lock;
pub(crate) mod folders;
pub(crate) mod keys;
pub(crate) mod location;
pub(crate) mod private_file;
pub(crate) mod settings;
mod shortcut;
pub(crate) mod sign_in;
pub(crate) mod vault;
