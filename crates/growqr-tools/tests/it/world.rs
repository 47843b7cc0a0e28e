//! What the tests share.

use crate::fake_grants::FakeGrants;
use async_trait::async_trait;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::Origin;
use growqr_core::raw::RawJson;
use growqr_core::secret::Secret;
use growqr_core::tool::{Executor, Performed, ToolCall, ToolResult};
use growqr_testkit::mcp::{CommandLine, ScriptedMcp};
use growqr_tools::sign_in::SignIns;
use growqr_tools::web::SystemNetwork;
use growqr_tools::{
    Kept, KeptValues, KnownServer, LogSource, ServerConfig, ServerName, ServerState, ServerStatus, Servers, Transport,
    ValuesError,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How long anything may take that should come at once.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A clock on which each look takes a millisecond.
#[derive(Default)]
struct Ticks(AtomicI64);

impl Clock for Ticks {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// One value, for every server that has kept ones.
struct Keychain;

#[async_trait]
impl KeptValues for Keychain {
    async fn of(&self, _server: &ServerName, _kept: &Kept) -> Result<BTreeMap<String, Secret>, ValuesError> {
        Ok(BTreeMap::from([("KEPT_KEY".to_owned(), Secret::new("from the keychain"))]))
    }
}

/// No servers yet.
pub fn servers() -> Servers {
    servers_with(Arc::new(FakeGrants::default()), Arc::new(Ticks::default())).0
}

/// No servers yet, with these sign-ins.
pub fn servers_with(grants: Arc<FakeGrants>, clock: Arc<dyn Clock>) -> (Servers, Arc<SignIns>) {
    let sign_ins = Arc::new(SignIns::new(grants, Arc::new(SystemNetwork), Arc::clone(&clock)));
    (Servers::new(Arc::new(Keychain), Arc::clone(&sign_ins), clock), sign_ins)
}

/// A server that is a program.
pub fn program(name: &str, (command, args): CommandLine) -> KnownServer {
    let transport = Transport::Program { command, args, env: BTreeMap::new() };
    known(name, transport)
}

/// A scripted server.
pub fn scripted(name: &str, server: &ScriptedMcp) -> KnownServer {
    program(name, server.command())
}

/// A server without a list of its tools.
pub fn known(name: &str, transport: Transport) -> KnownServer {
    let name = ServerName::new(name).expect("a name");
    KnownServer { config: ServerConfig::new(name, transport), listing: None }
}

/// Waits until the status of a server fits.
pub async fn until(servers: &Servers, name: &str, fits: impl Fn(&ServerStatus) -> bool) -> ServerStatus {
    let mut changes = servers.subscribe();
    let waiting = async {
        loop {
            let status = servers.statuses().into_iter().find(|status| status.name.as_str() == name);
            if let Some(status) = status.filter(|status| fits(status)) {
                return status;
            }
            changes.changed().await.expect("the servers exist");
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(status) => status,
        Err(_) => panic!("{name} never got there: {:?}\n{:#?}", servers.statuses(), log(servers, name)),
    }
}

pub async fn until_ready(servers: &Servers, name: &str) -> ServerStatus {
    until(servers, name, |status| matches!(status.state, ServerState::Ready { .. })).await
}

pub async fn until_failed(servers: &Servers, name: &str) -> String {
    let status = until(servers, name, |status| matches!(status.state, ServerState::Failed { .. })).await;
    let ServerState::Failed { cause, .. } = status.state else { unreachable!("it has failed") };
    cause.to_string()
}

/// What a server has said, without what GrowQR says about it.
pub fn log(servers: &Servers, name: &str) -> Vec<String> {
    let lines = servers.log(&ServerName::new(name).expect("a name")).expect("a server");
    lines.into_iter().filter(|line| line.source != LogSource::GrowQr).map(|line| line.text).collect()
}

/// The executor of a server.
pub fn executor(servers: &Servers, name: &str) -> Arc<dyn Executor> {
    let id = format!("mcp:{name}");
    servers.executors().into_iter().find(|executor| executor.id().as_str() == id).expect("an executor")
}

/// Calls a tool by its name for the model.
pub async fn call(servers: &Servers, server: &str, tool: &str, input: Value) -> ToolResult {
    let hash = definition(servers, server, tool);
    call_as(servers, server, tool, hash, input).await
}

/// The hash of a tool as it is on offer now.
pub fn definition(servers: &Servers, server: &str, tool: &str) -> Option<String> {
    let offered = executor(servers, server).tools();
    offered.into_iter().find(|offered| offered.tool.name == tool)?.hash
}

/// Calls a tool by its name for the model, decided for this definition.
pub async fn call_as(servers: &Servers, server: &str, tool: &str, definition: Option<String>, input: Value) -> ToolResult {
    let executor = executor(servers, server);
    let origin = Origin { agent: AgentId::new("grow"), name: "Grow Agent".to_owned(), turn: 1, effect: EffectId::new("effect") };
    let (name, input) = (tool.to_owned(), RawJson::of(&input));
    let call = ToolCall { executor: executor.id(), name, input, origin, at: Timestamp(0), held: false, definition };
    let Performed::Finished(result) = executor.perform(&call, None).await else { panic!("a result") };
    result
}

/// The text of a result.
pub fn text(result: &ToolResult) -> String {
    result.content.plain().into_owned()
}
