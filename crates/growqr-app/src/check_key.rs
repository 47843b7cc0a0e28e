//! Asks a provider whether it accepts a key, before the key is stored anywhere.

use crate::error::AppError;
use crate::model_setup::servers::ServerAddress;
use crate::models;
use crate::profile::keys;
use crate::profile::location::{Environment, Profile};
use growqr_core::model::FailureKind;
use growqr_core::secret::Secret;
use growqr_models::anthropic::{Anthropic, Config, RetryPolicy};
use growqr_models::openai::{self, OpenAi};
use growqr_wire::KeyCheck;
use std::time::Duration;

/// Timeout of the whole check. A person waits for the answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Timeout of the connection. It is shorter, so that there is time to say what is wrong with the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(6);

/// Lets the provider of this name check a key. Stores nothing and costs nothing.
///
/// # Errors
/// If there is no such provider, or if the text cannot be a key. The provider's answer is never an error.
pub(crate) async fn check_key(
    profile: &Profile,
    environment: &Environment,
    name: &str,
    value: &str,
) -> Result<KeyCheck, AppError> {
    let name = keys::provider_name(name)?;
    let key = keys::parse_key(value)?;
    let (service, checked) = if name == openai::PROVIDER {
        let address = ServerAddress::resolve(environment, &models::stored_settings(profile).await?);
        let base = match address.base {
            Ok(base) if address.is_set => base,
            _ => {
                return Ok(KeyCheck::Unknown {
                    message: "No server address is set, so the key was not sent anywhere.".to_owned(),
                });
            }
        };
        let mut config = openai::Config::new(base, Some(key), 0);
        (config.retry, config.connect_timeout) = (no_retries(), CONNECT_TIMEOUT);
        ("The server", tokio::time::timeout(TIMEOUT, OpenAi::new(config).check()).await)
    } else {
        let config = config(environment.get("ANTHROPIC_BASE_URL"), key);
        ("Anthropic", tokio::time::timeout(TIMEOUT, Anthropic::new(config).check()).await)
    };
    Ok(match checked {
        Ok(Ok(())) => KeyCheck::Accepted,
        Ok(Err(failure)) if failure.kind == FailureKind::Key => KeyCheck::Refused { message: failure.message },
        Ok(Err(failure)) => KeyCheck::Unknown { message: failure.message },
        Err(_) => KeyCheck::Unknown { message: format!("{service} did not answer within {} seconds.", TIMEOUT.as_secs()) },
    })
}

fn config(base_url: Option<&str>, key: Secret) -> Config {
    let mut config = Config::new(key, 0);
    (config.retry, config.connect_timeout) = (no_retries(), CONNECT_TIMEOUT);
    if let Some(base_url) = base_url {
        base_url.clone_into(&mut config.base_url);
    }
    config
}

/// One attempt: the person can repeat the check.
fn no_retries() -> RetryPolicy {
    RetryPolicy { tries: 1, connect_tries: 1, ..RetryPolicy::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_testkit::anthropic::AnthropicStub;
    use growqr_testkit::openai::{OpenAiStub, ServerBehaviour};

    async fn check(base_url: &str, key: &str) -> KeyCheck {
        check_with("anthropic", "ANTHROPIC_BASE_URL", base_url, key).await
    }

    async fn check_with(name: &str, variable: &str, base_url: &str, key: &str) -> KeyCheck {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::from_variables(&[(variable, base_url)]);
        let profile = Profile::find(Some(folder.path()), &environment).unwrap();
        check_key(&profile, &environment, name, key).await.unwrap()
    }

    #[tokio::test]
    async fn a_key_for_a_server_is_sent_only_to_the_configured_address() {
        let behaviour = ServerBehaviour { key: Some("sk-right".to_owned()), ..ServerBehaviour::plain() };
        let server = OpenAiStub::start(behaviour).await;
        assert_eq!(check_with("openai", "OPENAI_BASE_URL", server.base_url(), "sk-right").await, KeyCheck::Accepted);
        let refused = check_with("openai", "OPENAI_BASE_URL", server.base_url(), "sk-canary").await;
        let KeyCheck::Refused { message } = refused else { panic!("{refused:?}") };
        assert!(!message.contains("canary"), "{message}");
        assert!(matches!(check_with("openai", "OTHER", "", "sk-canary").await, KeyCheck::Unknown { .. }));
    }

    #[tokio::test]
    async fn the_provider_at_the_configured_address_accepts_or_refuses_a_key() {
        let claude = AnthropicStub::start().await;
        assert_eq!(check(claude.base_url(), claude.key()).await, KeyCheck::Accepted);
        let refused = check(claude.base_url(), "sk-canary").await;
        let KeyCheck::Refused { message } = refused else { panic!("{refused:?}") };
        assert!(message.contains("key") && !message.contains("canary"), "{message}");
        assert_eq!(claude.requests().len(), 3, "one more request, without a key, at an address that is not Anthropic's");
    }

    #[tokio::test]
    async fn a_key_is_not_accepted_by_a_server_that_needs_none() {
        let server = OpenAiStub::start(ServerBehaviour::plain()).await;
        let unchecked = check_with("openai", "OPENAI_BASE_URL", server.base_url(), "sk-canary").await;
        let KeyCheck::Unknown { message } = unchecked else { panic!("{unchecked:?}") };
        assert!(message.contains("without a key"), "{message}");
    }

    #[tokio::test]
    async fn no_key_is_sent_unencrypted_to_another_computer() {
        for (name, variable, address) in [
            ("anthropic", "ANTHROPIC_BASE_URL", "http://192.0.2.1"),
            ("anthropic", "ANTHROPIC_BASE_URL", "http://127.0.0.1.example.com"),
            ("openai", "OPENAI_BASE_URL", "http://192.168.255.254:9"),
        ] {
            let unchecked = check_with(name, variable, address, "sk-canary").await;
            let KeyCheck::Unknown { message } = unchecked else { panic!("{unchecked:?}") };
            assert!(message.contains("http://") && !message.contains("canary"), "{message}");
        }
    }

    #[tokio::test]
    async fn without_a_network_the_check_result_is_unknown() {
        let unknown = check("http://127.0.0.1:9", "sk-canary").await;
        let KeyCheck::Unknown { message } = unknown else { panic!("{unknown:?}") };
        assert!(message.contains("network") && !message.contains("canary"), "{message}");
    }

    #[tokio::test]
    async fn an_unexpected_answer_makes_the_check_result_unknown() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let portal = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let page = b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n<html>Sign in</html>";
            tokio::io::AsyncWriteExt::write_all(&mut stream, page).await.unwrap();
            stream
        });
        assert!(matches!(check(&address, "sk-canary").await, KeyCheck::Unknown { .. }));
        portal.await.unwrap();
    }
}
