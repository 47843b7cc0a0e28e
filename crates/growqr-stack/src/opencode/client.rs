//! The client: the server as a whole, its sessions and their messages.

use super::config::Rule;
use super::error::OpenCodeError;
use super::id::{MessageId, SessionId};
use super::paths::check_directory;
use super::transport::{Call, Limits, Transport};
use super::wire::{Message, Role, Session, Status};
use growqr_core::secret::Secret;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The versions that this client was written for.
const VERSIONS: &str = "1.18.";
/// Between two attempts to find the server ready, and between two looks at a session.
const PAUSE: Duration = Duration::from_millis(250);
/// An abort is repeated after this time.
const ABORT_AGAIN: Duration = Duration::from_secs(1);
/// A session that was aborted and is idle for so long is at rest.
const QUIET: Duration = Duration::from_millis(500);
/// A prompt that was accepted has begun after this time, or it never does.
const BEGINS_WITHIN: Duration = Duration::from_secs(5);
/// Sessions in a list. Titles are unique, so one page is enough to find one.
const LIST_LIMIT: &str = "1000";
/// Messages in a page, and messages that are read at most.
const PAGE: usize = 50;
const MAX_MESSAGES: usize = 10_000;
/// Bytes of all pages that are read together.
const MAX_MESSAGES_BYTES: usize = 256 * 1024 * 1024;
/// Descendants that are looked for. OpenCode does not let children start children.
const MAX_DESCENDANTS: usize = 1000;
const MAX_TITLE_CHARS: usize = 200;

/// A client of one OpenCode server. Clones share its connections.
#[derive(Clone)]
pub struct OpenCode {
    pub(super) transport: Arc<Transport>,
}

/// A session to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Its title, by which it is found again.
    pub title: String,
    /// The directory it works in, absolute, inside the container.
    pub directory: String,
    /// Rules of this session, after those of the agent.
    pub rules: Vec<Rule>,
}

/// A session, and whether it was there before.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedSession {
    /// The session.
    pub session: Session,
    /// Whether it existed.
    pub is_adopted: bool,
}

/// A prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Chosen by the caller. A second prompt with the same id is not sent by [`super::run_session`].
    pub message: MessageId,
    /// The agent that answers. OpenCode forgets it after each prompt.
    pub agent: String,
    /// The text.
    pub text: String,
}

impl OpenCode {
    /// A client for the server at `address`, such as `http://127.0.0.1:42001`. Does not connect.
    ///
    /// # Errors
    /// [`OpenCodeError::InvalidAddress`].
    pub fn new(address: &str, password: &Secret, limits: Limits) -> Result<OpenCode, OpenCodeError> {
        Ok(OpenCode { transport: Arc::new(Transport::new(address, password, limits)?) })
    }

