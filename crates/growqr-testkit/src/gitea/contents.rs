//! `/repos/{owner}/{name}/contents`: reading files, and editing them as a person does in Gitea's pages.

use super::api::Call;
use super::bare::{Bare, Entry, FileEdit};
use super::reply::Reply;
use super::state::{Repo, User};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// Larger files have no content in answers.
const MAX_SHOWN: usize = 10 * 1024 * 1024;
/// How many files the answer to a change of several files lists.
const MAX_LISTED: usize = 30;

pub(super) fn answer(call: &Call<'_>, (owner, name): (&str, &str), path: &str) -> Result<Reply, Reply> {
    let method = call.request.method.as_str();
    let user = call.user(&[if method == "GET" { "read:repository" } else { "write:repository" }])?;
    let (repo, bare) = call.visible(&user, owner, name)?;
    let path = cleaned(path);
    if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
        let status = if method == "GET" { 400 } else { 422 };
        return Err(Reply::error(status, &format!("path contains a malformed path component [path: {path}]")));
    }
    let contents = Contents { call, user, repo, bare };
    match method {
        "GET" => contents.read(&path),
        "POST" if path.is_empty() => contents.change_files(),
        "POST" => contents.create(&path),
        "PUT" => contents.update(&path),
        "DELETE" => contents.delete(&path),
        _ => Err(Reply::error(405, "")),
    }
}

/// Resolves `.`, `..` and empty parts, as the server does before it looks at a path.
fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

struct Contents<'a> {
    call: &'a Call<'a>,
    user: User,
    repo: Repo,
    bare: Bare,
}

