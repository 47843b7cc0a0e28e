//! What is to be done about a held change and its pull request in Gitea. A pure function: whatever was done before a kill is seen in
//! what is there, so the same steps are never done twice.
//!
//! The order of the steps matters. A branch is sent before its pull request is opened, and removed last, so that a branch without
//! a decision that waits shows what is left to do. Before this program closes a pull request it comments on it: a comment of its own
//! tells a close by this program from one by the person.

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
    /// Whether a comment of this program says how the change was settled.
    pub(crate) is_told: bool,
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
    /// Comment on the pull request how the change was settled here.
    Comment,
    /// Close the pull request.
    Close,
    /// Remove the branch, if its newest commit is still this one.
    Remove { tip: String },
}

/// Whether [`steps`] looks at [`PullThere::is_told`], which takes another request to find out.
pub(crate) fn needs_comments(here: Here, state: StateThere) -> bool {
    matches!(
        (here, state),
        (Here::Waits, StateThere::Closed) | (Here::Decided { in_gitea: false }, _) | (Here::Decided { .. }, StateThere::Open)
    )
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
    let sends = there.tip.is_none().then_some(Step::Send);
    let last = match &there.pull {
        None => Some(Step::Open),
        Some(PullThere { state: StateThere::Open, .. }) => None,
        Some(PullThere { state: StateThere::Merged, .. }) => return vec![Step::Approve],
        Some(PullThere { state: StateThere::Closed, is_told: false, .. }) => return vec![Step::Reject],
        Some(PullThere { state: StateThere::Closed, is_told: true, .. }) => Some(Step::OpenAgain),
    };
    sends.into_iter().chain(last).collect()
}

fn when_decided(in_gitea: bool, held: &str, there: &There) -> Vec<Step> {
    let mut steps = Vec::new();
    // What is in the branch and neither here nor merged stays.
    let mut is_known = there.tip.as_deref() == Some(held);
    if let Some(pull) = &there.pull {
        let is_open = pull.state == StateThere::Open;
        is_known |= pull.state == StateThere::Merged && there.tip.as_ref() == Some(&pull.tip);
        if !pull.is_told && (is_open || (!in_gitea && there.tip.is_some())) {
            steps.push(Step::Comment);
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
