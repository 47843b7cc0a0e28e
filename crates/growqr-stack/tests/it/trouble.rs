//! Deaths, thefts and other trouble of a running stack.

use crate::desk::{answers, free_port, shared, stack, wanted};
use futures_util::StreamExt;
use growqr_stack::{ContainerPart, Ending, Exec, HintKind, Stack, StackError, Status, Wanted};
use std::net::TcpListener;
use std::time::Duration;

async fn running(stack: &Stack) -> (Wanted, String) {
    let wanted = wanted();
    let real = stack.reconcile(&wanted, |_| {}).await.unwrap();
    for part in ContainerPart::ALL {
        answers(wanted.spec(part).unwrap().port.host).await;
    }
    (wanted, real.container(ContainerPart::OpenCode).unwrap().id.clone())
}

/// Waits for a hint about OpenCode.
async fn hint(events: &mut (impl StreamExt<Item = Result<growqr_stack::Hint, StackError>> + Unpin), kind: fn(HintKind) -> bool) {
    let wait = async {
        while let Some(hint) = events.next().await {
            let hint = hint.unwrap();
            if hint.part == ContainerPart::OpenCode && kind(hint.kind) {
                return;
            }
        }
        panic!("the events end");
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the event comes");
}

#[tokio::test]
async fn a_killed_container_is_told_by_event_explained_and_started_again() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let (wanted, id) = running(&stack).await;
    let mut events = Box::pin(stack.daemon().events(stack.scope()));
    let kill = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        host.docker(&["kill", &id]);
    };
    tokio::join!(hint(&mut events, |kind| kind == HintKind::Died(137)), kill);
    let dead = stack.container(ContainerPart::OpenCode).await.unwrap();
    let death = stack.daemon().explain(&dead, false).await.unwrap().unwrap();
    assert_eq!(death.ending, Ending::Killed);
    assert!(death.last_lines[0].text.starts_with("opencode serve"), "{death:?}");
    let real = stack.reconcile(&wanted, |_| {}).await.unwrap();
    assert_eq!(real.container(ContainerPart::OpenCode).unwrap().id, id);
    answers(wanted.spec(ContainerPart::OpenCode).unwrap().port.host).await;
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn out_of_memory_is_named() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let mut wanted = wanted();
    wanted.gitea = None;
    let spec = wanted.opencode.as_mut().unwrap();
    spec.memory = 16 << 20;
    spec.command = Some(vec!["eat".to_owned()]);
    let mut events = Box::pin(stack.daemon().events(stack.scope()));
    let eat = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        // It may be dead before the state is read again.
        let _ = stack.reconcile(&wanted, |_| {}).await;
    };
    let told = async {
        hint(&mut events, |kind| kind == HintKind::OutOfMemory).await;
        hint(&mut events, |kind| kind == HintKind::Died(137)).await;
    };
    tokio::join!(told, eat);
    let dead = stack.container(ContainerPart::OpenCode).await.unwrap();
    let death = stack.daemon().explain(&dead, false).await.unwrap().unwrap();
    assert_eq!(death.ending, Ending::OutOfMemory);
    assert!(death.to_string().contains("out of memory"));
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn a_paused_container_goes_on() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let (wanted, id) = running(&stack).await;
    host.docker(&["pause", &id]);
    assert_eq!(stack.container(ContainerPart::OpenCode).await.unwrap().status, Status::Paused);
    let refused = stack.daemon().exec(&id, &Exec::new(["true"])).await.unwrap_err();
    assert!(matches!(refused, StackError::ContainerPaused(_)), "{refused}");
    stack.reconcile(&wanted, |_| {}).await.unwrap();
    answers(wanted.spec(ContainerPart::OpenCode).unwrap().port.host).await;
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn a_stolen_port_is_named_and_another_one_works() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let mut wanted = wanted();
    let port = wanted.spec(ContainerPart::Gitea).unwrap().port.host;
    let thief = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let refused = stack.reconcile(&wanted, |_| {}).await.unwrap_err();
    assert!(matches!(refused, StackError::PortTaken(taken) if taken == port), "{refused}");
    assert_eq!(stack.container(ContainerPart::OpenCode).await.unwrap().status, Status::Running, "the other container starts");
    wanted.gitea.as_mut().unwrap().port.host = free_port();
    stack.reconcile(&wanted, |_| {}).await.unwrap();
    answers(wanted.spec(ContainerPart::Gitea).unwrap().port.host).await;
    drop(thief);
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn a_port_that_another_container_has_is_named() {
    let Some(host) = shared() else { return };
    let (stack, other) = (stack(host).await, stack(host).await);
    let (wanted, _) = running(&stack).await;
    let port = wanted.spec(ContainerPart::Gitea).unwrap().port.host;
    let refused = other.reconcile(&Wanted { opencode: None, ..wanted }, |_| {}).await.unwrap_err();
    assert!(matches!(refused, StackError::PortTaken(taken) if taken == port), "{refused}");
    stack.reset().await.unwrap();
    other.reset().await.unwrap();
}

