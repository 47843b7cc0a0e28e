//! The event stream at a rate that a screen can show: text parts of an answer are merged for one frame; everything else
//! is delivered at once.

use growqr_wire::{DeltaKind, Push};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::Instant;

/// How long text parts are collected: one frame at 60 frames per second.
const FRAME: Duration = Duration::from_millis(16);

/// A subscription to everything that happens at a client.
pub struct Subscription {
    pushes: broadcast::Receiver<Push>,
    /// Collected pushes that are not delivered yet, oldest first.
    waiting: VecDeque<Push>,
    /// When the collected pushes are delivered. `None`: at once.
    due: Option<Instant>,
}

impl Subscription {
    /// Delivers the pushes in `before`, then those that are received.
    pub(crate) fn new(before: VecDeque<Push>, pushes: broadcast::Receiver<Push>) -> Subscription {
        Subscription { pushes, waiting: before, due: None }
    }

    /// The next push; [`Push::Missed`] if this reader was too slow; `None` once the client is closed. Cancel-safe.
    pub async fn next(&mut self) -> Option<Push> {
        loop {
            let received = match self.due {
                None if self.waiting.is_empty() => self.pushes.recv().await,
                None => return self.waiting.pop_front(),
                Some(due) => match tokio::time::timeout_at(due, self.pushes.recv()).await {
                    Ok(received) => received,
                    Err(_) => {
                        self.due = None;
                        continue;
                    }
                },
            };
            match received {
                Ok(push) => self.add(push),
                Err(RecvError::Lagged(_)) => self.add(Push::Missed),
                Err(RecvError::Closed) if self.waiting.is_empty() => return None,
                Err(RecvError::Closed) => self.due = None,
            }
        }
    }

    fn add(&mut self, push: Push) {
        let is_part = matches!(push, Push::Delta { kind: DeltaKind::Text | DeltaKind::Thinking, .. });
        if !is_part {
            self.due = None;
        } else if self.waiting.is_empty() {
            self.due = Some(Instant::now() + FRAME);
        }
        append_or_merge(&mut self.waiting, push);
    }
}

/// Appends a push; or, if it continues the last part of the same answer, appends its text to that part. Callers append a
/// part only if all queued pushes after the first one are parts, so merging changes no order.
pub(crate) fn append_or_merge(waiting: &mut VecDeque<Push>, push: Push) {
    if let Push::Delta { agent, kind, text } = &push {
        let last = waiting.iter_mut().rev().find_map(|earlier| match earlier {
            Push::Delta { agent: of, kind, text } if of == agent => Some((*kind, text)),
            _ => None,
        });
        if let Some((last_kind, so_far)) = last
            && last_kind == *kind
            && matches!(kind, DeltaKind::Text | DeltaKind::Thinking)
        {
            so_far.push_str(text);
            return;
        }
    }
    waiting.push_back(push);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(agent: &str, text: &str) -> Push {
        Push::Delta { agent: agent.to_owned(), kind: DeltaKind::Text, text: text.to_owned() }
    }

    #[tokio::test(start_paused = true)]
    async fn parts_of_one_frame_are_merged_and_each_answer_keeps_its_order() {
        let (sender, receiver) = broadcast::channel(16);
        let mut subscription = Subscription::new(VecDeque::new(), receiver);
        for push in [part("a", "one "), part("b", "uno "), part("a", "two"), part("b", "due")] {
            sender.send(push).unwrap();
        }
        assert_eq!(subscription.next().await, Some(part("a", "one two")));
        assert_eq!(subscription.next().await, Some(part("b", "uno due")));
        drop(sender);
        assert_eq!(subscription.next().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn other_pushes_are_delivered_at_once_and_in_order() {
        let (sender, receiver) = broadcast::channel(16);
        let mut subscription = Subscription::new(VecDeque::new(), receiver);
        let call = Push::Delta { agent: "a".to_owned(), kind: DeltaKind::Call, text: "read_memory".to_owned() };
        let before = Instant::now();
        for push in [part("a", "looking"), call.clone(), part("a", "found")] {
            sender.send(push).unwrap();
        }
        assert_eq!(subscription.next().await, Some(part("a", "looking")));
        assert_eq!(subscription.next().await, Some(call));
        assert_eq!(Instant::now(), before);
        assert_eq!(subscription.next().await, Some(part("a", "found")));
        assert_eq!(Instant::now(), before + FRAME);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_gets_missed() {
        let (sender, receiver) = broadcast::channel(1);
        let mut subscription = Subscription::new(VecDeque::new(), receiver);
        sender.send(part("a", "1")).unwrap();
        sender.send(part("a", "2")).unwrap();
        assert_eq!(subscription.next().await, Some(Push::Missed));
        assert_eq!(subscription.next().await, Some(part("a", "2")));
    }
}
