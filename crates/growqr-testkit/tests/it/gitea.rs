//! The stand-in for Gitea, called with plain HTTP and with the installed git.

use base64::Engine;
use growqr_testkit::gitea::{GiteaStub, Settings, Version};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};

const SCOPES: &str = "write:repository,write:user";
const MEMORY: (&str, &str) = ("growqr", "memory");

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn message(&self) -> (u16, String) {
        (self.status, self.json()["message"].as_str().unwrap().to_owned())
    }
}

fn call(gitea: &GiteaStub, method: &str, path: &str, authorization: &str, body: Option<&Value>) -> Answer {
    let address = gitea.url().replace("http://", "");
    let mut socket = TcpStream::connect(&address).unwrap();
    let body = body.map(Value::to_string).unwrap_or_default();
    let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    let authorization = match authorization {
        "" => String::new(),
        value => format!("authorization: {value}\r\n"),
    };
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\n{authorization}{kind}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Answer { status: head[9..12].parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
}

fn token(token: &str) -> String {
    format!("token {token}")
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

fn git(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.current_dir(folder).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", folder.join("no-config"));
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
    }
    command.args(arguments).output().unwrap()
}

fn commit(folder: &Path, page: &str) {
    std::fs::write(folder.join(page), page).unwrap();
    assert!(git(folder, &["add", "."]).status.success());
    assert!(git(folder, &["commit", "-qm", page]).status.success());
}

/// A clone of nothing with one commit, and the URL with credentials.
fn clone_with_commit(gitea: &GiteaStub, token: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    commit(folder.path(), "a.md");
    let url = gitea.git_url("growqr", "memory").replace("http://", &format!("http://growqr:{token}@"));
    (folder, url)
}

fn with_repo() -> (GiteaStub, String) {
    let gitea = GiteaStub::start();
    let token = gitea.add_user("growqr", SCOPES);
    gitea.add_repo("growqr", "memory");
    (gitea, token)
}

#[test]
fn health_has_checks_only_after_the_installation() {
    let gitea = GiteaStub::start();
    let ready = call(&gitea, "GET", "/api/healthz", "", None);
    assert_eq!((ready.status, &ready.json()["checks"]["database:ping"][0]["status"]), (200, &json!("pass")));
    gitea.switch(|switches| switches.is_healthy = false);
    assert_eq!(call(&gitea, "GET", "/api/healthz", "", None).status, 424);
    let fresh = GiteaStub::start_with(Version::V28, Settings::default());
    let answer = call(&fresh, "GET", "/api/healthz", "", None).json();
    assert_eq!((&answer["status"], answer.get("checks")), (&json!("pass"), None));
    assert_eq!(fresh.command(&["admin", "user", "list"]).exit, 1);
}

#[test]
fn requests_without_credentials_or_scope_are_refused_with_the_texts_of_gitea() {
    let gitea = GiteaStub::start();
    let own = gitea.add_user("growqr", "read:repository");
    let signin = "Only signed in user is allowed to call APIs.";
    assert_eq!(call(&gitea, "GET", "/api/v1/version", "", None).message(), (403, signin.to_owned()));
    let wrong = call(&gitea, "GET", "/api/v1/user", &token("0000"), None).message();
    assert_eq!(wrong, (401, "invalid username, password or token".to_owned()));
    let body = json!({"name": "memory"});
    let scope = call(&gitea, "POST", "/api/v1/user/repos", &token(&own), Some(&body)).message();
    let text = "token does not have at least one of required scope(s), required=[write:user], token scope=read:repository";
    assert_eq!(scope, (403, text.to_owned()));
    gitea.demand_new_password("growqr");
    let (status, text) = call(&gitea, "GET", "/api/v1/version", &token(&own), None).message();
    assert_eq!((status, text.starts_with("You must change your password")), (403, true));
}

#[test]
fn a_repository_is_created_once_and_refuses_bad_names() {
    let gitea = GiteaStub::start();
    let own = token(&gitea.add_user("growqr", SCOPES));
    let create = |name: &str| call(&gitea, "POST", "/api/v1/user/repos", &own, Some(&json!({"name": name})));
    let created = create("memory");
    assert_eq!(
        (created.status, created.json()["private"].clone(), created.json()["empty"].clone()),
        (201, json!(true), json!(true))
    );
    assert_eq!(create("Memory").message(), (409, "The repository with the same name already exists.".to_owned()));
    assert_eq!(create("").message(), (422, "[Name]: Required".to_owned()));
    assert_eq!(create("a b").message(), (422, "[Name]: AlphaDashDot".to_owned()));
    assert_eq!(call(&gitea, "POST", "/api/v1/user/repos", &own, None).message(), (422, "[]: Empty Content-Type".to_owned()));
    let other = token(&gitea.add_user("other", SCOPES));
    assert_eq!(call(&gitea, "GET", "/api/v1/repos/growqr/memory", &other, None).status, 404, "private");
    assert_eq!(call(&gitea, "DELETE", "/api/v1/repos/growqr/memory", &own, None).status, 204);
    assert_eq!(call(&gitea, "GET", "/api/v1/repos/growqr/memory", &own, None).status, 404);
}

#[test]
fn tokens_are_listed_and_removed_by_basic_only() {
    let gitea = GiteaStub::start();
    let own = gitea.add_user("growqr", SCOPES);
    let path = "/api/v1/users/growqr/tokens";
    assert_eq!(call(&gitea, "GET", path, &token(&own), None).message(), (401, "auth required".to_owned()));
    let by_basic = basic("growqr", &own);
    let body = json!({"name": "second", "scopes": ["read:repository"]});
    let made = call(&gitea, "POST", path, &by_basic, Some(&body));
    assert_eq!((made.status, made.json()["sha1"].as_str().unwrap().len()), (201, 40));
    assert_eq!(call(&gitea, "POST", path, &by_basic, Some(&body)).status, 400);
    let listed = call(&gitea, "GET", path, &by_basic, None).json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[1]["name"]), (2, &json!("second")));
    assert_eq!(call(&gitea, "DELETE", &format!("{path}/second"), &by_basic, None).status, 204);
    assert_eq!(gitea.token_names("growqr"), ["test"]);
}

