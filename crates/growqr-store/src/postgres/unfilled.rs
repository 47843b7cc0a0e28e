//! Writes the spendings that a migration has left to the program; see `crate::unfilled`.

use super::views;
use crate::error::while_doing;
use crate::rows::EventRow;
use crate::unfilled::{PAGE, Page, Unfilled, select_events};
use futures_util::TryStreamExt;
use growqr_core::journal::StoreError;
use sqlx::{Connection, FromRow, PgConnection, Row};

const ANY: &str = "select exists (select 1 from unfilled_spendings)";
/// The row lock makes another process wait; it then continues after this page.
const NEXT: &str = "select profile_id, position, last_position from unfilled_spendings order by profile_id limit 1 for update";
const EVENTS: &str = select_events!("profile_id = $1 and position > $2 and position <= $3 order by position limit $4");
const FILLED: &str = "update unfilled_spendings set position = $1 where profile_id = $2";
const COMPLETE: &str = "delete from unfilled_spendings where profile_id = $1";

/// Writes all missing spendings. False after an error, which is logged: a database that is full or damaged in part can still be
/// opened, and the next open continues. After an error the connection may still have a transaction; it must be closed.
pub(super) async fn fill(connection: &mut PgConnection) -> bool {
    match fill_pages(connection).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "the spendings of earlier events are not complete; the next start continues");
            false
        }
    }
}

async fn fill_pages(connection: &mut PgConnection) -> Result<(), StoreError> {
    let any: bool = sqlx::query_scalar(ANY).fetch_one(&mut *connection).await.map_err(failed)?;
    if any {
        tracing::info!("writing the spendings of earlier events");
        while fill_page(connection).await? {}
    }
    Ok(())
}

/// Writes one page in one transaction. False if nothing is missing.
async fn fill_page(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let mut transaction = connection.begin().await.map_err(failed)?;
    let next: Option<Unfilled> = sqlx::query_as(NEXT).fetch_optional(&mut *transaction).await.map_err(failed)?;
    if let Some(unfilled) = &next {
        let page = read(&mut transaction, unfilled).await?;
        views::insert_missing_spendings(&mut transaction, &unfilled.profile_id, &page.spendings).await?;
        let done = match page.next() {
            Some(position) => sqlx::query(FILLED).bind(position).bind(&unfilled.profile_id),
            None => sqlx::query(COMPLETE).bind(&unfilled.profile_id),
        };
        done.execute(&mut *transaction).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)?;
    Ok(next.is_some())
}

/// Reads the events one at a time: the answers of a page may be large.
async fn read(connection: &mut PgConnection, unfilled: &Unfilled) -> Result<Page, StoreError> {
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
