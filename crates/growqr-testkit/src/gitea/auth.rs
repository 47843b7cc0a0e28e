//! Who sends a request, and what their token allows.

use super::reply::Reply;
use super::server::Server;
use super::state::{Data, User, hashed};
use base64::Engine;

/// The sender of a request.
pub(super) enum Sender {
    /// No credentials.
    Nobody,
    /// Credentials that are not valid. `is_password`: they were tried as a password.
    Unknown { is_password: bool },
    /// A token. `by_basic`: sent as the password of Basic.
    Token { user: User, id: u64, scopes: Vec<String>, by_basic: bool },
    /// A password.
    Password { user: User },
}

/// Finds out who has sent the credentials.
pub(super) fn sender(server: &Server, data: &Data, authorization: Option<&str>) -> Sender {
    let Some((scheme, value)) = authorization.and_then(|header| header.split_once(' ')) else { return Sender::Nobody };
    let by_token = |text: &str, by_basic: bool| {
        let token = data.token(text)?;
        let user = data.user(&token.user)?.clone();
        Some(Sender::Token { user, id: token.id, scopes: token.scopes.clone(), by_basic })
    };
    match scheme.to_ascii_lowercase().as_str() {
        "token" | "bearer" => by_token(value, false).unwrap_or(Sender::Unknown { is_password: false }),
        "basic" => {
            let Some((name, password)) = basic(value) else { return Sender::Unknown { is_password: false } };
            // The token may also stand in the place of the name.
            let token = if password.is_empty() || password == "x-oauth-basic" { &name } else { &password };
            if let Some(sender) = by_token(token, true) {
                return sender;
            }
            if !server.settings.is_on("service", "ENABLE_BASIC_AUTHENTICATION", true) {
                return Sender::Unknown { is_password: false };
            }
            match data.user(&name).filter(|user| user.password == hashed(&password)) {
                Some(user) => Sender::Password { user: user.clone() },
                None => Sender::Unknown { is_password: true },
            }
        }
        _ => Sender::Nobody,
    }
}

fn basic(value: &str) -> Option<(String, String)> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(value.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// Whether the scopes of a token contain one.
pub(super) fn allows(scopes: &[String], wanted: &str) -> bool {
    let write = wanted.replace("read:", "write:");
    scopes.iter().any(|scope| scope == "all" || scope == wanted || *scope == write)
}

/// The user of an API request whose token has these scopes.
pub(super) fn api_user(server: &Server, sender: Sender, wanted: &[&str]) -> Result<User, Reply> {
    let user = match sender {
        Sender::Nobody if server.settings.is_on("service", "REQUIRE_SIGNIN_VIEW", false) => {
            return Err(Reply::error(403, "Only signed in user is allowed to call APIs."));
        }
        Sender::Nobody => return Err(Reply::error(401, "token is required")),
        Sender::Unknown { .. } if server.version().is_at_least(1, 25) => {
            return Err(Reply::error(401, "invalid username, password or token"));
        }
        Sender::Unknown { .. } => return Err(Reply::error(401, "token is required")),
        Sender::Password { user } => user,
        Sender::Token { user, scopes, .. } => {
            if let Some(missing) = wanted.iter().find(|wanted| !allows(&scopes, wanted)) {
                let has = scopes.join(",");
                return Err(Reply::error(
                    403,
                    &format!("token does not have at least one of required scope(s), required=[{missing}], token scope={has}"),
                ));
            }
            user
        }
    };
    if user.must_change_password {
        let url = server.root_url();
        return Err(Reply::error(403, &format!("You must change your password. Change it at: {url}user/change_password")));
    }
    Ok(user)
}
