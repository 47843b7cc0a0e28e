//! What a session has used, its children included. Only for display: the gateway counts the costs.

use super::client::OpenCode;
use super::error::OpenCodeError;
use super::id::SessionId;
use super::wire::Session;

/// Micro-cents in a dollar.
const MICRO_CENTS: f64 = 1e8;

/// What sessions have used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionUsage {
    /// The number of sessions.
    pub sessions: usize,
    /// Input tokens neither read from nor written to the cache.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Thinking tokens.
    pub reasoning_tokens: u64,
    /// Tokens read from the cache.
    pub cache_read_tokens: u64,
    /// Tokens written to the cache.
    pub cache_write_tokens: u64,
    /// The cost by the prices of the configuration, in micro-cents (100,000,000 to the dollar).
    pub micro_cents: u64,
}

impl SessionUsage {
    fn add(mut self, session: &Session) -> SessionUsage {
        let tokens = session.tokens;
        self.sessions += 1;
        self.input_tokens = self.input_tokens.saturating_add(tokens.input);
        self.output_tokens = self.output_tokens.saturating_add(tokens.output);
        self.reasoning_tokens = self.reasoning_tokens.saturating_add(tokens.reasoning);
        self.cache_read_tokens = self.cache_read_tokens.saturating_add(tokens.cache.read);
        self.cache_write_tokens = self.cache_write_tokens.saturating_add(tokens.cache.write);
        // A cast of a number that is negative or not a number gives 0.
        self.micro_cents = self.micro_cents.saturating_add((session.cost * MICRO_CENTS).round() as u64);
        self
    }
}

impl OpenCode {
    /// What a session and its children have used since they were created.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn usage(&self, id: &SessionId) -> Result<SessionUsage, OpenCodeError> {
        let session = self.session(id).await?;
        let children = self.descendants(id).await?;
        Ok(children.iter().fold(SessionUsage::default().add(&session), SessionUsage::add))
    }
}
