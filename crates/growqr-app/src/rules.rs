//! The rules for tool calls: lists, adds, removes and tests their lines.

use crate::SystemClock;
use crate::error::AppError;
use crate::library::Library;
use growqr_core::agent::searched::CALL_TOOL;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::AgentId;
use growqr_core::journal::{Store, StoredRule};
use growqr_core::raw::RawJson;
use growqr_core::rules::{
    Agents, Argument, ArgumentField, CallFacts, Decision, Glob, Rule, RuleError, RuleLine, RuleOrigin, Rules,
};
use growqr_core::skill;
use growqr_wire as wire;
use std::sync::Arc;

/// The most lines of the person.
const MAX_LINES: usize = 500;

impl Library {
    /// All lines, in the order in which they count: the last one that matches a call decides.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn rules(&self) -> Result<Vec<wire::RuleRow>, AppError> {
        let stored = self.stored_rules().await?;
        Ok(Rules::default().lines().iter().map(|line| built_in(&line.rule)).chain(stored.iter().map(row)).collect())
    }

    /// What the rules decide about a call of this tool with this input (JSON), by this agent (`None`: the Grow Agent). An ask can
    /// still come from elsewhere: from untrusted text, or from the same call three times in a row.
    ///
    /// # Errors
    /// [`AppError::BadRequest`] if the input is not JSON; [`AppError::Missing`] if there is no such agent.
    pub async fn test_rules(&self, tool: &str, input: &str, agent: Option<&str>) -> Result<wire::RuleTest, AppError> {
        let input = RawJson::parse(json_input(input)).map_err(|error| {
            let step = r#"Write it like this: path=notes/a.md, or {"path": "notes/a.md"}"#;
            AppError::bad_request(format!("the input is not JSON: {error}"), step)
        })?;
        let depth = match agent.filter(|agent| *agent != AgentId::grow().as_str()) {
            Some(agent) => self.agent(agent).await?.depth,
            None => 0,
        };
        let (agent, stored) = (agent.map_or_else(AgentId::grow, AgentId::new), self.stored_rules().await?);
        let rules = compile(&stored);
        let fields = argument_fields();
        let field = fields.iter().find(|(name, _)| name == tool).map(|(_, field)| field);
        let hash = match &self.store {
            Some(store) => crate::tools::hash_of(&**store, tool).await?,
            None => None,
        };
        let call = CallFacts::new(tool, field, &input, &agent, depth).with_hash(hash.as_deref());
        let decided = rules.decide(&call);
        let built_ins = Rules::default().lines().len();
        let rule = match decided.index.checked_sub(built_ins) {
            Some(index) => stored.get(index).map_or_else(|| built_in(&decided.line.rule), row),
            None => built_in(&decided.line.rule),
        };
        let is_unclear = matches!(call.argument(), Argument::Unclear(_));
        let argument = match call.argument() {
            Argument::One(_, value) => Some(value.clone()),
            Argument::Beginning(_, start) => Some(format!("{start}*")),
            Argument::None | Argument::Unclear(_) => None,
        };
        Ok(wire::RuleTest {
            decision: decided.line.rule.decision.as_str().to_owned(),
            rule,
            argument,
            is_unclear,
            is_risky: decided.is_risky,
        })
    }

    async fn stored_rules(&self) -> Result<Vec<StoredRule>, AppError> {
        match &self.store {
            Some(store) => Ok(store.rules().await?),
            None => Ok(Vec::new()),
        }
    }
}

/// The input of a call, which may be written as one `field=value`, as in a rule.
fn json_input(input: &str) -> String {
    let is_field = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match input.split_once('=') {
        Some((field, value)) if is_field(field) => serde_json::json!({ field: value }).to_string(),
        _ => input.to_owned(),
    }
}

