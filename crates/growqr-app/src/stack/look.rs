//! One look at Docker and at what runs there for a profile. Changes nothing.

use crate::error::AppError;
use crate::profile::location::{Environment, Profile};
use crate::stack::config::docker_environment;
use crate::stack::failures::Failures;
use crate::stack::leftovers::{self, Owner, Sorted};
use crate::stack::other_folders::OtherFolders;
use crate::stack::problem::Problem;
use crate::stack::view::StackView;
use crate::stack::{install, place};
use growqr_core::journal::StackRecords;
use growqr_core::stack::{StackContainer, StackPart, Wanted};
use growqr_stack::{
    ContainerPart, Daemon, Ending, Labelled, Real, RealContainer, Scope, Stack, StackError, Status, VolumePart, usual_size,
};
use growqr_wire::{DockerState, OrphanKey, PartState, StackAction, StackProgress};

/// What labels and names the containers of a profile have.
///
/// # Errors
/// If the label of the data folder can be neither read nor made.
pub(crate) async fn scope(profile: &Profile, folders: &OtherFolders) -> Result<Scope, AppError> {
    Ok(scope_of(profile, install::label(profile.root(), folders).await?))
}

/// Like [`scope`], with this label of the data folder.
pub(crate) fn scope_of(profile: &Profile, label: String) -> Scope {
    Scope::new(label, profile.id().to_string()).in_folder(place::name(profile.root()))
}

/// The containers of a profile on this daemon: none if they belong to another data folder.
///
/// # Errors
/// If Docker does not answer, or the label can be neither read nor made.
pub(crate) async fn stack(daemon: Daemon, profile: &Profile, folders: &OtherFolders) -> Result<Stack, Problem> {
    let mut scope = scope(profile, folders).await?;
    if owner_of_shared(&daemon, profile, scope.install(), folders).await?.is_some() {
        // Nothing has it. The task for the containers takes one for good.
        scope = scope_of(profile, install::random_label());
    }
    Ok(Stack::new(daemon, scope))
}

/// The other data folder that has the containers with this label, if they are not this one's.
///
/// # Errors
/// If Docker does not answer, or the folders cannot be compared.
pub(crate) async fn owner_of_shared(
    daemon: &Daemon,
    profile: &Profile,
    label: &str,
    folders: &OtherFolders,
) -> Result<Option<String>, Problem> {
    let named = daemon.folders(label).await?;
    let own = place::name(profile.root());
    let others = named.iter().filter(|folder| **folder != own).cloned().collect();
    let found = folders.read(profile.root(), label, &others).await;
    Ok(install::owner_of_shared(profile.root(), label, &named, &found)?)
}

/// Finds Docker, reads what runs, and shows it. `None` if Docker cannot be asked; the view says why.
pub(crate) async fn look(
    store: Option<&dyn StackRecords>,
    profile: &Profile,
    environment: &Environment,
    folders: &OtherFolders,
    shown: &StackView,
) -> Option<(Stack, Real)> {
    let known = match store {
        Some(store) => store.containers().await,
        None => Ok(Vec::new()),
    };
    // Nobody knows whose a profile's things are without these rows.
    let shows_orphans = known.is_ok();
    let rows = known.unwrap_or_default();
    let seen = async {
        let stack = stack(Daemon::find(&docker_environment(environment)).await?, profile, folders).await?;
        let real = stack.observe().await?;
        show(&stack, &real, &rows, shown).await?;
        if let (true, Ok(profiles)) = (shows_orphans, profiles_with_containers(profile, &rows)) {
            show_orphans(&find_orphans(&stack, profile, &profiles, folders).await?, shown);
        }
        let is_wanted = |id: &str| rows.iter().any(|row| row.part.as_str() == id && row.wanted == Wanted::Up);
        let is_paused = |id: &str| real.containers.iter().any(|found| found.part == id && found.status == Status::Paused);
        Failures::read(profile).show(shown, |part| is_wanted(&part.id) && !is_paused(&part.id));
        Ok((stack, real))
    };
    let seen: Result<(Stack, Real), Problem> = seen.await;
    let seen = match seen {
        Ok(seen) => Some(seen),
        Err(Problem::Docker(error)) => {
            shown.docker_failed(&error);
            None
        }
        Err(Problem::Other(error)) => {
            shown.stopped_by(error);
            return None;
        }
    };
    show_ordered_removal(shown, &rows);
    set_next(shown, &rows);
    seen
}

