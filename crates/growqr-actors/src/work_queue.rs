//! Limits how many sub-agents work at once. A sub-agent that may not begin its turn yet waits in a queue.
//!
//! One that waits for its own sub-agents, or for the person, does not count as working; so sub-agents never wait for one another
//! in a circle. When it goes on, it does so at once, and for a while more may work than the limit says: then none begins. The
//! queue is not stored: an agent whose turn waits to begin says so in its journal.

use crate::placement::Place;
use growqr_core::id::AgentId;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Who works, and who waits.
#[derive(Debug, Default)]
pub(crate) struct WorkQueue {
    places: Mutex<Places>,
    /// Changes when a place becomes free.
    freed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Places {
    working: BTreeSet<AgentId>,
    waiting: VecDeque<AgentId>,
}

impl WorkQueue {
    /// Changes when a waiting agent should try again.
    pub(crate) fn freed(&self) -> watch::Receiver<()> {
        self.freed.subscribe()
    }

    /// Whether the agent may begin a turn, if at most `limit` may work at once. If so, it has a place; otherwise it is in the
    /// queue. A limit below one counts as one.
    pub(crate) fn may_begin(&self, agent: &AgentId, limit: usize) -> bool {
        let mut places = self.places();
        if places.working.contains(agent) {
            return true;
        }
        if !places.waiting.contains(agent) {
            places.waiting.push_back(agent.clone());
        }
        let free = limit.max(1).saturating_sub(places.working.len());
        match places.waiting.iter().position(|waiting| waiting == agent) {
            Some(place) if place < free => {
                places.waiting.remove(place);
                places.working.insert(agent.clone())
            }
            _ => false,
        }
    }

    /// Takes note of whether the agent works now.
    pub(crate) fn note(&self, agent: &AgentId, place: Place) {
        match place {
            Place::Working => {
                let mut places = self.places();
                places.waiting.retain(|waiting| waiting != agent);
                places.working.insert(agent.clone());
            }
            Place::Queued => {
                let mut places = self.places();
                if !places.waiting.contains(agent) && !places.working.contains(agent) {
                    places.waiting.push_back(agent.clone());
                }
            }
            Place::Free => self.leave(agent),
        }
    }

    /// The agent neither works nor waits.
    pub(crate) fn leave(&self, agent: &AgentId) {
        let mut places = self.places();
        let waiting = places.waiting.len();
        places.waiting.retain(|waiting| waiting != agent);
        if places.working.remove(agent) || places.waiting.len() < waiting {
            self.freed.send_replace(());
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agents<const N: usize>() -> [AgentId; N] {
        std::array::from_fn(|number| AgentId::new(format!("a-{number}")))
    }

    #[test]
    fn agents_begin_in_the_order_of_the_queue() {
        let (queue, [a, b, c]) = (WorkQueue::default(), agents());
        assert!(queue.may_begin(&a, 1));
        assert!(!queue.may_begin(&b, 1) && !queue.may_begin(&c, 1));
        queue.note(&a, Place::Free);
        assert!(!queue.may_begin(&c, 1), "b is first");
        assert!(queue.may_begin(&b, 1));
    }

    #[test]
    fn an_agent_that_waits_for_others_leaves_its_place_and_goes_on_at_once() {
        let (queue, [a, b, c]) = (WorkQueue::default(), agents());
        assert!(queue.may_begin(&a, 1));
        queue.note(&a, Place::Free);
        assert!(queue.may_begin(&b, 1));
        queue.note(&a, Place::Working);
        queue.note(&b, Place::Free);
        assert!(!queue.may_begin(&c, 1), "a works");
        queue.note(&a, Place::Free);
        assert!(queue.may_begin(&c, 1));
    }

    #[test]
    fn an_agent_that_leaves_the_queue_holds_up_nobody() {
        let (queue, [a, b, c]) = (WorkQueue::default(), agents());
        assert!(queue.may_begin(&a, 1));
        assert!(!queue.may_begin(&b, 1) && !queue.may_begin(&c, 1));
        queue.leave(&b);
        queue.leave(&a);
        assert!(queue.may_begin(&c, 0), "a limit of none counts as one");
    }

    #[test]
    fn a_free_place_wakes_those_who_wait() {
        let (queue, [a, b]) = (WorkQueue::default(), agents());
        let mut freed = queue.freed();
        assert!(queue.may_begin(&a, 1) && !queue.may_begin(&b, 1));
        assert!(!freed.has_changed().unwrap());
        queue.note(&a, Place::Free);
        assert!(freed.has_changed().unwrap());
        freed.mark_unchanged();
    }
}
