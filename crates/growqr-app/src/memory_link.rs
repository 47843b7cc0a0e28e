//! Recognises whether the conversation in the database and the memory in the profile's folder belong together: a database or a
//! folder may have been exchanged, copied or restored while GrowQR did not run.
//!
//! Both sides keep a note: the database a [`MemoryLink`], the repository a [`Mark`]. What differs is said to the person. Where
//! going on could make two memories of one conversation, memory is not changed until the person decides.

mod compare;

use crate::error::AppError;
use crate::host::host_events::HostEvents;
use crate::library::Library;
use crate::profile::folders::normalized;
use crate::profile::location::Profile;
use compare::{Sides, Verdict};
use futures_util::FutureExt;
use growqr_core::clock::Timestamp;
use growqr_core::id::{ConversationName, MemoryName};
use growqr_core::journal::Store;
use growqr_core::memory_link::MemoryLink;
use growqr_memory::{Mark, MemoryRepo, MemoryUser};
use growqr_store::DbConfig;
use growqr_wire as wire;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long after an event its number is noted.
const NOTE_DELAY: Duration = Duration::from_millis(500);

/// How the person confirms a notice, or decides for this folder.
const CONFIRM: &str = "growqr memory confirm";

/// What both sides say about each other. Reads only.
async fn sides(profile: &Profile, store: &dyn Store) -> Result<Sides, AppError> {
    let link = store.memory_link().await?;
    let folder = profile.folder();
    let folder = normalized(&folder.canonicalize().unwrap_or(folder)).to_string_lossy().into_owned();
    // The same folder may have several names that no link explains, as by a bind mount: the one that is noted counts.
    let noted = link.as_ref().map(|link| &link.folder).filter(|noted| is_same_folder(Path::new(noted), Path::new(&folder)));
    let folder = noted.cloned().unwrap_or(folder);
    let other_mark =
        link.as_ref().filter(|link| link.folder != folder).and_then(|link| Mark::read(&Path::new(&link.folder).join("memory")));
    let has_repository = has_repository(profile);
    Ok(Sides {
        events: store.position().await?.0,
        is_shared: matches!(profile.database(), DbConfig::Postgres { .. }),
        database: profile.database_location().to_owned(),
        mark: Mark::read(&profile.memory()),
        has_repository,
        has_pages: !has_repository && growqr_memory::has_pages(&profile.memory()),
        link,
        folder,
        other_mark,
    })
}

/// Whether both paths lead to one folder: on Unix it has the same device and inode, on Windows the same volume and file index.
fn is_same_folder(one: &Path, other: &Path) -> bool {
    one == other || same_file::is_same_file(one, other).unwrap_or(false)
}

/// Whether the profile's folder has a memory repository, valid or not.
pub(crate) fn has_repository(profile: &Profile) -> bool {
    profile.memory().join(".git").symlink_metadata().is_ok()
}

/// Compares both sides when a profile is opened for writing, tells the person what differs, and notes on both sides that they
/// belong together now. If the person must decide first, the memory is withheld. A memory that does not exist yet is created.
///
/// # Errors
/// If the database cannot be read.
pub(crate) async fn settle(
    profile: &Profile,
    store: &dyn Store,
    memory: &Arc<MemoryRepo>,
    at: Timestamp,
) -> Result<(), AppError> {
    let sides = sides(profile, store).await?;
    let verdict = sides.compare();
    match &verdict {
        Verdict::Fits | Verdict::Note => {}
        Verdict::Tell(notice) | Verdict::Copy(notice) => tracing::warn!("{notice}"),
        Verdict::Withhold(notice) => {
            tracing::warn!("{notice} {}", decision(&sides));
            memory.withhold(Some(format!("{notice} {}", decision(&sides))));
            // So that its pages can be listed and watched.
            let folder = profile.memory();
            return std::fs::create_dir_all(&folder).map_err(|source| AppError::file("create", &folder, source));
        }
    }
    if !sides.has_repository {
        open_now(memory).await?;
    }
    if !matches!(verdict, Verdict::Fits)
        && let Err(error) = note(profile, store, sides, verdict, at).await
    {
        // The next start compares again.
        tracing::warn!(%error, "which conversation uses this memory could not be noted");
    }
    Ok(())
}

