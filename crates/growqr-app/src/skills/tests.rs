//! Skills in a real memory, and what the person chooses about them.

use super::*;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::{Change, CommitPlan, Edit, Origin};
use growqr_core::skill::Skills as _;
use std::fs;

struct World {
    folder: tempfile::TempDir,
    memory: Arc<MemoryRepo>,
    skills: Arc<SkillSet>,
}

fn text(name: &str) -> String {
    format!("---\nname: {name}\ndescription: Does {name}.\n---\nHow to do {name}.\n")
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let memory = Arc::new(MemoryRepo::open(&folder.path().join("memory"), Timestamp(1)).expect("opens"));
        let skills = SkillSet::new(Some(Arc::clone(&memory) as Arc<dyn Memory>), folder.path().join("memory"));
        World { folder, memory, skills: Arc::new(skills) }
    }

    fn prepare(&self, path: &str, text: &str) -> CommitPlan {
        let origin = Origin { agent: AgentId::grow(), name: "Grow Agent".to_owned(), turn: 1, effect: EffectId::new(path) };
        let edit = Edit::Write { content: text.to_owned(), base: None };
        let change =
            Change { path: path.to_owned(), edit, message: "a skill".to_owned(), origin, at: Timestamp(2), approval: None };
        self.memory.prepare(&change).expect("prepared")
    }

    fn write(&self, path: &str, text: &str) {
        self.memory.commit(&self.prepare(path, text)).expect("committed");
    }

    /// Turns it on with the mark of what is there now.
    fn switch_on_as_seen(&self, name: &str) -> SkillChange {
        let skill = self.skills.find().usable.into_iter().find(|skill| skill.name == name).expect("a skill");
        SkillChange::Switch { name: name.to_owned(), is_on: true, seen: row(&skill).new_by_agent }
    }

    fn names(&self) -> Vec<String> {
        self.skills.find().usable.into_iter().map(|skill| skill.name).collect()
    }

    async fn change(&self, stored: &mut StoredSettings, change: SkillChange) -> Result<(), AppError> {
        for (name, value) in changed(stored, check(&self.skills, change).await?)? {
            match value {
                Some(value) => drop(stored.insert(name.to_owned(), value)),
                None => drop(stored.remove(name)),
            }
        }
        self.skills.choose(Preferences::parse_lenient(stored).skills);
        Ok(())
    }
}

