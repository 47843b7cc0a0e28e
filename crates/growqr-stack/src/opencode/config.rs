//! The configuration with which GrowQR starts OpenCode. Everything is set from outside; files in the work directory configure
//! nothing.
//!
//! The permissions are for the person's consent, not a wall: the wall is the container. An allowed shell command can still
//! write files by redirection.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The agents that OpenCode brings along. They have prompts and permissions that GrowQR did not choose.
const BUILT_IN_AGENTS: [&str; 5] = ["build", "plan", "general", "explore", "title"];

/// The variable with the gateway's token. With `ANTHROPIC_API_KEY` OpenCode would load the provider a second time, from the
/// environment, and send betas that GrowQR does not want.
pub const TOKEN_VARIABLE: &str = "GROWQR_GATEWAY_TOKEN";

/// What one OpenCode server is told at its start.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The address of the model gateway as seen from the container, without `/v1`.
    pub gateway: String,
    /// The only model. It also writes the summaries.
    pub model: ServedModel,
    /// The agents. The first one is the default.
    pub agents: Vec<AgentConfig>,
    /// Shell commands that run without a question, as patterns such as `head *`.
    pub allowed_commands: Vec<String>,
}

/// A model as OpenCode needs to know it. Its own catalogue lacks new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedModel {
    /// The id in the Messages API.
    pub id: String,
    /// The name that people see.
    pub name: String,
    /// The largest prompt in tokens.
    pub context_tokens: u64,
    /// The longest reply in tokens.
    pub output_tokens: u64,
    /// Micro-cents (100,000,000 to the dollar) for a million tokens: input, output, read from and written to the cache. OpenCode
    /// only displays costs; the gateway counts them.
    pub prices: [u64; 4],
}

/// An agent that sessions name in their prompts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentConfig {
    /// The name in prompts, such as `grow`.
    pub name: String,
    /// For what it is, for models that choose among agents.
    pub description: String,
    /// The system prompt. OpenCode appends the model, the directory and the date.
    pub prompt: String,
    /// Whether the `task` tool of other agents offers it.
    pub is_offered: bool,
    /// After this many steps OpenCode asks the model to finish. It does not stop a model that goes on.
    pub steps: u32,
    /// Rules of this agent, after the common ones.
    pub rules: Vec<Rule>,
}

/// A permission rule. The last one that matches decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The name of the permission, such as `bash` or `edit`.
    pub permission: String,
    /// Which calls: a pattern with `*` and `?`.
    pub pattern: String,
    /// What is done with them.
    pub action: Action,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The call runs.
    Allow,
    /// The call waits for a reply.
    Ask,
    /// The call is refused. A tool that is denied for everything is not offered to the model.
    Deny,
}

/// The configuration, for `OPENCODE_CONFIG_CONTENT`. It contains no secret: the token is read from the environment.
#[must_use]
pub fn config(server: &ServerConfig) -> Value {
    let model = format!("anthropic/{}", server.model.id);
    json!({
        "autoupdate": false,
        "share": "disabled",
        "plugin": [],
        "mcp": {},
        "enabled_providers": ["anthropic"],
        "model": model,
        "small_model": model,
        "default_agent": server.agents.first().map(|agent| &agent.name),
        "permission": permissions(&server.allowed_commands),
        "provider": {"anthropic": provider(server)},
        "agent": agents(&server.agents),
    })
}

/// The keys of JSON objects are sorted here, so `*` precedes every rule that begins with a letter, and the later rule wins. A
/// pattern that would be sorted before `*` only leads to a question too many.
fn permissions(allowed_commands: &[String]) -> Value {
    let mut bash = Map::from_iter([("*".to_owned(), json!("ask"))]);
    bash.extend(allowed_commands.iter().map(|pattern| (pattern.clone(), json!("allow"))));
    json!({
        "*": "ask",
        "read": {"*": "allow", "*.env": "ask", "*.env.*": "ask"},
        "edit": "allow",
        "glob": "allow",
        "grep": "allow",
        "list": "allow",
        "bash": bash,
        "task": "allow",
        "todowrite": "allow",
        "question": "allow",
        "webfetch": "ask",
        "websearch": "ask",
        "external_directory": "ask",
        "doom_loop": "ask",
        // Its only skill explains how to change this configuration.
        "skill": "deny",
    })
}

