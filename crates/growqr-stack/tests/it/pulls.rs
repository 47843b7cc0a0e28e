//! Pull requests, with the client and the stand-in of Gitea.

use growqr_core::secret::Secret;
use growqr_stack::gitea_server::{GiteaError, GiteaServer, NewPull, Pull, PullState};
use growqr_testkit::gitea::{GiteaStub, Settings, Version};

const REPO: (&str, &str) = ("growqr", "memory");
const HEAD: &str = "growqr-requests/0123456789ab";
const NEW: NewPull<'_> = NewPull { base: "main", head: HEAD, title: "Note it", body: "Because." };

/// A server with a page on `main` and a change of it on a branch.
fn start() -> (GiteaStub, GiteaServer, Secret) {
    let gitea = GiteaStub::start();
    let token = Secret::new(gitea.add_user("growqr", "write:repository,write:issue,write:user"));
    gitea.add_repo("growqr", "memory");
    let main = gitea.edit_page(REPO, "a.md", Some("one\n"));
    gitea.add_branch(REPO, HEAD, &main);
    gitea.edit_branch(REPO, HEAD, "b.md", "two\n");
    let server = GiteaServer::new(&gitea.url(), "growqr").unwrap();
    (gitea, server, token)
}

async fn of_branch(server: &GiteaServer, token: &Secret) -> Option<Pull> {
    server.pull_of(token, "memory", "main", HEAD).await.unwrap()
}

#[tokio::test]
async fn a_pull_request_is_opened_once_and_found_by_its_branches() {
    let (gitea, server, token) = start();
    assert_eq!(of_branch(&server, &token).await, None);
    let opened = server.open_pull(&token, "memory", NEW).await.unwrap();
    assert_eq!((opened.number, opened.head.as_str(), &opened.state), (1, HEAD, &PullState::Open));
    assert_eq!(server.open_pull(&token, "memory", NEW).await.unwrap(), opened, "a second one is refused");
    assert_eq!(server.open_pulls(&token, "memory").await.unwrap(), std::slice::from_ref(&opened));
    assert_eq!(of_branch(&server, &token).await, Some(opened.clone()));
    let added = gitea.edit_branch(REPO, HEAD, "b.md", "three\n");
    assert_eq!(of_branch(&server, &token).await.unwrap().tip, added);
}

#[tokio::test]
async fn it_is_closed_opened_again_and_commented_on() {
    let (_gitea, server, token) = start();
    let number = server.open_pull(&token, "memory", NEW).await.unwrap().number;
    server.set_pull_open(&token, "memory", number, false).await.unwrap();
    assert_eq!(of_branch(&server, &token).await.unwrap().state, PullState::Closed);
    assert!(server.open_pulls(&token, "memory").await.unwrap().is_empty());
    server.set_pull_open(&token, "memory", number, true).await.unwrap();
    assert_eq!(of_branch(&server, &token).await.unwrap().state, PullState::Open);
    server.comment(&token, "memory", number, "first").await.unwrap();
    server.comment(&token, "memory", number, "second").await.unwrap();
    assert_eq!(server.comments(&token, "memory", number).await.unwrap(), ["first", "second"]);
}

#[tokio::test]
async fn a_merge_names_its_commit_and_cannot_be_undone_by_closing() {
    for style in ["merge", "rebase", "squash"] {
        let (gitea, server, token) = start();
        gitea.edit_page(REPO, "c.md", Some("meanwhile\n"));
        let number = server.open_pull(&token, "memory", NEW).await.unwrap().number;
        gitea.merge_pull(REPO, number, style);
        let PullState::Merged { commit } = of_branch(&server, &token).await.unwrap().state else { panic!("{style}") };
        assert_eq!(gitea.commits("growqr", "memory")[0], commit, "{style}");
        assert_eq!(gitea.file("growqr", "memory", "b.md").as_deref(), Some(&b"two\n"[..]), "{style}");
        server.set_pull_open(&token, "memory", number, false).await.unwrap();
        assert_eq!(of_branch(&server, &token).await.unwrap().state, PullState::Merged { commit });
    }
}

#[tokio::test]
async fn a_branch_that_is_missing_and_a_token_with_too_few_scopes_are_refused() {
    let (gitea, server, token) = start();
    let missing = server.open_pull(&token, "memory", NewPull { head: "growqr-requests/none", ..NEW }).await;
    assert!(matches!(missing, Err(GiteaError::Refused { status: 404, .. })), "{missing:?}");
    let number = server.open_pull(&token, "memory", NEW).await.unwrap().number;
    let other = Secret::new(gitea.add_token("growqr", "other", "write:repository,write:user"));
    let refused = server.comment(&other, "memory", number, "no").await;
    assert!(matches!(refused, Err(GiteaError::Refused { status: 403, .. })), "{refused:?}");
}

#[tokio::test]
async fn a_repository_of_an_earlier_version_is_allowed_pull_requests() {
    let mut settings = Settings::for_tests();
    settings.set("repository", "DISABLED_REPO_UNITS", "repo.issues,repo.pulls");
    let gitea = GiteaStub::start_with(Version::V28, settings);
    let token = Secret::new(gitea.add_user("growqr", "write:repository,write:issue,write:user"));
    let server = GiteaServer::new(&gitea.url(), "growqr").unwrap();
    server.ensure_repository(&token, "memory").await.unwrap();
    assert!(server.open_pulls(&token, "memory").await.is_err(), "they are off for all");
    let gitea = gitea.restarted_with(Settings::for_tests());
    let server = GiteaServer::new(&gitea.url(), "growqr").unwrap();
    assert!(server.open_pulls(&token, "memory").await.is_err(), "the repository was made without them");
    server.ensure_repository(&token, "memory").await.unwrap();
    assert!(server.open_pulls(&token, "memory").await.unwrap().is_empty());
}
