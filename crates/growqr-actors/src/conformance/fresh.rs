//! Fresh starts and messages that are written anew: kills at any moment.

use super::TestEnvironment;
use super::hooked_store::{AppendBehavior, HookedStore, StoreHooks};
use super::random_asks::Numbers;
use super::world::{RunningHost, World, grow, message};
use crate::load_earlier;
use growqr_core::agent::Input;
use growqr_core::event::{Event, SegmentStarted};
use growqr_core::id::{MessageId, Seq};
use growqr_core::journal::Store;
use std::sync::Arc;

const BEHAVIORS: [AppendBehavior; 2] = [AppendBehavior::StopBefore, AppendBehavior::StopAfter];

async fn start_fresh(host: &RunningHost, n: usize) {
    let id = MessageId::new(format!("fresh-{n}"));
    host.handle.control(&grow(), Input::StartFresh { id }).await.expect("it is recorded");
}

/// Runs the story until the store stops at its append `at`, kills the host, and starts another one.
async fn killed_at(world: &mut World, at: u64, behavior: AppendBehavior, story: impl AsyncFnOnce(&RunningHost)) -> RunningHost {
    let hooks = StoreHooks { append: Some((at, behavior)), ..StoreHooks::default() };
    let hooked = Arc::new(HookedStore::new(world.other_store().await, hooks));
    world.ports.store = Arc::clone(&hooked) as Arc<dyn Store>;
    let host = world.start().await;
    tokio::select! {
        () = hooked.stopped() => {}
        () = story(&host) => {}
    }
    host.kill().await;
    world.ports.store = world.other_store().await;
    world.start().await
}

/// The events of the Grow Agent.
async fn events(world: &World) -> Vec<Event> {
    let own = world.stored_events().await.into_iter().filter(|stored| stored.agent == grow());
    own.map(|stored| stored.entry().expect("an event can be read").event).collect()
}

fn segments(events: &[Event]) -> Vec<&SegmentStarted> {
    let segments = events.iter().filter_map(|event| match event {
        Event::SegmentStarted(body) => Some(body),
        _ => None,
    });
    segments.collect()
}

/// How many messages in the conversation are this text.
async fn count_text(world: &World, text: &str) -> usize {
    let messages = world.ports.store.messages(&grow(), None, 10_000).await.expect("messages");
    messages.iter().filter(|message| message.text == text).count()
}

/// A fresh start during a tool call: whatever is lost by a kill is sent again, and all of it happens once.
pub async fn a_fresh_start_is_made_once_when_killed_at_any_append(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let mut number = 0;
    for at in 1..10 {
        for behavior in BEHAVIORS {
            number += 1;
            let (first, second) = (2 * number, 2 * number + 1);
            let (old, new) = (format!("old {number}"), format!("new {number}"));
            let story = async |host: &RunningHost| {
                host.say(first, &old).await;
                start_fresh(host, number).await;
                host.say(second, &new).await;
                host.until_idle().await;
            };
            let host = killed_at(&mut world, at, behavior, story).await;
            host.say(first, &old).await;
            start_fresh(&host, number).await;
            host.say(second, &new).await;
            host.until_idle().await;
            host.stop().await;
            let place = format!("append {at}, {behavior:?}");
            assert_eq!(count_text(&world, &format!("done: {old}")).await, 1, "{place}");
            assert_eq!(count_text(&world, &format!("done: {new}")).await, 1, "{place}");
            let events = events(&world).await;
            let starts = |kind: &str| events.iter().filter(|event| event.kind() == kind).count();
            assert_eq!((starts("fresh_requested"), starts("fresh_started")), (number, number), "{place}");
            let last = segments(&events).pop().and_then(|segment| segment.carried.clone());
            assert_eq!(last, None, "{place}: the last segment has no past");
        }
    }
}

