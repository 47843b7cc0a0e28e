//! Rebuilds the views of a profile from its journal, for a database whose views differ from the journal.

use crate::SystemClock;
use crate::error::AppError;
use crate::host::lock::ProfileLock;
use crate::host::open_profile::this_process;
use crate::profile::location::Profile;
use growqr_core::clock::Clock;
use growqr_store::{Claim, Db};
use growqr_wire as wire;

impl Profile {
    /// Rebuilds the lists of agents, the transcripts, the outbox and the index of messages. If it is stopped at any
    /// moment, the database still works, and the next rebuild completes the rest. Does nothing if there is no database.
    ///
    /// # Errors
    /// [`AppError::InUse`] while another process holds the profile lock; then nothing is changed. The errors of the
    /// database, also if the journal itself is damaged.
    pub async fn rebuild(&self) -> Result<wire::Rebuilt, AppError> {
        if Db::status(self.database()).await?.is_none_or(|status| status.applied == 0) {
            return Ok(wire::Rebuilt::default());
        }
        let now = SystemClock.now();
        self.create()?;
        let _lock = ProfileLock::take(self, now)?.ok_or_else(|| AppError::InUse { holder: ProfileLock::holder(self) })?;
        let db = Db::open(self.database()).await?;
        let claim = match db.claim_profile(self.id(), &this_process(now)).await? {
            Claim::Ours(claim) => claim,
            Claim::Taken(holder) => return Err(AppError::in_use(holder)),
        };
        let store = db.claimed(self.id(), &claim);
        let rebuilt = growqr_actors::rebuild(&*store, &*db.views(self.id())).await?;
        drop(store);
        db.close().await;
        Ok(wire::Rebuilt {
            agents: rebuilt.agents,
            events: rebuilt.events,
            changed_agents: rebuilt.differences.agents,
            changed_messages: rebuilt.differences.messages,
            changed_mail: rebuilt.differences.mail,
            deleted: rebuilt.orphans,
        })
    }
}
