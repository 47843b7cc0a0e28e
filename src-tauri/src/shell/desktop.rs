//! The open profile of the window. If it cannot be opened, the next command tries again, so that the user can correct
//! the problem without a restart. The profile can be replaced while the window stays open.

use growqr_app::{Desk, Environment, Following, Home};
use growqr_wire as wire;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;
use tauri::{AppHandle, Manager};
use tokio::sync::Mutex;

/// How long quitting waits for a profile that is being opened.
const OPEN_TIMEOUT: Duration = Duration::from_secs(2);

/// The open profile, managed by Tauri.
pub struct Desktop {
    environment: Environment,
    /// The profile that is open or is to be opened. `None` until the first one is opened: then [`Home::find`] chooses it.
    /// It is remembered because `find` may return another one later: a sign-in is stored before its profile is opened.
    home: StdMutex<Option<Home>>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    desk: Option<Arc<Desk>>,
    /// Set by a switch of the profile until the page subscribes again: until then the page shows the old profile.
    page_is_outdated: bool,
}

impl Desktop {
    /// Uses the environment of this process. Opens nothing yet.
    pub fn of_process() -> Desktop {
        Desktop::of(if tauri::is_dev() { Environment::of_development() } else { Environment::of_process() })
    }

    fn of(environment: Environment) -> Desktop {
        Desktop { environment, home: StdMutex::default(), open: Mutex::default() }
    }

    /// The environment variables that the process was started with.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The paths of the profile. Does not open it.
    pub fn home(&self) -> Result<Home, wire::Error> {
        let chosen = self.home.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(chosen.map_or_else(|| Home::find(None, &self.environment), Ok)?)
    }

    /// The open profile. Opens it if necessary.
    pub async fn desk(&self) -> Result<Arc<Desk>, wire::Error> {
        self.open_desk(&mut *self.open.lock().await).await
    }

    /// The open profile, for a request from the page.
    ///
    /// # Errors
    /// [`wire::ErrorCode::Stopping`] if the request would change something, and the profile was switched after the page
    /// had subscribed.
    pub async fn desk_for(&self, request: &wire::Request) -> Result<Arc<Desk>, wire::Error> {
        let mut open = self.open.lock().await;
        if open.page_is_outdated && request.class().changes != wire::Changes::Nothing {
            let text = "another profile is open now, so nothing was changed";
            return Err(wire::Error::new(wire::ErrorCode::Stopping, text)
                .retryable()
                .next("Check which profile is open, then try again."));
        }
        self.open_desk(&mut open).await
    }

    /// The stream of events of the open profile, from now on.
    pub async fn follow(&self) -> Result<Following, wire::Error> {
        let mut open = self.open.lock().await;
        let following = self.open_desk(&mut open).await?.client().follow();
        open.page_is_outdated = false;
        Ok(following)
    }

    /// Closes the open profile and opens this one. Returns `false` if this one is open already.
    ///
    /// # Errors
    /// If it cannot be opened. The old profile is closed nevertheless, and the next call of [`Desktop::desk`] tries again.
    pub async fn switch(&self, home: Home) -> Result<bool, wire::Error> {
        let mut open = self.open.lock().await;
        if open.desk.as_ref().is_some_and(|desk| desk.library().home().profile() == home.profile()) {
            return Ok(false);
        }
        self.replace(&mut open, home).await?;
        Ok(true)
    }

    /// Like [`Desktop::switch`], but opens the profile again if it is open: its owner has changed.
    ///
    /// # Errors
    /// As [`Desktop::switch`].
    pub async fn reopen(&self, home: Home) -> Result<(), wire::Error> {
        self.replace(&mut *self.open.lock().await, home).await
    }

    async fn replace(&self, open: &mut Open, home: Home) -> Result<(), wire::Error> {
        self.set_home(home);
        open.page_is_outdated = true;
        if let Some(desk) = open.desk.take() {
            desk.close().await;
        }
        self.open_desk(open).await.map(drop)
    }