/// A message that is written anew is recorded once and answered once, and only what was said before it is carried.
pub async fn a_message_that_is_written_anew_is_answered_once_when_killed_at_any_append(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "first").await;
    host.until_idle().await;
    let seq = Seq(world.agents().await[0].seq.0 + 1);
    host.say(1, "second").await;
    host.until_idle().await;
    host.stop().await;
    let mut number = 1;
    for at in 1..4 {
        for behavior in BEHAVIORS {
            number += 1;
            let text = format!("again {number}");
            let store = world.other_store().await;
            let again = async |host: &RunningHost| {
                host.until_idle().await;
                let earlier = load_earlier(&*store, &grow(), seq).await.expect("it can be read").expect("a message");
                host.handle.say_again(message(number), seq, (text.clone(), Vec::new()), earlier).await.expect("it is recorded");
                host.until_idle().await;
            };
            let host = killed_at(&mut world, at, behavior, async |host: &RunningHost| again(host).await).await;
            again(&host).await;
            host.stop().await;
            assert_eq!(count_text(&world, &text).await, 1, "append {at}, {behavior:?}");
            assert_eq!(count_text(&world, &format!("done: {text}")).await, 1, "append {at}, {behavior:?}");
            let events = events(&world).await;
            let past = segments(&events).pop().and_then(|segment| segment.carried.clone()).expect("a past");
            assert!(past.contains("first") && !past.contains("second") && !past.contains("again"), "{past}");
        }
    }
    assert_eq!(count_text(&world, "second").await, 1, "what is set aside can still be read");
}

/// Messages, fresh starts, cancels and kills in any order: no message is lost or read twice, each fresh start that was recorded is
/// made once, and no segment after one has a past.
pub async fn random_fresh_starts_with_kills_answer_every_message_once(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let (mut numbers, mut number) = (Numbers(19), 0);
    for _ in 0..30 {
        let (at, behavior) = (1 + numbers.below(12), *numbers.of(&BEHAVIORS).expect("a behavior"));
        let (numbers, number) = (&mut numbers, &mut number);
        let story = async move |host: &RunningHost| {
            for _ in 0..3 + numbers.below(6) {
                *number += 1;
                let tasks = ["say it", "call safe", "spawn 1: report"];
                let task = format!("{} {number}", numbers.of(&tasks).expect("a task"));
                match numbers.below(6) {
                    0..=2 => drop(host.handle.say(&grow(), message(*number), task).await),
                    3 | 4 => start_fresh(host, *number).await,
                    _ => drop(host.handle.control(&grow(), Input::Cancel { tree: true }).await),
                }
            }
        };
        killed_at(&mut world, at, behavior, story).await.kill().await;
    }
    let host = world.start().await;
    host.say(number + 1, "the end").await;
    host.until_idle().await;
    host.stop().await;
    let events = events(&world).await;
    let (mut requested, mut started, mut said, mut is_fresh) = (0, 0, 0, false);
    for event in &events {
        match event {
            Event::FreshRequested(_) => requested += 1,
            Event::FreshStarted(_) => {
                started += 1;
                is_fresh = true;
                assert_eq!(requested, started, "each is made before the next one is asked for");
            }
            Event::UserSaid(_) => said += 1,
            Event::SegmentStarted(body) => {
                assert!(!is_fresh || body.carried.is_none(), "a fresh start has no past");
                is_fresh = false;
            }
            _ => {}
        }
    }
    assert_eq!(requested, started);
    assert!(requested > 5 && said > 20, "the story has both: {requested}, {said}");
    let texts: String = events
        .iter()
        .filter_map(|event| match event {
            Event::ModelRequested(body) => body.content.as_ref().map(|content| content.text().to_owned()),
            _ => None,
        })
        .collect();
    for event in &events {
        if let Event::UserSaid(body) = event {
            let is_whole = |(at, text): &(usize, &str)| !texts[at + text.len()..].starts_with(|c: char| c.is_ascii_digit());
            let read = texts.match_indices(&body.text).filter(is_whole).count();
            assert_eq!(read, 1, "{:?} is read once", body.text);
        }
    }
}
