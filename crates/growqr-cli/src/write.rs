//! Commands about keys, settings and budgets.

use crate::Done;
use crate::args::{Budget, Config, Keys};
use crate::print::{Look, Out, usd};
use growqr_app::{AppError, Client, Environment, Home, Library, check_setting, keys_of};
use growqr_wire::{Agent, Reply, Request, Secret, Setting};
use std::io::{IsTerminal, Read};

pub async fn keys(home: Home, environment: &Environment, out: &Out, command: Keys) -> Done {
    let running = Client::running(&home).await?;
    match (command, running) {
        (Keys::List, running) => {
            let keys = match running {
                Some(mut client) => match client.ask(Request::Keys).await? {
                    Reply::Keys { keys } => keys,
                    _ => Vec::new(),
                },
                None => keys_of(environment),
            };
            for key in &keys {
                out.row(key, || format!("{}  {}", key.name, out.style(Look::Dim, &format!("from {}", key.source))));
            }
            if keys.is_empty() && !out.is_json() {
                out.notice("no keys; set ANTHROPIC_API_KEY, or while GrowQR runs: growqr keys set anthropic");
            }
        }
        (_, None) => return Err(not_kept()),
        (Keys::Set { name }, Some(mut client)) => {
            let value = Some(Secret(read_secret(&name)?));
            client.ask(Request::SetKey { name, value }).await?;
        }
        (Keys::Remove { name }, Some(mut client)) => {
            client.ask(Request::SetKey { name, value: None }).await?;
        }
    }
    Ok(true)
}

fn not_kept() -> AppError {
    AppError::BadRequest {
        message: "a key is kept in the memory of the running GrowQR only, and none runs".to_owned(),
        next_step: "Set ANTHROPIC_API_KEY instead, or set the key while `growqr chat` runs in another terminal.".to_owned(),
    }
}

/// A key from standard input. It is never an argument, where other programs could read it.
fn read_secret(name: &str) -> Result<String, AppError> {
    if std::io::stdin().is_terminal() {
        eprintln!("Paste the key for {name}, then Enter and Ctrl-D. It will be shown here; a pipe avoids that.");
    }
    let mut text = String::new();
    std::io::stdin().take(4_096).read_to_string(&mut text).map_err(|source| AppError::BadRequest {
        message: format!("standard input could not be read: {source}"),
        next_step: "Pipe the key in.".to_owned(),
    })?;
    Ok(text.trim().to_owned())
}

pub async fn config(home: Home, environment: &Environment, out: &Out, command: Config) -> Done {
    match command {
        Config::Get { name } => {
            let settings = Library::open(home).await?.settings().await?;
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
                    None => format!("{:<24} {:<18} {}", setting.name, setting.value, out.style(Look::Dim, &setting.about)),
                });
            }
        }
        Config::Set { name, value } => {
            let value = Some(value).filter(|value| value != "default");
            set(home, environment, vec![(name, value)]).await?;
        }
    }
    Ok(true)
}

pub async fn budget(home: Home, environment: &Environment, out: &Out, command: Budget) -> Done {
    match command {
        Budget::Show => {
            let library = Library::open(home).await?;
            let budget = library.budget().await?;
            let at_work = library.agents().await?.into_iter().filter(Agent::is_at_work);
            let held: u64 = at_work.filter_map(|agent| agent.allowance).sum();
            out.row(&budget, || {
                let month = budget.per_month.map_or_else(|| "no limit".to_owned(), usd);
                let line = |name: &str, used: u64, limit: &str| format!("{name:<13} {:>10} of {limit}", usd(used));
                let held = match held {
                    0 => String::new(),
                    held => format!("\nof which      {:>10} is held by sub-agents at work", usd(held)),
                };
                let unknown = match budget.unknown {
                    0 => String::new(),
                    unknown => format!("\nunknown       {:>10} at most, for calls that broke off", usd(unknown)),
                };
                [
                    line("this message", budget.used_message, &usd(budget.per_message)),
                    line("today (UTC)", budget.used_day, &usd(budget.per_day)),
                    format!("{}{held}", line("this month", budget.used_month, &month)),
                    format!("spent ever    {:>10}{unknown}", usd(budget.spent)),
                ]
                .join("\n")
            });
        }
        Budget::Set(limits) => {
            let changes = [
                ("budget.per_message", limits.per_message),
                ("budget.per_day", limits.per_day),
                ("budget.per_month", limits.per_month),
            ];
            let changes =
                changes.into_iter().filter(|(_, value)| value.is_some()).map(|(name, value)| (name.to_owned(), value)).collect();
            set(home, environment, changes).await?;
        }
    }
    Ok(true)
}

async fn set(home: Home, environment: &Environment, changes: Vec<(String, Option<String>)>) -> Result<(), AppError> {
    // All or nothing.
    for (name, value) in &changes {
        value.as_ref().map(|value| check_setting(name, value)).transpose()?;
    }
    let mut client = Client::holding(home, environment).await?;
    for (name, value) in changes {
        client.ask(Request::SetSetting { name, value }).await?;
    }
    client.close().await;
    Ok(())
}
