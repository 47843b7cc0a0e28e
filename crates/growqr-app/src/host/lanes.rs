//! The order of requests that are answered side by side: those of one [`Lane`] one after another, in the order in which they came.

use growqr_wire::Lane;
use std::collections::BTreeMap;
use tokio::sync::watch;

/// How many requests of one lane may be under way or wait.
const LIMIT: usize = 32;

/// The requests of one connection that are not answered yet.
#[derive(Debug, Default)]
pub(crate) struct Lanes(BTreeMap<Lane, Vec<watch::Receiver<()>>>);

/// The turn of one request. Dropped once the request is answered.
#[derive(Debug)]
pub(crate) struct Ticket {
    waits_for: Vec<watch::Receiver<()>>,
    _done: watch::Sender<()>,
}

impl Lanes {
    /// Takes a place at the end of the lane; `None` if too many requests wait there.
    pub(crate) fn enter(&mut self, lane: Lane) -> Option<Ticket> {
        self.0.retain(|_, open| {
            open.retain(is_open);
            !open.is_empty()
        });
        if self.0.get(&lane).is_some_and(|open| open.len() >= LIMIT) {
            return None;
        }
        let keeps_order = |other: &Lane| match (&lane, other) {
            (Lane::None, _) => false,
            (Lane::Answers, Lane::Agent(_)) | (Lane::Agent(_), Lane::Answers) => true,
            (lane, other) => *lane == *other,
        };
        let waits_for = self.0.iter().filter(|(other, _)| keeps_order(other)).flat_map(|(_, open)| open.clone()).collect();
        let (done, open) = watch::channel(());
        self.0.entry(lane).or_default().push(open);
        Some(Ticket { waits_for, _done: done })
    }
}

impl Ticket {
    /// Returns once all earlier requests of the lane are answered.
    pub(crate) async fn turn(&mut self) {
        for earlier in &mut self.waits_for {
            // The sender is never used; the error says that it is gone.
            while earlier.changed().await.is_ok() {}
        }
    }
}

fn is_open(request: &watch::Receiver<()>) -> bool {
    request.has_changed().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn agent(id: &str) -> Lane {
        Lane::Agent(id.to_owned())
    }

    fn may_go(ticket: &mut Ticket) -> bool {
        ticket.turn().now_or_never().is_some()
    }

    #[test]
    fn requests_of_one_lane_wait_for_each_other_and_those_of_others_do_not() {
        let mut lanes = Lanes::default();
        let mut first = lanes.enter(agent("a")).unwrap();
        let mut second = lanes.enter(agent("a")).unwrap();
        let mut other = lanes.enter(agent("b")).unwrap();
        let mut keys = lanes.enter(Lane::Keys).unwrap();
        assert!(may_go(&mut first) && may_go(&mut other) && may_go(&mut keys) && !may_go(&mut second));
        drop(first);
        assert!(may_go(&mut second));
    }

    #[test]
    fn an_answer_keeps_its_order_with_the_requests_of_all_agents() {
        let mut lanes = Lanes::default();
        let said = lanes.enter(agent("a")).unwrap();
        let mut answer = lanes.enter(Lane::Answers).unwrap();
        let mut later = lanes.enter(agent("b")).unwrap();
        assert!(!may_go(&mut answer) && !may_go(&mut later));
        drop(said);
        assert!(may_go(&mut answer) && !may_go(&mut later));
        drop(answer);
        assert!(may_go(&mut later));
    }

    #[test]
    fn requests_without_an_order_wait_for_none() {
        let mut lanes = Lanes::default();
        let _first = lanes.enter(Lane::None).unwrap();
        assert!(may_go(&mut lanes.enter(Lane::None).unwrap()));
    }

    #[test]
    fn a_full_lane_refuses_more_and_holds_up_no_other() {
        let mut lanes = Lanes::default();
        let mut waiting: Vec<Ticket> = (0..LIMIT).map(|_| lanes.enter(Lane::Keys).unwrap()).collect();
        assert!(lanes.enter(Lane::Keys).is_none());
        assert!(may_go(&mut lanes.enter(agent("a")).unwrap()));
        waiting.remove(0);
        assert!(lanes.enter(Lane::Keys).is_some());
    }
}
