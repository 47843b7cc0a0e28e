//! Skills: folders with a `SKILL.md`, in `skills/` of memory or in folders that the person has chosen.
//!
//! Everything is read anew at each call, so that an edit by hand counts at once. A folder of the person is only read: links are not
//! followed, so nothing outside of it can be. What it is not: it decides no call (rules do) and runs no script.

mod by_agents;
mod executor;
mod folder;
mod path;
#[cfg(test)]
mod tests;

pub use by_agents::AgentsChanges;
pub use executor::SkillTools;

use crate::closed_names::holds_private_key;
use by_agents::AgentsPages;
use folder::{FolderError, ReadOnlyFolder};
use growqr_core::memory::{Memory, MemoryError};
use growqr_core::skill::{FRONT_MATTER_BYTES, OfferedSkill, Skills, read_front_matter};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// The file that makes a folder a skill.
const SKILL_FILE: &str = "SKILL.md";

/// The folder of skills in memory.
const IN_MEMORY: &str = "skills/";

/// The most bytes of a file of a skill.
pub const MAX_FILE_BYTES: u64 = 256 << 10;

/// The most skills that are looked at.
const MAX_SKILLS: usize = 500;

/// The most files of a skill that are named.
const MAX_FILES: usize = 200;

/// The skills of a profile, with what the person has chosen about them.
pub struct SkillSet {
    memory: Option<Arc<dyn Memory>>,
    /// The folder of that memory: without skills in it, its pages are not listed.
    memory_folder: PathBuf,
    choice: RwLock<SkillChoice>,
}

/// What the person has chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkillChoice {
    /// Folders that are a skill, or that have skills in them. Of two skills with one name the first counts, and memory comes last: no
    /// agent can put a skill of its own in the place of one that the person has chosen.
    pub folders: Vec<PathBuf>,
    /// The skills that are off.
    pub off: SkillsOff,
    /// The changes of agents that the person has accepted by turning the skill on, by its name.
    pub accepted: BTreeMap<String, BTreeSet<String>>,
}

/// The skills that are off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkillsOff {
    /// Those with these names.
    Names(BTreeSet<String>),
    /// All of them.
    All,
}

/// Where a skill is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkillPlace {
    /// A folder of memory, such as `skills/tea/`.
    Memory(String),
    /// A folder below one that the person has chosen, or that folder itself.
    Folder {
        /// The chosen one.
        chosen: PathBuf,
        /// The name of the folder in it; `None`: the chosen one is the skill.
        inside: Option<String>,
    },
}

/// A skill that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSkill {
    /// Its name, which no other one has.
    pub name: String,
    /// What it is for, in one line.
    pub description: String,
    /// Where it is.
    pub place: SkillPlace,
    /// Whether agents may read it.
    pub is_on: bool,
    /// What agents have changed in it.
    pub agents_changes: AgentsChanges,
    /// Whether an agent has written or changed it since the person has turned it on: then it is off.
    pub is_new: bool,
}

/// What looks like a skill and cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableSkill {
    /// Where it is.
    pub place: SkillPlace,
    /// Why, and what to change.
    pub reason: String,
}

/// All skills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundSkills {
    /// Those that can be used: of the chosen folders in their order, then of memory, each by the name of its folder.
    pub usable: Vec<FoundSkill>,
    /// The others.
    pub unusable: Vec<UnusableSkill>,
    /// How many were not looked at because there are too many.
    pub not_looked_at: usize,
}

/// Why a skill cannot be read. The text is for the person and the model.
#[derive(Debug, thiserror::Error)]
pub enum SkillError {
    /// It is not a file of a skill that can be used.
    #[error("{0:?} is not the path of a file of a skill, such as tea/SKILL.md")]
    Unknown(String),
    /// The person has turned it off.
    #[error("the person has turned off the skill {0}")]
    Off(String),
    /// An agent has written or changed it.
    #[error("an agent has written or changed the skill {0}, and the person has not turned it on since")]
    New(String),
    /// The file cannot be read.
    #[error("{file} of the skill {skill} cannot be read: {reason}")]
    File {
        /// The skill.
        skill: String,
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
}

impl SkillSet {
    /// The file that makes a folder a skill.
    pub const SKILL_FILE: &str = SKILL_FILE;

    /// The skills of this memory, with all of them on and no folders.
    #[must_use]
    pub fn new(memory: Option<Arc<dyn Memory>>, memory_folder: PathBuf) -> SkillSet {
        SkillSet { memory, memory_folder, choice: RwLock::default() }
    }

