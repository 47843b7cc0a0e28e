//! One connection to a server: started, introduced, and able to list and call.

use crate::listing::Listing;
use crate::log::{Log, LogSource};
use crate::process::{Process, StartError};
use crate::server_name::ServerName;
use crate::{ServerConfig, Transport};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::secret::Secret;
use growqr_http::Target;
use http::{HeaderName, HeaderValue};
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CancelledNotificationParam, ClientCapabilities, ClientConfig, ClientRequest, Implementation, JsonObject,
    ListToolsRequest, PaginatedRequestParams, ProtocolVersion, RequestId,
};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, ClientServiceExt, NotificationContext, PeerRequestOptions, RunningService,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, Peer, RoleClient, ServiceError};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use url::{Host, Url};

/// How long a server may take to introduce itself: `npx` and `uvx` first download it.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(180);

/// How long one page of the list of tools may take.
const LIST_LIMIT: Duration = Duration::from_secs(30);

/// The most pages of the list.
const MAX_PAGES: usize = 50;

/// How long one call may take with signs of progress.
const MAX_CALL: Duration = Duration::from_secs(30 * 60);

/// How long closing may take over HTTP.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// How many of a server's last lines explain its end.
const LAST_WORDS: usize = 3;

/// Why a server cannot be used now.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConnectError {
    /// The program does not exist or cannot be started.
    #[error("{0}")]
    NotStarted(String),
    /// It ended before it introduced itself. Its last words, if it had any.
    #[error("it ended at once{}", said(.0))]
    Ended(String),
    /// It did not introduce itself in time.
    #[error("it did not answer for {} s{}", .0.as_secs(), said(.1))]
    Silent(Duration, String),
    /// It demands a sign-in or another key.
    #[error("it refuses the key, or wants one: {0}")]
    Unauthorized(String),
    /// Its address cannot be used.
    #[error("its address cannot be used: {0}")]
    Address(String),
    /// Anything else, in the words of the server or of the network.
    #[error("{0}")]
    Other(String),
}

fn said(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!("; it said: {words}") }
}

impl ConnectError {
    /// Whether trying again without a change by the person is in vain.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        matches!(self, ConnectError::NotStarted(_) | ConnectError::Unauthorized(_) | ConnectError::Address(_))
    }
}

/// What a server's messages concern on our side.
pub(crate) struct Handler {
    log: Arc<Log>,
    clock: Arc<dyn Clock>,
    tools_changed: Arc<Notify>,
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let growqr = Implementation::new("growqr", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), growqr).with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.tools_changed.notify_one();
    }

    #[allow(deprecated, reason = "servers of today send their log in this way")]
    async fn on_logging_message(
        &self,
        message: rmcp::model::LoggingMessageNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        let text = message.data.as_str().map_or_else(|| message.data.to_string(), str::to_owned);
        self.log.push(self.clock.now(), LogSource::Server, &text);
    }
}

/// A server that has introduced itself.
pub(crate) struct Connection {
    service: RunningService<RoleClient, Handler>,
    process: Option<Process>,
    /// Notified when the server says that its tools have changed.
    pub tools_changed: Arc<Notify>,
}

