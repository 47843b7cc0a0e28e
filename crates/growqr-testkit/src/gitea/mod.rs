//! A strict stand-in for a Gitea server: the REST API and the commands that the product uses, and git over HTTP through the
//! real `git http-backend` on the same bare repositories.
//!
//! [`GiteaStub`] runs it on a thread of the test; [`program`] runs it as the program `gitea` in a container. Both keep their
//! state in files, which the server and the commands share. It refuses what Gitea refuses, with the same status codes, and
//! answers as the version that it claims.
//!
//! Not imitated: pages, hooks and webhooks, issues, reviews of pull requests, organisations, LFS, trees and comparisons by API.

mod admin;
mod api;
mod api_routes;
mod auth;
mod bare;
mod contents;
#[cfg(target_os = "linux")]
mod image;
mod program;
mod pull_merge;
mod pulls;
mod reply;
mod serve;
mod server;
mod settings;
mod smart_http;
mod state;
mod switches;
mod version;

pub use admin::Output;
#[cfg(target_os = "linux")]
pub use image::{IMPORT_CHANGES, binary, image_root};
pub use program::program;
pub use settings::Settings;
pub use switches::Switches;
pub use version::Version;

use bare::Bare;
use server::Server;
use state::{Repo, Store};
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// A recorded request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

/// A running stand-in. Dropping it stops the server and removes its data.
pub struct GiteaStub {
    server: Arc<Server>,
    running: Option<Running>,
    _folder: tempfile::TempDir,
}

