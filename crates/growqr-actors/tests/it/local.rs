//! The conformance suite on the local host, with both databases.

use async_trait::async_trait;
use growqr_actors::conformance::{KillablePlacement, TestEnvironment};
use growqr_actors::{HostConfig, LocalHost, Ports};
use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::journal::Store;
use growqr_store::{DatabaseUrl, Db, DbConfig};
use std::sync::Arc;
use tempfile::TempDir;

/// The local host on a database of its own.
struct Local {
    config: DbConfig,
    _folder: Option<TempDir>,
}

#[async_trait]
impl TestEnvironment for Local {
    async fn store(&self) -> Arc<dyn Store> {
        let db = Db::open(&self.config).await.unwrap();
        db.profile(&ProfileId::new("local"), Timestamp(1)).await.unwrap()
    }

    async fn start(&self, ports: Ports, config: HostConfig) -> Arc<dyn KillablePlacement> {
        Arc::new(LocalHost::start(ports, config).await.unwrap())
    }
}

async fn on_sqlite() -> Option<Local> {
    let folder = tempfile::tempdir().unwrap();
    Some(Local { config: DbConfig::Sqlite { path: folder.path().join("growqr.db") }, _folder: Some(folder) })
}

async fn on_postgres() -> Option<Local> {
    let url = tokio::task::spawn_blocking(growqr_testkit::postgres::fresh_database).await.unwrap()?;
    Some(Local { config: DbConfig::Postgres { url: DatabaseUrl::new(url) }, _folder: None })
}

mod sqlite {
    use super::on_sqlite;
    growqr_actors::placement_conformance!(on_sqlite());
}

mod postgres {
    use super::on_postgres;
    growqr_actors::placement_conformance!(on_postgres());
}
