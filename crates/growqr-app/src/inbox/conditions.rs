//! The entries of the inbox about what is wrong now and is in no journal: trouble of agents, mail, memory and containers, and
//! quests that wait.
//!
//! Their ids do not name when they began, so that what was seen stays seen after a restart. A time of 0 is not known.

use crate::inbox::HostFacts;
use growqr_core::journal::AgentView;
use growqr_wire::{DockerState, Health, InboxEntry, InboxKind, MemorySyncState, PartState, Quest, QuestState, Stack, StackPart};

/// What keeps agents and mail from going on.
pub(super) fn of_agents(health: &Health, agents: &[AgentView]) -> Vec<InboxEntry> {
    let name_of = |id: &str| {
        let found = agents.iter().find(|agent| agent.agent.as_str() == id);
        found.map_or_else(|| id.to_owned(), |agent| agent.name.clone())
    };
    let trouble = health.agents.iter().map(|trouble| InboxEntry {
        agent: Some(trouble.agent.clone()),
        since: trouble.since,
        next_step: trouble.error.next_step.clone(),
        ..entry(InboxKind::Trouble, &format!("trouble:{}", trouble.agent), name_of(&trouble.agent), trouble.error.message.clone())
    });
    let mail = health.mail.iter().map(|held| {
        let text = match held.count {
            1 => format!("1 mail cannot be delivered: {}", held.cause),
            count => format!("{count} mails cannot be delivered: {}", held.cause),
        };
        InboxEntry {
            agent: Some(held.to.clone()),
            since: held.since,
            next_step: Some("It is kept, and delivered as soon as the receiver can record it.".to_owned()),
            ..entry(InboxKind::Mail, &format!("mail:{}", held.to), name_of(&held.to), text)
        }
    });
    trouble.chain(mail).collect()
}

/// The containers that have failed, and a copy of memory that waits for the person.
pub(super) fn of_stack(stack: &Stack) -> Vec<InboxEntry> {
    let parts = stack.parts.iter().filter(|part| part.state == PartState::Failed).map(|part| InboxEntry {
        next_step: part.next_step.clone(),
        ..entry(InboxKind::Stack, &format!("stack:{}", part.id), part.name.clone(), part.found.clone())
    });
    let copy = stack.memory.iter().filter(|memory| memory.state == MemorySyncState::Stopped).map(|memory| InboxEntry {
        next_step: memory.next_step.clone(),
        ..entry(InboxKind::Stack, "stack:memory-copy", "Copy of memory".to_owned(), memory.found.clone())
    });
    parts.chain(copy).collect()
}

/// The quests that begin no further step until the person decides.
pub(super) fn of_quests(quests: &[Quest]) -> Vec<InboxEntry> {
    let waiting = |quest: &Quest| {
        let (text, next_step) = match quest.state {
            QuestState::Blocked => {
                ("A step has not succeeded.", format!("Retry it, or go on without it: growqr quest show {}", quest.id))
            }
            QuestState::NoMoney => (
                "Too little money is left for the next step.",
                format!("It begins once you have raised the budget: growqr quest budget {} AMOUNT", quest.id),
            ),
            QuestState::AtWork | QuestState::Paused | QuestState::Done | QuestState::Cancelled => return None,
        };
        let found = entry(InboxKind::Quest, &format!("quest:{}", quest.id), quest.name.clone(), text.to_owned());
        Some(InboxEntry { next_step: Some(next_step), ..found })
    };
    quests.iter().filter_map(waiting).collect()
}

/// Whether it is known now that this condition holds, or does not. Without Docker nothing is known about containers.
pub(super) fn is_known(id: &str, facts: &HostFacts) -> bool {
    let Some(part) = id.strip_prefix("stack:") else { return true };
    facts.stack.as_ref().is_some_and(|stack| {
        let is_unknown = |found: &StackPart| found.id == part && found.state == PartState::Unknown;
        stack.docker.state == DockerState::Ready && !stack.parts.iter().any(is_unknown)
    })
}

/// Memory cannot be changed.
pub(super) fn memory(text: String, next_step: Option<String>) -> InboxEntry {
    InboxEntry { next_step, ..entry(InboxKind::Memory, "memory", "Memory".to_owned(), text) }
}

fn entry(kind: InboxKind, id: &str, name: String, text: String) -> InboxEntry {
    InboxEntry {
        id: id.to_owned(),
        kind,
        agent: None,
        name,
        since: 0,
        text: Some(text),
        next_step: None,
        ended: None,
        shortfall: None,
        took: None,
        is_seen: false,
    }
}
