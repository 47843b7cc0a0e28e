//! Signing in at servers: an attempt waits for the browser on a port of this computer. The protocol is in `growqr-tools`, the port in
//! `growqr-auth`.

use super::{ToolServers, kept_values, missing, stored};
use crate::error::AppError;
use growqr_auth::loopback::{self, CallbackResult};
use growqr_core::journal::StoredToolServer;
use growqr_tools::sign_in::{AuthorizationCode, SignInAttempt, SignInError};
use growqr_tools::{ServerConfig, ServerName, Transport};
use growqr_wire::Reply;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// How long the person may take in the browser.
const LIMIT: Duration = Duration::from_secs(10 * 60);

impl ToolServers {
    /// Begins to sign in at a server. Returns the page for the browser; the attempt goes on by itself.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is no such server that is on; [`AppError::BadRequest`] if it cannot be signed in to.
    pub(crate) async fn sign_in(self: Arc<ToolServers>, name: &str) -> Result<Reply, AppError> {
        let row = self.row(name).await?.filter(|row| row.is_on).ok_or_else(|| missing(name))?;
        let config = stored::config(&row).map_err(|_| missing(name))?;
        let stop = self.sign_ins.begin(&config.name);
        let (asked, servers) = (config.clone(), Arc::clone(&self));
        let (begun, page) = oneshot::channel();
        // Also goes on, and is stopped, when nobody waits for the page any more.
        self.sign_ins.tasks.spawn(async move {
            let (listener, attempt) = match servers.begin(&config, &stop).await {
                Ok(found) => found,
                Err(error) => {
                    servers.sign_ins.forget(&config.name, &stop);
                    let _ = begun.send(Err(error));
                    return;
                }
            };
            let _ = begun.send(Ok(attempt.page().to_owned()));
            let ended = servers.finish(&config, Arc::new(attempt), listener, &stop).await;
            if let Err(error) = &ended {
                tracing::debug!(server = %config.name, %error, "signing in at a server failed");
            }
            if ended.is_ok() {
                servers.servers.restart(&config.name).await;
            }
            servers.sign_ins.end(&config.name, &stop, &ended);
        });
        let page = page.await.unwrap_or(Err(SignInError::Stopped)).map_err(|error| failed(&asked, &error))?;
        Ok(Reply::ToolSignIn { page })
    }

    /// Opens a port for the browser, and finds out where to sign in.
    async fn begin(&self, config: &ServerConfig, stop: &CancellationToken) -> Result<(TcpListener, SignInAttempt), SignInError> {
        let begun = stop.run_until_cancelled(async {
            let (listener, uri) = loopback::bind().await.map_err(|error| SignInError::NoPort(error.to_string()))?;
            Ok((listener, self.sign_ins.sign_ins.begin(config, uri).await?))
        });
        begun.await.unwrap_or(Err(SignInError::Stopped))
    }

    /// Stops signing in at a server.
    pub(crate) fn stop_sign_in(&self, name: &str) {
        self.sign_ins.stop(name);
    }

    /// Forgets the sign-in at a server.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is no such server; [`AppError::BadRequest`] if the keychain still has it.
    pub(crate) async fn sign_out(&self, name: &str) -> Result<(), AppError> {
        let _one_at_a_time = self.changing.lock().await;
        self.sign_ins.stop(name);
        let row = self.row(name).await?.ok_or_else(|| missing(name))?;
        self.sign_out_row(&row).await?;
        if let Ok(server) = ServerName::new(name) {
            self.servers.restart(&server).await;
        }
        Ok(())
    }

    /// Forgets the sign-in at a stored server.
    pub(super) async fn sign_out_row(&self, row: &StoredToolServer) -> Result<(), AppError> {
        let config = stored::config(row).map_err(|_| missing(&row.name))?;
        let told = self.sign_ins.sign_ins.sign_out(&config).await.map_err(|error| {
            let next_step = match error {
                SignInError::NoAddress => "Programs get their keys with --env.",
                _ => "Unlock the system's keychain, then try again.",
            };
            AppError::bad_request(format!("signing out of {} failed: {error}", row.name), next_step)
        })?;
        if !told {
            tracing::debug!(server = row.name, "no authorization server was told that the sign-in has ended");
        }
        Ok(())
    }

