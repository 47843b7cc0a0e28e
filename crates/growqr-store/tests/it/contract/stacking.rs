//! Containers, ports and repositories: rows that no journal contains.

use super::on_both;
use crate::fixtures::{NOW, World};
use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::stack::{ReservedPort, StackContainer, StackPart, StackRepo, Wanted};

fn container(part: StackPart, wanted: Wanted) -> StackContainer {
    StackContainer { part, wanted, image: "image:1".to_owned(), container: Some("c0ffee".to_owned()), changed_at: NOW }
}

fn port(part: StackPart, port: u16) -> ReservedPort {
    ReservedPort { port, part, reserved_at: NOW }
}

fn repo(head: Option<&str>) -> StackRepo {
    let synced_at = head.map(|_| Timestamp(7));
    let [name, owner] = ["memory", "growqr"].map(str::to_owned);
    StackRepo { name, owner, head: head.map(str::to_owned), synced_at, install: head.map(|_| "0123".to_owned()) }
}

on_both! {
    /// A container has one row, which is replaced.
    async fn a_container_is_kept_once(world: World) {
        let store = world.store().await;
        assert_eq!(store.containers().await.unwrap(), []);
        store.save_containers(&[container(StackPart::OpenCode, Wanted::Up)]).await.unwrap();
        store.save_containers(&[container(StackPart::Gitea, Wanted::Up)]).await.unwrap();
        let down = StackContainer { container: None, ..container(StackPart::OpenCode, Wanted::Down) };
        store.save_containers(std::slice::from_ref(&down)).await.unwrap();
        assert_eq!(store.containers().await.unwrap(), [container(StackPart::Gitea, Wanted::Up), down]);
    }

    /// What was seen of a container leaves alone whether it should run.
    async fn what_was_seen_of_a_container_does_not_change_what_is_wanted(world: World) {
        let store = world.store().await;
        store.saw_container(StackPart::Gitea, "image:2", Some("b"), NOW).await.unwrap();
        assert_eq!(store.containers().await.unwrap(), [], "no row");
        store.save_containers(&[container(StackPart::Gitea, Wanted::Down)]).await.unwrap();
        store.saw_container(StackPart::Gitea, "image:2", None, Timestamp(9)).await.unwrap();
        let seen = &store.containers().await.unwrap()[0];
        assert_eq!((seen.wanted, seen.image.as_str(), &seen.container), (Wanted::Down, "image:2", &None));
    }

    /// An order to remove the containers stays until it is carried out, unless another order takes its place.
    async fn an_ordered_removal_is_kept_until_it_is_done(world: World) {
        let store = world.store().await;
        store.save_containers(&[container(StackPart::Gitea, Wanted::Removed)]).await.unwrap();
        store.save_containers(&[container(StackPart::OpenCode, Wanted::Up)]).await.unwrap();
        assert_eq!(store.containers().await.unwrap()[0].wanted, Wanted::Removed);
        store.removed_containers(Timestamp(9)).await.unwrap();
        let gone = StackContainer { container: None, changed_at: Timestamp(9), ..container(StackPart::Gitea, Wanted::Down) };
        assert_eq!(store.containers().await.unwrap(), [gone, container(StackPart::OpenCode, Wanted::Up)]);
    }

    /// A part has one port; the other part of the profile cannot take it.
    async fn a_port_has_one_holder(world: World) {
        let store = world.store().await;
        assert!(store.reserve_port(port(StackPart::Gitea, 42_000)).await.unwrap());
        assert!(!store.reserve_port(port(StackPart::OpenCode, 42_000)).await.unwrap());
        assert!(store.reserve_port(port(StackPart::OpenCode, 42_001)).await.unwrap());
        assert!(!store.reserve_port(port(StackPart::OpenCode, 42_000)).await.unwrap());
        assert!(store.reserve_port(port(StackPart::Gitea, 65_535)).await.unwrap(), "in place of the old one");
        assert_eq!(store.ports().await.unwrap(), [port(StackPart::OpenCode, 42_001), port(StackPart::Gitea, 65_535)]);
        store.free_port(StackPart::OpenCode).await.unwrap();
        store.free_port(StackPart::OpenCode).await.unwrap();
        assert_eq!(store.ports().await.unwrap(), [port(StackPart::Gitea, 65_535)]);
    }

    /// What was last seen of a repository is replaced, and can be forgotten.
    async fn a_repository_is_kept_until_it_is_forgotten(world: World) {
        let store = world.store().await;
        store.save_repo(&repo(None)).await.unwrap();
        store.save_repo(&repo(Some("abc"))).await.unwrap();
        assert_eq!(store.repos().await.unwrap(), [repo(Some("abc"))]);
        store.forget_repo("memory").await.unwrap();
        store.forget_repo("memory").await.unwrap();
        assert_eq!(store.repos().await.unwrap(), []);
    }

    /// Two profiles in one database do not see each other's rows, and may have the same port number.
    async fn profiles_are_apart(world: World) {
        let store = world.store().await;
        let other = world.db().await.profile(&ProfileId::new("other"), NOW).await.unwrap();
        store.save_containers(&[container(StackPart::Gitea, Wanted::Up)]).await.unwrap();
        assert!(store.reserve_port(port(StackPart::Gitea, 42_000)).await.unwrap());
        store.save_repo(&repo(None)).await.unwrap();
        assert_eq!(other.containers().await.unwrap(), []);
        assert_eq!(other.ports().await.unwrap(), []);
        assert_eq!(other.repos().await.unwrap(), []);
        assert!(other.reserve_port(port(StackPart::OpenCode, 42_000)).await.unwrap());
        other.free_port(StackPart::OpenCode).await.unwrap();
        assert_eq!(store.ports().await.unwrap().len(), 1);
    }
}
