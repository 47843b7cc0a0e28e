//! Rows about containers, their ports and their repositories.

use super::number;
use growqr_core::clock::Timestamp;
use growqr_core::journal::StoreError;
use growqr_core::stack::{ReservedPort, StackContainer, StackPart, StackRepo, Wanted};

#[derive(sqlx::FromRow)]
pub(crate) struct ContainerRow {
    part: String,
    wanted: String,
    image: String,
    container_id: Option<String>,
    changed_at: i64,
}

impl TryFrom<ContainerRow> for StackContainer {
    type Error = StoreError;

    fn try_from(row: ContainerRow) -> Result<StackContainer, StoreError> {
        let wanted = Wanted::ALL.into_iter().find(|wanted| wanted.as_str() == row.wanted);
        Ok(StackContainer {
            part: part("containers.part", &row.part)?,
            wanted: wanted.ok_or_else(|| StoreError::Corrupt(format!("containers.wanted is {:?}", row.wanted)))?,
            image: row.image,
            container: row.container_id,
            changed_at: Timestamp(row.changed_at),
        })
    }
}

fn part(column: &str, name: &str) -> Result<StackPart, StoreError> {
    StackPart::parse(name).ok_or_else(|| StoreError::Corrupt(format!("{column} is {name:?}")))
}

#[derive(sqlx::FromRow)]
pub(crate) struct PortRow {
    part: String,
    port: i64,
    reserved_at: i64,
}

impl TryFrom<PortRow> for ReservedPort {
    type Error = StoreError;

    fn try_from(row: PortRow) -> Result<ReservedPort, StoreError> {
        Ok(ReservedPort {
            port: number("ports.port", row.port)?,
            part: part("ports.part", &row.part)?,
            reserved_at: Timestamp(row.reserved_at),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct RepoRow {
    name: String,
    owner: String,
    head: Option<String>,
    synced_at: Option<i64>,
    install: Option<String>,
}

impl From<RepoRow> for StackRepo {
    fn from(row: RepoRow) -> StackRepo {
        let RepoRow { name, owner, head, synced_at, install } = row;
        StackRepo { name, owner, head, synced_at: synced_at.map(Timestamp), install }
    }
}
