//! Rate limits, the number of calls at once, and calls that are dropped.

use crate::world::{FakeTimer, World, hello};
use async_trait::async_trait;
use growqr_core::id::AgentId;
use growqr_core::model::{Model, ModelRequest};
use growqr_models::anthropic::Timer;
use growqr_testkit::anthropic::{Point, RequestOutcome, Script, StopPoint, says};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

fn by(agent: &str) -> ModelRequest {
    ModelRequest { agent: AgentId::new(agent), ..hello() }
}

/// A sleep ends only when the test adds a permit to `wake`.
struct ManualTimer {
    inner: FakeTimer,
    asleep: watch::Sender<usize>,
    wake: Semaphore,
}

#[async_trait]
impl Timer for ManualTimer {
    fn now(&self) -> Duration {
        self.inner.now()
    }

    async fn sleep(&self, wait: Duration) {
        self.asleep.send_modify(|count| *count += 1);
        self.wake.acquire().await.unwrap().forget();
        // The first sleep to end moves the clock; the other sleeps covered the same time.
        let left = wait.saturating_sub(self.inner.now());
        self.inner.sleep(left).await;
    }

    fn jitter(&self, most: Duration) -> Duration {
        most
    }
}

#[tokio::test]
async fn a_rate_limit_pauses_all_agents() {
    let timer = Arc::new(ManualTimer { inner: FakeTimer::default(), asleep: watch::Sender::new(0), wake: Semaphore::new(0) });
    let world = World::with(|config| config.timer = timer.clone()).await;
    world.claude.will_all([Script::rate_limited(Some(5)), says("one"), says("two")]);
    let (first, second) = (by("one"), by("two"));
    let asleep = async |count: usize| drop(timer.asleep.subscribe().wait_for(|now| *now >= count).await.unwrap());
    let story = async {
        asleep(1).await;
        let meanwhile = world.provider.call(&second, &|_| ());
        let release = async {
            asleep(2).await;
            assert_eq!(world.claude.messages().len(), 1, "the second agent sends no request while the key is limited");
            timer.wake.add_permits(8);
        };
        tokio::join!(meanwhile, release).0.unwrap();
    };
    let (answered, ()) = tokio::join!(world.provider.call(&first, &|_| ()), story);
    answered.unwrap();
    assert_eq!(world.claude.messages().len(), 3);
}

#[tokio::test]
async fn no_more_calls_run_at_once_than_allowed() {
    let world = World::with(|config| config.max_concurrent = 2).await;
    let stop_points: Vec<StopPoint> = (0..3).map(|_| StopPoint::new()).collect();
    world.claude.will_all(stop_points.iter().map(|stop_point| says("hi").stop_at(Point::Events(2), stop_point)));
    let (one, two, three) = (by("one"), by("two"), by("three"));
    let ask = async |request: &ModelRequest| world.provider.call(request, &|_| ()).await.unwrap();
    let watch = async {
        stop_points[0].reached().await;
        stop_points[1].reached().await;
        assert_eq!(world.claude.messages().len(), 2);
        stop_points[0].release();
        stop_points[2].reached().await;
        stop_points[1].release();
        stop_points[2].release();
    };
    tokio::join!(ask(&one), ask(&two), ask(&three), watch);
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection_and_releases_its_permit() {
    let world = World::with(|config| config.max_concurrent = 1).await;
    let stop_point = StopPoint::new();
    world.claude.will_all([says("a long text").stop_at(Point::Events(4), &stop_point), says("next")]);
    let request = hello();
    {
        let mut call = world.provider.call(&request, &|_| ());
        tokio::select! {
            _ = &mut call => panic!("the stub server was to wait"),
            () = stop_point.reached() => {}
        }
    }
    let requests = world.claude.until(|requests| requests.iter().all(|request| request.ended.is_some())).await;
    assert_eq!(requests[0].ended, Some(RequestOutcome::ClientLeft));
    assert!(requests[0].bill.unwrap().output_tokens > 0, "the tokens produced so far are billed");
    world.answer(&request).await;
}