/// The arguments of the program's own tools.
fn argument_fields() -> Vec<(String, ArgumentField)> {
    let own = growqr_core::agent::tools::offered().into_iter().chain(growqr_actors::memory_tools());
    let own = own.chain(growqr_actors::schedule_tools());
    let offered = own.chain(growqr_tools::file_tools()).chain(growqr_tools::web::web_tools());
    let fields = offered.filter_map(|offered| Some((offered.tool.name, offered.argument?)));
    fields.chain([(skill::READ_SKILL.to_owned(), skill::argument())]).collect()
}

/// The rules in force.
pub(crate) async fn load(store: &dyn Store) -> Result<Arc<Rules>, AppError> {
    Ok(Arc::new(compile(&store.rules().await?)))
}

/// The rules of these lines, in their order. A line that this build cannot read may have denied something: it counts as one that
/// asks about every call.
fn compile(stored: &[StoredRule]) -> Rules {
    let line = |stored: &StoredRule| {
        let rule = stored.line.parse().unwrap_or_else(|problem: RuleError| {
            tracing::warn!(line = stored.line, %problem, "a rule cannot be read; every call that no later rule decides needs a question");
            Rule { decision: Decision::Ask, tool: Glob::all(), argument: None, agents: Agents::All, hash: None, risk: None }
        });
        RuleLine { rule, origin: stored.origin }
    };
    Rules::new(stored.iter().map(line))
}

/// Adds a line of the person.
pub(crate) async fn add(store: &dyn Store, line: &str) -> Result<(), AppError> {
    let rule: Rule = line
        .parse()
        .map_err(|problem| AppError::bad_request(format!("{problem}"), "An example: ask commit_memory path=private/*"))?;
    if rule.tool.to_string() == CALL_TOOL {
        return Err(AppError::bad_request(
            "a call through call_tool is decided as a call of the tool that it names",
            "Write the name of that tool instead, for example: ask files__*",
        ));
    }
    if store.rules().await?.iter().filter(|rule| rule.origin == RuleOrigin::Person).count() >= MAX_LINES {
        return Err(AppError::bad_request(
            format!("there are {MAX_LINES} rules already"),
            "Remove some that you no longer need: growqr rules list",
        ));
    }
    store.add_rule(&rule.to_string(), SystemClock.now()).await?;
    Ok(())
}

/// Removes a line.
pub(crate) async fn remove(store: &dyn Store, id: &str) -> Result<(), AppError> {
    if store.remove_rule(id, SystemClock.now()).await? {
        return Ok(());
    }
    Err(AppError::Missing { what: format!("rule {id:?}"), next_step: "See all rules: growqr rules list".to_owned() })
}

/// Removes all lines that allow something, and returns them. A line that this build cannot read, and that says "allow", is one of
/// them: a later build may read it.
///
/// # Errors
/// If the store cannot be read or written.
pub(crate) async fn remove_allowing(store: &dyn Store, at: Timestamp) -> Result<Vec<String>, AppError> {
    let mut removed = Vec::new();
    for stored in store.rules().await? {
        let allows = match stored.line.parse::<Rule>() {
            Ok(rule) => rule.decision == Decision::Allow,
            Err(_) => stored.line.trim_start().starts_with(Decision::Allow.as_str()),
        };
        if allows {
            store.remove_rule(&stored.id, at).await?;
            removed.push(stored.line);
        }
    }
    Ok(removed)
}

fn row(stored: &StoredRule) -> wire::RuleRow {
    let origin = match stored.origin {
        RuleOrigin::Answer => wire::RuleOrigin::Answer,
        RuleOrigin::Person => wire::RuleOrigin::Person,
        RuleOrigin::BuiltIn => wire::RuleOrigin::BuiltIn,
    };
    wire::RuleRow { id: Some(stored.id.clone()), line: stored.line.clone(), origin, added_at: Some(stored.added_at.0) }
}

fn built_in(rule: &Rule) -> wire::RuleRow {
    wire::RuleRow { id: None, line: rule.to_string(), origin: wire::RuleOrigin::BuiltIn, added_at: None }
}
