//! Two profiles and two installs on one daemon do not touch each other's things.

use crate::desk::{answers, connect, shared, wanted};
use growqr_stack::{ContainerPart, OrphanKind, Scope, Stack};

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
async fn orphans_are_listed_for_this_install_only_and_removed_when_told() {
    let Some(host) = shared() else { return };
    let daemon = connect(host).await;
    let (kept, gone) = (Scope::new("orphans", "kept"), Scope::new("orphans", "gone"));
    let stacks = [kept, gone, Scope::new("elsewhere", "gone")].map(|scope| Stack::new(daemon.clone(), scope));
    for stack in &stacks {
        stack.reconcile(&wanted(), |_| {}).await.unwrap();
    }
    host.docker(&[
        "volume",
        "create",
        "growqr-old",
        "--label",
        "ai.growqr.app=growqr-desktop",
        "--label",
        "ai.growqr.install=orphans",
        "--label",
        "ai.growqr.profile=kept",
        "--label",
        "ai.growqr.part=of-an-old-version",
    ]);
    let orphans = daemon.orphans("orphans", &["kept"]).await.unwrap();
    let count = |kind| orphans.iter().filter(|orphan| orphan.kind == kind).count();
    assert_eq!((count(OrphanKind::Container), count(OrphanKind::Network), count(OrphanKind::Volume)), (2, 2, 6), "{orphans:?}");
    daemon.remove_orphans(&orphans).await.unwrap();
    assert_eq!(daemon.orphans("orphans", &["kept"]).await.unwrap(), []);
    assert_eq!(stacks[1].observe().await.unwrap(), Default::default());
    for stack in [&stacks[0], &stacks[2]] {
        assert_eq!(stack.observe().await.unwrap().containers.len(), 2);
        stack.reset().await.unwrap();
    }
}