#[tokio::test]
async fn a_removed_network_is_made_again_and_so_is_its_container() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let (wanted, id) = running(&stack).await;
    host.docker(&["stop", "-t", "1", &id]);
    host.docker(&["network", "rm", &stack.scope().name("work")]);
    stack.reconcile(&wanted, |_| {}).await.unwrap();
    answers(wanted.spec(ContainerPart::OpenCode).unwrap().port.host).await;
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn a_second_network_of_the_same_name_is_removed() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let (wanted, _) = running(&stack).await;
    let name = stack.scope().name("git");
    let labels = ["app=growqr-desktop", "install=install", &format!("profile={}", stack.scope().profile()), "part=git"];
    let labels: Vec<_> = labels.iter().flat_map(|label| ["--label".to_owned(), format!("ai.growqr.{label}")]).collect();
    let mut create = vec!["network", "create"];
    create.extend(labels.iter().map(String::as_str));
    let twin = format!("{name}-twin");
    create.push(&twin);
    host.docker(&create);
    let real = stack.reconcile(&wanted, |_| {}).await.unwrap();
    assert_eq!(real.networks.len(), 2, "{:?}", real.networks);
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn a_volume_or_container_of_somebody_else_is_refused_and_left_alone() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let volume = stack.scope().name("gitea-data");
    host.docker(&["volume", "create", &volume]);
    let refused = stack.reconcile(&wanted(), |_| {}).await.unwrap_err();
    assert!(matches!(&refused, StackError::NameTaken { what: "volume", name } if *name == volume), "{refused}");
    stack.reset().await.unwrap();
    assert_eq!(host.docker(&["volume", "inspect", "-f", "{{.Name}}", &volume]), volume);
    host.docker(&["volume", "rm", &volume]);

    let container = stack.scope().name("gitea");
    host.docker(&["create", "--name", &container, crate::desk::GITEA]);
    let refused = stack.reconcile(&wanted(), |_| {}).await.unwrap_err();
    assert!(matches!(&refused, StackError::NameTaken { what: "container", name } if *name == container), "{refused}");
    stack.reset().await.unwrap();
    host.docker(&["rm", &container]);
}

#[tokio::test]
async fn a_program_that_ends_at_once_is_an_error_with_its_words() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let mut wanted = Wanted { gitea: None, ..wanted() };
    wanted.opencode.as_mut().unwrap().command = Some(vec!["nonsense".to_owned()]);
    let refused = loop {
        match stack.reconcile(&wanted, |_| {}).await {
            // It may still have run when the state was read.
            Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, StackError::EndedAtOnce("OpenCode")), "{refused}");
    let dead = stack.container(ContainerPart::OpenCode).await.unwrap();
    let death = stack.daemon().explain(&dead, false).await.unwrap().unwrap();
    assert_eq!((death.ending, death.exit_code), (Ending::Failed, 1));
    assert_eq!(death.last_lines.last().unwrap().text, "opencode nonsense");
    stack.reset().await.unwrap();
}
