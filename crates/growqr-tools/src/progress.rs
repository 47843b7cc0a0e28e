//! Signs of progress, of each request apart: one of another call does not make a hanging call wait longer.

use rmcp::model::ProgressToken;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The requests of a connection whose progress somebody follows.
#[derive(Debug, Default)]
pub(crate) struct ProgressSigns(Mutex<HashMap<ProgressToken, Arc<Notify>>>);

impl ProgressSigns {
    /// The server has given a sign of this request.
    pub(crate) fn on_sign(&self, of: &ProgressToken) {
        if let Some(followed) = self.lock().get(of) {
            followed.notify_one();
        }
    }

    /// Follows a request until the result is dropped.
    pub(crate) fn follow(self: &Arc<Self>, request: ProgressToken) -> Followed {
        let signs = Arc::clone(self.lock().entry(request.clone()).or_default());
        Followed { all: Arc::clone(self), request, signs }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProgressToken, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request whose progress is followed.
pub(crate) struct Followed {
    all: Arc<ProgressSigns>,
    request: ProgressToken,
    signs: Arc<Notify>,
}

impl Followed {
    /// Waits for the next sign, or returns at once for one that nobody has waited for. Cancel-safe.
    pub(crate) async fn sign(&self) {
        self.signs.notified().await;
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.all.lock().remove(&self.request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::NumberOrString;
    use std::time::Duration;

    #[tokio::test]
    async fn a_request_gets_its_own_signs_and_leaves_nothing_behind() {
        let token = |number| ProgressToken(NumberOrString::Number(number));
        let all = Arc::new(ProgressSigns::default());
        let (one, two) = (all.follow(token(1)), all.follow(token(2)));
        all.on_sign(&token(1));
        all.on_sign(&token(3));
        one.sign().await;
        assert!(tokio::time::timeout(Duration::from_millis(20), two.sign()).await.is_err());
        drop((one, two));
        assert!(all.lock().is_empty());
    }
}
