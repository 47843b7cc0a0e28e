//! One connection to a server: started, introduced, and able to list and call.

use crate::connect_error::{ConnectError, Refused};
use crate::http_transport::http_transport;
use crate::listing::Listing;
use crate::log::{Log, LogSource};
use crate::process::Process;
use crate::server_config::{KeptValues, ServerConfig, Transport};
use crate::server_name::ServerName;
use growqr_core::clock::{Clock, Timestamp};
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CancelledNotificationParam, ClientCapabilities, ClientConfig, ClientRequest,
    Implementation, JsonObject, ListToolsRequest, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion, RequestId,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, NotificationContext, PeerRequestOptions, RunningService};
use rmcp::{ClientHandler, Peer, RoleClient, ServiceError};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

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

/// What a server's messages concern on our side.
pub(crate) struct Handler {
    log: Arc<Log>,
    clock: Arc<dyn Clock>,
    tools_changed: Arc<Notify>,
    progress: watch::Sender<u64>,
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let growqr = Implementation::new("growqr", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), growqr).with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn on_progress(&self, _progress: ProgressNotificationParam, _context: NotificationContext<RoleClient>) {
        self.progress.send_modify(|count| *count += 1);
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
    /// Changes with each sign of progress.
    progress: watch::Receiver<u64>,
    /// Notified when the server says that its tools have changed.
    pub tools_changed: Arc<Notify>,
}

impl Connection {
    /// Starts or reaches a server.
    pub(crate) async fn open(
        config: &ServerConfig,
        kept: &dyn KeptValues,
        log: &Arc<Log>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Connection, ConnectError> {
        let config = &with_kept_values(config, kept).await?;
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
        let (told, progress) = watch::channel(0);
        let (log_too, clock_too) = (Arc::clone(log), Arc::clone(clock));
        let handler = Handler { log: log_too, clock: clock_too, tools_changed: Arc::clone(&tools_changed), progress: told };
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
        Ok(Connection { service, process, progress, tools_changed })
    }

    /// How the server calls itself.
    pub(crate) fn introduction(&self) -> String {
        let info = self.service.peer().peer_info();
        let name = info.and_then(|info| info.server_info.clone()).map(|server| format!("{} {}", server.name, server.version));
        name.unwrap_or_default()
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller { peer: self.service.peer().clone(), progress: self.progress.clone() }
    }

    /// All tools of the server.
    pub(crate) async fn list(&self, name: &ServerName) -> Result<Listing, ServiceError> {
        let (mut tools, mut cursor) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let params = PaginatedRequestParams::default().with_cursor(cursor.take());
            let request = ClientRequest::ListToolsRequest(ListToolsRequest::with_param(params));
            let result = tokio::time::timeout(LIST_LIMIT, request_raw(self.service.peer(), request)).await;
            let result = result.unwrap_or(Err(ServiceError::Timeout { timeout: LIST_LIMIT }))?;
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

/// The configuration with the values from the keychain in it.
async fn with_kept_values(config: &ServerConfig, kept: &dyn KeptValues) -> Result<ServerConfig, ConnectError> {
    let mut config = config.clone();
    if config.has_kept_values {
        let values = kept.of(&config.name).await.map_err(ConnectError::Keys)?;
        match &mut config.transport {
            Transport::Program { env, .. } => env.extend(values),
            Transport::Http { headers, .. } => headers.extend(values),
        }
    }
    Ok(config)
}

/// Calls tools of a connected server.
#[derive(Clone)]
pub(crate) struct Caller {
    peer: Peer<RoleClient>,
    progress: watch::Receiver<u64>,
}

impl Caller {
    /// Calls a tool; `limit` is the time without a sign of progress of the server. If the future is dropped, the server is told to
    /// stop.
    pub(crate) async fn call(&self, tool: &str, input: JsonObject, limit: Duration) -> Result<Value, ServiceError> {
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(input);
        let call = request_raw(&self.peer, ClientRequest::CallToolRequest(CallToolRequest::new(params)));
        tokio::pin!(call);
        let mut progress = self.progress.clone();
        progress.mark_unchanged();
        let mut until = Instant::now() + limit;
        let end = Instant::now() + MAX_CALL;
        loop {
            tokio::select! {
                result = &mut call => return result,
                Ok(()) = progress.changed() => until = Instant::now() + limit,
                () = tokio::time::sleep_until(until.min(end)) => return Err(ServiceError::Timeout { timeout: limit }),
            }
        }
    }
}

/// Sends a request and returns the result as JSON, whatever its shape: one odd field costs nothing else. The limits of `rmcp` are not
/// used: when one has passed it waits until the server has taken the news, which one that does not read never does.
async fn request_raw(peer: &Peer<RoleClient>, request: ClientRequest) -> Result<Value, ServiceError> {
    let handle = peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await?;
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

/// The last words of a server since then.
pub(crate) fn last_words(log: &Log, since: Timestamp) -> String {
    log.last_words(since, LAST_WORDS)
}
