//! The client of the person's Gitea: waits until it is ready, makes the user, the token and the repository, and resets the
//! password. Every step may be repeated: a start that was killed anywhere is completed by the next one.
//!
//! It uses the REST API, and commands inside the container ([`GiteaCommands`]) for what the API cannot do without a token.
//! Answers are judged by status code; texts differ between versions (1.22 to 28).

mod bootstrap;
mod error;
mod pulls;
mod version;

pub use bootstrap::{Credentials, TOKEN_SCOPES};
pub use error::GiteaError;
pub use pulls::{NewPull, Pull, PullComment, PullState};
pub use version::GiteaVersion;

use async_trait::async_trait;
use base64::Engine;
use growqr_core::secret::Secret;
use growqr_http::Target;
use reqwest::{Client, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// How long one request may take. A paused container takes the connection and says nothing.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// The largest answer. The lists of tokens and users that are read are far smaller.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// How long one look at the health may take, and the pause between two looks.
const HEALTH_LIMIT: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(250);

/// Runs a command inside the container, as the user of the image, without a terminal.
#[async_trait]
pub trait GiteaCommands: Send + Sync {
    /// Runs a command line, program first, to its end. A command that fails is a result with its exit code.
    ///
    /// # Errors
    /// [`CommandError`] if it is unknown whether or how the command ended.
    async fn run(&self, arguments: &[&str]) -> Result<CommandOutput, CommandError>;
}

/// The result of a command.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandOutput {
    /// The exit code.
    pub exit: i64,
    /// Standard output. It may contain a token.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A command could not be run, or its end is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the command could not be run in the container: {0}")]
pub struct CommandError(pub String);

/// A repository on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiteaRepository {
    /// The URL for git, without credentials.
    pub git_url: String,
    /// The page for the browser.
    pub page_url: String,
}

/// A Gitea server on a loopback port, used as one user.
#[derive(Clone, Debug)]
pub struct GiteaServer {
    client: Client,
    base: String,
    user: String,
}

/// How a request is signed.
#[derive(Clone, Copy)]
enum Sign<'a> {
    Token(&'a Secret),
    /// The token as the password of Basic. The routes for tokens accept nothing else.
    Basic(&'a Secret),
}

/// An answer of the API.
struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    fn refused(&self) -> GiteaError {
        let message = self.body["message"].as_str().unwrap_or_default().to_owned();
        match self.status {
            StatusCode::UNAUTHORIZED => GiteaError::TokenRefused,
            status => GiteaError::Refused { status: status.as_u16(), message },
        }
    }
}

impl GiteaServer {
    /// A client for the server at `base` (`http://127.0.0.1:PORT`), as `user`. Sends nothing.
    ///
    /// # Errors
    /// [`GiteaError::Unreachable`] if the client cannot be built.
    pub fn new(base: &str, user: &str) -> Result<GiteaServer, GiteaError> {
        let builder = growqr_http::builder(Target::LOOPBACK).expect("without proxies and certificates nothing is missing");
        let client = builder.connect_timeout(HEALTH_LIMIT).timeout(REQUEST_LIMIT).build();
        let client = client.map_err(|error| GiteaError::unreachable(&error))?;
        Ok(GiteaServer { client, base: base.trim_end_matches('/').to_owned(), user: user.to_owned() })
    }

