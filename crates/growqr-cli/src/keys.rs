//! The `growqr keys` commands. A key's value is read from standard input and passed to growqr-app, and to nothing else.

use crate::Done;
use crate::args::Keys;
use crate::print::{Look, Out, plain_lines};
use growqr_app::{AppError, Client, Environment, Profile, send_request, unlock_keychain};
use growqr_wire::{Key, KeyCheck, KeySource, Keychain, KeychainState, Reply, Request, Secret};
use std::io::{IsTerminal, Read};

/// The reply to a request about keys: the keys in use and the state of the keychain.
type Known = (Vec<Key>, Keychain);

pub async fn keys(profile: Profile, environment: &Environment, out: &Out, command: Keys) -> Done {
    match command {
        Keys::List => list(profile, environment, out).await,
        Keys::Set { name, unchecked } => {
            let value = Secret(read_secret(&name)?);
            if !unchecked && !is_welcome(&profile, environment, out, &name, &value).await? {
                return Ok(false);
            }
            set(profile, environment, out, &name, value).await
        }
        Keys::Remove { name } => {
            let (keys, _) =
                known(send_request(profile, environment, Request::SetKey { name: name.clone(), value: None }).await?)?;
            if keys.iter().any(|key| key.name == name) {
                out.notice("the environment still has one, which counts as long as it is set there");
            }
            Ok(true)
        }
    }
}

async fn list(profile: Profile, environment: &Environment, out: &Out) -> Done {
    let (keys, keychain) = known(send_request(profile, environment, Request::Keys).await?)?;
    for key in &keys {
        show(out, key);
    }
    if !out.is_json() {
        if keys.is_empty() {
            out.notice("no keys; keep one with: growqr keys set anthropic");
        }
        if keychain.state != KeychainState::Ready {
            tell(out, &keychain);
        }
    }
    Ok(true)
}

/// Lets the provider check the key and prints the result. Returns false if the provider refused the key.
async fn is_welcome(profile: &Profile, environment: &Environment, out: &Out, name: &str, value: &Secret) -> Done {
    let request = Request::CheckKey { name: name.to_owned(), value: value.clone() };
    let check = match send_request(profile.clone(), environment, request).await? {
        Reply::KeyChecked { check } => check,
        other => return Err(strange(&other)),
    };
    match check {
        KeyCheck::Accepted => out.notice("the provider accepts this key"),
        KeyCheck::Unknown { message } => {
            out.notice(&format!("the key could not be checked, and is used all the same: {}", plain_lines(&message)));
        }
        KeyCheck::Refused { message } => {
            out.error(AppError::BadRequest {
                message: format!("the provider refused the key, so it was not kept: {message}"),
                next_step: "Copy the whole key from the provider's console; --unchecked keeps it all the same.".to_owned(),
            });
            return Ok(false);
        }
    }
    Ok(true)
}

async fn set(profile: Profile, environment: &Environment, out: &Out, name: &str, value: Secret) -> Done {
    let request = Request::SetKey { name: name.to_owned(), value: Some(value) };
    let (mut has_host, mut known) = set_once(&profile, environment, &request).await?;
    if !has_host && known.1.state == KeychainState::Locked {
        out.notice("the system's keychain is locked; answer its question, if it shows one, to unlock it");
        if unlock_keychain(&profile).await {
            (has_host, known) = set_once(&profile, environment, &request).await?;
        }
    }
    let (keys, keychain) = known;
    if !has_host && keychain.state != KeychainState::Ready {
        return Err(not_kept(keychain));
    }
    let Some(key) = keys.iter().find(|key| key.name == name) else { return Ok(false) };
    show(out, key);
    match key.source {
        KeySource::Keychain => {}
        KeySource::Environment => out.notice("the environment has one too, which counts as long as it is set there"),
        KeySource::Memory => tell(out, &keychain),
    }
    Ok(true)
}

/// Sends the request to the running host. If no host runs, takes the profile lock for this one request. Returns whether
/// a host runs.
async fn set_once(profile: &Profile, environment: &Environment, request: &Request) -> Result<(bool, Known), AppError> {
    let (client, _) = Client::open(profile.clone(), environment, request.class().needs).await?;
    let reply = client.send(request.clone()).await;
    let has_host = client.is_attached();
    client.close().await;
    Ok((has_host, known(reply?)?))
}

fn known(reply: Reply) -> Result<Known, AppError> {
    match reply {
        Reply::Keys { keys, keychain } => Ok((keys, keychain)),
        other => Err(strange(&other)),
    }
}

/// A host of another build may send such a reply. Its content is not printed.
fn strange(_reply: &Reply) -> AppError {
    AppError::Protocol { problem: "answered something else than was asked".to_owned() }
}

/// The error for a key that only this process has in memory: the key is lost when the process ends.
fn not_kept(keychain: Keychain) -> AppError {
    let next = keychain.next_step.unwrap_or_default();
    AppError::BadRequest {
        message: format!("the key was not kept: {}", keychain.found),
        next_step: format!("{next} A key can also be set for one run, while `growqr chat` runs in another terminal."),
    }
}

fn show(out: &Out, key: &Key) {
    let place = match key.source {
        KeySource::Environment => "from the environment",
        KeySource::Keychain => "in the system's keychain",
        KeySource::Memory => "in memory of the running GrowQR only",
    };
    out.row(key, || format!("{}  {}", key.name, out.style(Look::Dim, place)));
}

fn tell(out: &Out, keychain: &Keychain) {
    let step = keychain.next_step.as_ref().map(|step| format!("\n  {step}")).unwrap_or_default();
    out.notice(&format!("{}{step}", keychain.found));
}

/// Reads a key from standard input. It is never an argument: other programs can read the arguments of a process.
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