#[test]
fn pages_are_edited_with_the_hash_of_the_file() {
    let (gitea, own) = with_repo();
    let own = token(&own);
    let path = "/api/v1/repos/growqr/memory/contents/notes/a%20b.md";
    let content = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let body = json!({"content": content("one"), "message": "Note"});
    assert_eq!(call(&gitea, "GET", "/api/v1/repos/growqr/memory/branches", &own, None).body, "null");
    assert_eq!(call(&gitea, "GET", "/api/v1/repos/growqr/memory/commits", &own, None).status, 409);
    assert_eq!(call(&gitea, "GET", path, &own, None).message().0, 404);
    let created = call(&gitea, "POST", path, &own, Some(&body));
    assert_eq!(created.status, 201, "{}", created.body);
    let exists = "repository file already exists [path: notes/a b.md]";
    assert_eq!(call(&gitea, "POST", path, &own, Some(&body)).message(), (422, exists.to_owned()));
    let sha = created.json()["content"]["sha"].as_str().unwrap().to_owned();
    let update = |sha: &str| call(&gitea, "PUT", path, &own, Some(&json!({"content": content("two"), "sha": sha})));
    assert_eq!(update(&sha).status, 200);
    let (status, text) = update(&sha).message();
    assert!(status == 422 && text.starts_with(&format!("sha does not match [given: {sha}, expected: ")), "{text}");
    assert_eq!(gitea.file("growqr", "memory", "notes/a b.md").unwrap(), b"two");
    let read = call(&gitea, "GET", path, &own, None).json();
    assert_eq!((&read["content"], &read["type"]), (&json!(content("two")), &json!("file")));
    let branch = call(&gitea, "GET", "/api/v1/repos/growqr/memory/branches/main", &own, None).json();
    assert_eq!(branch["commit"]["id"], json!(gitea.commits("growqr", "memory")[0]));
    let delete = json!({"sha": read["sha"]});
    assert_eq!(call(&gitea, "DELETE", path, &own, Some(&delete)).json()["content"], Value::Null);
    gitea.switch(|switches| switches.version = Version::V1_22);
    assert_eq!(call(&gitea, "PUT", path, &own, Some(&json!({"content": content("x")}))).message().1, "[SHA]: Required");
}

