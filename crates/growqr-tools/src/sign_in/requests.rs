//! Requests to authorization servers: only to checked addresses, without redirects, with limits for time and bytes.

use super::error::SignInError;
use super::reach::{Reach, host_of};
use crate::web::network::{LookUpError, Network, pinned_client, sockets};
use growqr_http::Cause;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Response};
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::{Host, Url, form_urlencoded};
use zeroize::Zeroizing;

/// The longest answer.
const MAX_BYTES: usize = 256 << 10;

/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(20);

/// An answer.
pub(crate) struct Answer {
    pub status: u16,
    host: String,
    body: Zeroizing<Vec<u8>>,
}

impl Answer {
    #[cfg(test)]
    pub(crate) fn for_tests(status: u16, body: &serde_json::Value) -> Answer {
        Answer { status, host: String::new(), body: Zeroizing::new(body.to_string().into_bytes()) }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, SignInError> {
        serde_json::from_slice(&self.body).map_err(|_| SignInError::Unreadable { host: self.host.clone() })
    }

    /// That the status is not the expected one.
    pub(crate) fn unexpected(&self) -> SignInError {
        SignInError::Status { host: self.host.clone(), status: self.status }
    }
}

/// Makes requests to the addresses that a server may name.
#[derive(Clone, Copy)]
pub(crate) struct Requests<'a> {
    pub network: &'a dyn Network,
    pub reach: Reach,
}

impl Requests<'_> {
    pub(crate) async fn get(self, url: &Url) -> Result<Answer, SignInError> {
        let client = self.client(url).await?;
        answer(url, client.get(url.clone())).await
    }

    pub(crate) async fn post_json(self, url: &Url, body: String) -> Result<Answer, SignInError> {
        let client = self.client(url).await?;
        answer(url, client.post(url.clone()).header(CONTENT_TYPE, "application/json").body(body)).await
    }

    /// Posts a form; `login` is a name and a password for the header `Authorization`.
    pub(crate) async fn post_form(
        self,
        url: &Url,
        fields: &[(&str, &str)],
        login: Option<HeaderValue>,
    ) -> Result<Answer, SignInError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let client = self.client(url).await?;
        let mut request = client.post(url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        if let Some(login) = login {
            request = request.header(AUTHORIZATION, login);
        }
        answer(url, request).await
    }

    async fn client(self, url: &Url) -> Result<reqwest::Client, SignInError> {
        let host = host_of(url);
        let sockets = match url.host() {
            Some(Host::Domain(name)) => {
                sockets(self.network, name, |address| self.reach.allows(address)).await.map_err(|error| match error {
                    LookUpError::Unknown => SignInError::Unreachable { host, cause: Cause::UnknownHost },
                    LookUpError::NotAllowed => SignInError::Private { host },
                })?
            }
            // An address in numbers was checked when the URL was.
            _ => Vec::new(),
        };
        pinned_client(url, sockets).map_err(|error| SignInError::NoClient(error.to_string()))
    }
}

async fn answer(url: &Url, request: RequestBuilder) -> Result<Answer, SignInError> {
    let unreachable = |cause| SignInError::Unreachable { host: host_of(url), cause };
    let answered = tokio::time::timeout(LIMIT, async {
        let response = request.header(ACCEPT, "application/json").send().await.map_err(|error| unreachable(Cause::of(&error)))?;
        let status = response.status().as_u16();
        Ok(Answer { status, host: host_of(url), body: body(url, response).await? })
    });
    answered.await.unwrap_or_else(|_| Err(unreachable(Cause::Timeout)))
}

async fn body(url: &Url, mut response: Response) -> Result<Zeroizing<Vec<u8>>, SignInError> {
    let mut body = Zeroizing::new(Vec::new());
    let unreachable = |error: &reqwest::Error| SignInError::Unreachable { host: host_of(url), cause: Cause::of(error) };
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(SignInError::Unreadable { host: host_of(url) });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use std::io;
    use std::net::IpAddr;

    /// A network in which every name leads to these addresses.
    struct Leads(Vec<IpAddr>);

    #[async_trait]
    impl Network for Leads {
        async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
            Ok(self.0.clone())
        }
    }

    #[tokio::test]
    async fn a_server_whose_name_nobody_knows_now_is_no_server_of_the_internet() {
        let reach =
            async |addresses: Vec<IpAddr>, url: &str| Reach::of(&Leads(addresses), &Url::parse(url).expect("an address")).await;
        let error = reach(Vec::new(), "https://tools.example.com/mcp").await.unwrap_err();
        assert!(error.is_temporary(), "{error}");
        let private = "10.0.0.1".parse().unwrap();
        assert_eq!(reach(vec![private], "https://tools.example.com/mcp").await, Ok(Reach::PrivateNetwork));
        assert_eq!(reach(Vec::new(), "https://127.0.0.1/mcp").await, Ok(Reach::Loopback));
    }

    #[tokio::test]
    async fn a_name_that_leads_into_a_private_network_is_not_connected_to() {
        let url = Url::parse("https://auth.example.com/token").unwrap();
        for addresses in [vec!["10.0.0.1"], vec!["93.184.215.14", "127.0.0.1"], vec!["169.254.169.254"]] {
            let network = Leads(addresses.iter().map(|address| address.parse().expect("an address")).collect());
            let requests = Requests { network: &network, reach: Reach::Internet };
            let refused = requests.get(&url).await.map(|answer| answer.status);
            assert_eq!(refused, Err(SignInError::Private { host: "auth.example.com".to_owned() }), "{addresses:?}");
        }
    }
}
