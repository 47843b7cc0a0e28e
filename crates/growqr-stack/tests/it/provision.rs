//! From nothing to running, and back.

use crate::desk::{self, CANARY, answers, shared, stack, wanted};
use growqr_stack::{ContainerPart, StackError, Status, Step, Wanted};
use std::sync::Mutex;

async fn steps_of(stack: &growqr_stack::Stack, wanted: &Wanted) -> Vec<Step> {
    let seen = Mutex::new(Vec::new());
    stack.reconcile(wanted, |step| seen.lock().unwrap().push(step.clone())).await.unwrap();
    seen.into_inner().unwrap()
}

#[tokio::test]
async fn a_cold_start_creates_everything_and_a_warm_one_does_nothing() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let wanted = wanted();
    assert_eq!(steps_of(&stack, &wanted).await.len(), 13);
    for part in ContainerPart::ALL {
        answers(wanted.spec(part).unwrap().port.host).await;
    }
    assert_eq!(steps_of(&stack, &wanted).await, []);
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn other_settings_recreate_the_container_on_the_same_volumes() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let first = wanted();
    stack.reconcile(&first, |_| {}).await.unwrap();
    answers(first.spec(ContainerPart::Gitea).unwrap().port.host).await;
    let second = Wanted { gitea: wanted().gitea, ..first };
    let real = stack.reconcile(&second, |_| {}).await.unwrap();
    answers(second.spec(ContainerPart::Gitea).unwrap().port.host).await;
    let id = &real.container(ContainerPart::Gitea).unwrap().id;
    let starts = host.docker(&["exec", id, "cat", "/var/lib/gitea/git/starts"]);
    assert_eq!(starts.lines().count(), 2, "{starts}");
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn down_keeps_the_volumes_and_reset_removes_them() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    stack.reconcile(&wanted(), |_| {}).await.unwrap();
    stack.down().await.unwrap();
    let real = stack.observe().await.unwrap();
    assert_eq!((real.containers.len(), real.networks.len(), real.volumes.len()), (0, 0, 5));
    stack.reset().await.unwrap();
    assert_eq!(stack.observe().await.unwrap(), Default::default());
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn what_is_not_wanted_is_stopped_and_starts_again_when_wanted() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let both = wanted();
    stack.reconcile(&both, |_| {}).await.unwrap();
    let gitea_only = Wanted { opencode: None, ..both.clone() };
    let real = stack.reconcile(&gitea_only, |_| {}).await.unwrap();
    assert_eq!(real.container(ContainerPart::OpenCode).unwrap().status, Status::Exited);
    assert!(matches!(steps_of(&stack, &both).await.as_slice(), [Step::Start { part: ContainerPart::OpenCode, .. }]));
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn a_missing_image_is_its_own_error_and_a_pull_without_it_says_why() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let mut wanted = wanted();
    wanted.opencode = None;
    wanted.gitea.as_mut().unwrap().image = "registry.invalid/growqr/none:1".to_owned();
    let missing = stack.reconcile(&wanted, |_| {}).await.unwrap_err();
    assert!(matches!(&missing, StackError::NoImage(image) if image == "registry.invalid/growqr/none:1"), "{missing}");
    assert_eq!(stack.daemon().image("registry.invalid/growqr/none:1").await.unwrap(), None);
    let mut pull = std::pin::pin!(stack.daemon().pull("registry.invalid/growqr/none:1"));
    let failed = loop {
        match futures_util::StreamExt::next(&mut pull).await.expect("a pull without a registry fails") {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(failed, StackError::ImageUnavailable { .. }), "{failed}");
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn an_image_that_is_here_is_told_with_its_size() {
    let Some(host) = shared() else { return };
    let image = desk::connect(host).await.image(desk::GITEA).await.unwrap().unwrap();
    assert!(image.id.starts_with("sha256:") && image.size > 100_000, "{image:?}");
    assert_eq!(image.digests, Vec::<String>::new());
}

#[tokio::test]
async fn credentials_are_in_the_environment_of_their_container_and_in_no_label() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let real = stack.reconcile(&wanted(), |_| {}).await.unwrap();
    let labels = format!("{:?}", real);
    assert!(!labels.contains(CANARY), "{labels}");
    for container in &real.containers {
        let inspect = |part: &str| host.docker(&["inspect", "-f", &format!("{{{{json {part}}}}}"), &container.id]);
        assert!(inspect(".Config.Env").contains(CANARY));
        for part in [".Config.Labels", ".Args", ".Path", ".HostConfig", ".Mounts"] {
            assert!(!inspect(part).contains(CANARY), "{part}");
        }
        assert!(!host.docker(&["logs", &container.id]).contains(CANARY));
    }
    stack.reset().await.unwrap();
}
