//! The `growqr stack` commands.

use crate::CommandResult;
use crate::args::{Part, Stack};
use crate::print::{Out, Style, sanitized, sanitized_line, time};
use crate::work_files;
use growqr_app::{AppError, Client, Environment, Profile, send_request};
use growqr_wire::{
    DockerState, MemorySyncState, OrphanKey, PartState, Reply, Request, Stack as State, StackAction, StackOrphan, StackPart,
};
use std::path::Path;
use std::time::Duration;

/// How often the state is read while containers start or stop.
const POLL_INTERVAL: Duration = Duration::from_millis(300);

pub async fn stack(profile: Profile, environment: &Environment, out: &Out, command: Stack) -> CommandResult {
    match command {
        Stack::Up { yes } => up(profile, environment, out, yes).await,
        Stack::Down => {
            let state = finish(profile, environment, out, Request::StackDown).await?;
            print(out, &state);
            Ok(state.parts.iter().all(|part| part.state != PartState::Failed))
        }
        Stack::Status => {
            let state = status(profile, environment).await?;
            print(out, &state);
            Ok(true)
        }
        Stack::Logs { part, lines } => logs(profile, environment, out, part, lines).await,
        Stack::Sync { join } => {
            let state = finish(profile, environment, out, Request::SyncMemory { join }).await?;
            print(out, &state);
            Ok(state.memory.is_some_and(|memory| memory.state == MemorySyncState::Same))
        }
        Stack::Login => login(profile, environment, out).await,
        Stack::Files(command) => work_files::files(profile, environment, out, command).await,
        Stack::Reset { yes, export } => reset(profile, environment, out, yes, export.as_deref()).await,
        Stack::Orphans { remove } => orphans(profile, environment, out, remove).await,
    }
}

async fn up(profile: Profile, environment: &Environment, out: &Out, agreed: bool) -> CommandResult {
    let state = finish(profile, environment, out, Request::StackUp { agreed }).await?;
    print(out, &state);
    if state.next == Some(StackAction::Download) && !out.is_json() {
        out.notice("Nothing was downloaded. To agree and start: growqr stack up --yes");
    }
    Ok(state.parts.iter().all(|part| part.state == PartState::Running))
}

async fn status(profile: Profile, environment: &Environment) -> Result<State, AppError> {
    match send_request(profile, environment, Request::StackStatus).await? {
        Reply::Stack { stack } => Ok(stack),
        _ => Err(unexpected()),
    }
}

/// Sends a request whose work goes on after its answer, and waits for the end of that work. Says on standard error what is being
/// done.
async fn finish(profile: Profile, environment: &Environment, out: &Out, request: Request) -> Result<State, AppError> {
    let (client, _) = Client::open(profile, environment, request.class().needs).await?;
    let done = follow(&client, out, request).await;
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
    let progress = state.parts.iter().filter_map(|part| part.progress.as_ref()).find_map(|progress| {
        let total = progress.total.filter(|total| *total > 0)?;
        Some(progress.done.min(total).saturating_mul(10) / total * 10)
    });
    Some(progress.map_or_else(|| doing.clone(), |percent| format!("{doing}: {percent} %")))
}

fn unexpected() -> AppError {
    AppError::Internal("an unexpected reply".to_owned())
}

fn print(out: &Out, state: &State) {
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
        lines.extend(state.notes.iter().map(|note| line(out, "Note", Style::Dim, note)));
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
    let megabytes = |bytes: u64| format!("{} MB", bytes / 1_000_000);
    let parts = [
        Some(part.image.clone()),
        part.version.as_ref().map(|version| format!("version {version}")),
        part.url.clone(),
        part.memory_bytes.map(|bytes| format!("{} of memory", megabytes(bytes))),
        part.disk_bytes.map(|bytes| format!("{} on the disk", megabytes(bytes))),
        (part.restarts > 0).then(|| format!("started again {} times", part.restarts)),
    ];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    (!text.is_empty()).then(|| format!("           {}", out.style(Style::Dim, &sanitized_line(&text))))
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
    let part = match part {
        Part::Gitea => "gitea",
        Part::Opencode => "opencode",
    };
    let request = Request::StackLog { part: part.to_owned(), lines };
    let Reply::StackLog { lines } = send_request(profile, environment, request).await? else { return Err(unexpected()) };
    for line in &lines {
        out.row(line, || sanitized(line));
    }
    Ok(true)
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
    let state = finish(profile, environment, out, Request::StackReset { profile: id }).await?;
    print(out, &state);
    Ok(state.parts.iter().all(|part| part.state != PartState::Failed))
}

async fn stop_workbench(profile: Profile, environment: &Environment, out: &Out) -> Result<(), AppError> {
    let state = finish(profile, environment, out, Request::StackDown).await?;
    let workbench = state.parts.iter().find(|part| part.id == "opencode");
    if state.docker.state == DockerState::Ready
        && workbench.is_some_and(|part| matches!(part.state, PartState::Stopped | PartState::Off))
    {
        return Ok(());
    }
    let found = workbench.map_or(&state.docker.found, |part| &part.found);
    Err(AppError::Docker {
        message: format!("the workbench could not be stopped, so nothing was copied or removed: {found}"),
        retryable: true,
        next_step: "See what keeps it with: growqr stack status".to_owned(),
    })
}

async fn orphans(profile: Profile, environment: &Environment, out: &Out, remove: bool) -> CommandResult {
    let state = status(profile.clone(), environment).await?;
    if state.docker.state != DockerState::Ready {
        print(out, &state);
        return Ok(false);
    }
    for orphan in &state.orphans {
        out.row(orphan, || format!("{:<9}  {}", orphan.kind, sanitized_line(&orphan.name)));
    }
    if remove && !state.orphans.is_empty() {
        let key = |orphan: &StackOrphan| OrphanKey { kind: orphan.kind.clone(), id: orphan.id.clone() };
        let orphans: Vec<OrphanKey> = state.orphans.iter().map(key).collect();
        let left = finish(profile, environment, out, Request::StackRemoveOrphans { orphans }).await?.orphans;
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
