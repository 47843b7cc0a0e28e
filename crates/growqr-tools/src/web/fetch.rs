//! Fetches a page: turn of its host, robots.txt, redirects by hand, one limit of time over all of it.

use super::body::{self, Body};
use super::error::FetchError;
use super::host_turns::HostTurns;
use super::network::{Network, header, redirect, request};
use super::page_url::Hop;
use super::robots::Robots;
use reqwest::header::CONTENT_TYPE;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The most redirects of one page.
const MAX_HOPS: usize = 5;

/// How long another page of the same host is waited for.
const TURN_LIMIT: Duration = Duration::from_secs(60);

/// What is asked for. Some sites have a form for models.
const ACCEPT: &str = "text/markdown, text/html;q=0.9, application/xhtml+xml;q=0.9, text/plain;q=0.8, */*;q=0.5";

/// The limits of one page.
#[derive(Clone, Copy, Debug)]
pub struct WebLimits {
    /// The time for all requests of a page, from the turn of its host until its last byte.
    pub time: Duration,
    /// The most bytes of a page after decompression; what comes after is left out.
    pub bytes: usize,
}

impl Default for WebLimits {
    fn default() -> WebLimits {
        WebLimits { time: Duration::from_secs(30), bytes: 5 << 20 }
    }
}

/// A page as it was received.
pub(crate) struct Source {
    /// Where it was found in the end.
    pub(crate) url: Url,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Body,
}

/// The end of a fetch.
pub(crate) enum Fetched {
    Page(Source),
    /// The page leads to another site, which was not asked.
    Elsewhere {
        from: Url,
        to: Url,
    },
}

/// Fetches pages.
pub(crate) struct Fetcher {
    network: Arc<dyn Network>,
    limits: WebLimits,
    turns: HostTurns,
    robots: Robots,
}

impl Fetcher {
    pub(crate) fn new(network: Arc<dyn Network>, limits: WebLimits) -> Fetcher {
        Fetcher { network, limits, turns: HostTurns::default(), robots: Robots::default() }
    }

    /// Fetches the page at a checked address.
    ///
    /// # Errors
    /// [`FetchError`].
    pub(crate) async fn fetch(&self, url: Url, respects_robots: bool) -> Result<Fetched, FetchError> {
        let host = url.host_str().unwrap_or_default();
        let turn = tokio::time::timeout(TURN_LIMIT, self.turns.wait(host)).await;
        let _turn = turn.map_err(|_| FetchError::Turn { host: host.to_owned() })?;
        let fetched = tokio::time::timeout(self.limits.time, self.follow(url, respects_robots)).await;
        fetched.unwrap_or(Err(FetchError::Timeout(self.limits.time)))
    }

    async fn follow(&self, mut url: Url, respects_robots: bool) -> Result<Fetched, FetchError> {
        for _ in 0..=MAX_HOPS {
            if respects_robots && !self.robots.allow(&*self.network, &url).await? {
                return Err(FetchError::Robots);
            }
            let response = request(&*self.network, &url, ACCEPT).await?;
            match redirect(&url, &response)? {
                Some(Hop::Same(to)) => url = to,
                Some(Hop::Other(to)) => return Ok(Fetched::Elsewhere { from: url, to }),
                None if response.status().is_success() => {
                    let content_type = header(&response, CONTENT_TYPE);
                    let body = body::read(response, self.limits.bytes).await?;
                    return Ok(Fetched::Page(Source { url, content_type, body }));
                }
                None => return Err(FetchError::Status(response.status().as_u16())),
            }
        }
        Err(FetchError::Redirects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::network::SystemNetwork;

    #[tokio::test(start_paused = true)]
    async fn another_page_of_the_same_host_is_not_waited_for_without_end() {
        let fetcher = Fetcher::new(Arc::new(SystemNetwork), WebLimits::default());
        let _turn = fetcher.turns.wait("example.com").await;
        let fetched = fetcher.fetch(Url::parse("https://example.com/").unwrap(), true).await;
        assert!(matches!(fetched, Err(FetchError::Turn { .. })));
    }
}