/// Opens the repository, creating it if necessary. A failure is only logged: each use of the memory tries again.
async fn open_now(memory: &Arc<MemoryRepo>) -> Result<(), AppError> {
    let memory = Arc::clone(memory);
    let problem = tokio::task::spawn_blocking(move || memory.problem()).await;
    if let Some(error) = problem.map_err(|error| AppError::Internal(error.to_string()))? {
        tracing::warn!(%error, "memory cannot be changed now");
    }
    Ok(())
}

/// The choices of the person while memory is withheld.
fn decision(sides: &Sides) -> String {
    let folder = sides.link.as_ref().map_or("", |link| link.folder.as_str());
    format!(
        "To use the pages of this folder ({}) from now on: {CONFIRM}. Or use GrowQR with the other folder ({folder}).",
        sides.folder
    )
}

/// Writes both sides. A new name of the memory is written to the memory first, so that the database never names a memory
/// that does not exist.
async fn note(profile: &Profile, store: &dyn Store, sides: Sides, verdict: Verdict, at: Timestamp) -> Result<(), AppError> {
    let (is_copy, notice) = match verdict {
        Verdict::Fits | Verdict::Note => (false, sides.link.as_ref().and_then(|link| link.notice.clone())),
        Verdict::Tell(notice) => (false, Some(notice)),
        Verdict::Copy(notice) => (true, Some(notice)),
        // The person has decided for this folder. If the other folder has the same memory, they are two from now on.
        Verdict::Withhold(_) => (false, None),
    };
    let is_elsewhere = sides.other_mark.as_ref().zip(sides.mark.as_ref()).is_some_and(|(one, other)| one.memory == other.memory);
    let known = sides.mark.filter(|_| !is_copy && !is_elsewhere);
    let mark = match known {
        Some(mark) => mark,
        None => {
            let mark = Mark { memory: MemoryName::random(rand::random()), user: None };
            mark.write(&profile.memory())?;
            mark
        }
    };
    let old = sides.link;
    let conversation = old.as_ref().filter(|_| !is_copy).map(|link| link.conversation.clone());
    let conversation = conversation.unwrap_or_else(|| ConversationName::random(rand::random()));
    let changed_at = old.as_ref().map_or(at, |link| link.changed_at);
    let (memory, folder) = (mark.memory.clone(), sides.folder);
    let link = MemoryLink { conversation: conversation.clone(), memory, folder, notice, changed_at };
    if old.as_ref() != Some(&link) {
        store.save_memory_link(&MemoryLink { changed_at: at, ..link }).await?;
    }
    let user = Some(MemoryUser { conversation, database: sides.database, events: sides.events });
    Ok(Mark { user, ..mark }.write(&profile.memory())?)
}

/// Notes in the memory how many events the conversation has, so that an older database is recognised later.
pub(crate) async fn note_events(profile: &Profile, store: &dyn Store) -> Result<(), AppError> {
    let sides = sides(profile, store).await?;
    match (sides.compare(), sides.mark) {
        (Verdict::Note, Some(Mark { memory, user: Some(user) })) => {
            let user = Some(MemoryUser { events: sides.events, ..user });
            Ok(Mark { memory, user }.write(&profile.memory())?)
        }
        _ => Ok(()),
    }
}

