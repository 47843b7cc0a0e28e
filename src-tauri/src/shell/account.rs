//! Who is signed in: one service for the whole life of the window, and the page told of every change.
//!
//! Nothing secret passes here. The address of an attempt goes to the browser and to the page, which shows it for
//! copying; codes and tokens stay behind `growqr-app`.

use super::desktop::Desktop;
use super::{incoming_links, link};
use growqr_app::{AppError, Arrival, Begun, Home, SignIn, SignInFailure, WayBack, without_sign_in};
use growqr_wire as wire;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::{AppHandle, Emitter, Manager};
use tauri_plugin_opener::OpenerExt;
use tokio::sync::OnceCell;

/// Heard by the page: what is to be shown about signing in is not what it was.
const SIGN_IN_CHANGED: &str = "sign-in-changed";

/// Heard by the page: another profile is open, and everything on the screen is of the old one.
const PROFILE_CHANGED: &str = "profile-changed";

/// The state that commands get.
#[derive(Default)]
pub struct Account {
    service: OnceCell<Option<Arc<SignIn>>>,
    /// What is left to say about the last thing the person did.
    notice: Mutex<Option<String>>,
}

impl Account {
    fn set_notice(&self, text: Option<String>) {
        *self.notice.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

/// Goes on as whoever's profile is open, and keeps their sign-in alive. Returns at once.
pub fn resume_early(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = service(&app).await {
            tracing::warn!(%error, "signing in is not possible");
        }
        notify_page(&app);
    });
}

/// Ends an attempt, so that nothing is left half done.
pub async fn close(app: &AppHandle) {
    if let Some(Some(service)) = app.state::<Account>().service.get() {
        service.close().await;
    }
}

/// What is to be shown.
pub async fn view(app: &AppHandle) -> Result<wire::SignIn, wire::Error> {
    let view = match service(app).await? {
        Some(service) => service.view()?,
        None => without_sign_in(&app.state::<Desktop>().home()?)?,
    };
    let notice = app.state::<Account>().notice.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(wire::SignIn { notice: view.notice.or(notice), ..view })
}

/// Begins an attempt and opens the browser; how it ends is told to the page.
pub async fn begin(app: &AppHandle, someone_else: bool, by_port: bool) -> Result<wire::SignIn, wire::Error> {
    let service = required_service(app).await?;
    let has_links = by_port || incoming_links::receives_sign_in(app).await;
    let way = if has_links && !by_port { WayBack::Link } else { WayBack::Port };
    let begun = service.begin(way, someone_else).await?;
    let no_links = || "GrowQR's links do not open this program here: the browser comes back to a port instead.".to_owned();
    let mut notice = begun.notice.clone().or_else(|| (!has_links).then(no_links));
    if !is_opened(app, &begun.url) {
        // Not why: the reason repeats the address, which belongs into no log.
        tracing::info!("no browser could be opened");
        notice = Some("No browser could be opened: copy the address and open it by hand.".to_owned());
    }
    app.state::<Account>().set_notice(notice);
    tauri::async_runtime::spawn(finish(app.clone(), service, begun));
    view(app).await
}

/// Ends the attempt, or the question whose data this is.
pub async fn cancel(app: &AppHandle) -> Result<wire::SignIn, wire::Error> {
    required_service(app).await?.cancel().await?;
    app.state::<Account>().set_notice(None);
    view(app).await
}

/// The answer of somebody new: whether what is in the local profile is theirs.
pub async fn choose(app: &AppHandle, adopt: bool) -> Result<wire::SignIn, wire::Error> {
    let home = required_service(app).await?.choose(adopt).await?;
    app.state::<Account>().set_notice(None);
    if adopt {
        // Nothing in it has changed but whose it is, which is kept beside its data.
        let opened = app.state::<Desktop>().reopen(home).await;
        emit(app, PROFILE_CHANGED);
        opened?;
    } else {
        show_profile(app, home).await?;
    }
    notify_page(app);
    view(app).await
}

/// Signs out on this computer. The local profile is open then.
pub async fn sign_out(app: &AppHandle) -> Result<wire::SignIn, wire::Error> {
    let (home, notice) = required_service(app).await?.sign_out().await?;
    app.state::<Account>().set_notice(notice);
    show_profile(app, home).await?;
    view(app).await
}

/// Opens the profile of somebody who has one here.
pub async fn switch(app: &AppHandle, profile: &str) -> Result<wire::SignIn, wire::Error> {
    let home = required_service(app).await?.switch(profile).await?;
    app.state::<Account>().set_notice(None);
    show_profile(app, home).await?;
    view(app).await
}