/// Shows what runs, as far as one look tells.
async fn show(stack: &Stack, real: &Real, rows: &[StackContainer], shown: &StackView) -> Result<(), StackError> {
    shown.docker_ready(stack.daemon().facts());
    for part in ContainerPart::ALL {
        let wanted = wanted(rows, part);
        let container = real.container(part);
        let running = container.filter(|container| container.status == Status::Running);
        let url = running.and_then(|container| container.port).map(|port| format!("http://127.0.0.1:{port}"));
        shown.change_part(part, |shown| shown.url = url);
        match (container.map(|container| container.status), wanted) {
            (Some(Status::Running), _) => shown.set_part(part, PartState::Running, "running"),
            (Some(Status::Paused), _) => shown.set_part(part, PartState::Stopped, "paused in Docker"),
            (_, None) => shown.set_part(part, PartState::Off, "not started"),
            (_, Some(Wanted::Removed)) => shown.set_part(part, PartState::Stopped, "stopped"),
            (_, Some(Wanted::Down)) => show_down(part, real, shown),
            (Some(_), Some(Wanted::Up)) => {
                if let Some(container) = container {
                    show_ended(stack, part, container, shown).await?;
                }
            }
            (None, Some(Wanted::Up)) => {
                let image = shown.get().parts.iter().find(|shown| shown.id == part.word()).map(|part| part.image.clone());
                let image = image.unwrap_or_default();
                if stack.daemon().image(&image).await?.is_some() {
                    shown.set_part(part, PartState::Stopped, "not created yet");
                    shown.change_part(part, |shown| shown.next_step = Some(START.to_owned()));
                } else {
                    needs_download(part, &image, shown);
                }
            }
        }
    }
    Ok(())
}

/// What to do about a part that is stopped.
const START: &str = "Start it with: growqr stack up";

/// Shows a part that the person has stopped, and whether there is data of it.
pub(crate) fn show_down(part: ContainerPart, real: &Real, shown: &StackView) {
    let is_own = |word: &str| VolumePart::ALL.iter().any(|volume| volume.part() == part && volume.word() == word);
    if real.container(part).is_some() || real.volumes.iter().any(|volume| is_own(&volume.part)) {
        shown.set_part(part, PartState::Stopped, "stopped; its data is kept");
    } else {
        shown.set_part(part, PartState::Off, "not started");
    }
}

/// Shows why a container does not run that should.
async fn show_ended(stack: &Stack, part: ContainerPart, container: &RealContainer, shown: &StackView) -> Result<(), StackError> {
    match stack.daemon().explain(container, false).await? {
        Some(death) if !matches!(death.ending, Ending::Stopped | Ending::Killed) => {
            let last = death.last_lines.last().map(|line| format!(". The last line of its log: {}", line.text));
            shown.set_part(part, PartState::Failed, format!("{death}{}", last.unwrap_or_default()));
            let step = format!("Read its log: growqr stack logs {}. Then start it with: growqr stack up", part.word());
            shown.change_part(part, |shown| shown.next_step = Some(step));
        }
        _ => {
            shown.set_part(part, PartState::Stopped, "stopped");
            shown.change_part(part, |shown| shown.next_step = Some(START.to_owned()));
        }
    }
    Ok(())
}

/// The profiles of this data folder whose containers are no leftovers. If the folder of this one is new and nobody has asked it for
/// containers, those that carry its name were made by one that has been removed. A database without rows says nothing by itself:
/// it may be another one than before.
///
/// # Errors
/// If the folder of the profiles cannot be read.
pub(crate) fn profiles_with_containers(profile: &Profile, rows: &[StackContainer]) -> Result<Vec<String>, AppError> {
    let mut profiles = profile.all_ids()?;
    if rows.is_empty() && !profile.may_have_containers() {
        let own = profile.id().to_string();
        profiles.retain(|id| *id != own);
    }
    Ok(profiles)
}

