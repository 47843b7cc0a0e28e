//! An agent on the node that has it. The engine's actor is a shell around the runner: it takes inputs while the runner's inbox is
//! open, sleeps when the runner is idle, and has no state of its own.

use super::error_text::error_text;
use super::exchange::{AGENT, MESSAGE_LIMIT, Outcome, Post, Wake};
use super::heartbeat;
use super::open_profiles::{Awake, OpenProfiles, ProfileHost};
use super::seat::{Refused, Seat};
use crate::metrics::Metrics;
use anyhow::Context;
use async_trait::async_trait;
use growqr_actors::placement::InboxItem;
use growqr_actors::supervisor;
use growqr_core::agent::Input;
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ProfileId};
use rivetkit::{ActorConfig, ActorKeySegment, Ctx, Handles, Registry, run_actor};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// How long a post may wait until its input is recorded; the engine gives up after that.
const POST_LIMIT: Duration = Duration::from_secs(60);

/// How long an agent may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How long an idle agent waits for its next input before the engine is told that it sleeps.
const WARM: Duration = Duration::from_secs(3);

/// How often an agent looks whether it may sleep: the engine lets none sleep that is still starting.
const SLEEP_RETRY: Duration = Duration::from_millis(10);

tokio::task_local! {
    /// What the actors of one node need. The engine's library makes them without arguments.
    static SURROUNDINGS: Arc<Surroundings>;
}

struct Surroundings {
    profiles: Arc<OpenProfiles>,
    metrics: Metrics,
    heartbeat: Duration,
}

/// Makes agents known to a registry.
pub(super) fn register(registry: &mut Registry, profiles: Arc<OpenProfiles>, metrics: Metrics, heartbeat: Duration) {
    let surroundings = Arc::new(Surroundings { profiles, metrics, heartbeat });
    let config = ActorConfig {
        action_timeout: POST_LIMIT,
        // The runner decides when the agent sleeps.
        no_sleep: true,
        // An input may have the text of a whole file.
        max_incoming_message_size: MESSAGE_LIMIT,
        max_outgoing_message_size: MESSAGE_LIMIT,
        sleep_grace_period: STOP_LIMIT,
        sleep_grace_period_overridden: true,
        ..ActorConfig::default()
    };
    #[expect(deprecated, reason = "the other way has no place for what the actors of a node need")]
    registry.register_with::<AgentActor, _, _>(AGENT, config, move |start| {
        SURROUNDINGS.scope(Arc::clone(&surroundings), run_actor::<AgentActor>(start))
    });
}

/// One run of an agent, from its wake to its sleep.
pub(super) struct AgentActor {
    /// `None` if the profile is not open on this node.
    run: Option<AgentRun>,
}

struct AgentRun {
    agent: AgentId,
    host: Arc<ProfileHost>,
    surroundings: Arc<Surroundings>,
    seat: Arc<Seat>,
    /// When the engine has started it here. Until then it may have worked at a node that has died.
    started: Timestamp,
    /// Until it has ended.
    awake: Mutex<Option<Awake>>,
    stop: CancellationToken,
    ended: CancellationToken,
}

#[async_trait]
impl rivetkit::Actor for AgentActor {
    type State = ();
    type Input = ();
    type Actions = (Post, Wake);
    type Events = ();
    type Queue = ();
    type ConnParams = ();
    type ConnState = ();
    type Action = rivetkit::Raw;

    async fn create_state(_: &Ctx<Self>, (): ()) -> anyhow::Result<()> {
        Ok(())
    }

    async fn create(ctx: &Ctx<Self>) -> anyhow::Result<AgentActor> {
        let [ActorKeySegment::String(profile), ActorKeySegment::String(agent)] = ctx.key().as_slice() else {
            anyhow::bail!("the key of an agent is its profile and its id");
        };
        let surroundings = SURROUNDINGS.try_with(Arc::clone).context("an agent was started outside its node")?;
        let host = surroundings.profiles.get(&ProfileId::new(profile.as_str()));
        let Some(host) = host.filter(|host| !host.stop().is_cancelled() && !host.kill().is_cancelled()) else {
            return Ok(AgentActor { run: None });
        };
        let agent = AgentId::new(agent.as_str());
        // One that cannot be read now may be at work.
        let view = host.ports().store.agent(&agent).await;
        let at_work = view.map_or(true, |view| view.is_some_and(|view| view.status.is_at_work()));
        let seat = Seat::new(Arc::clone(host.board()), host.config().inbox, at_work);
        let (stop, ended) = (host.stop().child_token(), CancellationToken::new());
        let started = host.ports().clock.now();
        let awake = Mutex::new(Some(host.count_awake(&agent)));
        let run = Some(AgentRun { agent, host, surroundings, seat, started, awake, stop, ended });
        Ok(AgentActor { run })
    }

