//! Skills: lists and shows them, and changes which of them agents may read.

pub(crate) mod choice;
#[cfg(test)]
mod tests;

use crate::blocking::blocking;
use crate::error::AppError;
use crate::library::Library;
use crate::profile::folders::canonical;
use crate::profile::location::Profile;
use crate::profile::settings::{self, Preferences, StoredSettings};
use choice::{ACCEPTED, FOLDERS, MAX_FOLDERS, OFF, written_accepted, written_folders, written_off};
use growqr_core::clock::Timestamp;
use growqr_core::journal::Store;
use growqr_core::memory::Memory;
use growqr_memory::MemoryRepo;
use growqr_tools::skills::{AgentsChanges, FoundSkill, FoundSkills, SkillChoice, SkillPlace, SkillSet, SkillsOff};
use growqr_wire as wire;
use growqr_wire::{Reply, SkillChange};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SEE_ALL: &str = "See all skills: growqr skills list";

/// The skills of this memory, if there is one.
pub(crate) fn of(memory: Option<Arc<MemoryRepo>>, profile: &Profile) -> SkillSet {
    SkillSet::new(memory.map(|memory| memory as Arc<dyn Memory>), profile.memory())
}

/// The skills of a profile whose host does not run.
///
/// # Errors
/// If the store cannot be read.
pub(crate) async fn without_host(library: &Library) -> Result<Arc<SkillSet>, AppError> {
    let skills = of(library.memory.get().cloned(), &library.profile);
    if let Some(store) = &library.store {
        skills.choose(Preferences::parse_lenient(&settings::stored(&**store).await?).skills);
    }
    Ok(Arc::new(skills))
}

/// All skills.
///
/// # Errors
/// Only if the program has a mistake: a folder that cannot be read is in the list.
pub(crate) async fn list(skills: &Arc<SkillSet>) -> Result<Reply, AppError> {
    let set = Arc::clone(skills);
    let found = blocking(move || Ok::<_, AppError>(set.find())).await?;
    let unusable = found.unusable.iter();
    let unusable = unusable.map(|skill| wire::UnusableSkill { place: skill.place.to_string(), reason: skill.reason.clone() });
    let folders = skills.choice().folders.iter().map(|folder| folder.display().to_string()).collect();
    Ok(Reply::Skills {
        skills: wire::SkillList {
            skills: found.usable.iter().map(row).collect(),
            unusable: unusable.collect(),
            folders,
            not_looked_at: u32::try_from(found.not_looked_at).unwrap_or(u32::MAX),
        },
    })
}

/// One skill with its text.
///
/// # Errors
/// [`AppError::Missing`] if there is none of this name, or if its file cannot be read.
pub(crate) async fn show(skills: &Arc<SkillSet>, name: String) -> Result<Reply, AppError> {
    let skills = Arc::clone(skills);
    blocking(move || {
        let found = skills.find();
        let skill = found.usable.iter().find(|skill| skill.name == name).ok_or_else(|| missing(&name, &found))?;
        let unreadable = |error: growqr_tools::skills::SkillError| AppError::bad_request(error.to_string(), SEE_ALL);
        let text = skills.read(skill, SkillSet::SKILL_FILE).map_err(unreadable)?;
        Ok::<_, AppError>(Reply::Skill { skill: wire::SkillText { skill: row(skill), text, files: skills.files(skill) } })
    })
    .await
}

/// A change with what the disk says about it.
pub(crate) enum CheckedChange {
    /// Switches a skill; `all` are the names of all that can be used.
    Switch {
        name: String,
        is_on: bool,
        all: BTreeSet<String>,
        /// What agents have changed in it: who turns it on accepts that.
        agents_changes: BTreeSet<String>,
    },
    AddFolder(PathBuf),
    /// Each is a spelling of the folder.
    RemoveFolder([PathBuf; 2]),
}

/// Checks a change against what is on the disk, which may take long.
///
/// # Errors
/// [`AppError`] that says what to do instead.
pub(crate) async fn check(skills: &Arc<SkillSet>, change: SkillChange) -> Result<CheckedChange, AppError> {
    let skills = Arc::clone(skills);
    blocking(move || match change {
        SkillChange::Switch { name, is_on, seen } => {
            let found = skills.find();
            let all: BTreeSet<String> = found.usable.iter().map(|skill| skill.name.clone()).collect();
            let skill = found.usable.iter().find(|skill| skill.name == name).ok_or_else(|| missing(&name, &found))?;
            let agents_changes = accepted(skill, is_on, seen.as_deref())?;
            Ok(CheckedChange::Switch { name, is_on, all, agents_changes })
        }
        SkillChange::AddFolder { path } => checked_folder(&path).map(CheckedChange::AddFolder),
        SkillChange::RemoveFolder { path } => Ok(CheckedChange::RemoveFolder([canonical(Path::new(&path)), PathBuf::from(path)])),
    })
    .await
}

/// What the person accepts by switching a skill. `seen`: the mark of what they have seen, which one that an agent has written needs.
fn accepted(skill: &FoundSkill, is_on: bool, seen: Option<&str>) -> Result<BTreeSet<String>, AppError> {
    let read_it = format!("Read it first: growqr skills show {}", skill.name);
    match &skill.agents_changes {
        _ if !is_on => Ok(BTreeSet::new()),
        AgentsChanges::Unknown => {
            let problem = format!("who has written the skill {} cannot be found out now", skill.name);
            Err(AppError::bad_request(problem, "See what is wrong with memory: growqr doctor"))
        }
        changes if seen.is_some_and(|seen| seen != changes.mark()) => {
            Err(AppError::bad_request(format!("an agent has changed the skill {} meanwhile", skill.name), read_it))
        }
        AgentsChanges::Known(_) if skill.is_new && seen.is_none() => {
            Err(AppError::bad_request(format!("an agent has written or changed the skill {}", skill.name), read_it))
        }
        AgentsChanges::Known(changes) => Ok(changes.clone()),
    }
}

