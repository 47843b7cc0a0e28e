//! Work that blocks its thread: files, git, archives.

use crate::error::AppError;

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