    /// Waits until the server is up, has read its configuration and has loaded its models. Returns its version.
    ///
    /// # Errors
    /// At once for a wrong password, version or configuration; otherwise what was last seen when `limit` has passed.
    pub async fn until_ready(&self, limit: Duration) -> Result<String, OpenCodeError> {
        let mut last = OpenCodeError::Unreachable;
        let attempts = async {
            loop {
                match self.look().await {
                    Err(error) if error.is_temporary() => last = error,
                    other => return other,
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        let version = tokio::time::timeout(limit, attempts).await.map_err(|_| last)??;
        // The configuration is read with the first call for a directory, not at the start.
        match self.transport.send(Call::get(&["config"])).await {
            Err(OpenCodeError::Refused { message, .. }) => return Err(OpenCodeError::Misconfigured(message)),
            other => other?,
        };
        self.transport.send(Call::get(&["config", "providers"])).await?;
        Ok(version)
    }

    async fn look(&self) -> Result<String, OpenCodeError> {
        #[derive(Deserialize)]
        struct Health {
            version: String,
        }
        let health: Health = self.transport.probe(Call::get(&["global", "health"])).await?.json()?;
        if health.version.starts_with(VERSIONS) {
            return Ok(health.version);
        }
        Err(OpenCodeError::WrongVersion { found: health.version, wanted: VERSIONS })
    }

    /// The names of the agents that the server knows.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn agents(&self, directory: &str) -> Result<Vec<String>, OpenCodeError> {
        #[derive(Deserialize)]
        struct Agent {
            name: String,
        }
        let agents: Vec<Agent> = self.in_directory(Call::get(&["agent"]), directory)?.json().await?;
        Ok(agents.into_iter().map(|agent| agent.name).collect())
    }

    /// Makes the directory a git repository, so that the changes of each run are known, also those of shell commands. Does nothing
    /// if it is one.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn track_changes(&self, directory: &str) -> Result<(), OpenCodeError> {
        self.in_directory(Call::new(Method::POST, &["project", "git", "init"]), directory)?.send().await
    }

    /// The session with this title in this directory, created if there is none. Callers must not open the same title twice at
    /// once.
    ///
    /// # Errors
    /// [`OpenCodeError`]. After a timeout the session may exist; another call then finds it.
    pub async fn open_session(&self, new: &NewSession) -> Result<OpenedSession, OpenCodeError> {
        match self.find_session(&new.title, &new.directory).await? {
            Some(session) => Ok(OpenedSession { session, is_adopted: true }),
            None => Ok(OpenedSession { session: self.create_session(new).await?, is_adopted: false }),
        }
    }

    /// The oldest session with exactly this title in this directory.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn find_session(&self, title: &str, directory: &str) -> Result<Option<Session>, OpenCodeError> {
        let call = Call::get(&["session"]).query("search", check_title(title)?).query("roots", "true").query("limit", LIST_LIMIT);
        let found: Vec<Session> = self.in_directory(call, directory)?.json().await?;
        Ok(found.into_iter().rfind(|session| session.title == title && session.directory == directory))
    }

