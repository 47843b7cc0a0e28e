//! Where to sign in: what the server says about itself (RFC 9728), and its authorization server about itself (RFC 8414, or OpenID
//! Connect Discovery). Each document must be about the one that it was asked for.

use super::challenge::Challenge;
use super::error::SignInError;
use super::requests::{Answer, Requests};
use growqr_http::Target;
use reqwest::header::{ACCEPT, CONTENT_TYPE, WWW_AUTHENTICATE};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::{Position, Url};

/// How long the server may take to say that it wants a sign-in.
const PROBE_LIMIT: Duration = Duration::from_secs(30);

/// The most scopes that are asked for.
const MAX_SCOPES: usize = 50;

/// A request that a server without a sign-in answers.
const PROBE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"growqr","version":"1"}}}"#;

/// Where and for what to sign in.
#[derive(Debug)]
pub(crate) struct Discovered {
    /// What a token is for.
    pub resource: String,
    /// The scopes to ask for, with spaces between.
    pub scope: Option<String>,
    pub server: AuthorizationServer,
}

/// An authorization server whose addresses were checked.
#[derive(Debug)]
pub(crate) struct AuthorizationServer {
    pub issuer: String,
    pub authorize: Url,
    pub token: Url,
    pub register: Option<Url>,
    pub revoke: Option<Url>,
    /// Its answers in the browser name it.
    pub names_itself: bool,
    has_offline_access: bool,
}

/// What a server says about itself.
#[derive(Deserialize)]
struct ResourceDocument {
    resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
}

/// What an authorization server says about itself.
#[derive(Deserialize)]
struct ServerDocument {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    registration_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    response_types_supported: Option<Vec<String>>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Finds out where to sign in for a server.
///
/// # Errors
/// [`SignInError`].
pub(crate) async fn discover(requests: Requests<'_>, server: &Url) -> Result<Discovered, SignInError> {
    let challenge = probe(server).await?;
    let document = resource_document(requests, server, challenge.as_ref()).await?;
    let wanted = challenge.clone().unwrap_or_default().scope;
    let Some(document) = document else {
        // Servers of before June 2025 are described by the authorization server at their own origin.
        let origin = server[..Position::BeforePath].to_owned();
        let found = authorization_server(requests, &origin).await;
        let server_document = match found {
            Err(SignInError::NoMetadata) if challenge.is_none() => return Err(SignInError::NotWanted),
            found => found?,
        };
        let scope = scope(wanted, Vec::new(), &server_document);
        return Ok(Discovered { resource: server.as_str().to_owned(), scope, server: server_document });
    };
    if !is_about(&document.resource, server) {
        return Err(SignInError::OtherResource);
    }
    let issuer = document.authorization_servers.first().ok_or(SignInError::NoMetadata)?;
    let authorization_server = authorization_server(requests, issuer).await?;
    let scope = scope(wanted, document.scopes_supported, &authorization_server);
    Ok(Discovered { resource: document.resource, scope, server: authorization_server })
}

/// Asks a server without a token. `None` if it answers.
async fn probe(server: &Url) -> Result<Option<Challenge>, SignInError> {
    let host = || super::reach::host_of(server);
    let target = Target { is_local: server.scheme() == "http", is_plain: server.scheme() == "http" };
    let client = growqr_http::builder(target).map_err(|error| SignInError::NoClient(error.to_string()))?;
    let client = client.timeout(PROBE_LIMIT).build().map_err(|error| SignInError::NoClient(error.to_string()))?;
    let request = client.post(server.clone()).header(CONTENT_TYPE, "application/json");
    let request = request.header(ACCEPT, "application/json, text/event-stream").body(PROBE);
    let unreachable = |error| SignInError::Unreachable { host: host(), cause: growqr_http::Cause::of(&error) };
    let response = request.send().await.map_err(unreachable)?;
    if response.status() != reqwest::StatusCode::UNAUTHORIZED {
        return Ok(None);
    }
    let headers = response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    Ok(Some(Challenge::read(headers)))
}

/// What the server says about itself; `None` if it says nothing.
async fn resource_document(
    requests: Requests<'_>,
    server: &Url,
    challenge: Option<&Challenge>,
) -> Result<Option<ResourceDocument>, SignInError> {
    if let Some(named) = challenge.and_then(|challenge| challenge.resource_metadata.as_deref()) {
        let named = requests.reach.check("description", named)?;
        let answer = requests.get(&named).await?;
        return if answer.is_success() { answer.json().map(Some) } else { Err(answer.unexpected()) };
    }
    for place in well_known(server, "oauth-protected-resource") {
        if let Some(document) = guessed(requests.get(&place).await)? {
            return Ok(Some(document));
        }
    }
    Ok(None)
}

/// The document at a place that nobody has named; `None` if there is none. Some sites answer there with a page.
fn guessed<T: DeserializeOwned>(answer: Result<Answer, SignInError>) -> Result<Option<T>, SignInError> {
    let document = answer.and_then(|answer| if answer.is_success() { answer.json().map(Some) } else { Ok(None) });
    match document {
        Err(SignInError::Unreadable { .. }) => Ok(None),
        document => document,
    }
}

/// The places of a document about an address: with its path after the name, and without it.
fn well_known(address: &Url, name: &str) -> Vec<Url> {
    let place = |path: &str| {
        let mut place = address.clone();
        place.set_query(None);
        place.set_fragment(None);
        place.set_path(path);
        place
    };
    let path = address.path().trim_end_matches('/');
    let root = place(&format!("/.well-known/{name}"));
    if path.is_empty() { vec![root] } else { vec![place(&format!("/.well-known/{name}{path}")), root] }
}

/// Whether a token for this resource is one for the server: the same origin, and a path that the server's begins with.
fn is_about(resource: &str, server: &Url) -> bool {
    let Ok(resource) = Url::parse(resource) else { return false };
    let path = resource.path().trim_end_matches('/');
    let rest = server.path().strip_prefix(path);
    resource.fragment().is_none()
        && resource.origin() == server.origin()
        && (resource.query().is_none() || resource.query() == server.query())
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

async fn authorization_server(requests: Requests<'_>, issuer: &str) -> Result<AuthorizationServer, SignInError> {
    let address = requests.reach.check("authorization server", issuer)?;
    let path = address.path().trim_end_matches('/').to_owned();
    let mut places = well_known(&address, "oauth-authorization-server");
    places.truncate(1);
    places.extend(well_known(&address, "openid-configuration").into_iter().take(1));
    if !path.is_empty() {
        let mut appended = address.clone();
        appended.set_query(None);
        appended.set_path(&format!("{path}/.well-known/openid-configuration"));
        places.push(appended);
    }
    for place in places {
        let answer = requests.get(&place).await;
        if let Some(failed) = answer.as_ref().ok().filter(|answer| answer.status >= 500) {
            return Err(failed.unexpected());
        }
        if let Some(document) = guessed(answer)? {
            return checked(requests, issuer, document);
        }
    }
    Err(SignInError::NoMetadata)
}

fn checked(requests: Requests<'_>, issuer: &str, document: ServerDocument) -> Result<AuthorizationServer, SignInError> {
    if document.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(SignInError::OtherIssuer);
    }
    if !document.code_challenge_methods_supported.iter().any(|method| method == "S256") {
        return Err(SignInError::Pkce);
    }
    if document.response_types_supported.is_some_and(|types| !types.iter().any(|one| one == "code")) {
        return Err(SignInError::NoCode);
    }
    let reach = requests.reach;
    let optional = |what, text: Option<String>| text.map(|text| reach.check(what, &text)).transpose();
    Ok(AuthorizationServer {
        authorize: reach.check("page for signing in", &document.authorization_endpoint)?,
        token: reach.check("address for tokens", &document.token_endpoint)?,
        register: optional("address for registrations", document.registration_endpoint)?,
        revoke: optional("address for signing out", document.revocation_endpoint)?,
        issuer: document.issuer,
        names_itself: document.authorization_response_iss_parameter_supported,
        has_offline_access: document.scopes_supported.iter().any(|scope| scope == "offline_access"),
    })
}

/// What to ask for: what the server wants now, or else all that it describes; and to stay signed in, where that is a scope.
fn scope(wanted: Option<String>, described: Vec<String>, server: &AuthorizationServer) -> Option<String> {
    let wanted: Vec<String> = wanted.iter().flat_map(|scope| scope.split_whitespace()).map(str::to_owned).collect();
    let mut scopes = if wanted.is_empty() { described } else { wanted };
    // RFC 6749: printable characters without spaces, quotes and backslashes.
    scopes.retain(|scope| !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)));
    scopes.truncate(MAX_SCOPES);
    if scopes.is_empty() {
        return None;
    }
    if server.has_offline_access && !scopes.iter().any(|scope| scope == "offline_access") {
        scopes.push("offline_access".to_owned());
    }
    Some(scopes.join(" "))
}

