//! One connection to a server: started, introduced, and able to list and call.

use crate::bounded_text::{SHOWN_BYTES, cut};
use crate::connect_error::{CallError, ConnectError, ListError, OpenError};
use crate::http_transport::{http_transport, signed_in_transport};
use crate::listing::{Listing, MAX_TOOLS};
use crate::log::{Log, LogSource};
use crate::process::{Process, Program};
use crate::progress::ProgressSigns;
use crate::server_config::{KeptValues, ServerConfig, Transport};
use crate::server_name::ServerName;
use crate::sign_in::AccessTokens;
use growqr_core::clock::{Clock, Timestamp};
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CancelledNotificationParam, ClientCapabilities, ClientConfig, ClientRequest,
    Implementation, JsonObject, ListToolsRequest, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion, RequestId,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt, NotificationContext, PeerRequestOptions, RequestHandle, RunningService,
    RunningServiceCancellationToken,
};
use rmcp::{ClientHandler, Peer, RoleClient};
use serde_json::Value;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a server may take to introduce itself: `npx` and `uvx` first download it.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(180);

/// How long all pages of the list of tools together may take.
const LIST_LIMIT: Duration = Duration::from_secs(30);

/// The most pages of the list.
const MAX_PAGES: usize = 50;

/// The most bytes of the list that are read.
const MAX_LIST_BYTES: usize = 8 << 20;

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
    progress: Arc<ProgressSigns>,
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let growqr = Implementation::new("growqr", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), growqr).with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn on_progress(&self, progress: ProgressNotificationParam, _context: NotificationContext<RoleClient>) {
        self.progress.on_sign(&progress.progress_token);
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

/// How a connection ended.
pub(crate) enum Ended {
    /// The server is gone, or has closed its output: then it can be told nothing any more.
    Gone,
    /// It demands a sign-in; why.
    SignedOut(String),
}

/// A server that has introduced itself.
pub(crate) struct Connection {
    peer: Peer<RoleClient>,
    stop: RunningServiceCancellationToken,
    /// Ends with the task that speaks the protocol; `None` when it has ended.
    speaking: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    process: Option<Process>,
    /// The access tokens of a server that may want a sign-in.
    tokens: Option<AccessTokens>,
    progress: Arc<ProgressSigns>,
    /// Notified when the server says that its tools have changed.
    pub tools_changed: Arc<Notify>,
}

impl Connection {
    /// Starts or reaches a server.
    pub(crate) async fn open(
        config: &ServerConfig,
        kept: &dyn KeptValues,
        tokens: Option<AccessTokens>,
        log: &Arc<Log>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Connection, ConnectError> {
        let config = &with_kept_values(config, kept).await?;
        let began = clock.now();
        let opened = tokio::time::timeout(START_LIMIT, async {
            // Most servers of today know only the handshake; those of 2026-07-28 alone refuse it.
            match Connection::open_as(ClientLifecycleMode::Initialize, config, tokens.clone(), log, clock).await {
                Err(OpenError::Handshake) => {
                    let preferred_versions = vec![ProtocolVersion::LATEST];
                    let lifecycle = ClientLifecycleMode::Discover { preferred_versions };
                    Connection::open_as(lifecycle, config, tokens.clone(), log, clock).await
                }
                other => other,
            }
        });
        match opened.await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(OpenError::Ended)) => {
                // The words arrive by another pipe, a moment later.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(ConnectError::Ended(last_words(log, began)))
            }
            Ok(Err(OpenError::Because(ConnectError::Unauthorized(words)))) => Err(match tokens {
                None => ConnectError::Unauthorized(with_hint(config, words)),
                Some(tokens) => {
                    let more = || "it wants a sign-in with more rights".to_owned();
                    ConnectError::NeedsSignIn(tokens.refusal().unwrap_or_else(more))
                }
            }),
            Ok(Err(OpenError::Because(error))) => Err(error),
            Ok(Err(OpenError::Handshake)) => Err(ConnectError::Other("it speaks no version of MCP that GrowQR knows".to_owned())),
            Err(_) => Err(ConnectError::Silent(START_LIMIT, last_words(log, began))),
        }
    }

    async fn open_as(
        lifecycle: ClientLifecycleMode,
        config: &ServerConfig,
        tokens: Option<AccessTokens>,
        log: &Arc<Log>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Connection, OpenError> {
        let tools_changed = Arc::new(Notify::new());
        let progress = Arc::new(ProgressSigns::default());
        let (log_too, clock_too, progress_too) = (Arc::clone(log), Arc::clone(clock), Arc::clone(&progress));
        let handler =
            Handler { log: log_too, clock: clock_too, tools_changed: Arc::clone(&tools_changed), progress: progress_too };
        let (service, process) = match &config.transport {
            Transport::Program { command, args, env } => {
                let program = Program { command, args, env, folder: config.folder.as_deref() };
                let (process, pipes) = Process::start(&program, log, clock).await?;
                (handler.serve_with_lifecycle((pipes.output, pipes.input), lifecycle).await?, Some(process))
            }
            Transport::Http { url, headers } => {
                let service = match &tokens {
                    Some(tokens) => {
                        let transport = signed_in_transport(url, headers, tokens.clone())?;
                        handler.serve_with_lifecycle(transport, lifecycle).await?
                    }
                    None => handler.serve_with_lifecycle(http_transport(url, headers)?, lifecycle).await?,
                };
                (service, None)
            }
        };
        let (peer, stop) = (service.peer().clone(), service.cancellation_token());
        let speaking = Box::pin(async move { drop(RunningService::waiting(service).await) });
        Ok(Connection { peer, stop, speaking: Some(speaking), process, tokens, progress, tools_changed })
    }

    /// How the server calls itself.
    pub(crate) fn introduction(&self) -> String {
        let info = self.peer.peer_info();
        let name = info.and_then(|info| info.server_info.clone()).map(|server| format!("{} {}", server.name, server.version));
        cut(&name.unwrap_or_default(), SHOWN_BYTES)
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller { peer: self.peer.clone(), progress: Arc::clone(&self.progress) }
    }

    /// Waits until the server cannot be used any more. Cancel-safe.
    pub(crate) async fn ended(&mut self) -> Ended {
        let process = async {
            match &mut self.process {
                Some(process) => process.ended().await,
                None => std::future::pending().await,
            }
        };
        let signed_out = async {
            match &self.tokens {
                Some(tokens) => tokens.ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            reason = signed_out => Ended::SignedOut(reason),
            () = process => Ended::Gone,
            () = until_silent(&mut self.speaking) => Ended::Gone,
        }
    }

    /// Ends the connection, and a program with it.
    pub(crate) async fn close(mut self) {
        // Closes the program's input, which asks it to end.
        self.stop.cancel();
        let _ = tokio::time::timeout(CLOSE_LIMIT, until_silent(&mut self.speaking)).await;
        drop(self.speaking);
        if let Some(process) = self.process.take() {
            process.end().await;
        }
    }
}

async fn until_silent(speaking: &mut Option<Pin<Box<dyn Future<Output = ()> + Send>>>) {
    if let Some(task) = speaking {
        task.await;
        *speaking = None;
    }
}

/// The refusal of a key, with a hint if the key has no scheme before it.
fn with_hint(config: &ServerConfig, words: String) -> String {
    let Transport::Http { headers, .. } = &config.transport else { return words };
    let mut keys = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if keys.any(|(_, key)| !key.expose().trim().contains(' ')) {
        return format!("{words}. Most servers want the word Bearer and a space before the key in Authorization");
    }
    words
}

/// The configuration with the values from the keychain in it.
async fn with_kept_values(config: &ServerConfig, kept: &dyn KeptValues) -> Result<ServerConfig, ConnectError> {
    let mut config = config.clone();
    if let Some(names) = &config.kept {
        let values = kept.of(&config.name, names).await.map_err(|error| ConnectError::Keys(error.to_string()))?;
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
    progress: Arc<ProgressSigns>,
}

impl Caller {
    /// All tools of the server.
    pub(crate) async fn list(&self, name: &ServerName) -> Result<Listing, ListError> {
        let pages = tokio::time::timeout(LIST_LIMIT, self.pages());
        let (tools, is_cut) = pages.await.map_err(|_| ListError::Silent(LIST_LIMIT))??;
        let mut listing = Listing::read(name, &tools);
        if is_cut {
            listing.leave_out_the_rest();
        }
        Ok(listing)
    }

    /// The tools as the server lists them, and whether there are more.
    async fn pages(&self) -> Result<(Vec<Value>, bool), ListError> {
        let (mut tools, mut cursor, mut bytes) = (Vec::new(), None, 0);
        for _ in 0..MAX_PAGES {
            let params = PaginatedRequestParams::default().with_cursor(cursor.take());
            let request = ClientRequest::ListToolsRequest(ListToolsRequest::with_param(params));
            let mut page = request_raw(&self.peer, request).await.map_err(|error| ListError::Failed(error.to_string()))?;
            bytes += page.to_string().len();
            match page.get_mut("tools").map(Value::take) {
                Some(Value::Array(listed)) => tools.extend(listed),
                _ => return Err(ListError::NoList),
            }
            cursor = page.get("nextCursor").and_then(Value::as_str).filter(|cursor| !cursor.is_empty()).map(str::to_owned);
            if cursor.is_none() || bytes > MAX_LIST_BYTES || tools.len() > MAX_TOOLS {
                break;
            }
        }
        Ok((tools, cursor.is_some()))
    }

    /// Calls a tool; `limit` is the time without a sign of progress of this call. If the future is dropped, the server is told to
    /// stop.
    pub(crate) async fn call(&self, tool: &str, input: JsonObject, limit: Duration) -> Result<Value, CallError> {
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(input);
        let sending = Sent::send(&self.peer, ClientRequest::CallToolRequest(CallToolRequest::new(params)));
        let sent = tokio::time::timeout(limit, sending).await.map_err(|_| CallError::Silent(limit))??;
        let progress = self.progress.follow(sent.handle.progress_token.clone());
        let answer = sent.answer();
        tokio::pin!(answer);
        let mut until = Instant::now() + limit;
        let end = Instant::now() + MAX_CALL;
        loop {
            tokio::select! {
                result = &mut answer => return result,
                () = progress.sign() => until = Instant::now() + limit,
                () = tokio::time::sleep_until(until.min(end)) => return Err(CallError::Silent(limit)),
            }
        }
    }
}

/// Sends a request and returns its answer.
async fn request_raw(peer: &Peer<RoleClient>, request: ClientRequest) -> Result<Value, CallError> {
    Sent::send(peer, request).await?.answer().await
}

/// A request that was sent. The limits of `rmcp` are not used: when one has passed it waits until the server has taken the news, which
/// one that does not read never does.
struct Sent {
    handle: RequestHandle<RoleClient>,
    under_way: UnderWay,
}

impl Sent {
    async fn send(peer: &Peer<RoleClient>, request: ClientRequest) -> Result<Sent, CallError> {
        let sending = peer.send_cancellable_request(request, PeerRequestOptions::no_options());
        let handle = sending.await.map_err(CallError::not_sent)?;
        let under_way = UnderWay { peer: peer.clone(), id: Some(handle.id.clone()) };
        Ok(Sent { handle, under_way })
    }

    /// The result as JSON, whatever its shape: one odd field costs nothing else.
    async fn answer(self) -> Result<Value, CallError> {
        let Sent { handle, mut under_way } = self;
        let result = handle.await_response().await;
        under_way.id = None;
        let result = result.map_err(CallError::unanswered)?;
        serde_json::to_value(result).map_err(|_| CallError::Unreadable)
    }
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
    cut(&log.last_words(since, LAST_WORDS), 2 * SHOWN_BYTES)
}
