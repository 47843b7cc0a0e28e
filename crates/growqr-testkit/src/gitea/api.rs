//! The REST API, but for the contents of repositories.

use super::admin;
use super::auth::{Sender, api_user, sender};
use super::bare::Bare;
use super::reply::Reply;
use super::server::{Server, failed};
use super::state::{Data, Repo, User};
use crate::http::HttpRequest;
use serde_json::{Map, Value, json};

/// The longest name of a repository.
const MAX_NAME: usize = 100;

/// A request to the API.
pub(super) struct Call<'a> {
    pub server: &'a Server,
    pub request: &'a HttpRequest,
    pub data: Data,
}

impl Call<'_> {
    fn sender(&self) -> Sender {
        let header = self.request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.as_str());
        sender(self.server, &self.data, header)
    }

    /// The sender of the request, if the token has these scopes.
    pub fn user(&self, scopes: &[&str]) -> Result<User, Reply> {
        api_user(self.server, self.sender(), scopes)
    }

    pub fn not_found(&self) -> Reply {
        let mut body = json!({"message": "not found", "url": "/api/swagger"});
        if !self.server.version().is_at_least(1, 27) {
            body["errors"] = Value::Null;
        }
        Reply::json(404, &body)
    }

    /// The JSON body. Every body must have its content type.
    pub fn body(&self) -> Result<Map<String, Value>, Reply> {
        let is_json = |value: &str| value.split(';').next().is_some_and(|kind| kind.trim() == "application/json");
        if !self.request.headers.iter().any(|(name, value)| name == "content-type" && is_json(value)) {
            return Err(Reply::error(422, "[]: Empty Content-Type"));
        }
        serde_json::from_slice(&self.request.body)
            .map_err(|_| Reply::error(422, "[]: invalid character 'x' looking for beginning of value"))
    }

    pub fn query(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.request.query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// A repository that the user can see.
    pub fn visible(&self, user: &User, owner: &str, name: &str) -> Result<(Repo, Bare), Reply> {
        let repo = self.data.repo(owner, name).filter(|repo| repo.owner == user.name || user.is_admin || !repo.private);
        let repo = repo.ok_or_else(|| self.not_found())?;
        Ok((repo.clone(), Bare(self.server.store.bare(&repo.owner, &repo.name))))
    }

    pub fn version(&self) -> Result<Reply, Reply> {
        if matches!(self.sender(), Sender::Nobody) && !self.server.settings.is_on("service", "REQUIRE_SIGNIN_VIEW", false) {
            return Ok(Reply::json(200, &json!({"version": self.server.version().to_string()})));
        }
        self.user(&[])?;
        Ok(Reply::json(200, &json!({"version": self.server.version().to_string()})))
    }

    pub fn own_token(&self) -> Result<Reply, Reply> {
        let Sender::Token { id, by_basic: false, .. } = self.sender() else {
            return Err(Reply::error(401, "token is required"));
        };
        let user = self.user(&[])?;
        if self.request.method == "DELETE" {
            return self.remove_token(id);
        }
        let token = self.data.tokens.iter().find(|token| token.id == id).ok_or_else(|| self.not_found())?;
        let shown = json!({"id": id, "name": token.name, "scopes": token.scopes, "user": user_json(&user)});
        Ok(Reply::json(200, &shown))
    }

    /// The user of a request for tokens, which must come with Basic.
    fn token_user(&self, name: &str, scope: &str) -> Result<User, Reply> {
        let sender = self.sender();
        if matches!(sender, Sender::Token { by_basic: false, .. } | Sender::Nobody) {
            return Err(Reply::error(401, "auth required"));
        }
        let user = api_user(self.server, sender, &[scope])?;
        if user.name.eq_ignore_ascii_case(name) || user.is_admin { Ok(user) } else { Err(Reply::error(403, "")) }
    }

    pub fn tokens(&self, name: &str) -> Result<Reply, Reply> {
        let is_get = self.request.method == "GET";
        self.token_user(name, if is_get { "read:user" } else { "write:user" })?;
        if is_get {
            let of_user = self.data.tokens.iter().filter(|token| token.user.eq_ignore_ascii_case(name));
            let shown = of_user.map(|token| {
                json!({"id": token.id, "name": token.name, "sha1": "", "token_last_eight": token.last_eight, "scopes": token.scopes})
            });
            let page: usize = self.query("page").and_then(|page| page.parse().ok()).unwrap_or(1);
            let limit = self.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(30).min(50);
            let all: Vec<Value> = shown.collect();
            let shown: Vec<Value> = all.iter().skip((page.max(1) - 1) * limit).take(limit).cloned().collect();
            return Ok(Reply::json(200, &shown.into()).with("x-total-count", &all.len().to_string()));
        }
        let body = self.body()?;
        let token_name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let wanted: Vec<&str> =
            body.get("scopes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let scopes = admin::scopes(&wanted.join(",")).map_err(|text| Reply::error(400, &text))?;
        if scopes.is_empty() {
            return Err(Reply::error(400, "access token must have a scope"));
        }
        if let Sender::Token { scopes: own, .. } = self.sender()
            && !scopes.iter().all(|scope| super::auth::allows(&own, scope))
        {
            return Err(Reply::error(403, "the scopes of the new token exceed those of the token"));
        }
        let added = self.server.store.update(|data| {
            if data.tokens.iter().any(|token| token.user.eq_ignore_ascii_case(name) && token.name == token_name) {
                return Err(Reply::error(400, "access token name has been used already"));
            }
            let text = data.add_token(name, &token_name, scopes.clone());
            Ok(json!({"id": data.next_id, "name": token_name, "token_last_eight": &text[32..], "scopes": scopes, "sha1": text}))
        });
        Ok(Reply::json(201, &added.map_err(|error| failed(&error))??))
    }

    pub fn delete_token(&self, name: &str, token: &str) -> Result<Reply, Reply> {
        self.token_user(name, "write:user")?;
        let known = self
            .data
            .tokens
            .iter()
            .find(|known| known.user.eq_ignore_ascii_case(name) && (known.name == token || token.parse() == Ok(known.id)));
        self.remove_token(known.ok_or_else(|| self.not_found())?.id)
    }

    fn remove_token(&self, id: u64) -> Result<Reply, Reply> {
        let removed = self.server.store.update(|data| {
            data.tokens.retain(|token| token.id != id);
            Ok::<(), Reply>(())
        });
        removed.map_err(|error| failed(&error))??;
        Ok(Reply::text(204, ""))
    }

    pub fn create_repo(&self) -> Result<Reply, Reply> {
        let user = self.user(&["write:user", "write:repository"])?;
        let body = self.body()?;
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = text("name");
        check_repo_name(&name)?;
        if !matches!(text("object_format_name").as_str(), "" | "sha1") {
            return Err(Reply::error(422, "the stand-in makes sha1 repositories only"));
        }
        let branch = if text("default_branch").is_empty() { "main".to_owned() } else { text("default_branch") };
        let wants_private = body.get("private").and_then(Value::as_bool).unwrap_or(false);
        let private = wants_private || self.server.settings.is_on("repository", "FORCE_PRIVATE", false);
        let auto_init = body.get("auto_init").and_then(Value::as_bool).unwrap_or(false);
        let bare = Bare(self.server.store.bare(&user.name, &name));
        let made = self.server.store.update(|data| {
            if data.repo(&user.name, &name).is_some() {
                return Err(Reply::error(409, "The repository with the same name already exists."));
            }
            let disk = |error: std::io::Error| Reply::error(500, &error.to_string());
            bare.create(&branch).map_err(disk)?;
            if auto_init {
                let readme = format!("# {name}\n");
                let edits = [("README.md", Some(readme.as_bytes()))];
                bare.edit(&branch, &edits, (&user.name, &user.email), "Initial commit\n").map_err(disk)?;
            }
            let without_pulls = self.has_pulls_disabled();
            let (id, owner, default_branch, says_empty) = (data.id(), user.name.clone(), branch, !auto_init);
            let repo = Repo { id, owner, name, private, default_branch, says_empty, without_pulls };
            data.repos.push(repo.clone());
            Ok(repo)
        });
        let repo = made.map_err(|error| failed(&error))??;
        Ok(Reply::json(201, &self.repo_json(&repo)))
    }

    pub fn repo(&self, owner: &str, name: &str) -> Result<Reply, Reply> {
        let user = self.user(&["read:repository"])?;
        let (repo, bare) = self.visible(&user, owner, name)?;
        let answer = Reply::json(200, &self.repo_json(&repo));
        // Gitea updates this in the background after a push: here, once it has been asked for.
        if let (true, Some(first)) = (repo.says_empty, bare.branches().first()) {
            let updated = self.server.store.update(|data| {
                for known in data.repos.iter_mut().filter(|known| known.id == repo.id) {
                    known.says_empty = false;
                    if bare.head(&known.default_branch).is_none() {
                        known.default_branch.clone_from(first);
                    }
                }
                Ok::<(), Reply>(())
            });
            updated.map_err(|error| failed(&error))??;
        }
        Ok(answer)
    }

    /// Whether no repository can have pull requests.
    pub fn has_pulls_disabled(&self) -> bool {
        let units = self.server.settings.get("repository", "DISABLED_REPO_UNITS").unwrap_or_default();
        units.split(',').any(|unit| unit.trim() == "repo.pulls")
    }

    /// Changes a repository. Only whether it has pull requests.
    pub fn edit_repo(&self, owner: &str, name: &str) -> Result<Reply, Reply> {
        let user = self.user(&["write:repository"])?;
        let (mut repo, _) = self.visible(&user, owner, name)?;
        let wanted = self.body()?.get("has_pull_requests").and_then(Value::as_bool);
        // A unit that is off for all repositories is ignored.
        if let Some(wanted) = wanted.filter(|_| !self.has_pulls_disabled()) {
            repo.without_pulls = !wanted;
            let updated = self.server.store.update(|data| {
                data.repos.iter_mut().filter(|known| known.id == repo.id).for_each(|known| known.without_pulls = !wanted);
                Ok::<(), Reply>(())
            });
            updated.map_err(|error| failed(&error))??;
        }
        Ok(Reply::json(200, &self.repo_json(&repo)))
    }

    fn repo_json(&self, repo: &Repo) -> Value {
        let (owner, name, root) = (&repo.owner, &repo.name, self.server.root_url());
        json!({
            "id": repo.id, "name": name, "full_name": format!("{owner}/{name}"), "owner": {"login": owner}, "private": repo.private,
            "empty": repo.says_empty, "default_branch": repo.default_branch, "clone_url": format!("{root}{owner}/{name}.git"),
            "html_url": format!("{root}{owner}/{name}"), "size": 24, "archived": false, "object_format_name": "sha1",
            "has_pull_requests": !repo.without_pulls && !self.has_pulls_disabled(),
            "permissions": {"admin": true, "push": true, "pull": true}, "updated_at": "2026-11-29T00:00:00Z",
        })
    }

    pub fn delete_repo(&self, owner: &str, name: &str) -> Result<Reply, Reply> {
        let user = self.user(&["write:repository"])?;
        let (repo, bare) = self.visible(&user, owner, name)?;
        let removed = self.server.store.update(|data| {
            data.repos.retain(|known| known.id != repo.id);
            std::fs::remove_dir_all(&bare.0).map_err(|error| Reply::error(500, &error.to_string()))
        });
        removed.map_err(|error| failed(&error))??;
        Ok(Reply::text(204, ""))
    }

    pub fn branches(&self, owner: &str, name: &str) -> Result<Reply, Reply> {
        let user = self.user(&["read:repository"])?;
        let (_, bare) = self.visible(&user, owner, name)?;
        let branches: Vec<Value> = bare.branches().iter().filter_map(|branch| self.branch_json(&bare, branch)).collect();
        let body = if branches.is_empty() { Value::Null } else { branches.clone().into() };
        Ok(Reply::json(200, &body).with("x-total-count", &branches.len().to_string()))
    }

    pub fn branch(&self, owner: &str, name: &str, branch: &str) -> Result<Reply, Reply> {
        let user = self.user(&["read:repository"])?;
        let (_, bare) = self.visible(&user, owner, name)?;
        let shown = self.branch_json(&bare, branch).ok_or_else(|| self.not_found())?;
        Ok(Reply::json(200, &shown))
    }

    fn branch_json(&self, bare: &Bare, branch: &str) -> Option<Value> {
        let id = bare.head(branch)?;
        let [_, _, date, message] = bare.describe(&id)?;
        let protected = self.server.switch(|switches| !switches.allows_force_push);
        let commit = json!({"id": id, "message": message, "timestamp": date});
        Some(json!({"name": branch, "commit": commit, "protected": protected, "user_can_push": true}))
    }

    pub fn commits(&self, owner: &str, name: &str) -> Result<Reply, Reply> {
        let user = self.user(&["read:repository"])?;
        let (repo, bare) = self.visible(&user, owner, name)?;
        if bare.branches().is_empty() {
            return Err(Reply::error(409, "Git Repository is empty."));
        }
        let from = bare.commit(&self.query("sha").unwrap_or(repo.default_branch)).ok_or_else(|| self.not_found())?;
        let all = bare.log(&from);
        let page: usize = self.query("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let limit = self.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(30).min(50);
        let shown = all.iter().skip((page.max(1) - 1) * limit).take(limit).filter_map(|id| {
            let [name, email, date, message] = bare.describe(id)?;
            let author = json!({"name": name, "email": email, "date": date});
            Some(json!({"sha": id, "created": date, "commit": {"message": message, "author": author, "committer": author}}))
        });
        let shown: Vec<Value> = shown.collect();
        Ok(Reply::json(200, &shown.into()).with("x-total-count", &all.len().to_string()))
    }
}

fn check_repo_name(name: &str) -> Result<(), Reply> {
    if name.is_empty() {
        return Err(Reply::error(422, "[Name]: Required"));
    }
    if name.len() > MAX_NAME || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        return Err(Reply::error(422, "[Name]: AlphaDashDot"));
    }
    let ends = [".git", ".wiki", ".rss", ".atom"].iter().any(|end| name.ends_with(end));
    if ends || matches!(name, "." | ".." | "-") {
        return Err(Reply::error(422, &format!("name is reserved [name: {name}]")));
    }
    Ok(())
}

pub(super) fn user_json(user: &User) -> Value {
    json!({"id": user.id, "login": user.name, "email": user.email, "is_admin": user.is_admin, "full_name": ""})
}

/// Decodes `%XX`. A `+` stays as it is.
pub(super) fn decoded(part: &str) -> String {
    let bytes = part.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = part.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
