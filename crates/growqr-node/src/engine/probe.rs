//! An actor that only answers. An engine whose worker has died still answers its health check, so a node proves that the engine
//! works by calling this.

use async_trait::async_trait;
use rivetkit::{Action, Ctx, Handles, Registry};
use serde::{Deserialize, Serialize};
use std::future::{Ready, ready};
use std::sync::Arc;

/// The name of these actors in the engine.
pub(super) const PROBE: &str = "probe";

/// Answers `true`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ping;

impl Action for Ping {
    type Output = bool;

    const NAME: &'static str = "ping";
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
    type Actions = (Ping,);
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