/// Says that an image is missing, and how large it is.
pub(crate) fn needs_download(part: ContainerPart, image: &str, shown: &StackView) {
    let size = usual_size(image)
        .map_or_else(|| "its size is not known before".to_owned(), |bytes| format!("about {} MB on the disk", bytes / 1_000_000));
    shown.set_part(part, PartState::NeedsDownload, format!("the image {image} must be downloaded once ({size})"));
    let progress = usual_size(image).map(|total| StackProgress { done: 0, total: Some(total), layers: Vec::new() });
    shown.change_part(part, |shown| shown.progress = progress);
}

/// Whether a part should run; `None` if the person has never asked for it.
pub(crate) fn wanted(rows: &[StackContainer], part: ContainerPart) -> Option<Wanted> {
    rows.iter().find(|row| row.part == store_part(part)).map(|row| row.wanted)
}

/// The part as the store names it.
pub(crate) fn store_part(part: ContainerPart) -> StackPart {
    match part {
        ContainerPart::Gitea => StackPart::Gitea,
        ContainerPart::OpenCode => StackPart::OpenCode,
    }
}

/// What is in Docker besides the things of these profiles.
pub(crate) struct FoundOrphans {
    things: Vec<Labelled>,
    sorted: Sorted,
}

impl FoundOrphans {
    /// The leftovers among those that the person has agreed to remove.
    pub(crate) fn agreed(&self, agreed: &[OrphanKey]) -> Vec<Labelled> {
        let is_left_over = |key: &OrphanKey| self.sorted.left_over.iter().any(|left| left.kind == key.kind && left.id == key.id);
        let keys: Vec<&OrphanKey> = agreed.iter().filter(|key| is_left_over(key)).collect();
        let is_agreed = |thing: &&Labelled| keys.iter().any(|key| key.kind == thing.kind.word() && key.id == thing.id);
        self.things.iter().filter(is_agreed).cloned().collect()
    }
}

/// Finds what belongs to no profile on this computer, and what belongs to another data folder.
///
/// # Errors
/// [`StackError`].
pub(crate) async fn find_orphans(
    stack: &Stack,
    profile: &Profile,
    profiles: &[String],
    folders: &OtherFolders,
) -> Result<FoundOrphans, StackError> {
    let things = stack.daemon().labelled().await?;
    let label = stack.scope().install();
    let found = folders.read(profile.root(), label, &leftovers::other_names(&things, label)).await;
    let folder = &place::name(profile.root());
    let sorted = leftovers::sort(&things, &Owner { label, folder, profiles }, &found);
    Ok(FoundOrphans { things, sorted })
}

/// Shows them.
pub(crate) fn show_orphans(found: &FoundOrphans, shown: &StackView) {
    let Sorted { left_over, of_others } = found.sorted.clone();
    shown.change(|stack| (stack.orphans, stack.others) = (left_over, of_others));
}

/// Whether the person has ordered that everything is removed, and that is not done yet.
pub(crate) fn is_removal_ordered(rows: &[StackContainer]) -> bool {
    rows.iter().any(|row| row.wanted == Wanted::Removed)
}

/// Shows that a removal is still to be done.
pub(crate) fn show_ordered_removal(shown: &StackView, rows: &[StackContainer]) {
    let (when, step) = match shown.get().docker.state {
        DockerState::Ready => (
            "when GrowQR runs next",
            "To remove it now: growqr stack reset --yes. To keep it: growqr stack up, or growqr stack down",
        ),
        _ => ("as soon as Docker can be asked", "To keep it: growqr stack up, or growqr stack down"),
    };
    for part in ContainerPart::ALL.into_iter().filter(|part| wanted(rows, *part) == Some(Wanted::Removed)) {
        shown.change_part(part, |shown| {
            if shown.state != PartState::Failed {
                shown.found = format!("it will be removed with its data {when}");
                shown.next_step = Some(step.to_owned());
            }
        });
    }
}

