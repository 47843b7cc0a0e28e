//! Unusable database files: each kind is reported with its own error, and the file is not changed.

use crate::fixtures::{NOW, World, append, local, said, say};
use growqr_core::id::{AgentId, Seq};
use growqr_core::journal::{Head, StoreError};
use growqr_store::{Db, DbConfig};
use growqr_testkit::{SmallDisk, skipped};
use std::fs;
use std::path::PathBuf;

fn path(world: &World) -> PathBuf {
    match &world.config {
        DbConfig::Sqlite { path } => path.clone(),
        DbConfig::Postgres { .. } => panic!("a file"),
    }
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_reported_as_damaged_and_not_changed() {
    let world = World::sqlite();
    let garbage = "this is not a database. ".repeat(1000);
    fs::write(path(&world), &garbage).unwrap();
    let error = Db::open(&world.config).await.err().unwrap();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    let error = Db::open_read_only(&world.config).await.err().unwrap();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    assert_eq!(fs::read_to_string(path(&world)).unwrap(), garbage);
}

#[tokio::test]
async fn a_damaged_page_is_reported_when_it_is_read() {
    let world = World::sqlite();
    let db = world.db().await;
    let events = (0..200).map(|n| said(&format!("{n} {}", "x".repeat(500)))).collect();
    let store = db.profile(&local(), NOW).await.unwrap();
    store.append(append(&AgentId::grow(), Head::default(), events)).await.unwrap();
    drop(store);
    db.close().await;
    let mut bytes = fs::read(path(&world)).unwrap();
    // Only the pages with events: the schema and the small tables can still be read.
    for page in bytes.chunks_mut(4096).filter(|page| page.windows(64).any(|part| part == [b'x'; 64])) {
        page[..64].fill(0xa5);
    }
    fs::write(path(&world), bytes).unwrap();
    let error = world.store().await.entries(&AgentId::grow(), Seq(0), 1000).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
}

#[tokio::test]
async fn a_missing_folder_is_unreachable() {
    let config = DbConfig::Sqlite { path: tempfile::tempdir().unwrap().path().join("no/such/growqr.db") };
    let error = Db::open(&config).await.err().unwrap();
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
    assert!(Db::open_read_only(&config).await.unwrap().is_none());
}

#[tokio::test]
async fn a_full_disk_is_reported_and_stored_data_is_kept() {
    let Some(disk) = SmallDisk::new("4m") else {
        skipped("a file system of four megabytes cannot be mounted here");
        return;
    };
    let config = DbConfig::Sqlite { path: disk.path().join("growqr.db") };
    let db = Db::open(&config).await.unwrap();
    let (store, grow) = (db.profile(&local(), NOW).await.unwrap(), AgentId::grow());
    let (mut head, text) = (Head::default(), "x".repeat(20_000));
    let error = loop {
        match say(&*store, &grow, head, &text).await {
            Ok(done) => head = done.head,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    let (entries, end) = store.entries(&grow, Seq(0), 10_000).await.unwrap();
    assert_eq!((entries.len() as u64, end), (head.seq.0, Some(head)));
    disk.grow();
    say(&*store, &grow, head, &text).await.unwrap();
    assert!(db.verify(&local()).await.unwrap().broken.is_none());
    db.close().await;
}

#[tokio::test]
async fn a_read_only_disk_is_reported() {
    let Some(disk) = SmallDisk::new("4m") else {
        skipped("a file system of four megabytes cannot be mounted here");
        return;
    };
    let config = DbConfig::Sqlite { path: disk.path().join("growqr.db") };
    disk.forbid_writing();
    let error = Db::open(&config).await.err().unwrap();
    assert!(matches!(error, StoreError::ReadOnly), "{error:?}");
    disk.grow();
    let db = Db::open(&config).await.unwrap();
    db.profile(&local(), NOW).await.unwrap();
    db.close().await;
    disk.forbid_writing();
    let error = Db::open(&config).await.err().unwrap();
    assert!(matches!(error, StoreError::ReadOnly), "{error:?}");
    let error = Db::open_read_only(&config).await.err().unwrap();
    assert!(matches!(error, StoreError::ReadOnly), "{error:?}");
}
