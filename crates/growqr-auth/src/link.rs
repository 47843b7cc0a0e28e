//! Parser for links that open the app. Links are untrusted: any web page and any program of the user can send one.
//!
//! The sign-in scheme is only for callbacks, the other scheme only for places in the app. The text is compared exactly:
//! anything that a URL parser would normalise (upper case, `..`, spaces around it, a missing host) is refused.

use crate::percent;
use growqr_core::id::AgentId;

/// The longest link, in bytes.
pub const MAX_LINK_BYTES: usize = 2048;

/// The URI schemes of one edition of the app. A development build has its own, so that it does not receive the links of the
/// installed app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schemes {
    /// For sign-in callbacks. A reverse domain name, as RFC 8252 requires.
    pub sign_in: &'static str,
    /// For links to agents and memory pages.
    pub places: &'static str,
}

impl Schemes {
    /// The installed app.
    pub const RELEASE: Schemes = Schemes { sign_in: "ai.growqr.desktop", places: "growqr" };
    /// Development builds.
    pub const DEVELOPMENT: Schemes = Schemes { sign_in: "ai.growqr.desktop.dev", places: "growqr-dev" };

    /// The redirect URI for deep links, as it is registered at Clerk.
    #[must_use]
    pub fn redirect_uri(self) -> String {
        format!("{}://auth/callback", self.sign_in)
    }
}

/// A parsed link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A sign-in callback: pass the whole text to [`crate::Auth::callback`], which validates it.
    AuthCallback,
    /// An agent, which may not exist.
    Agent(AgentId),
    /// A page of the memory, which may not exist. A relative path with `/`; no component begins with a dot.
    MemoryPage(String),
    /// The quick chat.
    Quick,
}

/// Why a link is refused. No variant contains the link itself: it may contain a code, or text of an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Longer than [`MAX_LINK_BYTES`].
    #[error("the link is too long")]
    TooLong,
    /// A space, a control character, or a non-ASCII character that is not percent-encoded.
    #[error("the link has characters that are not allowed in a link")]
    Characters,
    /// Not a scheme of this app.
    #[error("the link is not for this app")]
    Scheme,
    /// No such place, or a place of the other scheme.
    #[error("the link leads to no place in this app")]
    Place,
    /// A query or a fragment that is not allowed.
    #[error("the link has a query or a fragment that is not allowed")]
    Extra,
    /// Not a valid agent id.
    #[error("the link has no valid agent id")]
    Agent,
    /// Not a valid path of a page.
    #[error("the link has no valid path of a memory page")]
    Page,
    /// A parameter of a callback is malformed or occurs twice.
    #[error("the link's parameters are malformed")]
    Parameters,
}

impl Link {
    /// Parses a link of the installed app.
    pub fn parse(text: &str) -> Result<Link, LinkError> {
        Self::parse_for(Schemes::RELEASE, text)
    }

    /// Parses a link of this edition. It opens and changes nothing.
    pub fn parse_for(schemes: Schemes, text: &str) -> Result<Link, LinkError> {
        check_text(text)?;
        let (scheme, rest) = text.split_once("://").ok_or(LinkError::Scheme)?;
        if scheme == schemes.sign_in {
            return callback_query(&schemes.redirect_uri(), text).map(|_| Link::AuthCallback);
        }
        if scheme != schemes.places {
            return Err(LinkError::Scheme);
        }
        if rest.contains(['?', '#']) {
            return Err(LinkError::Extra);
        }
        if rest == "quick" {
            return Ok(Link::Quick);
        }
        match rest.split_once('/') {
            Some(("agent", id)) => agent(id).map(Link::Agent),
            Some(("memory", path)) => page(path).map(Link::MemoryPage),
            _ => Err(LinkError::Place),
        }
    }
}

/// The query of a callback. The callback must begin with exactly this redirect URI.
pub(crate) fn callback_query<'a>(redirect_uri: &str, text: &'a str) -> Result<&'a str, LinkError> {
    check_text(text)?;
    let rest = text.strip_prefix(redirect_uri).ok_or(LinkError::Place)?;
    let query = rest.strip_prefix('?').ok_or(LinkError::Place)?;
    if query.contains('#') { Err(LinkError::Extra) } else { Ok(query) }
}

fn check_text(text: &str) -> Result<(), LinkError> {
    if text.len() > MAX_LINK_BYTES {
        return Err(LinkError::TooLong);
    }
    if text.bytes().all(|byte| byte.is_ascii_graphic()) { Ok(()) } else { Err(LinkError::Characters) }
}

fn agent(id: &str) -> Result<AgentId, LinkError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_id = (1..=64).contains(&id.len()) && id.bytes().all(is_plain);
    if is_id { Ok(AgentId::new(id)) } else { Err(LinkError::Agent) }
}

/// Splits the path before decoding, so that an encoded slash is not a separator. A component with a decoded slash is refused.
fn page(path: &str) -> Result<String, LinkError> {
    let parts: Option<Vec<String>> = path.split('/').map(|part| percent::decode(part).filter(|part| is_part(part))).collect();
    parts.map(|parts| parts.join("/")).ok_or(LinkError::Page)
}

/// Refuses components that no valid link needs. The memory validates the path again.
fn is_part(part: &str) -> bool {
    !part.is_empty() && !part.starts_with('.') && !part.chars().any(|c| c.is_control() || "/\\:".contains(c))
}