/// Names the next sensible step.
pub(crate) fn set_next(shown: &StackView, rows: &[StackContainer]) {
    shown.change(|stack| {
        let any = |state| stack.parts.iter().any(|part| part.state == state);
        let is_down = rows.iter().all(|row| row.wanted != Wanted::Up);
        stack.next = match stack.docker.state {
            DockerState::Ready if any(PartState::NeedsDownload) => Some(StackAction::Download),
            DockerState::Ready if any(PartState::Failed) => Some(StackAction::Retry),
            DockerState::Ready if is_down => Some(StackAction::Start),
            DockerState::Ready | DockerState::Unknown => None,
            DockerState::Absent | DockerState::NoAnswer | DockerState::Refused => Some(StackAction::FindDocker),
        };
    });
}

impl StackView {
    /// The containers cannot be worked on, for a reason that is not Docker's.
    pub(crate) fn stopped_by(&self, error: AppError) {
        let error = growqr_wire::Error::from(error);
        self.change(|stack| {
            stack.busy = None;
            for part in &mut stack.parts {
                part.state = PartState::Failed;
                part.found.clone_from(&error.message);
                part.next_step.clone_from(&error.next_step);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::clock::Timestamp;

    #[test]
    fn what_a_removed_profile_has_left_is_a_leftover_until_its_successor_starts_containers() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::find(Some(folder.path()), &Environment::default()).unwrap();
        assert_eq!(profiles_with_containers(&profile, &[]).unwrap(), [] as [String; 0]);
        // A command that only looks, or removes the leftovers, makes the folder of the profile.
        profile.create().unwrap();
        assert_eq!(profiles_with_containers(&profile, &[]).unwrap(), [] as [String; 0]);
        let part = StackPart::Gitea;
        let row = StackContainer { part, wanted: Wanted::Up, image: String::new(), container: None, changed_at: Timestamp(0) };
        assert!(profiles_with_containers(&profile, &[row]).unwrap().contains(&"local".to_owned()));
    }

    #[test]
    fn what_a_profile_has_made_is_no_leftover_when_its_database_is_another_one() {
        let is_own = |profile: &Profile| profiles_with_containers(profile, &[]).unwrap().contains(&"local".to_owned());
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::find(Some(folder.path()), &Environment::default()).unwrap();
        profile.create().unwrap();
        profile.note_containers().unwrap();
        assert!(is_own(&profile));
        profile.create().unwrap();
        assert!(is_own(&profile), "it is not new any more");
        // A folder of an earlier version.
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::find(Some(folder.path()), &Environment::default()).unwrap();
        std::fs::create_dir_all(profile.folder()).unwrap();
        profile.create().unwrap();
        assert!(is_own(&profile));
    }

    #[test]
    fn data_is_said_to_be_kept_only_if_there_is_some() {
        let view = StackView::new("a", "b");
        let volume = growqr_stack::RealVolume { part: "gitea-data".to_owned(), ..growqr_stack::RealVolume::default() };
        let real = Real { volumes: vec![volume], ..Real::default() };
        for part in ContainerPart::ALL {
            show_down(part, &real, &view);
        }
        let shown: Vec<String> = view.get().parts.into_iter().map(|part| part.found).collect();
        assert_eq!(shown, ["stopped; its data is kept", "not started"]);
    }

    #[test]
    fn what_stops_the_containers_is_shown_with_its_next_step() {
        let view = StackView::new("a", "b");
        view.stopped_by(AppError::Config { place: "USER_PORT_RANGE_START".to_owned(), problem: "no number".to_owned() });
        for part in view.get().parts {
            assert_eq!(part.state, PartState::Failed);
            assert!(part.next_step.is_some_and(|step| step.contains("USER_PORT_RANGE_START")), "{}", part.found);
        }
    }
}
