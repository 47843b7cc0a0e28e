//! Runs agents.
//!
//! `runner` is the loop of one agent: it records the decisions of the turn machine, then performs the intents. [`supervisor`]
//! starts it again after failures. Both know only the ports and the traits of [`placement`], so that another engine can run the
//! same agents. [`local`] is the local placement:
//! one task per awake agent, bounded inboxes, sleep when idle. What all placements need is on the [`HostBoard`]: among other
//! things [`delivery`] brings mail from the outbox to its receivers, [`deadlines`] settles asks in time, [`schedules`] begins
//! work at its set time, and [`quests`] the steps of a plan.
//! [`Host`] is the interface for the rest of the program. This crate contains no rules of the conversation.

mod answers;
mod backoff;
#[cfg(feature = "conformance")]
pub mod conformance;
mod deadlines;
mod decision;
mod delivery;
mod health;
mod host;
mod host_board;
mod journal;
mod local;
mod memory_tools;
mod notification;
mod perform;
pub mod placement;
mod ports;
mod quest_tools;
mod quests;
mod rebuild;
mod recorded_calls;
mod reviews;
mod run_inbox;
mod runner;
mod runner_host;
mod schedule_tools;
mod schedules;
mod stop_at;
#[cfg(feature = "stop-points")]
pub mod stop_points;
pub mod supervisor;
mod tidying;
mod toolbox;
mod work_queue;

pub use answers::{AskError, record_answer, record_rules_changed};
pub use health::{Health, HeldMail, StopCause, Trouble};
pub use host::Host;
pub use host_board::HostBoard;
pub use journal::{EarlierEvent, Loaded, RecordedInput, load, load_earlier, record};
pub use local::LocalHost;
pub use memory_tools::{MemoryTools, offered as memory_tools};
pub use notification::{Notification, Recorded};
pub use placement::{Placement, PostError, Posted};
pub use ports::{HostConfig, Ports, Setups};
pub use quest_tools::{QuestTools, offered as quest_tools};
pub use rebuild::{Rebuilt, rebuild};
pub use recorded_calls::find_recorded_call;
pub use runner_host::RunnerHost;
pub use schedule_tools::{ScheduleTools, offered as schedule_tools};
pub use toolbox::Toolbox;