/// Asks the service now.
pub async fn check(app: &AppHandle) -> Result<wire::SignIn, wire::Error> {
    required_service(app).await?.refresh().await?;
    app.state::<Account>().set_notice(None);
    view(app).await
}

/// The person's picture as a `data:` address. `None` if they have none, or it is not to be had.
pub async fn picture(app: &AppHandle) -> Result<Option<String>, wire::Error> {
    let address = view(app).await?.person.and_then(|person| person.picture_url);
    match address {
        Some(address) => Ok(growqr_app::picture(&address).await),
        None => Ok(None),
    }
}

/// Takes a link that says it is the browser's answer. Anybody can send one: only the right one does anything.
pub async fn callback(app: &AppHandle, link: &str) {
    let Ok(Some(service)) = service(app).await else { return };
    let Err(error) = service.callback(link).await else { return };
    tracing::info!(%error, "a link did not sign in");
    // While an attempt waits, or somebody is signed in, a stray link is not worth a word. Else this may be the answer to
    // an attempt that ended with the program.
    let is_nobody = |view: wire::SignIn| matches!(view.state, wire::SignInState::SignedOut | wire::SignInState::NeedsSignIn);
    if is_without_attempt(&error) && service.view().is_ok_and(is_nobody) {
        app.state::<Account>().set_notice(Some("That sign-in is no longer waited for. Start again.".to_owned()));
        notify_page(app);
    }
}

fn is_without_attempt(error: &AppError) -> bool {
    matches!(error, AppError::SignIn(SignInFailure::Callback(growqr_app::CallbackError::NoAttempt)))
}

/// The service, if one is set. Found once; what is set wrong can be mended without a restart.
async fn service(app: &AppHandle) -> Result<Option<Arc<SignIn>>, wire::Error> {
    let account = app.state::<Account>();
    let found = account.service.get_or_try_init(|| create_service(app)).await?;
    Ok(found.clone())
}

async fn create_service(app: &AppHandle) -> Result<Option<Arc<SignIn>>, wire::Error> {
    let desktop = app.state::<Desktop>();
    let Some(service) = SignIn::find_for(incoming_links::schemes(), &desktop.home()?, desktop.environment())? else {
        return Ok(None);
    };
    let service = Arc::new(service);
    service.resume().await?;
    let (task_service, task_app) = (Arc::clone(&service), app.clone());
    tauri::async_runtime::spawn(async move { task_service.keep(|| notify_page(&task_app)).await });
    Ok(Some(service))
}

async fn required_service(app: &AppHandle) -> Result<Arc<SignIn>, wire::Error> {
    let service = service(app).await?;
    Ok(service.ok_or(AppError::from(SignInFailure::NotConfigured))?)
}

/// Waits for the end of an attempt, however long the person takes.
async fn finish(app: AppHandle, service: Arc<SignIn>, begun: Begun) {
    let result = match service.complete(begun, None).await {
        Ok(Arrival::Opened(home)) => show_profile(&app, *home).await.map(|()| true),
        Ok(Arrival::Asks) => Ok(true),
        // Whoever ended it knows.
        Err(AppError::SignIn(SignInFailure::Ended(ended))) if ended.is_cancellation() => Ok(false),
        Err(error) => Err(error.into()),
    };
    match result {
        // What was said while it went on is settled, but for what the status says itself.
        Ok(true) => app.state::<Account>().set_notice(None),
        Ok(false) => {}
        Err(error) => app.state::<Account>().set_notice(Some(failure_text(error))),
    }
    notify_page(&app);
}

fn failure_text(error: wire::Error) -> String {
    let step = error.next_step.map(|step| format!(" {step}")).unwrap_or_default();
    format!("Signing in did not work: {}.{step}", error.message)
}

async fn show_profile(app: &AppHandle, home: Home) -> Result<(), wire::Error> {
    let switched = app.state::<Desktop>().switch(home).await;
    // Also where it cannot be opened: what is on the screen is no longer what is asked for.
    if !matches!(switched, Ok(false)) {
        emit(app, PROFILE_CHANGED);
    }
    switched.map(drop)
}

fn notify_page(app: &AppHandle) {
    emit(app, SIGN_IN_CHANGED);
}

fn emit(app: &AppHandle, event: &str) {
    if let Err(error) = app.emit_to("main", event, ()) {
        tracing::warn!(%error, event, "the page could not be told");
    }
}

fn is_opened(app: &AppHandle, address: &str) -> bool {
    link::parse_safe(address).is_ok_and(|address| app.opener().open_url(address.as_str(), None::<&str>).is_ok())
}
