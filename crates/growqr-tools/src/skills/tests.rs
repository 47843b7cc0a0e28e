//! Skills in folders of the person, and the tool that reads them.

use super::*;
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::Origin;
use growqr_core::raw::RawJson;
use growqr_core::tool::{Executor, Performed, ToolCall, ToolResult};
use serde_json::{Value, json};
use std::fs;

/// A folder of skills, and what reads them.
struct World {
    folder: tempfile::TempDir,
    skills: Arc<SkillSet>,
}

impl World {
    fn new() -> World {
        World { folder: tempfile::tempdir().expect("a folder"), skills: Arc::new(SkillSet::new(None, PathBuf::new())) }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    /// A skill in a folder of this name.
    fn skill(&self, folder: &str, name: &str) {
        self.write(
            &format!("{folder}/SKILL.md"),
            &format!("---\nname: {name}\ndescription: Does {name}.\n---\nHow to do {name}.\n"),
        );
    }

    fn choose(&self, folders: &[&str], off: &[&str]) {
        let folders = folders.iter().map(|folder| self.folder.path().join(folder)).collect();
        let off = SkillsOff::Names(off.iter().map(|name| (*name).to_owned()).collect());
        self.skills.choose(SkillChoice { folders, off, ..SkillChoice::default() });
    }

    fn names(&self) -> Vec<String> {
        self.skills.find().usable.into_iter().map(|skill| skill.name).collect()
    }

    async fn call(&self, input: &Value) -> ToolResult {
        let call = ToolCall {
            executor: growqr_core::id::ExecutorId::skills(),
            name: "read_skill".to_owned(),
            input: RawJson::of(input),
            origin: Origin { agent: AgentId::grow(), name: "Grow Agent".to_owned(), turn: 1, effect: EffectId::new("e") },
            at: Timestamp(0),
            held: false,
            definition: None,
        };
        match SkillTools::new(Arc::clone(&self.skills)).perform(&call, None).await {
            Performed::Finished(result) => result,
            Performed::Planned(_) => unreachable!("a read changes nothing"),
        }
    }

    async fn read(&self, path: &str) -> (bool, String) {
        let result = self.call(&json!({"path": path})).await;
        (!result.is_error, result.content.plain().into_owned())
    }
}

#[test]
fn a_folder_is_a_skill_or_has_skills_in_it() {
    let world = World::new();
    world.skill("one", "tea");
    world.skill("many/b", "pdf-forms");
    world.skill("many/a", "coffee");
    world.write("many/notes/README.md", "no skill");
    world.skill("many/.hidden", "hidden");
    world.choose(&["one", "many"], &[]);
    assert_eq!(world.names(), ["tea", "coffee", "pdf-forms"]);
    assert_eq!(world.skills.find().unusable, []);
}

#[test]
fn of_two_skills_with_one_name_the_first_counts_and_the_other_is_named() {
    let world = World::new();
    world.skill("mine", "tea");
    world.skill("more/a", "tea");
    world.skill("more/b", "coffee");
    world.choose(&["mine", "more"], &["coffee"]);
    let found = world.skills.find();
    let usable: Vec<(&str, bool)> = found.usable.iter().map(|skill| (skill.name.as_str(), skill.is_on)).collect();
    assert_eq!(usable, [("tea", true), ("coffee", false)]);
    assert_eq!(found.usable[0].place, SkillPlace::Folder { chosen: world.folder.path().join("mine"), inside: None });
    assert!(found.unusable.len() == 1 && found.unusable[0].reason.contains("has the name tea: "), "{:?}", found.unusable);
    let offered: Vec<String> = world.skills.offered().into_iter().map(|skill| skill.path).collect();
    assert_eq!(offered, ["tea/SKILL.md"]);
}

#[test]
fn what_cannot_be_used_is_named_with_its_reason() {
    let world = World::new();
    world.write("bad/a/SKILL.md", "# no front matter");
    world.write("bad/b/SKILL.md", "---\nname: B\ndescription: x\n---\n");
    fs::create_dir_all(world.folder.path().join("empty")).unwrap();
    world.choose(&["bad", "empty", "missing"], &[]);
    let found = world.skills.find();
    let reasons: Vec<&str> = found.unusable.iter().map(|skill| skill.reason.as_str()).collect();
    let expected = ["has no SKILL.md", "it is missing", "does not begin with", "its name may have"];
    assert!(reasons.len() == 4 && reasons.iter().zip(expected).all(|(reason, part)| reason.contains(part)), "{reasons:?}");
    assert_eq!(found.usable, []);
}

#[cfg(unix)]
#[tokio::test]
async fn links_lead_nowhere() {
    let world = World::new();
    world.skill("elsewhere/secret", "secret");
    world.skill("skills/tea", "tea");
    let link =
        |to: &str, at: &str| std::os::unix::fs::symlink(world.folder.path().join(to), world.folder.path().join(at)).unwrap();
    link("elsewhere/secret", "skills/linked");
    link("elsewhere/secret/SKILL.md", "skills/tea/more.md");
    link("elsewhere", "skills/tea/folder");
    world.choose(&["skills"], &[]);
    assert_eq!(world.names(), ["tea"]);
    let found = world.skills.find();
    assert!(found.unusable.len() == 1 && found.unusable[0].reason.contains("links are not followed"), "{found:?}");
    for path in ["tea/more.md", "tea/folder/secret/SKILL.md", "tea/../../elsewhere/secret/SKILL.md", "tea//etc/passwd"] {
        let (is_ok, text) = world.read(path).await;
        assert!(!is_ok && !text.contains("How to do"), "{path}: {text}");
    }
    assert!(!world.read("tea/SKILL.md").await.1.contains("more.md"), "links are not named either");
}

#[tokio::test]
async fn an_agent_reads_a_skill_and_its_files_and_sees_edits_at_once() {
    let world = World::new();
    world.skill("skills/tea", "tea");
    world.write("skills/tea/references/leaves.md", "Green and black.");
    world.write("skills/tea/scripts/boil.sh", "echo boil");
    world.choose(&["skills"], &[]);
    let (is_ok, text) = world.read("tea/SKILL.md").await;
    let head = r#"{"files":["tea/references/leaves.md","tea/scripts/boil.sh"],"skill":"tea"}"#;
    assert!(is_ok && text.starts_with(head) && text.ends_with("How to do tea.\n"), "{text}");
    assert_eq!(world.read("tea/references/leaves.md").await, (true, "Green and black.".to_owned()));
    world.write("skills/tea/references/leaves.md", "White too.");
    assert_eq!(world.read("tea/references/leaves.md").await.1, "White too.");
    let (is_ok, text) = world.read("tea/none.md").await;
    assert!(!is_ok && text.contains("tea/SKILL.md names its files"), "{text}");
}

#[tokio::test]
async fn hidden_files_and_keys_of_a_skill_are_neither_named_nor_read() {
    let world = World::new();
    world.skill("skills/tea", "tea");
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\ns3cret\n";
    for (file, text) in [(".env", "s3cret"), (".git/config", "s3cret"), ("server.pem", "s3cret"), ("leaves.md", key)] {
        world.write(&format!("skills/tea/{file}"), text);
    }
    world.choose(&["skills"], &[]);
    for path in ["tea/.env", "tea/.git/config", "tea/server.pem", "tea/leaves.md"] {
        let (is_ok, text) = world.read(path).await;
        assert!(!is_ok && !text.contains("s3cret"), "{path}: {text}");
    }
    let text = world.read("tea/SKILL.md").await.1;
    assert!(text.starts_with(r#"{"files":["tea/leaves.md"],"skill":"tea"}"#), "{text}");
}

#[tokio::test]
async fn a_skill_that_is_off_cannot_be_read_under_any_path() {
    let world = World::new();
    world.skill("skills/tea", "tea");
    world.skill("skills/coffee", "coffee");
    world.choose(&["skills"], &["tea"]);
    for path in ["tea/SKILL.md", "tea/x.md"] {
        let (is_ok, text) = world.read(path).await;
        assert!(!is_ok && text.contains("the person has turned off the skill tea"), "{path}: {text}");
    }
    for path in ["tea", "Tea/SKILL.md", "./tea/SKILL.md", "", "/tea/SKILL.md"] {
        let (is_ok, text) = world.read(path).await;
        assert!(!is_ok && text.contains("without a path shows"), "{path}: {text}");
    }
    let list = world.call(&json!({})).await.content.plain().into_owned();
    assert_eq!(list, r#"{"description":"Does coffee.","path":"coffee/SKILL.md"}"#);
}

#[tokio::test]
async fn many_skills_have_a_limit_and_what_is_left_out_is_said() {
    let world = World::new();
    for number in 0..MAX_SKILLS + 7 {
        world.skill(&format!("skills/{number:04}"), &format!("skill-{number}"));
    }
    world.choose(&["skills"], &[]);
    let found = world.skills.find();
    assert_eq!((found.usable.len(), found.not_looked_at), (MAX_SKILLS, 7));
    let shown = growqr_core::skill::shown(&world.skills.offered(), 200_000).unwrap();
    assert!(shown.len() < 9_000 && shown.contains("more_skills"), "{}", shown.len());
    world.write("skills/0000/long.md", &"x".repeat(300 << 10));
    let (is_ok, text) = world.read("skill-0/long.md").await;
    assert!(!is_ok && text.contains("larger than 256 KB"), "{text}");
}

#[tokio::test]
async fn a_long_file_is_read_in_parts_and_many_names_are_cut() {
    let world = World::new();
    world.skill("skills/tea", "tea");
    world.write("skills/tea/long.md", &"x".repeat(100_000));
    for number in 0..150 {
        world.write(&format!("skills/tea/references/{number:03}-{}.md", "n".repeat(60)), "text");
    }
    world.choose(&["skills"], &[]);
    let (is_ok, text) = world.read("tea/long.md").await;
    assert!(is_ok && text.len() < 48_100 && text.ends_with("[52000 more bytes; read on with from=48000]"), "{}", text.len());
    let rest = world.call(&json!({"path": "tea/long.md", "from": 96_000})).await.content.plain().into_owned();
    assert_eq!(rest, "x".repeat(4_000));
    let beyond = world.call(&json!({"path": "tea/long.md", "from": 100_001})).await;
    assert!(beyond.is_error && beyond.content.plain().contains("from is at most 100000"));
    let text = world.read("tea/SKILL.md").await.1;
    assert!(text.len() < 6_000 && text.contains("\"more_files\":"), "{}", text.len());
}

#[test]
fn the_tool_is_described_and_its_schema_refuses_other_fields() {
    let tool = SkillTools::new(World::new().skills).tools().remove(0);
    let schema: Value = serde_json::from_str(tool.tool.input_schema.text()).unwrap();
    assert_eq!(
        (tool.tool.name.as_str(), &schema["additionalProperties"], &schema["required"]),
        ("read_skill", &json!(false), &Value::Null)
    );
    assert!(tool.tool.description.matches(". ").count() >= 3 && tool.tool.description.contains("never run on this computer"));
}