    /// Creates a session, even if there is one with this title. Use [`OpenCode::open_session`] unless that is meant.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn create_session(&self, new: &NewSession) -> Result<Session, OpenCodeError> {
        let body = json!({"title": check_title(&new.title)?, "permission": new.rules});
        self.in_directory(Call::post(&["session"], body), &new.directory)?.json().await
    }

    /// A session by its id.
    ///
    /// # Errors
    /// [`OpenCodeError::NotFound`] if there is none.
    pub async fn session(&self, id: &SessionId) -> Result<Session, OpenCodeError> {
        self.transport.send(Call::get(&["session", id.as_str()])).await?.json()
    }

    /// The sessions below a session: those that its `task` tool started, and theirs.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn descendants(&self, id: &SessionId) -> Result<Vec<Session>, OpenCodeError> {
        let mut found: Vec<Session> = Vec::new();
        let mut next = Some(id.clone());
        let mut asked = 0;
        while let Some(parent) = next {
            let children: Vec<Session> =
                self.transport.send(Call::get(&["session", parent.as_str(), "children"])).await?.json()?;
            found.extend(children);
            if found.len() > MAX_DESCENDANTS {
                return Err(OpenCodeError::TooLarge);
            }
            next = found.get(asked).map(|session| session.id.clone());
            asked += 1;
        }
        Ok(found)
    }

    /// What the sessions of a directory do now. Idle ones are absent.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn statuses(&self, directory: &str) -> Result<HashMap<SessionId, Status>, OpenCodeError> {
        let busy: BTreeMap<String, Status> = self.in_directory(Call::get(&["session", "status"]), directory)?.json().await?;
        busy.into_iter().map(|(id, status)| Ok((id.try_into()?, status))).collect()
    }

    /// What a session does now. Just after a prompt it can still say idle. A reply without [`super::Times::completed`] in an
    /// idle session was interrupted by the server's death.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn status(&self, session: &Session) -> Result<Status, OpenCodeError> {
        Ok(self.statuses(&session.directory).await?.remove(&session.id).unwrap_or_default())
    }

    /// Sends a prompt. Returns once it is accepted, not once it is answered. An unknown agent is accepted and then ignored: see
    /// [`OpenCode::agents`].
    ///
    /// # Errors
    /// [`OpenCodeError`]. After a timeout the prompt may have been accepted: see [`OpenCode::has_message`].
    pub async fn prompt(&self, session: &SessionId, prompt: &Prompt) -> Result<(), OpenCodeError> {
        let body = json!({
            "messageID": prompt.message,
            "agent": prompt.agent,
            "parts": [{"type": "text", "text": prompt.text}],
        });
        self.transport.send(Call::post(&["session", session.as_str(), "prompt_async"], body)).await.map(drop)
    }

    /// Whether a session has a message.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn has_message(&self, session: &SessionId, message: &MessageId) -> Result<bool, OpenCodeError> {
        let call = Call::get(&["session", session.as_str(), "message", message.as_str()]);
        match self.transport.send(call).await {
            Ok(_) => Ok(true),
            Err(OpenCodeError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All messages of a session, oldest first.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn messages(&self, session: &SessionId) -> Result<Vec<Message>, OpenCodeError> {
        self.messages_back_to(session, |_| false).await
    }

    /// A prompt and all messages after it, oldest first. Empty if there is no such prompt.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn turn(&self, session: &SessionId, prompt: &MessageId) -> Result<Vec<Message>, OpenCodeError> {
        let mut messages = self.messages_back_to(session, |message| message.info.id == *prompt).await?;
        let start = messages.iter().position(|message| message.info.id == *prompt).unwrap_or(messages.len());
        Ok(messages.split_off(start))
    }

    /// Reads pages, the newest first, until one contains the wanted message.
    async fn messages_back_to(
        &self,
        session: &SessionId,
        is_wanted: impl Fn(&Message) -> bool,
    ) -> Result<Vec<Message>, OpenCodeError> {
        let mut messages: Vec<Message> = Vec::new();
        let mut cursor: Option<String> = None;
        let mut size = PAGE;
        let mut bytes = 0;
        while messages.len() < MAX_MESSAGES {
            let mut call = Call::get(&["session", session.as_str(), "message"]).query("limit", size.to_string());
            if let Some(cursor) = &cursor {
                call = call.query("before", cursor);
            }
            let answer = match self.transport.send(call).await {
                // Long outputs of tools. A smaller page may be small enough.
                Err(OpenCodeError::TooLarge) if size > 1 => {
                    size = (size / 5).max(1);
                    continue;
                }
                answer => answer?,
            };
            bytes += answer.len();
            if bytes > MAX_MESSAGES_BYTES {
                return Err(OpenCodeError::TooLarge);
            }
            let mut page: Vec<Message> = answer.json()?;
            if page.is_empty() && answer.next.is_some() {
                return Err(OpenCodeError::Unreadable("a page without messages names a next page".into()));
            }
            page.append(&mut messages);
            messages = page;
            cursor = answer.next;
            if cursor.is_none() || messages.iter().any(&is_wanted) {
                return Ok(messages);
            }
        }
        Err(OpenCodeError::TooLarge)
    }

    /// Stops a session and its children. Returns before they are idle; their pending requests stay: see [`OpenCode::stop`].
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn abort(&self, session: &SessionId) -> Result<(), OpenCodeError> {
        self.transport.send(Call::new(Method::POST, &["session", session.as_str(), "abort"])).await.map(drop)
    }

    /// Whether a session and its children are idle now.
    async fn is_idle(&self, session: &Session) -> Result<bool, OpenCodeError> {
        let busy = self.statuses(&session.directory).await?;
        let mut family = vec![session.id.clone()];
        if !busy.is_empty() {
            family.extend(self.descendants(&session.id).await?.into_iter().map(|child| child.id));
        }
        Ok(family.iter().all(|id| busy.get(id).is_none_or(|status| *status == Status::Idle)))
    }

    /// Aborts a session and rejects its pending requests, again and again, until it is idle and stays so for a moment: an abort that
    /// comes before a run has begun has no effect on it.
    ///
    /// # Errors
    /// [`OpenCodeError::StillBusy`] when `limit` has passed.
    pub async fn stop(&self, session: &Session, limit: Duration) -> Result<(), OpenCodeError> {
        self.stop_run(session, None, limit).await
    }

    /// [`OpenCode::stop`], and waits for the run of a prompt that may have been accepted shortly before, to stop that too.
    ///
    /// # Errors
    /// [`OpenCodeError::StillBusy`] when `limit` has passed.
    pub async fn stop_prompt(&self, session: &Session, prompt: &MessageId, limit: Duration) -> Result<(), OpenCodeError> {
        self.stop_run(session, Some(prompt), limit).await
    }

    async fn stop_run(&self, session: &Session, prompt: Option<&MessageId>, limit: Duration) -> Result<(), OpenCodeError> {
        let attempts = async {
            let (mut idle_since, mut aborted_at) = (Instant::now(), None::<Instant>);
            loop {
                if aborted_at.is_none_or(|at| at.elapsed() >= ABORT_AGAIN) {
                    self.abort(&session.id).await?;
                    self.reject_all(session).await?;
                    aborted_at = Some(Instant::now());
                }
                if !self.is_idle(session).await? {
                    idle_since = Instant::now();
                } else if idle_since.elapsed() >= QUIET {
                    let is_over = match prompt {
                        Some(prompt) if idle_since.elapsed() < BEGINS_WITHIN => self.has_begun(session, prompt).await?,
                        _ => true,
                    };
                    if is_over {
                        return Ok(());
                    }
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(limit, attempts).await.map_err(|_| OpenCodeError::StillBusy)?
    }

    /// Whether the run of a prompt has begun.
    async fn has_begun(&self, session: &Session, prompt: &MessageId) -> Result<bool, OpenCodeError> {
        let turn = self.turn(&session.id, prompt).await?;
        Ok(turn.iter().any(|message| message.info.role == Role::Assistant))
    }

    /// Stops a session, then deletes it and its children. A session that does not become idle is not deleted: OpenCode would go on
    /// calling the model for it. Succeeds if there is no such session.
    ///
    /// # Errors
    /// [`OpenCodeError::StillBusy`] when `limit` has passed.
    pub async fn delete(&self, id: &SessionId, limit: Duration) -> Result<(), OpenCodeError> {
        let session = match self.session(id).await {
            Err(OpenCodeError::NotFound(_)) => return Ok(()),
            other => other?,
        };
        self.stop(&session, limit).await?;
        match self.transport.send(Call::new(Method::DELETE, &["session", id.as_str()])).await {
            Ok(_) | Err(OpenCodeError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A call that belongs to a directory.
    pub(super) fn in_directory<'a>(&'a self, call: Call<'a>, directory: &str) -> Result<DirectoryCall<'a>, OpenCodeError> {
        Ok(DirectoryCall { transport: &self.transport, call: call.query("directory", check_directory(directory)?) })
    }
}

/// A call that is ready to be sent.
pub(super) struct DirectoryCall<'a> {
    transport: &'a Transport,
    call: Call<'a>,
}

impl DirectoryCall<'_> {
    pub async fn json<T: serde::de::DeserializeOwned>(self) -> Result<T, OpenCodeError> {
        self.transport.send(self.call).await?.json()
    }

    /// For calls whose answer says nothing. It is still JSON; a web page means that the call does not exist.
    pub async fn send(self) -> Result<(), OpenCodeError> {
        self.json::<Value>().await.map(drop)
    }
}

/// A title that is found again: OpenCode makes up another for an empty one.
fn check_title(title: &str) -> Result<&str, OpenCodeError> {
    let usable = !title.trim().is_empty() && title.chars().count() <= MAX_TITLE_CHARS && !title.contains(char::is_control);
    if usable { Ok(title) } else { Err(OpenCodeError::InvalidTitle(title.chars().take(MAX_TITLE_CHARS).collect())) }
}
