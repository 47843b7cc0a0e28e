//! The executors of GrowQR's own tools, besides those about other agents.

use growqr_core::tool::Executor;
use growqr_tools::web::{Network, SystemNetwork, WebLimits, WebTools};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the person has chosen about pages of the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WebPreferences {
    /// Agents can fetch pages.
    pub(crate) fetches: bool,
    /// The service of the model searches the web for it, if it can.
    pub(crate) searches: bool,
    /// Pages that the site's robots.txt forbids are not fetched.
    pub(crate) respects_robots: bool,
}

impl Default for WebPreferences {
    fn default() -> WebPreferences {
        WebPreferences { fetches: true, searches: false, respects_robots: true }
    }
}

impl WebPreferences {
    /// Reads the settings.
    ///
    /// # Errors
    /// A sentence that says what to write instead.
    pub(crate) fn parse<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<WebPreferences, String> {
        let is_on = |name: &str, default| match get(name) {
            None => Ok(default),
            Some("on") => Ok(true),
            Some("off") => Ok(false),
            Some(_) => Err("write on or off".to_owned()),
        };
        let defaults = WebPreferences::default();
        Ok(WebPreferences {
            fetches: is_on("web.fetch", defaults.fetches)?,
            searches: is_on("web.search", defaults.searches)?,
            respects_robots: is_on("web.robots", defaults.respects_robots)?,
        })
    }
}

/// The executors.
pub(crate) struct OwnTools {
    /// Those that are always on.
    fixed: Vec<Arc<dyn Executor>>,
    web: Arc<WebTools>,
    fetches: AtomicBool,
}

impl OwnTools {
    pub(crate) fn new(fixed: Vec<Arc<dyn Executor>>, preferences: WebPreferences) -> OwnTools {
        let web = Arc::new(WebTools::new(network(), WebLimits::default()));
        let own = OwnTools { fixed, web, fetches: AtomicBool::new(true) };
        own.choose(preferences);
        own
    }

    /// Takes over what the person has chosen. The tools on offer change with the next [`OwnTools::executors`].
    pub(crate) fn choose(&self, preferences: WebPreferences) {
        self.fetches.store(preferences.fetches, Ordering::Relaxed);
        self.web.respect_robots(preferences.respects_robots);
    }

    /// Those that are on.
    pub(crate) fn executors(&self) -> Vec<Arc<dyn Executor>> {
        let mut executors = self.fixed.clone();
        if self.fetches.load(Ordering::Relaxed) {
            executors.push(Arc::clone(&self.web) as Arc<dyn Executor>);
        }
        executors
    }
}

/// The network of this computer; in a build for tests the sites of the test, if it has some.
pub(super) fn network() -> Arc<dyn Network> {
    #[cfg(feature = "stop-points")]
    if let Some(sites) = super::test_network::TestNetwork::find() {
        return Arc::new(sites);
    }
    Arc::new(SystemNetwork)
}
