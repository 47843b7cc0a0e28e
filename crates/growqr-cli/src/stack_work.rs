//! Orders to the task for the containers, which are followed to the end of their work.

use crate::print::{Out, sanitized_line};
use growqr_app::{AppError, Client, Environment, Profile, send_request};
use growqr_wire::{Needs, PartState, Reply, Request, Stack as State};
use std::time::Duration;

/// How often the state is read while containers start or stop.
const POLL_INTERVAL: Duration = Duration::from_millis(300);

/// The state of Docker and the containers now.
pub async fn status(profile: Profile, environment: &Environment) -> Result<State, AppError> {
    match send_request(profile, environment, Request::StackStatus).await? {
        Reply::Stack { stack } => Ok(stack),
        _ => Err(unexpected()),
    }
}

/// Sends a request whose work goes on after its answer, waits for the end of that work and shows its result. Says on standard
/// error what is being done.
pub async fn finish(
    profile: Profile,
    environment: &Environment,
    out: &Out,
    request: Request,
    show: impl FnOnce(&State),
) -> Result<State, AppError> {
    let needs = request.class().needs;
    with_host(profile, environment, out, needs, async |client: &Client| {
        let state = follow(client, out, request).await?;
        show(&state);
        Ok(state)
    })
    .await
}

/// Does this with one client from beginning to end. Programs that cannot do without the agents of this process may have come to
/// use them meanwhile; then it ends with them. Ctrl-C ends it in order.
pub async fn with_host<T>(
    profile: Profile,
    environment: &Environment,
    out: &Out,
    needs: Needs,
    work: impl AsyncFnOnce(&Client) -> Result<T, AppError>,
) -> Result<T, AppError> {
    let (client, _) = Client::open(profile, environment, needs).await?;
    let work = async {
        let done = work(&client).await;
        if client.is_used_by_others() {
            if let Err(error) = &done {
                out.notice(&error.to_string());
            }
            out.notice("Another GrowQR uses the agents of this process, which ends when that one does. To end it now: Ctrl-C");
            client.until_unused().await;
        }
        done
    };
    let done = tokio::select! {
        done = work => done,
        _ = tokio::signal::ctrl_c() => Err(AppError::stopping()),
    };
    client.close().await;
    done
}

/// Sends a request, and returns the state once its work is done. Says on standard error what is being done.
pub async fn follow(client: &Client, out: &Out, request: Request) -> Result<State, AppError> {
    let mut reply = client.send(request).await?;
    let mut said = String::new();
    loop {
        let Reply::Stack { stack } = reply else { return Err(unexpected()) };
        let Some(doing) = busy(&stack) else { return Ok(stack) };
        if doing != said && !out.is_json() {
            out.notice(&sanitized_line(&doing));
            said = doing;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        reply = client.send(Request::StackStatus).await?;
    }
}

/// What is being done, with the progress of a download in steps of ten percent.
fn busy(state: &State) -> Option<String> {
    let doing = state.busy.as_ref()?;
    let downloading = state.parts.iter().filter(|part| part.state == PartState::Downloading);
    let progress = downloading.filter_map(|part| part.progress.as_ref()).find_map(|progress| {
        let total = progress.total.filter(|total| *total > 0)?;
        let broken = if progress.is_retrying() { "; the registry has broken off, trying again" } else { "" };
        Some(format!("{} %{broken}", progress.done.min(total).saturating_mul(10) / total * 10))
    });
    Some(progress.map_or_else(|| doing.clone(), |progress| format!("{doing}: {progress}")))
}

fn unexpected() -> AppError {
    AppError::Internal("an unexpected reply".to_owned())
}