#[test]
fn git_pushes_and_fetches_with_a_token_only() {
    let (gitea, own) = with_repo();
    let (folder, url) = clone_with_commit(&gitea, &own);
    let pushed = git(folder.path(), &["push", "-q", &url, "main"]);
    assert!(pushed.status.success(), "{pushed:?}");
    assert_eq!(gitea.files("growqr", "memory"), ["a.md"]);
    let repo = || call(&gitea, "GET", "/api/v1/repos/growqr/memory", &token(&own), None).json()["empty"].clone();
    assert_eq!([repo(), repo()], [json!(true), json!(false)], "a push shows a little later");
    gitea.edit_page(MEMORY, "b.md", Some("by hand\n"));
    assert!(git(folder.path(), &["pull", "-q", "--rebase", &url, "main"]).status.success());
    assert!(folder.path().join("b.md").exists());
    let asked = call(&gitea, "GET", "/growqr/memory.git/info/refs?service=git-upload-pack", "", None);
    assert!(asked.status == 401 && asked.head.contains("Basic realm=\"Gitea (Basic Auth)\""), "{}", asked.head);
    let by_header = call(&gitea, "GET", "/growqr/memory.git/info/refs?service=git-upload-pack", &token(&own), None);
    assert_eq!(by_header.status, 401);
    let missing = |service: &str| {
        call(&gitea, "GET", &format!("/growqr/none.git/info/refs?service={service}"), &basic("growqr", &own), None).status
    };
    assert_eq!([missing("git-upload-pack"), missing("git-receive-pack")], [404, 403]);
}

#[test]
fn pushes_that_lose_history_are_refused_if_the_branch_is_protected() {
    let (gitea, own) = with_repo();
    let (folder, url) = clone_with_commit(&gitea, &own);
    git(folder.path(), &["push", "-q", &url, "main"]);
    gitea.edit_page(MEMORY, "b.md", Some("x"));
    commit(folder.path(), "c.md");
    let pushed = git(folder.path(), &["push", "-q", &url, "main"]);
    assert!(!pushed.status.success());
    gitea.switch(|switches| switches.allows_force_push = false);
    let forced = git(folder.path(), &["push", "-qf", &url, "main"]);
    let text = String::from_utf8_lossy(&forced.stderr).into_owned();
    assert!(text.contains("branch main is protected from force push") && text.contains("pre-receive hook declined"), "{text}");
    let deleted = git(folder.path(), &["push", "-q", &url, ":main"]);
    let text = String::from_utf8_lossy(&deleted.stderr).into_owned();
    assert!(text.contains("branch main is the default branch and cannot be deleted"), "{text}");
    gitea.switch(|switches| switches.allows_force_push = true);
    assert!(git(folder.path(), &["push", "-qf", &url, "main"]).status.success());
    let folder_of_server = gitea.git_folder("growqr", "memory");
    let past_http = git(folder.path(), &["push", "-q", folder_of_server.to_str().unwrap(), "main:other"]);
    assert!(String::from_utf8_lossy(&past_http.stderr).contains("Gitea environment not set"));
}

