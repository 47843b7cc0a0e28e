//! Trouble: a store that fails, panics, and mail that cannot be delivered. Work goes on by itself once the cause has ended.

use super::TestEnvironment;
use super::hooked_store::HookedStore;
use super::world::{RunningHost, World, grow, message};
use crate::{Notification, PostError, StopCause};
use growqr_core::journal::StoreError;
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn disk_full() -> StoreError {
    StoreError::DiskFull
}

fn unreachable() -> StoreError {
    StoreError::Unreachable("the server is gone".to_owned())
}

/// A host whose model has given an answer that cannot be recorded.
async fn with_an_unrecorded_answer(
    environment: Arc<dyn TestEnvironment>,
    cause: fn() -> StoreError,
) -> (World, RunningHost, Arc<HookedStore>) {
    let mut world = World::new(environment).await;
    let store = world.hook_store();
    let host = world.start().await;
    host.say(0, "later").await;
    let script = Arc::clone(&world.script);
    host.until(async || script.calls.load(Ordering::SeqCst) == 1).await;
    store.fail(None, cause);
    world.release();
    (world, host, store)
}

/// The answer is paid for: it is kept until it can be recorded, however long that takes.
pub async fn an_answer_is_kept_while_the_disk_is_full_and_the_model_is_not_asked_again(environment: Arc<dyn TestEnvironment>) {
    let (world, host, store) = with_an_unrecorded_answer(environment, disk_full).await;
    let since = host.trouble(&grow()).await.since;
    // The sixth try is more than six seconds after the answer.
    host.until(async || store.failures() >= 6).await;
    let trouble = host.trouble(&grow()).await;
    assert!(matches!(*trouble.cause, StopCause::Store(StoreError::DiskFull)) && trouble.since == since && !trouble.has_given_up);
    let refused = host.handle.retry(&grow()).await;
    assert!(matches!(refused, Err(PostError::Store { source: StoreError::DiskFull, .. })), "{refused:?}");
    store.heal();
    host.handle.retry(&grow()).await.expect("the store works again");
    host.events("turn_ended", 1).await;
    host.healthy().await;
    host.stop().await;
    assert_eq!(world.script.calls.load(Ordering::SeqCst), 1);
    let counts = (world.count(&grow(), "model_requested").await, world.count(&grow(), "model_answered").await);
    assert_eq!(counts, (1, 1));
}

/// A kept result is recorded before anything that arrives later.
pub async fn a_kept_answer_is_recorded_before_the_next_message(environment: Arc<dyn TestEnvironment>) {
    let (world, host, store) = with_an_unrecorded_answer(environment, unreachable).await;
    host.trouble(&grow()).await;
    assert!(host.handle.say(&grow(), message(1), "too early".to_owned()).await.is_err());
    store.heal();
    host.say(2, "and now").await;
    host.until_idle().await;
    host.healthy().await;
    host.stop().await;
    let kinds: Vec<String> = world.stored_events().await.into_iter().map(|event| event.kind).collect();
    let place = |kind: &str, from: usize| kinds[from..].iter().position(|other| other == kind).map(|at| at + from);
    let second = place("user_said", place("user_said", 0).expect("a message") + 1);
    assert!(place("model_answered", 0) < second && second.is_some(), "{kinds:?}");
    assert_eq!(world.count(&grow(), "user_said").await, 2);
}

/// The database comes back after the start of the host.
pub async fn open_work_goes_on_when_a_journal_can_be_read_again(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hang").await;
    host.kill().await;
    world.release();
    let store = world.hook_store();
    store.fail(None, unreachable);
    let host = world.start().await;
    host.trouble(&grow()).await;
    host.until(async || store.failures() >= 3).await;
    store.heal();
    host.events("turn_ended", 1).await;
    host.healthy().await;
    host.stop().await;
}

/// A sub-agent whose store fails delays its parent, but its report comes once the store works.
pub async fn a_parent_gets_the_report_of_a_sub_agent_whose_store_had_failed(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let store = world.hook_store();
    let host = world.start().await;
    host.say(0, "spawn 1: later").await;
    host.events("model_requested", 3).await;
    let child = world.agents().await[1].agent.clone();
    let script = Arc::clone(&world.script);
    host.until(async || script.calls.load(Ordering::SeqCst) == 3).await;
    store.fail(Some(child.clone()), disk_full);
    world.release();
    host.trouble(&child).await;
    host.handle.say(&child, message(1), "are you there?".to_owned()).await.expect("its mail is recorded");
    let mut health = host.handle.health();
    let held = health.wait_for(|health| health.mail.contains_key(&child)).await.expect("the host runs").mail[&child].clone();
    assert_eq!((held.count, held.cause.as_str()), (1, "the disk is full"));
    store.heal();
    host.until_idle().await;
    host.healthy().await;
    host.stop().await;
    assert_eq!(world.count(&child, "model_answered").await, world.count(&child, "model_requested").await);
    assert!(world.count(&grow(), "mail_received").await >= 1);
}

/// A panic of a model call is a failed attempt: it is made again, and a call that always panics ends the turn with the cause.
pub async fn a_panic_in_the_model_is_a_failed_attempt(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "panic").await;
    host.events("turn_ended", 1).await;
    host.stop().await;
    let counts = (world.count(&grow(), "model_failed").await, world.count(&grow(), "model_answered").await);
    assert_eq!(counts, (1, 1));
    let failed = world.stored_events().await.into_iter().find(|event| event.kind == "model_failed").expect("a failed attempt");
    assert!(String::from_utf8_lossy(&failed.body).contains("a failure that the test causes"));
}

/// An agent that panics starts again from its journal.
pub async fn an_agent_that_panics_starts_again_from_its_journal(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    world.script.crashes.store(2, Ordering::SeqCst);
    host.say(0, "crash").await;
    let trouble = host.trouble(&grow()).await;
    let cause = trouble.cause.to_string();
    assert!(cause.contains("a failure that the test causes") && !trouble.has_given_up, "{cause}");
    host.events("turn_ended", 1).await;
    host.healthy().await;
    host.stop().await;
    assert_eq!(world.count(&grow(), "model_answered").await, 1);
}

/// An agent that panics at the same place again and again stops, says why, and tries again when it is told to.
pub async fn an_agent_that_always_panics_gives_up_until_it_is_resumed(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    let mut notifications = host.subscribe();
    world.script.crashes.store(usize::MAX, Ordering::SeqCst);
    host.say(0, "crash").await;
    while !matches!(notifications.recv().await, Ok(Notification::Stopped { .. })) {}
    let trouble = host.trouble(&grow()).await;
    assert!(trouble.has_given_up && matches!(*trouble.cause, StopCause::Panic(_)));
    let calls = world.script.calls.load(Ordering::SeqCst);
    assert!(calls <= 3, "{calls} calls");
    let refused = host.handle.retry(&grow()).await;
    assert!(matches!(&refused, Err(PostError::Crashed { message, .. }) if message.contains("the test causes")), "{refused:?}");
    world.script.panics.store(0, Ordering::SeqCst);
    host.handle.retry(&grow()).await.expect("it can go on");
    host.events("turn_ended", 1).await;
    host.healthy().await;
    host.stop().await;
}
