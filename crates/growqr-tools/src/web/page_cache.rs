//! The pages that were read last, so that the parts of a page are parts of one text.

use super::page::Page;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How many pages are kept, and how long.
const MAX_KEPT: usize = 8;
const KEPT: Duration = Duration::from_secs(10 * 60);

/// Pages by the address that was asked for.
#[derive(Default)]
pub(crate) struct PageCache(Mutex<VecDeque<(Url, Instant, Arc<Page>)>>);

impl PageCache {
    /// The page that this address had lately.
    pub(crate) fn find(&self, url: &Url) -> Option<Arc<Page>> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        pages.retain(|(_, until, _)| *until > now);
        pages.iter().find(|(of, ..)| of == url).map(|(_, _, page)| Arc::clone(page))
    }

    /// Keeps a page in place of an earlier one of its address.
    pub(crate) fn keep(&self, url: Url, page: Arc<Page>) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.retain(|(of, ..)| *of != url);
        pages.truncate(MAX_KEPT - 1);
        pages.push_front((url, Instant::now() + KEPT, page));
    }
}
