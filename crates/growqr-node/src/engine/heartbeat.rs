//! The alarm of an agent at work. When a node dies, the engine lets its agents sleep and does not resume them by itself; the alarm
//! wakes those that were at work.

use super::error_text::error_text;
use super::exchange::Wake;
use rivetkit::{Action, Actor, CronEveryOptions, Ctx};
use std::time::Duration;
use tokio::sync::watch;

/// The alarm's name in the engine.
const NAME: &str = "heartbeat";

/// The wait after an alarm could not be set.
const RETRY: Duration = Duration::from_secs(1);

/// No arguments, in the engine's encoding.
const NO_ARGUMENTS: &[u8] = &[0x80];

/// Sets the alarm while the agent is at work. Never returns. An alarm of an earlier run stays until [`clear`].
pub(super) async fn keep<A: Actor>(ctx: &Ctx<A>, mut at_work: watch::Receiver<bool>, every: Duration) {
    let mut is_set = false;
    loop {
        let is_wanted = *at_work.borrow_and_update();
        let changed = match (is_wanted, is_set) {
            (true, false) => set(ctx, every).await,
            (false, true) => clear(ctx).await,
            _ => Ok(()),
        };
        if let Err(error) = changed {
            tracing::warn!(actor = ctx.actor_id(), error = error_text(&error), "the alarm of an agent could not be changed");
            tokio::time::sleep(RETRY).await;
            continue;
        }
        is_set = is_wanted;
        if at_work.wait_for(|now| *now != is_set).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn set<A: Actor>(ctx: &Ctx<A>, every: Duration) -> anyhow::Result<()> {
    let alarm = CronEveryOptions { name: NAME, interval: every, action: Wake::NAME, args: NO_ARGUMENTS, max_history: Some(0) };
    ctx.cron().every(alarm).await
}

/// Removes the alarm, of this run of the agent or of an earlier one.
pub(super) async fn clear<A: Actor>(ctx: &Ctx<A>) -> anyhow::Result<()> {
    ctx.cron().delete(NAME).await.map(drop)
}
