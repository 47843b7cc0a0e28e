//! The `growqr rules` commands.

use crate::CommandResult;
use crate::args::Rules;
use crate::print::{Out, Style, sanitized_line};
use growqr_app::{AppError, Environment, Library, Profile, send_request};
use growqr_wire::{Request, RuleOrigin, RuleRow};

pub async fn rules(profile: Profile, environment: &Environment, out: &Out, command: Rules) -> CommandResult {
    match command {
        Rules::List => {
            for rule in &Library::open(profile).await?.rules().await? {
                out.row(rule, || row(out, rule));
            }
        }
        Rules::Add { rule } => {
            // One argument is a whole line; several were split by the shell, which has taken their quotes.
            let line = match &rule[..] {
                [line] => line.clone(),
                words => shlex::try_join(words.iter().map(String::as_str)).map_err(|_| AppError::BadRequest {
                    message: "a rule cannot contain a NUL character".to_owned(),
                    next_step: "An example: ask commit_memory path=private/*".to_owned(),
                })?,
            };
            send_request(profile.clone(), environment, Request::AddRule { line }).await?;
            let rules = Library::open(profile).await?.rules().await?;
            if let Some(added) = rules.iter().rfind(|rule| rule.origin == RuleOrigin::Person) {
                out.row(added, || row(out, added));
                if rules.iter().filter(|rule| rule.line == added.line).count() > 1 {
                    out.notice("the same rule stands above already; the last rule that matches a call decides");
                }
                if let Some(remark) = remark(&added.line) {
                    out.notice(remark);
                }
            }
        }
        Rules::Remove { id } => {
            send_request(profile, environment, Request::RemoveRule { id }).await?;
        }
        Rules::Test { tool, input, agent } => {
            let test = Library::open(profile).await?.test_rules(&tool, &input, agent.as_deref()).await?;
            out.row(&test, || {
                let mut lines = vec![format!("{}  {}", out.style(Style::Bold, &test.decision), row(out, &test.rule))];
                if test.is_unclear {
                    lines.push(
                        "  what the call concerns is missing or can be read in more than one way: it counts as denied".to_owned(),
                    );
                }
                if test.is_risky {
                    lines.push("  risky: it asks after text from tools, files or web pages, even if it is allowed".to_owned());
                }
                lines.join("\n")
            });
        }
    }
    Ok(true)
}

/// What a person may not expect of a line.
fn remark(line: &str) -> Option<&'static str> {
    let hides_pages = (line.starts_with("deny read_memory ") || line.starts_with("ask read_memory ")) && line.contains(" path=");
    hides_pages.then_some(
        "list_memory, search_memory and read_skill can still show what is in these pages; for all tools, write * instead of read_memory",
    )
}

fn row(out: &Out, rule: &RuleRow) -> String {
    let origin = match rule.origin {
        RuleOrigin::BuiltIn => "built in",
        RuleOrigin::Person => "yours",
        RuleOrigin::Answer => "an answer",
    };
    let id = rule.id.as_deref().unwrap_or("-");
    format!("{id:<24} {} {}", out.style(Style::Dim, &format!("{origin:<9}")), sanitized_line(&rule.line))
}
