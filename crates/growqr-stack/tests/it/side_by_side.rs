//! Two profiles and two installs on one daemon do not touch each other's things.

use crate::desk::{answers, connect, shared, wanted};
use growqr_stack::{ContainerPart, Labelled, LabelledKind, Scope, Stack};
use std::collections::BTreeSet;

#[tokio::test]
async fn two_profiles_and_two_installs_run_side_by_side_and_one_reset_spares_the_others() {
    let Some(host) = shared() else { return };
    let daemon = connect(host).await;
    let scopes = [("home", "anna"), ("home", "bert"), ("copy", "anna")];
    let stacks = scopes.map(|(install, profile)| Stack::new(daemon.clone(), Scope::new(install, profile)));
    let wanted = [wanted(), wanted(), wanted()];
    for (stack, wanted) in stacks.iter().zip(&wanted) {
        stack.reconcile(wanted, |_| {}).await.unwrap();
    }
    stacks[0].reset().await.unwrap();
    for (stack, wanted) in stacks.iter().zip(&wanted).skip(1) {
        let real = stack.reconcile(wanted, |step| panic!("{step}")).await.unwrap();
        assert_eq!((real.containers.len(), real.volumes.len()), (2, 5));
        answers(wanted.spec(ContainerPart::Gitea).unwrap().port.host).await;
    }
    for stack in &stacks {
        stack.reset().await.unwrap();
    }
}

#[tokio::test]
async fn everything_is_listed_with_its_data_folder_and_only_what_is_told_is_removed() {
    let Some(host) = shared() else { return };
    let daemon = connect(host).await;
    let scopes = ["one", "other"].map(|install| Scope::new(install, "labelled").in_folder(format!("/data/{install}")));
    let stacks = scopes.map(|scope| Stack::new(daemon.clone(), scope));
    for stack in &stacks {
        stack.reconcile(&wanted(), |_| {}).await.unwrap();
    }
    let of = |found: Vec<Labelled>, install: &str| -> Vec<Labelled> {
        found.into_iter().filter(|thing| thing.install == install && thing.profile == "labelled").collect()
    };
    let found = of(daemon.labelled().await.unwrap(), "one");
    let count = |kind| found.iter().filter(|thing| thing.kind == kind).count();
    let counts = [LabelledKind::Container, LabelledKind::Network, LabelledKind::Volume].map(count);
    assert_eq!(counts, [2, 2, 5], "{found:?}");
    assert!(found.iter().all(|thing| thing.is_known_part() && thing.folder.as_deref() == Some("/data/one")), "{found:?}");
    daemon.remove_labelled(&found).await.unwrap();
    assert_eq!(of(daemon.labelled().await.unwrap(), "one"), []);
    assert_eq!(stacks[1].observe().await.unwrap().containers.len(), 2);
    stacks[1].reset().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_was_moved_is_named_beside_the_place_where_its_containers_were_made() {
    let Some(host) = shared() else { return };
    let daemon = connect(host).await;
    let at = |folder: &str| Stack::new(daemon.clone(), Scope::new("moved", "labelled").in_folder(folder));
    let (stack, moved, wanted) = (at("/data/before"), at("/data/after"), wanted());
    moved.name_folder(&moved.observe().await.unwrap()).await.unwrap();
    assert_eq!(stack.observe().await.unwrap().volumes, [], "nothing is made where there is nothing");
    stack.reconcile(&wanted, |_| {}).await.unwrap();
    for _ in 0..2 {
        moved.name_folder(&moved.observe().await.unwrap()).await.unwrap();
    }
    let things = daemon.labelled().await.unwrap().into_iter().filter(|thing| thing.install == "moved");
    let named: BTreeSet<String> = things.filter_map(|thing| thing.folder).collect();
    assert_eq!(named, ["/data/after", "/data/before"].map(str::to_owned).into());
    assert_eq!(stack.observe().await.unwrap().volumes.len(), 6);
    stack.reconcile(&wanted, |step| panic!("{step}")).await.unwrap();
    stack.reset().await.unwrap();
    assert_eq!(stack.observe().await.unwrap(), Default::default());
}
