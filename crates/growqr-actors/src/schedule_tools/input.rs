//! The input of the tool: its description for the model, its schema and its parser.

use growqr_core::id::{ExecutorId, ScheduleId};
use growqr_core::money::Money;
use growqr_core::schedule::{NewSchedule, OnMissed, TOOL};
use growqr_core::tool::{OfferedTool, Repeat, ToolCall};
use growqr_core::tool_input::{self, ToolInput, describe};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    description = "Has a new sub-agent do a task at a set time, once or regularly, if the person allows it. The task must say the goal, what to read and what to report. Only the person can change or remove schedules."
)]
struct ScheduleInput {
    #[schemars(
        description = "In the person's words and on their clock: \"every weekday at 8\", \"in two hours\", \"tomorrow at 9:30\", or a cron pattern"
    )]
    when: String,
    #[schemars(description = "Short, for lists")]
    name: String,
    task: String,
    #[schemars(description = "If GrowQR was not running then; default run_once")]
    if_missed: Option<IfMissed>,
    #[schemars(description = "What one run may spend, such as 0.50")]
    budget_usd: String,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum IfMissed {
    RunOnce,
    Skip,
    Ask,
}

impl ToolInput for ScheduleInput {
    const NAME: &'static str = TOOL;
}

pub(super) fn offered() -> Vec<OfferedTool> {
    let tool = describe::<ScheduleInput>();
    vec![OfferedTool { tool, executor: ExecutorId::schedules(), repeat: Repeat::LookUp, argument: None, hash: None }]
}

/// What a call asks for. The error is a sentence for the model that says what to send instead.
pub(super) fn parse(call: &ToolCall) -> Result<NewSchedule, String> {
    if call.name != ScheduleInput::NAME {
        return Err(format!("this version of GrowQR no longer has the tool {:?}; go on without it", call.name));
    }
    let ScheduleInput { when, name, task, if_missed, budget_usd } = tool_input::parse(&call.input)?;
    let budget = budget_usd.trim().trim_start_matches('$').parse::<Money>();
    let budget = budget.map(Some).map_err(|problem| format!("schedule_work: budget_usd: {problem}"))?;
    let on_missed = match if_missed {
        None | Some(IfMissed::RunOnce) => OnMissed::RunOnce,
        Some(IfMissed::Skip) => OnMissed::Skip,
        Some(IfMissed::Ask) => OnMissed::Ask,
    };
    Ok(NewSchedule { id: ScheduleId::new(""), name, task, words: when, zone: None, on_missed, budget, by_agent: None })
}
