//! What sites ask programs not to fetch (robots.txt, RFC 9309).

use super::body;
use super::error::FetchError;
use super::network::{Network, ROBOTS_NAME, redirect, request};
use super::page_url::Hop;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use texting_robots::Robot;
use tokio::time::Instant;
use url::Url;

/// How much of a robots.txt is read; the RFC requires at least this.
const MAX_BYTES: usize = 500 << 10;

/// The most rules in it that end with `$`, each of which becomes a regular expression. What comes after is left out.
const MAX_ENDS: usize = 1_000;

/// The most redirects to one.
const MAX_HOPS: usize = 5;

/// How long what a site asks for is remembered, and how long that it could not say.
const KEPT: Duration = Duration::from_secs(60 * 60);
const KEPT_FAILURE: Duration = Duration::from_secs(2 * 60);

/// Of how many sites it is remembered.
const MAX_KEPT: usize = 50;

/// What one site asks for.
#[derive(Clone)]
enum Wishes {
    /// Nothing.
    None,
    /// Its server has failed, so that it cannot say.
    Unknown,
    /// Its robots.txt.
    Text(Arc<Vec<u8>>),
}

struct KeptWishes {
    origin: String,
    until: Instant,
    wishes: Wishes,
}

/// The wishes of the sites that were asked last.
#[derive(Default)]
pub(crate) struct Robots(Mutex<VecDeque<KeptWishes>>);

impl Robots {
    /// Whether the site of an address lets programs fetch it.
    ///
    /// # Errors
    /// [`FetchError`] if the site cannot be reached.
    pub(crate) async fn allow(&self, network: &dyn Network, url: &Url) -> Result<bool, FetchError> {
        let origin = url.origin().ascii_serialization();
        let wishes = match self.kept(&origin) {
            Some(wishes) => wishes,
            None => {
                let wishes = ask(network, url).await?;
                self.keep(origin, wishes.clone());
                wishes
            }
        };
        match wishes {
            Wishes::None => Ok(true),
            Wishes::Unknown => Ok(false),
            Wishes::Text(text) => {
                let url = url.to_string();
                // A text that cannot be read asks for nothing.
                let judged = tokio::task::spawn_blocking(move || allows(&text, &url)).await;
                Ok(judged.unwrap_or(true))
            }
        }
    }

    fn kept(&self, origin: &str) -> Option<Wishes> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        kept.retain(|wishes| wishes.until > now);
        kept.iter().find(|wishes| wishes.origin == origin).map(|found| found.wishes.clone())
    }

    fn keep(&self, origin: String, wishes: Wishes) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let time = if matches!(wishes, Wishes::Unknown) { KEPT_FAILURE } else { KEPT };
        kept.truncate(MAX_KEPT - 1);
        kept.push_front(KeptWishes { origin, until: Instant::now() + time, wishes });
    }
}

/// Asks a site. One that leads to another site for it asks for nothing: that site was not consented to.
async fn ask(network: &dyn Network, page: &Url) -> Result<Wishes, FetchError> {
    let mut url = page.clone();
    url.set_path("/robots.txt");
    url.set_query(None);
    for _ in 0..=MAX_HOPS {
        let response = request(network, &url, "text/plain").await?;
        match redirect(&url, &response) {
            Ok(Some(Hop::Same(to))) => url = to,
            Ok(Some(Hop::Other(_))) | Err(_) => return Ok(Wishes::None),
            Ok(None) if response.status().is_success() => {
                let body = body::read(response, MAX_BYTES).await?;
                return Ok(Wishes::Text(Arc::new(body.bytes)));
            }
            Ok(None) if response.status().is_server_error() => return Ok(Wishes::Unknown),
            Ok(None) => return Ok(Wishes::None),
        }
    }
    Ok(Wishes::None)
}

/// Whether a robots.txt lets this program fetch an address.
fn allows(text: &[u8], url: &str) -> bool {
    let end = text.iter().enumerate().filter(|(_, byte)| **byte == b'$').nth(MAX_ENDS).map_or(text.len(), |(at, _)| at);
    let text = if end < text.len() { &text[..text[..end].iter().rposition(|byte| *byte == b'\n').unwrap_or(0)] } else { text };
    // A rule that ends with `$` can be too complex: the others still count. A text that cannot be read may ask for anything.
    let robot = Robot::new(ROBOTS_NAME, text).or_else(|_| Robot::new(ROBOTS_NAME, &without_ends(text)));
    robot.is_ok_and(|robot| robot.allowed(url))
}

/// The text without the lines that have a `$`.
fn without_ends(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|byte| matches!(*byte, b'\n' | b'\r' | 0));
    lines.filter(|line| !line.contains(&b'$')).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_for_all_programs_and_for_this_one_are_read() {
        let all = b"User-agent: *\nDisallow: /private/\nAllow: /private/open$\n";
        assert!(allows(all, "https://example.com/page") && !allows(all, "https://example.com/private/page"));
        assert!(allows(all, "https://example.com/private/open"));
        let own = b"user-agent: GrowQR\ndisallow: /\n\nuser-agent: *\nallow: /\n";
        assert!(!allows(own, "https://example.com/page"));
        assert!(allows(b"User-agent: other\nDisallow: /", "https://example.com/page"));
    }

    #[test]
    fn a_text_that_is_made_to_hurt_is_read_in_part() {
        let text = format!("User-agent: *\nDisallow: /private\n{}", "Disallow: /a*b$\n".repeat(MAX_BYTES / 16));
        assert!(!allows(text.as_bytes(), "https://example.com/private"));
        let stars = format!("User-agent: *\nDisallow: /{}\n", "*a".repeat(MAX_BYTES / 2));
        assert!(allows(stars.as_bytes(), &format!("https://example.com/{}", "a".repeat(2_000))));
        assert!(allows("$".repeat(MAX_BYTES).as_bytes(), "https://example.com/"));
    }

    #[test]
    fn the_other_rules_count_beside_one_that_is_too_complex() {
        let text = format!("User-agent: *\nDisallow: /{}$\nDisallow: /private\n", "a*".repeat(20_000));
        assert!(Robot::new(ROBOTS_NAME, text.as_bytes()).is_err());
        assert!(!allows(text.as_bytes(), "https://example.com/private") && allows(text.as_bytes(), "https://example.com/page"));
    }

    #[test]
    fn a_text_that_is_none_asks_for_nothing() {
        for text in [&b""[..], b"<html><body>Disallow</body>", b"\xff\xfe\x00\x00", &[b'*'; 10_000]] {
            assert!(allows(text, "https://example.com/page?q=1"));
        }
    }
}
