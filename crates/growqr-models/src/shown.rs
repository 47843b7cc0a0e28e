//! Passes on text as it arrives, apart from half a character whose other half is still to come.

use crate::http::OnDelta;
use crate::lenient::{ends_with_half, join_halves};
use growqr_core::model::Delta;

/// Text that is not passed on yet.
#[derive(Default)]
pub(crate) struct Shown(String);

impl Shown {
    /// Passes on the next text.
    pub fn add(&mut self, more: &str, on_delta: OnDelta<'_>, delta: fn(String) -> Delta) {
        self.0.push_str(more);
        if !ends_with_half(&self.0) {
            self.end(on_delta, delta);
        }
    }

    /// Passes on the rest.
    pub fn end(&mut self, on_delta: OnDelta<'_>, delta: fn(String) -> Delta) {
        if !self.0.is_empty() {
            on_delta(delta(join_halves(&std::mem::take(&mut self.0))));
        }
    }
}