    fn set_home(&self, home: Home) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = Some(home);
    }

    /// The profile, if it is open. Waits at most [`OPEN_TIMEOUT`] for one that is being opened, so that quitting is quick.
    pub async fn desk_if_open(&self) -> Option<Arc<Desk>> {
        tokio::time::timeout(OPEN_TIMEOUT, self.open.lock()).await.ok()?.desk.clone()
    }

    async fn open_desk(&self, open: &mut Open) -> Result<Arc<Desk>, wire::Error> {
        if let Some(desk) = &open.desk {
            return Ok(Arc::clone(desk));
        }
        let home = self.home()?;
        let desk = Arc::new(Desk::open(home.clone(), &self.environment).await?);
        self.set_home(home);
        open.desk = Some(Arc::clone(&desk));
        Ok(desk)
    }
}

/// Opens the profile in the background while the page loads, so that agents continue their work at once.
pub fn open_early(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = app.state::<Desktop>().desk().await {
            tracing::error!(%error, "the profile cannot be opened");
        }
    });
}

/// Closes the profile, if it is open.
pub async fn close(app: &AppHandle) {
    if let Some(desk) = app.state::<Desktop>().desk_if_open().await {
        desk.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desktop(folder: &std::path::Path, config: &str) -> Desktop {
        std::fs::write(folder.join("config.toml"), config).unwrap();
        Desktop::of(Environment::of(&[("GROWQR_DATA_DIR", &folder.display().to_string())]))
    }

    fn other(folder: &std::path::Path) -> Home {
        std::fs::write(folder.join("config.toml"), "profile = \"other\"").unwrap();
        Home::find(Some(folder), &Environment::default()).unwrap()
    }

    fn set(value: &str) -> wire::Request {
        wire::Request::SetSetting { name: "budget.per_day".to_owned(), value: Some(value.to_owned()) }
    }

    async fn change(desktop: &Desktop, value: &str) -> Result<(), wire::Error> {
        let request = set(value);
        Ok(desktop.desk_for(&request).await?.client().ask(request).await.map(drop)?)
    }

    async fn per_day(desktop: &Desktop) -> String {
        let settings = desktop.desk().await.unwrap().library().settings().await.unwrap();
        settings.into_iter().find(|setting| setting.name == "budget.per_day").unwrap().value
    }

    #[tokio::test]
    async fn a_switch_closes_one_profile_opens_the_other_and_ends_the_event_stream() {
        let folder = tempfile::tempdir().unwrap();
        let desktop = desktop(folder.path(), "");
        let mut following = desktop.follow().await.unwrap();
        let first = desktop.desk().await.unwrap();
        change(&desktop, "3").await.unwrap();
        assert!(desktop.switch(other(folder.path())).await.unwrap());
        assert_eq!(following.next().await, None);
        assert!(first.client().ask(set("4")).await.is_err(), "the old profile is closed");
        assert_eq!(desktop.home().unwrap().profile().as_str(), "other");
        assert_ne!(per_day(&desktop).await, "3", "a setting of one profile does not apply to the other");
        assert!(!desktop.switch(desktop.home().unwrap()).await.unwrap(), "it is open already");
    }

    #[tokio::test]
    async fn a_page_of_the_old_profile_changes_nothing_in_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let desktop = desktop(folder.path(), "");
        change(&desktop, "3").await.unwrap();
        desktop.switch(other(folder.path())).await.unwrap();
        assert_eq!(change(&desktop, "4").await.unwrap_err().code, wire::ErrorCode::Stopping);
        assert!(desktop.desk_for(&wire::Request::Keys).await.is_ok(), "a read-only request is allowed");
        desktop.follow().await.unwrap();
        change(&desktop, "5").await.unwrap();
        assert_eq!(per_day(&desktop).await, "5");
    }
}
