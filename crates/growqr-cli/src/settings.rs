//! The `growqr config` and `growqr budget` commands.

use crate::CommandResult;
use crate::args::{Budget, By, Config};
use crate::print::{Out, Style, shortened, usd};
use growqr_app::{AppError, Client, Environment, Library, Profile, check_setting};
use growqr_wire::{Agent, Needs, Request, Setting, SpendingBy, TreeLimit, UnpricedLimits};

pub async fn config(profile: Profile, environment: &Environment, out: &Out, command: Config) -> CommandResult {
    match command {
        Config::Get { name } => {
            let settings = Library::open(profile).await?.settings().await?;
            let shown: Vec<&Setting> =
                settings.iter().filter(|setting| name.as_ref().is_none_or(|name| *name == setting.name)).collect();
            if shown.is_empty() {
                return Err(AppError::Missing {
                    what: format!("setting called {:?}", name.unwrap_or_default()),
                    next_step: "See all settings: growqr config get".to_owned(),
                });
            }
            for setting in shown {
                out.row(setting, || match &name {
                    Some(_) => setting.value.clone(),
                    None => format!("{:<24} {:<18} {}", setting.name, setting.value, out.style(Style::Dim, &setting.about)),
                });
            }
        }
        Config::Set { name, value } => {
            if name == "rules.ask_after_untrusted_text" && value == "off" {
                out.notice("growqr: warning: text from tools, files and web pages can now cause risky calls without a question");
            }
            if name == "model" && is_unusual_model(&value) {
                out.notice(&format!(
                    "growqr: Anthropic is asked for the model {}; for a model of an OpenAI-compatible server, write openai/ before it",
                    shortened(&value, 64)
                ));
            }
            let value = Some(value).filter(|value| value != "default");
            set(profile, environment, out, vec![(name, value)]).await?;
        }
    }
    Ok(true)
}

/// An amount of money in a column: the points stand below each other, whether or not there are parts of cents.
fn amount(micro_cents: u64) -> String {
    let text = usd(micro_cents);
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    format!("{:>10}", format!("{text}{}", " ".repeat(4_usize.saturating_sub(decimals))))
}

pub async fn budget(profile: Profile, environment: &Environment, out: &Out, command: Budget) -> CommandResult {
    match command {
        Budget::Show { by: Some(by), days } => return spending(profile, out, by, days).await,
        Budget::Show { by: None, .. } => {
            let library = Library::open(profile).await?;
            let budget = library.budget().await?;
            let at_work = library.agents().await?.into_iter().filter(Agent::is_at_work);
            let allowances: u64 = at_work.filter_map(|agent| agent.allowance).sum();
            out.row(&budget, || {
                let month = budget.per_month.map_or_else(|| "no limit".to_owned(), usd);
                let line = |name: &str, used: u64, limit: &str| format!("{name:<13} {} of {limit}", amount(used));
                let raised = match budget.raised {
                    0 => String::new(),
                    raised => format!(" + {} that you added", usd(raised)),
                };
                let allowances = match allowances {
                    0 => String::new(),
                    allowances => format!("\nof which      {} is the allowance of sub-agents at work", amount(allowances)),
                };
                let unknown = match budget.unknown {
                    0 => String::new(),
                    unknown => format!("\nunknown       {} at most, for calls that were interrupted", amount(unknown)),
                };
                let reserved = match budget.reserved {
                    0 => String::new(),
                    reserved => format!("\nreserved      {} at most, for calls without an answer yet", amount(reserved)),
                };
                let of_all = |name: &str, TreeLimit { used, limit }: TreeLimit| format!("{name:<13} {used:>10} of {limit}");
                let unpriced = budget.unpriced.map_or_else(String::new, |UnpricedLimits { calls, tokens }| {
                    let (calls, tokens) = (of_all("model calls", calls), of_all("tokens", tokens));
                    format!("\n{calls} for this message, because the model has no known price\n{tokens}")
                });
                let children = of_all("sub-agents", budget.children);
                [
                    line("this message", budget.used_message, &format!("{}{raised}", usd(budget.per_message))),
                    line("today (UTC)", budget.used_day, &usd(budget.per_day)),
                    format!("{}{allowances}", line("this month", budget.used_month, &month)),
                    format!("total spent   {}{unknown}{reserved}", amount(budget.spent)),
                    format!("{children} for this message, theirs included{unpriced}"),
                ]
                .join("\n")
            });
        }
        Budget::Set(limits) => {
            let changes = [
                ("budget.per_message", limits.per_message),
                ("budget.per_day", limits.per_day),
                ("budget.per_month", limits.per_month),
                ("limit.children", limits.children),
                ("limit.unpriced_calls", limits.unpriced_calls),
                ("limit.unpriced_tokens", limits.unpriced_tokens),
            ];
            let changes =
                changes.into_iter().filter(|(_, value)| value.is_some()).map(|(name, value)| (name.to_owned(), value)).collect();
            set(profile, environment, out, changes).await?;
        }
    }
    Ok(true)
}

