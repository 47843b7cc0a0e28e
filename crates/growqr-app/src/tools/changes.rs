//! Adds, replaces, switches and removes servers.
//!
//! The store decides which of two changes counts: each names the row that it replaces. Other values have an entry in the keychain that
//! no earlier row names; it is noted in the store before it is written. So after a kill at any point the rows are whole, and entries that
//! no row names are removed by the next change or start. Each computer that uses the store adds the values to its own keychain, in the
//! entry that the row names.

use super::kept_values::{self, Found};
use super::stored::{self, StoredConfig};
use super::{ToolServers, configurations, consent, missing};
use crate::SystemClock;
use crate::blocking::blocking;
use crate::error::AppError;
use growqr_core::clock::Clock;
use growqr_core::journal::StoredToolServer;
use growqr_core::secret::SecretError;
use growqr_tools::ServerName;
use growqr_wire::NewToolServer;

/// The most servers of one profile.
const MAX_SERVERS: usize = 100;

impl ToolServers {
    /// Adds a server; with `replace` it may take the place of another one with its name, or with other values. What the person has
    /// allowed that one ends; the caller applies the rules.
    ///
    /// # Errors
    /// [`AppError::BadRequest`] if it cannot be used, the name is taken, or another command was first; then no server has changed.
    pub(crate) async fn add(&self, server: NewToolServer, replace: bool) -> Result<(), AppError> {
        let (name, mut config) = stored::checked(&server)?;
        kept_values::check(&server.values)?;
        let _one_at_a_time = self.changing.lock().await;
        let rows = self.store.tool_servers().await?;
        let earlier = rows.iter().find(|other| other.name == server.name);
        let is_written = self.set_mark(&mut config, &server, earlier).await?;
        let config = stored::text(&config);
        // A request that is sent again finds what it has added.
        let is_unchanged = earlier.is_some_and(|earlier| earlier.config == config);
        if !replace && earlier.is_some() && !is_unchanged {
            return Err(AppError::bad_request(
                format!("there is another server with the name {name}, or it has other values"),
                "Choose another name, or take its place with --replace.",
            ));
        }
        if earlier.is_none() && rows.len() >= MAX_SERVERS {
            return Err(AppError::bad_request(
                format!("there are {MAX_SERVERS} servers already"),
                "Remove some that you no longer need: growqr tools list",
            ));
        }
        let is_same = earlier.is_some_and(|earlier| stored::is_same_server(earlier, &config));
        // Without its tools a server is started to list them, and questions about them are withdrawn.
        let listing = earlier.filter(|_| is_same).and_then(|earlier| earlier.listing.clone());
        let row = StoredToolServer { name: server.name.clone(), config, listing, is_on: true, changed_at: SystemClock.now() };
        let written = if is_written { None } else { self.keep_values(&name, &server, &row, earlier).await? };
        if !is_same {
            consent::end(&*self.store, name.as_str()).await?;
        }
        let changed = match earlier {
            Some(earlier) => self.store.replace_tool_server(earlier, &row).await,
            None => self.store.add_tool_server(&row).await,
        };
        if let (Ok(false), Some(entry)) = (&changed, &written) {
            // The process that was first may have found it without a row, and forgotten it before it was written.
            self.store.note_tool_values(&self.keychain, entry, SystemClock.now()).await?;
        }
        self.load().await?;
        self.remove_unnamed_values().await;
        if !changed? {
            return Err(was_second(name.as_str()));
        }
        // A server that goes on as it is may have been added again because it does not work.
        if is_unchanged && earlier.is_some_and(|earlier| earlier.is_on) {
            self.servers.restart(&name).await;
        }
        Ok(())
    }

    /// Adds the servers with these titles from the configuration of another program, in the version that the person was shown. One that
    /// is refused stops no other.
    ///
    /// # Errors
    /// [`AppError::BadRequest`] if the file has changed, or one of them is not in it or has no values; otherwise the first error of
    /// [`ToolServers::add`].
    pub(crate) async fn import(&self, path: String, version: String, titles: Vec<String>) -> Result<(), AppError> {
        let servers = blocking(move || configurations::chosen(&path, &version, &titles)).await?;
        let mut refused = Ok(());
        for server in servers {
            let added = self.add(server, false).await;
            refused = refused.and(added);
        }
        refused
    }

    /// Gives a configuration the mark of its values: that of the stored ones if this keychain has the same, or none because another
    /// computer has added the server; otherwise a new one. Another program or address has a new one too: values that another computer
    /// keeps do not go there. Returns whether the keychain has the values under it.
    async fn set_mark(
        &self,
        config: &mut StoredConfig,
        server: &NewToolServer,
        earlier: Option<&StoredToolServer>,
    ) -> Result<bool, AppError> {
        if server.values.is_empty() {
            return Ok(earlier.and_then(stored::own_entry).is_none());
        }
        if let Some(earlier) = earlier
            && let Some(entry) = stored::own_entry(earlier)
        {
            let found = self.values.compare(&entry, &server.values).await.map_err(|error| {
                AppError::bad_request(
                    format!("the earlier values of {} cannot be read: {error}", server.name),
                    "Unlock the system's keychain, then try again.",
                )
            })?;
            config.mark = stored::mark(earlier);
            if found != Found::Other && stored::is_same_server(earlier, &stored::text(config)) {
                return Ok(found == Found::Same);
            }
        }
        config.mark = Some(format!("{:016x}", rand::random::<u64>()));
        Ok(false)
    }

