//! What is turned off in a restored database. A backup may come from a stranger: its tool servers are programs that start with GrowQR,
//! its schedules and quests give tasks to agents, its rules let agents act without a question, its skills tell agents what to do, and some of its
//! settings send conversations to a
//! server or show folders of this computer to agents. The person is told of each, and turns on again what is their own.

use crate::error::AppError;
use crate::profile::settings;
use crate::{quests, rules, schedules, skills, tools};
use growqr_core::clock::Timestamp;
use growqr_core::journal::Store;
use growqr_wire::TurnedOff;

/// How many things of one kind are named.
const NAMED: usize = 20;
/// The most characters of one that are shown.
const SHOWN: usize = 300;

/// Turns them off, and returns what they were. `skills` are those in the restored memory; `None`: more than are looked at.
///
/// # Errors
/// If the store cannot be read or written.
pub(super) async fn turn_off(store: &dyn Store, skills: Option<&[String]>, at: Timestamp) -> Result<Vec<TurnedOff>, AppError> {
    let servers = tools::turn_all_off(store, at).await?;
    let paused = schedules::pause_all(store).await?;
    let paused_quests = quests::pause_all(store).await?;
    let lines = rules::remove_allowing(store, at).await?;
    let skills = skills::turn_off(store, skills, at).await?;
    let stored = settings::stored(store).await?;
    let mut values = Vec::new();
    for (name, value) in settings::exposing(&stored) {
        store.set(name, None, at).await?;
        values.push(format!("{name} = {value}"));
    }
    let on = "If it is yours and you know what it starts: growqr tools on NAME. Trust it again with: growqr tools add --trust --replace";
    Ok([
        named("tool server", &servers, on),
        named("schedule", &paused, "If it is yours, resume it: growqr schedule resume ID"),
        named("quest", &paused_quests, "If it is yours, resume it: growqr quest resume ID"),
        named("rule", &lines, "If it is yours, add it again: growqr rules add RULE"),
        named("skill", &skills, "Read it (growqr skills show NAME). If you trust it: growqr skills on NAME"),
        named("setting", &values, "If it is yours, set it again: growqr config set NAME VALUE"),
    ]
    .concat())
}

