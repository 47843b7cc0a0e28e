//! Pull requests of a repository, with their comments.

use super::{Answer, GiteaError, GiteaServer, Sign};
use growqr_core::secret::Secret;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The most pages of pull requests that are read.
const MAX_PAGES: usize = 20;
/// Pull requests on a page: the most that Gitea gives.
const PAGE: usize = 50;

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Its number in the repository.
    pub number: u64,
    /// The name of the branch that it is to be merged into.
    pub base: String,
    /// The name of its branch, also if that was removed.
    pub head: String,
    /// The newest commit of its branch.
    pub tip: String,
    /// Its state.
    pub state: PullState,
    /// False if nobody has commented on it.
    pub has_comments: bool,
}

impl Pull {
    /// The higher one of two of one branch counts.
    fn rank(&self) -> (u8, u64) {
        let state = match self.state {
            PullState::Merged { .. } => 2,
            PullState::Open => 1,
            PullState::Closed => 0,
        };
        (state, self.number)
    }
}

/// A comment on a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullComment {
    /// The name of the account that has written it; empty if Gitea does not know it.
    pub user: String,
    /// In Markdown.
    pub text: String,
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
    /// The pull requests of these branches into `base`, by branch, whatever their state. Of several of one branch one that is merged
    /// counts, or else the open one, or else the newest. One into another branch is left out.
    ///
    /// # Errors
    /// [`GiteaError`].
    pub async fn pulls_of(
        &self,
        token: &Secret,
        repository: &str,
        base: &str,
        heads: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Pull>, GiteaError> {
        let mut found = BTreeMap::<String, Pull>::new();
        for page in 1..=MAX_PAGES {
            // The newest are listed first, and those of one branch are not far from each other.
            if heads.iter().all(|head| found.contains_key(*head)) {
                break;
            }
            let route = format!("{}?state=all&limit={PAGE}&page={page}", self.pulls(repository));
            let answer = self.send(Method::GET, &route, Sign::Token(token), None).await?;
            let listed = match answer.status {
                StatusCode::OK => answer.body.as_array().map_or(&[][..], Vec::as_slice),
                _ => return Err(answer.refused()),
            };
            let wanted = listed.iter().filter_map(pull).filter(|pull| pull.base == base && heads.contains(pull.head.as_str()));
            for pull in wanted {
                if found.get(&pull.head).is_none_or(|other| other.rank() < pull.rank()) {
                    found.insert(pull.head.clone(), pull);
                }
            }
            if listed.len() < PAGE {
                break;
            }
        }
        Ok(found)
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
                let found = self.pulls_of(token, repository, base, &BTreeSet::from([head])).await?.remove(head);
                found.filter(|pull| pull.state == PullState::Open).ok_or_else(|| answer.refused())
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
    pub async fn comments(&self, token: &Secret, repository: &str, number: u64) -> Result<Vec<PullComment>, GiteaError> {
        let answer = self.send(Method::GET, &self.comments_of(repository, number), Sign::Token(token), None).await?;
        match answer.status {
            StatusCode::OK => {
                let comments = answer.body.as_array().into_iter().flatten();
                Ok(comments.filter_map(comment).collect())
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
    let base = shown["base"]["ref"].as_str()?.to_owned();
    let tip = shown["head"]["sha"].as_str().unwrap_or_default().to_owned();
    let has_comments = shown["comments"].as_u64() != Some(0);
    Some(Pull { number: shown["number"].as_u64()?, base, head, tip, state, has_comments })
}

fn comment(shown: &Value) -> Option<PullComment> {
    let user = shown["user"]["login"].as_str().unwrap_or_default().to_owned();
    Some(PullComment { user, text: shown["body"].as_str()?.to_owned() })
}
