//! One program at a time: the window and the command line may keep the same sign-in, and a refresh token is used up by
//! its use.

use std::time::Duration;

/// How long a renewal waits for its turn: longer than any other program's requests take.
pub(crate) const RENEWAL: Duration = Duration::from_secs(60);
/// How long a sign-in waits: the person does too.
pub(crate) const SIGN_IN: Duration = Duration::from_secs(15);
/// How long signing out waits: whatever the others do with the token, it is about to be worthless.
pub(crate) const SIGN_OUT: Duration = Duration::from_secs(5);

/// Lets one program of this computer at a time use, replace or end what is in the vault.
#[async_trait::async_trait]
pub trait ProcessLock: Send + Sync {
    /// Waits for its turn, which lasts until what it returns is dropped, but no longer than this. Where there is no way
    /// to keep others out, or the one who is in does not leave in time, it returns all the same: a token that two have
    /// used is found out by the service.
    async fn acquire(&self, timeout: Duration) -> Box<dyn Send>;
}
