//! Builds the results of checks.

use growqr_wire::{Check, CheckState};

pub(super) fn check(name: &str, state: CheckState, found: impl Into<String>, next_step: Option<&str>) -> Check {
    Check { name: name.to_owned(), state, found: found.into(), next_step: next_step.map(str::to_owned) }
}

pub(super) fn failed(name: &str, error: impl Into<growqr_wire::Error>) -> Check {
    let error = error.into();
    check(name, CheckState::Failed, error.message, error.next_step.as_deref())
}