    /// Waits for the browser, and keeps the sign-in.
    async fn finish(
        &self,
        config: &ServerConfig,
        attempt: Arc<SignInAttempt>,
        listener: TcpListener,
        stop: &CancellationToken,
    ) -> Result<(), SignInError> {
        let code = answer(&attempt, listener, stop, LIMIT).await?;
        let exchange = self.sign_ins.sign_ins.exchange(&attempt, &code);
        let new = stop.run_until_cancelled(exchange).await.unwrap_or(Err(SignInError::Stopped))?;
        // It is kept only for the server that it was made for.
        let _one_at_a_time = self.changing.lock().await;
        let row = self.row(config.name.as_str()).await.map_err(|error| SignInError::NotKept(error.to_string()))?;
        let entry = match &config.transport {
            Transport::Http { url, .. } => Some(kept_values::sign_in_entry(config.name.as_str(), url)),
            Transport::Program { .. } => None,
        };
        if stop.is_cancelled() || row.as_ref().and_then(stored::sign_in_entry) != entry {
            return Err(SignInError::Changed);
        }
        self.sign_ins.sign_ins.keep(&config.name, &new).await
    }

    async fn row(&self, name: &str) -> Result<Option<StoredToolServer>, AppError> {
        Ok(self.store.tool_servers().await?.into_iter().find(|row| row.name == name))
    }
}

/// What comes back from the browser.
async fn answer(
    attempt: &Arc<SignInAttempt>,
    listener: TcpListener,
    stop: &CancellationToken,
    limit: Duration,
) -> Result<AuthorizationCode, SignInError> {
    let answered = Arc::new(Mutex::new(None));
    let (asked, place) = (Arc::clone(attempt), Arc::clone(&answered));
    let listening = loopback::listen(listener, stop.child_token(), move |callback| match asked.answer(callback) {
        None => CallbackResult::Ignored,
        Some(answer) => {
            let result = if answer.is_ok() { CallbackResult::Accepted } else { CallbackResult::Denied };
            // A browser that comes back twice brings the same.
            place.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(answer);
            result
        }
    });
    tokio::time::timeout(limit, listening).await.map_err(|_| SignInError::TimedOut)?;
    let answer = answered.lock().unwrap_or_else(PoisonError::into_inner).take();
    answer.unwrap_or(Err(SignInError::Stopped))
}

fn failed(config: &ServerConfig, error: &SignInError) -> AppError {
    let name = &config.name;
    let next_step = match (error, &config.transport) {
        (SignInError::NoMetadata, Transport::Http { url, .. }) => {
            let kept = config.kept.as_ref().map(|kept| kept.names.join(", "));
            let refused = kept.map(|names| format!("It may refuse the value that it has for {names}. ")).unwrap_or_default();
            format!(
                "{refused}If it wants a key: growqr tools add {name} --replace --url {url} --header \"Authorization: Bearer KEY\""
            )
        }
        (error, _) => next_step(name, error),
    };
    AppError::bad_request(format!("signing in at {name} failed: {error}"), next_step)
}

fn next_step(name: &ServerName, error: &SignInError) -> String {
    match error {
        SignInError::NotWanted => format!("Use it as it is: growqr tools test {name}"),
        SignInError::NoAddress => "Programs get their keys with --env, and addresses with --header.".to_owned(),
        SignInError::Stopped => format!("Begin again: growqr tools sign-in {name}"),
        _ => format!("Try again later. What is known of the server: growqr tools test {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;
    use async_trait::async_trait;
    use growqr_core::secret::Secret;
    use growqr_testkit::mcp::oauth::OauthMcp;
    use growqr_tools::sign_in::{Grants, GrantsError, SignIns};
    use growqr_tools::web::SystemNetwork;
    use std::collections::BTreeMap;

    struct Nothing;

    #[async_trait]
    impl Grants for Nothing {
        async fn load(&self, _server: &ServerName, _url: &str) -> Result<Option<Secret>, GrantsError> {
            Ok(None)
        }

        async fn save(&self, _server: &ServerName, _url: &str, _grant: &Secret) -> Result<(), GrantsError> {
            Ok(())
        }

        async fn forget(&self, _server: &ServerName, _url: &str) -> Result<(), GrantsError> {
            Ok(())
        }

        async fn lock(&self, _server: &ServerName) -> Box<dyn Send> {
            Box::new(())
        }
    }

    #[tokio::test]
    async fn a_closed_browser_ends_the_attempt_at_its_limit() {
        let stub = OauthMcp::start();
        let transport = Transport::Http { url: stub.url(), headers: BTreeMap::new() };
        let config = ServerConfig::new(ServerName::new("far").unwrap(), transport);
        let sign_ins = SignIns::new(Arc::new(Nothing), Arc::new(SystemNetwork), Arc::new(SystemClock));
        let (listener, uri) = loopback::bind().await.unwrap();
        let attempt = Arc::new(sign_ins.begin(&config, uri).await.unwrap());
        let answered = answer(&attempt, listener, &CancellationToken::new(), Duration::from_millis(50)).await;
        assert!(matches!(answered, Err(SignInError::TimedOut)));
    }
}
