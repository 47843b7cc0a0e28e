//! One program at a time: the window and the command line may keep the same sign-in, and a refresh token is used up by
//! its use.

/// Lets one program of this computer at a time use, replace or end what is in the vault.
#[async_trait::async_trait]
pub trait Gate: Send + Sync {
    /// Waits for its turn, which lasts until what it returns is dropped. Where there is no way to keep others out it
    /// returns all the same: a token that two have used is found out by the service.
    async fn enter(&self) -> Box<dyn Send>;
}