struct Running {
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl GiteaStub {
    /// Starts the newest version on a free loopback port, with the settings of the product.
    ///
    /// # Panics
    /// If no port is free or the disk is full.
    #[must_use]
    pub fn start() -> GiteaStub {
        GiteaStub::start_with(Version::V28, Settings::for_tests())
    }

    /// Starts this version with these settings.
    ///
    /// # Panics
    /// If the settings are refused, no port is free or the disk is full.
    #[must_use]
    pub fn start_with(version: Version, settings: Settings) -> GiteaStub {
        settings.check().expect("the settings are accepted");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let store = Store::new(folder.path());
        if settings.is_installed() {
            store.migrate(version).expect("the folder can be written");
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
        let port = listener.local_addr().expect("the listener has an address").port();
        let switches = Mutex::new(Switches { version, ..Switches::default() });
        let server =
            Arc::new(Server { store, settings, switches, requests: Mutex::default(), hanging: AtomicUsize::new(0), port });
        let running = Some(serve(&server, listener));
        GiteaStub { server, running, _folder: folder }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }

    /// The URL of a repository for git.
    #[must_use]
    pub fn git_url(&self, owner: &str, name: &str) -> String {
        format!("{}/{owner}/{name}.git", self.url())
    }

    /// Changes the behaviour.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        self.server.switch(change);
    }

    /// Stops the server: connections are refused. The data stays.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = running.stop.send(());
            let _ = running.thread.join();
        }
    }

    /// Starts a stopped server on the same port.
    ///
    /// # Panics
    /// If another program has taken the port.
    pub fn start_again(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.server.port)).expect("the port is still free");
        self.running = Some(serve(&self.server, listener));
    }

    /// Runs a command, such as `["admin", "user", "list"]`.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Output {
        admin::run(&self.server.store, &self.server.settings, self.server.version(), arguments)
    }

    /// Adds a user and returns a token with these scopes.
    ///
    /// # Panics
    /// If the server refuses the name or a scope.
    pub fn add_user(&self, name: &str, scopes: &str) -> String {
        let email = format!("{name}@example.com");
        let create = ["admin", "user", "create", "--username", name, "--email", &email, "--random-password"];
        let created = self.command(&[create.as_slice(), &["--must-change-password=false"]].concat());
        assert_eq!(created.exit, 0, "{created:?}");
        self.add_token(name, "test", scopes)
    }

    /// Removes all tokens of a user.
    pub fn revoke_tokens(&self, user: &str) {
        self.update(|data| data.tokens.retain(|token| token.user != user));
    }

    /// The names of a user's tokens.
    #[must_use]
    pub fn token_names(&self, user: &str) -> Vec<String> {
        let data = self.server.store.read().expect("the state can be read");
        data.tokens.iter().filter(|token| token.user == user).map(|token| token.name.clone()).collect()
    }

    /// Whether this is the user's password.
    #[must_use]
    pub fn has_password(&self, user: &str, password: &str) -> bool {
        let data = self.server.store.read().expect("the state can be read");
        data.user(user).is_some_and(|user| user.password == state::hashed(password))
    }

    /// The names of all users.
    #[must_use]
    pub fn users(&self) -> Vec<String> {
        self.server.store.read().expect("the state can be read").users.into_iter().map(|user| user.name).collect()
    }

    /// Makes a user change their password before they may do anything else.
    pub fn demand_new_password(&self, user: &str) {
        let commanded = self.command(&["admin", "user", "must-change-password", user]);
        assert_eq!(commanded.exit, 0, "{commanded:?}");
    }

    /// Adds an empty private repository.
    ///
    /// # Panics
    /// If git cannot create it.
    pub fn add_repo(&self, owner: &str, name: &str) {
        self.bare(owner, name).create("main").expect("git can create a repository");
        self.update(|data| {
            let id = data.id();
            let (owner, name, default_branch) = (owner.to_owned(), name.to_owned(), "main".to_owned());
            let (private, says_empty, without_pulls) = (true, true, false);
            data.repos.push(Repo { id, owner, name, private, default_branch, says_empty, without_pulls });
        });
    }

    /// Removes a repository.
    ///
    /// # Panics
    /// If there is none.
    pub fn remove_repo(&self, owner: &str, name: &str) {
        self.update(|data| data.repos.retain(|repo| repo.owner != owner || repo.name != name));
        std::fs::remove_dir_all(self.bare(owner, name).0).expect("there is such a repository");
    }

    /// Changes a file on the branch `main`, or deletes it if there is no content, as a person does in Gitea's pages. Returns
    /// the commit.
    ///
    /// # Panics
    /// If there is no such repository.
    pub fn edit_page(&self, repo: (&str, &str), path: &str, content: Option<impl AsRef<[u8]>>) -> String {
        let bytes = content.as_ref().map(AsRef::as_ref);
        self.edit_pages(repo, &[(path, bytes)])
    }

    /// Like [`GiteaStub::edit_page`], for several files in one commit.
    ///
    /// # Panics
    /// If there is no such repository.
    pub fn edit_pages(&self, (owner, name): (&str, &str), edits: &[(&str, Option<&[u8]>)]) -> String {
        let email = format!("{owner}@example.com");
        let message = format!("Update {}\n", edits.first().map_or("", |(path, _)| path));
        self.bare(owner, name).edit("main", edits, (owner, &email), &message).expect("git can commit")
    }

    /// Changes a file on another branch. Returns the commit.
    ///
    /// # Panics
    /// If there is no such repository.
    pub fn edit_branch(&self, (owner, name): (&str, &str), branch: &str, path: &str, content: &str) -> String {
        let email = format!("{owner}@example.com");
        let edits = [(path, Some(content.as_bytes()))];
        self.bare(owner, name).edit(branch, &edits, (owner, &email), "Update\n").expect("git can commit")
    }

    /// Makes a branch at this commit.
    ///
    /// # Panics
    /// If there is no such commit.
    pub fn add_branch(&self, (owner, name): (&str, &str), branch: &str, commit: &str) {
        let arguments = ["update-ref", &format!("refs/heads/{branch}"), commit];
        self.bare(owner, name).git(&arguments, None).expect("there is such a commit");
    }

    /// Merges a pull request as a person does in Gitea's pages, with the style `merge`, `rebase` or `squash`.
    ///
    /// # Panics
    /// If the server refuses it.
    pub fn merge_pull(&self, repo: (&str, &str), number: u64, style: &str) {
        let (owner, name) = repo;
        let token = self.add_token(owner, &state::random_hex(4), "write:repository");
        let request = crate::http::HttpRequest {
            method: "POST".to_owned(),
            path: String::new(),
            query: String::new(),
            headers: vec![
                ("authorization".to_owned(), format!("token {token}")),
                ("content-type".to_owned(), "application/json".to_owned()),
            ],
            body: format!("{{\"Do\":\"{style}\"}}").into_bytes(),
            too_large: false,
        };
        let route = format!("repos/{owner}/{name}/pulls/{number}/merge");
        let status = match api_routes::answer(&self.server, &request, &route) {
            Ok(reply) | Err(reply) => reply.status,
        };
        assert_eq!(status, 200, "{style} of pull request {number}");
    }

    /// Comments on a pull request as this user.
    ///
    /// # Panics
    /// If there is no such pull request.
    pub fn comment_on_pull(&self, (owner, name): (&str, &str), number: u64, user: &str, body: &str) {
        self.update(|data| {
            let repo = data.repo(owner, name).map(|repo| repo.id);
            let pull = data.pulls.iter_mut().find(|pull| Some(pull.repo) == repo && pull.number == number);
            let pull = pull.expect("there is such a pull request");
            let id = pull.comments.len() as u64 + 1;
            pull.comments.push(state::Comment { id, user: user.to_owned(), body: body.to_owned() });
        });
    }

    /// Adds a token to a user and returns it.
    ///
    /// # Panics
    /// If the server refuses the name or a scope.
    pub fn add_token(&self, user: &str, name: &str, scopes: &str) -> String {
        let generate = ["admin", "user", "generate-access-token", "--username", user, "--token-name", name];
        let made = self.command(&[generate.as_slice(), &["--scopes", scopes, "--raw"]].concat());
        assert_eq!(made.exit, 0, "{made:?}");
        made.stdout.trim().to_owned()
    }

    /// Starts the server again with other settings, on the same data.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn restarted_with(mut self, settings: Settings) -> GiteaStub {
        self.stop();
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
        let port = listener.local_addr().expect("the listener has an address").port();
        let switches = Mutex::new(Switches { version: self.server.version(), ..Switches::default() });
        let store = self.server.store.clone();
        self.server =
            Arc::new(Server { store, settings, switches, requests: Mutex::default(), hanging: AtomicUsize::new(0), port });
        self.running = Some(serve(&self.server, listener));
        self
    }

    /// The commits of `main`, newest first.
    #[must_use]
    pub fn commits(&self, owner: &str, name: &str) -> Vec<String> {
        let bare = self.bare(owner, name);
        bare.head("main").map(|head| bare.log(&head)).unwrap_or_default()
    }

    /// The files of `main`, sorted by path.
    #[must_use]
    pub fn files(&self, owner: &str, name: &str) -> Vec<String> {
        let bare = self.bare(owner, name);
        bare.head("main").map(|head| bare.files(&head).into_iter().map(|entry| entry.path).collect()).unwrap_or_default()
    }

    /// The content of a file on `main`.
    #[must_use]
    pub fn file(&self, owner: &str, name: &str, path: &str) -> Option<Vec<u8>> {
        let bare = self.bare(owner, name);
        let entry = bare.entry(&bare.head("main")?, path)?;
        bare.blob(&entry.id).ok()
    }

    /// Points `main` at another commit, as when an administrator restores a backup; `None` removes the branch.
    ///
    /// # Panics
    /// If there is no such commit.
    pub fn set_head(&self, owner: &str, name: &str, commit: Option<&str>) {
        let arguments = match commit {
            Some(commit) => vec!["update-ref", "refs/heads/main", commit],
            None => vec!["update-ref", "-d", "refs/heads/main"],
        };
        self.bare(owner, name).git(&arguments, None).expect("there is such a commit");
    }

    /// All requests so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests wait now because of [`Switches::hangs`].
    #[must_use]
    pub fn hanging(&self) -> usize {
        self.server.hanging.load(Ordering::SeqCst)
    }

    /// The folder of a bare repository.
    #[must_use]
    pub fn git_folder(&self, owner: &str, name: &str) -> PathBuf {
        self.bare(owner, name).0
    }

    fn bare(&self, owner: &str, name: &str) -> Bare {
        Bare(self.server.store.bare(owner, name))
    }

    fn update(&self, change: impl FnOnce(&mut state::Data)) {
        let updated = self.server.store.update(|data| {
            change(data);
            Ok::<(), io::Error>(())
        });
        updated.expect("the state can be read").expect("the change cannot fail");
    }
}

impl Drop for GiteaStub {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves on a thread of its own.
fn serve(server: &Arc<Server>, listener: TcpListener) -> Running {
    let (stop, stopped) = oneshot::channel();
    let server = server.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    let thread = std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = stopped => {}
                _ = server.serve(listener) => {}
            }
        });
    });
    Running { stop, thread }
}
