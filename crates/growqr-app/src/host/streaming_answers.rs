//! Answers that are still streaming. A subscriber that joins in the middle of an answer gets its beginning, so that a
//! page that is loaded again shows the whole answer.

use crate::host::subscription::append_or_merge;
use growqr_wire::{Kind, Push};
use std::collections::{BTreeMap, VecDeque};

/// By agent: the pushes that a new subscriber needs to show the answer that is streaming.
#[derive(Debug, Default)]
pub(crate) struct StreamingAnswers(BTreeMap<String, VecDeque<Push>>);

impl StreamingAnswers {
    /// Takes a push that is passed on to subscribers.
    pub(crate) fn record(&mut self, push: &Push) {
        match push {
            Push::Recorded { agent, events } => {
                for line in events {
                    match line.known_kind() {
                        // Tells a subscriber that it gets the answer from its beginning.
                        Some(Kind::ModelRequested) => {
                            let begins = Push::Recorded { agent: agent.clone(), events: vec![line.clone()] };
                            self.0.insert(agent.id.clone(), VecDeque::from([begins]));
                        }
                        Some(Kind::ModelAnswered | Kind::ModelFailed | Kind::TurnEnded) => drop(self.0.remove(&agent.id)),
                        _ => {}
                    }
                }
            }
            Push::Delta { agent, .. } => append_or_merge(self.0.entry(agent.clone()).or_default(), push.clone()),
            Push::Stopped { agent, .. } => drop(self.0.remove(agent)),
            Push::Missed => self.0.clear(),
            Push::MemoryChanged | Push::MemoryProgress { .. } | Push::StackChanged { .. } | Push::HealthChanged { .. } => {}
        }
    }

    /// The pushes that a new subscriber has missed.
    pub(crate) fn backlog(&self) -> VecDeque<Push> {
        self.0.values().flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_wire::DeltaKind;

    fn part(agent: &str, text: &str) -> Push {
        Push::Delta { agent: agent.to_owned(), kind: DeltaKind::Text, text: text.to_owned() }
    }

    #[test]
    fn parts_of_one_answer_are_merged_and_answers_are_separate() {
        let mut streaming = StreamingAnswers::default();
        for push in [part("a", "one "), part("b", "uno "), part("a", "two"), part("b", "due")] {
            streaming.record(&push);
        }
        assert_eq!(streaming.backlog(), [part("a", "one two"), part("b", "uno due")]);
    }

    #[test]
    fn an_answer_with_missed_parts_is_dropped() {
        let mut streaming = StreamingAnswers::default();
        streaming.record(&part("a", "one"));
        streaming.record(&Push::Missed);
        streaming.record(&part("a", "three"));
        assert_eq!(streaming.backlog(), [part("a", "three")]);
    }
}
