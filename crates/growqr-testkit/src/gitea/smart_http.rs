//! git over HTTP, served by the real `git http-backend`.

use super::auth::{Sender, allows, sender};
use super::bare::{Bare, clean_git, output};
use super::reply::Reply;
use super::server::Server;
use super::state::Repo;
use crate::http::HttpRequest;

/// The content of the commit that a race makes.
const RACING_PAGE: &str = "raced.md";

/// Answers a request to `/{owner}/{name}.git/…`.
pub(super) fn answer(server: &Server, request: &HttpRequest) -> Result<Reply, Reply> {
    let not_found = || Reply::text(404, "Not Found\n");
    let mut parts = request.path.trim_start_matches('/').splitn(3, '/');
    let (Some(owner), Some(name), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return Err(not_found()) };
    let name = name.strip_suffix(".git").unwrap_or(name);
    let service = match (request.method.as_str(), rest) {
        ("GET", "info/refs") => request.query.strip_prefix("service=").ok_or_else(not_found)?,
        ("POST", service) => service,
        _ => return Err(not_found()),
    };
    let is_push = match service {
        "git-receive-pack" => true,
        "git-upload-pack" => false,
        _ => return Err(not_found()),
    };
    let data = server.data()?;
    let user = allowed(server, request, sender(server, &data, header(request, "authorization")), is_push)?;
    let repo = data.repo(owner, name).filter(|repo| !repo.private || repo.owner == user.0 || user.1);
    let repo = match repo {
        None if is_push => return Err(Reply::text(403, "Push to create is not enabled for users.\n")),
        repo => repo.ok_or_else(not_found)?,
    };
    let expected = format!("application/x-{service}-request");
    if request.method == "POST" && header(request, "content-type") != Some(expected.as_str()) {
        return Err(Reply::text(400, ""));
    }
    let bare = Bare(server.store.bare(&repo.owner, &repo.name));
    if is_push && request.method == "POST" {
        race(server, repo, &bare);
    }
    backend(server, request, repo, rest)
}

fn header<'a>(request: &'a HttpRequest, wanted: &str) -> Option<&'a str> {
    request.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

/// The sender's name, and whether they are an administrator. Only Basic counts.
fn allowed(server: &Server, request: &HttpRequest, sender: Sender, is_push: bool) -> Result<(String, bool), Reply> {
    let ask = || {
        let realm = if server.settings.is_on("oauth2", "ENABLED", true) { "Gitea" } else { "Gitea (Basic Auth)" };
        Reply::text(401, "Unauthorized\n").with("www-authenticate", &format!("Basic realm=\"{realm}\""))
    };
    let user = match sender {
        Sender::Nobody | Sender::Token { by_basic: false, .. } | Sender::Unknown { is_password: false } => return Err(ask()),
        Sender::Unknown { is_password: true } if server.version().is_at_least(1, 23) => {
            return Err(Reply::text(401, "Failed to authenticate user\n"));
        }
        Sender::Unknown { is_password: true } => return Err(ask()),
        Sender::Password { user } => user,
        Sender::Token { user, scopes, .. } => {
            if !allows(&scopes, if is_push { "write:repository" } else { "read:repository" }) {
                return Err(Reply::text(403, ""));
            }
            user
        }
    };
    let is_git = header(request, "user-agent").is_some_and(|agent| agent.starts_with("git"));
    if user.must_change_password && is_git {
        return Err(Reply::text(401, "You must change your password.\n"));
    }
    Ok((user.name, user.is_admin))
}

/// Moves the branch between the client's look at it and its push, if a test wants that.
fn race(server: &Server, repo: &Repo, bare: &Bare) {
    let races = server.switch(|switches| {
        let races = switches.races;
        switches.races = races.saturating_sub(1);
        races
    });
    if races > 0 {
        let content = format!("{races}\n");
        let edits = [(RACING_PAGE, Some(content.as_bytes()))];
        let author = (repo.owner.as_str(), "someone@example.com");
        bare.edit(&repo.default_branch, &edits, author, "Edited meanwhile\n").expect("the branch can be edited");
    }
}

fn backend(server: &Server, request: &HttpRequest, repo: &Repo, rest: &str) -> Result<Reply, Reply> {
    let (protected, refusal) = server.switch(|switches| (!switches.allows_force_push, switches.refuses_push.clone()));
    let mut command = clean_git();
    let path = format!("/{}/{}.git/{rest}", repo.owner.to_ascii_lowercase(), repo.name.to_ascii_lowercase());
    command.arg("http-backend").env("GIT_PROJECT_ROOT", server.store.repositories()).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("PATH_INFO", path).env("QUERY_STRING", &request.query).env("REQUEST_METHOD", &request.method);
    command.env("REMOTE_USER", &repo.owner).env("REMOTE_ADDR", "127.0.0.1").env("STAND_IN_BRANCH", &repo.default_branch);
    command.env("CONTENT_TYPE", header(request, "content-type").unwrap_or_default());
    command.env("CONTENT_LENGTH", request.body.len().to_string());
    if let Some(encoding) = header(request, "content-encoding") {
        command.env("HTTP_CONTENT_ENCODING", encoding);
    }
    if let Some(protocol) = header(request, "git-protocol") {
        command.env("GIT_PROTOCOL", protocol);
    }
    if protected {
        command.env("STAND_IN_PROTECTED", "1");
    }
    if let Some(refusal) = refusal {
        command.env("STAND_IN_REFUSE", refusal);
    }
    let answer = output(command, Some(&request.body)).map_err(|error| Reply::text(500, error.to_string()))?;
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let split = split.ok_or_else(|| Reply::text(500, "git http-backend gave no headers"))?;
    let mut reply = Reply::text(200, &answer[split + 4..]);
    for line in String::from_utf8_lossy(&answer[..split]).lines() {
        match line.split_once(": ") {
            Some(("Status", status)) => reply.status = status[..3].parse().unwrap_or(500),
            Some((name, value)) => reply = reply.with(&name.to_ascii_lowercase(), value),
            None => {}
        }
    }
    Ok(reply)
}
