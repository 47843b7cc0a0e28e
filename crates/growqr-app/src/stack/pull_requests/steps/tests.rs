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
    /// The decision could not be carried out, even if it looked so: the person is asked again.
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

/// A comment of the program, about the ask with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comment {
    Decision(u32),
    OpenAgain(u32),
}

/// Both sides.
#[derive(Clone, Debug)]
struct Story {
    here: Here,
    there: There,
    /// The number of the ask that counts.
    ask: u32,
    comments: Vec<Comment>,
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
            ask: 1,
            comments: Vec::new(),
            opened: 0,
            decisions: 0,
            is_closed_by_person: false,
            is_merged: false,
            lost: false,
        }
    }

    /// The program has closed the pull request, and its decision could not be carried out.
    fn closed_too_early() -> Story {
        let mut story = Story::new();
        for event in [Event::Steps(9), Event::DecidedHere, Event::DecisionCarriedOut, Event::Steps(2), Event::DecisionFailed] {
            story.happens(event);
        }
        story
    }

    /// The steps that are due.
    fn due(&self) -> Vec<Step> {
        let mut there = self.there.clone();
        if let Some(pull) = &mut there.pull {
            pull.commented = match self.comments.last() {
                None => Commented::Nothing,
                Some(Comment::Decision(ask)) if *ask == self.ask => Commented::Decision,
                Some(Comment::Decision(_)) => Commented::EarlierDecision,
                Some(Comment::OpenAgain(_)) => Commented::OpenAgain,
            };
        }
        steps(self.here, HELD, &there)
    }

    fn state(&self) -> Option<StateThere> {
        self.there.pull.as_ref().map(|pull| pull.state)
    }

    fn set(&mut self, state: StateThere) {
        if let Some(pull) = &mut self.there.pull {
            pull.state = state;
        }
    }

    /// A close cannot be told from one of the program while its last comment says that it closes: the person is asked again then.
    fn closed_by_person(&mut self) {
        self.set(StateThere::Closed);
        self.is_closed_by_person = !matches!(self.comments.last(), Some(Comment::Decision(_)));
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
                self.closed_by_person();
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
                    self.closed_by_person();
                }
            }
            Event::DecidedHere if self.here == Here::Waits => {
                self.here = Here::UnderWay;
                self.decisions += 1;
            }
            Event::DecisionFailed if matches!(self.here, Here::UnderWay | Here::Decided { in_gitea: false }) => {
                self.here = Here::Waits;
                self.ask += 1;
                self.decisions -= 1;
            }
            Event::DecisionCarriedOut if self.here == Here::UnderWay => self.here = Here::Decided { in_gitea: false },
            Event::Steps(count) => self.works(count),
            _ => {}
        }
    }

    fn works(&mut self, count: usize) {
        self.due().into_iter().take(count).for_each(|step| self.does(step));
    }

    fn does(&mut self, step: Step) {
        match step {
            Step::Send => assert_eq!(self.there.tip.replace(HELD.to_owned()), None, "nothing is overwritten"),
            Step::Open => {
                assert!(self.there.pull.is_none() && self.there.tip.is_some());
                let tip = self.there.tip.clone().expect("a branch");
                self.there.pull = Some(PullThere { state: StateThere::Open, tip, commented: Commented::Nothing });
                self.opened += 1;
            }
            Step::OpenAgain => {
                assert!(!self.is_closed_by_person && self.there.tip.is_some());
                self.set(StateThere::Open);
            }
            Step::CommentOpenAgain => {
                assert_eq!(self.state(), Some(StateThere::Open));
                self.comments.push(Comment::OpenAgain(self.ask));
            }
            Step::Approve | Step::Reject => {
                let is_merge = step == Step::Approve;
                assert_eq!((self.is_merged, self.is_closed_by_person), (is_merge, !is_merge), "the person has done that");
                self.here = Here::Decided { in_gitea: true };
                self.decisions += 1;
            }
            Step::CommentDecision => {
                assert!(self.there.pull.is_some());
                self.comments.push(Comment::Decision(self.ask));
                // The comment says that the decision here counts.
                self.is_closed_by_person = false;
            }
            Step::Close => {
                assert_eq!(self.comments.last(), Some(&Comment::Decision(self.ask)), "its own close is marked");
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
        assert_eq!(self.due(), [], "it rests: {history:?}");
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

/// Calls `look` with every history of this length that begins with this story.
fn each_history(start: &Story, length: usize, look: &mut impl FnMut(&[Event], &Story)) {
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
    go(&mut Vec::new(), start, length, look);
}

#[test]
fn every_history_comes_to_rest_with_at_most_one_decision_and_nothing_lost() {
    let mut count = 0;
    for (start, length) in [(Story::new(), 5), (Story::closed_too_early(), 4)] {
        each_history(&start, length, &mut |history, story| {
            story.clone().comes_to_rest(history);
            count += 1;
        });
    }
    assert!(count > 100_000, "{count}");
}

#[test]
fn a_pull_request_that_was_closed_too_early_is_opened_again_once_and_the_next_close_is_the_persons() {
    let mut story = Story::closed_too_early();
    assert_eq!(story.due(), [Step::OpenAgain, Step::CommentOpenAgain]);
    story.happens(Event::Steps(1));
    assert_eq!(story.due(), [Step::CommentOpenAgain], "after a kill between the two");
    story.happens(Event::Steps(1));
    assert_eq!(story.due(), []);
    story.happens(Event::ClosedThere);
    assert_eq!(story.due(), [Step::Reject]);
}

#[test]
fn a_change_without_a_pull_request_is_sent_and_opened_after_any_kill() {
    let there = |tip: Option<&str>| There { tip: tip.map(str::to_owned), pull: None };
    assert_eq!(steps(Here::Waits, HELD, &there(None)), [Step::Send, Step::Open]);
    assert_eq!(steps(Here::Waits, HELD, &there(Some(HELD))), [Step::Open]);
    assert_eq!(steps(Here::UnderWay, HELD, &there(None)), []);
    let closed = |commented| PullThere { state: StateThere::Closed, tip: HELD.to_owned(), commented };
    let there = |commented| There { tip: None, pull: Some(closed(commented)) };
    for ours in [Commented::Decision, Commented::EarlierDecision] {
        let again = [Step::Send, Step::OpenAgain, Step::CommentOpenAgain];
        assert_eq!(steps(Here::Waits, HELD, &there(ours)), again, "this program has closed it");
    }
    for of_person in [Commented::Nothing, Commented::OpenAgain] {
        assert_eq!(steps(Here::Waits, HELD, &there(of_person)), [Step::Reject], "the person has closed it");
    }
}

#[test]
fn what_was_decided_here_is_told_before_it_is_closed_and_its_branch_goes_last() {
    let pull = |state, commented| Some(PullThere { state, tip: HELD.to_owned(), commented });
    let decided = Here::Decided { in_gitea: false };
    let there = |pull| There { tip: Some(HELD.to_owned()), pull };
    let removed = Step::Remove { tip: HELD.to_owned() };
    let all = [Step::CommentDecision, Step::Close, removed.clone()];
    for before in [Commented::Nothing, Commented::EarlierDecision, Commented::OpenAgain] {
        assert_eq!(steps(decided, HELD, &there(pull(StateThere::Open, before))), all);
    }
    let ours = Commented::Decision;
    assert_eq!(steps(decided, HELD, &there(pull(StateThere::Open, ours))), [Step::Close, removed.clone()]);
    assert_eq!(steps(decided, HELD, &there(pull(StateThere::Closed, ours))), std::slice::from_ref(&removed));
    // The person has merged it meanwhile: the other side is told.
    let merged = there(pull(StateThere::Merged, Commented::Nothing));
    assert_eq!(steps(decided, HELD, &merged), [Step::CommentDecision, removed]);
}

#[test]
fn comments_are_read_only_where_they_decide() {
    assert!(!needs_comments(Here::Waits, StateThere::Merged) && !needs_comments(Here::UnderWay, StateThere::Open));
    assert!(needs_comments(Here::Waits, StateThere::Open), "it may have been opened again without a comment");
    assert!(needs_comments(Here::Waits, StateThere::Closed));
    assert!(!needs_comments(Here::Decided { in_gitea: true }, StateThere::Merged));
}
