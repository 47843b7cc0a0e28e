//! The `growqr stack` commands.

use crate::CommandResult;
use crate::args::{Part, Stack};
use crate::print::{Out, Style, sanitized, sanitized_line, time};
use crate::work_files;
use growqr_app::{AppError, Client, Environment, Profile, send_request};
use growqr_wire::{
    DockerState, MemorySyncState, OrphanKey, PartState, Reply, Request, Stack as State, StackOrphan, StackPart, StackProgress,
};
use std::path::Path;
use std::time::Duration;

/// How often the state is read while containers start or stop.
const POLL_INTERVAL: Duration = Duration::from_millis(300);

pub async fn stack(profile: Profile, environment: &Environment, out: &Out, command: Stack) -> CommandResult {
    match command {
        Stack::Up { yes } => up(profile, environment, out, yes).await,
        Stack::Down => {
            let state = finish(profile, environment, out, Request::StackDown, |state| print(out, state)).await?;
            Ok(state.parts.iter().all(|part| part.state != PartState::Failed))
        }
        Stack::Status => {
            let state = status(profile, environment).await?;
            print_with_notes(out, &state);
            Ok(true)
        }
        Stack::Logs { part: Some(part), lines } => logs(profile, environment, out, part, lines).await,
        Stack::Logs { part: None, lines } => all_logs(profile, environment, out, lines).await,
        Stack::Sync { join } => {
            let state = finish(profile, environment, out, Request::SyncMemory { join }, |state| print(out, state)).await?;
            Ok(state.memory.is_some_and(|memory| memory.state == MemorySyncState::Same))
        }
        Stack::Login => login(profile, environment, out).await,
        Stack::Files(command) => work_files::files(profile, environment, out, command).await,
        Stack::Reset { yes, export } => reset(profile, environment, out, yes, export.as_deref()).await,
        Stack::Orphans { remove } => orphans(profile, environment, out, remove).await,
    }
}

async fn up(profile: Profile, environment: &Environment, out: &Out, agreed: bool) -> CommandResult {
    let state = finish(profile, environment, out, Request::StackUp { agreed }, |state| {
        print_with_notes(out, state);
        if !out.is_json()
            && let Some(missing) = still_to_download(state)
        {
            out.notice(&missing);
        }
    })
    .await?;
    Ok(state.parts.iter().all(|part| part.state == PartState::Running))
}

async fn status(profile: Profile, environment: &Environment) -> Result<State, AppError> {
    match send_request(profile, environment, Request::StackStatus).await? {
        Reply::Stack { stack } => Ok(stack),
        _ => Err(unexpected()),
    }
}

/// What the person has not agreed to download, and how large it is in all.
fn still_to_download(state: &State) -> Option<String> {
    let missing: Vec<&StackPart> = state.parts.iter().filter(|part| part.state == PartState::NeedsDownload).collect();
    if missing.is_empty() {
        return None;
    }
    let names: Vec<&str> = missing.iter().map(|part| part.name.as_str()).collect();
    let sizes: Option<u64> = missing.iter().map(|part| part.progress.as_ref().and_then(|progress| progress.total)).sum();
    let size = sizes.map_or_else(|| "size not known before".to_owned(), |bytes| format!("about {}", megabytes(bytes)));
    Some(format!(
        "Not downloaded yet: {} ({size}). To agree to the download and start: growqr stack up --yes",
        names.join(" and ")
    ))
}

