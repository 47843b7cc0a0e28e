//! Pull requests and their comments, as far as the product and its tests use them.

use super::api::Call;
use super::bare::Bare;
use super::pull_merge::{Style, merge};
use super::reply::Reply;
use super::server::failed;
use super::state::{Comment, Pull, Repo, User};
use serde_json::{Map, Value, json};

/// A request about the pull requests of one repository.
struct Pulls<'a> {
    call: &'a Call<'a>,
    user: User,
    repo: Repo,
    bare: Bare,
}

/// Answers a request to `/repos/{owner}/{name}/pulls/…`.
pub(super) fn answer(call: &Call<'_>, repo: (&str, &str), rest: &[&str]) -> Result<Reply, Reply> {
    let method = call.request.method.as_str();
    let pulls = Pulls::new(call, repo, if method == "GET" { "read:repository" } else { "write:repository" })?;
    match (method, rest) {
        ("GET", []) => pulls.list(),
        ("POST", []) => pulls.create(),
        ("GET", [number]) => pulls.shown(200, &pulls.find(number)?),
        ("PATCH", [number]) => pulls.edit(number),
        ("GET", [number, "merge"]) => match pulls.find(number)?.merged {
            Some(_) => Ok(Reply::text(204, "")),
            None => Err(call.not_found()),
        },
        ("POST", [number, "merge"]) => pulls.merge(number),
        _ => Err(call.not_found()),
    }
}

/// Answers a request for the comments of a pull request. They belong to the issues, so the token needs another scope.
pub(super) fn comments(call: &Call<'_>, repo: (&str, &str), number: &str) -> Result<Reply, Reply> {
    let is_get = call.request.method == "GET";
    let pulls = Pulls::new(call, repo, if is_get { "read:issue" } else { "write:issue" })?;
    let pull = pulls.find(number)?;
    let shown = |Comment { id, user, body }: &Comment| json!({"id": id, "body": body, "user": {"login": user}, "created_at": "2026-11-29T00:00:00Z"});
    if is_get {
        return Ok(Reply::json(200, &pull.comments.iter().map(shown).collect()));
    }
    let body = text(&call.body()?, "body");
    if body.is_empty() {
        return Err(Reply::error(422, "[Body]: Required"));
    }
    let comment = pulls.update(pull.number, |pull| {
        let comment = Comment { id: pull.comments.len() as u64 + 1, user: pulls.user.name.clone(), body };
        pull.comments.push(comment.clone());
        comment
    })?;
    Ok(Reply::json(201, &shown(&comment)))
}

