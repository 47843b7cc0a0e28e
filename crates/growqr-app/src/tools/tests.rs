//! Changes of servers, with a real store and a keychain in memory.

mod sign_in;

use super::kept_values::entry;
use super::{OwnTools, ToolServers, WebPreferences, stored};
use crate::SystemClock;
use async_trait::async_trait;
use growqr_actors::Toolbox;
use growqr_core::clock::Clock;
use growqr_core::id::{ExecutorId, ProfileId};
use growqr_core::journal::{Store, StoredToolServer};
use growqr_core::memory::CommitPlan;
use growqr_core::secret::{Secret, SecretError, SecretStore, StoreState};
use growqr_core::tool::{Executor, OfferedTool, Performed, ToolCall, ToolResult};
use growqr_store::{Db, DbConfig};
use growqr_wire::{ApiKey, NewToolServer, ToolTransport};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// A keychain in memory that can be locked.
#[derive(Default)]
struct FakeKeychain {
    entries: Mutex<BTreeMap<String, Secret>>,
    is_locked: Mutex<bool>,
}

impl FakeKeychain {
    fn open(&self) -> Result<MutexGuard<'_, BTreeMap<String, Secret>>, SecretError> {
        if *self.is_locked.lock().expect("no panic") {
            Err(SecretError::Locked)
        } else {
            Ok(self.entries.lock().expect("no panic"))
        }
    }

    fn lock(&self, is_locked: bool) {
        *self.is_locked.lock().expect("no panic") = is_locked;
    }

    fn put(&self, name: &str, text: &str) {
        self.entries.lock().expect("no panic").insert(name.to_owned(), Secret::new(text));
    }

    /// The names of its entries.
    fn names(&self) -> Vec<String> {
        self.entries.lock().expect("no panic").keys().cloned().collect()
    }

    /// Its only entry.
    fn only(&self) -> String {
        let entries = self.entries.lock().expect("no panic");
        assert_eq!(entries.len(), 1, "{:?}", entries.keys());
        entries.values().next().expect("an entry").expose().to_owned()
    }
}

#[async_trait]
impl SecretStore for FakeKeychain {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        tokio::task::yield_now().await;
        Ok(self.open()?.get(name).cloned())
    }

    async fn set(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        tokio::task::yield_now().await;
        self.open()?.insert(name.to_owned(), value.clone());
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<(), SecretError> {
        tokio::task::yield_now().await;
        self.open()?.remove(name);
        Ok(())
    }

    async fn state(&self) -> StoreState {
        StoreState::Ready
    }

    async fn unlock(&self) -> Result<(), SecretError> {
        Ok(())
    }
}

struct NoTools;

#[async_trait]
impl Executor for NoTools {
    fn id(&self) -> ExecutorId {
        ExecutorId::memory()
    }

    fn tools(&self) -> Vec<OfferedTool> {
        Vec::new()
    }

    async fn perform(&self, _call: &ToolCall, _plan: Option<&CommitPlan>) -> Performed {
        Performed::Finished(ToolResult::error("no tools"))
    }
}

/// A profile on this computer.
struct World {
    store: Arc<dyn Store>,
    keychain: Arc<FakeKeychain>,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&DbConfig::Sqlite { path: folder.path().join("growqr.db") }).await.expect("a database");
        let store = db.profile(&ProfileId::new("local"), SystemClock.now()).await.expect("a profile");
        World { store, keychain: Arc::default(), folder }
    }

    /// What a process has of the profile.
    fn servers(&self) -> ToolServers {
        self.servers_of(&self.keychain, "here")
    }

    /// What a process on the computer with this keychain has of the profile.
    fn servers_of(&self, keychain: &Arc<FakeKeychain>, name: &str) -> ToolServers {
        let toolbox = Arc::new(Toolbox::new(Vec::new()));
        let (store, keychain) = (Arc::clone(&self.store), Arc::clone(keychain) as Arc<dyn SecretStore>);
        let own = OwnTools::new(vec![Arc::new(NoTools)], WebPreferences::default());
        ToolServers::new(toolbox, own, store, keychain, name.to_owned(), self.folder.path().to_owned())
    }

    async fn rows(&self) -> Vec<StoredToolServer> {
        self.store.tool_servers().await.expect("rows")
    }

    async fn noted(&self) -> Vec<String> {
        self.store.noted_tool_values("here").await.expect("noted entries")
    }

    async fn rules(&self) -> Vec<String> {
        self.store.rules().await.expect("rules").into_iter().map(|rule| rule.line).collect()
    }
}

/// A server that cannot start, with this value of `TOKEN`; empty: without one.
fn server(name: &str, token: &str) -> NewToolServer {
    let values = (!token.is_empty()).then(|| ("TOKEN".to_owned(), ApiKey(token.to_owned())));
    NewToolServer {
        name: name.to_owned(),
        transport: ToolTransport::Program { command: "growqr-has-no-such-program".to_owned(), args: Vec::new() },
        values: values.into_iter().collect(),
        client_id: None,
        call_limit_ms: None,
        folder: None,
        is_trusted: false,
    }
}