    /// Takes over what the person has chosen.
    pub fn choose(&self, choice: SkillChoice) {
        *self.choice.write().unwrap_or_else(PoisonError::into_inner) = choice;
    }

    /// What the person has chosen.
    #[must_use]
    pub fn choice(&self) -> SkillChoice {
        self.choice.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at all of them. Blocks.
    #[must_use]
    pub fn find(&self) -> FoundSkills {
        let choice = self.choice();
        let mut found = FoundSkills::default();
        let mut places = Vec::new();
        for chosen in &choice.folders {
            match in_folder(chosen) {
                Ok(inside) => places.extend(inside),
                Err((place, error)) => found.unusable.push(UnusableSkill { place, reason: error.to_string() }),
            }
        }
        match self.in_memory() {
            Ok(inside) => places.extend(inside),
            Err(error) => {
                let place = SkillPlace::Memory(IN_MEMORY.to_owned());
                found.unusable.push(UnusableSkill { place, reason: error.to_string() });
            }
        }
        found.not_looked_at = places.len().saturating_sub(MAX_SKILLS);
        let is_any_in_memory = matches!(places.last(), Some(SkillPlace::Memory(_)));
        let agents_pages = AgentsPages::of(self.memory.as_deref().filter(|_| is_any_in_memory));
        let mut taken: BTreeMap<String, SkillPlace> = BTreeMap::new();
        for place in places.into_iter().take(MAX_SKILLS) {
            let front_matter =
                self.beginning(&place).and_then(|text| read_front_matter(&text).map_err(|error| error.to_string()));
            let reason = match front_matter {
                Err(reason) => reason,
                Ok(read) => match taken.get(&read.name) {
                    Some(first) => format!("another skill has the name {}: {first}", read.name),
                    None => {
                        taken.insert(read.name.clone(), place.clone());
                        let agents_changes = agents_pages.changes(&place);
                        let is_new = !agents_changes.are_in(choice.accepted.get(&read.name));
                        let is_on = !is_new && choice.off.is_on(&read.name);
                        let (name, description) = (read.name, read.description);
                        found.usable.push(FoundSkill { name, description, place, is_on, agents_changes, is_new });
                        continue;
                    }
                },
            };
            found.unusable.push(UnusableSkill { place, reason });
        }
        found
    }

    /// The text of a skill or of one of its files, also of one that is off. Blocks.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn read(&self, skill: &FoundSkill, file: &str) -> Result<String, SkillError> {
        let file = path::checked(file).ok_or_else(|| SkillError::Unknown(file.to_owned()))?;
        match self.text(&skill.place, &file) {
            Ok(text) if !holds_private_key(&text) => Ok(text),
            Ok(_) => Err(SkillError::File { skill: skill.name.clone(), file, reason: "it holds a private key".to_owned() }),
            Err(reason) => Err(SkillError::File { skill: skill.name.clone(), file, reason }),
        }
    }

    /// The skill that a path of [`FoundSkill::path`]'s kind is about, and the file in it. `None` if there is no such skill.
    #[must_use]
    pub fn at<'a, 'b>(found: &'a FoundSkills, path: &'b str) -> Option<(&'a FoundSkill, &'b str)> {
        let with_file =
            |skill: &'a FoundSkill| Some((skill, path.strip_prefix(skill.folder().as_str()).filter(|file| !file.is_empty())?));
        found.usable.iter().filter_map(with_file).max_by_key(|(skill, _)| skill.folder().len())
    }

    /// The first files of a skill besides its `SKILL.md`, by path. Blocks.
    #[must_use]
    pub fn files(&self, skill: &FoundSkill) -> Vec<String> {
        let mut files = match &skill.place {
            SkillPlace::Memory(folder) => {
                let pages = self.memory.as_ref().and_then(|memory| memory.list(folder).ok()).unwrap_or_default();
                pages.iter().filter_map(|page| page.path.strip_prefix(folder.as_str())).map(str::to_owned).collect()
            }
            SkillPlace::Folder { .. } => folder_of(&skill.place).map(|folder| folder.files(MAX_FILES)).unwrap_or_default(),
        };
        files.retain(|file: &String| file != SKILL_FILE && path::checked(file).as_ref() == Some(file));
        files.sort();
        files.truncate(MAX_FILES);
        files
    }

