//! The `growqr keys` commands. A key's value is read from standard input and passed to growqr-app, and to nothing else.

use crate::CommandResult;
use crate::args::Keys;
use crate::print::{Out, Style, sanitized};
use growqr_app::{AppError, Client, Environment, Profile, send_request, unlock_keychain};
use growqr_wire::{ApiKey, Key, KeyCheck, KeySource, Keychain, KeychainState, Reply, Request};
use std::io::{IsTerminal, Read};

/// The reply to a request about keys: the keys in use and the state of the keychain.
type KeysReply = (Vec<Key>, Keychain);

pub async fn keys(profile: Profile, environment: &Environment, out: &Out, command: Keys) -> CommandResult {
    match command {
        Keys::List => list(profile, environment, out).await,
        Keys::Set { name, unchecked } => {
            let value = ApiKey(read_secret(&name)?);
            if !unchecked && !is_accepted_by_provider(&profile, environment, out, &name, &value).await? {
                return Ok(false);
            }
            set(profile, environment, out, &name, value).await
        }
        Keys::Unlock => unlock(profile, environment, out).await,
        Keys::Remove { name } => {
            let (keys, _) =
                keys_reply(send_request(profile, environment, Request::SetKey { name: name.clone(), value: None }).await?)?;
            if keys.iter().any(|key| key.name == name) {
                out.notice("the environment still has a key, which is used as long as it is set there");
            } else {
                out.notice("the key is removed");
            }
            Ok(true)
        }
    }
}

async fn list(profile: Profile, environment: &Environment, out: &Out) -> CommandResult {
    let (keys, keychain) = keys_reply(send_request(profile, environment, Request::Keys).await?)?;
    for key in &keys {
        print_key(out, key);
    }
    if !out.is_json() {
        if keys.is_empty() {
            out.notice("no keys; store one with: growqr keys set anthropic");
        }
        if keychain.state != KeychainState::Ready {
            print_keychain(out, &keychain);
        }
    }
    Ok(true)
}

/// Succeeds if keys can be stored afterwards.
async fn unlock(profile: Profile, environment: &Environment, out: &Out) -> CommandResult {
    let (_, keychain) = keys_reply(send_request(profile, environment, Request::UnlockKeychain).await?)?;
    out.row(&keychain, || keychain.found.clone());
    if keychain.state != KeychainState::Ready {
        out.notice("the system's dialog was closed, or the system has none");
    }
    Ok(keychain.state == KeychainState::Ready)
}

/// Lets the provider check the key and prints the result. Returns false if the provider refused the key.
async fn is_accepted_by_provider(
    profile: &Profile,
    environment: &Environment,
    out: &Out,
    name: &str,
    value: &ApiKey,
) -> CommandResult {
    let request = Request::CheckKey { name: name.to_owned(), value: value.clone() };
    let check = match send_request(profile.clone(), environment, request).await? {
        Reply::KeyChecked { check } => check,
        other => return Err(unexpected_reply(&other)),
    };
    match check {
        KeyCheck::Accepted => out.notice("the provider accepts this key"),
        KeyCheck::Unknown { message } => {
            out.notice(&format!("the key could not be checked: {}", sanitized(&message)));
        }
        KeyCheck::Refused { message } => {
            out.error(AppError::BadRequest {
                message: format!("the provider refused the key, so it was not stored: {message}"),
                next_step: "Copy the whole key from the provider's console; --unchecked stores it without a check.".to_owned(),
            });
            return Ok(false);
        }
    }
    Ok(true)
}

async fn set(profile: Profile, environment: &Environment, out: &Out, name: &str, value: ApiKey) -> CommandResult {
    let request = Request::SetKey { name: name.to_owned(), value: Some(value) };
    let (mut has_host, mut reply) = set_key(&profile, environment, &request).await?;
    let offer = match reply.1.state {
        KeychainState::Locked => Some("the system's keychain is locked; unlock it in its dialog, if it shows one"),
        KeychainState::NotSetUp => Some("there is no keychain yet; the system's dialog, if it shows one, creates it"),
        KeychainState::Ready | KeychainState::Absent => None,
    };
    if let Some(offer) = offer.filter(|_| !has_host) {
        out.notice(offer);
        if unlock_keychain(&profile).await {
            (has_host, reply) = set_key(&profile, environment, &request).await?;
        }
    }
    let (keys, keychain) = reply;
    if !has_host && keychain.state != KeychainState::Ready {
        return Err(not_stored_error(keychain));
    }
    let Some(key) = keys.iter().find(|key| key.name == name) else { return Ok(false) };
    if !has_host && key.source == KeySource::Memory {
        return Err(not_stored_error(keychain));
    }
    print_key(out, key);
    match key.source {
        KeySource::Keychain => {}
        KeySource::Environment => out.notice("the environment also has a key, which is used as long as it is set there"),
        KeySource::Memory => print_keychain(out, &keychain),
    }
    Ok(true)
}

/// Sends the request to the running host. If no host runs, takes the profile lock for this one request. Returns whether
/// a host runs.
async fn set_key(profile: &Profile, environment: &Environment, request: &Request) -> Result<(bool, KeysReply), AppError> {
    let (client, _) = Client::open(profile.clone(), environment, request.class().needs).await?;
    let reply = client.send(request.clone()).await;
    let has_host = client.is_attached();
    client.close().await;
    Ok((has_host, keys_reply(reply?)?))
}

fn keys_reply(reply: Reply) -> Result<KeysReply, AppError> {
    match reply {
        Reply::Keys { keys, keychain } => Ok((keys, keychain)),
        other => Err(unexpected_reply(&other)),
    }
}

/// The error for a reply that does not fit the request, as a host of another build may send. The reply is not printed.
fn unexpected_reply(_reply: &Reply) -> AppError {
    AppError::Protocol { problem: "sent an unexpected answer".to_owned() }
}

/// The error for a key that only this process has in memory: the key is lost when the process ends.
fn not_stored_error(keychain: Keychain) -> AppError {
    let next = keychain.next_step.unwrap_or_default();
    AppError::BadRequest {
        message: format!("the key was not stored: {}", keychain.found),
        next_step: format!("{next} While `growqr chat` runs in another terminal, a key can be set for that run."),
    }
}

fn print_key(out: &Out, key: &Key) {
    let place = match key.source {
        KeySource::Environment => "from the environment",
        KeySource::Keychain => "in the system's keychain",
        KeySource::Memory => "in the memory of the running GrowQR only",
    };
    out.row(key, || format!("{}  {}", key.name, out.style(Style::Dim, place)));
}

fn print_keychain(out: &Out, keychain: &Keychain) {
    let step = keychain.next_step.as_ref().map(|step| format!("\n  {step}")).unwrap_or_default();
    out.notice(&format!("{}{step}", keychain.found));
}

/// The most that is read from standard input. It is more than a key may have, so that a longer one is refused, not cut.
const MAX_INPUT_BYTES: u64 = 64 * 1024;

/// Reads a key from standard input. It is never an argument: other programs can read the arguments of a process.
fn read_secret(name: &str) -> Result<String, AppError> {
    if std::io::stdin().is_terminal() {
        eprintln!("Paste the key for {name}, then Enter and Ctrl-D. It is shown on the screen; use a pipe to avoid that.");
    }
    let mut text = String::new();
    std::io::stdin().take(MAX_INPUT_BYTES).read_to_string(&mut text).map_err(|source| AppError::BadRequest {
        message: format!("standard input could not be read: {source}"),
        next_step: "Pipe the key in.".to_owned(),
    })?;
    Ok(text.trim().to_owned())
}
