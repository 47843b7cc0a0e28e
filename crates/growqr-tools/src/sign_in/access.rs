//! The access tokens of one connection: read once, renewed before they end and when the server refuses one.

use super::error::SignInError;
use super::grant::Grant;
use super::ports::Ports;
use super::token;
use crate::server_name::ServerName;
use growqr_core::secret::Secret;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};
use url::Url;

/// Why there is no access token now.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// The person must sign in; why.
    #[error("{0}")]
    NeedsSignIn(String),
    /// It may work later.
    #[error("its sign-in cannot be used now: {0}")]
    Later(String),
}

/// What the server wants when there never was a sign-in.
const WANTS_SIGN_IN: &str = "it wants you to sign in";

/// The access tokens for one server.
#[derive(Clone)]
pub(crate) struct AccessTokens(Arc<Inner>);

struct Inner {
    ports: Arc<Ports>,
    server: ServerName,
    text: String,
    url: Url,
    client_id: Option<String>,
    kept: Mutex<Kept>,
    /// Why the person must sign in, once that is known.
    refusal: watch::Sender<Option<String>>,
}

/// What this process knows of the keychain.
enum Kept {
    Unread,
    Nothing,
    Saved(Box<Grant>),
    /// Newer than what the keychain has, which did not take it.
    Unsaved(Box<Grant>),
}

impl Kept {
    fn grant(&self) -> Option<&Grant> {
        match self {
            Kept::Unread | Kept::Nothing => None,
            Kept::Saved(grant) | Kept::Unsaved(grant) => Some(grant),
        }
    }
}

impl AccessTokens {
    pub(super) fn new(ports: Arc<Ports>, server: ServerName, text: String, url: Url, client_id: Option<String>) -> AccessTokens {
        let (kept, refusal) = (Mutex::new(Kept::Unread), watch::Sender::default());
        AccessTokens(Arc::new(Inner { ports, server, text, url, client_id, kept, refusal }))
    }

    /// The token to send; `None` if there is no sign-in, and the server may want none.
    ///
    /// # Errors
    /// [`TokenError`].
    pub(crate) async fn current(&self) -> Result<Option<Secret>, TokenError> {
        self.completed(|inner| async move { inner.current().await }).await
    }

    /// Another token after the server has refused this one: renewed, by this program or another one.
    ///
    /// # Errors
    /// [`TokenError`]; [`TokenError::NeedsSignIn`] if there is no other.
    pub(crate) async fn after_refusal(&self, refused: Option<Secret>) -> Result<Secret, TokenError> {
        self.completed(|inner| async move { inner.after_refusal(refused).await }).await
    }

    /// The server has refused a token that was renewed just now.
    pub(crate) fn is_refused(&self) {
        self.0.needs_sign_in("it refuses the sign-in");
    }

    /// Waits until the person must sign in; returns why. Cancel-safe.
    pub(crate) async fn ended(&self) -> String {
        let mut refusal = self.0.refusal.subscribe();
        let reason = refusal.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        match reason {
            Some(reason) => reason,
            // The sender lives as long as this value.
            None => std::future::pending().await,
        }
    }

    /// Why the person must sign in, if they must.
    pub(crate) fn refusal(&self) -> Option<String> {
        self.0.refusal.borrow().clone()
    }

    /// Does this to its end, also if nobody waits for it any more.
    async fn completed<T, W>(&self, work: impl FnOnce(Arc<Inner>) -> W) -> Result<T, TokenError>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, TokenError>> + Send + 'static,
    {
        let task = self.0.ports.renewals.spawn(work(Arc::clone(&self.0)));
        task.await.unwrap_or_else(|error| Err(TokenError::Later(error.to_string())))
    }
}

impl Inner {
    async fn current(&self) -> Result<Option<Secret>, TokenError> {
        let mut kept = self.kept.lock().await;
        if let Kept::Unread = *kept {
            match self.read().await {
                Ok(read) => *kept = read,
                // A server that wants no sign-in needs no keychain; one that does says so, and it is read again.
                Err(error) => {
                    tracing::debug!(server = %self.server, %error, "a request is made without the sign-in");
                    return Ok(None);
                }
            }
        }
        self.valid(&mut kept).await
    }

