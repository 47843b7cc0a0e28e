//! The authorization endpoint and the pages that a user sees.

use super::State;
use super::grants::AuthorizationRequest;
use super::reply::{Reply, with_query};
use super::switches::Iss;

const NO_CLIENT: &str = "The requested OAuth 2.0 Client does not exist.";
const NO_REDIRECT: &str =
    "The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered redirect urls.";
/// The least number of characters of a state and of a nonce.
const MIN_LENGTH: usize = 8;

/// Handles an authorization request. If the client id or the redirect URI is wrong, the browser gets JSON instead of a
/// redirect.
pub(super) fn authorize(state: &mut State, parameters: &[(String, String)]) -> Reply {
    let get = |name: &str| parameters.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    if get("client_id") != state.client_id {
        return Reply::oauth(401, "invalid_client", NO_CLIENT);
    }
    let redirect_uri = get("redirect_uri");
    if !state.redirect_uris.iter().any(|known| matches(known, redirect_uri)) {
        return Reply::oauth(400, "invalid_request", NO_REDIRECT);
    }
    if state.switches.loses_parameters {
        let lost = "The authorization server does not support obtaining a token using this method. The request is missing the 'response_type' parameter.";
        return refuse(state, redirect_uri, "", "unsupported_response_type", lost);
    }
    let asked = match check(state, parameters) {
        Ok(asked) => asked,
        Err((error, why)) => return refuse(state, redirect_uri, get("state"), error, &why),
    };
    let must_sign_in = state.switches.signed_out || asked.wants_login;
    state.tickets += 1;
    let ticket = format!("ticket-{}", state.tickets);
    let name = state.user.name.clone();
    state.pending_requests.insert(ticket.clone(), asked);
    if must_sign_in {
        return page("Sign in", &ticket, &[("/sign-in", "sign-in", &format!("Continue as {name}"))]);
    }
    consent_page(state, &ticket)
}

/// Handles the form of the sign-in page.
pub(super) fn signed_in(state: &mut State, ticket: &str) -> Reply {
    state.switches.signed_out = false;
    if state.pending_requests.contains_key(ticket) {
        consent_page(state, ticket)
    } else {
        Reply::clerk(404, "not_found", "No such sign-in.")
    }
}

/// Handles the form of the consent page. Each page can be submitted once.
pub(super) fn decide(state: &mut State, ticket: &str, decision: &str) -> Reply {
    let Some(asked) = state.pending_requests.remove(ticket) else { return Reply::clerk(404, "not_found", "No such request.") };
    if decision != "allow" {
        let denied = "The resource owner or authorization server denied the request.";
        return refuse(state, &asked.redirect_uri, &asked.state, "access_denied", denied);
    }
    let now = state.now();
    let user = state.user.clone();
    let code = state.grants.code(&asked, &user, now);
    state.issued_secrets.push(code.clone());
    let scope = asked.scope.join(" ");
    redirect(state, &asked.redirect_uri, &[("code", &code), ("scope", &scope), ("state", &asked.state)])
}

fn check(state: &State, parameters: &[(String, String)]) -> Result<AuthorizationRequest, (&'static str, String)> {
    let invalid = |why: &str| Err(("invalid_request", why.to_owned()));
    let twice = parameters.iter().enumerate().any(|(at, one)| parameters[..at].iter().any(|other| other.0 == one.0));
    if twice {
        return invalid("A parameter is repeated.");
    }
    let get = |name: &str| parameters.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    if get("response_type") != "code" {
        return Err(("unsupported_response_type", "Only the response type 'code' is supported.".to_owned()));
    }
    if get("state").len() < MIN_LENGTH {
        return Err(("invalid_state", "The state is missing or does not have enough characters.".to_owned()));
    }
    if get("code_challenge").is_empty() {
        return invalid("Clients must include a code_challenge when performing the authorize code flow.");
    }
    if get("code_challenge_method") != "S256" || get("code_challenge").len() != 43 {
        return invalid("Clients must use code_challenge_method=S256.");
    }
    let mut scope: Vec<String> = get("scope").split_whitespace().map(str::to_owned).collect();
    if let Some(strange) = scope.iter().find(|scope| !state.switches.scopes.contains(scope)) {
        return Err(("invalid_scope", format!("The OAuth 2.0 Client is not allowed to request scope '{strange}'.")));
    }
    // Stricter than Clerk, which accepts a request without a nonce: the app must always send one.
    if scope.iter().any(|scope| scope == "openid") && get("nonce").len() < MIN_LENGTH {
        return invalid("The nonce is missing or does not have enough characters.");
    }
    if !["", "login", "consent"].contains(&get("prompt")) {
        return invalid("Used unknown value for the 'prompt' parameter, or one that needs no person.");
    }
    if state.switches.needs_consent_for_refresh_token && get("prompt") != "consent" {
        scope.retain(|scope| scope != "offline_access");
    }
    Ok(AuthorizationRequest {
        client_id: state.client_id.clone(),
        redirect_uri: get("redirect_uri").to_owned(),
        scope,
        state: get("state").to_owned(),
        nonce: get("nonce").to_owned(),
        challenge: get("code_challenge").to_owned(),
        wants_login: get("prompt") == "login",
    })
}

/// Compares redirect URIs exactly, but ignores the port of a numeric loopback address. `localhost` is not such an address.
fn matches(known: &str, asked: &str) -> bool {
    if known == asked {
        return true;
    }
    ["http://127.0.0.1", "http://[::1]"].iter().any(|host| {
        let path = |text: &str| {
            let rest = text.strip_prefix(host)?;
            let rest = match rest.strip_prefix(':') {
                Some(rest) => rest.trim_start_matches(|c: char| c.is_ascii_digit()),
                None => rest,
            };
            rest.starts_with('/').then(|| rest.to_owned())
        };
        path(known).is_some_and(|known| path(asked) == Some(known))
    })
}

fn refuse(state: &State, redirect_uri: &str, echoed: &str, error: &str, description: &str) -> Reply {
    redirect(state, redirect_uri, &[("error", error), ("error_description", description), ("state", echoed)])
}

/// Sends the browser back to the app.
fn redirect(state: &State, redirect_uri: &str, parameters: &[(&str, &str)]) -> Reply {
    let iss = match &state.switches.iss {
        Iss::Right => Some(state.issuer.clone()),
        Iss::Wrong(other) => Some(other.clone()),
        Iss::Absent => None,
    };
    let mut parameters = parameters.to_vec();
    if let Some(iss) = &iss {
        parameters.push(("iss", iss));
    }
    Reply::redirect(&with_query(redirect_uri, &parameters))
}

fn consent_page(state: &State, ticket: &str) -> Reply {
    let buttons = [("/oauth/consent", "allow", "Allow"), ("/oauth/consent", "deny", "Deny")];
    let mut reply = page("GrowQR wants to know who you are", ticket, &buttons);
    if state.switches.auto_allow {
        reply.body.push_str("<script>document.getElementById('allow').click()</script>");
    }
    reply
}

/// A page with one form for each button, so that it works without scripts.
fn page(title: &str, ticket: &str, buttons: &[(&str, &str, &str)]) -> Reply {
    let forms: String = buttons
        .iter()
        .map(|(action, decision, label)| {
            format!(
                "<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\
                 <button id=\"{decision}\" name=\"decision\" value=\"{decision}\">{label}</button></form>"
            )
        })
        .collect();
    Reply::page(
        200,
        format!("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1>{forms}</html>"),
    )
}
