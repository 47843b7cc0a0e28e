//! Claims a profile and keeps the claim; see `crate::claim`.

use super::Database;
use super::connections::{Server, close, limited};
use crate::claim::{Claim, Fence, Holder, ProfileClaim, description};
use crate::config::DatabaseUrl;
use crate::error::while_doing;
use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::journal::StoreError;
use sqlx::PgConnection;
use std::collections::VecDeque;
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
/// The sessions of the server that have the lock of the profile `$profile`, for a `from` clause. The locks of all databases are in
/// `pg_locks`.
macro_rules! lock_sessions {
    ($profile:literal) => {
        concat!(
            "pg_locks left join pg_stat_activity using (pid) where locktype = 'advisory' and objsubid = 1 and granted \
            and database = (select oid from pg_database where datname = current_database()) \
            and (classid::bigint << 32) | objid::bigint = hashtextextended('growqr ' || ",
            $profile,
            ", 0)"
        )
    };
}
pub(super) use lock_sessions;

const LOCKED: &str = concat!("select exists (select 1 from ", lock_sessions!("$1"), ")");
/// A server that has restarted gives process numbers again.
const OWN_SESSION: &str =
    "select pid, extract(epoch from backend_start)::text from pg_stat_activity where pid = pg_backend_pid()";
const LOCK_SESSION: &str = concat!("select pid, extract(epoch from backend_start)::text from ", lock_sessions!("$1"));
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
            let fence = fence.map_err(while_doing("claim the profile"))?;
            Ok(Ok((fence, own_session(&mut connection).await?)))
        });
        let (fence, session) = match claimed.await? {
            Ok((number, session)) => (Arc::new(Fence::new(number)), session),
            Err(holder) => return Ok(Claim::Taken(holder)),
        };
        let keeper = Keeper {
            server: self.server.clone(),
            profile: profile.clone(),
            fence: Arc::clone(&fence),
            sessions: [session].into(),
        };
        let keeper = tokio::spawn(keeper.run(Some(connection)));
        Ok(Claim::Ours(ProfileClaim { fence: Some(fence), keeper: Some(keeper.abort_handle()) }))
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

/// A session of the server: the number of its process, and when it began. The time is hidden if the session is another user's.
type Session = (i32, Option<String>);

async fn own_session(connection: &mut PgConnection) -> Result<Session, StoreError> {
    sqlx::query_as(OWN_SESSION).fetch_one(connection).await.map_err(while_doing("lock the profile"))
}

/// Keeps the lock until the claim is dropped or another process has claimed the profile. The lock ends with its connection, for
/// example when the server restarts; then this takes it again.
struct Keeper {
    server: Server,
    profile: ProfileId,
    fence: Arc<Fence>,
    /// The sessions of this process that have the lock, or had it, or may have got it before their connection broke; the newest
    /// last.
    sessions: VecDeque<Session>,
}

/// The most sessions to remember: the server ends broken ones within a minute.
const OWN_SESSIONS: usize = 16;

impl Keeper {
    async fn run(mut self, mut connection: Option<PgConnection>) {
        let mut has_warned = false;
        loop {
            tokio::time::sleep(CHECK_INTERVAL).await;
            let checked = match connection.take() {
                Some(mut lock) => limited("check the claim", self.check(&mut lock)).await.map(|()| Some(lock)),
                None => limited("lock the profile again", self.lock_again()).await,
            };
            match checked {
                Ok(lock) => {
                    connection = lock;
                    if connection.is_some() && std::mem::take(&mut has_warned) {
                        tracing::info!("the claim on the profile is checked again");
                    }
                }
                Err(StoreError::ClaimLost { holder }) => return tracing::error!(holder, "another process uses this profile now"),
                // The server may be away for hours.
                Err(error) if has_warned => tracing::debug!(%error, "the claim on the profile cannot be checked"),
                Err(error) => {
                    has_warned = true;
                    tracing::warn!(%error, "the claim on the profile cannot be checked; trying again until it can");
                }
            }
        }
    }