#[test]
fn a_page_is_a_skill_once_it_is_in_memory_and_an_edit_by_hand_counts_at_once() {
    let world = World::new();
    let held = world.prepare("skills/tea/SKILL.md", &text("tea"));
    world.memory.hold(&held).unwrap();
    assert_eq!(world.names(), Vec::<String>::new(), "one that waits for approval is none");
    world.write("skills/tea/SKILL.md", &text("tea"));
    world.write("skills/tea/leaves.md", "Green.");
    world.write("skills/a/b/SKILL.md", &text("deeper"));
    world.write("skills/README.md", "# Skills");
    assert_eq!(world.names(), ["tea"]);
    let tea = world.skills.find().usable.remove(0);
    assert_eq!((tea.path(), world.skills.files(&tea)), ("skills/tea/SKILL.md".to_owned(), vec!["leaves.md".to_owned()]));
    let page = world.folder.path().join("memory/skills/tea/SKILL.md");
    fs::write(&page, text("tea").replace("How to", "Never")).unwrap();
    assert!(world.skills.read(&tea, "SKILL.md").unwrap().ends_with("Never do tea.\n"));
    for outside in ["../../goals.md", "/etc/passwd", "../coffee/SKILL.md", "a/../../x.md"] {
        assert!(world.skills.read(&tea, outside).is_err(), "{outside}");
    }
    fs::remove_file(page).unwrap();
    assert_eq!(world.names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_skill_of_a_chosen_folder_is_not_replaced_by_one_that_an_agent_writes() {
    let (world, mut stored) = (World::new(), StoredSettings::new());
    let folder = world.folder.path().join("chosen");
    fs::create_dir_all(folder.join("tea")).unwrap();
    fs::write(folder.join("tea/SKILL.md"), text("tea")).unwrap();
    let path = folder.to_str().unwrap().to_owned();
    world.change(&mut stored, SkillChange::AddFolder { path: path.clone() }).await.unwrap();
    world.change(&mut stored, SkillChange::AddFolder { path: path.clone() }).await.unwrap();
    assert_eq!(world.skills.choice().folders.len(), 1, "the same folder counts once");
    world.write("skills/tea/SKILL.md", &text("tea").replace("Does", "Steals"));
    let found = world.skills.find();
    assert_eq!(found.usable.iter().map(FoundSkill::path).collect::<Vec<_>>(), ["tea/SKILL.md"]);
    assert!(found.unusable[0].reason.contains("another skill has the name tea"), "{found:?}");
    world.change(&mut stored, SkillChange::RemoveFolder { path }).await.unwrap();
    assert_eq!(world.skills.find().usable[0].path(), "skills/tea/SKILL.md");
    assert!(stored.is_empty());
    let error = world.change(&mut stored, SkillChange::AddFolder { path: "/".to_owned() }).await.unwrap_err();
    assert!(matches!(error, AppError::BadRequest { .. }), "{error}");
}

fn switch(name: &str, is_on: bool) -> SkillChange {
    SkillChange::Switch { name: name.to_owned(), is_on, seen: None }
}

#[tokio::test]
async fn what_an_agent_writes_or_changes_is_off_until_the_person_has_turned_it_on() {
    let (world, mut stored) = (World::new(), StoredSettings::new());
    let state = |world: &World| world.skills.find().usable.iter().map(|skill| (skill.is_on, skill.is_new)).collect::<Vec<_>>();
    world.write("skills/tea/SKILL.md", &text("tea"));
    assert_eq!((state(&world), world.skills.offered()), (vec![(false, true)], Vec::new()));
    let error = world.change(&mut stored, switch("tea", true)).await.unwrap_err();
    assert!(error.to_string().contains("an agent has written or changed the skill tea"), "{error}");
    world.change(&mut stored, world.switch_on_as_seen("tea")).await.unwrap();
    assert_eq!(state(&world), [(true, false)]);
    let blind = world.switch_on_as_seen("tea");
    world.write("skills/tea/leaves.md", "Steal them.");
    assert_eq!(state(&world), [(false, true)], "each page of it counts");
    let error = world.change(&mut stored, blind).await.unwrap_err();
    assert!(error.to_string().contains("an agent has written or changed the skill tea"), "{error}");
    let stale = world.switch_on_as_seen("tea");
    world.write("skills/tea/pots.md", "Break them.");
    let error = world.change(&mut stored, stale).await.unwrap_err();
    assert!(error.to_string().contains("changed the skill tea meanwhile"), "{error}");
    world.change(&mut stored, world.switch_on_as_seen("tea")).await.unwrap();
    assert_eq!(state(&world), [(true, false)]);
    fs::write(world.folder.path().join("memory/skills/tea/SKILL.md"), text("tea").replace("How", "Why")).unwrap();
    assert_eq!(state(&world), [(true, false)], "an edit by hand counts at once");
    world.change(&mut stored, switch("tea", false)).await.unwrap();
    assert_eq!(state(&world), [(false, false)]);
}

#[tokio::test]
async fn skills_are_switched_one_by_one_also_after_all_were_off() {
    let (world, mut stored) = (World::new(), StoredSettings::from([(OFF.to_owned(), "all".to_owned())]));
    for name in ["tea", "coffee"] {
        world.write(&format!("skills/{name}/SKILL.md"), &text(name));
    }
    world.skills.choose(Preferences::parse_lenient(&stored).skills);
    assert_eq!(world.skills.offered(), []);
    world.change(&mut stored, world.switch_on_as_seen("tea")).await.unwrap();
    assert_eq!(stored[OFF], r#"["coffee"]"#);
    world.change(&mut stored, world.switch_on_as_seen("coffee")).await.unwrap();
    assert!(!stored.contains_key(OFF) && world.skills.offered().len() == 2);
    world.change(&mut stored, switch("tea", false)).await.unwrap();
    assert_eq!(stored[OFF], r#"["tea"]"#);
    let error = world.change(&mut stored, switch("cake", false)).await.unwrap_err();
    assert!(matches!(error, AppError::Missing { .. }), "{error}");
}
