//! The open profile of the window. If it cannot be opened, the next command tries again, so that the user can correct
//! the problem without a restart. The profile can be replaced while the window stays open.

use growqr_app::{Environment, Profile, ProfileSession, Subscription};
use growqr_wire as wire;
use std::collections::HashSet;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;
use tauri::{AppHandle, Manager};
use tokio::sync::Mutex;

/// How long quitting waits for a profile that is being opened.
const OPEN_TIMEOUT: Duration = Duration::from_secs(2);

/// The open profile, managed by Tauri.
pub struct Desktop {
    environment: Environment,
    /// The profile that is open or is to be opened. `None` until the first one is opened: then [`Profile::find`] chooses it.
    /// It is remembered because `find` may return another one later: a sign-in is stored before its profile is opened.
    profile: StdMutex<Option<Profile>>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    session: Option<Arc<ProfileSession>>,
    /// `None` until the first switch of the profile; then the windows whose page has subscribed since the last one. The pages of
    /// the others still show the old profile.
    current_pages: Option<HashSet<String>>,
}

impl Open {
    fn is_outdated(&self, window: &str) -> bool {
        self.current_pages.as_ref().is_some_and(|current| !current.contains(window))
    }
}

impl Desktop {
    /// Uses the environment of this process. Opens nothing yet.
    pub fn from_process() -> Desktop {
        Desktop::with_environment(if tauri::is_dev() { Environment::for_development() } else { Environment::from_process() })
    }

    fn with_environment(environment: Environment) -> Desktop {
        Desktop { environment, profile: StdMutex::default(), open: Mutex::default() }
    }

    /// The environment variables that the process was started with.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The paths of the profile. Does not open it.
    pub fn profile(&self) -> Result<Profile, wire::Error> {
        let chosen = self.profile.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(chosen.map_or_else(|| Profile::find(None, &self.environment), Ok)?)
    }

    /// The open profile. Opens it if necessary.
    pub async fn session(&self) -> Result<Arc<ProfileSession>, wire::Error> {
        self.open_session(&mut *self.open.lock().await).await
    }

    /// The open profile, for a request from the page of this window.
    ///
    /// # Errors
    /// [`wire::ErrorCode::Stopping`] if the request would change something, but the profile was switched and the page has
    /// not subscribed to the new one yet.
    pub async fn session_for(&self, window: &str, request: &wire::Request) -> Result<Arc<ProfileSession>, wire::Error> {
        let mut open = self.open.lock().await;
        if open.is_outdated(window) && request.class().changes != wire::Changes::Nothing {
            let text = "another profile is open now, so nothing was changed";
            return Err(wire::Error::new(wire::ErrorCode::Stopping, text)
                .retryable()
                .next("Check which profile is open, then try again."));
        }
        self.open_session(&mut open).await
    }

    /// The stream of events of the open profile, from now on, for the page of this window.
    pub async fn subscribe_page(&self, window: &str) -> Result<Subscription, wire::Error> {
        let mut open = self.open.lock().await;
        let subscription = self.open_session(&mut open).await?.client().subscribe();
        if let Some(current) = &mut open.current_pages {
            current.insert(window.to_owned());
        }
        Ok(subscription)
    }

    /// The stream of events of the open profile, from now on, for the shell itself.
    pub async fn subscribe(&self) -> Result<Subscription, wire::Error> {
        Ok(self.session().await?.client().subscribe())
    }

    /// Closes the open profile and opens this one. Returns `false` if this one is open already.
    ///
    /// # Errors
    /// If it cannot be opened. The old profile is closed nevertheless, and the next call of [`Desktop::session`] tries again.
    pub async fn switch(&self, profile: Profile) -> Result<bool, wire::Error> {
        let mut open = self.open.lock().await;
        if open.session.as_ref().is_some_and(|session| session.library().profile().id() == profile.id()) {
            return Ok(false);
        }
        self.replace(&mut open, profile).await?;
        Ok(true)
    }

    /// Like [`Desktop::switch`], but opens the profile again if it is open: its owner has changed.
    ///
    /// # Errors
    /// As [`Desktop::switch`].
    pub async fn reopen(&self, profile: Profile) -> Result<(), wire::Error> {
        self.replace(&mut *self.open.lock().await, profile).await
    }

