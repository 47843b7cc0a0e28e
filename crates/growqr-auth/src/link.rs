//! Links that open the app. Anybody can send one: any web page, any program of this user, at any time.
//!
//! The sign-in scheme carries sign-in only, the other one leads to places only. A text is read as it is and compared
//! exactly: what a URL parser would mend (upper case, `..`, spaces around it, a missing host) is refused here.

use crate::percent;
use growqr_core::id::AgentId;

/// The longest link that is looked at, in bytes.
pub const MAX_LINK_BYTES: usize = 2048;

/// The URI schemes of one edition of the app, so that a development build does not take the links of the installed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schemes {
    /// For coming back from sign-in. A reverse domain name, as RFC 8252 wants.
    pub sign_in: &'static str,
    /// For links to agents and pages.
    pub places: &'static str,
}

impl Schemes {
    /// What is installed.
    pub const RELEASE: Schemes = Schemes { sign_in: "ai.growqr.desktop", places: "growqr" };
    /// What developers run.
    pub const DEVELOPMENT: Schemes = Schemes { sign_in: "ai.growqr.desktop.dev", places: "growqr-dev" };

    /// The redirect URI of sign-in by deep link, as it is registered with Clerk.
    #[must_use]
    pub fn redirect_uri(self) -> String {
        format!("{}://auth/callback", self.sign_in)
    }
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Back from sign-in: give the whole text to [`crate::Auth::callback`], which judges what it carries.
    AuthCallback,
    /// To an agent, which may not exist.
    Agent(AgentId),
    /// To a page of the memory, which may not exist. Relative, with `/`, without a part that begins with a dot.
    MemoryPage(String),
}

/// Why a link is not followed. The link itself is in none of these: it may hold a code, or a stranger's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Over [`MAX_LINK_BYTES`].
    #[error("the link is too long")]
    TooLong,
    /// A space, a control character, or one beyond ASCII that is not percent-encoded.
    #[error("the link has characters that no link has")]
    Characters,
    /// Another scheme, or the wrong one of the two for this place.
    #[error("the link is not one of this app")]
    Scheme,
    /// No such place.
    #[error("the link leads nowhere in this app")]
    Place,
    /// A place with parameters, or with something after `#`.
    #[error("the link carries what it must not carry")]
    Extra,
    /// Not an agent's id.
    #[error("the link names no agent")]
    Agent,
    /// Not a path that a page can have.
    #[error("the link names no page of the memory")]
    Page,
    /// A parameter of sign-in is malformed, or stands there twice.
    #[error("the link's parameters are malformed")]
    Parameters,
}

impl Link {
    /// Reads a link of the installed app.
    pub fn parse(text: &str) -> Result<Link, LinkError> {
        Self::parse_for(Schemes::RELEASE, text)
    }

    /// Reads a link of this edition. Pure: it opens and changes nothing.
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
        match rest.split_once('/') {
            Some(("agent", id)) => agent(id).map(Link::Agent),
            Some(("memory", path)) => page(path).map(Link::MemoryPage),
            _ => Err(LinkError::Place),
        }
    }
}

/// The query of a callback to exactly this redirect URI.
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

/// Split before decoding, so that an encoded slash is no separator; it is refused, since no part may hold one.
fn page(path: &str) -> Result<String, LinkError> {
    let parts: Option<Vec<String>> = path.split('/').map(|part| percent::decode(part).filter(|part| is_part(part))).collect();
    parts.map(|parts| parts.join("/")).ok_or(LinkError::Page)
}

/// The memory judges a path again; this keeps out what no link has a reason to hold.
fn is_part(part: &str) -> bool {
    !part.is_empty() && !part.starts_with('.') && !part.chars().any(|c| c.is_control() || "/\\:".contains(c))
}
