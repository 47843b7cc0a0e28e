//! The input of the tool: its description for the model, its schema and its parser.

use growqr_core::id::ExecutorId;
use growqr_core::money::Money;
use growqr_core::quest::TOOL;
use growqr_core::tool::{OfferedTool, Repeat, ToolCall};
use growqr_core::tool_input::{self, ToolInput, describe};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    description = "Has sub-agents do a plan in memory (quests/NAME.md), if the person allows it. Steps: \"1. [ ] …\" in order, \"- [ ] …\" side by side."
)]
struct QuestInput {
    path: String,
    #[schemars(description = "Default 2.00")]
    budget_usd: Option<String>,
}

impl ToolInput for QuestInput {
    const NAME: &'static str = TOOL;
}

pub(super) fn offered() -> Vec<OfferedTool> {
    let tool = describe::<QuestInput>();
    vec![OfferedTool { tool, executor: ExecutorId::quests(), repeat: Repeat::LookUp, argument: None, hash: None }]
}

/// The page and the budget that a call asks for. The error is a sentence for the model that says what to send instead.
pub(super) fn parse(call: &ToolCall) -> Result<(String, Option<Money>), String> {
    if call.name != QuestInput::NAME {
        return Err(format!("this version of GrowQR no longer has the tool {:?}; go on without it", call.name));
    }
    let QuestInput { path, budget_usd } = tool_input::parse(&call.input)?;
    let budget = budget_usd.map(|budget| budget.trim().trim_start_matches('$').parse::<Money>()).transpose();
    Ok((path, budget.map_err(|problem| format!("start_quest: budget_usd: {problem}"))?))
}