    /// The user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Waits until the server answers requests and its database works. Before and during a migration it does not listen.
    /// The first start may take two minutes; restarting a slow server could break a running migration.
    ///
    /// # Errors
    /// [`GiteaError::NotInstalled`] at once, [`GiteaError::NotReady`] after `limit`.
    pub async fn until_ready(&self, limit: Duration) -> Result<(), GiteaError> {
        let end = now() + limit;
        loop {
            let last = match self.health().await? {
                None => return Ok(()),
                Some(last) => last,
            };
            if now() + PAUSE >= end {
                return Err(GiteaError::NotReady { seconds: limit.as_secs(), last });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// `None` if the server is ready, otherwise what it says.
    async fn health(&self) -> Result<Option<String>, GiteaError> {
        let request = self.client.get(format!("{}/api/healthz", self.base)).timeout(HEALTH_LIMIT);
        let (status, body) = match request.send().await {
            Err(error) => return Ok(Some(error::chain(&error))),
            Ok(mut response) => (response.status(), read(&mut response).await.unwrap_or_default()),
        };
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let passes = status == StatusCode::OK && body["status"] == "pass";
        let has_database = body["checks"]["database:ping"].is_array();
        match (passes, has_database) {
            (true, true) => Ok(None),
            // The installer says "pass" without any checks.
            (true, false) => Err(GiteaError::NotInstalled),
            (false, _) => Ok(Some(format!("its health is {status}"))),
        }
    }

    /// The server's version.
    ///
    /// # Errors
    /// [`GiteaError`].
    pub async fn version(&self, token: &Secret) -> Result<GiteaVersion, GiteaError> {
        let answer = self.send(Method::GET, "version", Sign::Token(token), None).await?;
        let text = answer.body["version"].as_str().unwrap_or_default();
        match answer.status {
            StatusCode::OK => text.parse().map_err(|()| GiteaError::UnknownVersion(text.to_owned())),
            _ => Err(answer.refused()),
        }
    }

    /// Makes the private, empty repository `name` if there is none. The first commit is pushed from the local clone.
    ///
    /// # Errors
    /// [`GiteaError`].
    pub async fn ensure_repository(&self, token: &Secret, name: &str) -> Result<GiteaRepository, GiteaError> {
        let page_url = format!("{}/{}/{name}", self.base, self.user);
        let repository = GiteaRepository { git_url: format!("{page_url}.git"), page_url };
        let known = self.send(Method::GET, &format!("repos/{}/{name}", self.user), Sign::Token(token), None).await?;
        match known.status {
            // Made by an earlier version of this program.
            StatusCode::OK if known.body["has_pull_requests"] == false => {
                // Memory is copied without them too.
                if let Err(error) = self.allow_pulls(token, name).await {
                    tracing::warn!(%error, "pull requests cannot be switched on for the copy of memory");
                }
                return Ok(repository);
            }
            StatusCode::OK => return Ok(repository),
            StatusCode::NOT_FOUND => {}
            _ => return Err(known.refused()),
        }
        // A first commit made by the server would have nothing in common with the local clone.
        let wanted = json!({
            "name": name, "private": true, "auto_init": false, "default_branch": "main", "object_format_name": "sha1",
        });
        let made = self.send(Method::POST, "user/repos", Sign::Token(token), Some(&wanted)).await?;
        match made.status {
            StatusCode::CREATED | StatusCode::CONFLICT => Ok(repository),
            _ => Err(made.refused()),
        }
    }

    /// Sends a request to the API.
    async fn send(&self, method: Method, route: &str, sign: Sign<'_>, body: Option<&Value>) -> Result<Answer, GiteaError> {
        let authorization = match sign {
            Sign::Token(token) => format!("token {}", token.expose()),
            Sign::Basic(token) => {
                let pair = format!("{}:{}", self.user, token.expose());
                format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
            }
        };
        let mut value = header::HeaderValue::try_from(authorization).map_err(|_| GiteaError::TokenRefused)?;
        value.set_sensitive(true);
        let request = self.client.request(method, format!("{}/api/v1/{route}", self.base)).header(header::AUTHORIZATION, value);
        let request = match body {
            Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(body.to_string()),
            None => request,
        };
        let mut response = request.send().await.map_err(|error| GiteaError::unreachable(&error))?;
        let status = response.status();
        let bytes = read(&mut response).await?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }
}

/// Reads a body up to the limit.
async fn read(response: &mut Response) -> Result<Vec<u8>, GiteaError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| GiteaError::unreachable(&error))? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(GiteaError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn now() -> Instant {
    Instant::now()
}
