//! Performs intents: model calls, tool calls, and what concerns sessions. Each results in an input for the turn machine.

use crate::health::panic_message;
use crate::ports::Ports;
use futures_util::FutureExt;
use growqr_core::agent::{Input, State, wanted_calls};
use growqr_core::id::{EffectId, RequestId};
use growqr_core::journal::{Store, StoreError};
use growqr_core::memory::CommitPlan;
use growqr_core::model::{Delta, Failure, FailureKind, Files, ModelRequest, Reply};
use growqr_core::prompt::attachments_of;
use growqr_core::tool::{LookedUp, Performed, Repeat, ToolCall, ToolResult, Tools};
use growqr_core::workbench::{SessionEnd, SessionJob, SessionNews, SessionOutcome, SessionReply, Sessions, WorkbenchError};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// Wait after a panic of a model call, times the number of the attempt.
const PANIC_DELAY: Duration = Duration::from_millis(200);

/// Timeout for an executor to look up a call: a turn that is being cancelled waits for it.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(20);

/// Calls the model. Also prepares the tool calls of the answer before they are recorded, as far as that has no effect. `state` is
/// the agent's state while it waits for the answer.
pub(crate) async fn call_model(
    ports: Ports,
    mut request: ModelRequest,
    attempt: u32,
    state: State,
    on_delta: impl Fn(Delta) + Send + Sync,
) -> Input {
    let Some(model) = ports.setups.model(&request.segment) else {
        let message = format!(
            "this build has no model provider {:?}; choose another with: growqr config set model",
            request.segment.provider
        );
        return Input::Failed { attempt, failure: Failure { kind: FailureKind::UnknownModel, message, request_id: None } };
    };
    request.files = match attached_files(&*ports.store, &request).await {
        Ok(files) => files,
        Err(error) => {
            let message = format!("the attached files could not be read: {error}");
            let failure = Failure { kind: FailureKind::Unavailable, message, request_id: None };
            return Input::Failed { attempt, failure };
        }
    };
    match AssertUnwindSafe(model.call(&request, &on_delta)).catch_unwind().await {
        Ok(Ok(reply)) => {
            let prepared = prepare(&ports, &state, &reply).await;
            Input::Answered { attempt, reply, prepared }
        }
        Ok(Err(failure)) => Input::Failed { attempt, failure },
        Err(panic) => {
            let cause = panic_message(&*panic);
            tracing::error!(agent = %request.agent, attempt, cause, "a model call panicked");
            // The turn machine asks again, and ends the turn after a few attempts.
            tokio::time::sleep(PANIC_DELAY * attempt).await;
            let message = format!("the call of the model failed with an internal error of GrowQR: {cause}");
            Input::Failed { attempt, failure: Failure { kind: FailureKind::Broken, message, request_id: None } }
        }
    }
}

/// The contents of the files that a request names. One that is missing is left out; the request says so.
async fn attached_files(store: &dyn Store, request: &ModelRequest) -> Result<Files, StoreError> {
    let mut files = BTreeMap::new();
    for file in request.messages.iter().flat_map(|message| attachments_of(&message.content)) {
        if files.contains_key(&file.hash) {
            continue;
        }
        match store.attachment_content(&file.hash).await? {
            Some(content) => drop(files.insert(file.hash, content)),
            None => tracing::warn!(hash = %file.hash, "the content of an attached file is missing"),
        }
    }
    Ok(Files(Arc::new(files)))
}

/// Prepares all calls if every one is [`Repeat::Safe`], or if there is only one call of any kind. Otherwise prepares none:
/// changes must be prepared in order.
async fn prepare(ports: &Ports, state: &State, reply: &Reply) -> Vec<(usize, Performed)> {
    let wanted = wanted_calls(reply);
    let is_safe = |name: &str| state.tool(name).is_some_and(|entry| entry.repeat == Repeat::Safe);
    if wanted.len() != 1 && !wanted.iter().all(|call| is_safe(&call.name)) {
        return Vec::new();
    }
    let mut prepared = Vec::new();
    for (index, wanted) in wanted.into_iter().enumerate() {
        let Some(entry) = state.tool(&wanted.name) else { continue };
        let Some(executor) = ports.tools.executor(&entry.executor) else { continue };
        let call = state.tool_call(entry, wanted.input, state.next_effect(index), ports.clock.now());
        // A panic is ignored here: it occurs again, and is reported, when the call is carried out.
        if let Ok(Some(performed)) = AssertUnwindSafe(executor.prepare(&call)).catch_unwind().await {
            prepared.push((index, within_limits(performed)));
        }
    }
    prepared
}

fn within_limits(performed: Performed) -> Performed {
    match performed {
        Performed::Finished(result) => Performed::Finished(result.within_limits()),
        planned @ Performed::Planned(_) => planned,
    }
}

