//! The `growqr stack` commands.

use crate::CommandResult;
use crate::args::{Part, Stack};
use crate::orphans::{self, Chosen};
use crate::print::{Out, Style, sanitized, sanitized_line, time};
use crate::stack_work::{finish, follow, status, with_host};
use crate::work_files;
use growqr_app::{AppError, Client, Environment, Profile, send_request};
use growqr_wire::{DockerState, MemorySyncState, PartState, Reply, Request, Stack as State, StackPart, StackProgress};
use std::path::Path;

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
        Stack::Orphans { remove, folder, yes } => {
            let chosen = remove.then(|| folder.map_or(Chosen::Own, Chosen::Of));
            orphans::orphans(profile, environment, out, chosen, yes).await
        }
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
    for text in &lines {
        out.row(&LogRow { part: part.word(), text }, || sanitized(text));
    }
    if lines.is_empty() && !out.is_json() {
        out.notice("It has written nothing.");
    }
    Ok(true)
}

/// One line of a container's log, as `--json` prints it.
#[derive(serde::Serialize)]
struct LogRow<'a> {
    part: &'static str,
    text: &'a str,
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
    if export.is_some() {
        // The order to stop would withdraw an order to remove everything that still waits for Docker.
        let state = status(profile.clone(), environment).await?;
        if state.docker.state != DockerState::Ready {
            return Err(not_stopped(&state.docker.found, state.docker.next_step));
        }
    }
    let request = Request::StackReset { profile: profile.id().to_string() };
    let needs = request.class().needs;
    let state = with_host(profile.clone(), environment, out, needs, async |client: &Client| {
        if let Some(file) = export {
            // Stopped first: what is written after its copy would be lost.
            work_files::export_after(&profile, environment, out, file, stop_workbench(client, out)).await?;
        }
        let state = follow(client, out, request).await?;
        print(out, &state);
        Ok(state)
    });
    Ok(state.await?.parts.iter().all(|part| part.state != PartState::Failed))
}

async fn stop_workbench(client: &Client, out: &Out) -> Result<(), AppError> {
    let state = follow(client, out, Request::StackDown).await?;
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