impl Connection {
    /// Starts or reaches a server.
    pub(crate) async fn open(config: &ServerConfig, log: &Arc<Log>, clock: &Arc<dyn Clock>) -> Result<Connection, ConnectError> {
        let began = clock.now();
        let opened = tokio::time::timeout(START_LIMIT, async {
            // Most servers of today know only the handshake; those of 2026-07-28 alone refuse it.
            match Connection::open_as(ClientLifecycleMode::Initialize, config, log, clock).await {
                Err(Refused::Handshake) => {
                    let preferred_versions = vec![ProtocolVersion::LATEST];
                    Connection::open_as(ClientLifecycleMode::Discover { preferred_versions }, config, log, clock).await
                }
                other => other,
            }
        });
        match opened.await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(Refused::Ended)) => {
                // The words arrive by another pipe, a moment later.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(ConnectError::Ended(log.last_words(began, LAST_WORDS)))
            }
            Ok(Err(Refused::Because(error))) => Err(error),
            Ok(Err(Refused::Handshake)) => Err(ConnectError::Other("it speaks no version of MCP that GrowQR knows".to_owned())),
            Err(_) => Err(ConnectError::Silent(START_LIMIT, log.last_words(began, LAST_WORDS))),
        }
    }

    async fn open_as(
        lifecycle: ClientLifecycleMode,
        config: &ServerConfig,
        log: &Arc<Log>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Connection, Refused> {
        let tools_changed = Arc::new(Notify::new());
        let handler = Handler { log: Arc::clone(log), clock: Arc::clone(clock), tools_changed: Arc::clone(&tools_changed) };
        let (service, process) = match &config.transport {
            Transport::Program { command, args, env } => {
                let (process, pipes) = Process::start(command, args, env, log, clock)?;
                (handler.serve_with_lifecycle((pipes.output, pipes.input), lifecycle).await?, Some(process))
            }
            Transport::Http { url, headers } => {
                let transport = http_transport(url, headers)?;
                (handler.serve_with_lifecycle(transport, lifecycle).await?, None)
            }
        };
        Ok(Connection { service, process, tools_changed })
    }

    /// How the server calls itself.
    pub(crate) fn introduction(&self) -> String {
        let info = self.service.peer().peer_info();
        let name = info.and_then(|info| info.server_info.clone()).map(|server| format!("{} {}", server.name, server.version));
        name.unwrap_or_default()
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller(self.service.peer().clone())
    }

    /// All tools of the server.
    pub(crate) async fn list(&self, name: &ServerName) -> Result<Listing, ServiceError> {
        let (mut tools, mut cursor) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let params = PaginatedRequestParams::default().with_cursor(cursor.take());
            let request = ClientRequest::ListToolsRequest(ListToolsRequest::with_param(params));
            let options = PeerRequestOptions::with_timeout(LIST_LIMIT);
            let result = request_raw(self.service.peer(), request, options).await?;
            tools.extend(result.get("tools").and_then(Value::as_array).into_iter().flatten().cloned());
            cursor = result.get("nextCursor").and_then(Value::as_str).filter(|cursor| !cursor.is_empty()).map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        Ok(Listing::read(name, &tools))
    }

    /// Waits until the server is gone.
    pub(crate) async fn ended(&mut self) {
        match &mut self.process {
            Some(process) => process.ended().await,
            None => {
                while !self.service.is_closed() && !self.service.peer().is_transport_closed() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Ends the connection, and a program with it.
    pub(crate) async fn close(mut self) {
        // Closes the program's input, which asks it to end.
        let _ = self.service.close_with_timeout(CLOSE_LIMIT).await;
        if let Some(process) = self.process.take() {
            process.end().await;
        }
    }
}

/// Calls tools of a connected server.
#[derive(Clone)]
pub(crate) struct Caller(Peer<RoleClient>);

impl Caller {
    /// Calls a tool; `limit` is the time without a sign of progress. If the future is dropped, the server is told to stop.
    pub(crate) async fn call(&self, tool: &str, input: JsonObject, limit: Duration) -> Result<Value, ServiceError> {
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(input);
        let options = PeerRequestOptions::with_timeout(limit).reset_timeout_on_progress().with_max_total_timeout(MAX_CALL);
        request_raw(&self.0, ClientRequest::CallToolRequest(CallToolRequest::new(params)), options).await
    }
}

/// Sends a request and returns the result as JSON, whatever its shape: one odd field costs nothing else.
async fn request_raw(peer: &Peer<RoleClient>, request: ClientRequest, options: PeerRequestOptions) -> Result<Value, ServiceError> {
    let handle = peer.send_cancellable_request(request, options).await?;
    let mut under_way = UnderWay { peer: peer.clone(), id: Some(handle.id.clone()) };
    let result = handle.await_response().await;
    under_way.id = None;
    serde_json::to_value(result?).map_err(|_| ServiceError::UnexpectedResponse)
}

/// A request without an answer. If this is dropped, nobody waits for it any more, and the server is told to stop: `rmcp` does
/// this only for its own typed calls.
struct UnderWay {
    peer: Peer<RoleClient>,
    id: Option<RequestId>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current()) else { return };
        let peer = self.peer.clone();
        runtime.spawn(async move {
            let stop = CancelledNotificationParam::new(Some(id), Some("stopped by the person".to_owned()));
            // A server that is gone has stopped.
            let _ = peer.notify_cancelled(stop).await;
        });
    }
}

fn http_transport(url: &str, headers: &BTreeMap<String, Secret>) -> Result<impl rmcp::transport::Transport<RoleClient> + use<>, ConnectError> {
    let target = target(url)?;
    let no_client = |error: growqr_http::BuildError| ConnectError::Other(error.to_string());
    let client = growqr_http::builder(target).map_err(no_client)?;
    let client = client.build().map_err(|error| ConnectError::Other(error.to_string()))?;
    let config = StreamableHttpClientTransportConfig::with_uri(url).custom_headers(header_map(headers)?);
    Ok(StreamableHttpClientTransport::with_client(client, config))
}

/// Where an address leads. Without TLS it must be on this machine: headers carry keys.
fn target(url: &str) -> Result<Target, ConnectError> {
    let address = Url::parse(url).map_err(|error| ConnectError::Address(error.to_string()))?;
    let is_local = match address.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => return Err(ConnectError::Address("it has no host".to_owned())),
    };
    match address.scheme() {
        "https" => Ok(Target { is_local, is_plain: false }),
        "http" if is_local => Ok(Target::LOOPBACK),
        "http" => Err(ConnectError::Address("keys would be sent unencrypted; use https".to_owned())),
        other => Err(ConnectError::Address(format!("{other}: is no way to an MCP server; use https"))),
    }
}

