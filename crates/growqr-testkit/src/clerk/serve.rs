//! Serves a client's connection: reads requests, sends responses, records requests.

use super::reply::Reply;
use super::switches::Fault;
use super::token::{self, Form};
use super::{Request, Shared, State, authorize, documents};
use crate::http::{Connection, HttpRequest};
use std::io;
use std::sync::Arc;

/// Serves a connection until either side closes it.
pub(super) async fn connection(shared: Arc<Shared>, mut client: Connection) {
    while let Ok(Some(request)) = client.request().await {
        if !matches!(answer(&shared, &mut client, &request).await, Ok(true)) {
            return;
        }
    }
}

/// Responds to a request. Returns `false` if the connection is to be closed.
async fn answer(shared: &Shared, client: &mut Connection, request: &HttpRequest) -> io::Result<bool> {
    let seen = Request {
        method: request.method.clone(),
        path: request.path.clone(),
        query: pairs(request.query.as_bytes()),
        headers: request.headers.clone(),
        form: pairs(&request.body),
    };
    let (fault, reply, date) = shared.update(|state| {
        let fault = state.faults.get(&request.path).cloned();
        let is_done = matches!(fault, None | Some(Fault::LoseAnswer));
        let reply = is_done.then(|| route(state, &seen));
        state.requests.push(seen);
        (fault, reply, state.date())
    });
    let reply = match (fault, reply) {
        (Some(Fault::Cut | Fault::LoseAnswer), _) => return Ok(false),
        (Some(Fault::Hang), _) => {
            client.wait_until_closed().await;
            return Ok(false);
        }
        (Some(fault), _) => fault_reply(fault),
        (None, Some(reply)) => reply,
        (None, None) => return Ok(false),
    };
    let headers: Vec<(String, String)> = reply.headers.into_iter().chain(date).collect();
    client.respond(reply.status, &headers, reply.body.as_bytes()).await?;
    Ok(true)
}

fn fault_reply(fault: Fault) -> Reply {
    match fault {
        Fault::TooMany(seconds) => {
            let mut reply = Reply::clerk(429, "too_many_requests", "Too many requests. Please try again in a bit.");
            reply.headers.push(("retry-after".to_owned(), seconds.to_string()));
            reply
        }
        Fault::Redirect(to) => {
            // A client that follows a 307 sends the body again.
            let mut reply = Reply::redirect(&to);
            reply.status = 307;
            reply
        }
        Fault::Garbage => Reply::page(200, "<html>not JSON</html>".to_owned()),
        Fault::Huge => Reply::json(200, &serde_json::json!({"keys": [], "filling": "x".repeat(1024 * 1024)})),
        Fault::Status(status) => Reply::json(status, &serde_json::json!({})),
        Fault::Hang | Fault::Cut | Fault::LoseAnswer => Reply::page(500, String::new()),
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn route(state: &mut State, request: &Request) -> Reply {
    let form = Form(&request.form);
    let posted = |name: &str| request.form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let authorization = request.header("authorization");
    let is_form = request.header("content-type") == Some("application/x-www-form-urlencoded");
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/.well-known/openid-configuration") => documents::discovery(state),
        ("GET", "/.well-known/oauth-authorization-server") => documents::metadata(state),
        ("GET", "/.well-known/jwks.json") => documents::keys(state),
        ("GET", "/oauth/authorize") => authorize::authorize(state, &request.query),
        ("POST", "/oauth/authorize") => authorize::authorize(state, &request.form),
        ("POST", "/sign-in") => authorize::signed_in(state, posted("ticket")),
        ("POST", "/oauth/consent") => authorize::decide(state, posted("ticket"), posted("decision")),
        ("POST", "/oauth/token" | "/oauth/token/revoke" | "/oauth/token_info") if !is_form => {
            Reply::oauth(400, "invalid_request", "The body is not a form.")
        }
        ("POST", "/oauth/token") => token::token(state, &form, authorization.is_some()),
        ("POST", "/oauth/token/revoke") => token::revoke(state, &form, authorization.is_some()),
        ("POST", "/oauth/token_info") => token::introspect(),
        ("GET" | "POST", "/oauth/userinfo") => {
            token::userinfo(state, authorization.and_then(|value| value.strip_prefix("Bearer ")))
        }
        ("GET", "/picture.gif") => Reply::picture(),
        _ => Reply::clerk(404, "resource_not_found", "not found"),
    }
}
