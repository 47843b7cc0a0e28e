//! Work that blocks its thread: files, git, archives.

use crate::error::AppError;
use std::time::Duration;

/// Does the work on a thread that may block.
///
/// # Errors
/// The errors of `work`; [`AppError::Internal`] if it panicked.
pub(crate) async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, AppError>
where
    T: Send + 'static,
    E: Into<AppError> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(|error| AppError::Internal(error.to_string()))?.map_err(Into::into)
}

/// Does the work on a thread that may block. `None` if it takes longer than `limit`, as on a disk that does not answer, or if it
/// panicked. A thread that takes longer is left behind.
pub(crate) async fn blocking_within<T>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T>
where
    T: Send + 'static,
{
    tokio::time::timeout(limit, tokio::task::spawn_blocking(work)).await.ok()?.ok()
}
