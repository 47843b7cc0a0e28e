//! The lock between programs: the window and the command line share a sign-in, and a refresh token can be used only once.

use std::time::Duration;

/// How long a renewal waits for the lock: longer than the requests of any other program take.
pub(crate) const RENEWAL: Duration = Duration::from_secs(60);
/// How long a sign-in waits for the lock. Short, because the user is waiting.
pub(crate) const SIGN_IN: Duration = Duration::from_secs(15);
/// How long a sign-out waits for the lock. Short, because the token is about to be revoked anyway.
pub(crate) const SIGN_OUT: Duration = Duration::from_secs(5);

/// A lock that only one program on this computer can have at a time. It protects the entries of the vault.
#[async_trait::async_trait]
pub trait ProcessLock: Send + Sync {
    /// Acquires the lock; dropping the result releases it. If the lock cannot be used, or is not free within `timeout`,
    /// returns without the lock: then two programs may use a token twice, which Clerk detects.
    async fn acquire(&self, timeout: Duration) -> Box<dyn Send>;
}
