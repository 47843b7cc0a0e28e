//! Skills: folders with a `SKILL.md`, in memory or in folders that the person has chosen.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// All skills, with the folders in which they are looked for besides memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SkillList {
    /// Those that can be used.
    pub skills: Vec<Skill>,
    /// What looks like a skill and cannot be used.
    pub unusable: Vec<UnusableSkill>,
    /// The chosen folders, in their order.
    pub folders: Vec<String>,
    /// How many more there are that were not looked at.
    pub not_looked_at: u32,
}

/// A skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Skill {
    /// `[a-z0-9-]{1,64}`; no other skill has it.
    pub name: String,
    /// What it is for, in one line. Whoever wrote the skill has written it.
    pub description: String,
    /// Where it is, for people.
    pub place: String,
    /// The page of its `SKILL.md` if it is in memory.
    pub page: Option<String>,
    /// Whether agents may read it.
    pub is_on: bool,
    /// Set if an agent has written or changed it since the person has turned it on; then it is off. A mark of what is there now, or
    /// empty if it cannot be found out who has written it, because the history of memory cannot be read.
    #[serde(default)]
    pub new_by_agent: Option<String>,
}

/// What looks like a skill and cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UnusableSkill {
    /// Where it is, for people.
    pub place: String,
    /// Why, and what to change.
    pub reason: String,
}

/// The text of a skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SkillText {
    /// The skill.
    pub skill: Skill,
    /// Its `SKILL.md`.
    pub text: String,
    /// Its other files.
    pub files: Vec<String>,
}

/// A change of what the person has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SkillChange {
    /// Agents may read a skill, or no longer.
    Switch {
        /// Its name.
        name: String,
        /// Whether they may.
        is_on: bool,
        /// [`Skill::new_by_agent`] as the person has seen it. Another one is refused, and so is none where there is one now.
        #[serde(default)]
        seen: Option<String>,
    },
    /// Looks for skills in a folder too. It is never written to.
    AddFolder {
        /// Its absolute path.
        path: String,
    },
    /// Looks for skills there no more. The folder stays as it is.
    RemoveFolder {
        /// Its path.
        path: String,
    },
}
