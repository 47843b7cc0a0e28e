//! Why a round of the task for the containers could not be finished.

use crate::error::AppError;
use growqr_stack::StackError;

/// Why a round could not be finished.
pub(super) enum Problem {
    Docker(StackError),
    Other(AppError),
}

impl From<StackError> for Problem {
    fn from(error: StackError) -> Problem {
        Problem::Docker(error)
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Problem {
        Problem::Other(error)
    }
}