    /// The folders in memory that may be skills.
    fn in_memory(&self) -> Result<Vec<SkillPlace>, MemoryError> {
        let Some(memory) = self.memory.as_ref().filter(|_| self.memory_folder.join(IN_MEMORY).is_dir()) else {
            return Ok(Vec::new());
        };
        let folder = |path: &str| {
            let folder = path.strip_suffix(SKILL_FILE)?;
            let name = folder.strip_prefix(IN_MEMORY)?.strip_suffix('/')?;
            (!name.contains('/')).then(|| SkillPlace::Memory(folder.to_owned()))
        };
        Ok(memory.list(IN_MEMORY)?.iter().filter_map(|page| folder(&page.path)).collect())
    }

    /// The beginning of a `SKILL.md`.
    fn beginning(&self, place: &SkillPlace) -> Result<String, String> {
        match place {
            SkillPlace::Memory(_) => self.text(place, SKILL_FILE),
            SkillPlace::Folder { .. } => {
                let folder = folder_of(place).map_err(|error| error.to_string())?;
                let bytes = folder.beginning(SKILL_FILE, FRONT_MATTER_BYTES as u64).map_err(|error| error.to_string())?;
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }

    fn text(&self, place: &SkillPlace, file: &str) -> Result<String, String> {
        match place {
            SkillPlace::Memory(folder) => {
                let memory = self.memory.as_ref().ok_or_else(|| "there is no memory yet".to_owned())?;
                let page = memory.read(&format!("{folder}{file}")).map_err(|error| error.to_string())?;
                if page.content.len() as u64 > MAX_FILE_BYTES {
                    return Err(FolderError::TooLarge.to_string());
                }
                Ok(page.content)
            }
            SkillPlace::Folder { .. } => {
                folder_of(place).and_then(|folder| folder.text(file, MAX_FILE_BYTES)).map_err(|error| error.to_string())
            }
        }
    }
}

impl FoundSkill {
    /// What its paths begin with: the folder of memory, or its name.
    fn folder(&self) -> String {
        match &self.place {
            SkillPlace::Memory(folder) => folder.clone(),
            SkillPlace::Folder { .. } => format!("{}/", self.name),
        }
    }

    /// The path that agents give to read it.
    #[must_use]
    pub fn path(&self) -> String {
        self.folder() + SKILL_FILE
    }
}

impl Skills for SkillSet {
    fn offered(&self) -> Vec<OfferedSkill> {
        let on = self.find().usable.into_iter().filter(|skill| skill.is_on);
        on.map(|skill| OfferedSkill { path: skill.path(), description: skill.description }).collect()
    }
}

impl SkillsOff {
    /// Whether the skill of this name is on.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        match self {
            SkillsOff::Names(names) => !names.contains(name),
            SkillsOff::All => false,
        }
    }
}

impl Default for SkillsOff {
    fn default() -> SkillsOff {
        SkillsOff::Names(BTreeSet::new())
    }
}

impl std::fmt::Display for SkillPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SkillPlace::Memory(folder) => write!(f, "{folder} in memory"),
            SkillPlace::Folder { chosen, inside: Some(inside) } => write!(f, "{}", chosen.join(inside).display()),
            SkillPlace::Folder { chosen, inside: None } => write!(f, "{}", chosen.display()),
        }
    }
}

/// The skills of a chosen folder: itself, or the folders in it. A link among them is named as one that cannot be used.
fn in_folder(chosen: &Path) -> Result<Vec<SkillPlace>, (SkillPlace, FolderError)> {
    let place = |inside| SkillPlace::Folder { chosen: chosen.to_owned(), inside };
    let failed = |error| (place(None), error);
    let folder = ReadOnlyFolder::open(chosen).map_err(failed)?;
    match folder.beginning(SKILL_FILE, 0) {
        Ok(_) => return Ok(vec![place(None)]),
        Err(FolderError::Missing) => {}
        Err(error) => return Err(failed(error)),
    }
    let inside = folder.folders().map_err(failed)?;
    let has_skill = |name: &String| chosen.join(name).join(SKILL_FILE).symlink_metadata().is_ok();
    let skills: Vec<SkillPlace> = inside.into_iter().filter(has_skill).map(|name| place(Some(name))).collect();
    if skills.is_empty() { Err(failed(FolderError::NoSkills)) } else { Ok(skills) }
}

/// The folder of a skill that is not in memory.
fn folder_of(place: &SkillPlace) -> Result<ReadOnlyFolder, FolderError> {
    match place {
        SkillPlace::Folder { chosen, inside: None } => ReadOnlyFolder::open(chosen),
        SkillPlace::Folder { chosen, inside: Some(inside) } => ReadOnlyFolder::open(chosen)?.folder(inside),
        SkillPlace::Memory(_) => Err(FolderError::Missing),
    }
}
