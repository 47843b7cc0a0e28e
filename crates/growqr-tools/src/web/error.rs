//! Why a page was not fetched, in words for the model.

use growqr_http::Cause;
use std::time::Duration;

/// Why a page was not fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The address is not one that may be fetched.
    #[error("{0}")]
    Address(&'static str),
    /// The name leads to this computer or its network.
    #[error("{host} is an address of this computer or of a private network, which is never fetched")]
    Private { host: String },
    /// The name is not known.
    #[error("the host {host} was not found; check its spelling")]
    UnknownHost { host: String },
    /// No connection, or it broke.
    #[error("{host} cannot be reached: {cause}. (It is connected to directly, without the proxy of this computer)")]
    Unreachable { host: String, cause: Cause },
    /// There is no client.
    #[error("pages cannot be fetched now: {0}")]
    NoClient(String),
    /// The whole took too long.
    #[error("the page did not come within {} seconds", .0.as_secs())]
    Timeout(Duration),
    /// Other pages of its host took too long.
    #[error("other pages of {host} are still being fetched; try later")]
    Turn { host: String },
    /// Too many redirects.
    #[error("too many redirects")]
    Redirects,
    /// A redirect that is not followed.
    #[error("the page redirects to an address that is not allowed: {0}")]
    Redirect(&'static str),
    /// The server has refused or failed.
    #[error("the server answers with status {}{}", .0, hint(*.0))]
    Status(u16),
    /// The site asks programs not to fetch the page.
    #[error(
        "the site asks programs not to fetch this page (robots.txt). Go on without it, or tell the person, who can open it in a browser"
    )]
    Robots,
    /// The body cannot be read.
    #[error("the answer cannot be read: {0}")]
    Body(&'static str),
    /// It is not text.
    #[error("the address leads to {0}, which cannot be read as text here")]
    NotText(String),
}

fn hint(status: u16) -> &'static str {
    match status {
        401 | 403 => ": the page is not public, or the site refuses programs",
        404 | 410 => ": there is no such page; check the address",
        429 => ": too many requests; try later",
        500.. => ": the site has a problem; try later",
        _ => "",
    }
}
