//! An unusable server is reported as unreachable at once, and no message contains the password.

use crate::fixtures::World;
use growqr_core::journal::StoreError;
use growqr_store::{DatabaseUrl, Db, DbConfig};
use growqr_testkit::DeadPort;

async fn refused(url: String) -> String {
    let config = DbConfig::Postgres { url: DatabaseUrl::new(url) };
    match Db::open(&config).await.err().unwrap() {
        StoreError::Unreachable(text) => {
            assert!(!text.contains("hunter2"), "{text}");
            text
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_missing_server_is_unreachable() {
    let port = DeadPort::take();
    refused(format!("postgres://me:hunter2@{}/growqr", port.address())).await;
}

#[tokio::test]
async fn a_malformed_url_is_unreachable_and_not_shown() {
    refused("postgres://me:hunter2@[/growqr".to_owned()).await;
}

#[tokio::test]
async fn a_missing_database_is_unreachable() {
    let Some(world) = World::postgres().await else { return };
    let text = refused(world.url().replace("/growqr_", "/missing_")).await;
    assert!(text.contains("does not exist"), "{text}");
}
