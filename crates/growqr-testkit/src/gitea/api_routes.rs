//! Which part of the API answers a request.

use super::api::{Call, decoded, user_json};
use super::contents;
use super::pulls;
use super::reply::Reply;
use super::server::Server;
use crate::http::HttpRequest;

/// The answer, or the refusal, to a request below `/api/v1/`.
pub(super) fn answer(server: &Server, request: &HttpRequest, route: &str) -> Result<Reply, Reply> {
    let parts: Vec<String> = route.split('/').map(decoded).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let call = Call { server, request, data: server.data()? };
    let has_token_route = server.version().is_at_least(1, 27);
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["version"]) => call.version(),
        ("GET", ["user"]) => Ok(Reply::json(200, &user_json(&call.user(&["read:user"])?))),
        (_, ["token"]) if has_token_route => call.own_token(),
        (_, ["users", name, "tokens"]) => call.tokens(name),
        ("DELETE", ["users", name, "tokens", token]) => call.delete_token(name, token),
        ("POST", ["user", "repos"]) => call.create_repo(),
        ("GET", ["repos", owner, name]) => call.repo(owner, name),
        ("DELETE", ["repos", owner, name]) => call.delete_repo(owner, name),
        ("PATCH", ["repos", owner, name]) => call.edit_repo(owner, name),
        (_, ["repos", owner, name, "pulls", rest @ ..]) => pulls::answer(&call, (owner, name), rest),
        (_, ["repos", owner, name, "issues", number, "comments"]) => pulls::comments(&call, (owner, name), number),
        ("GET", ["repos", owner, name, "branches"]) => call.branches(owner, name),
        ("GET", ["repos", owner, name, "branches", branch @ ..]) => call.branch(owner, name, &branch.join("/")),
        ("GET", ["repos", owner, name, "commits"]) => call.commits(owner, name),
        (_, ["repos", owner, name, "contents", path @ ..]) => contents::answer(&call, (owner, name), &path.join("/")),
        _ => {
            call.user(&[])?;
            Err(call.not_found())
        }
    }
}
