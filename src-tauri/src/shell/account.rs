//! Sign-in for the window. Holds one sign-in service for the whole run, and sends the page an event after each change.
//!
//! No secret passes through this file. The authorization URL goes to the browser and to the page, which shows it for
//! copying; codes and tokens stay inside `growqr-app`.

use super::desktop::Desktop;
use super::{link, schemes};
use growqr_app::{AppError, CallbackRoute, Profile, SignIn, SignInAttempt, SignInFailure, SignInOutcome, without_sign_in};
use growqr_wire as wire;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::{AppHandle, Emitter, Manager};
use tauri_plugin_opener::OpenerExt;
use tokio::sync::OnceCell;

/// Event for the page: the sign-in view has changed.
const SIGN_IN_CHANGED: &str = "sign-in-changed";

/// Event for the page: another profile is open, so everything on the screen is outdated.
const PROFILE_CHANGED: &str = "profile-changed";

/// The sign-in state, managed by Tauri.
#[derive(Default)]
pub struct Account {
    service: OnceCell<Option<Arc<SignIn>>>,
    /// A message to show about the user's last action.
    notice: Mutex<Option<String>>,
}

impl Account {
    fn set_notice(&self, text: Option<String>) {
        *self.notice.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

/// Resumes the sign-in of the open profile in the background. Returns at once.
pub fn resume_early(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = service(&app).await {
            tracing::warn!(%error, "sign-in is not available");
        }
        notify_page(&app);
    });
}

/// Closes the service, which ends a running attempt.
pub async fn close(app: &AppHandle) {
    if let Some(Some(service)) = app.state::<Account>().service.get() {
        service.close().await;
    }
}

/// The sign-in view to show.
pub async fn view(app: &AppHandle) -> Result<wire::SignIn, wire::Error> {
    let view = match service(app).await? {
        Some(service) => service.view()?,
        None => without_sign_in(&app.state::<Desktop>().profile()?)?,
    };
    let notice = app.state::<Account>().notice.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(wire::SignIn { notice: view.notice.or(notice), ..view })
}

/// Starts an attempt and opens the browser. The page gets an event when the attempt ends.
pub async fn begin(app: &AppHandle, someone_else: bool, by_port: bool) -> Result<wire::SignIn, wire::Error> {
    let service = required_service(app).await?;
    // With `by_port` the links are not needed, so they are not checked.
    let has_no_links = !by_port && !schemes::receives_sign_in(app).await;
    let route = if by_port || has_no_links { CallbackRoute::LoopbackPort } else { CallbackRoute::DeepLink };
    let attempt = service.begin(route, someone_else).await?;
    let links_notice =
        || "On this computer GrowQR's links do not open this program, so the browser returns through a local port.".to_owned();
    let mut notice = attempt.notice.clone().or_else(|| has_no_links.then(links_notice));
    if !open_in_browser(app, &attempt.url) {
        // The error is not logged: its text contains the authorization URL, which must not be in a log.
        tracing::info!("no browser could be opened");
        notice = Some("No browser could be opened: copy the address and open it by hand.".to_owned());
    }
    app.state::<Account>().set_notice(notice);
    tauri::async_runtime::spawn(finish(app.clone(), service, attempt, by_port));
    view(app).await
}

/// Cancels the attempt, also if it waits for the answer to [`choose`].
pub async fn cancel(app: &AppHandle) -> Result<wire::SignIn, wire::Error> {
    required_service(app).await?.cancel().await?;
    app.state::<Account>().set_notice(None);
    view(app).await
}

/// Takes a new user's answer: `adopt` if the data in the local profile is theirs.
pub async fn choose(app: &AppHandle, adopt: bool) -> Result<wire::SignIn, wire::Error> {
    let profile = required_service(app).await?.choose(adopt).await?;
    app.state::<Account>().set_notice(None);
    if adopt {
        // The profile is the same, but its owner is stored in its database, so it is opened again.
        let opened = app.state::<Desktop>().reopen(profile).await;
        emit(app, PROFILE_CHANGED);
        opened?;
    } else {
        show_profile(app, profile).await?;
    }
    notify_page(app);
    view(app).await
}

/// Signs out on this computer and opens the local profile.
pub async fn sign_out(app: &AppHandle) -> Result<wire::SignIn, wire::Error> {
    let (profile, notice) = required_service(app).await?.sign_out().await?;
    app.state::<Account>().set_notice(notice);
    show_profile(app, profile).await?;
    view(app).await
}

/// Opens a profile that exists on this computer.
pub async fn switch(app: &AppHandle, profile: &str) -> Result<wire::SignIn, wire::Error> {
    let profile = required_service(app).await?.switch(profile).await?;
    app.state::<Account>().set_notice(None);
    show_profile(app, profile).await?;
    view(app).await
}

/// Refreshes the session now.
pub async fn check(app: &AppHandle) -> Result<wire::SignIn, wire::Error> {
    required_service(app).await?.refresh().await?;
    app.state::<Account>().set_notice(None);
    view(app).await
}

/// The user's picture as a `data:` URL. `None` if there is none, or if it cannot be downloaded.
pub async fn picture(app: &AppHandle) -> Result<Option<String>, wire::Error> {
    let address = view(app).await?.person.and_then(|person| person.picture_url);
    match address {
        Some(address) => Ok(growqr_app::picture(&address).await),
        None => Ok(None),
    }
}