    async fn run(self: Arc<Self>, ctx: Ctx<Self>) -> anyhow::Result<()> {
        if let Some(run) = &self.run {
            run.work(&ctx).await;
        }
        let aborted = ctx.abort_signal();
        while !aborted.is_cancelled() && ctx.sleep().is_err() {
            tokio::time::sleep(SLEEP_RETRY).await;
        }
        aborted.cancelled().await;
        Ok(())
    }

    async fn on_sleep(self: Arc<Self>, _: Ctx<Self>) -> anyhow::Result<()> {
        if let Some(run) = &self.run {
            run.stop.cancel();
            if tokio::time::timeout(STOP_LIMIT, run.ended.cancelled()).await.is_err() {
                tracing::warn!(agent = %run.agent, "an agent did not stop in time");
            }
        }
        Ok(())
    }
}

impl AgentRun {
    /// Runs the agent until it is idle, stopped or killed.
    async fn work(&self, ctx: &Ctx<AgentActor>) {
        self.surroundings.metrics.awake.inc();
        let aborted = ctx.abort_signal();
        let abort = async {
            aborted.cancelled().await;
            self.stop.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = self.host.kill().cancelled() => {}
            () = self.run_while_used() => {}
            () = heartbeat::keep(ctx, self.seat.at_work(), self.surroundings.heartbeat) => {}
            () = abort => {}
        }
        self.seat.leave();
        self.surroundings.metrics.awake.dec();
        drop(self.awake.lock().unwrap_or_else(PoisonError::into_inner).take());
        if !self.host.is_awake(&self.agent) {
            // It may go on elsewhere.
            self.host.board().leave(&self.agent);
        }
        if !*self.seat.at_work().borrow()
            && let Err(error) = heartbeat::clear(ctx).await
        {
            tracing::warn!(agent = %self.agent, error = error_text(&error), "the alarm of an agent could not be removed");
        }
        self.ended.cancel();
    }

    /// Runs the agent again and again, until it is stopped or nobody has used it for a while.
    async fn run_while_used(&self) {
        loop {
            let next = tokio::select! {
                () = self.stop.cancelled() => return,
                next = tokio::time::timeout(WARM, self.seat.next_inbox()) => next,
            };
            let Ok(inbox) = next else {
                if self.seat.leave_if_idle() {
                    return;
                }
                continue;
            };
            let deps = self.host.runner_deps(Arc::clone(&self.seat) as Arc<_>, self.started, self.stop.clone());
            // The senders of what was not read try again.
            drop(supervisor::run(deps, self.agent.clone(), inbox).await);
            if !self.seat.run_has_ended() {
                return;
            }
        }
    }

    /// Puts an input into the inbox and waits for its result.
    async fn post(&self, input: Input) -> Outcome {
        let (sender, recorded) = oneshot::channel();
        // The sender may have stopped waiting; the input is recorded anyway.
        let ack = Box::new(move |posted| drop(sender.send(posted)));
        match self.seat.put(InboxItem { input, ack }) {
            Err(Refused::Closed) => Outcome::Asleep,
            Err(Refused::Full) => Outcome::Overloaded,
            Ok(()) => match recorded.await {
                Ok(Ok(posted)) => Outcome::Posted(Box::new(posted)),
                Ok(Err(cause)) => Outcome::Failed(cause),
                // It was not read.
                Err(_) => Outcome::Asleep,
            },
        }
    }
}

type Answer = Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send>>;

impl Handles<Post> for AgentActor {
    type Future = Answer;

    fn handle(self: Arc<Self>, ctx: Ctx<Self>, post: Post) -> Answer {
        Box::pin(async move {
            let input = serde_json::from_str(&post.input).context("the input is invalid")?;
            let outcome = match &self.run {
                // The agent does not sleep before the sender has its answer.
                Some(run) => ctx.keep_awake(run.post(input)).await,
                None => Outcome::Asleep,
            };
            Ok(serde_json::to_string(&outcome)?)
        })
    }
}

impl Handles<Wake> for AgentActor {
    type Future = Answer;

    fn handle(self: Arc<Self>, _: Ctx<Self>, _: Wake) -> Answer {
        let is_awake = self.run.as_ref().is_some_and(|run| run.seat.wake());
        let outcome = if is_awake { Outcome::Awake } else { Outcome::Asleep };
        Box::pin(async move { Ok(serde_json::to_string(&outcome)?) })
    }
}
