//! Pull requests of a repository, with their comments.

use super::{Answer, GiteaError, GiteaServer, Sign};
use growqr_core::secret::Secret;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// The most pages of open pull requests that are read.
const MAX_PAGES: usize = 20;
/// Pull requests on a page: the most that Gitea gives.
const PAGE: usize = 50;

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Its number in the repository.
    pub number: u64,
    /// The name of its branch, also if that was removed.
    pub head: String,
    /// The newest commit of its branch.
    pub tip: String,
    /// Its state.
    pub state: PullState,
}

/// The state of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullState {
    /// It waits.
    Open,
    /// It was closed without a merge.
    Closed,
    /// It was merged.
    Merged {
        /// The commit of the base branch that contains it.
        commit: String,
    },
}

/// A pull request to open.
#[derive(Clone, Copy, Debug)]
pub struct NewPull<'a> {
    /// The branch to merge into.
    pub base: &'a str,
    /// The branch to merge.
    pub head: &'a str,
    /// In plain text.
    pub title: &'a str,
    /// In Markdown.
    pub body: &'a str,
}

impl GiteaServer {
    /// The open pull requests of a repository, newest first.
    ///
    /// # Errors
    /// [`GiteaError`].
    pub async fn open_pulls(&self, token: &Secret, repository: &str) -> Result<Vec<Pull>, GiteaError> {
        let mut pulls = Vec::new();
        for page in 1..=MAX_PAGES {
            let route = format!("{}?state=open&limit={PAGE}&page={page}", self.pulls(repository));
            let answer = self.send(Method::GET, &route, Sign::Token(token), None).await?;
            let found = match answer.status {
                StatusCode::OK => answer.body.as_array().map_or(&[][..], Vec::as_slice),
                _ => return Err(answer.refused()),
            };
            pulls.extend(found.iter().filter_map(pull));
            if found.len() < PAGE {
                break;
            }
        }
        Ok(pulls)
    }

    /// A pull request of these branches, whatever its state; `None` if there is none.
    ///
    /// # Errors
    /// [`GiteaError`].
    pub async fn pull_of(&self, token: &Secret, repository: &str, base: &str, head: &str) -> Result<Option<Pull>, GiteaError> {
        let route = format!("{}/{}/{}", self.pulls(repository), escaped(base, ""), escaped(head, "/"));
        let answer = self.send(Method::GET, &route, Sign::Token(token), None).await?;
        match answer.status {
            StatusCode::OK => Ok(Some(known(&answer)?)),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(answer.refused()),
        }
    }

    /// Opens a pull request, or returns the one that is open already.
    ///
    /// # Errors
    /// [`GiteaError`]; with status 404 if one of the branches does not exist.
    pub async fn open_pull(&self, token: &Secret, repository: &str, new: NewPull<'_>) -> Result<Pull, GiteaError> {
        let NewPull { base, head, title, body } = new;
        let wanted = json!({"base": base, "head": head, "title": title, "body": body});
        let answer = self.send(Method::POST, &self.pulls(repository), Sign::Token(token), Some(&wanted)).await?;
        match answer.status {
            StatusCode::CREATED => known(&answer),
            StatusCode::CONFLICT => {
                let open = self.open_pulls(token, repository).await?;
                open.into_iter().find(|pull| pull.head == head).ok_or_else(|| answer.refused())
            }
            _ => Err(answer.refused()),
        }
    }

    /// Opens a closed pull request again, or closes an open one. One that is merged stays as it is.
    ///
    /// # Errors
    /// [`GiteaError`].
    pub async fn set_pull_open(&self, token: &Secret, repository: &str, number: u64, open: bool) -> Result<(), GiteaError> {
        let wanted = json!({"state": if open { "open" } else { "closed" }});
        let route = format!("{}/{number}", self.pulls(repository));
        let answer = self.send(Method::PATCH, &route, Sign::Token(token), Some(&wanted)).await?;
        match answer.status {
            StatusCode::CREATED | StatusCode::OK | StatusCode::PRECONDITION_FAILED => Ok(()),
            _ => Err(answer.refused()),
        }
    }

    /// The comments on a pull request, oldest first.
    ///
    /// # Errors
    /// [`GiteaError`].
    pub async fn comments(&self, token: &Secret, repository: &str, number: u64) -> Result<Vec<String>, GiteaError> {
        let answer = self.send(Method::GET, &self.comments_of(repository, number), Sign::Token(token), None).await?;
        match answer.status {
            StatusCode::OK => {
                let comments = answer.body.as_array().into_iter().flatten();
                Ok(comments.filter_map(|comment| comment["body"].as_str().map(str::to_owned)).collect())
            }
            _ => Err(answer.refused()),
        }
    }

    /// Comments on a pull request, in Markdown.
    ///
    /// # Errors
    /// [`GiteaError`].
    pub async fn comment(&self, token: &Secret, repository: &str, number: u64, text: &str) -> Result<(), GiteaError> {
        let route = self.comments_of(repository, number);
        let answer = self.send(Method::POST, &route, Sign::Token(token), Some(&json!({"body": text}))).await?;
        match answer.status {
            StatusCode::CREATED => Ok(()),
            _ => Err(answer.refused()),
        }
    }

    /// Lets a repository have pull requests.
    pub(super) async fn allow_pulls(&self, token: &Secret, repository: &str) -> Result<(), GiteaError> {
        let route = format!("repos/{}/{repository}", self.user);
        let answer = self.send(Method::PATCH, &route, Sign::Token(token), Some(&json!({"has_pull_requests": true}))).await?;
        match answer.status {
            StatusCode::OK => Ok(()),
            _ => Err(answer.refused()),
        }
    }

    fn pulls(&self, repository: &str) -> String {
        format!("repos/{}/{repository}/pulls", self.user)
    }

    fn comments_of(&self, repository: &str, number: u64) -> String {
        format!("repos/{}/{repository}/issues/{number}/comments", self.user)
    }
}

fn known(answer: &Answer) -> Result<Pull, GiteaError> {
    pull(&answer.body).ok_or_else(|| answer.refused())
}

/// Reads a pull request. The `ref` of a branch that was removed is another one, its `label` is not.
fn pull(shown: &Value) -> Option<Pull> {
    let state = match (shown["merged"].as_bool(), shown["merge_commit_sha"].as_str(), shown["state"].as_str()) {
        (Some(true), Some(commit), _) => PullState::Merged { commit: commit.to_owned() },
        (_, _, Some("open")) => PullState::Open,
        _ => PullState::Closed,
    };
    let head = shown["head"]["label"].as_str()?.to_owned();
    let tip = shown["head"]["sha"].as_str().unwrap_or_default().to_owned();
    Some(Pull { number: shown["number"].as_u64()?, head, tip, state })
}

/// A part of a path with every byte escaped that is neither a letter, a digit, nor one of `-._~` and `kept`.
fn escaped(part: &str, kept: &str) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.as_bytes().contains(&byte);
    part.bytes().map(|byte| if is_kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
