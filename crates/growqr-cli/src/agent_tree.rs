//! The `growqr agents tree` command.

use crate::CommandResult;
use crate::print::{Out, Style, duration, shortened, usd};
use growqr_app::{Environment, Library, Profile, local_now};
use growqr_wire::{Agent, AgentStep};
use serde::Serialize;
use std::collections::HashMap;

/// The width of a bar in characters.
const BAR: u64 = 10;

pub async fn tree(profile: Profile, environment: &Environment, out: &Out) -> CommandResult {
    let library = Library::open(profile.clone()).await?;
    let agents = library.agents().await?;
    let steps: HashMap<String, AgentStep> =
        library.agent_steps().await?.into_iter().map(|step| (step.agent.clone(), step)).collect();
    let now = local_now().0.0;
    for (agent, branch) in in_order(&agents) {
        let step = steps.get(&agent.id);
        out.row(&TreeLine { agent, step }, || line(out, agent, step, &branch, now));
    }
    if agents.is_empty() && !out.is_json() {
        out.notice("no agents yet; send the first message with: growqr chat \"hello\"");
    }
    crate::missing_host::notice_missing_host(profile, environment, out, &agents).await;
    Ok(true)
}

/// An agent with what it does now.
#[derive(Serialize)]
struct TreeLine<'a> {
    #[serde(flatten)]
    agent: &'a Agent,
    step: Option<&'a AgentStep>,
}

/// The agents with the branches in front of them, each below the one that started it. One whose parent is missing is a root.
fn in_order(agents: &[Agent]) -> Vec<(&Agent, String)> {
    let known = |id: &str| agents.iter().any(|agent| agent.id == id);
    let mut below: HashMap<Option<&str>, Vec<&Agent>> = HashMap::new();
    for agent in agents {
        below.entry(agent.parent.as_deref().filter(|parent| known(parent))).or_default().push(agent);
    }
    let mut ordered = Vec::new();
    let mut open: Vec<(&Agent, String, String)> =
        below.remove(&None).unwrap_or_default().into_iter().rev().map(|root| (root, String::new(), String::new())).collect();
    while let Some((agent, branch, indent)) = open.pop() {
        let children = below.remove(&Some(agent.id.as_str())).unwrap_or_default();
        let last = children.len().saturating_sub(1);
        for (index, child) in children.into_iter().enumerate().rev() {
            let (mark, further) = if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            open.push((child, format!("{indent}{mark}"), format!("{indent}{further}")));
        }
        ordered.push((agent, branch));
    }
    ordered
}

fn line(out: &Out, agent: &Agent, step: Option<&AgentStep>, branch: &str, now: i64) -> String {
    let (mark, word, style) = state(agent);
    let word = format!("{mark} {word:<9}");
    let word = style.map_or(word.clone(), |style| out.style(style, &word));
    let took = step.map_or_else(String::new, |step| duration(now - step.began_at));
    let doing = step.map_or_else(String::new, |step| out.style(Style::Dim, &shortened(&step.label, 60)));
    let name = format!("{branch}{}", shortened(&agent.name, 24));
    format!("{name:<32} {word} {took:>12}  {}  {:<20} {doing}", spent(agent), agent.id).trim_end().to_owned()
}

/// The state as a mark and a word, so that colour is not needed to tell them apart.
fn state(agent: &Agent) -> (char, &str, Option<Style>) {
    match agent.status.as_str() {
        _ if agent.asks > 0 => ('?', "asks you", Some(Style::Bad)),
        "thinking" | "working" => ('▶', agent.status.as_str(), None),
        "waiting" | "queued" => ('…', agent.status.as_str(), None),
        "done" => ('✓', "done", Some(Style::Good)),
        "limit" => ('!', "limit", Some(Style::Bad)),
        "failed" => ('✗', "failed", Some(Style::Bad)),
        "cancelled" => ('■', "stopped", None),
        other => ('·', other, None),
    }
}

/// What it has spent, as a bar with numbers: for a sub-agent at work against what it may still spend. One that has reported has
/// given the rest back.
fn spent(agent: &Agent) -> String {
    let spent = agent.spent.saturating_add(agent.unknown);
    let Some(left) = agent.allowance.filter(|_| agent.is_at_work()) else { return format!("{:<10}  {:<22}", "", usd(spent)) };
    let all = spent.saturating_add(left);
    let filled = if all == 0 { 0 } else { spent.saturating_mul(BAR).div_ceil(all) };
    let bar: String = (0..BAR).map(|index| if index < filled { '█' } else { '░' }).collect();
    format!("{bar}  {:<22}", format!("{}, {} left", usd(spent), usd(left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(id: &str, parent: Option<&str>, status: &str) -> Agent {
        let agent = serde_json::json!({
            "id": id, "name": id, "parent": parent, "depth": 1, "task": null, "status": status, "model": "", "mind": "model",
            "why": null, "turn": 1, "spent": 25_000_000, "unknown": 0, "allowance": 75_000_000, "reserved": 0, "asks": 0,
            "created_at": 0, "updated_at": 0, "seq": 1,
        });
        serde_json::from_value(agent).unwrap()
    }

    #[test]
    fn each_agent_is_below_the_one_that_started_it_and_one_without_a_known_parent_is_a_root() {
        let agents = [
            agent("grow", None, "waiting"),
            agent("a", Some("grow"), "done"),
            agent("b", Some("grow"), "done"),
            agent("a1", Some("a"), "done"),
            agent("lost", Some("gone"), "done"),
        ];
        let shown: Vec<String> = in_order(&agents).into_iter().map(|(agent, branch)| format!("{branch}{}", agent.id)).collect();
        assert_eq!(shown, ["grow", "├─ a", "│  └─ a1", "└─ b", "lost"]);
    }

    #[test]
    fn money_at_work_is_shown_against_what_is_left_and_afterwards_alone() {
        assert_eq!(spent(&agent("a", None, "working")).trim_end(), "███░░░░░░░  $0.25, $0.75 left");
        assert_eq!(spent(&agent("a", None, "done")).trim(), "$0.25");
    }
}
