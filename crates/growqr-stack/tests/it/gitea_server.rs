//! The client of Gitea, with a stand-in that answers as Gitea 1.22, 1.27 and 28 do.

use async_trait::async_trait;
use growqr_core::secret::Secret;
use growqr_stack::gitea_server::{CommandError, CommandOutput, GiteaCommands, GiteaError, GiteaServer, GiteaVersion};
use growqr_testkit::DeadPort;
use growqr_testkit::gitea::{GiteaStub, Settings, Version};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const VERSIONS: [Version; 3] = [Version::V1_22, Version::V1_27, Version::V28];
const SOON: Duration = Duration::from_millis(600);

/// Runs the commands of a stand-in. The `dies_after`th one is carried out, but its result is lost.
struct Commands<'a> {
    gitea: &'a GiteaStub,
    dies_after: usize,
    count: AtomicUsize,
}

impl<'a> Commands<'a> {
    fn of(gitea: &'a GiteaStub) -> Commands<'a> {
        Commands::dying(gitea, usize::MAX)
    }

    fn dying(gitea: &'a GiteaStub, dies_after: usize) -> Commands<'a> {
        Commands { gitea, dies_after, count: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl GiteaCommands for Commands<'_> {
    async fn run(&self, arguments: &[&str]) -> Result<CommandOutput, CommandError> {
        let done = match arguments {
            ["gitea", rest @ ..] => self.gitea.command(rest),
            other => panic!("not a command of Gitea: {other:?}"),
        };
        if self.count.fetch_add(1, Ordering::SeqCst) + 1 >= self.dies_after {
            return Err(CommandError("killed".into()));
        }
        Ok(CommandOutput { exit: done.exit.into(), stdout: done.stdout, stderr: done.stderr })
    }
}

/// A stand-in that writes a warning before the output of every command, as 28 does with an old setting.
fn start(version: Version) -> (GiteaStub, GiteaServer) {
    let mut settings = Settings::for_tests();
    settings.set("security", "ALLOWED_HOST_LIST", "private");
    let gitea = GiteaStub::start_with(version, settings);
    let server = GiteaServer::new(&gitea.url(), "growqr").unwrap();
    (gitea, server)
}

/// The whole start, as the program does it. Returns the token.
async fn bootstrap(server: &GiteaServer, commands: &dyn GiteaCommands, stored: Option<Secret>) -> Result<Secret, GiteaError> {
    server.until_ready(SOON).await?;
    let token = server.ensure_token(commands, stored).await?;
    server.ensure_repository(&token, "memory").await?;
    Ok(token)
}

#[tokio::test]
async fn an_empty_server_gets_user_token_and_repository_and_keeps_them() {
    for version in VERSIONS {
        let (gitea, server) = start(version);
        let token = bootstrap(&server, &Commands::of(&gitea), None).await.unwrap();
        assert_eq!(server.version(&token).await.unwrap().to_string(), version.to_string());
        assert!(server.version(&token).await.unwrap() >= GiteaVersion::OLDEST);
        let again = bootstrap(&server, &Commands::dying(&gitea, 1), Some(token.clone())).await.unwrap();
        assert_eq!(again, token, "no command is needed");
        assert_eq!((gitea.users(), gitea.token_names("growqr").len()), (vec!["growqr".to_owned()], 1));
        let repository = server.ensure_repository(&token, "memory").await.unwrap();
        assert_eq!(repository.git_url, gitea.git_url("growqr", "memory"));
        assert_eq!(repository.page_url, format!("{}/growqr/memory", gitea.url()));
    }
}

#[tokio::test]
async fn a_start_killed_after_any_command_is_completed_by_the_next() {
    for version in VERSIONS {
        for dies_after in 1.. {
            let (gitea, server) = start(version);
            let killed = bootstrap(&server, &Commands::dying(&gitea, dies_after), None).await;
            let token = bootstrap(&server, &Commands::of(&gitea), None).await.unwrap();
            // The next start finds the token stored, and removes those that were not.
            bootstrap(&server, &Commands::of(&gitea), Some(token)).await.unwrap();
            assert_eq!((gitea.users().len(), gitea.token_names("growqr").len()), (1, 1), "{version}, command {dies_after}");
            if killed.is_ok() {
                assert!(dies_after > 3, "every command was interrupted");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_start_cut_off_at_any_request_is_completed_by_the_next() {
    for answers in 0.. {
        let (gitea, server) = start(Version::V28);
        gitea.switch(|switches| switches.answers_left = Some(answers));
        let cut = bootstrap(&server, &Commands::of(&gitea), None).await;
        gitea.switch(|switches| switches.answers_left = None);
        let token = bootstrap(&server, &Commands::of(&gitea), None).await.unwrap();
        bootstrap(&server, &Commands::of(&gitea), Some(token)).await.unwrap();
        assert_eq!((gitea.users().len(), gitea.token_names("growqr").len()), (1, 1), "after {answers} answers");
        if cut.is_ok() {
            assert!(answers > 2, "several requests were cut off");
            break;
        }
    }
}

#[tokio::test]
async fn a_token_that_is_gone_or_of_another_user_is_replaced() {
    let (gitea, server) = start(Version::V28);
    let token = bootstrap(&server, &Commands::of(&gitea), None).await.unwrap();
    gitea.revoke_tokens("growqr");
    let second = bootstrap(&server, &Commands::of(&gitea), Some(token.clone())).await.unwrap();
    assert_ne!(second, token);
    let foreign = Secret::new(gitea.add_user("other", "all"));
    let third = bootstrap(&server, &Commands::of(&gitea), Some(foreign)).await.unwrap();
    assert!(third != second && server.version(&third).await.is_ok());
    // Tokens that the person has made stay.
    let own = ["admin", "user", "generate-access-token", "--username", "growqr", "--token-name", "mine", "--scopes", "all"];
    assert_eq!(gitea.command(&own).exit, 0);
    bootstrap(&server, &Commands::of(&gitea), Some(third)).await.unwrap();
    let names = gitea.token_names("growqr");
    assert!(names.len() == 2 && names.contains(&"mine".to_owned()), "{names:?}");
}

#[tokio::test]
async fn a_demand_for_a_new_password_is_lifted() {
    for stored in [true, false] {
        let (gitea, server) = start(Version::V1_27);
        let token = bootstrap(&server, &Commands::of(&gitea), None).await.unwrap();
        gitea.demand_new_password("growqr");
        let again = bootstrap(&server, &Commands::of(&gitea), stored.then(|| token.clone())).await.unwrap();
        assert_eq!(again == token, stored);
    }
}

#[tokio::test]
async fn waiting_tells_apart_not_yet_never_and_ready() {
    let dead = DeadPort::take();
    let server = GiteaServer::new(&format!("http://{}", dead.address()), "growqr").unwrap();
    assert!(matches!(server.until_ready(SOON).await, Err(GiteaError::NotReady { .. })));
    let installer = GiteaStub::start_with(Version::V28, Settings::default());
    let server = GiteaServer::new(&installer.url(), "growqr").unwrap();
    assert!(matches!(server.until_ready(SOON).await, Err(GiteaError::NotInstalled)));
    let (mut gitea, server) = start(Version::V28);
    gitea.switch(|switches| switches.is_healthy = false);
    assert!(matches!(server.until_ready(SOON).await, Err(GiteaError::NotReady { .. })));
    gitea.switch(|switches| switches.is_healthy = true);
    gitea.stop();
    let waiting = tokio::spawn(async move { server.until_ready(Duration::from_secs(30)).await });
    gitea.start_again();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn errors_show_the_reason_and_no_token() {
    let (gitea, server) = start(Version::V28);
    let narrow = Secret::new(gitea.add_user("growqr", "read:repository,read:user"));
    let refused = server.ensure_repository(&narrow, "memory").await.unwrap_err();
    assert!(refused.to_string().contains("required=[write:user]"), "{refused}");
    let wrong = server.ensure_repository(&Secret::new("0".repeat(40)), "memory").await.unwrap_err();
    assert!(matches!(wrong, GiteaError::TokenRefused));
    let mut settings = Settings::for_tests();
    settings.set("security", "INSTALL_LOCK", "false");
    let installer = GiteaStub::start_with(Version::V28, settings);
    let failed = server.ensure_token(&Commands::of(&installer), None).await.unwrap_err();
    assert!(failed.to_string().starts_with("Gitea could not list its users: Command error: "), "{failed}");
    for error in [format!("{refused:?}"), format!("{wrong:?}"), format!("{server:?}")] {
        assert!(!error.contains(narrow.expose()), "{error}");
    }
}

/// Runs the script with the shell of this computer and a `gitea` that notes its arguments.
#[cfg(unix)]
#[tokio::test]
async fn a_new_password_is_made_in_the_container_and_is_in_no_command_line() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    struct Shell<'a>(&'a GiteaStub, tempfile::TempDir);
    #[async_trait]
    impl GiteaCommands for Shell<'_> {
        async fn run(&self, arguments: &[&str]) -> Result<CommandOutput, CommandError> {
            let path = format!("{}:{}", self.1.path().display(), std::env::var("PATH").unwrap());
            let done = Command::new(arguments[0]).args(&arguments[1..]).env("PATH", path).output().unwrap();
            let noted = std::fs::read_to_string(self.1.path().join("arguments")).unwrap();
            let noted: Vec<&str> = noted.lines().collect();
            assert!(!noted.is_empty());
            let changed = self.0.command(&noted);
            assert_eq!(changed.exit, 0, "{changed:?}");
            let password = noted[noted.iter().position(|word| *word == "--password").unwrap() + 1];
            assert!(!arguments.iter().any(|argument| argument.contains(password)));
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            Ok(CommandOutput { exit: 0, stdout: text(done.stdout), stderr: text(done.stderr) })
        }
    }
    let mut settings = Settings::for_tests();
    settings.set("service", "ENABLE_BASIC_AUTHENTICATION", "true");
    let gitea = GiteaStub::start_with(Version::V28, settings);
    gitea.add_user("growqr", "all");
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("gitea");
    std::fs::write(&program, format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > {}/arguments\n", folder.path().display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = GiteaServer::new(&gitea.url(), "growqr").unwrap();
    let credentials = server.reset_password(&Shell(&gitea, folder)).await.unwrap();
    assert_eq!((credentials.user.as_str(), credentials.password.expose().len()), ("growqr", 32));
    assert!(gitea.has_password("growqr", credentials.password.expose()));
    assert!(!format!("{credentials:?}").contains(credentials.password.expose()));
}
