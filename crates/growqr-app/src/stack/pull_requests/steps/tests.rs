//! Every short history of a held change, with a kill between any two steps, ends with one decision that both sides know.

use super::*;

const HELD: &str = "held";
const ADDED: &str = "added";

/// Something that happens. Steps of the program are done up to a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    MergedThere,
    ClosedThere,
    CommitAddedThere,
    BranchRemovedThere,
    DecidedHere,
    /// The decision could not be carried out: the person is asked again.
    DecisionFailed,
    DecisionCarriedOut,
    /// The program works, and is killed after so many steps.
    Steps(usize),
}

const EVENTS: [Event; 10] = [
    Event::MergedThere,
    Event::ClosedThere,
    Event::CommitAddedThere,
    Event::BranchRemovedThere,
    Event::DecidedHere,
    Event::DecisionFailed,
    Event::DecisionCarriedOut,
    Event::Steps(1),
    Event::Steps(2),
    Event::Steps(9),
];

/// Both sides.
#[derive(Clone, Debug)]
struct Story {
    here: Here,
    there: There,
    opened: u32,
    /// Decisions that were recorded, but for those that failed.
    decisions: u32,
    /// The person has closed the pull request after it was last opened.
    is_closed_by_person: bool,
    is_merged: bool,
    /// Commits of the person that are in no memory and no branch.
    lost: bool,
}

impl Story {
    fn new() -> Story {
        Story {
            here: Here::Waits,
            there: There::default(),
            opened: 0,
            decisions: 0,
            is_closed_by_person: false,
            is_merged: false,
            lost: false,
        }
    }

    fn state(&self) -> Option<StateThere> {
        self.there.pull.as_ref().map(|pull| pull.state)
    }

    fn set(&mut self, state: StateThere) {
        if let Some(pull) = &mut self.there.pull {
            pull.state = state;
        }
    }

    /// Does what happens, if it can.
    fn happens(&mut self, event: Event) {
        let is_open = self.state() == Some(StateThere::Open);
        match event {
            Event::MergedThere if is_open => {
                self.set(StateThere::Merged);
                self.is_merged = true;
            }
            Event::ClosedThere if is_open => {
                self.set(StateThere::Closed);
                self.is_closed_by_person = true;
            }
            Event::CommitAddedThere if self.there.tip.is_some() => {
                self.there.tip = Some(ADDED.to_owned());
                if let Some(pull) = self.there.pull.as_mut().filter(|pull| pull.state == StateThere::Open) {
                    pull.tip = ADDED.to_owned();
                }
            }
            Event::BranchRemovedThere => {
                self.there.tip = None;
                if is_open {
                    self.set(StateThere::Closed);
                    self.is_closed_by_person = true;
                }
            }
            Event::DecidedHere if self.here == Here::Waits => {
                self.here = Here::UnderWay;
                self.decisions += 1;
            }
            Event::DecisionFailed if self.here == Here::UnderWay => {
                self.here = Here::Waits;
                self.decisions -= 1;
            }
            Event::DecisionCarriedOut if self.here == Here::UnderWay => self.here = Here::Decided { in_gitea: false },
            Event::Steps(count) => self.works(count),
            _ => {}
        }
    }

    fn works(&mut self, count: usize) {
        let steps = steps(self.here, HELD, &self.there);
        steps.into_iter().take(count).for_each(|step| self.does(step));
    }

    fn does(&mut self, step: Step) {
        match step {
            Step::Send => assert_eq!(self.there.tip.replace(HELD.to_owned()), None, "nothing is overwritten"),
            Step::Open => {
                assert!(self.there.pull.is_none() && self.there.tip.is_some());
                let tip = self.there.tip.clone().expect("a branch");
                self.there.pull = Some(PullThere { state: StateThere::Open, tip, is_told: false });
                self.opened += 1;
            }
            Step::OpenAgain => {
                assert!(!self.is_closed_by_person && self.there.tip.is_some());
                self.set(StateThere::Open);
            }
            Step::Approve | Step::Reject => {
                let is_merge = step == Step::Approve;
                assert_eq!((self.is_merged, self.is_closed_by_person), (is_merge, !is_merge), "the person has done that");
                self.here = Here::Decided { in_gitea: true };
                self.decisions += 1;
            }
            Step::Comment => self.there.pull.as_mut().expect("a pull request").is_told = true,
            Step::Close => {
                assert!(self.there.pull.as_ref().is_some_and(|pull| pull.is_told), "its own close is marked");
                self.set(StateThere::Closed);
            }
            Step::Remove { tip } => {
                let found = self.there.tip.take();
                assert_eq!(found.as_ref(), Some(&tip));
                let is_merged_tip = self.is_merged && self.there.pull.as_ref().is_some_and(|pull| pull.tip == tip);
                self.lost |= tip == ADDED && !is_merged_tip;
            }
        }
    }

