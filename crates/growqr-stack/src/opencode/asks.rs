//! Requests of sessions that wait for a person: permissions and questions.

use super::client::OpenCode;
use super::error::OpenCodeError;
use super::id::{PermissionId, QuestionId, SessionId};
use super::transport::Call;
use super::wire::{PermissionRequest, QuestionRequest, Session};
use reqwest::Method;
use serde_json::json;
use std::collections::HashSet;

/// A request that waits.
#[derive(Clone, Debug, PartialEq)]
pub enum PendingRequest {
    /// A tool call waits for a permission.
    Permission(PermissionRequest),
    /// The model asked questions.
    Question(QuestionRequest),
}

impl PendingRequest {
    /// The session that asks. It may be a child of the one it was listed for.
    #[must_use]
    pub fn session(&self) -> &SessionId {
        match self {
            PendingRequest::Permission(request) => &request.session,
            PendingRequest::Question(request) => &request.session,
        }
    }
}

/// A reply to a permission request. OpenCode's third reply, "always", would permit similar calls of every session of the directory
/// in a list that nobody sees, so it is never sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionReply {
    /// This call may run.
    Once,
    /// The call must not run. With a message the model reads it and goes on; without, the run ends.
    Reject {
        /// What the model is told.
        message: Option<String>,
    },
}

impl OpenCode {
    /// The permission requests that wait in a directory.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn permissions(&self, directory: &str) -> Result<Vec<PermissionRequest>, OpenCodeError> {
        self.in_directory(Call::get(&["permission"]), directory)?.json().await
    }

    /// The questions that wait in a directory.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn questions(&self, directory: &str) -> Result<Vec<QuestionRequest>, OpenCodeError> {
        self.in_directory(Call::get(&["question"]), directory)?.json().await
    }

    /// What waits for a reply in a session and its children.
    ///
    /// # Errors
    /// [`OpenCodeError`].
    pub async fn pending(&self, session: &Session) -> Result<Vec<PendingRequest>, OpenCodeError> {
        let permissions = self.permissions(&session.directory).await?.into_iter().map(PendingRequest::Permission);
        let questions = self.questions(&session.directory).await?.into_iter().map(PendingRequest::Question);
        let mut pending: Vec<PendingRequest> = permissions.chain(questions).collect();
        if pending.iter().any(|request| *request.session() != session.id) {
            let mut family = HashSet::from([session.id.clone()]);
            family.extend(self.descendants(&session.id).await?.into_iter().map(|child| child.id));
            pending.retain(|request| family.contains(request.session()));
        }
        Ok(pending)
    }

    /// Answers a permission request.
    ///
    /// # Errors
    /// [`OpenCodeError::NotFound`] if it no longer waits in this directory.
    pub async fn reply_permission(
        &self,
        directory: &str,
        id: &PermissionId,
        reply: &PermissionReply,
    ) -> Result<(), OpenCodeError> {
        let body = match reply {
            PermissionReply::Once => json!({"reply": "once"}),
            PermissionReply::Reject { message: None } => json!({"reply": "reject"}),
            PermissionReply::Reject { message: Some(message) } => json!({"reply": "reject", "message": message}),
        };
        self.in_directory(Call::post(&["permission", id.as_str(), "reply"], body), directory)?.send().await
    }

    /// Answers a question request: for each question the labels of the chosen options, or a typed text.
    ///
    /// # Errors
    /// [`OpenCodeError::NotFound`] if it no longer waits in this directory.
    pub async fn reply_question(&self, directory: &str, id: &QuestionId, answers: &[Vec<String>]) -> Result<(), OpenCodeError> {
        let body = json!({"answers": answers});
        self.in_directory(Call::post(&["question", id.as_str(), "reply"], body), directory)?.send().await
    }

    /// Refuses to answer a question request.
    ///
    /// # Errors
    /// [`OpenCodeError::NotFound`] if it no longer waits in this directory.
    pub async fn reject_question(&self, directory: &str, id: &QuestionId) -> Result<(), OpenCodeError> {
        self.in_directory(Call::new(Method::POST, &["question", id.as_str(), "reject"]), directory)?.send().await
    }

    /// Rejects everything that waits in a session and its children. After an abort the requests would stay.
    pub(super) async fn reject_all(&self, session: &Session) -> Result<(), OpenCodeError> {
        for request in self.pending(session).await? {
            let rejected = match &request {
                PendingRequest::Permission(request) => {
                    self.reply_permission(&session.directory, &request.id, &PermissionReply::Reject { message: None }).await
                }
                PendingRequest::Question(request) => self.reject_question(&session.directory, &request.id).await,
            };
            match rejected {
                Ok(()) | Err(OpenCodeError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
