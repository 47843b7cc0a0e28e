//! The rows about the profile's containers, ports and repositories.

use super::PostgresStore;
use crate::error::while_doing;
use crate::rows::{ContainerRow, PortRow, RepoRow};
use async_trait::async_trait;
use growqr_core::clock::Timestamp;
use growqr_core::journal::{StackRecords, StoreError};
use growqr_core::stack::{ReservedPort, StackContainer, StackPart, StackRepo};
use sqlx::QueryBuilder;

#[async_trait]
impl StackRecords for PostgresStore {
    async fn containers(&self) -> Result<Vec<StackContainer>, StoreError> {
        let rows: Vec<ContainerRow> = sqlx::query_as(
            "select part, wanted, image, container_id, changed_at from containers where profile_id = $1 order by part",
        )
        .bind(self.profile())
        .fetch_all(&self.db.pool)
        .await
        .map_err(while_doing("read the containers"))?;
        rows.into_iter().map(StackContainer::try_from).collect()
    }

    async fn save_containers(&self, containers: &[StackContainer]) -> Result<(), StoreError> {
        if containers.is_empty() {
            return Ok(());
        }
        let mut query = QueryBuilder::new("insert into containers (profile_id, part, wanted, image, container_id, changed_at) ");
        query.push_values(containers, |mut row, container| {
            row.push_bind(self.profile())
                .push_bind(container.part.as_str())
                .push_bind(container.wanted.as_str())
                .push_bind(&container.image)
                .push_bind(&container.container)
                .push_bind(container.changed_at.0);
        });
        query.push(
            " on conflict (profile_id, part) do update set wanted = excluded.wanted, image = excluded.image, \
             container_id = excluded.container_id, changed_at = excluded.changed_at",
        );
        query.build().execute(&self.db.pool).await.map_err(while_doing("keep the containers"))?;
        Ok(())
    }

    async fn saw_container(
        &self,
        part: StackPart,
        image: &str,
        container: Option<&str>,
        at_time: Timestamp,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(
            "update containers set image = $1, container_id = $2, changed_at = $3 where profile_id = $4 and part = $5",
        )
        .bind(image)
        .bind(container)
        .bind(at_time.0)
        .bind(self.profile())
        .bind(part.as_str());
        query.execute(&self.db.pool).await.map_err(while_doing("keep a container"))?;
        Ok(())
    }

    async fn removed_containers(&self, at_time: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(
            "update containers set wanted = 'down', container_id = null, changed_at = $1 \
             where profile_id = $2 and wanted = 'removed'",
        )
        .bind(at_time.0)
        .bind(self.profile());
        query.execute(&self.db.pool).await.map_err(while_doing("keep that containers were removed"))?;
        Ok(())
    }

    async fn ports(&self) -> Result<Vec<ReservedPort>, StoreError> {
        let rows: Vec<PortRow> = sqlx::query_as("select part, port, reserved_at from ports where profile_id = $1 order by port")
            .bind(self.profile())
            .fetch_all(&self.db.pool)
            .await
            .map_err(while_doing("read the reserved ports"))?;
        rows.into_iter().map(ReservedPort::try_from).collect()
    }

    async fn reserve_port(&self, port: ReservedPort) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "insert into ports (profile_id, part, port, reserved_at) values ($1, $2, $3, $4) \
             on conflict (profile_id, part) do update set port = excluded.port, reserved_at = excluded.reserved_at",
        )
        .bind(self.profile())
        .bind(port.part.as_str())
        .bind(i64::from(port.port))
        .bind(port.reserved_at.0);
        match query.execute(&self.db.pool).await {
            Ok(_) => Ok(true),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(while_doing("reserve a port")(error)),
        }
    }

    async fn free_port(&self, part: StackPart) -> Result<(), StoreError> {
        let query = sqlx::query("delete from ports where profile_id = $1 and part = $2").bind(self.profile()).bind(part.as_str());
        query.execute(&self.db.pool).await.map_err(while_doing("free a port"))?;
        Ok(())
    }

    async fn repos(&self) -> Result<Vec<StackRepo>, StoreError> {
        let rows: Vec<RepoRow> =
            sqlx::query_as("select name, owner, head, synced_at, install from repos where profile_id = $1 order by name")
                .bind(self.profile())
                .fetch_all(&self.db.pool)
                .await
                .map_err(while_doing("read the repositories"))?;
        Ok(rows.into_iter().map(StackRepo::from).collect())
    }

    async fn save_repo(&self, repo: &StackRepo) -> Result<(), StoreError> {
        let query = sqlx::query(
            "insert into repos (profile_id, name, owner, head, synced_at, install) values ($1, $2, $3, $4, $5, $6) \
             on conflict (profile_id, name) do update set owner = excluded.owner, head = excluded.head, \
             synced_at = excluded.synced_at, install = excluded.install",
        )
        .bind(self.profile())
        .bind(&repo.name)
        .bind(&repo.owner)
        .bind(&repo.head)
        .bind(repo.synced_at.map(|at| at.0))
        .bind(&repo.install);
        query.execute(&self.db.pool).await.map_err(while_doing("keep a repository"))?;
        Ok(())
    }

    async fn forget_repo(&self, name: &str) -> Result<(), StoreError> {
        let query = sqlx::query("delete from repos where profile_id = $1 and name = $2").bind(self.profile()).bind(name);
        query.execute(&self.db.pool).await.map_err(while_doing("forget a repository"))?;
        Ok(())
    }
}