impl Contents<'_> {
    fn read(&self, path: &str) -> Result<Reply, Reply> {
        let name = self.call.query("ref").unwrap_or_else(|| self.repo.default_branch.clone());
        let Some(commit) = self.bare.commit(&name) else {
            if self.bare.branches().is_empty() && !self.call.server.version().is_at_least(1, 24) {
                return Ok(Reply::json(200, &json!([])));
            }
            return Err(Reply::error(404, &format!("object does not exist [id: {name}, rel_path: ]")));
        };
        let is_folder = path.is_empty() || self.bare.entry(&commit, path).is_some_and(|entry| entry.kind == "tree");
        if is_folder {
            let entries = self.bare.folder(&commit, path);
            let shown: Vec<Value> = entries.iter().map(|entry| self.shown(entry, &commit, false)).collect();
            return Ok(Reply::json(200, &shown.into()));
        }
        match self.bare.entry(&commit, path) {
            Some(entry) => Ok(Reply::json(200, &self.shown(&entry, &commit, true))),
            None => Err(Reply::error(404, &format!("object does not exist [id: , rel_path: {path}]"))),
        }
    }

    fn shown(&self, entry: &Entry, commit: &str, with_content: bool) -> Value {
        let bytes = self.bare.blob(&entry.id).unwrap_or_default();
        let kind = match (entry.kind.as_str(), entry.mode.as_str()) {
            ("tree", _) => "dir",
            ("commit", _) => "submodule",
            (_, "120000") => "symlink",
            _ => "file",
        };
        let content = (with_content && kind == "file" && bytes.len() <= MAX_SHOWN).then(|| STANDARD.encode(&bytes));
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        json!({
            "name": name, "path": entry.path, "sha": entry.id, "size": bytes.len(), "type": kind, "last_commit_sha": commit,
            "encoding": content.as_ref().map(|_| "base64"), "content": content,
        })
    }

    fn create(&self, path: &str) -> Result<Reply, Reply> {
        let body = self.call.body()?;
        let content = content(&body)?;
        let branch = self.branch(&body)?;
        self.refuse_existing(&branch, path)?;
        let commit = self.commit(&body, &branch, &[(path, Some(&content))], &format!("Add {path}"))?;
        Ok(Reply::json(201, &self.file_response(&commit, Some(path))))
    }

    fn update(&self, path: &str) -> Result<Reply, Reply> {
        let version = self.call.server.version();
        let body = self.call.body()?;
        let content = content(&body)?;
        let sha = text(&body, "sha");
        if sha.is_empty() && !version.is_at_least(1, 26) {
            return Err(Reply::error(422, "[SHA]: Required"));
        }
        if self.bare.branches().is_empty() && !version.is_at_least(1, 25) {
            return Err(Reply::error(422, "repo is empty"));
        }
        let branch = self.branch(&body)?;
        let from = Some(text(&body, "from_path")).filter(|from| !from.is_empty()).unwrap_or(path);
        let is_new = sha.is_empty();
        if is_new {
            self.refuse_existing(&branch, path)?;
        } else if !self.bare.branches().is_empty() {
            self.require(&branch, from, sha, 422)?;
        }
        let mut edits: Vec<FileEdit<'_>> = vec![(path, Some(&content))];
        if from != path {
            edits.insert(0, (from, None));
        }
        let commit = self.commit(&body, &branch, &edits, &format!("Update {path}"))?;
        Ok(Reply::json(if is_new { 201 } else { 200 }, &self.file_response(&commit, Some(path))))
    }

    fn delete(&self, path: &str) -> Result<Reply, Reply> {
        let body = self.call.body()?;
        let sha = text(&body, "sha");
        if sha.is_empty() {
            return Err(Reply::error(422, "[SHA]: Required"));
        }
        let branch = self.branch(&body)?;
        if self.bare.head(&branch).is_none() {
            return Err(Reply::error(404, &format!("branch does not exist [name: {branch}]")));
        }
        let stale = if self.call.server.version().is_at_least(1, 23) { 422 } else { 400 };
        self.require(&branch, path, sha, stale)?;
        let commit = self.commit(&body, &branch, &[(path, None)], &format!("Delete {path}"))?;
        Ok(Reply::json(200, &self.file_response(&commit, None)))
    }

    /// Several changes in one commit. A change without `sha` wins over newer content.
    fn change_files(&self) -> Result<Reply, Reply> {
        let body = self.call.body()?;
        let branch = self.branch(&body)?;
        let Some(files) = body.get("files").and_then(Value::as_array).filter(|files| !files.is_empty()) else {
            return Err(Reply::error(422, "[Files]: Required"));
        };
        let mut edits: Vec<(String, Option<Vec<u8>>)> = Vec::new();
        for file in files.iter().filter_map(Value::as_object) {
            let (path, sha) = (cleaned(text(file, "path")), text(file, "sha"));
            let operation = text(file, "operation");
            if matches!(operation, "update" | "delete") && !sha.is_empty() {
                self.require(&branch, &path, sha, 422)?;
            }
            match operation {
                "create" => {
                    self.refuse_existing(&branch, &path)?;
                    edits.push((path, Some(content(file)?)));
                }
                "update" | "upload" => edits.push((path, Some(content(file)?))),
                "delete" => edits.push((path, None)),
                other => return Err(Reply::error(500, &format!("invalid file operation: {other} {path}"))),
            }
        }
        let edits: Vec<FileEdit<'_>> = edits.iter().map(|(path, content)| (path.as_str(), content.as_deref())).collect();
        let commit = self.commit(&body, &branch, &edits, "Update files")?;
        let shown = edits.iter().take(MAX_LISTED).map(|(path, content)| {
            let entry = content.and_then(|_| self.bare.entry(&commit, path));
            entry.map_or(Value::Null, |entry| self.shown(&entry, &commit, true))
        });
        let files: Vec<Value> = shown.collect();
        Ok(Reply::json(201, &json!({"files": files, "commit": self.commit_json(&commit), "verification": {"verified": false}})))
    }

    fn branch(&self, body: &Map<String, Value>) -> Result<String, Reply> {
        let branch = Some(text(body, "branch")).filter(|branch| !branch.is_empty()).unwrap_or(&self.repo.default_branch);
        if self.bare.head(branch).is_none() && !self.bare.branches().is_empty() {
            return Err(Reply::error(404, &format!("branch does not exist [name: {branch}]")));
        }
        Ok(branch.to_owned())
    }

    fn refuse_existing(&self, branch: &str, path: &str) -> Result<(), Reply> {
        let Some(head) = self.bare.head(branch) else { return Ok(()) };
        if self.bare.entry(&head, path).is_some() {
            return Err(Reply::error(422, &format!("repository file already exists [path: {path}]")));
        }
        let is_file = |(end, _): (usize, &str)| self.bare.entry(&head, &path[..end]).is_some_and(|entry| entry.kind != "tree");
        if path.match_indices('/').any(is_file) {
            return Err(Reply::error(422, &format!("a file exists where you’re trying to create a subdirectory [path: {path}]")));
        }
        Ok(())
    }

    fn require(&self, branch: &str, path: &str, given: &str, stale: u16) -> Result<(), Reply> {
        let entry = self.bare.head(branch).and_then(|head| self.bare.entry(&head, path));
        match entry {
            None => Err(Reply::error(404, &format!("repository file does not exist [path: {path}]"))),
            Some(entry) if entry.id == given => Ok(()),
            Some(entry) => Err(Reply::error(stale, &format!("sha does not match [given: {given}, expected: {}]", entry.id))),
        }
    }

    fn commit(
        &self,
        body: &Map<String, Value>,
        branch: &str,
        edits: &[FileEdit<'_>],
        default_message: &str,
    ) -> Result<String, Reply> {
        let message = Some(text(body, "message")).filter(|message| !message.is_empty()).unwrap_or(default_message);
        let message = format!("{}\n", message.trim_end());
        let author = (self.user.name.as_str(), self.user.email.as_str());
        let commit = self.bare.edit(branch, edits, author, &message).map_err(|error| Reply::error(500, &error.to_string()))?;
        let id = self.repo.id;
        let updated = self.call.server.store.update(|data| {
            data.repos.iter_mut().filter(|repo| repo.id == id).for_each(|repo| repo.says_empty = false);
            Ok::<(), Reply>(())
        });
        updated.map_err(|error| super::server::failed(&error))??;
        Ok(commit)
    }

    fn file_response(&self, commit: &str, path: Option<&str>) -> Value {
        let entry = path.and_then(|path| self.bare.entry(commit, path));
        let content = entry.map_or(Value::Null, |entry| self.shown(&entry, commit, true));
        json!({"content": content, "commit": self.commit_json(commit), "verification": {"verified": false}})
    }

    fn commit_json(&self, commit: &str) -> Value {
        let [name, email, date, message] = self.bare.describe(commit).unwrap_or_default();
        let author = json!({"name": name, "email": email, "date": date});
        let parents: Vec<Value> = self.bare.log(commit).iter().skip(1).take(1).map(|id| json!({"sha": id})).collect();
        json!({"sha": commit, "author": author, "committer": author, "message": message, "parents": parents})
    }
}

fn text<'a>(body: &'a Map<String, Value>, key: &str) -> &'a str {
    body.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The decoded content. Only the standard alphabet is accepted.
fn content(body: &Map<String, Value>) -> Result<Vec<u8>, Reply> {
    let encoded = body.get("content").and_then(Value::as_str).ok_or_else(|| Reply::error(422, "[ContentBase64]: Required"))?;
    STANDARD.decode(encoded).map_err(|_| Reply::error(422, "illegal base64 data at input byte 0"))
}
