//! The settings about skills: which folders of the person are looked at, which skills are off, and which changes of agents the person
//! has accepted.

use growqr_core::skill::is_skill_name;
use growqr_tools::skills::{SkillChoice, SkillsOff};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// The settings.
pub(crate) const FOLDERS: &str = "skills.folders";
pub(crate) const OFF: &str = "skills.off";
pub(crate) const ACCEPTED: &str = "skills.accepted";

/// More folders than anyone has skills in.
pub(super) const MAX_FOLDERS: usize = 32;

/// The most names of skills that are off. With more of them, all are off.
const MAX_OFF: usize = 1_000;

/// Reads the stored settings through `get`.
///
/// # Errors
/// A sentence that says what to write instead.
pub(crate) fn parse<'a>(get: &impl Fn(&str) -> Option<&'a str>) -> Result<SkillChoice, String> {
    let folders = get(FOLDERS).map_or(Ok(Vec::new()), folders)?;
    let off = get(OFF).map_or(Ok(SkillsOff::default()), off)?;
    let accepted = get(ACCEPTED).map_or(Ok(BTreeMap::new()), accepted)?;
    Ok(SkillChoice { folders, off, accepted })
}

fn accepted(text: &str) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    if text == "none" {
        return Ok(BTreeMap::new());
    }
    let wrong = || "write a JSON object with the names of skills and the ids of changes, or none".to_owned();
    let accepted: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(text).map_err(|_| wrong())?;
    let is_id = |id: &String| !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_fine = accepted.iter().all(|(name, ids)| is_skill_name(name) && ids.iter().all(is_id));
    if is_fine { Ok(accepted) } else { Err(wrong()) }
}

fn folders(text: &str) -> Result<Vec<PathBuf>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let folders: Vec<PathBuf> = serde_json::from_str(text).map_err(|_| "write a JSON list of folders, or none".to_owned())?;
    if folders.len() > MAX_FOLDERS {
        return Err(format!("at most {MAX_FOLDERS} folders can have skills"));
    }
    let is_one_folder = |path: &Path| {
        path.is_absolute() && path.parent().is_some() && !path.components().any(|part| part == Component::ParentDir)
    };
    match folders.iter().find(|path| !is_one_folder(path)) {
        Some(path) => Err(format!("{} is not the absolute path of one folder", path.display())),
        None => Ok(folders),
    }
}

fn off(text: &str) -> Result<SkillsOff, String> {
    match text {
        "none" => return Ok(SkillsOff::default()),
        "all" => return Ok(SkillsOff::All),
        _ => {}
    }
    let names: BTreeSet<String> = serde_json::from_str(text).map_err(|_| "write a JSON list of names, all or none".to_owned())?;
    if names.len() > MAX_OFF {
        return Err(format!("at most {MAX_OFF} skills can be named; write all"));
    }
    match names.iter().find(|name| !is_skill_name(name)) {
        Some(name) => Err(format!("{name:?} cannot be the name of a skill")),
        None => Ok(SkillsOff::Names(names)),
    }
}

/// The value of the setting for these folders; `None`, its default, for none. A folder whose path is not text is left out.
pub(super) fn written_folders(folders: &[PathBuf]) -> Option<String> {
    let folders: Vec<&str> = folders.iter().filter_map(|path| path.to_str()).collect();
    (!folders.is_empty()).then(|| serde_json::json!(folders).to_string())
}

/// The value of the setting for these accepted changes; `None`, its default, for none.
pub(super) fn written_accepted(accepted: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    (!accepted.is_empty()).then(|| serde_json::json!(accepted).to_string())
}

/// The value of the setting for these skills that are off; `None`, its default, for none.
pub(super) fn written_off(off: &SkillsOff) -> Option<String> {
    match off {
        SkillsOff::Names(names) if names.is_empty() => None,
        SkillsOff::Names(names) if names.len() <= MAX_OFF => Some(serde_json::json!(names).to_string()),
        SkillsOff::Names(_) | SkillsOff::All => Some("all".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<SkillChoice, String> {
        parse(&|asked: &str| (asked == name).then_some(value))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let path = if cfg!(windows) { "C:/skills" } else { "/home/you/skills" };
        let folders = written_folders(&[path.into()]).unwrap();
        assert_eq!(read(FOLDERS, &folders).unwrap().folders, [PathBuf::from(path)]);
        for off in [SkillsOff::Names(BTreeSet::from(["tea".to_owned(), "pdf-forms".to_owned()])), SkillsOff::All] {
            assert_eq!(read(OFF, &written_off(&off).unwrap()).unwrap().off, off);
        }
        let many = SkillsOff::Names((0..2_000).map(|number| format!("skill-{number}")).collect());
        assert_eq!(read(OFF, &written_off(&many).unwrap()).unwrap().off, SkillsOff::All, "none of them comes on by itself");
        let accepted = BTreeMap::from([("tea".to_owned(), BTreeSet::from(["0af1".to_owned()]))]);
        assert_eq!(read(ACCEPTED, &written_accepted(&accepted).unwrap()).unwrap().accepted, accepted);
        assert_eq!(written_accepted(&BTreeMap::new()), None);
        assert_eq!((written_off(&SkillsOff::default()), written_folders(&[])), (None, None));
    }

    #[test]
    fn what_is_no_list_of_folders_or_names_is_refused() {
        for text in ["/skills", "[\"skills\"]", "[\"/\"]", "[\"/a/../etc\"]", "[7]", "{}"] {
            assert!(read(FOLDERS, text).is_err(), "{text}");
        }
        for text in ["tea", "[\"Tea\"]", "[\"../tea\"]", "{}"] {
            assert!(read(OFF, text).is_err(), "{text}");
        }
        for text in ["tea", "[]", "{\"Tea\": []}", "{\"tea\": [\"x\"]}", "{\"tea\": [\"\"]}"] {
            assert!(read(ACCEPTED, text).is_err(), "{text}");
        }
    }
}
