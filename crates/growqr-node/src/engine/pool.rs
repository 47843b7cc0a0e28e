//! The pool of an engine that all nodes join. An engine refuses the nodes of a pool that it does not know, and its library makes one
//! only at an engine on the same computer (`runner_config.rs` of rivetkit-core 2.3.31). Tried with engine 2.3.19.

use growqr_core::secret::Secret;
use growqr_http::Target;
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::{Map, Value, json};
use std::net::IpAddr;
use std::time::Duration;

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// The first and the longest wait before another try.
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(5);

/// Why the engine has no pool yet.
enum Refusal {
    /// It may have it later: it does not answer, or is starting.
    ForNow(String),
    /// It never will.
    ForGood(String),
}

/// Returns once the engine at this address has the pool. One that it has already stays as it is: its operator may have set its
/// limits. Waits for an engine that does not answer.
///
/// # Errors
/// Why it never will: it refuses the token, has no such namespace, or the address is none.
pub(super) async fn ensure(address: &str, token: Option<Secret>, namespace: &str, pool: &str) -> Result<(), String> {
    let engine = Api::of(address, token, namespace)?;
    let mut wait = FIRST_RETRY;
    loop {
        match engine.ensure(pool).await {
            Ok(()) => return Ok(()),
            Err(Refusal::ForGood(cause)) => return Err(cause),
            Err(Refusal::ForNow(cause)) => tracing::debug!(cause, "the engine cannot be asked for its pool; trying again"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_RETRY);
    }
}

/// The engine's own interface.
struct Api {
    client: Client,
    address: Url,
    token: Option<Secret>,
    namespace: String,
}

impl Api {
    fn of(address: &str, token: Option<Secret>, namespace: &str) -> Result<Api, String> {
        let address = Url::parse(address).map_err(|error| format!("its address is wrong: {error}"))?;
        if address.cannot_be_a_base() {
            return Err("its address is wrong: it begins with http:// or https://".to_owned());
        }
        let target = Target { is_local: is_loopback(&address), is_plain: address.scheme() == "http" };
        let client = growqr_http::builder(target).map_err(|error| error.to_string())?.timeout(ANSWER_LIMIT).build();
        let client = client.map_err(|error| error.to_string())?;
        Ok(Api { client, address, token, namespace: namespace.to_owned() })
    }

    async fn ensure(&self, pool: &str) -> Result<(), Refusal> {
        let known = self.call(Method::GET, &["runner-configs"], &[("runner_names", pool)], None).await?;
        if known["runner_configs"].get(pool).is_some() {
            return Ok(());
        }
        let datacenters = self.call(Method::GET, &["datacenters"], &[], None).await?;
        let names = datacenters["datacenters"].as_array().into_iter().flatten().filter_map(|found| found["name"].as_str());
        let each: Map<String, Value> =
            names.map(|name| (name.to_owned(), json!({"normal": {}, "drain_on_version_upgrade": true}))).collect();
        if each.is_empty() {
            return Err(Refusal::ForNow("it names no datacenter".to_owned()));
        }
        self.call(Method::PUT, &["runner-configs", pool], &[], Some(json!({"datacenters": each}))).await.map(drop)
    }

    async fn call(&self, method: Method, path: &[&str], query: &[(&str, &str)], body: Option<Value>) -> Result<Value, Refusal> {
        let mut url = self.address.clone();
        url.set_path("");
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url.query_pairs_mut().clear().append_pair("namespace", &self.namespace).extend_pairs(query);
        let mut request = self.client.request(method, url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let failed = |error: reqwest::Error| Refusal::ForNow(error.without_url().to_string());
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        let text = response.text().await.map_err(failed)?;
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(answer);
        }
        let cause = answer["message"].as_str().map_or_else(|| status.to_string(), str::to_owned);
        let is_temporary = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        Err(if is_temporary { Refusal::ForNow(cause) } else { Refusal::ForGood(cause) })
    }
}

/// Whether an address is on this computer: a proxy cannot reach it.
fn is_loopback(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
