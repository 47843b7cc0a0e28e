//! The claim of one process on a profile, among all processes that use the same PostgreSQL server.
//!
//! A claim takes an advisory lock, which ends with its connection, and raises the profile's fence, a number in its row. Each append
//! reads the fence in its own transaction: if another process has claimed the profile since, it is refused, whatever has become
//! of the lock meanwhile. So a claim may lose its connection and take the lock again, as long as the fence is still its own.

use growqr_core::clock::Timestamp;
use growqr_core::journal::StoreError;
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// A process that has claimed a profile, described for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The name of its computer.
    pub machine: String,
    /// Its program.
    pub program: String,
    /// Its number on that computer.
    pub process: u32,
    /// When it claimed the profile.
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Holder { machine, program, process, since } = self;
        let (year, month, day) = since.date();
        let minutes = since.seconds().rem_euclid(86_400) / 60;
        let (hour, minute) = (minutes / 60, minutes % 60);
        write!(f, "{program} on {machine} (process {process}, since {year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC)")
    }
}

/// A holder for a message; builds before 0.4.0 do not record themselves.
pub(crate) fn description(holder: Option<Holder>) -> String {
    holder.map_or_else(|| "another process".to_owned(), |holder| holder.to_string())
}

/// The result of claiming a profile.
pub enum Claim {
    /// This process has claimed the profile.
    Ours(ProfileClaim),
    /// Another process has the lock: the one that is recorded as the last holder. `None` if there is no record.
    Taken(Option<Holder>),
}

/// Exclusive use of a profile by this process; released on drop.
pub struct ProfileClaim {
    pub(crate) fence: Option<Arc<Fence>>,
    /// Keeps the lock. Its connection ends with it.
    pub(crate) keeper: Option<AbortHandle>,
}

impl ProfileClaim {
    /// Waits until another process has claimed the profile, and returns its description. Appends are refused from then on. Never
    /// returns for an SQLite database. Cancel-safe.
    pub async fn lost(&self) -> String {
        match &self.fence {
            Some(fence) => fence.lost().await,
            None => std::future::pending().await,
        }
    }

    /// Whether another process has claimed the profile.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.fence.as_ref().is_some_and(|fence| fence.check().is_err())
    }
}

impl Drop for ProfileClaim {
    fn drop(&mut self) {
        if let Some(keeper) = &self.keeper {
            keeper.abort();
        }
    }
}

/// The number that the claim has written to the profile, and who has claimed the profile since.
pub(crate) struct Fence {
    pub(crate) number: i64,
    lost: watch::Sender<Option<String>>,
}

impl Fence {
    pub(crate) fn new(number: i64) -> Fence {
        Fence { number, lost: watch::Sender::new(None) }
    }

    /// Records that another process has claimed the profile, and returns the error for what was tried meanwhile.
    pub(crate) fn lose(&self, holder: Option<Holder>) -> StoreError {
        let holder = description(holder);
        self.lost.send_if_modified(|lost| lost.is_none() && lost.replace(holder.clone()).is_none());
        StoreError::ClaimLost { holder }
    }

    /// # Errors
    /// [`StoreError::ClaimLost`] once another process has claimed the profile, also one that did not raise the fence.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.lost.borrow().clone() {
            Some(holder) => Err(StoreError::ClaimLost { holder }),
            None => Ok(()),
        }
    }

    async fn lost(&self) -> String {
        let mut lost = self.lost.subscribe();
        let lost = lost.wait_for(Option::is_some).await;
        lost.ok().and_then(|lost| lost.clone()).expect("the fence has the sender, and this waits until there is a holder")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_described_with_computer_process_and_time() {
        let holder = Holder {
            machine: "studio".to_owned(),
            program: "growqr".to_owned(),
            process: 7,
            since: Timestamp(1_795_305_600_000 + 3_720_000),
        };
        assert_eq!(holder.to_string(), "growqr on studio (process 7, since 2026-11-22 01:02 UTC)");
    }
}
