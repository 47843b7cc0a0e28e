//! The profile behind the window, opened once. When that fails, whoever asks next tries again, so that a person can
//! mend what is wrong and go on without a restart.

use growqr_app::{Desk, Environment, Home};
use growqr_wire as wire;
use tauri::{AppHandle, Manager};
use tokio::sync::OnceCell;

/// The state that commands get.
pub struct Desktop {
    environment: Environment,
    desk: OnceCell<Desk>,
}

impl Desktop {
    /// For this process's environment. Opens nothing.
    pub fn of_process() -> Desktop {
        Desktop { environment: Environment::of_process(), desk: OnceCell::new() }
    }

    /// Where things are; needs nothing to be open.
    pub fn home(&self) -> Result<Home, wire::Error> {
        Ok(Home::find(None, &self.environment)?)
    }

    /// The open profile.
    pub async fn desk(&self) -> Result<&Desk, wire::Error> {
        let open = || async { Desk::open(Home::find(None, &self.environment)?, self.environment.clone()).await };
        Ok(self.desk.get_or_try_init(open).await?)
    }

    /// The open profile, if it is.
    pub fn opened(&self) -> Option<&Desk> {
        self.desk.get()
    }
}

/// Opens the profile beside the page's start, so that agents go on with their work at once.
pub fn open_early(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = app.state::<Desktop>().desk().await {
            tracing::error!(%error, "the profile cannot be opened");
        }
    });
}

/// Closes the profile in good order, if it is open.
pub fn close(app: &AppHandle) {
    if let Some(desk) = app.state::<Desktop>().opened() {
        tauri::async_runtime::block_on(desk.close());
    }
}