/// Prints what was spent, one line per agent, model or day.
async fn spending(profile: Profile, out: &Out, by: By, days: Option<u32>) -> CommandResult {
    let by = match by {
        By::Agent => SpendingBy::Agent,
        By::Model => SpendingBy::Model,
        By::Day => SpendingBy::Day,
    };
    let since = days.map_or(0, growqr_app::days_ago);
    let rows = Library::open(profile).await?.spending(by, since).await?;
    for row in &rows {
        out.row(row, || {
            let cached = (row.cached_tokens * 100).checked_div(row.input_tokens).unwrap_or(0);
            let marked = |text: String, is_estimate: bool| if is_estimate { format!("~{text}") } else { text };
            let tokens = |tokens: u64| marked(tokens.to_string(), row.estimates > 0);
            let cost = marked(usd(row.cost), row.is_cost_estimate());
            let mut parts = vec![
                format!("{:<28} {cost:>10} {:>6} calls", shortened(&row.name, 28), row.calls),
                format!("{:>10} in ({cached} % cached) {:>9} out", tokens(row.input_tokens), tokens(row.output_tokens)),
            ];
            parts.extend((row.unknown > 0).then(|| format!("up to {} unknown", usd(row.unknown))));
            parts.extend((row.reserved > 0).then(|| format!("{} reserved", usd(row.reserved))));
            parts.join("  ")
        });
    }
    if rows.iter().any(|row| row.estimates > 0) && !out.is_json() {
        out.notice("~ contains estimates: the provider did not count the tokens of all calls");
    }
    if rows.is_empty() && !out.is_json() {
        out.notice("nothing was spent");
    }
    Ok(true)
}

fn is_zero(amount: &str) -> bool {
    growqr_app::parse_usd(amount).is_ok_and(|amount| amount == 0)
}

/// Whether a model id is neither Anthropic's nor one of the other kinds.
fn is_unusual_model(value: &str) -> bool {
    !value.contains("claude") && !value.starts_with("openai/") && !matches!(value, "guide" | "default")
}

async fn set(
    profile: Profile,
    environment: &Environment,
    out: &Out,
    changes: Vec<(String, Option<String>)>,
) -> Result<(), AppError> {
    // Checks all values before the first change, so that a wrong value changes nothing.
    for (name, value) in &changes {
        value.as_ref().map(|value| check_setting(name, value)).transpose()?;
    }
    let (client, _) = Client::open(profile, environment, Needs::Lock).await?;
    for (name, value) in changes {
        client.send(Request::SetSetting { name: name.clone(), value: value.clone() }).await?;
        if name.starts_with("budget.") && value.as_deref().is_some_and(is_zero) {
            out.notice(&format!("{name} is 0 now: no model that costs money can be called"));
        } else {
            out.notice(&format!("{name} is {} now", value.as_deref().unwrap_or("its default")));
        }
    }
    client.close().await;
    Ok(())
}
