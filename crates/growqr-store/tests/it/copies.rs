//! A copy of an SQLite database, made while another process writes.

use crate::fixtures::{NOW, World, append, local, said};
use growqr_core::id::AgentId;
use growqr_core::journal::{Head, StoreError};
use growqr_store::{Db, DbConfig};

#[tokio::test]
async fn a_copy_is_whole_has_all_that_was_committed_and_replaces_nothing() {
    let world = World::sqlite();
    let db = world.db().await;
    let store = db.profile(&local(), NOW).await.unwrap();
    let head = store.append(append(&AgentId::grow(), Head::default(), vec![said("before")])).await.unwrap().head;
    // As by another process: the reader opens the file, and only reads.
    let reader = Db::open_read_only(&world.config).await.unwrap().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.db");
    let writing = world.open_transaction("begin immediate; update profiles set position = position").await;
    assert!(reader.copy_to(&path).await.unwrap());
    drop(writing);
    store.append(append(&AgentId::grow(), head, vec![said("after")])).await.unwrap();

    let copy = Db::open(&DbConfig::Sqlite { path: path.clone() }).await.unwrap();
    let verified = copy.verify(&local()).await.unwrap();
    assert_eq!((verified.events, verified.broken), (1, None));
    assert!(matches!(reader.copy_to(&path).await, Err(StoreError::Failed(_))), "a file that exists is not replaced");
}

#[tokio::test]
async fn a_trigger_or_a_view_that_somebody_has_added_is_named_and_a_new_database_has_none() {
    let world = World::sqlite();
    let db = world.db().await;
    assert_eq!(db.triggers_and_views().await.unwrap(), Vec::<String>::new());
    let sql = "begin; create view shown as select 1; create trigger turn_on after update on tool_servers begin \
        update tool_servers set is_on = 1; end; commit; begin";
    drop(world.open_transaction(sql).await);
    assert_eq!(db.triggers_and_views().await.unwrap(), ["shown", "turn_on"]);
}
