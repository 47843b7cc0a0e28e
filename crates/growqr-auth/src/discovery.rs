//! Reads Clerk's endpoints with OpenID Connect Discovery.

use crate::http::{Http, HttpError};
use crate::issuer;
use serde::Deserialize;

/// The validated endpoints of one issuer.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub authorize: String,
    pub token: String,
    pub keys: String,
    pub userinfo: Option<String>,
    pub revoke: Option<String>,
    /// Whether callbacks contain their issuer (RFC 9207).
    pub names_issuer: bool,
}

/// Why the discovery document cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// It could not be read.
    #[error("Clerk's endpoints could not be read")]
    Http(#[from] HttpError),
    /// It belongs to another issuer.
    #[error("the server is another issuer than the configured one")]
    Issuer,
    /// An endpoint without https.
    #[error("Clerk's {0} endpoint is not https")]
    Insecure(&'static str),
    /// The server does not support the S256 method of PKCE, without which sign-in is not safe.
    #[error("the server does not offer PKCE with S256")]
    Pkce,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Reads the discovery document of an issuer and validates every field that is used.
pub(crate) async fn endpoints(http: &Http, issuer: &str) -> Result<Endpoints, DiscoveryError> {
    let document: Document = http.get(&format!("{issuer}/.well-known/openid-configuration"), None).await?;
    if document.issuer != issuer {
        return Err(DiscoveryError::Issuer);
    }
    if document.code_challenge_methods_supported.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
        return Err(DiscoveryError::Pkce);
    }
    let checked =
        |name, address: String| if issuer::allows(&address) { Ok(address) } else { Err(DiscoveryError::Insecure(name)) };
    Ok(Endpoints {
        authorize: checked("authorization", document.authorization_endpoint)?,
        token: checked("token", document.token_endpoint)?,
        keys: checked("keys", document.jwks_uri)?,
        userinfo: document.userinfo_endpoint.map(|address| checked("userinfo", address)).transpose()?,
        revoke: document.revocation_endpoint.map(|address| checked("revocation", address)).transpose()?,
        names_issuer: document.authorization_response_iss_parameter_supported,
    })
}
