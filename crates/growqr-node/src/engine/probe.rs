//! An actor that only answers. An engine whose worker has died still answers its health check, so a node proves that the engine
//! works by calling this. Each process has one of its own: one for all would fail everywhere while its node is lost. It may be at
//! another node than the one that calls it.

use async_trait::async_trait;
use rivetkit::{Action, Ctx, Handles, Registry};
use serde::{Deserialize, Serialize};
use std::future::{Ready, ready};
use std::sync::{Arc, LazyLock};

/// The name of these actors in the engine.
pub(super) const PROBE: &str = "probe";

/// Answers `true`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ping;

impl Action for Ping {
    type Output = bool;

    const NAME: &'static str = "ping";
}

/// Ends the probe for good.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct End;

impl Action for End {
    type Output = bool;

    const NAME: &'static str = "end";
}

/// The key of the probe of this process. Not its number, which is the same in many containers.
pub(super) fn key() -> Vec<String> {
    static KEY: LazyLock<String> = LazyLock::new(|| format!("{:032x}", rand::random::<u128>()));
    vec![KEY.clone()]
}

/// Makes probes known to a registry.
pub(super) fn register(registry: &mut Registry) {
    registry.register_actor::<Probe>(PROBE);
}

struct Probe;

#[async_trait]
impl rivetkit::Actor for Probe {
    type State = ();
    type Input = ();
    type Actions = (Ping, End);
    type Events = ();
    type Queue = ();
    type ConnParams = ();
    type ConnState = ();
    type Action = rivetkit::Raw;

    async fn create_state(_: &Ctx<Self>, (): ()) -> anyhow::Result<()> {
        Ok(())
    }

    async fn create(_: &Ctx<Self>) -> anyhow::Result<Probe> {
        Ok(Probe)
    }
}

impl Handles<Ping> for Probe {
    type Future = Ready<anyhow::Result<bool>>;

    fn handle(self: Arc<Self>, _: Ctx<Self>, _: Ping) -> Self::Future {
        ready(Ok(true))
    }
}

impl Handles<End> for Probe {
    type Future = Ready<anyhow::Result<bool>>;

    fn handle(self: Arc<Self>, ctx: Ctx<Self>, _: End) -> Self::Future {
        ready(ctx.destroy().map(|()| true))
    }
}
