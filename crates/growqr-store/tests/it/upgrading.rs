//! A shared server is not migrated while an older build uses it.

use crate::fixtures::local;
use growqr_core::journal::StoreError;
use growqr_store::{DatabaseUrl, Db, DbConfig};
use growqr_testkit::postgres;
use sqlx::{Connection, Executor, PgConnection};
use std::path::Path;

#[tokio::test]
async fn a_database_in_use_by_an_older_build_is_not_migrated() {
    // The database of a build of version 0.1.
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../growqr-actors/tests/golden/v1/journal.sql");
    let restored = tokio::task::spawn_blocking(move || {
        let url = postgres::fresh_database()?;
        postgres::restore(&url, &golden);
        Some(url)
    });
    let Some(url) = restored.await.unwrap() else { return };
    let config = DbConfig::Postgres { url: DatabaseUrl::new(url.clone()) };
    let mut older = PgConnection::connect(&url).await.unwrap();
    older.execute("select pg_advisory_lock(hashtextextended('growqr local', 0))").await.unwrap();
    match Db::open(&config).await.err() {
        Some(StoreError::Failed(text)) => assert!(text.contains("another GrowQR uses it"), "{text}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(Db::status(&config).await.unwrap().unwrap().applied, 1, "nothing was changed");
    older.close().await.unwrap();
    let db = Db::open(&config).await.unwrap();
    assert!(db.verify(&local()).await.unwrap().broken.is_none());
}