    /// The access token that is known, renewed if it is due.
    async fn valid(&self, kept: &mut Kept) -> Result<Option<Secret>, TokenError> {
        let Some(grant) = kept.grant() else { return Ok(None) };
        let now = self.ports.clock.now();
        let has_expired = grant.tokens.have_expired(now);
        let is_used = if grant.tokens.refresh.is_some() { !grant.tokens.are_due(now) } else { !has_expired };
        let before = grant.tokens.access.clone();
        if is_used {
            return Ok(Some(before));
        }
        match self.renewed(kept, &before).await {
            // It still holds, and the next call tries again.
            Err(TokenError::Later(_)) if !has_expired => Ok(Some(before)),
            renewed => renewed.map(Some),
        }
    }

    async fn after_refusal(&self, refused: Option<Secret>) -> Result<Secret, TokenError> {
        let mut kept = self.kept.lock().await;
        let Some(refused) = refused else {
            if let Kept::Unread = *kept {
                *kept = self.read().await?;
            }
            return self.valid(&mut kept).await?.ok_or_else(|| self.needs_sign_in(WANTS_SIGN_IN));
        };
        match kept.grant() {
            // Another call has renewed it meanwhile.
            Some(grant) if grant.tokens.access != refused => Ok(grant.tokens.access.clone()),
            _ => self.renewed(&mut kept, &refused).await,
        }
    }

    async fn read(&self) -> Result<Kept, TokenError> {
        let text = self.ports.grants.load(&self.server, &self.text).await.map_err(|error| TokenError::Later(error.0))?;
        let grant = text.and_then(|text| Grant::read(&text, &self.text, self.client_id.as_deref()));
        Ok(grant.map_or(Kept::Nothing, |grant| Kept::Saved(Box::new(grant))))
    }

    /// Another access token than this one. One program at a time: if another one was first, its token is taken.
    async fn renewed(&self, kept: &mut Kept, before: &Secret) -> Result<Secret, TokenError> {
        let _one_program = self.ports.grants.lock(&self.server).await;
        if !matches!(kept, Kept::Unsaved(_)) {
            *kept = self.read().await?;
        }
        let Some(grant) = kept.grant() else { return Err(self.needs_sign_in("you have signed out")) };
        let now = self.ports.clock.now();
        if grant.tokens.access != *before && !grant.tokens.are_due(now) {
            return Ok(grant.tokens.access.clone());
        }
        let Some(refresh) = grant.tokens.refresh.clone() else {
            return Err(self.forgotten(kept, "the sign-in has ended").await);
        };
        let renewed = async { token::renew(self.ports.requests(&self.url).await?, grant, &refresh, now).await };
        match renewed.await {
            Ok(tokens) => {
                let (access, grant) = (tokens.access.clone(), Box::new(Grant { tokens, ..grant.clone() }));
                *kept = match self.ports.grants.save(&self.server, &self.text, &grant.text()).await {
                    Ok(()) => Kept::Saved(grant),
                    Err(error) => {
                        // The earlier one is of no use any more.
                        tracing::warn!(server = %self.server, %error, "a renewed sign-in is not in the keychain, and lost at a restart");
                        Kept::Unsaved(grant)
                    }
                };
                Ok(access)
            }
            Err(SignInError::Refused(code)) if code.ends_sign_in() => {
                let reason = format!("the sign-in has ended, because its authorization server does not renew it ({code})");
                Err(self.forgotten(kept, &reason).await)
            }
            // In another network a name may lead elsewhere.
            Err(error) if error.is_temporary() || matches!(error, SignInError::Private { .. }) => {
                Err(TokenError::Later(error.to_string()))
            }
            Err(error) => Err(self.needs_sign_in(&format!("the sign-in cannot be renewed: {error}"))),
        }
    }

    /// Forgets a sign-in that is over.
    async fn forgotten(&self, kept: &mut Kept, reason: &str) -> TokenError {
        *kept = Kept::Nothing;
        if let Err(error) = self.ports.grants.forget(&self.server, &self.text).await {
            tracing::warn!(server = %self.server, %error, "a sign-in that is over is still in the keychain");
        }
        self.needs_sign_in(reason)
    }

    fn needs_sign_in(&self, reason: &str) -> TokenError {
        self.refusal.send_replace(Some(reason.to_owned()));
        TokenError::NeedsSignIn(reason.to_owned())
    }
}