impl<'a> Pulls<'a> {
    /// The pull requests as they are now: the newest commits of their branches, and closed where a branch was removed.
    fn new(call: &'a Call<'a>, (owner, name): (&str, &str), scope: &str) -> Result<Pulls<'a>, Reply> {
        let user = call.user(&[scope])?;
        let (repo, bare) = call.visible(&user, owner, name)?;
        if repo.without_pulls || call.has_pulls_disabled() {
            return Err(call.not_found());
        }
        let refreshed = call.server.store.update(|data| {
            for pull in data.pulls.iter_mut().filter(|pull| pull.repo == repo.id && !pull.is_closed) {
                match bare.head(&pull.head) {
                    Some(tip) => pull.tip = tip,
                    None => pull.is_closed = true,
                }
            }
            Ok::<(), Reply>(())
        });
        refreshed.map_err(|error| failed(&error))??;
        Ok(Pulls { call, user, repo, bare })
    }

    fn all(&self) -> Result<Vec<Pull>, Reply> {
        let data = self.call.server.data()?;
        Ok(data.pulls.into_iter().filter(|pull| pull.repo == self.repo.id).collect())
    }

    fn find(&self, number: &str) -> Result<Pull, Reply> {
        let number: u64 = number.parse().map_err(|_| self.call.not_found())?;
        self.all()?.into_iter().find(|pull| pull.number == number).ok_or_else(|| self.call.not_found())
    }

    fn update<T>(&self, number: u64, change: impl FnOnce(&mut Pull) -> T) -> Result<T, Reply> {
        let updated = self.call.server.store.update(|data| {
            let pull = data.pulls.iter_mut().find(|pull| pull.repo == self.repo.id && pull.number == number);
            pull.map(change).ok_or_else(|| self.call.not_found())
        });
        updated.map_err(|error| failed(&error))?
    }

    fn list(&self) -> Result<Reply, Reply> {
        let (page, limit) = (self.call.query("page"), self.call.query("limit"));
        let page: usize = page.and_then(|page| page.parse().ok()).unwrap_or(1);
        let limit = limit.and_then(|limit| limit.parse().ok()).unwrap_or(30).min(50);
        let state = self.call.query("state").unwrap_or_else(|| "open".to_owned());
        let is_wanted = |pull: &Pull| state == "all" || pull.is_closed == (state == "closed");
        // The newest first.
        let all: Vec<Value> = self.all()?.iter().rev().filter(|pull| is_wanted(pull)).map(|pull| self.json(pull)).collect();
        let shown: Vec<Value> = all.iter().skip((page.max(1) - 1) * limit).take(limit).cloned().collect();
        Ok(Reply::json(200, &shown.into()).with("x-total-count", &all.len().to_string()))
    }

    fn create(&self) -> Result<Reply, Reply> {
        let body = self.call.body()?;
        let [head, base, title] = ["head", "base", "title"].map(|key| text(&body, key));
        for (value, name) in [(&head, "Head"), (&base, "Base"), (&title, "Title")] {
            if value.is_empty() {
                return Err(Reply::error(422, &format!("[{name}]: Required")));
            }
        }
        if head == base {
            return Err(Reply::error(422, "Invalid PullRequest: There are no changes between the head and the base"));
        }
        let (Some(tip), Some(onto)) = (self.bare.head(&head), self.bare.head(&base)) else { return Err(self.call.not_found()) };
        if self.bare.git(&["merge-base", &onto, &tip], None).is_err() {
            return Err(Reply::error(500, ""));
        }
        let made = self.call.server.store.update(|data| {
            let of_repo = || data.pulls.iter().filter(|pull| pull.repo == self.repo.id);
            if of_repo().any(|pull| !pull.is_closed && pull.head == head && pull.base == base) {
                return Err(Reply::error(409, "pull request already exists for these targets"));
            }
            let pull = Pull {
                repo: self.repo.id,
                number: of_repo().count() as u64 + 1,
                title: title.chars().take(255).collect(),
                body: text(&body, "body"),
                head,
                base,
                tip,
                is_closed: false,
                merged: None,
                comments: Vec::new(),
            };
            data.pulls.push(pull.clone());
            Ok(pull)
        });
        self.shown(201, &made.map_err(|error| failed(&error))??)
    }

    fn edit(&self, number: &str) -> Result<Reply, Reply> {
        let (pull, body) = (self.find(number)?, self.call.body()?);
        let state = body.get("state").and_then(Value::as_str);
        if state.is_some() && pull.merged.is_some() {
            return Err(Reply::error(412, "cannot change state of this pull request, it was already merged"));
        }
        let edited = self.update(pull.number, |pull| {
            if let Some(state) = state {
                pull.is_closed = state == "closed";
            }
            pull.clone()
        })?;
        self.shown(201, &edited)
    }

    fn merge(&self, number: &str) -> Result<Reply, Reply> {
        let (pull, body) = (self.find(number)?, self.call.body()?);
        if pull.merged.is_some() {
            return Err(Reply::error(405, "The PR is already merged"));
        }
        // Gitea calls the prefixes of a draft "work in progress".
        let title = pull.title.to_lowercase();
        if pull.is_closed || title.starts_with("wip:") || title.starts_with("[wip]") {
            return Err(if pull.is_closed {
                self.call.not_found()
            } else {
                Reply::error(405, "Work in progress PRs cannot be merged")
            });
        }
        let style = match text(&body, "Do").as_str() {
            "" | "merge" => Style::Merge,
            "rebase" => Style::Rebase,
            "squash" => Style::Squash,
            other => return Err(Reply::error(405, &format!("{other} is not an allowed merge style for this repository"))),
        };
        let merged = merge(&self.bare, &pull, style, (&self.user.name, &self.user.email));
        let merged = merged.map_err(|error| Reply::error(409, &error.to_string()))?;
        self.update(pull.number, |pull| {
            pull.merged = Some(merged);
            pull.is_closed = true;
        })?;
        Ok(Reply::text(200, ""))
    }

    fn shown(&self, status: u16, pull: &Pull) -> Result<Reply, Reply> {
        Ok(Reply::json(status, &self.json(pull)))
    }

    fn json(&self, pull: &Pull) -> Value {
        let Pull { number, title, body, head, base, tip, is_closed, merged, .. } = pull;
        let (root, Repo { owner, name, .. }) = (self.call.server.root_url(), &self.repo);
        let branch = |name: &str, sha: Option<&str>| json!({"label": name, "ref": name, "sha": sha, "repo_id": self.repo.id});
        let mut shown_head = branch(head, Some(tip.as_str()));
        if self.bare.head(head).is_none() {
            shown_head["ref"] = format!("refs/pull/{number}/head").into();
        }
        json!({
            "id": number, "number": number, "title": title, "body": body, "user": {"login": owner},
            "state": if *is_closed { "closed" } else { "open" }, "merged": merged.is_some(), "merge_commit_sha": merged,
            "html_url": format!("{root}{owner}/{name}/pulls/{number}"), "head": shown_head,
            "base": branch(base, self.bare.head(base).as_deref()), "comments": pull.comments.len(),
        })
    }
}

fn text(body: &Map<String, Value>, key: &str) -> String {
    body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
