//! The conformance suite: black-box tests that every placement must pass, the local host and any other.
//!
//! A placement provides a [`TestEnvironment`] and calls [`crate::placement_conformance!`] in its tests. The tests use only the
//! journal, the outbox and [`Placement`], no internals of a placement.

mod agents;
mod asks;
mod fakes;
mod fresh;
mod hooked_store;
mod lifecycle;
mod mail;
mod messages;
mod quests;
mod queue;
mod random_asks;
mod schedules;
mod sessions;
mod tools;
mod trouble;
mod workbench;
mod world;

pub use agents::*;
pub use asks::*;
pub use fresh::*;
pub use hooked_store::{AppendBehavior, HookedStore, StoreHooks};
pub use lifecycle::*;
pub use mail::*;
pub use messages::*;
pub use quests::*;
pub use queue::*;
pub use random_asks::*;
pub use schedules::*;
pub use sessions::*;
pub use tools::*;
pub use trouble::*;
pub use world::scripted_ports;

use crate::{HostConfig, Placement, Ports, RecordedInput};
use async_trait::async_trait;
use growqr_core::agent::Input;
use growqr_core::id::AgentId;
use growqr_core::journal::{Store, StoreError};
use std::sync::Arc;

/// Records what the runner of an agent decides about an input, and performs nothing.
///
/// # Errors
/// If the store cannot be read or written; then nothing is recorded.
pub async fn record_as_runner(ports: &Ports, agent: &AgentId, input: Input) -> Result<RecordedInput, StoreError> {
    crate::journal::record_with(ports, agent, input, Some(&|_| true)).await
}

/// A placement under test, with its database.
#[async_trait]
pub trait TestEnvironment: Send + Sync {
    /// The profile's store, on a new connection. Empty at first.
    async fn store(&self) -> Arc<dyn Store>;

    /// Starts a host with these ports.
    async fn start(&self, ports: Ports, config: HostConfig) -> Arc<dyn KillablePlacement>;
}

/// A running host.
#[async_trait]
pub trait KillablePlacement: Placement {
    /// Ends the host at once, like a kill of its process: it saves nothing and finishes nothing.
    async fn kill(&self);
}

#[async_trait]
impl KillablePlacement for crate::LocalHost {
    async fn kill(&self) {
        crate::LocalHost::kill(self).await;
    }
}