/// Sends a request whose work goes on after its answer, waits for the end of that work and shows its result. Says on standard
/// error what is being done. Other programs may have come to use the agents of this process meanwhile; then it ends with them.
/// Ctrl-C ends it in order.
async fn finish(
    profile: Profile,
    environment: &Environment,
    out: &Out,
    request: Request,
    show: impl FnOnce(&State),
) -> Result<State, AppError> {
    let (client, _) = Client::open(profile, environment, request.class().needs).await?;
    let work = async {
        let done = follow(&client, out, request).await;
        match &done {
            Ok(state) => show(state),
            Err(error) if client.is_used_by_others() => out.notice(&error.to_string()),
            Err(_) => {}
        }
        if client.is_used_by_others() {
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

async fn follow(client: &Client, out: &Out, request: Request) -> Result<State, AppError> {
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

fn print_with_notes(out: &Out, state: &State) {
    print_state(out, state, &state.notes);
}

/// Without the notes, which the commands that only stop or remove something need not repeat.
fn print(out: &Out, state: &State) {
    print_state(out, state, &[]);
}

fn print_state(out: &Out, state: &State, notes: &[String]) {
    out.row(state, || {
        let mut lines = vec![line(out, "Docker", docker_style(state.docker.state), &state.docker.found)];
        lines.extend(step(out, state.docker.next_step.as_deref()));
        for part in &state.parts {
            lines.push(line(out, &part.name, part_style(part.state), &part.found));
            lines.extend(details(out, part));
            lines.extend(step(out, part.next_step.as_deref()));
        }
        if let Some(memory) = &state.memory {
            let style = if memory.state == MemorySyncState::Stopped { Style::Bad } else { Style::Good };
            let when = memory.synced_at.map_or_else(String::new, |at| format!(", last the same {}", time(at)));
            lines.push(line(out, "Memory", style, &format!("{}{when}", memory.found)));
            lines.extend(step(out, memory.next_step.as_deref()));
        }
        lines.extend(notes.iter().map(|note| line(out, "Note", Style::Dim, note)));
        if !state.orphans.is_empty() {
            lines.push(format!(
                "{} things in Docker belong to no profile on this computer: growqr stack orphans",
                state.orphans.len()
            ));
        }
        lines.join("\n")
    });
}

fn line(out: &Out, name: &str, style: Style, found: &str) -> String {
    format!("{}  {}", out.style(style, &format!("{name:<9}")), sanitized_line(found))
}

fn step(out: &Out, step: Option<&str>) -> Option<String> {
    step.map(|step| format!("           {}", out.style(Style::Dim, &sanitized_line(step))))
}

fn details(out: &Out, part: &StackPart) -> Option<String> {
    let progress = part.progress.as_ref().filter(|_| part.state == PartState::Downloading);
    let parts = [
        Some(part.image.clone()),
        part.version.as_ref().map(|version| format!("version {version}")),
        part.url.clone(),
        progress.map(StackProgress::words),
        part.memory_bytes.map(|bytes| format!("{} of memory", megabytes(bytes))),
        part.disk_bytes.map(|bytes| format!("{} on the disk", megabytes(bytes))),
        (part.restarts > 0).then(|| format!("started again {} times", part.restarts)),
    ];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    (!text.is_empty()).then(|| format!("           {}", out.style(Style::Dim, &sanitized_line(&text))))
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

fn docker_style(state: DockerState) -> Style {
    match state {
        DockerState::Ready => Style::Good,
        DockerState::Unknown => Style::Dim,
        DockerState::Absent | DockerState::NoAnswer | DockerState::Refused => Style::Bad,
    }
}

fn part_style(state: PartState) -> Style {
    match state {
        PartState::Running => Style::Good,
        PartState::Failed => Style::Bad,
        _ => Style::Dim,
    }
}

async fn logs(profile: Profile, environment: &Environment, out: &Out, part: Part, lines: u32) -> CommandResult {
    let request = Request::StackLog { part: part.word().to_owned(), lines };
    let Reply::StackLog { lines } = send_request(profile, environment, request).await? else { return Err(unexpected()) };
    for line in &lines {
        out.row(line, || sanitized(line));
    }
    if lines.is_empty() && !out.is_json() {
        out.notice("It has written nothing.");
    }
    Ok(true)
}

/// The logs of both containers. False if one of them cannot be read; the other is printed all the same.
async fn all_logs(profile: Profile, environment: &Environment, out: &Out, lines: u32) -> CommandResult {
    let mut is_complete = true;
    for part in [Part::Gitea, Part::Opencode] {
        if !out.is_json() {
            out.notice(&format!("{}:", part.word()));
        }
        if let Err(error) = logs(profile.clone(), environment, out, part, lines).await {
            out.error(error);
            is_complete = false;
        }
    }
    Ok(is_complete)
}

async fn login(profile: Profile, environment: &Environment, out: &Out) -> CommandResult {
    let Reply::GiteaLogin { login } = send_request(profile, environment, Request::GiteaLogin).await? else {
        return Err(unexpected());
    };
    out.row(&login, || format!("address   {}\nuser      {}\npassword  {}", login.url, login.user, login.password));
    if !out.is_json() {
        out.notice("The password is not stored; the next `growqr stack login` replaces it.");
    }
    Ok(true)
}

async fn reset(profile: Profile, environment: &Environment, out: &Out, yes: bool, export: Option<&Path>) -> CommandResult {
    if !yes {
        out.notice(
            "This removes both containers with their data: Gitea's copy of memory with its settings, and the files and sessions of \
             sub-agents in the workbench. Memory itself stays in its folder on this computer. To keep a copy of those files: growqr \
             stack reset --yes --export FILE. To remove everything without one: growqr stack reset --yes",
        );
        return Ok(false);
    }
    if let Some(file) = export {
        // Stopped first: what is written after its copy would be lost.
        let stopped = stop_workbench(profile.clone(), environment, out);
        work_files::export_after(&profile, environment, out, file, stopped).await?;
    }
    let id = profile.id().to_string();
    let state = finish(profile, environment, out, Request::StackReset { profile: id }, |state| print(out, state)).await?;
    Ok(state.parts.iter().all(|part| part.state != PartState::Failed))
}

async fn stop_workbench(profile: Profile, environment: &Environment, out: &Out) -> Result<(), AppError> {
    // The order to stop would withdraw an order to remove everything that still waits for Docker.
    let state = status(profile.clone(), environment).await?;
    if state.docker.state != DockerState::Ready {
        return Err(not_stopped(&state.docker.found, state.docker.next_step));
    }
    let state = finish(profile, environment, out, Request::StackDown, |_| {}).await?;
    let workbench = state.parts.iter().find(|part| part.id == "opencode");
    if state.docker.state == DockerState::Ready
        && workbench.is_some_and(|part| matches!(part.state, PartState::Stopped | PartState::Off))
    {
        return Ok(());
    }
    Err(not_stopped(workbench.map_or(&state.docker.found, |part| &part.found), None))
}

fn not_stopped(found: &str, next_step: Option<String>) -> AppError {
    AppError::Docker {
        message: format!("the workbench could not be stopped, so nothing was copied or removed: {found}"),
        retryable: true,
        next_step: next_step.unwrap_or_else(|| "See what keeps it with: growqr stack status".to_owned()),
    }
}

async fn orphans(profile: Profile, environment: &Environment, out: &Out, remove: bool) -> CommandResult {
    let state = status(profile.clone(), environment).await?;
    if state.docker.state != DockerState::Ready {
        return Err(AppError::Docker {
            message: format!("what is left over in Docker cannot be listed: {}", state.docker.found),
            retryable: true,
            next_step: state.docker.next_step.unwrap_or_default(),
        });
    }
    if state.orphans.is_empty() && !out.is_json() {
        out.notice("Nothing in Docker belongs to a profile of this data folder that is gone.");
    }
    for orphan in &state.orphans {
        out.row(orphan, || format!("{:<9}  {}", orphan.kind, sanitized_line(&orphan.name)));
    }
    if remove && !state.orphans.is_empty() {
        let key = |orphan: &StackOrphan| OrphanKey { kind: orphan.kind.clone(), id: orphan.id.clone() };
        let orphans: Vec<OrphanKey> = state.orphans.iter().map(key).collect();
        let left = finish(profile, environment, out, Request::StackRemoveOrphans { orphans }, |_| {}).await?.orphans;
        if !left.is_empty() && !out.is_json() {
            out.notice("Something else has been found meanwhile. To see it: growqr stack orphans");
        }
        return Ok(left.is_empty());
    }
    if !remove && !state.orphans.is_empty() && !out.is_json() {
        out.notice("To remove them with their data: growqr stack orphans --remove");
    }
    Ok(true)
}