fn header_map(headers: &BTreeMap<String, Secret>) -> Result<HashMap<HeaderName, HeaderValue>, ConnectError> {
    let header = |(name, value): (&String, &Secret)| {
        let invalid = || ConnectError::Address(format!("the header {name:?} is invalid"));
        let header: HeaderName = name.parse().map_err(|_| invalid())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| invalid())?;
        value.set_sensitive(true);
        Ok((header, value))
    };
    headers.iter().map(header).collect()
}

/// Why a connection was not opened in one of the two ways.
enum Refused {
    /// The server does not know this way to begin.
    Handshake,
    /// It closed the connection.
    Ended,
    Because(ConnectError),
}

impl From<StartError> for Refused {
    fn from(error: StartError) -> Refused {
        Refused::Because(ConnectError::NotStarted(error.to_string()))
    }
}

impl From<ConnectError> for Refused {
    fn from(error: ConnectError) -> Refused {
        Refused::Because(error)
    }
}

impl From<ClientInitializeError> for Refused {
    fn from(error: ClientInitializeError) -> Refused {
        if error.is_authorization_required() || error.auth_challenge().is_some() {
            return Refused::Because(ConnectError::Unauthorized(error.to_string()));
        }
        match error {
            ClientInitializeError::ConnectionClosed(_) => Refused::Ended,
            ClientInitializeError::JsonRpcError(_) => Refused::Handshake,
            other => Refused::Because(ConnectError::Other(with_sources(&other))),
        }
    }
}

/// An error with its causes, each said once.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    text
}

/// The words for the model about a call that failed. `ended` are the last words of a server that is gone.
pub(crate) fn call_failure(error: &ServiceError, ended: &str) -> String {
    const MAY_HAVE: &str = "It may have happened all the same: check before you call it again";
    match error {
        ServiceError::McpError(refusal) => format!("the server refused the call: {}", refusal.message),
        ServiceError::Timeout { timeout } => {
            format!("the server did not finish within {} s, and was told to stop. {MAY_HAVE}", timeout.as_secs())
        }
        ServiceError::TransportClosed | ServiceError::Cancelled { .. } => {
            format!("the server ended during the call{}. {MAY_HAVE}", said(ended))
        }
        other => format!("the call failed: {}. {MAY_HAVE}", with_sources(other)),
    }
}

/// The last words of a server since then.
pub(crate) fn last_words(log: &Log, since: Timestamp) -> String {
    log.last_words(since, LAST_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_never_sent_unencrypted_over_the_network() {
        assert_eq!(target("http://127.0.0.1:3000/mcp").unwrap(), Target::LOOPBACK);
        assert_eq!(target("http://[::1]/").unwrap(), Target::LOOPBACK);
        assert_eq!(target("https://example.com/mcp").unwrap(), Target::INTERNET);
        for url in ["http://example.com", "http://10.0.0.1", "http://localhost.example.com", "ftp://a", "", "https://"] {
            assert!(matches!(target(url), Err(ConnectError::Address(_))), "{url}");
        }
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_named_without_its_value() {
        let headers = BTreeMap::from([("X-Key".to_owned(), Secret::new("s3cret\nx"))]);
        let error = header_map(&headers).unwrap_err().to_string();
        assert!(error.contains("X-Key") && !error.contains("s3cret"), "{error}");
    }
}