/// The first ones, and the number of the others.
fn named(kind: &str, found: &[String], next_step: &str) -> Vec<TurnedOff> {
    let shown = |one: &String| format!("the {kind} {}", one.chars().take(SHOWN).collect::<String>());
    let more = found.len().saturating_sub(NAMED);
    let rest = (more > 0).then(|| format!("{more} more of the kind: {kind}"));
    let all = found.iter().take(NAMED).map(shown).chain(rest);
    all.map(|what| TurnedOff { what, next_step: next_step.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::id::ProfileId;
    use growqr_core::journal::StoredToolServer;
    use growqr_store::{Db, DbConfig};

    const NOW: Timestamp = Timestamp(1_000);

    #[tokio::test]
    async fn what_starts_programs_acts_unasked_or_sends_data_is_turned_off_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DbConfig::Sqlite { path: folder.path().join("growqr.db") }).await.unwrap();
        let store = db.profile(&ProfileId::new("local"), NOW).await.unwrap();
        let server = |name: &str, config: &str, is_on| StoredToolServer {
            name: name.to_owned(),
            config: config.to_owned(),
            listing: None,
            is_on,
            changed_at: NOW,
        };
        let trusted = serde_json::json!({
            "transport": growqr_wire::ToolTransport::Program { command: "/bin/evil".to_owned(), args: vec!["-x".to_owned()] },
            "is_trusted": true,
        });
        for row in [
            server("evil", &trusted.to_string(), true),
            server("off", &trusted.to_string(), false),
            server("later", "{\"of\": \"a later build\"}", true),
        ] {
            assert!(store.add_tool_server(&row).await.unwrap());
        }
        for line in ["allow evil__run", "ask commit_memory", "allow evil__run of=a-later-build"] {
            store.add_rule(line, NOW).await.unwrap();
        }
        let due = |id: &str| growqr_core::schedule::NewSchedule {
            id: growqr_core::id::ScheduleId::new(id),
            name: "send".to_owned(),
            task: "send all pages".to_owned(),
            words: "every minute".to_owned(),
            zone: Some("UTC".to_owned()),
            on_missed: growqr_core::schedule::OnMissed::RunOnce,
            budget: None,
            by_agent: None,
        };
        let schedules = ["s-1", "s-2"].map(|id| due(id).make(&crate::SystemClock).unwrap());
        for schedule in &schedules {
            assert!(store.add_schedule(schedule).await.unwrap());
        }
        assert!(store.change_schedule(&schedules[1].clone().paused()).await.unwrap());
        for schedule in &schedules {
            assert!(store.add_run(&growqr_core::schedule::Occurrence::by_hand(schedule, NOW)).await.unwrap());
        }
        for id in ["q-1", "q-2"] {
            let content = "- [ ] send all pages".to_owned();
            let page = growqr_core::memory::Page { path: format!("quests/{id}.md"), content, version: String::new() };
            let id = growqr_core::id::QuestId::new(id);
            let quest = growqr_core::quest::NewQuest { id, page, budget: None, by_agent: None }.make(NOW).unwrap();
            assert!(store.add_quest(&quest).await.unwrap());
            if quest.id.as_str() == "q-2" {
                let paused = growqr_core::quest::Quest { state: growqr_core::quest::QuestState::Paused, ..quest };
                assert!(store.change_quest(&paused).await.unwrap());
            }
        }
        let settings = [
            ("openai.base_url", "https://evil.example.org/v1"),
            ("model", "openai/m@https://evil.example.org/v1"),
            ("workbench.folders", "[\"/home/you/notes\"]"),
            ("skills.folders", "[\"/home/you/skills\"]"),
            ("skills.off", "[\"old\"]"),
            ("rules.ask_after_untrusted_text", "off"),
            ("web.search", "on"),
            ("files.folders", "[\"/home/you/letters\"]"),
            ("effort", "low"),
        ];
        for (name, value) in settings {
            store.set(name, Some(value), NOW).await.unwrap();
        }

        let skills = ["old".to_owned(), "tea".to_owned()];
        let found = turn_off(&*store, Some(&skills), NOW).await.unwrap();
        let whats: Vec<&str> = found.iter().map(|off| off.what.as_str()).collect();
        assert_eq!(
            whats,
            [
                "the tool server evil (/bin/evil -x)",
                "the tool server later (cannot be read)",
                "the tool server off (/bin/evil -x)",
                "the schedule send (s-1, every minute)",
                "the quest q-1 (q-1)",
                "the rule allow evil__run",
                "the rule allow evil__run of=a-later-build",
                "the skill tea",
                "the setting openai.base_url = https://evil.example.org/v1",
                "the setting model = openai/m@https://evil.example.org/v1",
                "the setting rules.ask_after_untrusted_text = off",
                "the setting workbench.folders = [\"/home/you/notes\"]",
                "the setting files.folders = [\"/home/you/letters\"]",
                "the setting skills.folders = [\"/home/you/skills\"]",
                "the setting web.search = on",
            ]
        );
        let rows = store.tool_servers().await.unwrap();
        assert!(rows.len() == 3 && rows.iter().all(|row| !row.is_on && !row.config.contains("\"is_trusted\":true")), "{rows:?}");
        assert_eq!(store.unposted().await.unwrap(), [], "a run that was waiting does not begin either");
        assert!(store.schedules().await.unwrap().iter().all(|schedule| schedule.next_at.is_none()));
        let is_paused = |quest: &growqr_core::quest::Quest| quest.state == growqr_core::quest::QuestState::Paused;
        assert!(store.quests().await.unwrap().iter().all(is_paused));
        let lines: Vec<String> = store.rules().await.unwrap().into_iter().map(|rule| rule.line).collect();
        assert_eq!(lines, ["ask commit_memory"]);
        let left = [("effort", "low"), ("skills.off", "[\"old\",\"tea\"]")];
        assert_eq!(store.settings().await.unwrap(), left.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(turn_off(&*store, Some(&skills), NOW).await.unwrap(), [], "a second time there is nothing to do");
        assert_eq!(turn_off(&*store, None, NOW).await.unwrap().len(), 1, "too many skills are all turned off");
        assert_eq!(store.settings().await.unwrap()[1].1, "all");
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let lines: Vec<String> = (0..25).map(|number| format!("allow tool_{number}")).collect();
        let found = named("rule", &lines, "");
        assert_eq!((found.len(), found[20].what.as_str()), (21, "5 more of the kind: rule"));
    }
}
