//! SQLite's write-ahead log stays small, also while somebody reads all the time.

use crate::fixtures::{NOW, World, append, local, said};
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::{Head, Store};
use growqr_store::DbConfig;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::JoinSet;

const MEGABYTE: u64 = 1024 * 1024;

fn log_size(world: &World) -> u64 {
    let DbConfig::Sqlite { path } = &world.config else { panic!("a file") };
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    PathBuf::from(log).metadata().map_or(0, |file| file.len())
}

/// Appends events of half a megabyte; returns the largest size of the log meanwhile.
async fn write(world: &World, store: &dyn Store, head: &mut Head, events: u32) -> u64 {
    let mut largest = 0;
    for n in 0..events {
        let event = said(&format!("{n} {}", "x".repeat(512 * 1024)));
        *head = store.append(append(&AgentId::grow(), *head, vec![event])).await.unwrap().head;
        largest = largest.max(log_size(world));
    }
    largest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_small_while_readers_come_and_go_without_a_pause() {
    let world = World::sqlite();
    let db = world.db().await;
    let store = db.profile(&local(), NOW).await.unwrap();
    let mut head = Head::default();
    write(&world, &*store, &mut head, 20).await;
    let mut readers = JoinSet::new();
    for _ in 0..3 {
        let store = Arc::clone(&store);
        readers.spawn(async move { while store.events(Position(0), None, 20).await.is_ok() {} });
    }
    let largest = write(&world, &*store, &mut head, 120).await;
    assert!(largest < 40 * MEGABYTE, "the log had {} MB", largest / MEGABYTE);
    readers.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_shrinks_after_a_long_reader_has_ended() {
    let world = World::sqlite();
    let store = world.store().await;
    let mut head = Head::default();
    write(&world, &*store, &mut head, 2).await;
    let reader = world.open_transaction("begin; select count(*) from events").await;
    let largest = write(&world, &*store, &mut head, 50).await;
    assert!(largest > 16 * MEGABYTE, "the reader keeps the log");
    drop(reader);
    write(&world, &*store, &mut head, 40).await;
    assert!(log_size(&world) <= 20 * MEGABYTE, "{} MB are left", log_size(&world) / MEGABYTE);
}
