//! The servers of tools that the person has added.

use super::on_both;
use crate::fixtures::{NOW, World};
use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::journal::StoredToolServer;

on_both! {
    /// A server is added, changed and removed by its name, and each profile has its own.
    async fn servers_of_tools_are_kept_by_name(world: World) {
        let store = world.store().await;
        assert_eq!(store.tool_servers().await.unwrap(), []);
        let files = StoredToolServer {
            name: "files".to_owned(),
            config: r#"{"command":"npx"}"#.to_owned(),
            listing: None,
            is_on: true,
            changed_at: NOW,
        };
        let clock = StoredToolServer { name: "clock".to_owned(), is_on: false, ..files.clone() };
        store.save_tool_server(&files).await.unwrap();
        store.save_tool_server(&clock).await.unwrap();
        assert_eq!(store.tool_servers().await.unwrap(), [clock.clone(), files.clone()]);
        store.save_tool_listing("files", "{\"tools\":[]}").await.unwrap();
        store.save_tool_listing("gone", "{}").await.unwrap();
        assert_eq!(store.tool_servers().await.unwrap()[1].listing.as_deref(), Some("{\"tools\":[]}"));
        let changed = StoredToolServer { config: "{}".to_owned(), changed_at: Timestamp(9), ..files };
        store.save_tool_server(&changed).await.unwrap();
        assert_eq!(store.tool_servers().await.unwrap(), [clock, changed]);
        let other = world.db().await.profile(&ProfileId::new("other"), NOW).await.unwrap();
        assert_eq!(other.tool_servers().await.unwrap(), []);
        assert!(!other.remove_tool_server("files").await.unwrap());
        assert!(store.remove_tool_server("files").await.unwrap());
        assert!(!store.remove_tool_server("files").await.unwrap());
        assert_eq!(store.tool_servers().await.unwrap().len(), 1);
    }
}