    /// Writes the values that the new row names, and notes the entry that it does not name any more. Returns the entry that was written.
    async fn keep_values(
        &self,
        name: &ServerName,
        server: &NewToolServer,
        row: &StoredToolServer,
        earlier: Option<&StoredToolServer>,
    ) -> Result<Option<String>, AppError> {
        let (new, old) = (stored::own_entry(row), earlier.and_then(stored::own_entry));
        // Values of a build that noted none.
        if let Some(old) = old {
            self.store.note_tool_values(&self.keychain, &old, SystemClock.now()).await?;
        }
        let Some(new) = new else { return Ok(None) };
        self.store.note_tool_values(&self.keychain, &new, SystemClock.now()).await?;
        let Err(error) = self.values.write(&new, &server.values).await else { return Ok(Some(new)) };
        // A keychain that did not answer may still write it.
        if matches!(error, SecretError::Absent | SecretError::NotSetUp) {
            self.store.forget_tool_values(&self.keychain, &new).await?;
        }
        Err(AppError::bad_request(
            format!("the values of {name} cannot be kept: {error}"),
            "They are kept in the system's keychain only. Unlock it or set it up, then try again.",
        ))
    }

    /// Removes a server, its values, and what the person has allowed it; the caller applies the rules.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is none; [`AppError::BadRequest`] if its values cannot be reached, or another command was
    /// first: then it stays.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), AppError> {
        let _one_at_a_time = self.changing.lock().await;
        let rows = self.store.tool_servers().await?;
        let row = rows.iter().find(|row| row.name == name).ok_or_else(|| missing(name))?;
        // One that cannot be read may have the values of a build without marks.
        let entry = stored::entry(row).unwrap_or_else(|_| Some(kept_values::entry(name, None)));
        if let Some(entry) = entry {
            self.values.reach(&entry).await.map_err(|error| {
                AppError::bad_request(
                    format!("the values of {name} in the keychain could not be removed, so the server stays as well: {error}"),
                    "Unlock the system's keychain, then remove the server again.",
                )
            })?;
            self.store.note_tool_values(&self.keychain, &entry, SystemClock.now()).await?;
        }
        self.sign_ins.stop(name);
        if let Some(entry) = stored::sign_in_entry(row)
            && self.store.noted_tool_values(&self.keychain).await?.contains(&entry)
        {
            self.sign_out_row(row).await?;
        }
        consent::end(&*self.store, name).await?;
        let removed = self.store.remove_tool_server(row).await;
        self.load().await?;
        self.remove_unnamed_values().await;
        if removed? { Ok(()) } else { Err(was_second(name)) }
    }

    /// Offers the tools of a server, or no longer; the caller applies the rules.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is none.
    pub(crate) async fn switch(&self, name: &str, is_on: bool) -> Result<(), AppError> {
        let _one_at_a_time = self.changing.lock().await;
        if !self.store.switch_tool_server(name, is_on, SystemClock.now()).await? {
            return Err(missing(name));
        }
        self.load().await?;
        self.remove_unnamed_values().await;
        Ok(())
    }

    /// Removes the values of earlier servers that a kill has left in the keychain.
    pub(crate) async fn tidy(&self) {
        let _one_at_a_time = self.changing.lock().await;
        self.remove_unnamed_values().await;
    }

    /// Removes the noted entries of this keychain that no row names. What cannot be removed now stays noted.
    async fn remove_unnamed_values(&self) {
        let noted = self.store.noted_tool_values(&self.keychain).await;
        let (noted, rows) = match (noted, self.store.tool_servers().await) {
            (Ok(noted), Ok(rows)) => (noted, rows),
            (Err(error), _) | (_, Err(error)) => return tracing::warn!(%error, "values of removed servers are not removed yet"),
        };
        for entry in noted {
            let is_named = rows.iter().any(|row| match stored::entry(row) {
                Ok(named) => named.as_ref() == Some(&entry) || stored::sign_in_entry(row).as_ref() == Some(&entry),
                // Another build has stored it: what may be its values stays.
                Err(_) => kept_values::is_of(&entry, &row.name),
            });
            if is_named || !kept_values::is_entry(&entry) {
                continue;
            }
            if let Err(error) = self.values.remove(&entry).await {
                tracing::warn!(entry, %error, "values of a removed server are still in the keychain; the next start tries again");
            } else if let Err(error) = self.store.forget_tool_values(&self.keychain, &entry).await {
                tracing::warn!(entry, %error, "a removed entry is still noted");
            }
        }
    }
}

fn was_second(name: &str) -> AppError {
    AppError::bad_request(
        format!("another command has changed the server {name} at the same time, so this one has done nothing"),
        "Look at it, then try again: growqr tools list",
    )
}