#[cfg(test)]
impl AuthorizationServer {
    pub(crate) fn for_tests(issuer: &str, authorize: Url, names_itself: bool) -> AuthorizationServer {
        let (issuer, token) = (issuer.to_owned(), authorize.clone());
        AuthorizationServer { issuer, authorize, token, register: None, revoke: None, names_itself, has_offline_access: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("an address")
    }

    #[test]
    fn a_token_for_another_server_is_not_asked_for() {
        let server = url("https://mcp.example.com/teams/mcp");
        for resource in [
            "https://mcp.example.com/teams/mcp",
            "https://mcp.example.com/teams/",
            "https://mcp.example.com",
            "https://MCP.example.com:443",
        ] {
            assert!(is_about(resource, &server), "{resource}");
        }
        for resource in [
            "https://bank.example.com/teams/mcp",
            "http://mcp.example.com/",
            "https://mcp.example.com:8443/",
            "https://mcp.example.com/team",
            "https://mcp.example.com/teams/mcp/more",
            "https://mcp.example.com/#x",
            "mcp",
        ] {
            assert!(!is_about(resource, &server), "{resource}");
        }
    }

    #[test]
    fn documents_are_looked_for_where_the_rfcs_put_them() {
        let places = |address: &str| well_known(&url(address), "x").into_iter().map(String::from).collect::<Vec<_>>();
        assert_eq!(
            places("https://a.example/mcp?b#c"),
            ["https://a.example/.well-known/x/mcp", "https://a.example/.well-known/x"]
        );
        assert_eq!(places("https://a.example/"), ["https://a.example/.well-known/x"]);
    }
}
