//! The arguments of `growqr quest`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Quest {
    /// Start a quest with the plan of a page of memory
    ///
    /// The page is Markdown, by custom quests/NAME.md. Its steps are the items of its first list with boxes, or of the list under a
    /// heading "Steps", all in one list: "1. [ ] …" comes after the step before, "- [ ] …" can be done beside the others. Each is done by a sub-agent
    /// that has the plan and the reports of the steps before. One budget pays for all of them. What is written in the page later does
    /// not change a quest that has been started.
    Start {
        /// The page, such as quests/move.md
        path: String,
        /// What the quest may spend, in USD [default: 2.00]
        #[arg(long, value_name = "USD")]
        budget: Option<String>,
    },
    /// List the quests
    List,
    /// Show a quest with its steps
    Show {
        /// The id of the quest
        id: String,
    },
    /// Pause a quest: what is at work goes on, and no further step begins
    Pause {
        /// The id of the quest
        id: String,
    },
    /// Let a paused quest go on
    Resume {
        /// The id of the quest
        id: String,
    },
    /// Cancel a quest, and stop what is at work for it
    Cancel {
        /// The id of the quest
        id: String,
    },
    /// Set what a quest may spend
    Budget {
        /// The id of the quest
        id: String,
        /// The whole budget, in USD
        amount: String,
    },
    /// Begin a step again that did not succeed
    Retry {
        /// The id of the quest
        id: String,
        /// The number of the step
        step: u32,
    },
    /// Go on without a step
    Skip {
        /// The id of the quest
        id: String,
        /// The number of the step
        step: u32,
    },
}
