//! What is to be done about a held change and its pull request in Gitea. A pure function: whatever was done before a kill is seen in
//! what is there, so the same steps are never done twice.
//!
//! The order of the steps matters. A branch is sent before its pull request is opened, and removed last, so that a branch without
//! a decision that waits shows what is left to do. Before this program closes a pull request it comments on it, and after it has opened
//! one again it comments once more: its last comment tells a close by this program from one by the person.

/// What is known here about a held change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Here {
    /// It waits for the person.
    Waits,
    /// It is decided, and the decision is being carried out. It may fail, and the person is asked again.
    UnderWay,
    /// It is decided for good.
    Decided {
        /// By a merge or a close in Gitea.
        in_gitea: bool,
    },
}

/// What is in Gitea of a held change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct There {
    /// The newest commit of its branch.
    pub(crate) tip: Option<String>,
    /// Its pull request.
    pub(crate) pull: Option<PullThere>,
}

/// A pull request of a held change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PullThere {
    pub(crate) state: StateThere,
    /// The newest commit that it contains.
    pub(crate) tip: String,
    /// The last comment of this program on it.
    pub(crate) commented: Commented,
}

/// What the last comment of this program on a pull request says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Commented {
    /// There is none.
    #[default]
    Nothing,
    /// How the ask about the change was settled.
    Decision,
    /// How an earlier ask about the change was settled. That decision could not be carried out.
    EarlierDecision,
    /// That the pull request is open again.
    OpenAgain,
}

impl Commented {
    /// Whether a close of the pull request is one of this program: it comments before it closes.
    fn explains_a_close(self) -> bool {
        matches!(self, Commented::Decision | Commented::EarlierDecision)
    }
}

/// The state of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StateThere {
    Open,
    Closed,
    Merged,
}

/// Something to do. The next step is done only after this one has succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Send the branch.
    Send,
    /// Open a pull request.
    Open,
    /// Open the closed pull request again: this program has closed it, and the change waits all the same.
    OpenAgain,
    /// The person has merged it: settle the change here, once the merge is in memory.
    Approve,
    /// The person has closed it: settle the change here.
    Reject,
    /// Comment on the pull request that it is open again: the next close is one of the person.
    CommentOpenAgain,
    /// Comment on the pull request how the change was settled here.
    CommentDecision,
    /// Close the pull request.
    Close,
    /// Remove the branch, if its newest commit is still this one.
    Remove { tip: String },
}

/// Whether [`steps`] looks at [`PullThere::commented`], which takes another request to find out.
pub(crate) fn needs_comments(here: Here, state: StateThere) -> bool {
    match (here, state) {
        (Here::UnderWay, _) | (Here::Waits, StateThere::Merged) => false,
        (Here::Waits, _) | (Here::Decided { .. }, StateThere::Open) => true,
        (Here::Decided { in_gitea }, _) => !in_gitea,
    }
}

/// The steps for a held change with this commit, in order.
pub(crate) fn steps(here: Here, held: &str, there: &There) -> Vec<Step> {
    match here {
        Here::UnderWay => Vec::new(),
        Here::Waits => while_waiting(there),
        Here::Decided { in_gitea } => when_decided(in_gitea, held, there),
    }
}

fn while_waiting(there: &There) -> Vec<Step> {
    let last = match &there.pull {
        None => vec![Step::Open],
        Some(PullThere { state: StateThere::Merged, .. }) => return vec![Step::Approve],
        Some(PullThere { state: StateThere::Open, commented, .. }) if commented.explains_a_close() => {
            vec![Step::CommentOpenAgain]
        }
        Some(PullThere { state: StateThere::Open, .. }) => Vec::new(),
        Some(PullThere { state: StateThere::Closed, commented, .. }) if commented.explains_a_close() => {
            vec![Step::OpenAgain, Step::CommentOpenAgain]
        }
        Some(PullThere { state: StateThere::Closed, .. }) => return vec![Step::Reject],
    };
    there.tip.is_none().then_some(Step::Send).into_iter().chain(last).collect()
}

fn when_decided(in_gitea: bool, held: &str, there: &There) -> Vec<Step> {
    let mut steps = Vec::new();
    // What is in the branch and neither here nor merged stays.
    let mut is_known = there.tip.as_deref() == Some(held);
    if let Some(pull) = &there.pull {
        let is_open = pull.state == StateThere::Open;
        is_known |= pull.state == StateThere::Merged && there.tip.as_ref() == Some(&pull.tip);
        if pull.commented != Commented::Decision && (is_open || (!in_gitea && there.tip.is_some())) {
            steps.push(Step::CommentDecision);
        }
        if is_open {
            steps.push(Step::Close);
        }
    }
    steps.extend(there.tip.clone().filter(|_| is_known).map(|tip| Step::Remove { tip }));
    steps
}

#[cfg(test)]
mod tests;