/// Carries out a recorded call.
pub(crate) async fn run_tool(tools: Arc<dyn Tools>, call: ToolCall, plan: Option<CommitPlan>) -> Input {
    let effect = call.origin.effect.clone();
    let Some(executor) = tools.executor(&call.executor) else {
        let result = ToolResult::error(format!("{} is not available any more; go on without it, or tell the person", call.name));
        return Input::Finished { effect, result };
    };
    match AssertUnwindSafe(executor.perform(&call, plan.as_ref())).catch_unwind().await.map(within_limits) {
        Ok(Performed::Finished(result)) => Input::Finished { effect, result },
        Ok(Performed::Planned(plan)) => Input::Intended { effect, plan },
        Err(_) => {
            tracing::error!(tool = call.name, "a tool panicked");
            let result = ToolResult::error(format!(
                "{} failed with an internal error: check what it did before you call it again",
                call.name
            ));
            Input::Finished { effect, result }
        }
    }
}

/// Finds out the result of an interrupted call.
pub(crate) async fn look_up_tool(tools: Arc<dyn Tools>, call: ToolCall) -> Input {
    let effect = call.origin.effect.clone();
    let found = match tools.executor(&call.executor) {
        Some(executor) => {
            let found = AssertUnwindSafe(executor.look_up(&call)).catch_unwind();
            match tokio::time::timeout(LOOK_UP_TIMEOUT, found).await {
                Ok(Ok(LookedUp::Happened(result))) => LookedUp::Happened(result.within_limits()),
                Ok(Ok(found)) => found,
                Ok(Err(_)) | Err(_) => LookedUp::Unknown,
            }
        }
        None => LookedUp::Unknown,
    };
    Input::LookedUp { effect, found }
}

/// Waits between tries to reach the workbench; the last one repeats.
const WORKBENCH_DELAYS: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];

fn workbench_delay(tries: usize) -> Duration {
    WORKBENCH_DELAYS[tries.min(WORKBENCH_DELAYS.len() - 1)]
}

/// Brings a prompt of a session on until there is something new. A panic stops the session, which then has failed.
pub(crate) async fn advance_session(sessions: Arc<dyn Sessions>, effect: EffectId, job: SessionJob, limit: Duration) -> Input {
    let news = match AssertUnwindSafe(sessions.advance(&job)).catch_unwind().await {
        Ok(news) => news,
        Err(_) => {
            tracing::error!(agent = %job.agent, "the connection to a session panicked");
            let end = end_of_aborted(&*sessions, &job, limit).await;
            let reason = "the connection to the workbench failed with an internal error".to_owned();
            SessionNews::Ended(SessionEnd { outcome: SessionOutcome::Failed { reason, retryable: true }, ..end })
        }
    };
    Input::SessionNews { effect, news }
}

/// Delivers a reply; tries again for as long as the workbench cannot be reached.
pub(crate) async fn reply_session(
    sessions: Arc<dyn Sessions>,
    effect: EffectId,
    job: SessionJob,
    request: RequestId,
    reply: SessionReply,
) -> Input {
    let mut tries = 0;
    loop {
        let was_gone = match AssertUnwindSafe(sessions.reply(&job, &request, &reply)).catch_unwind().await {
            Ok(Ok(())) => false,
            Ok(Err(WorkbenchError::Gone)) => true,
            Ok(Err(WorkbenchError::Unreachable(_))) | Err(_) => {
                tokio::time::sleep(workbench_delay(tries)).await;
                tries += 1;
                continue;
            }
        };
        return Input::SessionReplied { effect, request, was_gone };
    }
}

/// Stops a session. If the workbench does not answer in time, the session counts as abandoned.
pub(crate) async fn abort_session(sessions: Arc<dyn Sessions>, effect: EffectId, job: SessionJob, limit: Duration) -> Input {
    Input::SessionNews { effect, news: SessionNews::Ended(end_of_aborted(&*sessions, &job, limit).await) }
}

async fn end_of_aborted(sessions: &dyn Sessions, job: &SessionJob, limit: Duration) -> SessionEnd {
    let mut reason = format!("no answer in {} s", limit.as_secs_f32().ceil());
    let tries = async {
        for tries in 0.. {
            match AssertUnwindSafe(sessions.abort(job)).catch_unwind().await {
                Ok(Ok(end)) => return Some(end),
                Ok(Err(WorkbenchError::Unreachable(why))) => reason = why,
                Ok(Err(error @ WorkbenchError::Gone)) => reason = error.to_string(),
                Err(_) => "an internal error".clone_into(&mut reason),
            }
            tokio::time::sleep(workbench_delay(tries)).await;
        }
        None
    };
    match tokio::time::timeout(limit, tries).await {
        Ok(Some(end)) => end,
        Ok(None) | Err(_) => SessionEnd::without_words(SessionOutcome::Abandoned { reason }),
    }
}

/// Runs blocking work on a thread of tokio's blocking pool. `None` only if it panicked.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Some(done),
        Err(error) => {
            tracing::error!(%error, "a blocking task panicked");
            None
        }
    }
}