#[tokio::test]
async fn other_values_are_another_server_that_needs_replace_and_new_consent() {
    let world = World::new().await;
    let servers = world.servers();
    servers.add(server("gh", "one"), false).await.unwrap();
    servers.add(server("gh", "one"), false).await.expect("a request that is sent again");
    world.store.add_rule("allow gh__read", SystemClock.now()).await.unwrap();
    let before = world.rows().await;
    for other in [server("gh", "two"), server("gh", "")] {
        let refused = servers.add(other, false).await.unwrap_err();
        assert!(growqr_wire::Error::from(refused).next_step.unwrap().contains("--replace"));
    }
    assert_eq!((world.rows().await, world.keychain.only()), (before, r#"{"TOKEN":"one"}"#.to_owned()));
    servers.add(server("gh", "one"), true).await.unwrap();
    assert_eq!(world.rules().await, ["allow gh__read"], "it is the same server");
    servers.add(server("gh", "two"), true).await.unwrap();
    assert_eq!((world.rules().await, world.keychain.only()), (Vec::new(), r#"{"TOKEN":"two"}"#.to_owned()));
    assert_eq!(world.noted().await, world.keychain.names());
    assert!(!format!("{:?}", world.rows().await).contains("two"), "no value is in the store");
    servers.add(server("gh", ""), true).await.unwrap();
    assert_eq!((world.keychain.names(), world.noted().await), (Vec::new(), Vec::new()));
    servers.close().await;
}

#[tokio::test]
async fn two_computers_on_one_database_each_keep_the_values_of_a_server() {
    let world = World::new().await;
    let (other, here) = (Arc::<FakeKeychain>::default(), world.servers());
    let there = world.servers_of(&other, "there");
    here.add(server("gh", "one"), false).await.unwrap();
    world.store.add_rule("allow gh__read", SystemClock.now()).await.unwrap();
    let rows = world.rows().await;
    there.add(server("gh", "one"), false).await.expect("it is the same server, and this keychain has none of its values");
    assert_eq!((other.names(), other.only()), (world.keychain.names(), world.keychain.only()));
    assert_eq!(world.store.noted_tool_values("there").await.unwrap(), other.names());
    let configs = |rows: &[StoredToolServer]| rows.iter().map(|row| row.config.clone()).collect::<Vec<_>>();
    assert_eq!(configs(&world.rows().await), configs(&rows), "the other computer finds its own values still");
    assert_eq!(world.rules().await, ["allow gh__read"]);
    here.add(server("gh", "one"), false).await.expect("nothing has changed here");
    // Another program with this name gets none of the values that another computer keeps.
    world.keychain.entries.lock().unwrap().clear();
    let mut evil = server("gh", "one");
    evil.transport = ToolTransport::Program { command: "growqr-has-no-other-program".to_owned(), args: Vec::new() };
    here.add(evil, true).await.unwrap();
    assert_ne!(world.keychain.names(), other.names());
    here.close().await;
    there.close().await;
}

#[tokio::test]
async fn another_time_limit_keeps_the_tools_and_what_is_asked_about_them() {
    let world = World::new().await;
    let servers = world.servers();
    servers.add(server("gh", "one"), false).await.unwrap();
    let before = world.rows().await.remove(0);
    world.store.save_tool_listing("gh", &before.config, r#"{"tools":[],"left_out":[]}"#).await.unwrap();
    let slower = NewToolServer { call_limit_ms: Some(90_000), ..server("gh", "one") };
    servers.add(slower, true).await.unwrap();
    let after = world.rows().await.remove(0);
    assert!(after.config != before.config && after.listing.is_some(), "its tools stay on offer");
    servers.add(server("gh", "two"), true).await.unwrap();
    assert_eq!(world.rows().await[0].listing, None, "with other values it is another server");
    servers.close().await;
}

#[tokio::test]
async fn of_two_commands_at_once_one_counts_and_no_value_is_left_or_missing() {
    let world = World::new().await;
    let (window, terminal) = (world.servers(), world.servers());
    let (one, two) = tokio::join!(window.add(server("gh", "one"), false), terminal.add(server("gh", "two"), false));
    assert_eq!(one.is_ok(), two.is_err(), "{one:?} {two:?}");
    let row = world.rows().await.remove(0);
    assert_eq!(world.keychain.names(), [stored::entry(&row).unwrap().unwrap()]);
    // In one process each waits for the other.
    let (replaced, removed) = tokio::join!(window.add(server("gh", "three"), true), window.remove("gh"));
    assert!(replaced.is_ok() && removed.is_ok());
    let (added, off, again) =
        tokio::join!(window.add(server("gh", "four"), false), window.switch("gh", false), window.add(server("x", ""), false));
    assert!(added.is_ok() && off.is_ok() && again.is_ok());
    let rows = world.rows().await;
    assert_eq!(rows.iter().map(|row| (row.name.as_str(), row.is_on)).collect::<Vec<_>>(), [("gh", false), ("x", true)]);
    assert_eq!(world.keychain.only(), r#"{"TOKEN":"four"}"#);
    assert_eq!(world.noted().await, world.keychain.names());
    window.close().await;
    terminal.close().await;
}

#[tokio::test]
async fn what_a_kill_has_left_in_the_keychain_goes_with_the_next_start_or_command() {
    let world = World::new().await;
    let servers = world.servers();
    servers.add(server("gh", "one"), false).await.unwrap();
    let named = world.keychain.names();
    // Killed after the values were written and before the row was, or after the row was replaced and before they were removed.
    for is_start in [true, false] {
        world.store.note_tool_values("here", &entry("gh", Some("m2")), SystemClock.now()).await.unwrap();
        world.keychain.put(&entry("gh", Some("m2")), "{}");
        world.store.note_tool_values("elsewhere", &entry("gh", Some("m2")), SystemClock.now()).await.unwrap();
        if is_start {
            world.servers().tidy().await;
        } else {
            servers.switch("gh", true).await.unwrap();
        }
        assert_eq!((world.keychain.names(), world.noted().await), (named.clone(), named.clone()));
    }
    assert_eq!(world.store.noted_tool_values("elsewhere").await.unwrap().len(), 1, "the keychain of another computer");
    // Killed before the values were written.
    world.store.note_tool_values("here", &entry("gh", Some("m3")), SystemClock.now()).await.unwrap();
    world.servers().tidy().await;
    assert_eq!(world.noted().await, named);
    servers.close().await;
}

#[tokio::test]
async fn the_values_of_a_server_that_another_build_has_stored_stay() {
    let world = World::new().await;
    let strange = StoredToolServer {
        name: "gh".to_owned(),
        config: "a later shape".to_owned(),
        listing: None,
        is_on: true,
        changed_at: SystemClock.now(),
    };
    assert!(world.store.add_tool_server(&strange).await.unwrap());
    world.keychain.put(&entry("gh", Some("m9")), "{}");
    world.store.note_tool_values("here", &entry("gh", Some("m9")), SystemClock.now()).await.unwrap();
    let servers = world.servers();
    servers.tidy().await;
    assert_eq!(world.keychain.names().len(), 1);
    servers.remove("gh").await.unwrap();
    assert_eq!((world.keychain.names(), world.noted().await), (Vec::new(), Vec::new()));
    servers.close().await;
}

#[tokio::test]
async fn a_server_of_a_build_without_marks_keeps_its_values_until_it_is_replaced() {
    let world = World::new().await;
    let servers = world.servers();
    let config = r#"{"transport":{"type":"program","command":"growqr-has-no-such-program","args":[]},"kept":["TOKEN"],"call_limit_ms":null,"folder":null,"is_trusted":false}"#;
    let earlier = StoredToolServer {
        name: "gh".to_owned(),
        config: config.to_owned(),
        listing: None,
        is_on: true,
        changed_at: SystemClock.now(),
    };
    assert!(world.store.add_tool_server(&earlier).await.unwrap());
    world.keychain.put("tools-gh", r#"{"TOKEN":"one"}"#);
    servers.add(server("gh", "one"), false).await.expect("the same server");
    assert_eq!((world.keychain.names(), world.rows().await[0].config.as_str()), (vec!["tools-gh".to_owned()], config));
    servers.add(server("gh", "two"), true).await.unwrap();
    assert_eq!(world.keychain.only(), r#"{"TOKEN":"two"}"#);
    servers.close().await;
}

#[tokio::test]
async fn a_server_stays_while_its_values_cannot_be_removed() {
    let world = World::new().await;
    let servers = world.servers();
    servers.add(server("gh", "s3cret"), false).await.unwrap();
    world.keychain.lock(true);
    for error in [
        servers.remove("gh").await.unwrap_err().to_string(),
        servers.add(server("gh", "s3cret-2"), true).await.unwrap_err().to_string(),
        servers.add(server("other", "s3cret"), false).await.unwrap_err().to_string(),
    ] {
        assert!(error.contains("keychain") && !error.contains("s3cret"), "{error}");
    }
    assert_eq!(world.rows().await.len(), 1);
    world.keychain.lock(false);
    assert_eq!(world.keychain.only(), r#"{"TOKEN":"s3cret"}"#);
    servers.remove("gh").await.unwrap();
    assert_eq!((world.keychain.names(), world.noted().await, world.rows().await), (Vec::new(), Vec::new(), Vec::new()));
    servers.close().await;
}