/// Handles a link that claims to be the OAuth callback. Any program can send one: it has an effect only if its `state`
/// matches the attempt.
pub async fn callback(app: &AppHandle, link: &str) {
    let Ok(Some(service)) = service(app).await else { return };
    let Err(error) = service.callback(link).await else { return };
    tracing::info!(%error, "a callback link was rejected");
    // While an attempt waits or a user is signed in, a wrong link is ignored. Otherwise it may be the callback of an
    // attempt that ended when the program quit, so the user gets a message.
    let is_signed_out = |view: wire::SignIn| matches!(view.state, wire::SignInState::SignedOut | wire::SignInState::NeedsSignIn);
    if is_without_attempt(&error) && service.view().is_ok_and(is_signed_out) {
        app.state::<Account>().set_notice(Some("That sign-in has expired. Sign in again.".to_owned()));
        notify_page(app);
    }
}

fn is_without_attempt(error: &AppError) -> bool {
    matches!(error, AppError::SignIn(SignInFailure::Callback(growqr_app::CallbackError::NoAttempt)))
}

/// The service, or `None` if Clerk is not configured. Created once. A configuration error is not stored: the next call
/// tries again, so that the user can correct it without a restart.
async fn service(app: &AppHandle) -> Result<Option<Arc<SignIn>>, wire::Error> {
    let account = app.state::<Account>();
    let found = account.service.get_or_try_init(|| create_service(app)).await?;
    Ok(found.clone())
}

async fn create_service(app: &AppHandle) -> Result<Option<Arc<SignIn>>, wire::Error> {
    let desktop = app.state::<Desktop>();
    let Some(service) = SignIn::find_for(schemes::own(), &desktop.profile()?, desktop.environment())? else {
        return Ok(None);
    };
    let service = Arc::new(service);
    service.resume().await?;
    let (task_service, task_app) = (Arc::clone(&service), app.clone());
    tauri::async_runtime::spawn(async move { task_service.keep_signed_in(|| notify_page(&task_app)).await });
    Ok(Some(service))
}

async fn required_service(app: &AppHandle) -> Result<Arc<SignIn>, wire::Error> {
    let service = service(app).await?;
    Ok(service.ok_or(AppError::from(SignInFailure::NotConfigured))?)
}

/// Waits until the attempt ends, without a timeout, and shows the result.
async fn finish(app: AppHandle, service: Arc<SignIn>, attempt: SignInAttempt, by_port: bool) {
    let result = match service.complete(attempt, None).await {
        Ok(SignInOutcome::Opened(profile)) => show_profile(&app, *profile).await.map(|()| true),
        Ok(SignInOutcome::NeedsChoice) => Ok(true),
        // The user cancelled it: no message is needed.
        Err(AppError::SignIn(SignInFailure::AttemptFailed(ended))) if ended.is_cancellation() => Ok(false),
        Err(error) => Err(error.into()),
    };
    let needs_consent = matches!(result, Ok(true)) && service.needs_consent();
    match result {
        // A message about the attempt is outdated now. A lasting problem is part of the view itself.
        Ok(true) => app.state::<Account>().set_notice(None),
        Ok(false) => {}
        Err(error) => app.state::<Account>().set_notice(Some(failure_text(error))),
    }
    notify_page(&app);
    if needs_consent {
        ask_consent(&app, by_port).await;
    }
}

/// [`begin`], whose end leads here again.
fn begin_again(app: &AppHandle, by_port: bool) -> Pin<Box<dyn Future<Output = Result<wire::SignIn, wire::Error>> + Send + '_>> {
    Box::pin(begin(app, false, by_port))
}

/// Begins a second attempt, because the service gives a lasting sign-in only if the user agrees once more.
async fn ask_consent(app: &AppHandle, by_port: bool) {
    let notice = match begin_again(app, by_port).await {
        Ok(_) => "To stay signed in, agree once more in the browser. Otherwise this sign-in ends with this run.".to_owned(),
        Err(error) => failure_text(error),
    };
    app.state::<Account>().set_notice(Some(notice));
    notify_page(app);
}

fn failure_text(error: wire::Error) -> String {
    let step = error.next_step.map(|step| format!(" {step}")).unwrap_or_default();
    format!("Sign-in failed: {}.{step}", error.message)
}

async fn show_profile(app: &AppHandle, profile: Profile) -> Result<(), wire::Error> {
    let switched = app.state::<Desktop>().switch(profile).await;
    // Also after an error: the old profile is closed, so what is on the screen is outdated.
    if !matches!(switched, Ok(false)) {
        emit(app, PROFILE_CHANGED);
    }
    switched.map(drop)
}

fn notify_page(app: &AppHandle) {
    emit(app, SIGN_IN_CHANGED);
}

fn emit(app: &AppHandle, event: &str) {
    if let Err(error) = app.emit(event, ()) {
        tracing::warn!(%error, event, "an event could not be sent to the pages");
    }
}

/// Opens an address in the browser. Returns `false` if that fails.
fn open_in_browser(app: &AppHandle, address: &str) -> bool {
    link::parse_safe(address).is_ok_and(|address| app.opener().open_url(address.as_str(), None::<&str>).is_ok())
}
