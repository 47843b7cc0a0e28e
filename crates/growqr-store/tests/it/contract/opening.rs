//! Opening: once it migrates, then it does nothing; reading alone changes nothing.

use super::on_both;
use crate::given::{NOW, World, local, say};
use growqr_core::id::AgentId;
use growqr_core::journal::{Head, StoreError};
use growqr_store::{Counts, Db, Migrated};

on_both! {
    async fn a_database_is_migrated_once(world: World) {
        let first = Db::open(&world.config).await.unwrap();
        assert_eq!(first.migrated(), Migrated { from: 0, to: 1 });
        first.close().await;
        let second = Db::open(&world.config).await.unwrap();
        assert_eq!(second.migrated(), Migrated { from: 1, to: 1 });
    }

    async fn two_processes_may_open_a_new_database_at_the_same_moment(world: World) {
        let (one, other) = tokio::join!(Db::open(&world.config), Db::open(&world.config));
        assert_eq!((one.unwrap().migrated().to, other.unwrap().migrated().to), (1, 1));
    }

    async fn what_was_written_is_there_after_opening_again(world: World) {
        let db = world.db().await;
        let head = say(&*db.profile(&local(), NOW).await.unwrap(), &AgentId::grow(), Head::default(), "one").await.unwrap().head;
        db.close().await;
        say(&*world.store().await, &AgentId::grow(), head, "two").await.unwrap();
    }

    async fn a_reader_beside_a_writer_sees_what_was_just_written_and_cannot_write(world: World) {
        let (writer, grow) = (world.store().await, AgentId::grow());
        let head = say(&*writer, &grow, Head::default(), "one").await.unwrap().head;
        let reader = Db::open_read_only(&world.config).await.unwrap().unwrap();
        let reader = reader.profile(&local(), NOW).await.unwrap();
        assert_eq!(reader.messages(&grow, None, 10).await.unwrap().len(), 1);
        let head = say(&*writer, &grow, head, "two").await.unwrap().head;
        assert_eq!(reader.messages(&grow, None, 10).await.unwrap().len(), 2);
        assert!(matches!(say(&*reader, &grow, head, "three").await, Err(StoreError::ReadOnly)));
        assert!(matches!(reader.set("model", Some("x"), NOW).await, Err(StoreError::ReadOnly)));
    }

    async fn nothing_is_there_to_read_before_the_first_start(world: World) {
        assert!(Db::open_read_only(&world.config).await.unwrap().is_none());
    }

    async fn the_status_tells_versions_and_counts(world: World) {
        let store = world.store().await;
        say(&*store, &AgentId::grow(), Head::default(), "one").await.unwrap();
        let status = Db::status(&world.config).await.unwrap().unwrap();
        assert_eq!((status.known, status.applied), (1, 1));
        assert_eq!(status.counts, Some(Counts { profiles: 1, agents: 1, events: 1 }));
        assert!(status.bytes.unwrap() > 4096);
    }
}