#[test]
fn the_commands_print_what_gitea_prints() {
    let gitea = GiteaStub::start();
    let create = |more: &[&str]| {
        let base = ["admin", "user", "create", "--username", "growqr", "--email", "growqr@growqr.invalid"];
        gitea.command(&[base.as_slice(), more].concat())
    };
    assert_eq!(create(&[]).exit, 1, "a password is needed");
    let usage = create(&["--random-password", "--must-change-password", "false"]);
    assert!(usage.exit == 1 && usage.stderr.starts_with("Incorrect Usage: "), "{usage:?}");
    let created = create(&["--random-password", "--random-password-length", "32", "--must-change-password=false"]);
    assert!(created.stdout.contains("generated random password is '"), "{created:?}");
    assert!(created.stdout.ends_with("New user 'growqr' has been successfully created!\n"));
    let again = create(&["--random-password"]);
    assert_eq!((again.exit, again.stderr.as_str()), (1, "Command error: CreateUser: user already exists [name: growqr]\n"));
    let listed = gitea.command(&["admin", "user", "list"]).stdout;
    assert_eq!(
        listed.lines().next().unwrap().split_whitespace().collect::<Vec<_>>().join(" "),
        "ID Username Email IsActive IsAdmin 2FA"
    );
    let generate =
        ["admin", "user", "generate-access-token", "--username", "growqr", "--token-name", "x", "--scopes", SCOPES, "--raw"];
    let made = gitea.command(&generate);
    assert_eq!((made.exit, made.stdout.len()), (0, 41));
    assert_eq!(gitea.command(&generate).stderr, "Command error: access token name has been used already\n");
    let unknown =
        gitea.command(&["admin", "user", "create", "--username", "x", "--email", "x@y.z", "--password", "12345678", "--fuzzy"]);
    assert!(unknown.stderr.contains("flag provided but not defined: -fuzzy"));
}

#[test]
fn settings_that_gitea_refuses_are_refused() {
    let variables = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>();
        Settings::from_variables(pairs.into_iter()).unwrap()
    };
    let key = "k".repeat(64);
    let mut good = variables(&[
        ("GITEA__security__INSTALL_LOCK", "true"),
        ("GITEA__security__SECRET_KEY", &key),
        ("GITEA__database__DB_TYPE", "sqlite3"),
        ("GITEA__cron_0x2E_update_checker__ENABLED", "false"),
        ("GITEA____APP_NAME", "Memory"),
    ]);
    good.check().unwrap();
    let folder = tempfile::tempdir().unwrap();
    good.write(&folder.path().join("app.ini")).unwrap();
    assert_eq!(Settings::read(&folder.path().join("app.ini")).unwrap(), good);
    for (section, key, value) in [
        ("database", "SQLITE_JOURNAL_MODE", "WAL&_x=1"),
        ("server", "ROOT_URL", "localhost"),
        ("service", "DISABLE_REGISTRATIN", "true"),
    ] {
        let mut bad = good.clone();
        bad.set(section, key, value);
        assert!(bad.check().is_err(), "{section} {key}");
    }
    good.set("security", "SECRET_KEY", "");
    assert!(good.check().is_err());
}

#[test]
#[cfg(target_os = "linux")]
fn the_programs_of_the_image_run_without_this_computers_files() {
    let run = |root: &Path, program: &[&str]| Command::new("chroot").arg(root).args(program).output().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let made = growqr_testkit::gitea::image_root(folder.path(), Path::new(env!("CARGO_BIN_EXE_gitea")));
    if let Err(error) = &made {
        assert!(std::env::var_os("GROWQR_REQUIRE_DOCKER").is_none(), "{error}");
        growqr_testkit::skipped(&format!("the container image of the Gitea stand-in: {error}"));
        return;
    }
    // A container has a real one.
    std::fs::write(folder.path().join("dev/null"), "").unwrap();
    let version = run(folder.path(), &["/usr/local/bin/gitea", "--version"]);
    assert_eq!(String::from_utf8_lossy(&version.stdout), "Gitea version 28.1.0 (stand-in)\n", "{version:?}");
    let git = run(folder.path(), &["/bin/sh", "-c", "/usr/bin/git --version && /usr/bin/git http-backend"]);
    let text = String::from_utf8_lossy(&git.stdout).into_owned();
    assert!(text.starts_with("git version ") && text.contains("Status: 500"), "{git:?}");
    // A server that may not run as root ends at once.
    let mut web = Command::new(env!("CARGO_BIN_EXE_gitea"));
    web.env("GITEA_WORK_DIR", folder.path()).env("GITEA_APP_INI", folder.path().join("etc/gitea/app.ini"));
    let refused = web.output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not supposed to be run as root"), "{refused:?}");
}