fn provider(server: &ServerConfig) -> Value {
    let model = &server.model;
    // OpenCode counts in dollars for a million tokens.
    let [input, output, cache_read, cache_write] = model.prices.map(|price| price as f64 / 1e8);
    let described = json!({
        "name": model.name,
        "tool_call": true,
        "limit": {"context": model.context_tokens, "output": model.output_tokens},
        "cost": {"input": input, "output": output, "cache_read": cache_read, "cache_write": cache_write},
    });
    json!({
        "options": {
            "baseURL": format!("{}/v1", server.gateway.trim_end_matches('/')),
            "apiKey": format!("{{env:{TOKEN_VARIABLE}}}"),
        },
        "whitelist": [model.id],
        "models": Map::from_iter([(model.id.clone(), described)]),
    })
}

fn agents(agents: &[AgentConfig]) -> Value {
    let disabled = BUILT_IN_AGENTS.iter().map(|name| ((*name).to_owned(), json!({"disable": true})));
    let mut all: Map<String, Value> = disabled.collect();
    all.extend(agents.iter().map(|agent| (agent.name.clone(), describe(agent))));
    Value::Object(all)
}

fn describe(agent: &AgentConfig) -> Value {
    let mut permission = Map::new();
    for rule in &agent.rules {
        let patterns = permission.entry(rule.permission.clone()).or_insert_with(|| json!({}));
        patterns[&rule.pattern] = json!(rule.action);
    }
    json!({
        "mode": if agent.is_offered { "all" } else { "primary" },
        "description": agent.description,
        "prompt": agent.prompt,
        "steps": agent.steps,
        "permission": permission,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> ServerConfig {
        ServerConfig {
            gateway: "http://172.17.0.1:4100/".into(),
            model: ServedModel {
                id: "claude-sonnet-5-5".into(),
                name: "Sonnet 5.5".into(),
                context_tokens: 1_000_000,
                output_tokens: 32_000,
                prices: [200_000_000, 1_000_000_000, 10_000_000, 250_000_000],
            },
            agents: vec![AgentConfig {
                name: "grow".into(),
                description: "Works on a task".into(),
                prompt: "You work.".into(),
                is_offered: false,
                steps: 50,
                rules: vec![Rule { permission: "webfetch".into(), pattern: "*".into(), action: Action::Deny }],
            }],
            allowed_commands: vec!["ls *".into(), "git status *".into()],
        }
    }

    #[test]
    fn the_configuration_says_everything_that_growqr_decides() {
        let config = config(&server());
        let table = [
            ("/autoupdate", json!(false)),
            ("/share", json!("disabled")),
            ("/plugin", json!([])),
            ("/mcp", json!({})),
            ("/enabled_providers", json!(["anthropic"])),
            ("/model", json!("anthropic/claude-sonnet-5-5")),
            ("/small_model", json!("anthropic/claude-sonnet-5-5")),
            ("/default_agent", json!("grow")),
            ("/provider/anthropic/options/baseURL", json!("http://172.17.0.1:4100/v1")),
            ("/provider/anthropic/options/apiKey", json!("{env:GROWQR_GATEWAY_TOKEN}")),
            ("/provider/anthropic/whitelist", json!(["claude-sonnet-5-5"])),
            ("/provider/anthropic/models/claude-sonnet-5-5/limit", json!({"context": 1_000_000, "output": 32_000})),
            (
                "/provider/anthropic/models/claude-sonnet-5-5/cost",
                json!({"input": 2.0, "output": 10.0, "cache_read": 0.1, "cache_write": 2.5}),
            ),
            ("/permission/*", json!("ask")),
            ("/permission/edit", json!("allow")),
            ("/permission/bash", json!({"*": "ask", "git status *": "allow", "ls *": "allow"})),
            ("/permission/external_directory", json!("ask")),
            ("/permission/webfetch", json!("ask")),
            ("/permission/question", json!("allow")),
            ("/permission/skill", json!("deny")),
            ("/agent/build", json!({"disable": true})),
            ("/agent/title", json!({"disable": true})),
            ("/agent/grow/mode", json!("primary")),
            ("/agent/grow/prompt", json!("You work.")),
            ("/agent/grow/steps", json!(50)),
            ("/agent/grow/permission", json!({"webfetch": {"*": "deny"}})),
        ];
        for (pointer, expected) in table {
            assert_eq!(config.pointer(pointer), Some(&expected), "{pointer}");
        }
    }

    #[test]
    fn the_catch_all_rule_of_the_shell_is_written_first_because_the_last_match_wins() {
        let text = config(&server()).to_string();
        assert!(text.contains(r#""bash":{"*":"ask","git status *":"allow""#), "{text}");
        assert!(text.contains(r#""permission":{"*":"ask","#), "{text}");
    }
}