/// Notes the number of events while agents work, so that a kill leaves a note that is at most this old: see [`NOTE_DELAY`]. Only
/// durable events are counted, so the note is never ahead of the database. Ends with the host.
pub(crate) async fn keep_noting(profile: Profile, store: Arc<dyn Store>, mut events: HostEvents) {
    while events.next().await.is_some() {
        tokio::time::sleep(NOTE_DELAY).await;
        // What has happened meanwhile is noted with it.
        while events.next().now_or_never().flatten().is_some() {}
        if let Err(error) = note_events(&profile, &*store).await {
            tracing::debug!(%error, "the number of events could not be noted in memory");
        }
    }
}

/// The person has read the notice, or decides that the conversation uses the memory in this folder.
///
/// # Errors
/// If the memory cannot be opened or the note cannot be written.
pub(crate) async fn confirm(
    profile: &Profile,
    store: &dyn Store,
    memory: &Arc<MemoryRepo>,
    at: Timestamp,
) -> Result<wire::Reply, AppError> {
    let sides = sides(profile, store).await?;
    match (sides.compare(), &sides.link) {
        (Verdict::Withhold(notice), _) => {
            memory.withhold(None);
            open_now(memory).await?;
            note(profile, store, sides, Verdict::Withhold(notice), at).await?;
        }
        (_, Some(link)) if link.notice.is_some() => {
            store.save_memory_link(&MemoryLink { notice: None, changed_at: at, ..link.clone() }).await?;
        }
        _ => {}
    }
    Ok(wire::Reply::Done)
}

impl Library {
    /// What the person must know about the memory that the conversation uses, until they confirm it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn memory_notice(&self) -> Result<Option<wire::MemoryNotice>, AppError> {
        Ok(self.memory_link().await?.and_then(|(sides, verdict)| notice(&sides, verdict)))
    }

    /// Both sides, and what they mean. `None` without a database.
    async fn memory_link(&self) -> Result<Option<(Sides, Verdict)>, AppError> {
        let Some(store) = &self.store else { return Ok(None) };
        let sides = sides(&self.profile, &**store).await?;
        let verdict = sides.compare();
        Ok(Some((sides, verdict)))
    }

    /// Which conversation and which memory are used, in words; and the notice, if there is one.
    pub(crate) async fn memory_link_in_words(&self) -> Result<Option<(String, Option<wire::MemoryNotice>)>, AppError> {
        let Some((sides, verdict)) = self.memory_link().await? else { return Ok(None) };
        let short = |name: &str| name.get(..8).unwrap_or(name).to_owned();
        let conversation = sides.link.as_ref().map(|link| short(link.conversation.as_str()));
        let memory = sides.mark.as_ref().map(|mark| short(mark.memory.as_str()));
        let text = format!(
            "conversation {} in {}; memory {} in {}",
            conversation.as_deref().unwrap_or("(not named yet)"),
            sides.database,
            memory.as_deref().unwrap_or("(not named yet)"),
            self.profile.memory().display()
        );
        Ok(Some((text, notice(&sides, verdict))))
    }
}

fn notice(sides: &Sides, verdict: Verdict) -> Option<wire::MemoryNotice> {
    let seen = || format!("When you have read this: {CONFIRM}");
    match verdict {
        Verdict::Withhold(text) => Some(wire::MemoryNotice { text, next_step: decision(sides), needs_decision: true }),
        Verdict::Tell(text) | Verdict::Copy(text) => Some(wire::MemoryNotice { text, next_step: seen(), needs_decision: false }),
        Verdict::Fits | Verdict::Note => {
            let text = sides.link.as_ref()?.notice.clone()?;
            Some(wire::MemoryNotice { text, next_step: seen(), needs_decision: false })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_the_same_under_every_name_and_a_copy_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (one, copy) = (folder.path().join("one"), folder.path().join("copy"));
        std::fs::create_dir(&one).unwrap();
        std::fs::create_dir(&copy).unwrap();
        assert!(is_same_folder(&one, &one.join("../one")));
        assert!(!is_same_folder(&one, &copy) && !is_same_folder(&one, &folder.path().join("gone")));
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&one, &link).unwrap();
            assert!(is_same_folder(&one, &link));
        }
    }
}
