//! Whether a write would succeed now: `growqr doctor` finds what a failed write has found.

use super::on_both;
use crate::fixtures::{World, local, say};
use growqr_core::id::AgentId;
use growqr_core::journal::{Head, StoreError};
use growqr_store::{DatabaseUrl, Db, DbConfig};

async fn check(world: &World) -> Result<(), StoreError> {
    Db::check_writing(&world.config, &local()).await
}

on_both! {
    /// It changes nothing, and neither a missing database nor a writer at work is a fault.
    async fn a_sound_database_can_be_written(world: World) {
        check(world).await.unwrap();
        let store = world.store().await;
        let grow = AgentId::grow();
        let head = say(&*store, &grow, Head::default(), "hello").await.unwrap().head;
        let before = world.rows("events").await;
        check(world).await.unwrap();
        assert_eq!(world.rows("events").await, before);
        say(&*store, &grow, head, "hello again").await.unwrap();
    }

    /// Another program keeps the lock that every append needs.
    async fn a_lock_of_another_program_is_found(world: World) {
        let _store = world.store().await;
        let lock = match &world.config {
            DbConfig::Sqlite { .. } => "begin immediate",
            DbConfig::Postgres { .. } => "begin; update profiles set position = position",
        };
        let holder = world.open_transaction(lock).await;
        assert!(check(world).await.is_err());
        drop(holder);
        check(world).await.unwrap();
    }
}

#[tokio::test]
async fn a_missing_permission_on_a_server_is_found() {
    let Some(world) = World::postgres().await else { return };
    let store = world.store().await;
    // Roles belong to the whole server, so the name contains the database's.
    world
        .run_sql(
            "do $$ begin execute format('create role %I login', current_database() || '_reader'); \
             execute format('grant select, update on all tables in schema public to %I', current_database() || '_reader'); end $$",
        )
        .await;
    let (address, name) = (world.url(), world.url().rsplit('/').next().unwrap().split('?').next().unwrap());
    let Some(url) = address.contains("//growqr@").then(|| address.replacen("growqr@", &format!("{name}_reader@"), 1)) else {
        growqr_testkit::skipped("a role without permissions: the server is not the private one of the tests");
        return;
    };
    let config = DbConfig::Postgres { url: DatabaseUrl::new(url) };
    let error = Db::check_writing(&config, &local()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Failed(text) if text.contains("permission denied for table")), "{error:?}");
    drop(store);
}

#[tokio::test]
async fn a_damaged_page_of_a_file_is_found() {
    let world = World::sqlite();
    let DbConfig::Sqlite { path } = &world.config else { panic!("it is SQLite") };
    world.db().await.close().await;
    let mut bytes = std::fs::read(path).unwrap();
    // The second half of the file: the pages of tables, not the header.
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xAB);
    std::fs::write(path, bytes).unwrap();
    assert!(matches!(check(&world).await, Err(StoreError::Corrupt(_))));
}
