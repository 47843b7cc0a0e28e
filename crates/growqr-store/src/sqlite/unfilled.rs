//! Writes the spendings that a migration has left to the program; see `crate::unfilled`.

use super::views;
use crate::error::while_doing;
use crate::rows::EventRow;
use crate::unfilled::{PAGE, Page, Unfilled, select_events};
use futures_util::TryStreamExt;
use growqr_core::journal::StoreError;
use sqlx::{Executor, FromRow, Row, SqliteConnection};

const ANY: &str = "select exists (select 1 from unfilled_spendings)";
const NEXT: &str = "select profile_id, position, last_position from unfilled_spendings order by profile_id limit 1";
const EVENTS: &str = select_events!("profile_id = ? and position > ? and position <= ? order by position limit ?");
const FILLED: &str = "update unfilled_spendings set position = ? where profile_id = ?";
const COMPLETE: &str = "delete from unfilled_spendings where profile_id = ?";

/// Writes all missing spendings. False after an error, which is logged: a database that is full or damaged in part can still be
/// opened, and the next open continues. After an error the connection may still have a transaction; it must be closed.
pub(super) async fn fill(connection: &mut SqliteConnection) -> bool {
    match fill_pages(connection).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "the spendings of earlier events are not complete; the next start continues");
            false
        }
    }
}

async fn fill_pages(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let any: bool = sqlx::query_scalar(ANY).fetch_one(&mut *connection).await.map_err(failed)?;
    if any {
        tracing::info!("writing the spendings of earlier events");
        while fill_page(connection).await? {}
    }
    Ok(())
}

/// Writes one page in one transaction; another process waits meanwhile. False if nothing is missing.
async fn fill_page(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    connection.execute("begin immediate").await.map_err(failed)?;
    let next: Option<Unfilled> = sqlx::query_as(NEXT).fetch_optional(&mut *connection).await.map_err(failed)?;
    if let Some(unfilled) = &next {
        let page = read(connection, unfilled).await?;
        views::insert_missing_spendings(connection, &unfilled.profile_id, &page.spendings).await?;
        let done = match page.next() {
            Some(position) => sqlx::query(FILLED).bind(position).bind(&unfilled.profile_id),
            None => sqlx::query(COMPLETE).bind(&unfilled.profile_id),
        };
        done.execute(&mut *connection).await.map_err(failed)?;
    }
    connection.execute("commit").await.map_err(failed)?;
    Ok(next.is_some())
}

/// Reads the events one at a time: the answers of a page may be large.
async fn read(connection: &mut SqliteConnection, unfilled: &Unfilled) -> Result<Page, StoreError> {
    let events = sqlx::query(EVENTS).bind(&unfilled.profile_id).bind(unfilled.position).bind(unfilled.last_position).bind(PAGE);
    let mut events = events.fetch(connection);
    let mut page = Page::default();
    while let Some(row) = events.try_next().await.map_err(failed)? {
        page.add(row.try_get("position").map_err(failed)?, EventRow::from_row(&row));
    }
    Ok(page)
}

fn failed(error: sqlx::Error) -> StoreError {
    while_doing("write the spendings of earlier events")(error)
}