    /// The program works without a kill until nothing is left to do.
    fn comes_to_rest(&mut self, history: &[Event]) {
        for _ in 0..6 {
            if self.here == Here::UnderWay {
                self.happens(Event::DecisionCarriedOut);
            }
            self.works(usize::MAX);
        }
        assert_eq!(steps(self.here, HELD, &self.there), [], "it rests: {history:?}");
        assert!(self.opened <= 1, "one pull request: {history:?}");
        assert!(!self.lost, "no commit of the person is lost: {history:?}");
        match self.here {
            Here::Waits => {
                assert_eq!((self.decisions, self.state()), (0, Some(StateThere::Open)), "{history:?}");
                assert!(self.there.tip.is_some(), "{history:?}");
            }
            Here::UnderWay => panic!("a decision is carried out: {history:?}"),
            Here::Decided { .. } => {
                assert_eq!(self.decisions, 1, "one decision: {history:?}");
                assert_ne!(self.state(), Some(StateThere::Open), "{history:?}");
                assert_ne!(self.there.tip.as_deref(), Some(HELD), "no branch is left that nobody has changed: {history:?}");
            }
        }
    }
}

/// Calls `look` with every history of this length.
fn each_history(length: usize, look: &mut impl FnMut(&[Event], &Story)) {
    fn go(history: &mut Vec<Event>, story: &Story, left: usize, look: &mut impl FnMut(&[Event], &Story)) {
        look(history, story);
        if left == 0 {
            return;
        }
        for event in EVENTS {
            let mut next = story.clone();
            next.happens(event);
            history.push(event);
            go(history, &next, left - 1, look);
            history.pop();
        }
    }
    go(&mut Vec::new(), &Story::new(), length, look);
}

#[test]
fn every_history_comes_to_rest_with_at_most_one_decision_and_nothing_lost() {
    let mut count = 0;
    each_history(5, &mut |history, story| {
        story.clone().comes_to_rest(history);
        count += 1;
    });
    assert!(count > 100_000, "{count}");
}

#[test]
fn a_change_without_a_pull_request_is_sent_and_opened_after_any_kill() {
    let there = |tip: Option<&str>| There { tip: tip.map(str::to_owned), pull: None };
    assert_eq!(steps(Here::Waits, HELD, &there(None)), [Step::Send, Step::Open]);
    assert_eq!(steps(Here::Waits, HELD, &there(Some(HELD))), [Step::Open]);
    assert_eq!(steps(Here::UnderWay, HELD, &there(None)), []);
    let closed = |is_told| PullThere { state: StateThere::Closed, tip: HELD.to_owned(), is_told };
    let there = |is_told| There { tip: None, pull: Some(closed(is_told)) };
    assert_eq!(steps(Here::Waits, HELD, &there(true)), [Step::Send, Step::OpenAgain], "this program has closed it");
    assert_eq!(steps(Here::Waits, HELD, &there(false)), [Step::Reject], "the person has closed it");
}

#[test]
fn what_was_decided_here_is_told_before_it_is_closed_and_its_branch_goes_last() {
    let pull = |state, is_told| Some(PullThere { state, tip: HELD.to_owned(), is_told });
    let decided = Here::Decided { in_gitea: false };
    let there = |pull| There { tip: Some(HELD.to_owned()), pull };
    let removed = Step::Remove { tip: HELD.to_owned() };
    assert_eq!(steps(decided, HELD, &there(pull(StateThere::Open, false))), [Step::Comment, Step::Close, removed.clone()]);
    assert_eq!(steps(decided, HELD, &there(pull(StateThere::Open, true))), [Step::Close, removed.clone()]);
    assert_eq!(steps(decided, HELD, &there(pull(StateThere::Closed, true))), std::slice::from_ref(&removed));
    // The person has merged it meanwhile: the other side is told.
    assert_eq!(steps(decided, HELD, &there(pull(StateThere::Merged, false))), [Step::Comment, removed]);
}

#[test]
fn comments_are_read_only_where_they_decide() {
    assert!(!needs_comments(Here::Waits, StateThere::Open) && !needs_comments(Here::Waits, StateThere::Merged));
    assert!(needs_comments(Here::Waits, StateThere::Closed));
    assert!(!needs_comments(Here::Decided { in_gitea: true }, StateThere::Merged));
}
