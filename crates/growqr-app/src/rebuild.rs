//! The views of a profile, rebuilt from its journal: for a database that shows something else than what happened.

use crate::SystemClock;
use crate::error::AppError;
use crate::host::lock::ProfileLock;
use crate::profile::home::Home;
use growqr_core::clock::Clock;
use growqr_store::Db;
use growqr_wire as wire;

impl Home {
    /// Rebuilds the lists of agents, the transcripts, the outbox and the index of messages. Stopped at any moment, it
    /// leaves a database that works; run again, it does the rest. A profile without a database stays without one.
    ///
    /// # Errors
    /// [`AppError::InUse`] while another process holds the profile; then nothing is changed. What the database says, also
    /// if the journal itself is damaged.
    pub async fn rebuild(&self) -> Result<wire::Rebuilt, AppError> {
        if Db::status(self.database()).await?.is_none_or(|status| status.applied == 0) {
            return Ok(wire::Rebuilt::default());
        }
        let (now, in_use) = (SystemClock.now(), |holder| AppError::InUse { holder });
        self.create()?;
        let _lock = ProfileLock::take(self, now)?.ok_or_else(|| in_use(ProfileLock::holder(self)))?;
        let db = Db::open(self.database()).await?;
        let _hold = db.hold(self.profile()).await?.ok_or_else(|| in_use("a process on another computer".to_owned()))?;
        let store = db.profile(self.profile(), now).await?;
        let rebuilt = growqr_actors::rebuild(&*store, &*db.views(self.profile())).await?;
        drop(store);
        db.close().await;
        Ok(wire::Rebuilt {
            agents: rebuilt.agents,
            events: rebuilt.events,
            changed_agents: rebuilt.differences.agents,
            changed_messages: rebuilt.differences.messages,
            changed_mail: rebuilt.differences.mail,
            deleted: rebuilt.strays,
        })
    }
}