/// The settings that a change sets, and their new values; none if nothing changes.
///
/// # Errors
/// [`AppError`] that says what to do instead.
pub(crate) fn changed(stored: &StoredSettings, change: CheckedChange) -> Result<Vec<(&'static str, Option<String>)>, AppError> {
    let SkillChoice { mut folders, off, mut accepted } = Preferences::parse_lenient(stored).skills;
    match change {
        CheckedChange::Switch { name, is_on, all, agents_changes } => {
            if is_on {
                accepted.insert(name.clone(), agents_changes);
            }
            accepted.retain(|other, changes| all.contains(other) && !changes.is_empty());
            let off = switched(off, name, is_on, all);
            Ok(vec![(ACCEPTED, written_accepted(&accepted)), (OFF, written_off(&off))])
        }
        CheckedChange::AddFolder(folder) if folders.contains(&folder) => Ok(Vec::new()),
        CheckedChange::AddFolder(_) if folders.len() >= MAX_FOLDERS => {
            let step = "Remove one that you no longer need: growqr skills remove FOLDER";
            Err(AppError::bad_request(format!("there are {MAX_FOLDERS} folders with skills already"), step))
        }
        CheckedChange::AddFolder(folder) => {
            folders.push(folder);
            Ok(vec![(FOLDERS, written_folders(&folders))])
        }
        CheckedChange::RemoveFolder(spellings) => {
            let before = folders.len();
            folders.retain(|folder| !spellings.contains(folder));
            if folders.len() == before {
                let what = format!("folder with skills {:?}", spellings[1].display().to_string());
                return Err(AppError::Missing { what, next_step: SEE_ALL.to_owned() });
            }
            Ok(vec![(FOLDERS, written_folders(&folders))])
        }
    }
}

/// The skills that are off after one was switched.
fn switched(off: SkillsOff, name: String, is_on: bool, all: BTreeSet<String>) -> SkillsOff {
    let mut names = match off {
        SkillsOff::Names(names) => names,
        SkillsOff::All if !is_on => return SkillsOff::All,
        SkillsOff::All => all,
    };
    if is_on {
        names.remove(&name);
    } else {
        names.insert(name);
    }
    SkillsOff::Names(names)
}

/// A folder that has skills, as the disk spells it.
fn checked_folder(path: &str) -> Result<PathBuf, AppError> {
    const EXAMPLE: &str = "Give a folder with a SKILL.md, or one with such folders in it: growqr skills add ~/skills";
    let folder = canonical(Path::new(path));
    if !folder.is_absolute() || folder.parent().is_none() || folder.to_str().is_none() {
        return Err(AppError::bad_request(format!("{path} is not the absolute path of one folder"), EXAMPLE));
    }
    let there = SkillSet::new(None, PathBuf::new());
    there.choose(SkillChoice { folders: vec![folder.clone()], ..SkillChoice::default() });
    let found = there.find();
    match found.unusable.first().filter(|_| found.usable.is_empty()) {
        Some(unusable) => Err(AppError::bad_request(format!("{}: {}", unusable.place, unusable.reason), EXAMPLE)),
        None => Ok(folder),
    }
}

fn missing(name: &str, found: &FoundSkills) -> AppError {
    let name = name.chars().take(100).collect::<String>();
    let also = if found.not_looked_at > 0 { ", and there are too many to look at all" } else { "" };
    AppError::Missing { what: format!("skill {name:?} that can be used{also}"), next_step: SEE_ALL.to_owned() }
}

fn row(skill: &FoundSkill) -> wire::Skill {
    wire::Skill {
        name: skill.name.clone(),
        description: skill.description.clone(),
        place: skill.place.to_string(),
        page: matches!(skill.place, SkillPlace::Memory(_)).then(|| skill.path()),
        is_on: skill.is_on,
        new_by_agent: skill.is_new.then(|| skill.agents_changes.mark()),
    }
}

/// The names of the skills in a memory that is restored; `None` if there are too many to look at all. Blocks.
pub(crate) fn names_in(memory: &Path) -> Option<Vec<String>> {
    let repository = MemoryRepo::open_read_only(memory).map(|memory| Arc::new(memory) as Arc<dyn Memory>);
    let found = SkillSet::new(repository, memory.to_owned()).find();
    (found.not_looked_at == 0).then(|| found.usable.into_iter().map(|skill| skill.name).collect())
}

/// Turns off these skills of a restored memory, or all: whoever made the backup has written them. What the person has accepted there
/// is not accepted here. Returns those that were on.
///
/// # Errors
/// If the store cannot be read or written.
pub(crate) async fn turn_off(store: &dyn Store, names: Option<&[String]>, at: Timestamp) -> Result<Vec<String>, AppError> {
    store.set(ACCEPTED, None, at).await?;
    let SkillsOff::Names(off) = Preferences::parse_lenient(&settings::stored(store).await?).skills.off else {
        return Ok(Vec::new());
    };
    let were_on: Option<Vec<String>> = names.map(|names| names.iter().filter(|name| !off.contains(*name)).cloned().collect());
    let after = match &were_on {
        Some(were_on) if were_on.is_empty() => return Ok(Vec::new()),
        Some(were_on) => SkillsOff::Names(off.into_iter().chain(were_on.iter().cloned()).collect()),
        None => SkillsOff::All,
    };
    store.set(OFF, written_off(&after).as_deref(), at).await?;
    Ok(were_on.unwrap_or_else(|| vec!["of every name: there are too many to look at".to_owned()]))
}
