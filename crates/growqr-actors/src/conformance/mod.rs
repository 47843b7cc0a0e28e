//! The conformance suite: black-box tests that every placement must pass, the local host and any other.
//!
//! A host provides a [`Stage`] and calls [`crate::placement_conformance!`] in its tests. The tests use only the journal, the
//! outbox and [`Placement`], never the inside of a placement.

mod agents;
mod hooked;
mod lifecycle;
mod mail;
mod messages;
mod played;
mod tools;
mod world;

pub use agents::*;
pub use hooked::{AppendFate, Hook, Hooked};
pub use lifecycle::*;
pub use mail::*;
pub use messages::*;
pub use tools::*;

use crate::{HostConfig, Placement, Ports};
use async_trait::async_trait;
use growqr_core::journal::Store;
use std::sync::Arc;

/// A placement under test, with its database.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The profile's store, on a new connection. Empty at first.
    async fn store(&self) -> Arc<dyn Store>;

    /// Starts a host with these ports.
    async fn start(&self, ports: Ports, config: HostConfig) -> Arc<dyn Running>;
}

/// A running host.
#[async_trait]
pub trait Running: Placement {
    /// Ends the host at once, like a kill of its process: it saves nothing and finishes nothing.
    async fn kill(&self);
}

#[async_trait]
impl Running for crate::LocalHost {
    async fn kill(&self) {
        crate::LocalHost::kill(self).await;
    }
}

/// Makes one test per case. The expression gives `Option<impl Stage>`: `None` if the stage is not available; the expression
/// itself prints the reason.
#[macro_export]
macro_rules! placement_conformance {
    ($stage:expr) => {
        $crate::placement_conformance! { @cases $stage;
            a_message_is_recorded_when_it_is_acknowledged_and_answered_afterwards
            the_same_message_twice_is_one_message
            the_same_message_from_many_senders_at_once_is_one_message
            the_same_mail_twice_is_taken_once
            messages_are_recorded_in_the_order_in_which_they_were_posted
            the_events_of_an_agent_are_told_once_and_in_order
            a_message_during_an_answer_continues_the_turn
            more_messages_than_the_inbox_holds_are_recorded_or_refused
            an_unknown_agent_is_not_created_by_a_message
            mail_without_its_receiver_waits_until_the_receiver_exists
            an_agent_that_has_slept_goes_on_where_it_was
            a_message_to_a_sleeping_agent_wakes_it
            waking_an_agent_that_has_nothing_to_do_records_nothing
            waking_an_agent_takes_up_its_open_work
            a_stop_in_an_answer_is_recorded_and_the_call_is_made_again
            a_stop_does_not_wait_for_a_model_that_never_answers
            a_stopped_host_refuses_and_may_be_stopped_again
            acknowledged_messages_survive_a_kill
            a_kill_in_an_answer_costs_one_attempt_and_the_turn_ends_once
            a_kill_before_delivery_creates_the_sub_agent_once
            a_kill_while_sub_agents_work_loses_no_report
            many_kills_in_a_row_end_in_one_answer
            a_writer_beside_the_host_stops_the_agent_and_nothing_is_lost
            a_burst_of_sub_agents_reports_each_once
            messages_to_a_sub_agent_arrive_in_order
            a_grandchild_reports_to_its_parent
            a_cancel_reaches_every_agent_below
            an_agent_that_hangs_holds_nobody_up
            an_agent_whose_model_panics_is_told_and_goes_on_with_the_next_message
            an_agent_whose_journal_cannot_be_read_says_so_to_everyone_who_waits
            money_is_set_aside_once_and_settled_once
            a_charge_survives_a_kill
            a_safe_call_is_carried_out_again_after_a_kill
            a_call_that_can_be_looked_up_happens_once_over_a_kill
            a_call_that_nobody_can_look_up_is_never_repeated
            calls_of_every_kind_keep_their_promise_when_killed_at_every_append
            a_tool_that_is_gone_answers_with_an_error
            a_tool_that_panics_answers_with_an_error
            tools_that_change_begin_a_segment_at_the_next_turn
        }
    };
    (@cases $stage:expr; $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some(stage) = $stage.await {
                    $crate::conformance::$case(std::sync::Arc::new(stage)).await;
                }
            }
        )*
    };
}
