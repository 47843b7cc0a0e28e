//! Opening: the first open migrates, later ones change nothing; a read-only open never changes anything.

use super::on_both;
use crate::fixtures::{NOW, World, local, say};
use growqr_core::id::{AgentId, Seq};
use growqr_core::journal::{Head, StoreError};
use growqr_store::{Counts, Db, DbConfig, Migrated};

/// The number of the newest migration.
fn last() -> i64 {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.split_once('_')?.0.parse().ok()).max().unwrap()
}

/// Rows that a build with only the first migration wrote. The journal has seven events; the rows of two are enough here.
const FIRST_BUILD: &str = "\
    insert into profiles (profile_id, position, created_at) values ('local', 7, 1); \
    insert into agents (profile_id, agent_id, seq, hash, name, parent_id, depth, task, status, model, turn, spent, \
        unknown_cost, allowance, created_at, updated_at) \
        select 'local', 'grow', 7, hash, 'Grow', null, 0, null, 'idle', 'm', 3, 5, 0, null, 1, 2 from first_hash; \
    insert into messages (profile_id, agent_id, seq, position, author, text, folded, at) \
        values ('local', 'grow', 1, 1, null, 'Hallo ÄRGER', 'hallo ärger', 1), ('local', 'grow', 7, 7, 'grow', 'ΟΔΟΣ', 'οδος', 2); \
    drop table first_hash";

on_both! {
    async fn a_database_is_migrated_once(world: World) {
        let first = Db::open(&world.config).await.unwrap();
        assert_eq!(first.migrated(), Migrated { from: 0, to: last() });
        first.close().await;
        let second = Db::open(&world.config).await.unwrap();
        assert_eq!(second.migrated(), Migrated { from: last(), to: last() });
    }

    async fn a_database_of_an_older_build_is_migrated(world: World) {
        world.migrate_to(1).await;
        world.run_sql(match &world.config {
            DbConfig::Sqlite { .. } => "create table first_hash as select cast(replace('1111111111111111', '1', char(17)) || \
                replace('1111111111111111', '1', char(17)) as blob) as hash",
            DbConfig::Postgres { .. } => "create table first_hash as select decode(repeat('11', 32), 'hex') as hash",
        })
        .await;
        world.run_sql(FIRST_BUILD).await;
        assert!(Db::open_read_only(&world.config).await.is_err(), "only a writer migrates");
        let db = Db::open(&world.config).await.unwrap();
        assert_eq!(db.migrated(), Migrated { from: 1, to: last() });
        let (store, grow) = (db.profile(&local(), NOW).await.unwrap(), AgentId::grow());
        let agent = store.agent(&grow).await.unwrap().unwrap();
        assert_eq!((agent.name.as_str(), agent.seq, agent.turn), ("Grow", Seq(7), 3));
        assert_eq!(store.messages(&grow, None, 10).await.unwrap()[0].text, "Hallo ÄRGER");
        for text in ["ärger", "ÄR", "οδοσ", "οσ", "σ"] {
            assert_eq!(store.search(text, None, 10).await.unwrap().len(), 1, "{text}");
        }
        let head = Head { seq: Seq(7), hash: [0x11; 32] };
        assert_eq!(say(&*store, &grow, head, "next").await.unwrap().head.seq, Seq(8));
        let refused = say(&*store, &grow, head, "again").await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
        assert_eq!(Db::status(&world.config).await.unwrap().unwrap().min_app_version.as_deref(), Some("0.4.0"));
    }

    async fn two_processes_can_create_a_database_concurrently(world: World) {
        let (one, other) = tokio::join!(Db::open(&world.config), Db::open(&world.config));
        assert_eq!((one.unwrap().migrated().to, other.unwrap().migrated().to), (last(), last()));
    }

    async fn data_is_still_there_after_reopening(world: World) {
        let db = world.db().await;
        let head = say(&*db.profile(&local(), NOW).await.unwrap(), &AgentId::grow(), Head::default(), "one").await.unwrap().head;
        db.close().await;
        say(&*world.store().await, &AgentId::grow(), head, "two").await.unwrap();
    }

    async fn a_read_only_database_sees_new_appends_and_refuses_writes(world: World) {
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

    async fn there_is_no_database_before_the_first_start(world: World) {
        assert!(Db::open_read_only(&world.config).await.unwrap().is_none());
    }

    async fn the_status_contains_versions_and_counts(world: World) {
        let store = world.store().await;
        say(&*store, &AgentId::grow(), Head::default(), "one").await.unwrap();
        let status = Db::status(&world.config).await.unwrap().unwrap();
        assert_eq!((status.known, status.applied), (last(), last()));
        assert_eq!(status.counts, Some(Counts { profiles: 1, agents: 1, events: 1 }));
        assert!(status.bytes.unwrap() > 4096);
    }
}
