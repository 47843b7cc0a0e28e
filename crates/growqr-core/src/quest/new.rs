//! A new quest, made from a page of memory.

use super::{Plan, PlanError, Quest, QuestState};
use crate::budget::MIN_ALLOWANCE;
use crate::clock::Timestamp;
use crate::id::{AgentId, QuestId};
use crate::memory::Page;
use crate::money::Money;
use crate::raw::RawJson;
use crate::schedule::line;
use serde_json::Value;
use std::collections::BTreeSet;

/// The tool with which an agent asks for a quest.
pub const TOOL: &str = "start_quest";

/// What a quest may spend if nothing else is said.
pub const DEFAULT_BUDGET: Money = Money::usd(2);

/// The most that a quest may spend.
const MAX_BUDGET: Money = Money::usd(1_000);

/// The most characters of a path in a question.
const SHOWN_PATH: usize = 200;

/// The most quests at the same time; those that have ended do not count.
pub const MAX_QUESTS: usize = 100;

/// Whether there is no place for another quest beside these.
#[must_use]
pub fn is_full(quests: &[Quest]) -> bool {
    quests.iter().filter(|quest| quest.state.is_open()).count() >= MAX_QUESTS
}

/// What makes a quest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewQuest {
    /// Its id.
    pub id: QuestId,
    /// The page that has the plan.
    pub page: Page,
    /// What it may spend; `None`: [`DEFAULT_BUDGET`].
    pub budget: Option<Money>,
    /// The agent that asks for it; `None` for the person.
    pub by_agent: Option<AgentId>,
}

/// Why it is no quest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NewQuestError {
    /// The page is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A budget that pays for nothing, or that nobody means.
    #[error("a quest may spend between ${MIN_ALLOWANCE} and ${MAX_BUDGET}")]
    Budget,
}

impl NewQuest {
    /// The quest, if it is started now.
    ///
    /// # Errors
    /// [`NewQuestError`].
    pub fn make(self, now: Timestamp) -> Result<Quest, NewQuestError> {
        let Page { path, content, .. } = self.page;
        let Plan { name, steps } = Plan::parse(&path, &content)?;
        Ok(Quest {
            id: self.id,
            path,
            name,
            plan: content,
            steps,
            budget: checked_budget(self.budget.unwrap_or(DEFAULT_BUDGET))?,
            state: QuestState::Active,
            skipped: BTreeSet::new(),
            by_agent: self.by_agent,
            created_at: now,
            changed_at: now,
            revision: 1,
        })
    }
}

/// The budget, if a quest may have it.
///
/// # Errors
/// [`NewQuestError::Budget`].
pub fn checked_budget(budget: Money) -> Result<Money, NewQuestError> {
    Some(budget).filter(|budget| (MIN_ALLOWANCE..=MAX_BUDGET).contains(budget)).ok_or(NewQuestError::Budget)
}

/// The page and the money of a call of an agent that wants a quest: a question about the call shows them. `None` for other tools.
#[must_use]
pub fn wanted(tool: &str, input: &RawJson) -> Option<String> {
    let input: Value = serde_json::from_str(input.text()).ok().filter(|_| tool == TOOL)?;
    let path: String = line(input.get("path")?.as_str()?).chars().take(SHOWN_PATH).collect();
    let budget = match input.get("budget_usd") {
        Some(budget) if !budget.is_null() => budget.as_str()?.trim().trim_start_matches('$').parse().ok()?,
        _ => DEFAULT_BUDGET,
    };
    Some(format!("{path}, up to ${budget}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(content: &str, budget: Option<Money>) -> Result<Quest, NewQuestError> {
        let page = Page { path: "quests/move.md".to_owned(), content: content.to_owned(), version: "v".to_owned() };
        NewQuest { id: QuestId::new("q-1"), page, budget, by_agent: None }.make(Timestamp(7))
    }

    #[test]
    fn a_page_with_steps_becomes_a_quest_of_two_dollars_and_keeps_its_text() {
        let quest = new("# Move\n- [ ] Pack\n", None).expect("a plan");
        assert_eq!((&*quest.name, &*quest.plan, quest.budget), ("Move", "# Move\n- [ ] Pack\n", Money::usd(2)));
        assert_eq!((quest.state, quest.created_at, quest.revision), (QuestState::Active, Timestamp(7), 1));
        assert_eq!(new("text", None), Err(NewQuestError::Plan(PlanError::NoSteps)));
        for budget in [Money(1), Money::usd(1_001)] {
            assert_eq!(new("- [ ] Pack", Some(budget)), Err(NewQuestError::Budget));
        }
    }

    #[test]
    fn there_is_no_place_beside_a_hundred_open_quests() {
        let quest = new("- [ ] Pack", None).expect("a plan");
        let mut all = vec![quest.clone(); MAX_QUESTS];
        assert!(is_full(&all));
        all[7].state = QuestState::Done;
        assert!(!is_full(&all));
        all.push(Quest { state: QuestState::Paused, ..quest });
        assert!(is_full(&all));
    }

    #[test]
    fn a_question_about_a_quest_names_the_page_and_the_money() {
        let shown = |input: Value| wanted("start_quest", &RawJson::of(&input));
        assert_eq!(shown(serde_json::json!({"path": "quests/a\n.md"})).as_deref(), Some("quests/a .md, up to $2.00"));
        let input = serde_json::json!({"path": "a.md", "budget_usd": "0.50"});
        assert_eq!(shown(input).as_deref(), Some("a.md, up to $0.50"));
        assert_eq!(shown(serde_json::json!({"path": "a.md", "budget_usd": "much"})), None);
        assert_eq!(shown(serde_json::json!({"path": "a.md", "budget_usd": null})).as_deref(), Some("a.md, up to $2.00"));
        assert_eq!(wanted("other__start_quest", &RawJson::of(&serde_json::json!({"path": "a.md"}))), None);
    }
}
