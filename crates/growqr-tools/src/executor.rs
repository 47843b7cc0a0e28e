//! The executor of one server's tools.

use crate::call_result;
use crate::connection::last_words;
use crate::definition_hash::definition_hash;
use crate::server::Server;
use async_trait::async_trait;
use growqr_core::clock::Clock;
use growqr_core::id::ExecutorId;
use growqr_core::memory::CommitPlan;
use growqr_core::tool::{Executor, OfferedTool, Performed, Repeat, ToolCall, ToolResult};
use rmcp::model::JsonObject;
use std::sync::Arc;

/// The tools of one server, as its task knows them.
pub(crate) struct McpExecutor {
    pub server: Arc<Server>,
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Executor for McpExecutor {
    fn id(&self) -> ExecutorId {
        ExecutorId::new(format!("mcp:{}", self.server.config.name))
    }

    fn tools(&self) -> Vec<OfferedTool> {
        let Some(listing) = self.server.listing() else { return Vec::new() };
        let offered = listing.tools.iter().map(|listed| OfferedTool {
            tool: listed.tool.clone(),
            executor: self.id(),
            // What a server says about itself is a hint: it counts only if the person trusts the server.
            repeat: if self.server.config.is_trusted && listed.hints.reads_only { Repeat::Safe } else { Repeat::Unknown },
            argument: None,
            hash: Some(definition_hash(&self.server.config, listed)),
        });
        offered.collect()
    }

    async fn perform(&self, call: &ToolCall, _plan: Option<&CommitPlan>) -> Performed {
        Performed::Finished(self.call(call).await)
    }
}

impl McpExecutor {
    async fn call(&self, call: &ToolCall) -> ToolResult {
        let name = &self.server.config.name;
        let input: JsonObject = match serde_json::from_str(call.input.text()) {
            Ok(input) => input,
            Err(error) => return ToolResult::error(format!("{}: the input must be a JSON object: {error}", call.name)),
        };
        let (caller, _guard) = match self.server.caller().await {
            Ok(connected) => connected,
            Err(cause) => {
                return ToolResult::error(format!(
                    "the server {name} cannot be used now: {cause}. Go on without it, or tell the person"
                ));
            }
        };
        // After the start: the server may have listed other tools than before.
        let listing = self.server.listing();
        let Some(tool) = listing.as_ref().and_then(|listing| listing.find(&call.name)) else {
            return ToolResult::error(format!("the server {name} has no tool {} any more", call.name));
        };
        // The person has allowed the call of what they saw, and the model has written its input for that.
        if call.definition.as_deref() != Some(definition_hash(&self.server.config, tool).as_str()) {
            return ToolResult::error(format!(
                "{} was not called: it is not what it was when the call was allowed, because its server was replaced or describes it in \
                 another way now. If you still need it, call it again; the person may be asked again",
                call.name
            ));
        }
        let began = self.clock.now();
        match caller.call(&tool.name, input, self.server.config.call_limit).await {
            Ok(result) => call_result::read(&result),
            Err(error) => ToolResult::error(error.for_model(&last_words(&self.server.log, began))),
        }
    }
}
