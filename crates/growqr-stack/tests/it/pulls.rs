//! Pull requests, with the client and the stand-in of Gitea.

use growqr_core::secret::Secret;
use growqr_stack::gitea_server::{GiteaError, GiteaServer, NewPull, Pull, PullComment, PullState};
use growqr_testkit::gitea::{GiteaStub, Settings, Version};
use std::collections::BTreeSet;

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
    server.pulls_of(token, "memory", "main", &BTreeSet::from([HEAD])).await.unwrap().remove(HEAD)
}

#[tokio::test]
async fn a_pull_request_is_opened_once_and_found_by_its_branches() {
    let (gitea, server, token) = start();
    assert_eq!(of_branch(&server, &token).await, None);
    let opened = server.open_pull(&token, "memory", NEW).await.unwrap();
    assert_eq!((opened.number, opened.head.as_str(), &opened.state), (1, HEAD, &PullState::Open));
    assert_eq!(server.open_pull(&token, "memory", NEW).await.unwrap(), opened, "a second one is refused");
    assert_eq!(of_branch(&server, &token).await, Some(opened.clone()));
    let added = gitea.edit_branch(REPO, HEAD, "b.md", "three\n");
    assert_eq!(of_branch(&server, &token).await.unwrap().tip, added);
}

#[tokio::test]
async fn it_is_closed_opened_again_and_commented_on() {
    let (gitea, server, token) = start();
    let number = server.open_pull(&token, "memory", NEW).await.unwrap().number;
    server.set_pull_open(&token, "memory", number, false).await.unwrap();
    assert_eq!(of_branch(&server, &token).await.unwrap().state, PullState::Closed);
    server.set_pull_open(&token, "memory", number, true).await.unwrap();
    assert_eq!(of_branch(&server, &token).await.unwrap().state, PullState::Open);
    assert!(!of_branch(&server, &token).await.unwrap().has_comments);
    server.comment(&token, "memory", number, "first").await.unwrap();
    gitea.comment_on_pull(REPO, number, "mallory", "second");
    assert!(of_branch(&server, &token).await.unwrap().has_comments);
    let said = |user: &str, text: &str| PullComment { user: user.to_owned(), text: text.to_owned() };
    assert_eq!(server.comments(&token, "memory", number).await.unwrap(), [said("growqr", "first"), said("mallory", "second")]);
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
async fn a_pull_request_into_another_branch_is_not_the_one_of_a_held_change() {
    let (gitea, server, token) = start();
    let main = gitea.commits("growqr", "memory")[0].clone();
    gitea.add_branch(REPO, "drafts", &main);
    let number = server.open_pull(&token, "memory", NewPull { base: "drafts", ..NEW }).await.unwrap().number;
    assert_eq!(of_branch(&server, &token).await, None);
    gitea.merge_pull(REPO, number, "merge");
    assert_eq!(of_branch(&server, &token).await, None, "its merge is no merge into main");
    let own = server.open_pull(&token, "memory", NEW).await.unwrap();
    assert_eq!(of_branch(&server, &token).await, Some(own));
}

#[tokio::test]
async fn of_several_pull_requests_of_one_branch_a_merged_one_counts_then_the_open_one_then_the_newest() {
    let (gitea, server, token) = start();
    let open = async || server.open_pull(&token, "memory", NEW).await.unwrap().number;
    let close = async |number: u64| server.set_pull_open(&token, "memory", number, false).await.unwrap();
    let first = open().await;
    close(first).await;
    let second = open().await;
    let counting = async || of_branch(&server, &token).await.unwrap().number;
    assert_eq!((first, second, counting().await), (1, 2, 2), "an open one before a closed one");
    close(2).await;
    assert_eq!(counting().await, 2, "the newest of those that are closed");
    server.set_pull_open(&token, "memory", 1, true).await.unwrap();
    assert_eq!(counting().await, 1, "the open one, also if it is older");
    gitea.merge_pull(REPO, 1, "merge");
    gitea.edit_branch(REPO, HEAD, "b.md", "three\n");
    assert_eq!((open().await, counting().await), (3, 1), "a merge is not undone by a new one");
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
    let look = async |server: &GiteaServer| server.pulls_of(&token, "memory", "main", &BTreeSet::from([HEAD])).await;
    assert!(look(&server).await.is_err(), "they are off for all");
    let gitea = gitea.restarted_with(Settings::for_tests());
    let server = GiteaServer::new(&gitea.url(), "growqr").unwrap();
    assert!(look(&server).await.is_err(), "the repository was made without them");
    server.ensure_repository(&token, "memory").await.unwrap();
    assert!(look(&server).await.unwrap().is_empty());
}
