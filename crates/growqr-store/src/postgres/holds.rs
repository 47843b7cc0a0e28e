//! Claims a profile and keeps the claim; see `crate::hold`.

use super::Database;
use super::connections::{Server, close, limited};
use crate::config::DatabaseUrl;
use crate::error::while_doing;
use crate::hold::{Claim, Hold, Holder, ProfileClaim, description};
use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::journal::StoreError;
use sqlx::PgConnection;
use std::sync::Arc;
use std::time::Duration;

/// How often a process checks that it still has the lock.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

const LOCK: &str = "select pg_try_advisory_lock(hashtextextended('growqr ' || $1, 0))";
const CLAIM: &str = "insert into profiles \
    (profile_id, position, created_at, fence, holder_machine, holder_program, holder_process, held_since) \
    values ($1, 0, $5, 1, $2, $3, $4, $5) on conflict (profile_id) do update set fence = profiles.fence + 1, \
    holder_machine = excluded.holder_machine, holder_program = excluded.holder_program, \
    holder_process = excluded.holder_process, held_since = excluded.held_since returning fence";
const LOCKED: &str = "select exists (select 1 from pg_locks where locktype = 'advisory' and objsubid = 1 \
    and (classid::bigint << 32) | objid::bigint = hashtextextended('growqr ' || $1, 0))";
const FENCE: &str = "select fence from profiles where profile_id = $1";
const HOLDER: &str =
    "select holder_machine, holder_program, holder_process, held_since from profiles where profile_id = $1 and fence > 0";

impl Database {
    /// See [`crate::Db::claim_profile`]. Takes the profile's advisory lock on a separate connection, then raises the fence.
    pub(crate) async fn claim_profile(&self, profile: &ProfileId, holder: &Holder) -> Result<Claim, StoreError> {
        let mut connection = self.server.connect().await?;
        let claimed = limited("claim the profile", async {
            if !lock(&mut connection, profile).await? {
                return Ok(Err(self::holder(&mut connection, profile).await?));
            }
            let claim = sqlx::query_scalar(CLAIM).bind(profile.as_str()).bind(&holder.machine).bind(&holder.program);
            let fence = claim.bind(i64::from(holder.process)).bind(holder.since.0).fetch_one(&mut connection).await;
            Ok(Ok(fence.map_err(while_doing("claim the profile"))?))
        });
        let hold = match claimed.await? {
            Ok(fence) => Arc::new(Hold::new(fence)),
            Err(holder) => return Ok(Claim::Taken(holder)),
        };
        let keeper = tokio::spawn(keep(self.server.clone(), profile.clone(), Arc::clone(&hold), connection));
        Ok(Claim::Ours(ProfileClaim { hold: Some(hold), keeper: Some(keeper.abort_handle()) }))
    }
}

/// See [`crate::Db::holder`].
pub(crate) async fn current_holder(url: &DatabaseUrl, profile: &ProfileId) -> Result<Option<String>, StoreError> {
    let mut connection = Server::new(url, true)?.connect().await?;
    let found = limited("read who holds the profile", async {
        let is_locked = sqlx::query_scalar(LOCKED).bind(profile.as_str()).fetch_one(&mut connection).await;
        if !is_locked.map_err(while_doing("read who holds the profile"))? {
            return Ok(None);
        }
        Ok(Some(description(holder(&mut connection, profile).await?)))
    });
    let found = found.await;
    close(connection).await;
    found
}

/// The process that has claimed the profile last.
pub(super) async fn holder(connection: &mut PgConnection, profile: &ProfileId) -> Result<Option<Holder>, StoreError> {
    let row: Option<(String, String, i64, i64)> = sqlx::query_as(HOLDER)
        .bind(profile.as_str())
        .fetch_optional(connection)
        .await
        .map_err(while_doing("read who holds the profile"))?;
    Ok(row.map(|(machine, program, process, since)| Holder {
        machine,
        program,
        process: u32::try_from(process).unwrap_or_default(),
        since: Timestamp(since),
    }))
}

async fn lock(connection: &mut PgConnection, profile: &ProfileId) -> Result<bool, StoreError> {
    sqlx::query_scalar(LOCK).bind(profile.as_str()).fetch_one(connection).await.map_err(while_doing("lock the profile"))
}

/// Keeps the lock until the claim is dropped or another process has claimed the profile. The lock ends with its connection, for
/// example when the server restarts; then this takes it again.
async fn keep(server: Server, profile: ProfileId, hold: Arc<Hold>, connection: PgConnection) {
    let mut connection = Some(connection);
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        let checked = match connection.take() {
            Some(mut lock) => limited("check the hold", check(&mut lock, &profile, &hold)).await.map(|()| Some(lock)),
            None => limited("take the hold again", lock_again(&server, &profile, &hold)).await,
        };
        match checked {
            Ok(lock) => connection = lock,
            Err(StoreError::HoldLost { holder }) => return tracing::error!(holder, "another process uses this profile now"),
            Err(error) => tracing::warn!(%error, "the hold on the profile cannot be checked; trying again"),
        }
    }
}

async fn check(connection: &mut PgConnection, profile: &ProfileId, hold: &Hold) -> Result<(), StoreError> {
    let fence: Option<i64> = sqlx::query_scalar(FENCE)
        .bind(profile.as_str())
        .fetch_optional(&mut *connection)
        .await
        .map_err(while_doing("check the hold"))?;
    if fence == Some(hold.fence) {
        return Ok(());
    }
    Err(hold.lose(holder(connection, profile).await?))
}

/// `None` if the server still has the session that held the lock before.
async fn lock_again(server: &Server, profile: &ProfileId, hold: &Hold) -> Result<Option<PgConnection>, StoreError> {
    let mut connection = server.connect().await?;
    let is_locked = lock(&mut connection, profile).await?;
    check(&mut connection, profile, hold).await?;
    Ok(is_locked.then_some(connection))
}
