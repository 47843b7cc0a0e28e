//! The `growqr auth` commands: sign in, sign out, switch, status. The sign-in callback comes from the browser to a
//! loopback port.

use crate::args::{Auth, SignIn as SignInArgs};
use crate::print::{Out, Style, sanitized_line, time};
use crate::{CommandResult, browser};
use growqr_app::{
    AppError, CallbackRoute, Environment, LOCAL_PROFILE, Profile, SignIn, SignInFailure, SignInOutcome, without_sign_in,
};
use growqr_wire::{Person, SignIn as View, SignInState};
use std::io::{IsTerminal, Write};
use tokio::sync::mpsc;

pub async fn auth(profile: Profile, environment: &Environment, out: &Out, command: Auth) -> CommandResult {
    let service = SignIn::find(&profile, environment)?;
    let Some(service) = service else {
        return match command {
            Auth::Status => {
                print_view(out, &without_sign_in(&profile)?);
                Ok(true)
            }
            _ => Err(SignInFailure::NotConfigured.into()),
        };
    };
    service.resume().await?;
    let result = run(&service, out, command).await;
    service.close().await;
    result
}

/// Does `work`, which may take longer than a sign-in is confirmed for, and keeps the sign-in valid meanwhile, as the window does.
pub async fn keeping_sign_in<T>(profile: &Profile, environment: &Environment, work: impl Future<Output = T>) -> T {
    let service = match SignIn::find(profile, environment) {
        Ok(Some(service)) => service,
        Ok(None) => return work.await,
        Err(error) => {
            tracing::debug!(%error, "the sign-in is not kept valid");
            return work.await;
        }
    };
    let keep = async {
        if let Err(error) = service.resume().await {
            tracing::debug!(%error, "the sign-in could not be resumed");
        }
        service.keep_signed_in(|| {}).await;
        std::future::pending().await
    };
    let done = tokio::select! {
        done = work => done,
        never = keep => never,
    };
    service.close().await;
    done
}

async fn run(service: &SignIn, out: &Out, command: Auth) -> CommandResult {
    match command {
        Auth::Status => service.renew_if_expired().await?,
        Auth::SignIn(flags) => {
            if !sign_in(service, out, &flags).await? {
                return Ok(false);
            }
        }
        Auth::SignOut => {
            let (_, notice) = service.sign_out().await?;
            if let Some(notice) = notice {
                out.notice(&notice);
            }
        }
        // An account that has adopted the profile named `local` can still be chosen by its email address.
        Auth::Switch { who } if who == "local" => drop(service.switch(LOCAL_PROFILE).await?),
        Auth::Switch { who } => drop(service.switch(&who).await?),
    }
    print_view(out, &service.view()?);
    Ok(true)
}

/// Signs in. If the service gives a lasting sign-in only with consent, signs in once more and asks for it.
async fn sign_in(service: &SignIn, out: &Out, flags: &SignInArgs) -> CommandResult {
    if !attempt(service, out, flags).await? {
        return Ok(false);
    }
    if service.needs_consent() {
        out.notice("This sign-in would end with this command: the service keeps you signed in only if you agree once more.");
        let again = SignInArgs { adopt: false, fresh: true, someone_else: false, no_browser: flags.no_browser };
        // The person is signed in already; an error of this attempt changes nothing.
        if let Err(error) = attempt(service, out, &again).await {
            out.notice(&format!("That failed: {error}."));
        }
    }
    Ok(true)
}

async fn attempt(service: &SignIn, out: &Out, flags: &SignInArgs) -> CommandResult {
    let adopt = (flags.adopt || flags.fresh).then_some(flags.adopt);
    if adopt.is_none() && !std::io::stdin().is_terminal() && service.has_local_data().await? {
        return Err(AppError::BadRequest {
            message: "the local profile has data, and standard input is not a terminal to ask whose data it is".to_owned(),
            next_step: "If the data is yours, add --adopt; otherwise add --fresh.".to_owned(),
        });
    }
    let attempt = service.begin(CallbackRoute::LoopbackPort, flags.someone_else).await?;
    if let Some(notice) = &attempt.notice {
        out.notice(notice);
    }
    out.notice(&format!("To sign in, open this in a browser on this computer (Ctrl-C to stop):\n{}", attempt.url));
    if !flags.no_browser {
        browser::open(out, &attempt.url);
    }
    let outcome = tokio::select! {
        outcome = service.complete(attempt, adopt) => outcome?,
        _ = tokio::signal::ctrl_c() => {
            service.cancel().await?;
            return Err(SignInFailure::Stopped.into());
        }
    };
    if let SignInOutcome::NeedsChoice = outcome {
        let Some(adopt) = ask_to_adopt(out).await else {
            service.cancel().await?;
            return Err(SignInFailure::Stopped.into());
        };
        service.choose(adopt).await?;
    }
    Ok(true)
}

/// Asks the person whether the data in the local profile is theirs. `None` if they leave without an answer (Ctrl-C,
/// Ctrl-D).
async fn ask_to_adopt(out: &Out) -> Option<bool> {
    let mut lines = lines();
    loop {
        out.notice("You are new on this computer, and the local profile has conversations, memory, settings or keys.");
        eprint!("Is this data yours, and should it become your profile? [y/n] ");
        let _ = std::io::stderr().flush();
        let line = tokio::select! {
            line = lines.recv() => line?,
            _ = tokio::signal::ctrl_c() => return None,
        };
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Some(true),
            "n" | "no" => return Some(false),
            _ => {}
        }
    }
}

/// Lines typed on standard input. A blocking read cannot be cancelled, so it has its own thread, which ends with the
/// process.
fn lines() -> mpsc::Receiver<String> {
    let (typed, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if typed.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn print_view(out: &Out, view: &View) {
    out.row(view, || {
        let status = match (view.state, &view.person) {
            (SignInState::NotConfigured, None) => "No sign-in service is configured; the local profile is open.".to_owned(),
            (SignInState::SignedOut, _) | (_, None) => "Nobody is signed in; the local profile is open.".to_owned(),
            (SignInState::NeedsSignIn, Some(person)) => {
                format!("{}: the sign-in has ended; sign in again.", display_name(person))
            }
            (SignInState::Choosing, Some(person)) => {
                format!(
                    "{} has not answered yet whether the data on this computer is theirs; sign in again.",
                    display_name(person)
                )
            }
            (_, Some(person)) => {
                let until = view.until.map(|until| {
                    let verb = if view.state == SignInState::Offline { "not confirmed since" } else { "valid until" };
                    format!(", {verb} {} UTC", time(until))
                });
                let until = until.unwrap_or_default();
                format!("Signed in as {}, last confirmed {} UTC{until}.", display_name(person), time(person.last_verified_at))
            }
        };
        let notice = view.notice.as_ref().map(|notice| format!("\n{notice}")).unwrap_or_default();
        let current = view.person.as_ref().map(|person| &person.profile);
        let others = view.people.iter().filter(|person| Some(&person.profile) != current);
        let others: String = others.map(|person| format!("\n  {}", out.style(Style::Dim, &display_name(person)))).collect();
        let others = if others.is_empty() { others } else { format!("\nAlso here:{others}") };
        format!("{status}{notice}{others}")
    });
}

fn display_name(person: &Person) -> String {
    match (&person.name, &person.email) {
        (Some(name), Some(email)) => format!("{} <{}>", sanitized_line(name), sanitized_line(email)),
        (Some(name), None) => sanitized_line(name),
        (None, Some(email)) => sanitized_line(email),
        (None, None) => sanitized_line(&person.id),
    }
}
