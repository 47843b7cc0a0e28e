//! One decision about an input, with the person's settings, clock and memory of now.

use crate::perform::blocking;
use crate::ports::Ports;
use growqr_core::agent::{Input, State, decide};
use growqr_core::clock::Timestamp;
use growqr_core::event::Event;
use growqr_core::picture::picture;
use growqr_core::prompt::Segment;
use growqr_core::skill::{self, OfferedSkill, READ_SKILL};
use std::sync::Arc;
use std::time::Duration;

/// How long a decision waits for the picture of memory, and for the list of skills.
const PICTURE_TIMEOUT: Duration = Duration::from_secs(2);

/// The result of a decision.
pub(crate) struct Decision {
    pub(crate) events: Vec<Event>,
    /// The time of the decision.
    pub(crate) at: Timestamp,
    /// The segment that a `SegmentStarted` among the events begins.
    pub(crate) segment: Arc<Segment>,
}

impl Decision {
    /// Decides about an input. Memory and skills are read only if a segment begins: the same decision is then made again with their
    /// picture. What changes later comes with the next segment; until then the tools read it as it is.
    ///
    /// `depth` is the depth of the agent, which a new one has not recorded yet. `may_begin` says whether a sub-agent may begin a turn
    /// now, if at most so many may work at once; `None` if no runner performs what is decided.
    pub(crate) async fn about(
        input: Input,
        depth: u32,
        state: &State,
        ports: &Ports,
        may_begin: Option<&(dyn Fn(usize) -> bool + Sync)>,
    ) -> Decision {
        let (mut setup, segment) = ports.setups.setup(depth);
        let at_once = usize::try_from(setup.limits.children_at_once).unwrap_or(usize::MAX);
        setup.has_runner = may_begin.is_some();
        setup.may_begin = may_begin.is_none_or(|may_begin| may_begin(at_once));
        let now = ports.moment();
        if let Some(surroundings) = &mut setup.surroundings {
            surroundings.zone = ports.clock.zone(now.at);
        }
        let mut events = decide(state, input.clone(), &setup, now);
        let begins_segment = events.iter().any(|event| matches!(event, Event::SegmentStarted(_)));
        if let (true, Some(surroundings)) = (begins_segment, &mut setup.surroundings) {
            let reads_skills = segment.tools.iter().any(|tool| tool.name == READ_SKILL);
            let (memory, skills) = tokio::join!(picture_of_memory(ports), skills_on_offer(ports, reads_skills));
            let skills = skill::shown(&skill::readable(skills, &setup.rules, state.id(), depth), setup.card.context_tokens);
            let parts: Vec<String> = memory.into_iter().chain(skills).collect();
            surroundings.picture = (!parts.is_empty()).then(|| parts.join("\n\n"));
            events = decide(state, input, &setup, now);
        }
        Decision { events, at: now.at, segment }
    }
}

/// The picture of memory. `None` if memory does not answer in time: a message does not wait for it.
async fn picture_of_memory(ports: &Ports) -> Option<String> {
    let memory = Arc::clone(&ports.memory);
    let picture = blocking(move || picture(&*memory));
    tokio::time::timeout(PICTURE_TIMEOUT, picture).await.ok().flatten().flatten()
}

/// The skills that are on; none if the agent cannot read them, or if their disk does not answer in time.
async fn skills_on_offer(ports: &Ports, reads_skills: bool) -> Vec<OfferedSkill> {
    let Some(skills) = ports.setups.skills().filter(|_| reads_skills) else { return Vec::new() };
    let offered = blocking(move || skills.offered());
    tokio::time::timeout(PICTURE_TIMEOUT, offered).await.ok().flatten().unwrap_or_default()
}
