//! One call of a tool through this crate, against the same call by `rmcp` alone. Both call a real server of npm, each its own process,
//! in turn. Without the two appends to the journal, which the store's bench measures. Prints `name value unit` lines.

use async_trait::async_trait;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::Origin;
use growqr_core::raw::RawJson;
use growqr_core::secret::Secret;
use growqr_core::tool::{Executor, Performed, ToolCall};
use growqr_testkit::mcp::{CommandLine, npm_server};
use growqr_testkit::measure::{median, milliseconds, timed_async};
use growqr_tools::sign_in::{Grants, GrantsError, SignIns};
use growqr_tools::web::SystemNetwork;
use growqr_tools::{Kept, KeptValues, KnownServer, ServerConfig, ServerName, ServerState, Servers, Transport, ValuesError};
use rmcp::model::CallToolRequestParams;
use rmcp::service::RunningService;
use rmcp::{RoleClient, ServiceExt};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

/// How often both are measured.
const ROUNDS: usize = 3_000;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

#[async_trait]
impl KeptValues for Stopped {
    async fn of(&self, _server: &ServerName, _kept: &Kept) -> Result<BTreeMap<String, Secret>, ValuesError> {
        Ok(BTreeMap::new())
    }
}

#[async_trait]
impl Grants for Stopped {
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

fn main() {
    let Some(everything) = npm_server("everything") else {
        println!("# the calls of tools were not measured: the MCP server cannot be installed");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measured(everything));
}

async fn measured(everything: CommandLine) {
    let sign_ins = SignIns::new(Arc::new(Stopped), Arc::new(SystemNetwork), Arc::new(Stopped));
    let servers = Servers::new(Arc::new(Stopped), Arc::new(sign_ins), Arc::new(Stopped));
    let executor = ours(&servers, everything.clone()).await;
    let (plain, _process) = plain(everything).await;
    let offered = executor.tools().into_iter().find(|offered| offered.tool.name == "everything__echo").expect("a tool");
    let input = json!({"message": "a sentence of some words"});
    let call = ToolCall {
        executor: executor.id(),
        name: offered.tool.name,
        input: RawJson::of(&input),
        origin: Origin { agent: AgentId::grow(), name: String::new(), turn: 1, effect: EffectId::new("effect") },
        at: Timestamp(0),
        held: false,
        definition: offered.hash,
    };
    let through_us = async || {
        let Performed::Finished(result) = executor.perform(&call, None).await else { panic!("a result") };
        assert!(!result.is_error, "{result:?}");
    };
    let by_rmcp = async || {
        let arguments = input.as_object().cloned().expect("an object");
        let result = plain.call_tool(CallToolRequestParams::new("echo").with_arguments(arguments)).await.expect("a result");
        assert_ne!(result.is_error, Some(true));
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let times = (timed_async(through_us).await, timed_async(by_rmcp).await);
        // The first ones warm up the servers.
        if round >= ROUNDS / 10 {
            ours.push(times.0);
            theirs.push(times.1);
        }
    }
    let (ours, theirs) = (milliseconds(median(ours)), milliseconds(median(theirs)));
    println!("tool_call {ours:.3} ms");
    println!("tool_call_by_rmcp {theirs:.3} ms");
    println!("tool_call_ratio {:.3}", ours / theirs);
    servers.close().await;
}

/// The server as this crate runs it.
async fn ours(servers: &Servers, (command, args): CommandLine) -> Arc<dyn Executor> {
    let transport = Transport::Program { command, args, env: BTreeMap::new() };
    let config = ServerConfig::new(ServerName::new("everything").expect("a name"), transport);
    servers.set(vec![KnownServer { config, listing: None }]);
    let mut changes = servers.subscribe();
    while !matches!(servers.statuses()[0].state, ServerState::Ready { .. }) {
        let changed = tokio::time::timeout(Duration::from_secs(60), changes.changed()).await;
        changed.expect("it gets ready").expect("it exists");
    }
    servers.executors().remove(0)
}

/// The server as `rmcp` alone runs it.
async fn plain((command, args): CommandLine) -> (RunningService<RoleClient, ()>, tokio::process::Child) {
    let mut process = tokio::process::Command::new(command);
    process.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut process = process.spawn().expect("it starts");
    let pipes = (process.stdout.take().expect("a pipe"), process.stdin.take().expect("a pipe"));
    (().serve(pipes).await.expect("it introduces itself"), process)
}