#[test]
fn pull_requests_are_refused_as_gitea_refuses_them() {
    const BRANCH: &str = "growqr-requests/0123456789ab";
    let gitea = GiteaStub::start();
    let narrow = token(&gitea.add_user("growqr", SCOPES));
    let wide = token(&gitea.add_token("growqr", "wide", "write:repository,write:issue"));
    gitea.add_repo("growqr", "memory");
    let main = gitea.edit_page(MEMORY, "a.md", Some("one\n"));
    gitea.add_branch(MEMORY, BRANCH, &main);
    gitea.edit_branch(MEMORY, BRANCH, "b.md", "two\n");
    let pulls = "/api/v1/repos/growqr/memory/pulls";
    let open = |base: &str, head: &str, title: &str| {
        let wanted = json!({"base": base, "head": head, "title": title, "body": ""});
        call(&gitea, "POST", pulls, &narrow, Some(&wanted)).status
    };
    assert_eq!(open("main", "main", "t"), 422);
    assert_eq!(open("main", BRANCH, ""), 422);
    assert_eq!(open("main", "none", "t"), 404);
    assert_eq!(open("main", BRANCH, "WIP: t"), 201);
    assert_eq!(open("main", BRANCH, "t"), 409, "one at a time");
    let one = format!("{pulls}/1");
    let merge = |style: &str| call(&gitea, "POST", &format!("{one}/merge"), &narrow, Some(&json!({"Do": style}))).status;
    assert_eq!(merge("merge"), 405, "a draft");
    let close = json!({"state": "closed"});
    assert_eq!(call(&gitea, "PATCH", &one, &narrow, Some(&close)).status, 201, "not 200");
    assert_eq!(merge("merge"), 404, "a closed one");
    assert_eq!(open("main", BRANCH, "t"), 201, "the first is closed");
    let comments = "/api/v1/repos/growqr/memory/issues/2/comments";
    let said = json!({"body": "no"});
    assert_eq!(call(&gitea, "POST", comments, &narrow, Some(&said)).message().0, 403, "comments need the scope of issues");
    assert_eq!(call(&gitea, "POST", comments, &wide, Some(&said)).status, 201);
    assert_eq!(call(&gitea, "GET", comments, &wide, None).json()[0]["body"], "no");
    gitea.merge_pull(MEMORY, 2, "squash");
    let two = format!("{pulls}/2");
    assert_eq!(call(&gitea, "PATCH", &two, &narrow, Some(&close)).status, 412, "merged stays merged");
    assert_eq!(call(&gitea, "GET", &format!("{two}/merge"), &narrow, None).status, 204);
    assert_eq!(call(&gitea, "GET", &format!("{one}/merge"), &narrow, None).status, 404);
}

#[test]
fn a_pull_request_whose_branch_is_removed_is_closed_and_one_that_conflicts_is_not_merged() {
    let gitea = GiteaStub::start();
    let token = token(&gitea.add_user("growqr", SCOPES));
    gitea.add_repo("growqr", "memory");
    let main = gitea.edit_page(MEMORY, "a.md", Some("one\n"));
    gitea.add_branch(MEMORY, "change", &main);
    gitea.edit_branch(MEMORY, "change", "a.md", "two\n");
    gitea.edit_page(MEMORY, "a.md", Some("three\n"));
    let pulls = "/api/v1/repos/growqr/memory/pulls";
    let wanted = json!({"base": "main", "head": "change", "title": "t"});
    assert_eq!(call(&gitea, "POST", pulls, &token, Some(&wanted)).status, 201);
    let merge = call(&gitea, "POST", &format!("{pulls}/1/merge"), &token, Some(&json!({"Do": "merge"})));
    assert_eq!(merge.status, 409);
    let removed = std::process::Command::new("git")
        .args(["update-ref", "-d", "refs/heads/change"])
        .current_dir(gitea.git_folder("growqr", "memory"))
        .status();
    assert!(removed.unwrap().success());
    let shown = &call(&gitea, "GET", &format!("{pulls}?state=all"), &token, None).json()[0];
    assert_eq!((&shown["state"], &shown["head"]["label"]), (&json!("closed"), &json!("change")));
    assert_eq!(shown["head"]["ref"], "refs/pull/1/head");
}
