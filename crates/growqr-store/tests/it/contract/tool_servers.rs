//! The servers of tools that the person has added, and the entries of keychains with their values.

use super::on_both;
use crate::fixtures::{NOW, World};
use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::journal::StoredToolServer;

fn server(name: &str, config: &str) -> StoredToolServer {
    StoredToolServer { name: name.to_owned(), config: config.to_owned(), listing: None, is_on: true, changed_at: NOW }
}

on_both! {
    /// A server is added, changed and removed by its name, and each profile has its own.
    async fn servers_of_tools_are_kept_by_name(world: World) {
        let store = world.store().await;
        assert_eq!(store.tool_servers().await.unwrap(), []);
        let files = server("files", r#"{"command":"npx"}"#);
        let clock = StoredToolServer { is_on: false, ..server("clock", "{}") };
        assert!(store.add_tool_server(&files).await.unwrap());
        assert!(store.add_tool_server(&clock).await.unwrap());
        assert_eq!(store.tool_servers().await.unwrap(), [clock.clone(), files.clone()]);
        store.save_tool_listing("files", &files.config, "{\"tools\":[]}").await.unwrap();
        store.save_tool_listing("gone", "{}", "{}").await.unwrap();
        assert_eq!(store.tool_servers().await.unwrap()[1].listing.as_deref(), Some("{\"tools\":[]}"));
        let changed = StoredToolServer { changed_at: Timestamp(9), ..server("files", "{}") };
        assert!(store.replace_tool_server(&files, &changed).await.unwrap());
        assert_eq!(store.tool_servers().await.unwrap(), [clock, changed.clone()]);
        let other = world.db().await.profile(&ProfileId::new("other"), NOW).await.unwrap();
        assert_eq!(other.tool_servers().await.unwrap(), []);
        assert!(!other.remove_tool_server(&changed).await.unwrap());
        assert!(store.remove_tool_server(&changed).await.unwrap());
        assert!(!store.remove_tool_server(&changed).await.unwrap());
        assert_eq!(store.tool_servers().await.unwrap().len(), 1);
    }

    /// Of two changes that began with the same server, the first counts, and the second finds that out.
    async fn of_two_changes_of_a_server_the_first_counts(world: World) {
        let store = world.store().await;
        let (one, two) = (server("files", "1"), server("files", "2"));
        assert!(store.add_tool_server(&one).await.unwrap());
        assert!(!store.add_tool_server(&two).await.unwrap());
        assert!(store.replace_tool_server(&one, &two).await.unwrap());
        assert!(!store.replace_tool_server(&one, &server("files", "3")).await.unwrap());
        assert!(!store.remove_tool_server(&one).await.unwrap());
        // A list of the earlier server's tools that comes late is not one of the new server.
        store.save_tool_listing("files", &one.config, "{\"tools\":[]}").await.unwrap();
        // Whoever switches it off has not read it before.
        assert!(store.switch_tool_server("files", false, Timestamp(9)).await.unwrap());
        let off = StoredToolServer { is_on: false, changed_at: Timestamp(9), ..two };
        assert_eq!(store.tool_servers().await.unwrap(), [off]);
        assert!(!store.switch_tool_server("gone", true, NOW).await.unwrap());
        let clock = server("clock", "1");
        let both = tokio::join!(store.add_tool_server(&one), store.add_tool_server(&clock));
        assert_eq!((both.0.unwrap(), both.1.unwrap()), (false, true));
    }

    /// An entry of a keychain is noted once, and each keychain has its own.
    async fn entries_with_values_are_noted_until_they_are_gone(world: World) {
        let store = world.store().await;
        for entry in ["tools-b", "tools-a", "tools-a"] {
            store.note_tool_values("here", entry, NOW).await.unwrap();
        }
        assert_eq!(store.noted_tool_values("here").await.unwrap(), ["tools-a", "tools-b"]);
        assert!(store.noted_tool_values("elsewhere").await.unwrap().is_empty());
        store.forget_tool_values("elsewhere", "tools-a").await.unwrap();
        store.forget_tool_values("here", "tools-a").await.unwrap();
        assert_eq!(store.noted_tool_values("here").await.unwrap(), ["tools-b"]);
        let other = world.db().await.profile(&ProfileId::new("other"), NOW).await.unwrap();
        assert!(other.noted_tool_values("here").await.unwrap().is_empty());
    }
}
