//! The queries that run often find their rows by an index and come in order without a sort, however much there is.

use crate::given::{World, append, said};
use growqr_core::id::AgentId;
use growqr_core::journal::Head;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Row, SqliteConnection};

/// The database's plan for a query, one step a line.
async fn plan(world: &World, sql: &str) -> String {
    let growqr_store::DbConfig::Sqlite { path } = &world.config else { panic!("a file") };
    let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap();
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {sql}"))).fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_frequent_query_uses_its_index_and_needs_no_sort() {
    let world = World::sqlite();
    world.store().await.append(append(&AgentId::grow(), Head::default(), vec![said("x")])).await.unwrap();
    for (sql, index) in growqr_store::FREQUENT_QUERIES {
        let plan = plan(&world, sql).await;
        assert!(plan.contains(&format!("USING INDEX {index} ")) , "{sql}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{sql}\n{plan}");
    }
}