    async fn replace(&self, open: &mut Open, profile: Profile) -> Result<(), wire::Error> {
        self.set_profile(profile);
        open.current_pages = Some(HashSet::new());
        if let Some(session) = open.session.take() {
            session.close().await;
        }
        self.open_session(open).await.map(drop)
    }

    fn set_profile(&self, profile: Profile) {
        *self.profile.lock().unwrap_or_else(PoisonError::into_inner) = Some(profile);
    }

    /// The profile, if it is open. Waits at most [`OPEN_TIMEOUT`] for one that is being opened, so that quitting is quick.
    pub async fn session_if_open(&self) -> Option<Arc<ProfileSession>> {
        tokio::time::timeout(OPEN_TIMEOUT, self.open.lock()).await.ok()?.session.clone()
    }

    async fn open_session(&self, open: &mut Open) -> Result<Arc<ProfileSession>, wire::Error> {
        if let Some(session) = &open.session {
            return Ok(Arc::clone(session));
        }
        let profile = self.profile()?;
        let session = Arc::new(ProfileSession::open(profile.clone(), &self.environment).await?);
        self.set_profile(profile);
        open.session = Some(Arc::clone(&session));
        Ok(session)
    }
}

/// Opens the profile in the background while the page loads, so that agents continue their work at once.
pub fn open_early(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = app.state::<Desktop>().session().await {
            tracing::error!(%error, "the profile cannot be opened");
        }
    });
}

/// Closes the profile, if it is open.
pub async fn close(app: &AppHandle) {
    if let Some(session) = app.state::<Desktop>().session_if_open().await {
        session.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desktop(folder: &std::path::Path, config: &str) -> Desktop {
        std::fs::write(folder.join("config.toml"), config).unwrap();
        Desktop::with_environment(Environment::from_variables(&[("GROWQR_DATA_DIR", &folder.display().to_string())]))
    }

    fn other(folder: &std::path::Path) -> Profile {
        std::fs::write(folder.join("config.toml"), "profile = \"other\"").unwrap();
        Profile::find(Some(folder), &Environment::default()).unwrap()
    }

    fn set(value: &str) -> wire::Request {
        wire::Request::SetSetting { name: "budget.per_day".to_owned(), value: Some(value.to_owned()) }
    }

    async fn change(desktop: &Desktop, value: &str) -> Result<(), wire::Error> {
        let request = set(value);
        Ok(desktop.session_for("main", &request).await?.client().send(request).await.map(drop)?)
    }

    async fn per_day(desktop: &Desktop) -> String {
        let settings = desktop.session().await.unwrap().library().settings().await.unwrap();
        settings.into_iter().find(|setting| setting.name == "budget.per_day").unwrap().value
    }

    #[tokio::test]
    async fn a_switch_closes_one_profile_opens_the_other_and_ends_the_event_stream() {
        let folder = tempfile::tempdir().unwrap();
        let desktop = desktop(folder.path(), "");
        let mut subscription = desktop.subscribe_page("main").await.unwrap();
        let first = desktop.session().await.unwrap();
        change(&desktop, "3").await.unwrap();
        assert!(desktop.switch(other(folder.path())).await.unwrap());
        assert_eq!(subscription.next().await, None);
        assert!(first.client().send(set("4")).await.is_err(), "the old profile is closed");
        assert_eq!(desktop.profile().unwrap().id().as_str(), "other");
        assert_ne!(per_day(&desktop).await, "3", "a setting of one profile does not apply to the other");
        assert!(!desktop.switch(desktop.profile().unwrap()).await.unwrap(), "it is open already");
    }

    #[tokio::test]
    async fn a_page_of_the_old_profile_changes_nothing_in_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let desktop = desktop(folder.path(), "");
        change(&desktop, "3").await.unwrap();
        desktop.switch(other(folder.path())).await.unwrap();
        assert_eq!(change(&desktop, "4").await.unwrap_err().code, wire::ErrorCode::Stopping);
        assert!(desktop.session_for("main", &wire::Request::Keys).await.is_ok(), "a read-only request is allowed");
        desktop.subscribe_page("main").await.unwrap();
        change(&desktop, "5").await.unwrap();
        assert_eq!(per_day(&desktop).await, "5");
        let of_quick_chat = desktop.session_for("quick", &set("6")).await;
        assert!(of_quick_chat.is_err(), "the page of another window has not subscribed yet");
    }
}
