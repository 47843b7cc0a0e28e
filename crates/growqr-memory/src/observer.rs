//! Follows the adoption of hand edits.

/// Follows an adoption, and can end a long one early.
pub trait AdoptionObserver: Sync {
    /// Called now and then: `done` of the `total` files that must be read are read and recorded. Not called if there are only a
    /// few.
    fn progress(&self, _done: usize, _total: usize) {}

    /// Whether a long adoption is to end now. What it has recorded stays, and the next one goes on from there.
    fn should_stop(&self) -> bool {
        false
    }
}

/// Follows nothing and never stops.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl AdoptionObserver for NoObserver {}