    async fn check(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let number: Option<i64> = sqlx::query_scalar(FENCE)
            .bind(self.profile.as_str())
            .fetch_optional(&mut *connection)
            .await
            .map_err(while_doing("check the claim"))?;
        if number == Some(self.fence.number) {
            return Ok(());
        }
        Err(self.fence.lose(holder(connection, &self.profile).await?))
    }

    /// `None` if the server still has the session that held the lock before.
    ///
    /// # Errors
    /// [`StoreError::ClaimLost`] also if another session has the lock and the fence is unchanged: builds before 0.4.0 do not raise
    /// it.
    async fn lock_again(&mut self) -> Result<Option<PgConnection>, StoreError> {
        let mut connection = self.server.connect().await?;
        // Known before the lock is asked for: the answer may get lost, and the server then has the lock for this session.
        self.sessions.push_back(own_session(&mut connection).await?);
        if self.sessions.len() > OWN_SESSIONS {
            self.sessions.pop_front();
        }
        let is_locked = lock(&mut connection, &self.profile).await?;
        self.check(&mut connection).await?;
        if is_locked {
            return Ok(Some(connection));
        }
        let found: Option<Session> = sqlx::query_as(LOCK_SESSION)
            .bind(self.profile.as_str())
            .fetch_optional(&mut connection)
            .await
            .map_err(while_doing("lock the profile"))?;
        match found {
            Some(session) if !self.is_own(&session) => Err(self.fence.lose(None)),
            _ => Ok(None),
        }
    }

    /// Whether the session may be one of this process. A session that has just ended has no time any more.
    fn is_own(&self, (process, began): &Session) -> bool {
        self.sessions.iter().any(|own| own.0 == *process && (began.is_none() || own.1 == *began))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Connection;

    /// The server notices the end of a connection a moment after it.
    async fn until_locked(connection: &mut PgConnection, profile: &ProfileId) {
        while !lock(connection, profile).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_former_session_keeps_the_claim_and_any_other_session_ends_it() {
        let database = tokio::task::spawn_blocking(growqr_testkit::postgres::fresh_database).await.unwrap();
        let Some(url) = database.map(DatabaseUrl::new) else { return };
        let (db, _) = Database::open(&url).await.unwrap();
        let profile = ProfileId::new("local");
        db.create_profile(&profile, Timestamp(0)).await.unwrap();
        let mut former = db.server.connect().await.unwrap();
        assert!(lock(&mut former, &profile).await.unwrap());
        let fence = Arc::new(Fence::new(0));
        let session = own_session(&mut former).await.unwrap();
        let mut keeper = Keeper { server: db.server.clone(), profile: profile.clone(), fence, sessions: [session].into() };
        assert!(keeper.lock_again().await.unwrap().is_none(), "the server has not noticed that the connection ended");
        let mut broken = db.server.connect().await.unwrap();
        keeper.sessions.push_back(own_session(&mut broken).await.unwrap());
        former.close().await.unwrap();
        until_locked(&mut broken, &profile).await;
        assert!(keeper.lock_again().await.unwrap().is_none(), "the answer to its own try got lost");
        broken.close().await.unwrap();
        let again = loop {
            if let Some(again) = keeper.lock_again().await.unwrap() {
                break again;
            }
        };
        again.close().await.unwrap();
        let mut earlier_build = db.server.connect().await.unwrap();
        until_locked(&mut earlier_build, &profile).await;
        assert!(matches!(keeper.lock_again().await, Err(StoreError::ClaimLost { .. })));
        assert!(keeper.fence.check().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stays_away_is_warned_about_once() {
        let server = Server::new(&DatabaseUrl::new("postgres://u@127.0.0.1:1/db"), false).unwrap();
        let keeper =
            Keeper { server, profile: ProfileId::new("local"), fence: Arc::new(Fence::new(1)), sessions: VecDeque::new() };
        let (warnings, _counting) = growqr_testkit::count_log_lines(tracing::Level::WARN);
        assert!(tokio::time::timeout(CHECK_INTERVAL * 20, keeper.run(None)).await.is_err(), "it goes on");
        assert_eq!(warnings.load(std::sync::atomic::Ordering::SeqCst), 1);
    }
}