/// Generates one test per case. The expression gives `Option<impl TestEnvironment>`: `None` if the environment is not available;
/// the expression itself prints the reason.
#[macro_export]
macro_rules! placement_conformance {
    ($environment:expr) => {
        $crate::placement_conformance! { @cases $environment;
            a_message_is_recorded_when_it_is_acknowledged_and_answered_afterwards
            the_same_message_twice_is_one_message
            the_same_message_from_many_senders_at_once_is_one_message
            the_same_mail_twice_is_received_once
            messages_are_recorded_in_the_order_in_which_they_were_posted
            the_events_of_an_agent_are_published_once_and_in_order
            a_message_during_a_tool_call_continues_the_turn
            more_messages_than_the_inbox_holds_are_recorded_or_refused
            an_unknown_agent_is_not_created_by_a_message
            mail_without_its_receiver_waits_until_the_receiver_exists
            an_agent_resumes_its_state_after_sleep
            a_message_to_a_sleeping_agent_wakes_it
            waking_an_agent_that_has_nothing_to_do_records_nothing
            waking_an_agent_resumes_its_open_work
            a_stop_during_a_model_call_is_recorded_and_the_call_is_made_again
            a_stop_does_not_wait_for_a_model_that_never_answers
            a_stopped_host_refuses_messages_and_can_be_stopped_again
            acknowledged_messages_survive_a_kill
            a_kill_during_a_model_call_costs_one_attempt_and_the_turn_ends_once
            a_kill_before_delivery_creates_the_sub_agent_once
            a_kill_while_sub_agents_work_loses_no_report
            many_kills_in_a_row_end_in_one_answer
            an_agent_loads_again_after_a_second_writer_and_nothing_is_lost
            a_burst_of_sub_agents_reports_each_once
            messages_to_a_sub_agent_arrive_in_order
            a_grandchild_reports_to_its_parent
            a_cancel_reaches_all_sub_agents
            an_agent_that_hangs_does_not_block_others
            a_panic_in_the_model_is_a_failed_attempt
            an_agent_that_panics_starts_again_from_its_journal
            an_agent_that_always_panics_gives_up_until_it_is_resumed
            an_answer_is_kept_while_the_disk_is_full_and_the_model_is_not_asked_again
            a_kept_answer_is_recorded_before_the_next_message
            open_work_goes_on_when_a_journal_can_be_read_again
            a_parent_gets_the_report_of_a_sub_agent_whose_store_had_failed
            an_unreadable_journal_fails_all_waiting_callers
            sub_agents_beyond_the_limit_wait_and_each_reports_once
            a_kill_keeps_the_queue_and_its_order
            a_queued_sub_agent_can_be_cancelled
            a_cancel_reaches_queued_sub_agents
            sub_agents_that_wait_for_their_own_do_not_hold_them_up
            a_sub_agent_in_trouble_does_not_hold_up_the_queue
            a_session_that_waits_for_the_person_does_not_hold_up_the_queue
            money_is_reserved_once_and_settled_once
            a_charge_survives_a_kill
            a_safe_call_is_carried_out_again_after_a_kill
            a_call_that_can_be_looked_up_happens_once_despite_a_kill
            a_call_that_cannot_be_looked_up_is_never_repeated
            every_kind_of_call_keeps_its_guarantee_when_killed_at_any_append
            a_removed_tool_returns_an_error
            a_tool_that_panics_returns_an_error
            changed_tools_start_a_segment_at_the_next_turn
            a_grandchild_that_waits_for_an_answer_goes_on_after_a_restart
            an_ask_survives_a_kill_at_any_append_and_its_call_happens_once
            two_answers_at_the_same_time_settle_an_ask_once
            two_hundred_questions_are_open_at_once_and_each_is_answered_once
            an_ask_is_settled_with_its_default_at_its_deadline
            the_asks_of_a_cancelled_tree_are_withdrawn
            random_stories_with_kills_lose_no_ask_and_no_answer
            a_fresh_start_is_made_once_when_killed_at_any_append
            a_message_that_is_written_anew_is_answered_once_when_killed_at_any_append
            random_fresh_starts_with_kills_answer_every_message_once
            a_scheduled_run_works_and_reports_without_a_turn_of_the_grow_agent
            after_a_sleep_the_last_run_is_made_up_for_skipped_or_asked_about
            a_clock_that_jumps_runs_no_occurrence_twice
            an_occurrence_is_left_out_while_the_run_before_is_at_work
            a_scheduled_run_is_made_once_when_killed_at_any_append
            a_run_by_hand_comes_besides_the_schedule
            a_quest_does_its_steps_in_order_and_passes_on_what_came_of_them
            each_step_of_a_quest_is_done_once_when_killed_at_any_append
            a_quest_that_is_cancelled_stops_what_is_at_work_and_begins_nothing
            a_session_reports_and_goes_on_with_the_next_message
            a_session_that_asks_does_everything_once_when_killed_at_any_append
            a_session_that_is_cancelled_stops_once_when_killed_at_any_append
            a_session_at_a_limit_reports_once_when_killed_at_any_append
            a_session_is_told_about_its_limit_and_found_by_its_id
            a_session_that_cannot_be_stopped_does_not_hold_up_the_cancel
            sessions_side_by_side_ask_and_report_once_each
            a_panic_in_the_workbench_is_reported
        }
    };
    (@cases $environment:expr; $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some(environment) = $environment.await {
                    $crate::conformance::$case(std::sync::Arc::new(environment)).await;
                }
            }
        )*
    };
}
