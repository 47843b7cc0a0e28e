//! Parses the callback from the browser. Parsing proves nothing: the caller must still check `state` and `iss`.

use crate::link::{self, LinkError};
use crate::percent;
use crate::sensitive::SensitiveString;

/// The parameters of a callback.
#[derive(Debug)]
pub(crate) struct Callback {
    pub outcome: Outcome,
    /// `None` if it is missing or empty.
    pub state: Option<SensitiveString>,
    /// The issuer, see RFC 9207.
    pub iss: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    Code(SensitiveString),
    Error(ErrorCode),
}

/// An error code of OAuth. Unknown codes become `Other`, so that no text from outside is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The user pressed Deny.
    AccessDenied,
    /// A scope is not enabled for the OAuth application.
    InvalidScope,
    /// The request was malformed, or the sign-in pages lost some of its parameters.
    InvalidRequest,
    /// The client id is unknown, or the application is not a public one.
    InvalidClient,
    /// The application is not allowed to make this request.
    UnauthorizedClient,
    /// `response_type` was lost by the sign-in pages, or is not allowed.
    UnsupportedResponseType,
    /// Clerk has a fault or is overloaded.
    ServerError,
    /// Anything else.
    Other,
}

impl ErrorCode {
    pub(crate) fn parse(code: &str) -> Self {
        match code {
            "access_denied" => Self::AccessDenied,
            "invalid_scope" => Self::InvalidScope,
            "invalid_request" => Self::InvalidRequest,
            "invalid_client" => Self::InvalidClient,
            "unauthorized_client" => Self::UnauthorizedClient,
            "unsupported_response_type" => Self::UnsupportedResponseType,
            "server_error" | "temporarily_unavailable" => Self::ServerError,
            _ => Self::Other,
        }
    }
}

impl Callback {
    /// Parses a callback to exactly this redirect URI. No parameter may occur twice, not even an unknown one.
    pub fn parse(redirect_uri: &str, text: &str) -> Result<Self, LinkError> {
        let mut parameters = parameters(link::callback_query(redirect_uri, text)?)?;
        let mut take = |name: &str| {
            let at = parameters.iter().position(|(known, _)| known == name)?;
            Some(parameters.swap_remove(at).1)
        };
        let (code, error) = (take("code"), take("error"));
        let state = take("state").filter(|state| !state.is_empty()).map(SensitiveString::new);
        let iss = take("iss");
        let outcome = match (code.map(SensitiveString::new), error) {
            (Some(code), None) if !code.expose().is_empty() => Outcome::Code(code),
            (None, Some(error)) if !error.is_empty() => Outcome::Error(ErrorCode::parse(&error)),
            _ => return Err(LinkError::Parameters),
        };
        Ok(Self { outcome, state, iss })
    }
}

fn parameters(query: &str) -> Result<Vec<(String, String)>, LinkError> {
    let mut all: Vec<(String, String)> = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let decoded = percent::decode_query(name).zip(percent::decode_query(value));
        let (name, value) = decoded.ok_or(LinkError::Parameters)?;
        if all.iter().any(|(known, _)| *known == name) {
            return Err(LinkError::Parameters);
        }
        all.push((name, value));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Schemes;

    fn parse(query: &str) -> Result<Callback, LinkError> {
        let uri = Schemes::RELEASE.redirect_uri();
        Callback::parse(&uri, &format!("{uri}?{query}"))
    }

    #[test]
    fn a_code_is_read_with_its_state_and_issuer() {
        let callback = parse("code=abc&scope=openid+email&state=s%2B1&iss=https%3A%2F%2Fclerk.example.com").unwrap();
        assert!(matches!(callback.outcome, Outcome::Code(code) if code.equals("abc")));
        assert!(callback.state.unwrap().equals("s+1"));
        assert_eq!(callback.iss.as_deref(), Some("https://clerk.example.com"));
    }

    #[test]
    fn an_empty_state_counts_as_missing() {
        let callback = parse("error=unsupported_response_type&error_description=x%20y&state=").unwrap();
        assert!(matches!(callback.outcome, Outcome::Error(ErrorCode::UnsupportedResponseType)));
        assert!(callback.state.is_none());
    }

    #[test]
    fn ambiguous_parameters_are_refused() {
        for query in [
            "",
            "state=s",
            "code=&state=s",
            "code=a&error=b&state=s",
            "code=a&code=a&state=s",
            "code=a&state=s&state=s",
            "code=a&state=s&x=1&x=2",
            "code=a&st%61te=s&state=t",
            "code=a&iss=b&iss=b",
            "code=%zz",
            "error=",
            "code=%ff",
        ] {
            assert_eq!(parse(query).err(), Some(LinkError::Parameters), "{query}");
        }
    }

    #[test]
    fn unknown_error_texts_are_not_passed_on() {
        assert_eq!(ErrorCode::parse("<b>call this number</b>"), ErrorCode::Other);
    }
}
