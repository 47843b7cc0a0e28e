//! The `growqr skills` commands.

use crate::CommandResult;
use crate::args::Skills;
use crate::folders::full_path;
use crate::print::{Out, Style, sanitized, sanitized_line, shortened};
use growqr_app::{AppError, Environment, Profile, send_request};
use growqr_wire::{Reply, Request, Skill, SkillChange, SkillList};

const ADD: &str = "Give a folder with skills: growqr skills add ~/skills";

/// The most characters of a description in the list.
const SHOWN_CHARS: usize = 200;

pub async fn skills(profile: Profile, environment: &Environment, out: &Out, command: Skills) -> CommandResult {
    match command {
        Skills::List => print(out, &all(send_request(profile, environment, Request::Skills).await?)),
        Skills::Show { name } => {
            if let Reply::Skill { skill } = send_request(profile, environment, Request::Skill { name }).await? {
                out.row(&skill, || {
                    let files = skill.files.iter().map(|file| format!("\n{}", out.style(Style::Dim, &sanitized_line(file))));
                    format!(
                        "{}\n\n{}{}",
                        described(out, &skill.skill),
                        sanitized(skill.text.trim_end()),
                        files.collect::<String>()
                    )
                });
                // Behind what it says: this is what the person accepts.
                if let Some(seen) = skill.skill.new_by_agent.filter(|seen| !seen.is_empty() && !out.is_json()) {
                    out.notice(&format!("To turn it on as you see it here: growqr skills on {} --seen {seen}", skill.skill.name));
                }
            }
        }
        Skills::On { name, seen } => switch(profile, environment, name, true, seen).await?,
        Skills::Off { name } => switch(profile, environment, name, false, None).await?,
        Skills::Add { folder } => {
            let path = full_path(&folder, ADD)?;
            let list = change(profile, environment, SkillChange::AddFolder { path }).await?;
            print(out, &list);
            out.notice("Agents can read the skills that are on from now on. To turn one off: growqr skills off NAME");
        }
        Skills::Remove { folder } => {
            let path = full_path(&folder, ADD)?;
            change(profile, environment, SkillChange::RemoveFolder { path }).await?;
        }
    }
    Ok(true)
}

async fn switch(
    profile: Profile,
    environment: &Environment,
    name: String,
    is_on: bool,
    seen: Option<String>,
) -> Result<(), AppError> {
    change(profile, environment, SkillChange::Switch { name, is_on, seen }).await.map(drop)
}

async fn change(profile: Profile, environment: &Environment, change: SkillChange) -> Result<SkillList, AppError> {
    Ok(all(send_request(profile, environment, Request::ChangeSkills { change }).await?))
}

fn all(reply: Reply) -> SkillList {
    match reply {
        Reply::Skills { skills } => skills,
        _ => SkillList::default(),
    }
}

fn print(out: &Out, list: &SkillList) {
    for skill in &list.skills {
        out.row(skill, || described(out, skill));
    }
    for skill in &list.unusable {
        out.row(skill, || {
            let cannot = out.style(Style::Bad, "cannot be used");
            format!("{cannot}  {}\n    {}", sanitized_line(&skill.place), sanitized_line(&skill.reason))
        });
    }
    if out.is_json() {
        return;
    }
    if list.not_looked_at > 0 {
        out.notice(&format!("{} more skills were skipped: at most 500 are read", list.not_looked_at));
    }
    if list.skills.is_empty() && list.unusable.is_empty() {
        let own = "growqr memory write skills/NAME/SKILL.md";
        out.notice(&format!("No skills yet. To write one: {own}. To use those of a folder: growqr skills add FOLDER"));
    }
}

fn described(out: &Out, skill: &Skill) -> String {
    let state = if skill.is_on { out.style(Style::Good, "on ") } else { out.style(Style::Dim, "off") };
    let (name, place) = (out.style(Style::Bold, &skill.name), out.style(Style::Dim, &sanitized_line(&skill.place)));
    let new = match skill.new_by_agent.as_deref() {
        Some("") => "\n    off: the history of memory cannot be read (growqr doctor)".to_owned(),
        Some(_) => {
            let read = format!("read it before you turn it on: growqr skills show {}", skill.name);
            format!("\n    {}: {read}", out.style(Style::Bad, "new, written by an agent"))
        }
        None => String::new(),
    };
    format!("{state}  {name}  {place}\n    {}{new}", shortened(&skill.description, SHOWN_CHARS))
}
