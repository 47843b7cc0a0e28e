//! The clock of a server.

use reqwest::header::{DATE, HeaderMap};
use std::time::UNIX_EPOCH;

/// The time of the server when it answered, in seconds since 1970, from its `date` header. Trust it only over TLS.
#[must_use]
pub fn server_time(headers: &HeaderMap) -> Option<i64> {
    let time = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_header_is_read_and_anything_else_is_ignored() {
        let time = |text: &'static str| server_time(&HeaderMap::from_iter([(DATE, text.parse().unwrap())]));
        assert_eq!(time("Sun, 22 Nov 2026 00:00:00 GMT"), Some(1_795_305_600));
        assert_eq!(time("yesterday"), None);
        assert_eq!(server_time(&HeaderMap::new()), None);
    }
}
