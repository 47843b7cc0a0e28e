//! A certified OpenID Connect server, `oidc-provider` of npm, as a child process on a loopback port. It is strict: it gives a
//! refresh token only for `prompt=consent`. Its only user is signed in in the browser and allows everything.

use crate::clerk::{Page, send};
use crate::{npm, skipped};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

const SERVER: &str = include_str!("server.mjs");

/// A running server. It is killed when this is dropped.
pub struct OidcServer {
    child: Child,
    issuer: String,
    posted: Arc<Mutex<Vec<String>>>,
    /// Removed on drop.
    _folder: tempfile::TempDir,
}

impl OidcServer {
    /// Starts a server and waits until it listens. Returns `None`, and reports the test as skipped, if it cannot be installed.
    ///
    /// # Panics
    /// If it does not start, or if there is none and `GROWQR_REQUIRE_OIDC` is set.
    #[must_use]
    pub fn start() -> Option<OidcServer> {
        // `cargo xtask install` installs the same version.
        let version = include_str!("../../../../xtask/oidc-provider.txt").trim();
        let Some(packages) = npm::install("oidc-provider", "oidc-provider", version) else {
            skipped("every test with a certified OpenID Connect server: npm could not install it");
            assert!(std::env::var_os("GROWQR_REQUIRE_OIDC").is_none(), "the OpenID Connect server is required");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let script = folder.path().join("server.mjs");
        std::fs::write(&script, SERVER).expect("the script is written");
        let mut node = Command::new("node");
        node.arg(script).arg(packages).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = node.spawn().expect("Node.js starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let issuer = lines.find(|line| line.starts_with("http")).expect("it listens");
        let posted = Arc::new(Mutex::new(Vec::new()));
        let requests = posted.clone();
        std::thread::spawn(move || {
            lines.for_each(|path| requests.lock().unwrap_or_else(PoisonError::into_inner).push(path));
        });
        Some(OidcServer { child, issuer, posted, _folder: folder })
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The client id of its application, which is public and returns to a loopback port.
    #[must_use]
    pub fn client_id(&self) -> &'static str {
        "growqr"
    }

    /// The number of forms that were sent to this path.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|posted| *posted == path).count()
    }

    /// Opens the address of a sign-in in a browser and follows it to its end. Returns the callback URL, which is not opened.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn allow(&self, url: &str) -> String {
        let mut cookies = BTreeMap::new();
        let mut url = url.to_owned();
        while url.starts_with(&self.issuer) {
            let page = self.open(&url, &mut cookies).await;
            let location = page.location.unwrap_or_else(|| panic!("{url} leads nowhere: {}", page.text));
            url = if location.starts_with('/') { format!("{}{location}", self.issuer) } else { location };
        }
        url
    }

    async fn open(&self, url: &str, cookies: &mut BTreeMap<String, String>) -> Page {
        let host = &self.issuer["http://".len()..];
        let sent: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let path = &url[self.issuer.len()..];
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {}\r\n\r\n", sent.join("; "));
        let page = send(host, &request).await.expect("it responds");
        let set = page.header("set-cookie").filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        cookies.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
        page
    }
}

impl Drop for OidcServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
